// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "hhsweep/engine.hpp"

/// What throughput is measured with: the standard load, and what users add to it.
namespace hhsweep::benchmarks {

struct Load {
  std::string_view name;
  std::string_view what;  ///< in a few words, for people
  void (*change)(Job&);   ///< makes it of the standard load
};

/// All loads, the standard one ("S") first.
const std::vector<Load>& loads();

/// The load of that name, or nullptr.
const Load* find_load(std::string_view name);

/// A job of the load: `neurons` currents, dt 0.01 ms.
Job job_of(const Load& load, Precision precision, std::uint64_t neurons, double duration_ms);

}  // namespace hhsweep::benchmarks
