// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "hhsweep/engine.hpp"

/// Jobs built by hand for the tests of the numerics, and their results in one piece.
namespace hhsweep::test {

/// A job of one neuron of `preset`, float64, dt 0.01 ms, recorded from 0 to `duration_ms`.
inline Job job_of(const std::string& preset, double duration_ms) {
  const Preset* found = find_preset(preset);
  if (found == nullptr) throw std::invalid_argument("no preset " + preset);
  Job job;
  job.population.base.assign(found->values.begin(), found->values.end());
  job.population.forms = found->forms;
  job.population.start = found->start;
  job.duration_ms = duration_ms;
  job.precision = Precision::float64;
  job.record.window_stop_ms = duration_ms;
  return job;
}

/// A membrane of leak alone: tau 10 ms, at 0 mV, no spikes.
inline Job passive(double duration_ms, double dt_ms) {
  Job job = job_of("squid", duration_ms);
  auto& p = job.population.base;
  p[parameter::C_m] = 1;
  p[parameter::g_Na] = 0;
  p[parameter::g_K] = 0;
  p[parameter::g_L] = 0.1;
  p[parameter::E_L] = 0;
  p[parameter::initial_V] = 0;
  p[parameter::spike_threshold] = 1500;
  p[parameter::spike_rearm] = 1500;
  job.population.start = Start::steady;
  job.dt_ms = dt_ms;
  return job;
}

/// Adds a stimulus with its slots 0, 1, ... and returns its place among the job's stimuli.
inline int add_stimulus(Job& job, StimulusSpec spec, std::initializer_list<double> slots) {
  Population& population = job.population;
  spec.first_parameter = static_cast<int>(population.base.size());
  population.stimuli.push_back(spec);
  population.base.insert(population.base.end(), slots);
  population.base.resize(static_cast<std::size_t>(spec.first_parameter + slot::count), 0.0);
  return static_cast<int>(population.stimuli.size()) - 1;
}

inline int add_step(Job& job, double start_ms, double stop_ms, double amplitude) {
  return add_stimulus(job, {}, {start_ms, stop_ms, amplitude});
}

/// Numbers of an `ou` from `start_ms` on.
struct Noise {
  double mean = 0, sigma = 1, tau_ms = 5, sample_ms = 0.01, start_ms = 0;
  double stop_ms = std::numeric_limits<double>::infinity();
  std::int64_t seed = 1;
  std::string name = "noise";
};
/// Adds it, the same for all neurons until redraw_along says otherwise.
inline int add_noise(Job& job, const Noise& noise) {
  StimulusSpec spec;
  spec.kind = StimulusKind::ou;
  spec.key = stream_key(noise.seed, "stimulus", noise.name);
  return add_stimulus(
      job, spec,
      {noise.start_ms, noise.stop_ms, noise.sigma, noise.mean, noise.tau_ms, noise.sample_ms});
}

/// Adds a waveform of these columns from `start_ms` on.
inline int add_waveform(Job& job, const std::vector<std::vector<double>>& columns, double start_ms,
                        double sample_ms, double gain = 1) {
  StimulusSpec spec;
  spec.kind = StimulusKind::waveform;
  spec.first_sample = static_cast<std::int64_t>(job.population.waveforms.size());
  spec.sample_count = static_cast<std::int64_t>(columns.front().size());
  spec.column_count = static_cast<int>(columns.size());
  for (const auto& column : columns) {
    job.population.waveforms.insert(job.population.waveforms.end(), column.begin(), column.end());
  }
  return add_stimulus(job, spec,
                      {start_ms, std::numeric_limits<double>::infinity(), gain, 1, 0, sample_ms});
}

/// Place of a stimulus's slot in the parameter vector.
inline int parameter_of(const Job& job, int stimulus, int slot_index) {
  return job.population.stimuli.at(static_cast<std::size_t>(stimulus)).first_parameter + slot_index;
}

/// Adds an axis, last and thus fastest, on which `parameter` takes `values`.
inline void add_axis(Job& job, int parameter, const std::vector<double>& values) {
  Population& population = job.population;
  ParameterSource source;
  source.parameter = parameter;
  source.count = values.size();
  source.offset = population.table.size();
  population.table.insert(population.table.end(), values.begin(), values.end());
  for (ParameterSource& other : population.sources) other.stride *= values.size();
  population.sources.push_back(source);
  population.axis_lengths.push_back(values.size());
}

/// Draws a noise anew along an axis of the job, whose axes must be complete.
inline void redraw_along(Job& job, int stimulus, std::size_t axis, const std::string& name) {
  Population& population = job.population;
  StimulusSpec& spec = population.stimuli.at(static_cast<std::size_t>(stimulus));
  std::uint64_t stride = 1;
  for (std::size_t a = axis + 1; a < population.axis_lengths.size(); ++a) {
    stride *= population.axis_lengths[a];
  }
  if (spec.redraw_count == 0) spec.first_redraw = static_cast<int>(population.redraw.size());
  ++spec.redraw_count;
  population.redraw.push_back({stride, population.axis_lengths[axis], stream_key(1, "axis", name)});
}

/// Makes the job a search of `parameter` between low and high.
inline void search_for(Job& job, int parameter, double low, double high, double tolerance,
                       int spikes = 1, int scan = 0) {
  ParameterSource source;
  source.parameter = parameter;
  source.form = SourceForm::neuron;
  job.population.sources.push_back(source);
  job.search = SearchSettings{low, high, tolerance, spikes, scan};
}

/// Traces the given variables of all neurons.
inline void trace_all(Job& job, std::vector<TraceVariable> variables, std::int64_t every_steps) {
  TraceSettings trace;
  trace.variables = std::move(variables);
  trace.every_steps = every_steps;
  trace.selection.all = true;
  job.record.trace = trace;
}

/// Runs a job of one chunk on one thread of the CPU.
inline Results run(const Job& job, RunOptions options = {}) {
  options.backend = "cpu";
  options.threads = 1;
  Results all;
  Engine engine(options);
  engine.run(job, [&](std::uint64_t, Results results) { all = std::move(results); });
  return all;
}

/// Values of one trace as double.
inline std::vector<double> trace_of(const Job& job, const Results& results, std::size_t variable,
                                    std::size_t row = 0) {
  const auto samples = static_cast<std::size_t>(results.samples);
  const std::byte* raw = results.traces.at(variable).data();
  std::vector<double> values(samples);
  for (std::size_t i = 0; i < samples; ++i) {
    if (job.precision == Precision::float64) {
      std::memcpy(&values[i], raw + (row * samples + i) * sizeof(double), sizeof(double));
    } else {
      float value = 0;
      std::memcpy(&value, raw + (row * samples + i) * sizeof(float), sizeof(float));
      values[i] = static_cast<double>(value);
    }
  }
  return values;
}

/// Spike times of one neuron.
inline std::vector<double> spikes_of(const Results& results, std::size_t neuron = 0) {
  std::ptrdiff_t before = 0;
  for (std::size_t i = 0; i < neuron; ++i) before += results.row_size.at(i);
  const auto begin = results.spike_time.begin() + before;
  return {begin, begin + results.row_size.at(neuron)};
}

}  // namespace hhsweep::test
