// SPDX-License-Identifier: MIT
#include "hhsweep/stream_key.hpp"

#include <charconv>
#include <string>

#include "hhsweep/content_hash.hpp"

namespace hhsweep {

StreamKey stream_key(std::int64_t seed, std::string_view purpose, std::string_view name) {
  Sha256 sha;
  sha.update(std::to_string(seed) + "\n");
  sha.update(purpose);
  sha.update("\n");
  sha.update(name);
  const std::string digest = sha.hex_digest();
  const auto word = [&](std::size_t first) {
    std::uint32_t value = 0;
    std::from_chars(digest.data() + first, digest.data() + first + 8, value, 16);
    return value;
  };
  return {word(0), word(8)};
}

}  // namespace hhsweep
