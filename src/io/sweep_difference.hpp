// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace hhsweep::io {

/// What differs between two resolved sweeps (Sweep::resolved), one line a key, in the order of the
/// keys: "run.dt: 0.01 there, 0.02 now". Keys of axes are those of their names, "axis.I.linspace".
/// Texts that are no resolved sweeps differ in no key.
std::vector<std::string> sweep_differences(const std::string& there, const std::string& now);

}  // namespace hhsweep::io
