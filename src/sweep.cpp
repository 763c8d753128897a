// SPDX-License-Identifier: MIT
#include "hhsweep/sweep.hpp"

#include <cmath>

namespace hhsweep {

std::optional<std::int64_t> whole_steps(double interval_ms, double dt_ms) {
  constexpr double most_steps = 9007199254740992.0;
  const double steps = interval_ms / dt_ms;
  const double whole = std::rint(steps);
  const bool is_multiple =
      whole >= 1 && whole <= most_steps && std::fabs(steps - whole) <= 1e-9 * steps;
  if (!is_multiple) return std::nullopt;
  return static_cast<std::int64_t>(whole);
}

double axis_value(const Sweep& sweep, const AxisEntry& entry, std::uint64_t i) {
  const Population& population = sweep.job.population;
  return source_value(population.sources.at(static_cast<std::size_t>(entry.source)),
                      population.table, i);
}

const std::vector<StatisticInfo>& statistics() {
  static const std::vector<StatisticInfo> list = {
      {"spike_count", "1", "number of spikes in the window"},
      {"first_spike_time", "ms", "time of the first spike in the window"},
      {"last_spike_time", "ms", "time of the last spike in the window"},
      {"mean_isi", "ms", "mean interval between spikes in the window"},
      {"cv_isi", "1", "coefficient of variation of the intervals between spikes"},
      {"firing_rate", "Hz", "spikes in the window per second"},
      {"V_min", "mV", "lowest membrane potential in the window"},
      {"V_max", "mV", "highest membrane potential in the window"},
      {"V_max_time", "ms", "time of the highest membrane potential"},
      {"diverged_time", "ms", "time at which the neuron left the finite range"},
      {"status", "1", "how the run of the neuron ended"},
  };
  return list;
}

}  // namespace hhsweep
