// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hhsweep::io {

/// Keys of the tables whose keys are fixed: "" (top level), "model", "model.RATE", "initial",
/// "run", "axis", "axis.zip", "axis.draw", "axis.columns", "spike", "record", "record.trace",
/// "search", "audit". Throws std::out_of_range.
const std::vector<std::string>& keys_of(std::string_view table);

/// The name that was meant by `key` in `table`: one of `known` but for upper and lower case, by
/// the table of names that other simulators use or but for a single slip, else a full path in
/// another table ("run.duration"), else one of `known` that is not far off; "" when nothing comes
/// near.
std::string meant_name(std::string_view table, std::string_view key,
                       std::span<const std::string> known);

/// The full path meant by `path` among `candidates` ("model.g_Na", "stimulus.step.start", ...), or
/// "".
std::string meant_path(std::string_view path, std::span<const std::string> candidates);

/// " did you mean ...?" after a semicolon, or, when nothing comes near, what is known; for the end
/// of a message.
std::string suggestion(std::string_view table, std::string_view key,
                       std::span<const std::string> known);

}  // namespace hhsweep::io
