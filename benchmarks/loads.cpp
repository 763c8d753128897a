// SPDX-License-Identifier: MIT
#include "loads.hpp"

#include <algorithm>
#include <limits>

#include "cli/standard_load.hpp"
#include "jobs.hpp"

namespace hhsweep::benchmarks {

namespace {

constexpr double onset_ms = 5;
constexpr std::uint64_t traced_one_in = 16;
constexpr double forever = std::numeric_limits<double>::infinity();

/// Lets `parameter` go from first to last along the axis of the currents.
void sweep_along(Job& job, int parameter, double first, double last) {
  ParameterSource source = job.population.sources.front();
  source.parameter = parameter;
  source.first = first;
  source.last = last;
  job.population.sources.push_back(source);
}

void nothing(Job&) {}

void spike_times(Job& job) { job.record.spike_times = true; }

void trains(Job& job) {
  Population& population = job.population;
  population.stimuli.front().kind = StimulusKind::train;
  double* const slots = population.base.data() + population.stimuli.front().first_parameter;
  slots[slot::start] = 5.003;
  slots[slot::train_width] = 1.007;
  slots[slot::train_period] = 7.013;
}

void sine(Job& job) { test::add_kind(job, StimulusKind::sine, {onset_ms, forever, 5.0, 40.0}); }

void noise(Job& job) {
  const int stimulus = test::add_noise(job, {.sigma = 2, .sample_ms = 0.1, .start_ms = onset_ms});
  test::redraw_along(job, stimulus, 0, "I");
}

void conductances(Job& job) {
  sweep_along(job, parameter::g_Na, 100.0, 140.0);
  sweep_along(job, parameter::g_K, 30.0, 42.0);
  sweep_along(job, parameter::E_Na, 45.0, 55.0);
}

void traces(Job& job) {
  test::trace_all(job, {TraceVariable::V}, 10);
  TraceSelection& selection = job.record.trace->selection;
  selection.all = false;
  for (std::uint64_t i = 0; i < job.population.size(); i += traced_one_in) {
    selection.neurons.push_back(i);
  }
}

}  // namespace

const std::vector<Load>& loads() {
  static const std::vector<Load> all = {
      {"S", "constant currents, counts and statistics", nothing},
      {"spike_times", "S with the times of all spikes", spike_times},
      {"trains", "pulses of 1.007 ms every 7.013 ms, edges off the grid of steps", trains},
      {"sine", "S and a sine of 40 Hz", sine},
      {"noise", "S and an ou of each neuron's own, a sample every 0.1 ms", noise},
      {"conductances", "S with g_Na, g_K and E_Na swept", conductances},
      {"fast", "S with math = \"fast\", on a GPU in float32",
       [](Job& job) { job.math = Math::fast; }},
      {"traces", "S with the voltage of one neuron in 16 every 0.1 ms", traces},
  };
  return all;
}

const Load* find_load(std::string_view name) {
  const auto found =
      std::find_if(loads().begin(), loads().end(), [&](const Load& l) { return l.name == name; });
  return found == loads().end() ? nullptr : &*found;
}

Job job_of(const Load& load, Precision precision, std::uint64_t neurons, double duration_ms) {
  Job job = cli::standard_load(precision, neurons, duration_ms);
  load.change(job);
  return job;
}

}  // namespace hhsweep::benchmarks
