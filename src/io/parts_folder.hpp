// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hhsweep/engine.hpp"
#include "part_file.hpp"

namespace hhsweep::io {

/// The folder with the parts of one output, and which of them are sound.
class PartsFolder {
 public:
  /// Looks through the folder at `path`, which need not exist. Parts whose fingerprint is another
  /// one are an OutputError, or removed with `overwrite`; remains of unfinished writing are
  /// removed.
  PartsFolder(std::string path, const std::string& fingerprint, const ChunkPlan& plan,
              bool overwrite);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const ChunkPlan& plan() const { return plan_; }
  /// Chunks without a sound part, ascending.
  [[nodiscard]] std::vector<std::uint64_t> missing() const;
  /// What the part of a chunk holds; the chunk must not be missing.
  [[nodiscard]] const PartInfo& info(std::uint64_t chunk) const { return *infos_.at(chunk); }
  [[nodiscard]] std::string part_path(std::uint64_t chunk) const;
  /// Spikes and traces of all parts together.
  [[nodiscard]] std::uint64_t spikes() const;
  [[nodiscard]] std::uint64_t traces() const;

  /// Writes the part of a chunk, and the folder before the first.
  void write(std::uint64_t chunk, const Layout& layout, const Results& results);
  /// Removes all parts.
  void remove_parts();
  /// Removes the folder when nothing is in it.
  void remove_if_empty() const noexcept;

 private:
  void take_up(const std::string& name, std::vector<std::string>& foreign);
  void refuse_or_remove(const std::vector<std::string>& foreign, bool overwrite) const;

  std::string path_;
  std::string fingerprint_;
  ChunkPlan plan_;
  std::vector<std::optional<PartInfo>> infos_;
};

}  // namespace hhsweep::io
