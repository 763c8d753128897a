// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "chunk_states.hpp"
#include "hhsweep/engine.hpp"
#include "hhsweep/sweep.hpp"
#include "part_file.hpp"
#include "run_record.hpp"
#include "shard.hpp"

namespace hhsweep::io {

/// Asked now and then during long work; it ends with an Error of exit code 75 when this returns
/// true. May be empty.
using Stop = std::function<bool()>;
void stop_if(const Stop& stop);

/// The folder with the parts of one output, and which of them are sound.
class PartsFolder {
 public:
  /// Looks through the folder at `path`, which need not exist, and reads what each part says of
  /// itself. `sweep` has to outlive it.
  PartsFolder(std::string path, const Sweep& sweep, const ChunkPlan& plan);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const ChunkPlan& plan() const { return plan_; }
  /// Looks anew, for what other processes have written.
  void look();

  /// Parts or states of another sweep, version or division into chunks lie in the folder.
  [[nodiscard]] bool holds_another() const { return !foreign_.empty(); }
  /// The folder was begun for another sweep or version.
  [[nodiscard]] bool is_anothers() const;
  /// The OutputError about them, with what differs.
  [[noreturn]] void refuse_another() const;
  /// Removes them.
  void remove_another();
  /// Removes remains of unfinished writing. No other process may be writing parts.
  void remove_unfinished() const;
  /// Makes the folder and its record unless they are there; by any thread.
  void begin();

  /// The chunks of `shard` without a sound part, ascending. Each part is verified once.
  [[nodiscard]] std::vector<std::uint64_t> missing(const Shard& shard = {}, const Stop& stop = {});
  /// Chunks without a part, sound or not, as of the last look.
  [[nodiscard]] std::vector<std::uint64_t> absent() const;
  /// The chunk has a part, which was sound when it was verified.
  [[nodiscard]] bool has(std::uint64_t chunk) const { return infos_.at(chunk).has_value(); }
  [[nodiscard]] const PartInfo& info(std::uint64_t chunk) const { return *infos_.at(chunk); }
  [[nodiscard]] std::string part_path(std::uint64_t chunk) const;
  /// States of chunks that were under way when a process ended; of use to chunks without a part.
  [[nodiscard]] ChunkStates& states() { return states_; }
  /// Chunks whose state was there at the last look.
  [[nodiscard]] std::uint64_t state_count() const { return state_count_; }
  /// Spikes and traces of all parts together.
  [[nodiscard]] std::uint64_t spikes() const;
  [[nodiscard]] std::uint64_t traces() const;

  /// Writes the part of a chunk, and the folder before the first. Removes the chunk's state.
  void write(std::uint64_t chunk, const Layout& layout, const Results& results,
             const PartOrigin& origin);
  /// Removes all parts and states, and the folder. No shard may be writing parts.
  void remove() noexcept;
  /// Removes the folder when no part or state is in it. No shard may be writing parts.
  void remove_if_empty() noexcept;

 private:
  void take_up(const std::string& name);
  void take_up_state(const std::string& name);
  void verify(std::uint64_t chunk);

  std::string path_;
  const Sweep& sweep_;
  std::string fingerprint_;
  ChunkPlan plan_;
  std::vector<std::optional<PartInfo>> infos_;
  std::vector<bool> verified_;
  std::vector<std::string> foreign_;
  std::mutex record_mutex_;  ///< states are saved by other threads than parts
  std::optional<RunRecord> record_;
  ChunkStates states_;
  std::uint64_t state_count_ = 0;
};

/// A shard at work.
struct LiveShard {
  Shard shard;
  std::string holder;  ///< text of its lock
};
/// The shards that are at work in the folder at `path`, which need not exist.
std::vector<LiveShard> live_shards(const std::string& path);
/// The record of the folder at `path`.
std::string record_path(const std::string& path);
/// The lock that a shard holds, and the one that it holds while it enters the folder.
std::string shard_lock_path(const std::string& path, const Shard& shard);
std::string entry_lock_path(const std::string& path);

}  // namespace hhsweep::io
