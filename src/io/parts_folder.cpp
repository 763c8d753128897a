// SPDX-License-Identifier: MIT
#include "parts_folder.hpp"

#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "disk.hpp"
#include "hhsweep/content_hash.hpp"
#include "hhsweep/error.hpp"
#include "lock.hpp"
#include "result_layout.hpp"

namespace hhsweep::io {
namespace {

namespace fs = std::filesystem;

constexpr const char* record_name = "sweep.json";

/// A part belongs to a sweep and to its division into chunks.
std::string part_fingerprint(const std::string& fingerprint, const ChunkPlan& plan) {
  Sha256 sha;
  sha.update(fingerprint + ' ' + std::to_string(plan.neurons) + ' ' +
             std::to_string(plan.chunk_size));
  return sha.hex_digest();
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    names.push_back(entries->path().filename().string());
  }
  const bool gone = error == std::errc::no_such_file_or_directory;
  if (error && !gone) throw IoError("cannot read the folder " + folder + ": " + error.message());
  std::sort(names.begin(), names.end());
  return names;
}

bool is_part(const std::string& name) {
  std::uint64_t chunk = 0;
  return parse_part_name(name, chunk);
}

bool is_unfinished(const std::string& name) {
  return name.ends_with(".tmp") &&
         (name.starts_with(record_name) || is_part(name.substr(0, part_name(0).size())) ||
          is_state(name.substr(0, state_name(0).size())));
}

bool parse_shard_name(const std::string& name, Shard& shard) {
  std::uint64_t number = 0;
  std::uint64_t count = 0;
  if (std::sscanf(name.c_str(), "shard-%10" SCNu64 "-of-%10" SCNu64 ".lock", &number, &count) !=
      2) {
    return false;
  }
  shard = {number - 1, count};
  return number >= 1 && number <= count && fs::path(shard_lock_path("", shard)).filename() == name;
}

}  // namespace

void stop_if(const Stop& stop) {
  if (stop && stop()) throw Error(ExitCode::incomplete, "stopped; the same command goes on");
}

PartsFolder::PartsFolder(std::string path, const Sweep& sweep, const ChunkPlan& plan)
    : path_(std::move(path)),
      sweep_(sweep),
      fingerprint_(part_fingerprint(fingerprint(sweep), plan)),
      plan_(plan),
      infos_(plan.chunk_count),
      verified_(plan.chunk_count, false),
      states_(path_, fingerprint_, [this] { begin(); }) {
  look();
}

void PartsFolder::look() {
  foreign_.clear();
  record_.reset();
  state_count_ = 0;
  std::error_code error;
  const fs::file_status status = fs::status(path_, error);
  if (status.type() == fs::file_type::not_found) {
    infos_.assign(infos_.size(), std::nullopt);
    return;
  }
  if (!fs::is_directory(status)) throw OutputError(path_ + " is in the way: it is not a folder");

  record_ = read_record(record_path(path_));
  std::vector<bool> there(infos_.size(), false);
  for (const std::string& name : names_in(path_)) {
    std::uint64_t chunk = 0;
    if (is_state_head(name)) take_up_state(name);
    if (!parse_part_name(name, chunk)) continue;
    if (chunk < there.size()) there[chunk] = true;
    if (chunk >= there.size() || !infos_[chunk]) take_up(name);
  }
  for (std::uint64_t chunk = 0; chunk < there.size(); ++chunk) {
    if (!there[chunk]) infos_[chunk].reset();
  }
}

void PartsFolder::take_up(const std::string& name) {
  PartInfo info;
  if (read_part_line(path_ + '/' + name, info) == PartState::damaged) return;
  if (info.fingerprint != fingerprint_) {
    if (read_part_info(path_ + '/' + name, info) == PartState::sound) foreign_.push_back(name);
  } else if (info.chunk < infos_.size() && part_name(info.chunk) == name) {
    verified_[info.chunk] = false;
    infos_[info.chunk] = std::move(info);
  }
}

void PartsFolder::take_up_state(const std::string& name) {
  const std::optional<std::string> fingerprint = fingerprint_of_state(path_ + '/' + name);
  if (!fingerprint) return;
  if (*fingerprint == fingerprint_) {
    const std::uint64_t chunk = chunk_of_state(name);
    if (chunk < infos_.size() && !infos_[chunk]) ++state_count_;
  } else {
    foreign_.push_back(name);
  }
}

bool PartsFolder::is_anothers() const {
  return record_ && record_->fingerprint != fingerprint(sweep_);
}

void PartsFolder::refuse_another() const {
  const std::string parts = std::to_string(foreign_.size()) +
                            (foreign_.size() == 1 ? " part" : " parts") +
                            " of another sweep or version";
  throw OutputError(path_ + " holds " + parts +
                    (is_anothers() ? ":" + difference_text(*record_, sweep_) + "\n" : "; ") +
                    "finish that run first, choose another file with -o, or drop them with "
                    "--overwrite");
}

