// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "netcdf.hpp"

namespace hhsweep::io {

/// What the audit of a result has to agree with.
struct AuditedResult {
  std::uint64_t neurons = 0;
  bool search = false;
  std::string sweep_resolved;
};

/// What is unsound in the audit_* attributes of a result, one line each: all or none of them, their
/// types, and figures that cannot be. Throws IoError when they cannot be read.
std::vector<std::string> audit_unsoundness(const NcFile& file, const AuditedResult& result);

}  // namespace hhsweep::io
