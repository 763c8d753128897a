// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hhsweep/engine.hpp"

namespace hhsweep {

/// One parameter that an axis sets.
struct AxisEntry {
  std::string path;  ///< sweep-file path, e.g. "stimulus.step.amplitude"
  std::string name;  ///< of its coordinate: `name`, else the path without model./stimulus., _ for .
  std::string units;
  std::string long_name;
  int source = -1;  ///< place in Population::sources
};

/// One dimension of the result.
struct Axis {
  std::string name;
  std::uint64_t length = 0;
  bool indexed = false;  ///< its coordinate is 0..n-1 and the entries are auxiliary (zip, repeat)
  std::vector<AxisEntry> entries;  ///< one unless indexed; none for repeat
};

/// A sweep file, understood: what to run and how to label it.
struct Sweep {
  std::string title;
  std::int64_t seed = 0;
  std::string path;                    ///< of the sweep file, as given
  std::string text;                    ///< the sweep file verbatim
  std::vector<std::string> settings;   ///< "KEY=VALUE" as given to --set
  std::vector<std::string> csv_files;  ///< paths of those that were read
  std::string resolved;                ///< JSON: every setting with its default, --set applied
  std::vector<Axis> axes;
  std::vector<std::string> stimulus_names;  ///< of job.population.stimuli, in their order
  std::vector<std::string>
      statistics;           ///< variables to write, spike_count and status always among them
  std::string search_path;  ///< path of the searched parameter, "" without a search
  std::string search_units;
  std::uint64_t audit_neurons = 0;  ///< to run again in float64 at dt/2; 0 without an audit
  Job job;
};

/// Steps of dt in a recording interval; nothing when it is no multiple of dt, to 1e-9 of itself, or
/// more than 2^53 steps.
std::optional<std::int64_t> whole_steps(double interval_ms, double dt_ms);

/// Value of `entry` at index i along its axis.
double axis_value(const Sweep& sweep, const AxisEntry& entry, std::uint64_t i);

/// Name and unit of each per-neuron statistic a sweep may ask for, in the order of the result.
struct StatisticInfo {
  std::string name, units, long_name;
};
const std::vector<StatisticInfo>& statistics();

}  // namespace hhsweep
