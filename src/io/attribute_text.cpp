// SPDX-License-Identifier: MIT
#include "attribute_text.hpp"

#include <cstddef>
#include <cstdint>

namespace hhsweep::io {
namespace {

constexpr std::size_t most_bytes = 16000;

/// Bytes that a character with this first byte has; 0 when none begins so.
std::size_t sequence_length(std::uint8_t first) {
  if (first >= 0x01 && first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  if (first >= 0xf0 && first < 0xf5) return 4;
  return 0;
}

/// Length of the character at the start of `text`, which is not empty; 0 when it is not valid
/// UTF-8.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::size_t length = sequence_length(byte(0));
  if (length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xf0 && byte(1) < 0x90);
  const bool surrogate = byte(0) == 0xed && byte(1) >= 0xa0;
  const bool beyond = byte(0) == 0xf4 && byte(1) >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

}  // namespace

std::string attribute_text(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    if (clean.size() > most_bytes) return clean + "...";
    const std::size_t length = character_length(text);
    clean += length == 0 ? "?" : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return clean;
}

}  // namespace hhsweep::io
