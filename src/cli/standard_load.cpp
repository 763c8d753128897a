// SPDX-License-Identifier: MIT
#include "standard_load.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace hhsweep::cli {

namespace {

constexpr double onset_ms = 5;
constexpr double highest_current = 50;  // uA/cm^2

// Spikes within 500 ms for 0, 10, ... 50 uA/cm^2 from 5 to 495 ms: float64, an adaptive solver of
// order 8 at a relative tolerance of 1e-12.
constexpr std::array<std::int32_t, 6> expected_counts = {0, 34, 43, 49, 54, 58};

std::string listed(const std::vector<std::int32_t>& counts) {
  std::string text;
  for (const std::int32_t count : counts) text += " " + std::to_string(count);
  return text;
}

}  // namespace

Job standard_load(Precision precision, std::uint64_t neurons, double duration_ms) {
  const Preset& squid = *find_preset("squid");
  Job job;
  job.duration_ms = duration_ms;
  job.precision = precision;
  job.record.window_stop_ms = duration_ms;
  Population& population = job.population;
  population.axis_lengths = {neurons};
  population.base.assign(squid.values.begin(), squid.values.end());
  population.base.resize(parameter::stimulus_parameters + slot::count, 0.0);
  population.base[parameter::stimulus_parameters + slot::start] = onset_ms;
  population.base[parameter::stimulus_parameters + slot::stop] =
      std::numeric_limits<double>::infinity();
  population.forms = squid.forms;
  population.start = squid.start;
  population.stimuli = {
      {.kind = StimulusKind::step, .first_parameter = parameter::stimulus_parameters}};
  population.sources = {{.parameter = parameter::stimulus_parameters + slot::amplitude,
                         .form = SourceForm::linspace,
                         .count = neurons,
                         .first = 0,
                         .last = highest_current}};
  return job;
}

void verify_standard_load(Engine& engine, Precision precision) {
  Job job = standard_load(precision, expected_counts.size(), 500);
  job.population.base[parameter::stimulus_parameters + slot::stop] = 495;
  std::vector<std::int32_t> counts;
  engine.run(job, [&](std::uint64_t, const Results& results) { counts = results.spike_count; });
  const std::vector<std::int32_t> expected(expected_counts.begin(), expected_counts.end());
  if (counts == expected) return;
  throw std::runtime_error("the standard load gives the spike counts" + listed(counts) +
                           " instead of" + listed(expected) + " on " + engine.device());
}

double measure_rate(Engine& engine, const Job& job) {
  const RunSummary done = engine.run(job, [](std::uint64_t, const Results&) {});
  return done.neuron_steps / done.compute_s;
}

}  // namespace hhsweep::cli
