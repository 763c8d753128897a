// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "hhsweep/sweep.hpp"
#include "parts_folder.hpp"
#include "result_file.hpp"

namespace hhsweep::io {

/// Joins the parts of a sweep into the result at `path`, variable by variable through buffers of a
/// few MiB, and returns its content_hash. Neurons of chunks without a part, which is asked for by
/// PartsFolder::has(), get status 2 (not run). The result appears under its name when it is
/// complete on the disk. Throws IoError, or an Error of exit code 75 when `stop` says so, and
/// leaves `path` as it was.
std::string merge_parts(const Sweep& sweep, const PartsFolder& parts, const std::string& path,
                        const Provenance& provenance, const Stop& stop);

}  // namespace hhsweep::io
