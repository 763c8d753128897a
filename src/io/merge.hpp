// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "hhsweep/sweep.hpp"
#include "parts_folder.hpp"
#include "result_file.hpp"

namespace hhsweep::io {

/// Joins the parts of a sweep, none missing, into the result at `path`, variable by variable
/// through buffers of a few MiB, and returns its content_hash. The result appears under its name
/// when it is complete on the disk. Throws IoError and leaves `path` as it was.
std::string merge_parts(const Sweep& sweep, const PartsFolder& parts, const std::string& path,
                        const Provenance& provenance);

}  // namespace hhsweep::io
