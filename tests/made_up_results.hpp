// SPDX-License-Identifier: MIT
#pragma once

// Sweeps made without a sweep file, results that depend on nothing but a neuron's number, and the
// folder that a test writes them to.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "hhsweep/error.hpp"
#include "io/result_file.hpp"

namespace hhsweep::io {

namespace fs = std::filesystem;

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// A folder of its own for each test, removed at its end.
class ResultFile : public testing::Test {
 protected:
  ResultFile() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    std::string name = info->name();
    std::replace(name.begin(), name.end(), '/', '_');
    folder_ = fs::temp_directory_path() / ("hhsweep_" + name + "_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directory(folder_);
  }
  ~ResultFile() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name = "out.nc") const {
    return (folder_ / name).string();
  }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
      names.push_back(fs::relative(entry.path(), folder_).string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  fs::path folder_;
};

using Names = std::vector<std::string>;

// Sweeps, without a sweep file

inline Axis add_linear_axis(Sweep& sweep, const std::string& name, std::uint64_t length,
                            double last) {
  ParameterSource source;
  source.parameter = parameter::stimulus_parameters + slot::amplitude;
  source.form = SourceForm::linspace;
  source.count = length;
  source.last = last;
  sweep.job.population.sources.push_back(source);
  const int place = static_cast<int>(sweep.job.population.sources.size()) - 1;
  return {name,
          length,
          false,
          {{"stimulus.step.amplitude", "step_amplitude", "uA/cm^2", "amplitude of step", place}}};
}

inline AxisEntry table_entry(Sweep& sweep, const std::string& path, const std::string& name,
                             const std::vector<double>& values) {
  ParameterSource source;
  source.count = values.size();
  source.offset = sweep.job.population.table.size();
  auto& table = sweep.job.population.table;
  table.insert(table.end(), values.begin(), values.end());
  sweep.job.population.sources.push_back(source);
  const int place = static_cast<int>(sweep.job.population.sources.size()) - 1;
  return {path, name, "mS/cm^2", "conductance", place};
}

inline Sweep bare_sweep() {
  Sweep sweep;
  sweep.title =
      "F-I \xc2\xb5"
      "A";
  sweep.seed = -3;
  sweep.path = "test.toml";
  sweep.text = "# verbatim \xc3\xa9\n[run]\nduration = 20.0\n";
  sweep.resolved = "{\"run\": {\"duration\": 20.0}}";
  for (const StatisticInfo& statistic : statistics()) sweep.statistics.push_back(statistic.name);
  sweep.job.duration_ms = 20;
  sweep.job.dt_ms = 0.01;
  sweep.job.record.window_stop_ms = 20;
  return sweep;
}

inline void set_axes(Sweep& sweep, std::vector<Axis> axes) {
  for (const Axis& axis : axes) sweep.job.population.axis_lengths.push_back(axis.length);
  sweep.axes = std::move(axes);
}

/// No axis: one neuron.
inline Sweep scalar_sweep() { return bare_sweep(); }

inline Sweep line_sweep(std::uint64_t length) {
  Sweep sweep = bare_sweep();
  set_axes(sweep, {add_linear_axis(sweep, "I", length, 190.0)});
  return sweep;
}

/// Two zipped conductances x currents x repeats, with spikes, traces of every third neuron, search.
inline Sweep full_sweep(Precision precision) {
  Sweep sweep = bare_sweep();
  Axis pair{"pair", 3, true, {}};
  pair.entries = {table_entry(sweep, "model.g_Na", "g_Na", {100, 120, 140}),
                  table_entry(sweep, "model.g_K", "g_K", {30, 36, 42})};
  const Axis current = add_linear_axis(sweep, "I", 5, 1.0);
  set_axes(sweep, {pair, current, {"again", 7, true, {}}});
  sweep.job.precision = precision;
  sweep.job.record.spike_times = true;
  TraceSettings& trace = sweep.job.record.trace.emplace();
  trace.variables = {TraceVariable::V, TraceVariable::I_stim};
  trace.every_steps = 500;
  for (std::uint64_t k = 0; k < sweep.job.population.size(); k += 3) {
    trace.selection.neurons.push_back(k);
  }
  sweep.job.search = SearchSettings{0, 200, 1e-6, 1, 0};
  sweep.search_path = "stimulus.step.start";
  sweep.search_units = "ms";
  return sweep;
}

// Results that depend on nothing but the neuron's number

inline std::vector<double> spikes_of(std::uint64_t neuron) {
  std::vector<double> times;
  for (std::uint64_t i = 0; i < neuron % 4; ++i) {
    times.push_back(1.5 + 4.0 * static_cast<double>(i) + 1e-4 * static_cast<double>(neuron));
  }
  return times;
}

inline bool diverges(std::uint64_t neuron) { return neuron % 11 == 5; }

template <class Real>
inline void add_traces(Results& results, std::size_t variables) {
  results.traces.resize(variables);
  for (std::size_t v = 0; v < variables; ++v) {
    std::vector<Real> samples;
    for (const std::uint64_t neuron : results.trace_neuron) {
      for (std::int64_t k = 0; k < results.samples; ++k) {
        const auto value = static_cast<Real>(neuron + v) + static_cast<Real>(k) / 16;
        samples.push_back(diverges(neuron) && k > 2 ? -std::numeric_limits<Real>::quiet_NaN()
                                                    : value);
      }
    }
    const auto bytes = std::as_bytes(std::span(samples));
    results.traces[v].assign(bytes.begin(), bytes.end());
  }
}

inline void add_search(Results& results, std::uint64_t neuron) {
  const auto status = static_cast<ThresholdStatus>(neuron % 5);
  const bool found = status == ThresholdStatus::found || status == ThresholdStatus::several;
  const double value = found ? 2.0 + static_cast<double>(neuron) : nan;
  results.threshold_status.push_back(status);
  results.threshold_lower.push_back(value - 0.25);
  results.threshold.push_back(value);
  results.threshold_upper.push_back(value + 0.25);
}

inline void add_neuron(Results& results, const Sweep& sweep, std::uint64_t neuron) {
  const bool ok = !diverges(neuron);
  const std::vector<double> spikes = ok ? spikes_of(neuron) : std::vector<double>();
  const auto count = static_cast<std::int32_t>(spikes.size());
  results.status.push_back(ok ? NeuronStatus::ok : NeuronStatus::diverged);
  results.spike_count.push_back(ok ? count : -1);
  results.first_spike_time.push_back(spikes.empty() ? nan : spikes.front());
  results.last_spike_time.push_back(spikes.empty() ? nan : spikes.back());
  results.mean_isi.push_back(count > 1 ? 4.0 : nan);
  results.cv_isi.push_back(count > 2 ? 0.0 : -nan);
  results.firing_rate.push_back(ok ? 50.0 * count : nan);
  results.V_min.push_back(ok ? -70.0 - static_cast<double>(neuron) : nan);
  results.V_max.push_back(ok ? 40.0 : nan);
  results.V_max_time.push_back(ok ? 3.0 : nan);
  results.diverged_time.push_back(ok ? nan : 7.0);
  if (sweep.job.record.spike_times) {
    results.row_size.push_back(count);
    results.spike_time.insert(results.spike_time.end(), spikes.begin(), spikes.end());
  }
  if (sweep.job.record.trace && neuron % 3 == 0) results.trace_neuron.push_back(neuron);
  if (sweep.job.search) add_search(results, neuron);
}

inline Results results_of(const Sweep& sweep, std::uint64_t first, std::uint64_t count) {
  Results results;
  results.first = first;
  results.count = count;
  results.samples = sample_count(sweep.job);
  for (std::uint64_t k = first; k < first + count; ++k) add_neuron(results, sweep, k);
  if (sweep.job.record.trace) {
    const std::size_t variables = sweep.job.record.trace->variables.size();
    if (sweep.job.precision == Precision::float32) {
      add_traces<float>(results, variables);
    } else {
      add_traces<double>(results, variables);
    }
  }
  return results;
}

inline ChunkPlan chunks_of(const Sweep& sweep, std::uint64_t size) {
  const std::uint64_t neurons = sweep.job.population.size();
  return {neurons, size, (neurons + size - 1) / size};
}

inline void write_chunks(ResultWriter& writer, const Sweep& sweep, const ChunkPlan& plan,
                         std::vector<std::uint64_t> chunks) {
  for (const std::uint64_t chunk : chunks) {
    const std::uint64_t first = plan.first(chunk);
    writer.write_chunk(chunk,
                       results_of(sweep, first, std::min(plan.chunk_size, plan.neurons - first)));
  }
}

inline Provenance provenance() {
  return {"hhsweep run test.toml", "2025-01-01T00:00:00Z", "2025-01-01T00:00:01Z", 1.5, 1.25, 4e6};
}

/// Writes a whole result and returns its content_hash.
inline std::string write(const Sweep& sweep, const std::string& path, std::uint64_t chunk_size,
                         bool overwrite = false, const Provenance& made = provenance()) {
  const ChunkPlan plan = chunks_of(sweep, chunk_size);
  ResultWriter writer(sweep, path, overwrite, plan);
  std::vector<std::uint64_t> chunks = writer.missing_chunks();
  std::reverse(chunks.begin(), chunks.end());
  write_chunks(writer, sweep, plan, chunks);
  return writer.finish(made);
}

inline std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.code())) + ": " + error.what();
  }
  return "no error";
}

inline testing::AssertionResult holds(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no '" << part << "' in: " << text;
}

inline std::string joined(const std::vector<std::string>& lines) {
  return std::accumulate(lines.begin(), lines.end(), std::string(),
                         [](const std::string& a, const std::string& b) { return a + b + '\n'; });
}

}  // namespace hhsweep::io
