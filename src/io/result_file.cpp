// SPDX-License-Identifier: MIT
#include "result_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include "apart.hpp"
#include "disk.hpp"
#include "hhsweep/error.hpp"
#include "hyperslab.hpp"
#include "lock.hpp"
#include "merge.hpp"
#include "netcdf.hpp"
#include "parts_folder.hpp"
#include "result_layout.hpp"

namespace hhsweep::io {
namespace {

namespace fs = std::filesystem;

/// The file that is really written: a rename over a symbolic link would replace the link.
std::string link_target(std::string path) {
  std::error_code error;
  for (int depth = 0; depth < 40 && fs::is_symlink(path, error); ++depth) {
    const fs::path target = fs::read_symlink(path, error);
    if (error) break;
    path = (fs::path(path).parent_path() / target).string();
  }
  return path;
}

void require_folder(const std::string& path) {
  const std::string folder = folder_of(path);
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) {
    throw IoError("cannot write " + path + ": the folder " + folder + ": " + std::strerror(errno));
  }
  if (!S_ISDIR(status.st_mode)) {
    throw IoError("cannot write " + path + ": " + folder + " is not a folder");
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    throw IoError("cannot write " + path + ": the folder " + folder + ": " + std::strerror(errno));
  }
}

/// A result of this sweep by this version, complete or not.
enum class Found { complete, partial, something_else };

Found what_is_at(const std::string& path, const Sweep& sweep) {
  try {
    require_readable(path);
    require_opens(path);
    const NcFile file = NcFile::open(path);
    if (file.global_attribute("hhsweep_fingerprint") != fingerprint(sweep) ||
        !file.global_attribute("content_hash")) {
      return Found::something_else;
    }
    const bool all = !file.global_attribute(std::string(names::neurons_not_run));
    return all ? Found::complete : Found::partial;
  } catch (const IoError&) {
    return Found::something_else;
  }
}

/// What differs when the file at `path` is the result of another sweep.
std::string difference_from(const std::string& path, const Sweep& sweep) {
  try {
    const ResultSummary there = summarize(path);
    RunRecord record;
    record.version = there.attributes.at("hhsweep_version");
    record.layout = std::stoi(there.attributes.at("hhsweep_layout"));
    record.resolved = there.sweep_resolved;
    return difference_text(record, sweep);
  } catch (const std::exception&) {
    return "";
  }
}

void require_free_name(const std::string& path, const Sweep& sweep, bool overwrite) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return;
  if (S_ISDIR(status.st_mode)) {
    throw OutputError(path + " is a folder; give the name of a file with -o");
  }
  if (!S_ISREG(status.st_mode)) throw OutputError(path + " exists and is not an ordinary file");
  if (overwrite || what_is_at(path, sweep) != Found::something_else) return;
  const std::string difference = difference_from(path, sweep);
  throw OutputError(path + " exists and is not the result of this sweep" +
                    (difference.empty() ? "; " : ":" + difference + "\n") +
                    "choose another file with -o, or replace it with --overwrite");
}

std::string checked_output(std::string path, const Sweep& sweep, bool overwrite) {
  if (path.empty() || path.ends_with('/')) {
    throw IoError("cannot write '" + path + "': it is not the name of a file");
  }
  path = link_target(std::move(path));
  require_folder(path);
  require_free_name(path, sweep, overwrite);
  return path;
}

std::string lock_path(const std::string& path) { return path + ".lock"; }
std::string parts_path(const std::string& path) { return path + ".parts"; }

/// Who writes the output at `path`: a shard, or a process alone.
std::string writer_of(const std::string& path) {
  const std::vector<LiveShard> shards = live_shards(parts_path(path));
  if (!shards.empty()) return shards.front().holder;
  return lock_holder(lock_path(path)).value_or("another process");
}

[[noreturn]] void refuse_busy(const std::string& path, const std::string& holder) {
  throw OutputError(path + " is being written by " + holder +
                    "; wait for it, or choose another file with -o");
}

FileLock lock_output(const std::string& path, LockKind kind) {
  auto lock = FileLock::take(lock_path(path), kind, this_process());
  if (!lock) refuse_busy(path, writer_of(path));
  return std::move(*lock);
}

/// Removes what processes that were killed while merging have left. The output is locked.
void remove_unfinished_results(const std::string& path) {
  const std::string result = fs::path(path).filename().string();
  std::error_code error;
  for (fs::directory_iterator entries(folder_of(path), error);
       !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    if (is_temporary_name(name, result)) discard_file(entries->path().string());
  }
}

}  // namespace

struct ResultWriter::State {
  /// Keeps states, if need be in the room of what is merged ahead. Other threads than the one that
  /// merges call it.
  class RoomyStates final : public StateKeeper {
   public:
    explicit RoomyStates(State& state) : state_(state) {}

