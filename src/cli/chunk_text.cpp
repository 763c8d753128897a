// SPDX-License-Identifier: MIT
#include "chunk_text.hpp"

#include "text.hpp"

namespace hhsweep::cli {

namespace {

std::string n_of_all(const ChunkTally& tally) {
  return grouped(tally.there) + " of " + plural(tally.all, "chunk") + tally.of_whom;
}

}  // namespace

std::string chunks_text(const std::vector<std::uint64_t>& chunks, const ChunkPlan& plan) {
  constexpr int most_ranges = 8;
  std::string ranges;
  int listed = 0;
  std::uint64_t neurons = 0;
  for (std::size_t i = 0; i < chunks.size();) {
    std::size_t end = i;
    for (; end < chunks.size() && chunks[end] == chunks[i] + (end - i); ++end) {
      neurons += plan.size(chunks[end]);
    }
    if (listed < most_ranges) {
      ranges += (ranges.empty() ? "" : ", ") + std::to_string(chunks[i]);
      if (end - i > 1) ranges += " to " + std::to_string(chunks[end - 1]);
    } else if (listed == most_ranges) {
      ranges += ", ...";
    }
    ++listed;
    i = end;
  }
  return format("%s of %s (%s %s; %s)", grouped(chunks.size()).c_str(),
                plural(plan.chunk_count, "chunk").c_str(),
                chunks.size() == 1 ? "number" : "numbers", ranges.c_str(),
                plural(neurons, "neuron").c_str());
}

std::string there_text(const ChunkTally& tally) {
  const bool none = tally.there == 0;
  std::string text = "no chunk" + tally.of_whom + " is there yet";
  if (!none) {
    text = n_of_all(tally) + (tally.there == 1 ? " is there already" : " are there already");
  }
  if (tally.begun == 0) return text;
  return text + (none ? ", but the state of " : ", and the state of ") +
         plural(tally.begun, "chunk") + " under way";
}

std::string reached_text(const ChunkTally& tally) {
  if (tally.there == 0) return "before the first chunk" + tally.of_whom + " was through";
  return "after " + n_of_all(tally);
}

}  // namespace hhsweep::cli
