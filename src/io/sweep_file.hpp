// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "hhsweep/sweep.hpp"

namespace hhsweep::io {

/// Reads a sweep file and applies `settings` ("KEY=VALUE" as given to --set, in order).
/// Throws SweepError whose message holds every mistake found, each as
/// "file:line:column: error: ..." with the line, a caret and a suggestion; IoError when the file
/// cannot be read.
Sweep read_sweep_file(const std::string& path, const std::vector<std::string>& settings = {});

/// The same for the text of a sweep file that was at `path`; files that it names are read.
Sweep read_sweep_text(const std::string& text, const std::string& path,
                      const std::vector<std::string>& settings);

/// Remarks on a sweep that will run but perhaps not as meant (a dt near the limit of stability,
/// a stimulus that starts after the end, ...), one line each.
std::vector<std::string> warnings(const Sweep& sweep);

}  // namespace hhsweep::io