    std::optional<ChunkState> load(std::uint64_t chunk) override {
      return state_.parts.states().load(chunk);
    }
    void save(std::uint64_t chunk, std::span<const std::span<const std::byte>> head,
              std::uint64_t index, std::span<const std::byte> segment) override {
      StateKeeper& kept = state_.parts.states();
      try {
        kept.save(chunk, head, index, segment);
      } catch (const IoError&) {
        if (!state_.merges_ahead.exchange(false)) throw;
        empty_file(temporary_name(state_.path));
        kept.save(chunk, head, index, segment);
      }
    }

   private:
    State& state_;
  };

  State(const Sweep& the_sweep, std::string the_path, bool overwrite, const ChunkPlan& plan,
        const Shard& the_shard, Stop the_stop)
      : sweep(the_sweep),
        layout(result_layout(sweep, {})),
        path(checked_output(std::move(the_path), sweep, overwrite)),
        shard(the_shard),
        stop(std::move(the_stop)),
        lock(lock_output(path, shard.whole() ? LockKind::exclusive : LockKind::shared)),
        parts(parts_path(path), sweep, plan) {
    // The process that held the lock until now may have finished the very file.
    require_free_name(path, sweep, overwrite);
    if (shard.whole()) {
      enter_alone(overwrite);
    } else {
      enter_as_shard(overwrite);
    }
  }

  ~State() {
    if (shard_lock) {
      shard_lock.reset();
      discard_folder(parts.path());
    } else if (shard.whole()) {
      parts.remove_if_empty();
    }
  }
  State(const State&) = delete;  // owns the locks
  State& operator=(const State&) = delete;

  void enter_alone(bool overwrite) {
    if (parts.holds_another() && !overwrite) parts.refuse_another();
    parts.remove_another();
    parts.remove_unfinished();
    remove_unfinished_results(path);
  }

  void enter_as_shard(bool overwrite) {
    const FileLock entry = lock_entry();
    const std::vector<LiveShard> others = live_shards(parts.path());
    for (const LiveShard& other : others) {
      const bool same = other.shard.count == shard.count && other.shard.index != shard.index;
      if (!same) refuse_busy(path, other.holder);
    }
    const std::string text = "shard " + shard.text() + ", " + this_process();
    const std::string own_lock = shard_lock_path(parts.path(), shard);
    shard_lock = FileLock::take(own_lock, LockKind::exclusive, text);
    if (!shard_lock) refuse_busy(path, lock_holder(own_lock).value_or("another process"));

    parts.look();
    const bool taken = parts.holds_another() || parts.is_anothers();
    if (taken && !others.empty()) refuse_busy(path, others.front().holder);
    if (parts.holds_another() && !overwrite) parts.refuse_another();
    parts.remove_another();
    parts.begin();
  }

  /// One shard after the other enters. The folder may go between its making and the locking, when
  /// another shard leaves it.
  FileLock lock_entry() {
    for (int attempt = 0;; ++attempt) {
      make_folder(parts.path());
      try {
        return FileLock::wait_for(entry_lock_path(parts.path()), this_process());
      } catch (const IoError&) {
        if (attempt == 10 || fs::exists(parts.path())) throw;
      }
    }
  }

  void write(std::uint64_t chunk, const Results& results) {
    try {
      parts.write(chunk, layout, results, origin);
    } catch (const IoError&) {
      if (!merger) throw;
      // Parts come first where there is no room for both.
      give_up_merging_ahead();
      parts.write(chunk, layout, results, origin);
    }
    merge_ahead();
  }

  /// Of parts that were there before, two to each that is written, so that no device waits long.
  /// What fails here, or is stopped, is done again in the end.
  void merge_ahead() {
    if (!merges_ahead) return merger.reset();
    try {
      if (!merger) merger = std::make_unique<Merger>(sweep, parts, path, stop);
      merger->take_up_ahead(2);
    } catch (const Error&) {
      give_up_merging_ahead();
    }
  }

  void give_up_merging_ahead() {
    merges_ahead = false;
    merger.reset();
  }

  std::string merge(const Provenance& provenance) {
    if (!merges_ahead) merger.reset();
    const auto last =
        merger ? std::move(merger) : std::make_unique<Merger>(sweep, parts, path, stop);
    return last->finish(provenance);
  }

  std::string finish(const Provenance& provenance) {
    std::string digest = merge(provenance);
    shard_lock.reset();
    parts.remove();
    remove_unfinished_results(path);
    return digest;
  }

  const Sweep sweep;
  const Layout layout;
  const std::string path;
  const Shard shard;
  const Stop stop;
  PartOrigin origin;
  std::optional<FileLock> lock;
  PartsFolder parts;
  std::optional<FileLock> shard_lock;
  std::unique_ptr<Merger> merger;
  /// A shard has no share in the result until it joins it. Whoever keeps states may end it.
  std::atomic<bool> merges_ahead{shard.whole()};
  RoomyStates states{*this};
};

