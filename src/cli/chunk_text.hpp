// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hhsweep/engine.hpp"

namespace hhsweep::cli {

/// "3 of 12 chunks (numbers 4, 7 to 8; 196 608 neurons)", the ranges cut short when they are many.
std::string chunks_text(const std::vector<std::uint64_t>& chunks, const ChunkPlan& plan);

/// Chunks that a process has to see to, and how far they are.
struct ChunkTally {
  std::uint64_t all = 0;
  std::uint64_t there = 0;
  std::uint64_t begun = 0;   ///< whose state was kept
  std::string of_whom = {};  ///< " of shard 2/4", or nothing
};

/// "3 of 8 chunks are there already, and the state of 1 chunk under way", "no chunk is there yet".
std::string there_text(const ChunkTally& tally);

/// "after 3 of 8 chunks", "before the first chunk was through".
std::string reached_text(const ChunkTally& tally);

}  // namespace hhsweep::cli
