// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace hhsweep {

/// SHA-256 (FIPS 180-4) of a stream of bytes.
class Sha256 {
 public:
  Sha256();
  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  /// The digest as 64 hexadecimal digits; the object must not be used afterwards.
  std::string hex_digest();

 private:
  std::array<std::uint32_t, 8> state_;
  std::array<std::byte, 64> buffer_{};
  std::uint64_t length_ = 0;
};

/// Hash over named variables, for the attribute `content_hash` of a result: SHA-256 of one line of
/// text for each variable in ascending order of name (by bytes), "NAME TYPE N1,N2,... DIGEST\n"
/// with the lengths of its dimensions (nothing for a scalar) and the SHA-256 of its values,
/// row-major and little-endian.
///
///     ContentHash hash;
///     Sha256 values;
///     values.update(std::as_bytes(std::span(counts)));
///     hash.add("spike_count", "int32", std::array<std::uint64_t, 1>{3}, values.hex_digest());
///     std::string digest = hash.hex_digest();
class ContentHash {
 public:
  /// Adds the next variable; `type` is int8, int32, int64, float32, float64 or string.
  /// Throws std::logic_error when `name` does not come after the one before.
  void add(std::string_view name, std::string_view type, std::span<const std::uint64_t> shape,
           std::string_view digest_of_values);
  /// The digest as 64 hexadecimal digits; the object must not be used afterwards.
  std::string hex_digest() { return sha_.hex_digest(); }

 private:
  Sha256 sha_;
  std::string last_name_;
};

}  // namespace hhsweep
