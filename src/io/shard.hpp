// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace hhsweep::io {

/// One of `count` processes that share the chunks of a run, dealt to them in turn.
struct Shard {
  std::uint64_t index = 0;  ///< from 0
  std::uint64_t count = 1;

  [[nodiscard]] bool whole() const { return count == 1; }
  [[nodiscard]] bool owns(std::uint64_t chunk) const { return chunk % count == index; }
  /// How many of the chunks it has to see to.
  [[nodiscard]] std::uint64_t share_of(std::uint64_t chunks) const {
    return index < chunks ? (chunks - index - 1) / count + 1 : 0;
  }
  /// As typed: "1/4" is the first of four.
  [[nodiscard]] std::string text() const {
    return std::to_string(index + 1) + '/' + std::to_string(count);
  }
};

}  // namespace hhsweep::io
