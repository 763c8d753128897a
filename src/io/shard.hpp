// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hhsweep/engine.hpp"

namespace hhsweep::io {

/// Neighbouring chunks, 1 to 16, that are given to a process at once: a large GPU holds 2^20
/// neurons in a batch, which spans only chunks that lie beside each other.
std::uint64_t neighbours_at_once(const ChunkPlan& plan);

/// One of `count` processes that share the chunks of a run.
struct Shard {
  std::uint64_t index = 0;  ///< from 0
  std::uint64_t count = 1;

  [[nodiscard]] bool whole() const { return count == 1; }
  /// How many of `chunks` chunks are its own; the shares of any two shards differ by one at most.
  [[nodiscard]] std::uint64_t share_of(std::uint64_t chunks) const {
    return index < chunks ? (chunks - index - 1) / count + 1 : 0;
  }
  /// Its chunks, ascending. Every chunk belongs to one shard, whose runs of neighbours are up to
  /// neighbours_at_once() long; dealt singly where each has few.
  [[nodiscard]] std::vector<std::uint64_t> chunks_of(const ChunkPlan& plan) const;
  /// As typed: "1/4" is the first of four.
  [[nodiscard]] std::string text() const {
    return std::to_string(index + 1) + '/' + std::to_string(count);
  }
};

}  // namespace hhsweep::io
