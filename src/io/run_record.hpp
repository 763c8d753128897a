// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hhsweep/engine.hpp"
#include "hhsweep/sweep.hpp"

namespace hhsweep::io {

/// What a folder of parts says of the run they belong to: enough to read its sweep again.
struct RunRecord {
  std::string version;      ///< of the program
  int layout = 0;           ///< layout_version
  std::string fingerprint;  ///< of the sweep
  std::string path;         ///< of the sweep file, absolute
  std::string text;         ///< of the sweep file
  std::vector<std::string> settings;
  std::string resolved;
};

RunRecord record_of(const Sweep& sweep);

/// Writes the record as the file `path`, JSON with a checksum. Throws IoError.
void write_record(const std::string& path, const RunRecord& record);

/// The record at `path`; nothing when there is none or it is damaged.
std::optional<RunRecord> read_record(const std::string& path);

/// The sweep of a record, read anew by this program. Throws what read_sweep_text() throws, and
/// OutputError when it comes out as another one, since a file that it names or the version changed.
Sweep sweep_of(const RunRecord& record);

/// What differs between a record and `sweep`, as lines of text, each after a line end and two
/// blanks, the first ten of them.
std::string difference_text(const RunRecord& record, const Sweep& sweep);

}  // namespace hhsweep::io
