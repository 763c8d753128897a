// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "hhsweep/audit.hpp"
#include "hhsweep/sweep.hpp"
#include "io/result_file.hpp"
#include "progress.hpp"

namespace hhsweep::cli {

/// Runs the audit of a sweep, nothing when it has none. Throws an Error of exit code 75 when `stop`
/// says so; DeviceError.
std::optional<AuditFigures> audited(const Sweep& sweep, RunOptions where, ProgressStyle style,
                                    const std::function<bool()>& stop);

/// The audit of a result: "64 neurons again in float64 at 0.005 ms: spike times within 0.0003 ms, 0
/// counts differ"; "" when it has none.
std::string audit_text(const io::ResultSummary& summary, const std::string& threshold_units);

/// Its figures by name, numbers that are undefined as null; null when there is none.
nlohmann::ordered_json audit_json(const io::ResultSummary& summary);

}  // namespace hhsweep::cli
