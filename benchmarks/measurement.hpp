// SPDX-License-Identifier: MIT
#pragma once

#include "hhsweep/engine.hpp"
#include "loads.hpp"

namespace hhsweep::benchmarks {

/// How much is run.
struct Extent {
  std::uint64_t neurons = 0;
  double duration_ms = 0;
  int runs = 0;
};

/// Rates in RK4 steps of neurons per second of computing.
struct Measurement {
  double min = 0, median = 0, max = 0;  ///< of whole runs
  double time_loop = 0;                 ///< median of the time loop alone, in one batch
};

/// Throws std::runtime_error unless a few neurons of the load have the bits of plain scalar code;
/// with math = "fast" unless they have its spikes.
void verify(Engine& engine, const Load& load, Precision precision);

/// What math = "fast" does to the spikes of the standard load.
struct Displacement {
  double largest_ms = 0;           ///< over all spikes of the neurons with equal counts
  std::uint64_t spikes = 0;        ///< how many those are
  std::uint64_t other_counts = 0;  ///< neurons with another number of spikes
};
Displacement fast_displacement(Engine& engine, const Extent& extent);

/// Rates of `extent.runs` runs after one that is discarded.
Measurement measure(Engine& engine, const Load& load, Precision precision, const Extent& extent);

}  // namespace hhsweep::benchmarks
