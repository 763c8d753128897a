// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "io/shard.hpp"

namespace hhsweep::cli {

/// The shard that --shard names: "i/n" with i from 1 to n, or "auto", which asks the environment
/// that a batch system or an MPI launcher sets; "" is the whole run. Throws UsageError.
io::Shard parse_shard(const std::string& text);

}  // namespace hhsweep::cli
