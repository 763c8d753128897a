// SPDX-License-Identifier: MIT
#include "hhsweep/content_hash.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sha256_blocks.hpp"

namespace hhsweep {
namespace {

std::string sha256(std::string_view text) {
  Sha256 sha;
  sha.update(text);
  return sha.hex_digest();
}

TEST(Sha256, GivesThePublishedDigests) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                   "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
}

TEST(Sha256, GivesThePublishedDigestOfAMillionLetters) {
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnHowItsInputIsCut) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += static_cast<char>(i * 37);
  const std::string whole = sha256(text);
  for (std::size_t piece = 1; piece < 200; ++piece) {
    Sha256 sha;
    for (std::size_t i = 0; i < text.size(); i += piece) {
      sha.update(std::string_view(text).substr(i, piece));
    }
    EXPECT_EQ(sha.hex_digest(), whole) << "pieces of " << piece;
  }
}

TEST(Sha256, PadsEveryLengthAroundABlock) {
  // From an independent implementation (Python's hashlib): the digests of n letters x, n = 54..66,
  // hashed one after the other.
  Sha256 all;
  for (std::size_t n = 54; n <= 66; ++n) all.update(sha256(std::string(n, 'x')));
  EXPECT_EQ(all.hex_digest(), "230bf7e0d8adf9b0a90fcc1a3290a2d63a7de667777c41660d5e62954bb98fc1");
}

TEST(Sha256, IsTheSameByInstructionsAndWithoutThem) {
  if (!detail::has_sha256_instructions()) GTEST_SKIP() << "this processor has no such instructions";
  std::vector<std::byte> data;
  for (unsigned i = 0; i < 64 * 9; ++i) data.push_back(static_cast<std::byte>(i * i * 7 + i / 3));
  for (std::size_t count = 0; count <= 9; ++count) {
    Sha256State a{1, 2, 3, 4, 0xfffffff5, 6, 7, 8};
    Sha256State b = a;
    detail::take_sha256_blocks_portably(a, data.data(), count);
    detail::take_sha256_blocks_by_instructions(b, data.data(), count);
    EXPECT_EQ(a, b) << count << " blocks";
  }
}

TEST(Sha256, WithoutInstructionsGivesThePublishedState) {
  Sha256State state{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> abc{std::byte{'a'}, std::byte{'b'}, std::byte{'c'}, std::byte{0x80}};
  abc[63] = std::byte{24};
  detail::take_sha256_blocks_portably(state, abc.data(), 1);
  EXPECT_EQ(state, (Sha256State{0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223, 0xb00361a3,
                                0x96177a9c, 0xb410ff61, 0xf20015ad}));
}

using Shape = std::array<std::uint64_t, 2>;

std::string hash_of(std::string_view name, std::string_view type, const Shape& shape,
                    std::string_view digest) {
  ContentHash hash;
  hash.add(name, type, shape, digest);
  return hash.hex_digest();
}

TEST(ContentHash, IsTheDigestOfALineForEachVariable) {
  ContentHash hash;
  hash.add("a", "int8", std::array<std::uint64_t, 1>{2}, sha256("\x01\xff"));
  hash.add("b", "int32", {}, "digest of b");
  hash.add("c", "float64", Shape{2, 3}, "digest of c");
  // sha256 of 01 ff, by Python's hashlib.
  EXPECT_EQ(hash.hex_digest(),
            sha256("a int8 2 "
                   "4b3a43f592f577fcfcb5b0e1f42bec5182c9edc414e1f667528f56e7cf0be11d\n"
                   "b int32  digest of b\n"
                   "c float64 2,3 digest of c\n"));
}

TEST(ContentHash, SeesNameTypeShapeAndValues) {
  const std::string hash = hash_of("a", "int32", {2, 3}, "x");
  EXPECT_EQ(hash, hash_of("a", "int32", {2, 3}, "x"));
  EXPECT_NE(hash, hash_of("b", "int32", {2, 3}, "x"));
  EXPECT_NE(hash, hash_of("a", "float32", {2, 3}, "x"));
  EXPECT_NE(hash, hash_of("a", "int32", {3, 2}, "x"));
  EXPECT_NE(hash, hash_of("a", "int32", {2, 3}, "y"));
}

TEST(ContentHash, RefusesVariablesOutOfOrderAndUnknownTypes) {
  ContentHash hash;
  hash.add("b", "int32", {}, "x");
  EXPECT_THROW(hash.add("b", "int32", {}, "x"), std::logic_error);
  EXPECT_THROW(hash.add("V", "int32", {}, "x"), std::logic_error);
  EXPECT_THROW(hash.add("c", "double", {}, "x"), std::logic_error);
}

}  // namespace
}  // namespace hhsweep
