// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace hhsweep::io {

/// Runs `work`, which must not throw, in a process of its own and returns the text it gave; nothing
/// when that process crashed. HDF5 can crash on a damaged file: a file that nobody vouches for is
/// tried so first.
std::optional<std::string> run_apart(const std::function<std::string()>& work);

/// Throws IoError unless the netCDF file at `path` can be opened and all that it says of itself
/// read.
void require_opens(const std::string& path);

}  // namespace hhsweep::io
