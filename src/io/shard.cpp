// SPDX-License-Identifier: MIT
#include "shard.hpp"

#include <algorithm>

namespace hhsweep::io {

namespace {

constexpr std::uint64_t neurons_of_a_batch = std::uint64_t{1} << 20;
constexpr std::uint64_t most_neighbours = 16;

/// Neurons along the slowest axis may take unequal work (a search is through early where nothing
/// fires), so every shard has its turn in four places of the sweep at least: of work that grows
/// evenly from nothing the busiest shard then has 1.25 times the mean.
constexpr std::uint64_t least_turns = 4;

/// How often the shards are dealt a run of neighbours each.
std::uint64_t turns_of(const ChunkPlan& plan, std::uint64_t shards) {
  const std::uint64_t largest_share = Shard{0, shards}.share_of(plan.chunk_count);
  const std::uint64_t longest = neighbours_at_once(plan);
  return std::max({(largest_share + longest - 1) / longest, std::min(largest_share, least_turns),
                   std::uint64_t{1}});
}

}  // namespace

std::uint64_t neighbours_at_once(const ChunkPlan& plan) {
  return std::clamp<std::uint64_t>(neurons_of_a_batch / std::max<std::uint64_t>(plan.chunk_size, 1),
                                   1, most_neighbours);
}

std::vector<std::uint64_t> Shard::chunks_of(const ChunkPlan& plan) const {
  const std::uint64_t turns = turns_of(plan, count);
  std::vector<std::uint64_t> own;
  std::uint64_t chunk = 0;
  for (std::uint64_t turn = 0; turn < turns; ++turn) {
    for (std::uint64_t shard = 0; shard < count; ++shard) {
      const std::uint64_t share = Shard{shard, count}.share_of(plan.chunk_count);
      // Runs of equal length but for one chunk: a remainder would be a small batch of its own.
      const auto dealt_by = [&](std::uint64_t t) { return (t * share + turns - 1) / turns; };
      const std::uint64_t end = chunk + dealt_by(turn + 1) - dealt_by(turn);
      for (; chunk < end; ++chunk) {
        if (shard == index) own.push_back(chunk);
      }
    }
  }
  return own;
}

}  // namespace hhsweep::io
