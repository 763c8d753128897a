// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <string>

#include "diagnostics.hpp"
#include "hhsweep/batch.hpp"
#include "hhsweep/stimulus.hpp"
#include "sweep_document.hpp"
#include "sweep_file.hpp"

namespace hhsweep::io {
namespace {

using Values = std::vector<double>;

double rate_at(RateForm form, const Values& values, int index, double V) {
  const double rate = values[static_cast<std::size_t>(parameter::rate(index, 0))];
  const double midpoint = values[static_cast<std::size_t>(parameter::rate(index, 1))];
  const double scale = values[static_cast<std::size_t>(parameter::rate(index, 2))];
  const double x = (V - midpoint) / scale;
  switch (form) {
    case RateForm::linoid:
      return std::fabs(x) < 1e-6 ? rate : rate * x / -std::expm1(-x);
    case RateForm::exponential:
      return rate * std::exp(-x);
    case RateForm::sigmoid:
      break;
  }
  return rate / (1 + std::exp(-x));
}

/// Estimate of the longest dt at which RK4 is stable: its reach on the negative axis over the
/// fastest relaxation that a spike goes through. Gives 0.09 ms for squid, 0.014 ms for blog.
double longest_stable_dt(const Population& population, const Values& values) {
  constexpr double reach = 2.785;
  constexpr double open_at_spike = 0.25;
  constexpr double undershoot = 0.035;  // how close to E_K a spike's undershoot comes
  const double E_K = values[parameter::E_K];
  const double E_Na = values[parameter::E_Na];
  const double phi = std::pow(values[parameter::q10], (values[parameter::temperature] - 6.3) / 10);
  double fastest = open_at_spike * values[parameter::g_Na] / values[parameter::C_m];
  for (const double V : {E_K + undershoot * (E_Na - E_K), E_Na}) {
    for (int gate = 0; gate < rate_count; gate += 2) {
      const double sum =
          rate_at(population.forms[static_cast<std::size_t>(gate)], values, gate, V) +
          rate_at(population.forms[static_cast<std::size_t>(gate) + 1], values, gate + 1, V);
      fastest = std::max(fastest, phi * sum);
    }
  }
  return reach / fastest;
}

/// Low and high values along a source that warnings go by: its bounds, and of draws those that one
/// in a thousand lies beyond.
ValueRange typical_range(const ParameterSource& source, const std::vector<double>& table) {
  if (source.form != SourceForm::draw) return value_range(source, table);
  return {quantile(source.draw, {0.001, 0.999}), quantile(source.draw, {0.999, 0.001})};
}

/// The parameters with those that axes or the search set once at their low and once at their high
/// values.
std::vector<Values> corners(const Job& job) {
  const Population& population = job.population;
  std::vector<Values> result(2, population.base);
  for (const ParameterSource& source : population.sources) {
    const auto place = static_cast<std::size_t>(source.parameter);
    const ValueRange range = source.form == SourceForm::neuron
                                 ? ValueRange{job.search->low, job.search->high}
                                 : typical_range(source, population.table);
    result[0][place] = range.low;
    result[1][place] = range.high;
  }
  return result;
}

void warn_of_dt(const Job& job, const std::vector<Values>& values, std::vector<std::string>& list) {
  double longest = std::numeric_limits<double>::infinity();
  for (const Values& corner : values) {
    longest = std::min(longest, longest_stable_dt(job.population, corner));
  }
  const std::string dt = "run.dt = " + format_number(job.dt_ms) + " ms";
  if (job.dt_ms > 0.8 * longest) {
    list.push_back(dt + " is near or beyond what RK4 bears with this model (about " +
                   format_number(std::round(longest * 1000) / 1000) +
                   " ms); neurons may diverge, try a shorter dt");
  } else if (job.dt_ms > 0.05) {
    list.push_back(dt +
                   " is coarse: spike times of the squid axon are off by more than 1e-4 ms "
                   "above 0.05 ms");
  }
}

/// When a stimulus is on, as far as its own times tell; those that follow another are left open.
struct Extent {
  double start;
  double stop;
};

Extent extent_of(const Population& population, const StimulusSpec& spec, const Values& values) {
  constexpr double open = std::numeric_limits<double>::infinity();
  if (spec.after >= 0) return {0, open};
  if (spec.kind == StimulusKind::pulses) {
    if (spec.interval_count == 0) return {open, open};
    const auto first = static_cast<std::size_t>(2 * spec.first_interval);
    const auto last = first + static_cast<std::size_t>(2 * spec.interval_count) - 1;
    return {population.intervals[first], population.intervals[last]};
  }
  const auto place = static_cast<std::size_t>(spec.first_parameter);
  const double start = values[place + slot::start];
  const double stop = values[place + slot::stop];
  if (spec.kind == StimulusKind::train) return {start, open};
  if (spec.kind == StimulusKind::waveform) {
    return {start,
            start + static_cast<double>(spec.sample_count - 1) * values[place + slot::sample_dt]};
  }
  return {start, spec.stop_meaning == StopMeaning::width ? start + stop : stop};
}

bool is_searched(const Population& population) {
  return std::any_of(population.sources.begin(), population.sources.end(),
                     [](const auto& source) { return source.form == SourceForm::neuron; });
}

void warn_of_times(const Sweep& sweep, const std::vector<Values>& values,
                   std::vector<std::string>& list) {
  const Job& job = sweep.job;
  const Population& population = job.population;
  bool seen_in_window = false;
  for (std::size_t i = 0; i < population.stimuli.size(); ++i) {
    const StimulusSpec& spec = population.stimuli[i];
    double earliest = std::numeric_limits<double>::infinity();
    double latest_stop = 0;
    for (const Values& corner : values) {
      const Extent extent = extent_of(population, spec, corner);
      earliest = std::min(earliest, extent.start);
      latest_stop = std::max(latest_stop, extent.stop);
    }
    seen_in_window = seen_in_window || (earliest < job.record.window_stop_ms && latest_stop > 0);
    const std::string name = "stimulus." + sweep.stimulus_names[i];
    if (spec.kind == StimulusKind::pulses && spec.interval_count == 0) {
      list.push_back(name + " never begins (none of its intervals has a length)");
      continue;
    }
    if (spec.after < 0 && earliest >= job.duration_ms) {
      list.push_back(name + " never begins (it starts at " + format_number(earliest) +
                     " ms, the run ends at " + format_number(job.duration_ms) + " ms)");
    }
    if (spec.after < 0) continue;
    const auto followed = static_cast<std::size_t>(spec.after);
    const StimulusSpec& other = population.stimuli[followed];
    const auto stop = static_cast<std::size_t>(other.first_parameter + slot::stop);
    const bool ends = other.kind == StimulusKind::pulses || other.kind == StimulusKind::waveform;
    if (!ends && std::isinf(values[0][stop])) {
      list.push_back(name + " never begins (it comes after stimulus." +
                     sweep.stimulus_names[followed] + ", which lasts to the end of the run)");
    }
  }
  if (!population.stimuli.empty() && !seen_in_window) {
    list.emplace_back("no stimulus begins before record.window ends");
  }
  if (population.stimuli.empty() && population.start == Start::rest) {
    list.emplace_back("there is no stimulus: every neuron stays at rest");
  }
}

/// Highest frequency in Hz that a sine or chirp comes to within the run, as far as its own times
/// tell.
double highest_frequency(const Job& job, const StimulusSpec& spec, const Values& values) {
  const auto place = static_cast<std::size_t>(spec.first_parameter);
  if (spec.kind == StimulusKind::sine) return values[place + slot::sine_frequency];
  const Extent extent = extent_of(job.population, spec, values);
  const double last = std::min(extent.stop, job.duration_ms);
  const double part = std::isinf(extent.stop)
                          ? 1
                          : std::max((last - extent.start) / (extent.stop - extent.start), 0.0);
  const double first = values[place + slot::chirp_frequency_start];
  return std::max(first, first + part * (values[place + slot::chirp_frequency_end] - first));
}

void warn_of_frequencies(const Sweep& sweep, const std::vector<Values>& values,
                         std::vector<std::string>& list) {
  const Job& job = sweep.job;
  const double limit_Hz = 500 / job.dt_ms;
  for (std::size_t i = 0; i < job.population.stimuli.size(); ++i) {
    const StimulusSpec& spec = job.population.stimuli[i];
    if (spec.kind != StimulusKind::sine && spec.kind != StimulusKind::chirp) continue;
    double highest_Hz = 0;
    for (const Values& corner : values) {
      highest_Hz = std::max(highest_Hz, highest_frequency(job, spec, corner));
    }
    if (!(highest_Hz > limit_Hz)) continue;
    list.push_back(
        "stimulus." + sweep.stimulus_names[i] + " goes up to " + format_number(highest_Hz) +
        " Hz, but run.dt = " + format_number(job.dt_ms) +
        " ms follows no more than 1/(2 dt) = " + format_number(std::round(limit_Hz * 1000) / 1000) +
        " Hz: it may act as a lower frequency would; try a shorter dt");
  }
}

/// Samples between whole steps are edges, which end a step each.
void warn_of_samples(const Sweep& sweep, const std::vector<Values>& values,
                     std::vector<std::string>& list) {
  const Population& population = sweep.job.population;
  const auto on_grid = [&](double time_ms) {
    const double x = position_of(time_ms, sweep.job.dt_ms);
    return x == std::round(x);
  };
  for (std::size_t i = 0; i < population.stimuli.size(); ++i) {
    const StimulusSpec& spec = population.stimuli[i];
    if (!is_sampled(spec)) continue;
    const auto place = static_cast<std::size_t>(spec.first_parameter);
    const bool aligned = std::all_of(values.begin(), values.end(), [&](const Values& corner) {
      return on_grid(corner[place + slot::start]) && on_grid(corner[place + slot::sample_dt]);
    });
    if (aligned) continue;
    list.push_back("stimulus." + sweep.stimulus_names[i] +
                   ": start and sample_dt are not both multiples of dt, so that every sample ends "
                   "a step, which is slow when they are many");
  }
}

void warn_of_spike_rule(const Population& population, const std::vector<Values>& values,
                        std::vector<std::string>& list) {
  bool unreachable = true;
  bool rearm_above = false;
  for (const Values& corner : values) {
    unreachable = unreachable && corner[parameter::spike_threshold] >= corner[parameter::E_Na];
    rearm_above =
        rearm_above || (!population.rearm_follows_threshold &&
                        corner[parameter::spike_rearm] > corner[parameter::spike_threshold]);
  }
  if (unreachable) {
    list.emplace_back("spike.threshold is not below model.E_Na: no spike reaches it");
  }
  if (rearm_above) {
    list.emplace_back("spike.rearm is above spike.threshold, which is the same as equal to it");
  }
}

/// What sets the parameter at `path` for each neuron; "" when it is the same for all.
std::string setter_of(const Sweep& sweep, const std::string& path) {
  for (const Axis& axis : sweep.axes) {
    for (const AxisEntry& entry : axis.entries) {
      if (entry.path == path) return "axis " + quoted(axis.name);
    }
  }
  return path == sweep.search_path ? "the search" : "";
}

void warn_of_settings(const Sweep& sweep, std::vector<std::string>& list) {
  for (const std::string& setting : sweep.settings) {
    const std::string path = path_of_setting(setting);
    const std::string setter = setter_of(sweep, path);
    if (setter.empty()) continue;
    list.push_back("--set " + setting + " changes nothing: " + setter + " sets " + path);
  }
}

/// A neuron is not armed before V has been below spike.rearm, which is by default the threshold and
/// far above where neurons start.
void warn_of_unarmed_start(const Population& population, const std::vector<Values>& values,
                           std::vector<std::string>& list) {
  if (population.rearm_follows_threshold) return;
  for (const Values& corner : values) {
    const double rearm = corner[parameter::spike_rearm];
    const double V = initial_state(corner.data(), population.forms.data(), population.start).V;
    if (!(rearm < V)) continue;
    list.push_back("spike.rearm = " + format_number(rearm) +
                   " mV lies below the V at which neurons start (" +
                   format_number(std::round(V * 1000) / 1000) +
                   " mV): no spike counts, the first neither, before V has been below it");
    return;
  }
}

/// Where no rest state is defined, as every V or every value of a gate is one.
void warn_of_start(const Population& population, const std::vector<Values>& values,
                   std::vector<std::string>& list) {
  const auto all_zero = [&](std::initializer_list<int> parameters) {
    return std::any_of(values.begin(), values.end(), [&](const Values& corner) {
      return std::all_of(parameters.begin(), parameters.end(),
                         [&](int index) { return corner[static_cast<std::size_t>(index)] == 0; });
    });
  };
  if (population.start == Start::state) return;
  if (population.start == Start::rest &&
      all_zero({parameter::g_Na, parameter::g_K, parameter::g_L})) {
    list.emplace_back(
        "where all conductances are 0, every V is a rest state; those neurons start at the lowest "
        "of E_Na, E_K and E_L");
  }
  for (int gate = 0; gate < rate_count; gate += 2) {
    if (!all_zero({parameter::rate(gate, 0), parameter::rate(gate + 1, 0)})) continue;
    const std::string alpha(rate_name(gate));
    const std::string beta(rate_name(gate + 1));
    list.push_back("where the rates of both " + alpha + " and " + beta +
                   " are 0, every value of their gate is steady; it starts at 0 and stays there");
  }
}

}  // namespace

std::vector<std::string> warnings(const Sweep& sweep) {
  std::vector<std::string> list;
  if (sweep.job.math == Math::fast && !has_fast_rates(sweep.job)) {
    list.emplace_back(
        "run.math = \"fast\" changes nothing: not all rates have the classic forms and scales, or "
        "they reach too far");
  }
  const std::vector<Values> values = corners(sweep.job);
  warn_of_dt(sweep.job, values, list);
  if (!is_searched(sweep.job.population)) warn_of_times(sweep, values, list);
  warn_of_frequencies(sweep, values, list);
  warn_of_samples(sweep, values, list);
  warn_of_start(sweep.job.population, values, list);
  warn_of_spike_rule(sweep.job.population, values, list);
  warn_of_settings(sweep, list);
  warn_of_unarmed_start(sweep.job.population, values, list);
  return list;
}

}  // namespace hhsweep::io
