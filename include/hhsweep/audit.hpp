// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "hhsweep/engine.hpp"

namespace hhsweep {

/// A difference and the neuron it belongs to, the lowest one of several.
struct LargestShift {
  double size = canonical_nan();  ///< never negative; NaN when there was nothing to compare
  std::uint64_t neuron = 0;

  void take(double difference, std::uint64_t of_neuron);
};

/// How far the results of some neurons are from those of a run in float64 at half the step.
struct AuditFigures {
  std::uint64_t neurons = 0;           ///< compared
  double dt_ms = 0;                    ///< of the run they were compared with
  std::uint64_t spikes = 0;            ///< pairs of spikes whose times were compared
  LargestShift spike_time;             ///< ms; of neurons with as many spikes in both runs
  LargestShift V_max;                  ///< mV; of neurons that diverged in neither run
  LargestShift threshold;              ///< in units of the searched parameter, where both found one
  std::uint64_t count_mismatches = 0;  ///< neurons with other numbers of spikes, in all or in the
                                       ///< window
  std::uint64_t status_mismatches = 0;     ///< neurons that diverged in one run alone
  std::uint64_t threshold_mismatches = 0;  ///< neurons with another threshold_status

  /// Compares the neurons `numbers`, whose results in both runs have spike times.
  void compare(const std::vector<std::uint64_t>& numbers, const Results& as_run,
               const Results& finer);
};

/// Numbers first .. first + count - 1 of `audited` neurons that lie evenly among `neurons`, the
/// first and the last among them: number j is j (neurons - 1)/(audited - 1), rounded.
std::vector<std::uint64_t> evenly_spread(std::uint64_t neurons, std::uint64_t audited,
                                         std::uint64_t first, std::uint64_t count);

/// RK4 steps of an audit of that many neurons: those of both runs, searches at their upper bound.
double audit_steps(const Job& job, std::uint64_t audited);

/// Bytes that an audit of that many neurons takes on the host besides the job, as
/// Engine::memory_needed() has it.
std::uint64_t audit_memory_needed(const Engine& engine, const Job& job, std::uint64_t audited);

/// Runs `audited` of the job's neurons (all when it has fewer) as they are and again in float64 at
/// half the step, everything else being equal, and compares. A search is made anew in both runs, so
/// that spikes are those at the bound that each of them finds. Nothing when `stop` ended it.
std::optional<AuditFigures> audit(Engine& engine, const Job& job, std::uint64_t audited,
                                  const std::function<void(const Progress&)>& progress = {},
                                  const std::function<bool()>& stop = {});

}  // namespace hhsweep
