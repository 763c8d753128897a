// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "hhsweep/engine.hpp"
#include "run_state.hpp"

namespace hhsweep {

/// Takes states of batches apart into those of chunks, for a StateKeeper.
class ChunkSaver {
 public:
  ChunkSaver(StateKeeper& keeper, const ChunkPlan& plan) : keeper_(keeper), plan_(plan) {}

  /// What was kept of a chunk; nothing when there is none or it is of no use.
  std::optional<SavedChunk> load(std::uint64_t chunk);
  /// What was loaded is of no use.
  void forget(std::uint64_t chunk) { loaded_.erase(chunk); }
  /// The chunk is begun anew from what load() said.
  void begin_anew(std::uint64_t chunk) { kept_[chunk] = loaded_[chunk]; }
  /// Saves one chunk as far as `finished` and `state`, of these and other neurons, say of it.
  void save(std::uint64_t chunk, const Results& finished, const RunState& state);

 private:
  /// How much of a chunk is kept.
  struct Extent {
    std::uint64_t segments = 0;
    std::uint64_t finished = 0;
  };

  StateKeeper& keeper_;
  const ChunkPlan& plan_;
  std::map<std::uint64_t, Extent> loaded_, kept_;
};

}  // namespace hhsweep
