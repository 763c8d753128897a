// SPDX-License-Identifier: MIT
#include "parts_folder.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "disk.hpp"
#include "hhsweep/content_hash.hpp"
#include "hhsweep/error.hpp"

namespace hhsweep::io {
namespace {

namespace fs = std::filesystem;

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
  if (error) throw IoError("cannot read the folder " + folder + ": " + error.message());
  std::sort(names.begin(), names.end());
  return names;
}

bool is_unfinished_part(const std::string& name) {
  std::uint64_t chunk = 0;
  return name.ends_with(".tmp") && parse_part_name(name.substr(0, name.size() - 4), chunk);
}

void remove_file(const std::string& path) {
  std::error_code error;
  fs::remove(path, error);
  if (error) throw IoError("cannot remove " + path + ": " + error.message());
}

}  // namespace

PartsFolder::PartsFolder(std::string path, const std::string& fingerprint, const ChunkPlan& plan,
                         bool overwrite)
    : path_(std::move(path)),
      fingerprint_(part_fingerprint(fingerprint, plan)),
      plan_(plan),
      infos_(plan.chunk_count) {
  std::error_code error;
  const fs::file_status status = fs::status(path_, error);
  if (status.type() == fs::file_type::not_found) return;
  if (!fs::is_directory(status)) throw OutputError(path_ + " is in the way: it is not a folder");

  std::vector<std::string> foreign;
  for (const std::string& name : names_in(path_)) {
    if (is_unfinished_part(name)) {
      remove_file(path_ + '/' + name);
    } else {
      take_up(name, foreign);
    }
  }
  refuse_or_remove(foreign, overwrite);
}

void PartsFolder::take_up(const std::string& name, std::vector<std::string>& foreign) {
  std::uint64_t chunk = 0;
  if (!parse_part_name(name, chunk)) return;
  PartInfo info;
  if (read_part_info(path_ + '/' + name, info) == PartState::damaged) return;
  if (info.fingerprint != fingerprint_) {
    foreign.push_back(name);
  } else if (info.chunk == chunk && chunk < infos_.size()) {
    infos_[chunk] = std::move(info);
  }
}

void PartsFolder::refuse_or_remove(const std::vector<std::string>& foreign, bool overwrite) const {
  if (foreign.empty()) return;
  if (!overwrite) {
    throw OutputError(path_ + " holds " + std::to_string(foreign.size()) +
                      (foreign.size() == 1 ? " part" : " parts") +
                      " of another sweep or version; finish that run first, choose another file "
                      "with -o, or drop them with --overwrite");
  }
  for (const std::string& name : foreign) remove_file(path_ + '/' + name);
}

std::vector<std::uint64_t> PartsFolder::missing() const {
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

void PartsFolder::write(std::uint64_t chunk, const Layout& layout, const Results& results) {
  if (chunk >= plan_.chunk_count || results.first != plan_.first(chunk) ||
      results.count != std::min(plan_.chunk_size, plan_.neurons - plan_.first(chunk))) {
    throw std::logic_error("results of neurons " + std::to_string(results.first) + " + " +
                           std::to_string(results.count) + " are not chunk " +
                           std::to_string(chunk));
  }
  if (::mkdir(path_.c_str(), 0777) != 0 && errno != EEXIST) {
    const int cause = errno;
    throw IoError("cannot make the folder " + path_ + disk_remark(path_, 0, cause));
  }
  PartInfo info{chunk, results.spike_time.size(), results.trace_neuron.size(), fingerprint_};
  write_part(part_path(chunk), info, layout, results);
  infos_[chunk] = std::move(info);
}

void PartsFolder::remove_parts() {
  for (std::uint64_t chunk = 0; chunk < infos_.size(); ++chunk) {
    std::error_code ignored;
    if (infos_[chunk]) fs::remove(part_path(chunk), ignored);
    infos_[chunk].reset();
  }
}

void PartsFolder::remove_if_empty() const noexcept {
  std::error_code ignored;
  if (fs::is_directory(path_, ignored)) fs::remove(path_, ignored);
}

}  // namespace hhsweep::io
