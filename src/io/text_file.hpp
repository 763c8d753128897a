// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace hhsweep::io {

/// The bytes of a file; nothing when there are more than `most_bytes`. Throws IoError when it
/// cannot be read ("PATH: cannot be read (No such file or directory)").
std::optional<std::string> read_text_file(const std::string& path, std::uintmax_t most_bytes);

/// Where a file that a sweep file names lies: paths are relative to the sweep file.
std::string path_beside(const std::string& sweep_path, const std::string& file);

}  // namespace hhsweep::io