ResultWriter::ResultWriter(const Sweep& sweep, std::string path, bool overwrite, const Shard& shard,
                           Stop stop)
    : ResultWriter(sweep, std::move(path), overwrite, plan_chunks(sweep.job), shard,
                   std::move(stop)) {}

ResultWriter::ResultWriter(const Sweep& sweep, std::string path, bool overwrite,
                           const ChunkPlan& plan, const Shard& shard, Stop stop)
    : state_(std::make_unique<State>(sweep, std::move(path), overwrite, plan, shard,
                                     std::move(stop))) {}

ResultWriter::~ResultWriter() = default;

std::vector<std::uint64_t> ResultWriter::missing_chunks() const {
  return state_->parts.missing(state_->shard, state_->stop);
}

void ResultWriter::begin() { state_->parts.begin(); }

void ResultWriter::computing_on(std::string backend, std::string device) {
  state_->origin = {std::move(backend), std::move(device)};
}

void ResultWriter::write_chunk(std::uint64_t chunk, const Results& results) {
  state_->write(chunk, results);
}

StateKeeper& ResultWriter::states() { return state_->states; }

std::uint64_t ResultWriter::states_there() const { return state_->parts.state_count(); }

std::string ResultWriter::finish(const Provenance& provenance) {
  State& state = *state_;
  state.parts.look();
  const std::size_t missing = state.parts.missing({}, state.stop).size();
  if (missing > 0) {
    throw Error(ExitCode::incomplete, state.path + ": " + std::to_string(missing) + " of " +
                                          std::to_string(state.parts.plan().chunk_count) +
                                          " parts are missing; the same command goes on");
  }
  return state.finish(provenance);
}

std::string ResultWriter::finish_partially(const Provenance& provenance) {
  if (state_->parts.missing({}, state_->stop).empty()) return state_->finish(provenance);
  return state_->merge(provenance);
}

Outcome ResultWriter::finish_shard(const std::function<Provenance()>& provenance) {
  State& state = *state_;
  // Of several shards that end together each lets go first and looks then, so that the last to
  // look finds all parts and nobody in its way.
  state.lock.reset();
  state.parts.look();
  Outcome outcome;
  outcome.missing = state.parts.absent();
  if (!outcome.missing.empty() && what_is_at(state.path, state.sweep) != Found::complete) {
    return outcome;
  }
  state.lock = FileLock::take(lock_path(state.path), LockKind::exclusive, this_process());
  if (!state.lock) {
    outcome.joined_by = writer_of(state.path);
    return outcome;
  }
  state.parts.look();
  outcome.missing = state.parts.missing({}, state.stop);
  if (outcome.missing.empty()) {
    outcome.content_hash = state.finish(provenance());
  } else if (what_is_at(state.path, state.sweep) == Found::complete) {
    outcome.content_hash = summarize(state.path).content_hash;
    outcome.missing.clear();
  }
  return outcome;
}

struct PartWriter::State {
  State(const Sweep& sweep, const std::string& path)
      : layout(result_layout(sweep, {})),
        parts(parts_path(link_target(path)), sweep, plan_chunks(sweep.job)) {}
  const Layout layout;
  PartsFolder parts;
  PartOrigin origin;
};

PartWriter::PartWriter(const Sweep& sweep, const std::string& path)
    : state_(std::make_unique<State>(sweep, path)) {}

PartWriter::~PartWriter() = default;

void PartWriter::computing_on(std::string backend, std::string device) {
  state_->origin = {std::move(backend), std::move(device)};
}

void PartWriter::write_chunk(std::uint64_t chunk, const Results& results) {
  state_->parts.write(chunk, state_->layout, results, state_->origin);
}

StateKeeper& PartWriter::states() { return state_->parts.states(); }

bool is_result_of(const std::string& path, const Sweep& sweep) {
  return what_is_at(path, sweep) == Found::complete;
}

void remove_leftover_parts(const std::string& path, const Sweep& sweep,
                           const ChunkPlan& plan) noexcept {
  try {
    const std::string output = link_target(path);
    if (!fs::exists(parts_path(output)) && !fs::exists(lock_path(output))) return;
    const auto lock = FileLock::take(lock_path(output), LockKind::exclusive, this_process());
    if (!lock) return;
    PartsFolder parts(parts_path(output), sweep, plan);
    if (!parts.holds_another()) parts.remove();
    remove_unfinished_results(output);
  } catch (const std::exception&) {
    return;  // they only take up room
  }
}

Sweep sweep_of_parts(const std::string& path) {
  const std::string folder = parts_path(link_target(path));
  if (!fs::is_directory(folder)) {
    throw IoError("there are no parts of " + path + ": no folder " + folder);
  }
  const std::optional<RunRecord> record = read_record(record_path(folder));
  if (record) return sweep_of(*record);
  throw IoError("cannot read " + record_path(folder) +
                ", which says what the parts belong to: it is missing or damaged; the command that "
                "computed one of them writes it anew");
}

}  // namespace hhsweep::io
