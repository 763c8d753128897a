// SPDX-License-Identifier: MIT
#include "chunk_saver.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include "results_parts.hpp"

namespace hhsweep {

namespace {

/// What lies both in [first, end) and among `count` neurons from `from` on.
struct Overlap {
  Overlap(std::uint64_t first, std::uint64_t end, std::uint64_t from, std::uint64_t count)
      : first(std::max(first, from)),
        count(std::max(std::min(end, from + count), this->first) - this->first) {}
  std::uint64_t first, count;
};

/// The neurons of a saved chunk are its own, without a gap.
bool fits(const SavedChunk& saved, std::uint64_t first, std::uint64_t size) {
  const Results& finished = saved.finished;
  const RunState& state = saved.under_way;
  if (finished.count > 0 && finished.first != first) return false;
  if (state.count > 0 && state.first != first + finished.count) return false;
  return finished.count <= size && state.count <= size - finished.count;
}

}  // namespace

std::optional<SavedChunk> ChunkSaver::load(std::uint64_t chunk) {
  const std::optional<ChunkState> kept = keeper_.load(chunk);
  if (!kept) return {};
  std::optional<SavedChunk> saved = decode(*kept);
  if (!saved || !fits(*saved, plan_.first(chunk), plan_.size(chunk))) return {};
  loaded_[chunk] = {kept->segments.size(), saved->finished.count};
  begin_anew(chunk);
  return saved;
}

void ChunkSaver::save(std::uint64_t chunk, const Results& finished, const RunState& state) {
  Extent& kept = kept_[chunk];
  const std::uint64_t first = plan_.first(chunk);
  const std::uint64_t end = first + plan_.size(chunk);
  const Overlap new_finished(first + kept.finished, end, finished.first, finished.count);
  const Overlap under_way(first, end, state.first, state.count);
  if (new_finished.count == 0 && under_way.count == 0) return;
  const bool is_all = under_way.first == state.first && under_way.count == state.count;
  RunState part;
  if (!is_all && under_way.count > 0) part = slice(state, under_way.first, under_way.count);
  const RunState& own = is_all ? state : part;
  Results more;
  if (new_finished.count > 0) more = slice(finished, new_finished.first, new_finished.count);

  const std::vector<std::byte> start = encode_start_of_head(own);
  std::vector<std::span<const std::byte>> head{start};
  for (const auto* columns : {&own.search, &own.batch}) {
    for (const StateColumn& column : *columns) head.emplace_back(column.bytes);
  }
  keeper_.save(chunk, head, kept.segments, encode_segment(more, own.records));
  ++kept.segments;
  kept.finished += new_finished.count;
}

}  // namespace hhsweep