void PartsFolder::remove_another() {
  const std::vector<std::string> names = foreign_.empty() ? foreign_ : names_in(path_);
  for (const std::string& name : foreign_) {
    remove_file(path_ + '/' + name);
    if (!is_state_head(name)) continue;
    for (const std::string& other : names) {
      if (is_state(other) && other.starts_with(name + '-')) remove_file(path_ + '/' + other);
    }
  }
  foreign_.clear();
}

void PartsFolder::remove_unfinished() const {
  std::error_code error;
  if (!fs::is_directory(path_, error)) return;
  for (const std::string& name : names_in(path_)) {
    if (is_unfinished(name)) remove_file(path_ + '/' + name);
  }
}

void PartsFolder::begin() {
  const std::scoped_lock lock(record_mutex_);
  if (record_ && record_->fingerprint == fingerprint(sweep_)) return;
  make_folder(path_);
  record_ = record_of(sweep_);
  write_record(record_path(path_), *record_);
}

std::vector<std::uint64_t> PartsFolder::missing(const Shard& shard, const Stop& stop) {
  std::vector<std::uint64_t> chunks;
  for (const std::uint64_t chunk : shard.chunks_of(plan_)) {
    if (infos_[chunk] && !verified_[chunk]) {
      stop_if(stop);
      verify(chunk);
    }
    if (!infos_[chunk]) chunks.push_back(chunk);
  }
  return chunks;
}

void PartsFolder::verify(std::uint64_t chunk) {
  PartInfo info;
  if (read_part_info(part_path(chunk), info) == PartState::damaged ||
      info.fingerprint != fingerprint_ || info.chunk != chunk) {
    infos_[chunk].reset();
  } else {
    infos_[chunk] = std::move(info);
    verified_[chunk] = true;
  }
}

std::vector<std::uint64_t> PartsFolder::absent() const {
  std::vector<std::uint64_t> chunks;
  for (std::uint64_t chunk = 0; chunk < infos_.size(); ++chunk) {
    if (!infos_[chunk]) chunks.push_back(chunk);
  }
  return chunks;
}

std::string PartsFolder::part_path(std::uint64_t chunk) const {
  return path_ + '/' + part_name(chunk);
}

std::uint64_t PartsFolder::spikes() const {
  std::uint64_t sum = 0;
  for (const auto& info : infos_) sum += info ? info->spikes : 0;
  return sum;
}

std::uint64_t PartsFolder::traces() const {
  std::uint64_t sum = 0;
  for (const auto& info : infos_) sum += info ? info->traces : 0;
  return sum;
}

void PartsFolder::write(std::uint64_t chunk, const Layout& layout, const Results& results,
                        const PartOrigin& origin) {
  if (chunk >= plan_.chunk_count || results.first != plan_.first(chunk) ||
      results.count != plan_.size(chunk)) {
    throw std::logic_error("results of neurons " + std::to_string(results.first) + " + " +
                           std::to_string(results.count) + " are not chunk " +
                           std::to_string(chunk));
  }
  begin();
  PartInfo info{chunk, results.spike_time.size(), results.trace_neuron.size(), fingerprint_};
  write_part(part_path(chunk), info, layout, results, origin);
  infos_[chunk] = std::move(info);
  verified_[chunk] = true;
  states_.discard(chunk);
}

void PartsFolder::remove() noexcept {
  try {
    for (const std::string& name : names_in(path_)) {
      if (is_part(name) || is_state(name)) discard_file(path_ + '/' + name);
    }
  } catch (const std::exception&) {
    return;  // what is left does no harm: the next run on this output removes it
  }
  remove_if_empty();
}

void PartsFolder::remove_if_empty() noexcept {
  try {
    const std::vector<std::string> names = names_in(path_);
    const auto counts = [](const std::string& name) {
      return is_part(name) || is_state_head(name);
    };
    if (std::any_of(names.begin(), names.end(), counts)) return;
    for (const std::string& name : names) {
      const std::string file = path_ + '/' + name;
      Shard shard;
      const bool idle = parse_shard_name(name, shard) && !lock_holder(file);
      if (idle || name == record_name || is_unfinished(name) || is_state(name) ||
          file == entry_lock_path(path_)) {
        discard_file(file);
      }
    }
    discard_folder(path_);
  } catch (const std::exception&) {
    return;
  }
}

std::vector<LiveShard> live_shards(const std::string& path) {
  std::vector<LiveShard> live;
  for (const std::string& name : names_in(path)) {
    Shard shard;
    if (!parse_shard_name(name, shard)) continue;
    if (auto holder = lock_holder(path + '/' + name)) live.push_back({shard, std::move(*holder)});
  }
  return live;
}

std::string shard_lock_path(const std::string& path, const Shard& shard) {
  return path + "/shard-" + std::to_string(shard.index + 1) + "-of-" + std::to_string(shard.count) +
         ".lock";
}

std::string record_path(const std::string& path) { return path + '/' + record_name; }

std::string entry_lock_path(const std::string& path) { return path + "/entry.lock"; }

}  // namespace hhsweep::io
