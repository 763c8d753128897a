// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hhsweep/engine.hpp"
#include "hhsweep/sweep.hpp"

namespace hhsweep::io {

/// What a result says about how it was made; none of it enters content_hash.
struct Provenance {
  std::string backend, device;
  std::string command_line;
  std::string started, finished;  ///< UTC, ISO 8601
  double wall_s = 0;
  double compute_s = 0;
  double neuron_steps = 0;
};

/// Writes a result: chunk by chunk into OUT.nc.parts/, then merged into OUT.nc by rename.
/// Memory use is bounded by a few chunks, whatever the size of the sweep.
class ResultWriter {
 public:
  /// Throws OutputError when `path` exists and `overwrite` is false, or is locked by another
  /// process; IoError when its folder is missing or cannot be written. Writes nothing under `path`
  /// yet.
  ResultWriter(const Sweep& sweep, std::string path, bool overwrite);
  /// The same with another division into chunks than plan_chunks(sweep.job).
  ResultWriter(const Sweep& sweep, std::string path, bool overwrite, const ChunkPlan& plan);
  /// Without finish(), finished parts stay for a later run to take up; a folder without parts is
  /// removed.
  ~ResultWriter();
  ResultWriter(const ResultWriter&) = delete;  // owns the lock on the parts folder
  ResultWriter& operator=(const ResultWriter&) = delete;

  /// Chunks that are not yet in the parts folder with a sound checksum and the same sweep.
  [[nodiscard]] std::vector<std::uint64_t> missing_chunks() const;
  /// Writes one chunk's part: temporary file, fsync, rename.
  void write_chunk(std::uint64_t chunk, const Results& results);
  /// Merges all parts into the result, removes them, and returns content_hash.
  std::string finish(const Provenance& provenance);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The complete result at `path` was made from this sweep by this version (so `run` has nothing to
/// do).
bool is_result_of(const std::string& path, const Sweep& sweep);

/// Summary of a result for `show` and `run --json`.
struct ResultSummary {
  std::map<std::string, std::string> attributes;  ///< global attributes, as text
  std::string content_hash;                       ///< as stored
  std::vector<std::string> variables;             ///< "spike_count (I: 20, g_Na: 3) int32"
  std::uint64_t neurons = 0;
  std::uint64_t spikes = 0;  ///< sum of spike_count over status 0
  std::uint64_t diverged = 0;
  std::string sweep_file, sweep_resolved;
};

/// Throws IoError when the file cannot be read, OutputError when it is not a hhsweep result.
ResultSummary summarize(const std::string& path);

/// What is unsound in a result, one line each; empty when it is sound: content_hash recomputed,
/// checksums, counts against spike times, order of spikes, shapes.
std::vector<std::string> unsoundness(const std::string& path);

}  // namespace hhsweep::io
