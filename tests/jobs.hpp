// SPDX-License-Identifier: MIT
#pragma once

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "reference_jobs.hpp"

/// Jobs for the tests of the backends, and whole runs to compare.
namespace hhsweep::test {

/// First element of an array that a stimulus's `pulses` are to read; returns its place.
inline int add_pulses(Job& job, const std::vector<double>& pairs_ms, double amplitude) {
  StimulusSpec spec;
  spec.kind = StimulusKind::pulses;
  spec.first_interval = static_cast<int>(job.population.intervals.size() / 2);
  spec.interval_count = static_cast<int>(pairs_ms.size() / 2);
  auto& intervals = job.population.intervals;
  intervals.insert(intervals.end(), pairs_ms.begin(), pairs_ms.end());
  return add_stimulus(job, spec, {0, 0, amplitude});
}

/// A stimulus of `kind` with its slots 0, 1, ...
inline int add_kind(Job& job, StimulusKind kind, std::initializer_list<double> slots) {
  StimulusSpec spec;
  spec.kind = kind;
  return add_stimulus(job, spec, slots);
}

/// Adds an axis on which `parameter` takes `count` values from first to last.
inline void add_linspace(Job& job, int parameter, double first, double last, std::uint64_t count) {
  ParameterSource source;
  source.parameter = parameter;
  source.form = SourceForm::linspace;
  source.count = count;
  source.first = first;
  source.last = last;
  for (ParameterSource& other : job.population.sources) other.stride *= count;
  job.population.sources.push_back(source);
  job.population.axis_lengths.push_back(count);
}

/// One parameter that is drawn along an axis.
struct DrawnParameter {
  int parameter;
  Draw draw;
};

/// Adds an axis of `count` draws of several parameters, each with a key of its own.
inline void add_draws(Job& job, std::uint64_t count, const std::vector<DrawnParameter>& drawn) {
  Population& population = job.population;
  for (ParameterSource& other : population.sources) other.stride *= count;
  for (const auto& [parameter, draw] : drawn) {
    ParameterSource source;
    source.parameter = parameter;
    source.form = SourceForm::draw;
    source.count = count;
    source.draw = draw;
    source.draw.key = stream_key(7, "axis", std::to_string(parameter));
    population.sources.push_back(source);
  }
  population.axis_lengths.push_back(count);
}

/// The same job with the values of every axis in a table.
inline Job tabled(Job job) {
  Population& population = job.population;
  for (ParameterSource& source : population.sources) {
    if (source.form == SourceForm::neuron) continue;
    ParameterSource table = source;
    table.form = SourceForm::table;
    table.offset = population.table.size();
    for (std::uint64_t i = 0; i < source.count; ++i) {
      population.table.push_back(source_value(source, population.table, i));
    }
    source = table;
  }
  return job;
}

/// A whole run: what it delivered, by chunk, and its summary.
struct Delivery {
  std::map<std::uint64_t, Results> chunks;
  RunSummary summary;
};

inline Delivery deliver(const Job& job, const RunOptions& options) {
  Delivery delivery;
  Engine engine(options);
  delivery.summary = engine.run(job, [&](std::uint64_t chunk, Results results) {
    delivery.chunks[chunk] = std::move(results);
  });
  return delivery;
}

/// The same run by plain scalar code on one thread.
inline Delivery deliver_by_scalar_code(const Job& job) {
  RunOptions options;
  options.backend = "cpu";
  options.isa = "scalar";
  options.threads = 1;
  return deliver(job, options);
}

namespace detail {
template <class T>
void compare(const char* name, const std::vector<T>& a, const std::vector<T>& b,
             std::string& found) {
  if (!found.empty()) return;
  if (a.size() != b.size()) {
    found = std::string(name) + ": " + std::to_string(a.size()) + " elements against " +
            std::to_string(b.size());
    return;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::memcmp(&a[i], &b[i], sizeof(T)) == 0) continue;
    found = std::string(name) + "[" + std::to_string(i) +
            "]: " + std::to_string(static_cast<double>(a[i])) + " against " +
            std::to_string(static_cast<double>(b[i]));
    return;
  }
}
}  // namespace detail

/// Where the bits of two results differ first, as words; empty when nowhere.
inline std::string difference(const Results& a, const Results& b) {
  std::string found;
  if (a.first != b.first || a.count != b.count) return "other neurons";
  if (a.samples != b.samples) return "other numbers of samples";
  detail::compare("status", a.status, b.status, found);
  detail::compare("spike_count", a.spike_count, b.spike_count, found);
  detail::compare("first_spike_time", a.first_spike_time, b.first_spike_time, found);
  detail::compare("last_spike_time", a.last_spike_time, b.last_spike_time, found);
  detail::compare("mean_isi", a.mean_isi, b.mean_isi, found);
  detail::compare("cv_isi", a.cv_isi, b.cv_isi, found);
  detail::compare("firing_rate", a.firing_rate, b.firing_rate, found);
  detail::compare("V_min", a.V_min, b.V_min, found);
  detail::compare("V_max", a.V_max, b.V_max, found);
  detail::compare("V_max_time", a.V_max_time, b.V_max_time, found);
  detail::compare("diverged_time", a.diverged_time, b.diverged_time, found);
  detail::compare("row_size", a.row_size, b.row_size, found);
  detail::compare("spike_time", a.spike_time, b.spike_time, found);
  detail::compare("trace_neuron", a.trace_neuron, b.trace_neuron, found);
  detail::compare("threshold_lower", a.threshold_lower, b.threshold_lower, found);
  detail::compare("threshold_upper", a.threshold_upper, b.threshold_upper, found);
  detail::compare("threshold", a.threshold, b.threshold, found);
  detail::compare("threshold_status", a.threshold_status, b.threshold_status, found);
  if (found.empty() && a.traces.size() != b.traces.size()) found = "other traces";
  for (std::size_t v = 0; found.empty() && v < a.traces.size(); ++v) {
    if (a.traces[v] != b.traces[v]) found = "trace of variable " + std::to_string(v);
  }
  return found;
}

/// The same for whole runs, steps made included.
inline std::string difference(const Delivery& a, const Delivery& b) {
  if (a.chunks.size() != b.chunks.size()) return "other numbers of chunks";
  for (const auto& [chunk, results] : a.chunks) {
    if (!b.chunks.contains(chunk)) return "chunk " + std::to_string(chunk) + " is missing";
    const std::string found = difference(results, b.chunks.at(chunk));
    if (!found.empty()) return "chunk " + std::to_string(chunk) + ": " + found;
  }
  if (a.summary.neurons != b.summary.neurons) return "other numbers of neurons";
  if (a.summary.diverged != b.summary.diverged) return "other numbers of diverged neurons";
  if (a.summary.neuron_steps != b.summary.neuron_steps) return "other numbers of steps";
  return "";
}

}  // namespace hhsweep::test
