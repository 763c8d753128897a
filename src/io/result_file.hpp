// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hhsweep/audit.hpp"
#include "hhsweep/engine.hpp"
#include "hhsweep/sweep.hpp"
#include "parts_folder.hpp"
#include "shard.hpp"

namespace hhsweep::io {

/// What a result says about how it was made; none of it enters content_hash.
struct Provenance {
  std::string command_line;
  std::string started, finished;  ///< UTC, ISO 8601
  double wall_s = 0;
  double compute_s = 0;
  double neuron_steps = 0;
  std::optional<AuditFigures> audit;  ///< of a complete result whose sweep has an [audit]
};

/// What became of a run when a process has written the parts it was to write.
struct Outcome {
  std::string content_hash;            ///< of the complete result; empty while there is none
  std::vector<std::uint64_t> missing;  ///< chunks that have no part yet
  std::string joined_by;               ///< the process that is joining the parts now, if another
};

/// Writes a result: chunk by chunk into OUT.nc.parts/, then merged into OUT.nc by rename.
/// Memory use is bounded by a few chunks, whatever the size of the sweep. Long work ends with an
/// Error of exit code 75 when `stop` returns true.
class ResultWriter {
 public:
  /// Throws OutputError when `path` exists, is not this sweep's result and `overwrite` is false, or
  /// when other processes write it (shards of one division of one sweep may do so together);
  /// IoError when its folder is missing or cannot be written. Writes nothing under `path` yet.
  ResultWriter(const Sweep& sweep, std::string path, bool overwrite, const Shard& shard = {},
               Stop stop = {});
  /// The same for the whole run with another division into chunks than plan_chunks(sweep.job).
  ResultWriter(const Sweep& sweep, std::string path, bool overwrite, const ChunkPlan& plan,
               const Shard& shard = {}, Stop stop = {});
  /// Without a result, parts and states stay for a later run to take up; a folder without any is
  /// removed.
  ~ResultWriter();
  ResultWriter(const ResultWriter&) = delete;  // owns the locks on the output
  ResultWriter& operator=(const ResultWriter&) = delete;

  /// Chunks of this shard that are not yet in the parts folder with a sound checksum and the same
  /// sweep.
  [[nodiscard]] std::vector<std::uint64_t> missing_chunks() const;
  /// Makes the parts folder and its record, for others that write parts into it.
  void begin();
  /// Where the results written from now on are computed.
  void computing_on(std::string backend, std::string device);
  /// Writes one chunk's part: temporary file, fsync, rename. Joins finished chunks into the result
  /// besides, as far as there is room, unless this is a shard; finish() does what is left.
  void write_chunk(std::uint64_t chunk, const Results& results);
  /// Where the states of chunks under way are kept, beside the parts.
  StateKeeper& states();
  /// Chunks whose states an earlier process has left there.
  [[nodiscard]] std::uint64_t states_there() const;
  /// Merges all parts into the result, removes them, and returns content_hash. Throws an Error of
  /// exit code 75 when some are missing.
  std::string finish(const Provenance& provenance);
  /// Merges what there is, the neurons of missing chunks with status 2, and keeps the parts.
  std::string finish_partially(const Provenance& provenance);
  /// Ends the part of a shard: merges as finish() does when all parts are there and nobody else is
  /// at work; only then is `provenance` called.
  Outcome finish_shard(const std::function<Provenance()>& provenance);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Writes parts for another process, which has the ResultWriter of `path` and has called begin().
class PartWriter {
 public:
  /// `sweep` has to outlive it.
  PartWriter(const Sweep& sweep, const std::string& path);
  ~PartWriter();
  PartWriter(const PartWriter&) = delete;  // nobody needs it
  PartWriter& operator=(const PartWriter&) = delete;

  void computing_on(std::string backend, std::string device);
  void write_chunk(std::uint64_t chunk, const Results& results);
  StateKeeper& states();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The complete result at `path` was made from this sweep by this version (so `run` has nothing to
/// do).
bool is_result_of(const std::string& path, const Sweep& sweep);

/// Removes the parts of a result that is complete, if any are left and nobody is at work.
void remove_leftover_parts(const std::string& path, const Sweep& sweep,
                           const ChunkPlan& plan) noexcept;

/// The sweep whose parts lie beside `path`. Throws IoError when there are none or their record
/// cannot be read, and what reading the sweep file throws.
Sweep sweep_of_parts(const std::string& path);

/// Summary of a result for `show` and `run --json`.
struct ResultSummary {
  std::map<std::string, std::string> attributes;  ///< global attributes, as text
  std::string content_hash;                       ///< as stored
  std::vector<std::string> variables;             ///< "spike_count (I: 20, g_Na: 3) int32"
  std::uint64_t neurons = 0;
  std::uint64_t spikes = 0;  ///< sum of spike_count over status 0
  std::uint64_t diverged = 0;
  std::uint64_t not_run = 0;
  std::string sweep_file, sweep_resolved;
};

/// Throws IoError when the file cannot be read, OutputError when it is not a hhsweep result.
ResultSummary summarize(const std::string& path);

/// What is unsound in a result, one line each; empty when it is sound: content_hash recomputed,
/// checksums, counts against spike times, order of spikes, shapes.
std::vector<std::string> unsoundness(const std::string& path);

}  // namespace hhsweep::io
