// SPDX-License-Identifier: MIT
#include "hhsweep/content_hash.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "sha256_blocks.hpp"

namespace hhsweep {
namespace {

constexpr std::size_t block_size = 64;

bool known_type(std::string_view type) {
  constexpr std::array<std::string_view, 6> types = {"int8",    "int32",   "int64",
                                                     "float32", "float64", "string"};
  return std::find(types.begin(), types.end(), type) != types.end();
}

}  // namespace

Sha256::Sha256()
    : state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
             0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19} {}

void Sha256::update(std::span<const std::byte> bytes) {
  const std::size_t held = length_ % block_size;
  length_ += bytes.size();
  if (held + bytes.size() < block_size) {
    std::copy(bytes.begin(), bytes.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(held));
    return;
  }
  if (held > 0) {
    const std::size_t taken = block_size - held;
    std::memcpy(buffer_.data() + held, bytes.data(), taken);
    take_sha256_blocks(state_, buffer_.data(), 1);
    bytes = bytes.subspan(taken);
  }
  const std::size_t blocks = bytes.size() / block_size;
  take_sha256_blocks(state_, bytes.data(), blocks);
  bytes = bytes.subspan(blocks * block_size);
  std::copy(bytes.begin(), bytes.end(), buffer_.begin());
}

void Sha256::update(std::string_view text) { update(std::as_bytes(std::span(text))); }

std::string Sha256::hex_digest() {
  const std::uint64_t bits = 8 * length_;
  std::array<std::byte, 2 * block_size> padding{std::byte{0x80}};
  const std::size_t held = length_ % block_size;
  const std::size_t zeros_end = (held < block_size - 8 ? block_size : 2 * block_size) - held - 8;
  for (std::size_t i = 0; i < 8; ++i) {
    padding[zeros_end + i] = static_cast<std::byte>(bits >> (56 - 8 * i));
  }
  update(std::span(padding).first(zeros_end + 8));

  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::uint32_t word : state_) {
    for (int shift = 28; shift >= 0; shift -= 4) text += digits[word >> shift & 0xf];
  }
  return text;
}

void ContentHash::add(std::string_view name, std::string_view type,
                      std::span<const std::uint64_t> shape, std::string_view digest_of_values) {
  if (!known_type(type)) throw std::logic_error("content hash: no type " + std::string(type));
  if (name <= last_name_) {
    throw std::logic_error("content hash: " + std::string(name) + " after " + last_name_);
  }
  last_name_ = name;
  std::string line = last_name_ + ' ' + std::string(type) + ' ';
  for (std::size_t d = 0; d < shape.size(); ++d) {
    line += (d > 0 ? "," : "") + std::to_string(shape[d]);
  }
  sha_.update(line + ' ' + std::string(digest_of_values) + '\n');
}

}  // namespace hhsweep
