// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "sweep_draft.hpp"

namespace hhsweep::io {
namespace {

/// Axes longer than this are probed instead of enumerated.
constexpr std::uint64_t longest_enumerated = 1U << 20;

const ParameterSource* source_of(const Draft& draft, int index) {
  const auto& sources = draft.population().sources;
  const auto found = std::find_if(sources.begin(), sources.end(),
                                  [&](const auto& source) { return source.parameter == index; });
  return found == sources.end() ? nullptr : &*found;
}

/// Indices along a source that stand for all: every one of a short axis; of a long one (which is
/// monotone, since lists are not that long) both ends and where it passes zero.
std::vector<std::uint64_t> probes(const ParameterSource& source, const std::vector<double>& table) {
  std::vector<std::uint64_t> indices;
  if (source.count <= longest_enumerated || source.form == SourceForm::table) {
    for (std::uint64_t i = 0; i < source.count; ++i) indices.push_back(i);
    return indices;
  }
  constexpr std::uint64_t border = 1024;
  for (std::uint64_t i = 0; i < border; ++i) indices.push_back(i);
  std::uint64_t low = 0;
  std::uint64_t high = source.count - 1;
  const bool starts_negative = source_value(source, table, 0) < 0;
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    ((source_value(source, table, middle) < 0) == starts_negative ? low : high) = middle;
  }
  indices.insert(indices.end(), {low, high});
  for (std::uint64_t i = source.count - border; i < source.count; ++i) indices.push_back(i);
  return indices;
}

/// Why a value is impossible, also for reasons that need the run's settings; "" when it is
/// possible.
std::string problem_of(const Draft& draft, int index, double value) {
  if (index < parameter::stimulus_parameters) return violation(index, value);
  const int offset = index - parameter::stimulus_parameters;
  const auto& spec = draft.stimuli[static_cast<std::size_t>(offset / slot::count)].spec;
  const int place = offset % slot::count;
  std::string problem = stimulus_violation(spec, place, value);
  if (!problem.empty() || spec.kind != StimulusKind::train || place != slot::train_period) {
    return problem;
  }
  const double period = spec.period_is_frequency ? 1000 / value : value;
  const double shortest = draft.sweep.job.dt_ms / 100;
  if (period >= shortest) return "";
  return "must leave at least dt/100 = " + format_number(shortest) + " ms from pulse to pulse";
}

void report(Draft& draft, int index, double value, const std::string& problem, const Position& at,
            const std::string& reason) {
  draft.diagnostics.error(at, parameter_path(draft, index).path + " " + problem + ", not " +
                                  format_number(value) + reason);
}

std::string axis_of(const Draft& draft, const ParameterSource& source) {
  for (const Axis& axis : draft.sweep.axes) {
    for (const AxisEntry& entry : axis.entries) {
      const auto& other = draft.population().sources[static_cast<std::size_t>(entry.source)];
      if (other.parameter == source.parameter) return axis.name;
    }
  }
  return "";
}

/// The place of one value of an axis: its own in a list of values.
Position place_of_value(const Draft& draft, int index, std::uint64_t i) {
  const std::string path = parameter_path(draft, index).path;
  for (const AxisDraft& axis : draft.axes) {
    for (const EntryDraft& entry : axis.entries) {
      if (entry.path == path && entry.form == "values") return entry.form_node->items.at(i).at;
    }
  }
  return *draft.given_at[static_cast<std::size_t>(index)];
}

void check_axis(Draft& draft, const ParameterSource& source) {
  for (const std::uint64_t i : probes(source, draft.population().table)) {
    const double value = source_value(source, draft.population().table, i);
    const std::string problem = problem_of(draft, source.parameter, value);
    if (problem.empty()) continue;
    report(draft, source.parameter, value, problem, place_of_value(draft, source.parameter, i),
           " (axis " + quoted(axis_of(draft, source)) + ", index " + std::to_string(i) + ")");
    return;
  }
}

void check_search(Draft& draft, const ParameterSource& source) {
  const SearchSettings& search = draft.search->settings;
  const Position& at = draft.search->bracket_at;
  if (search.low >= search.high) return;
  const std::string path = parameter_path(draft, source.parameter).path;
  if (path.ends_with(".count")) {
    draft.diagnostics.error(draft.search->path_at,
                            path +
                                " cannot be searched (it is a whole number, and a search "
                                "bisects); use an axis");
    return;
  }
  std::vector<double> values{search.low, search.high};
  if (search.low < 0 && search.high > 0) values.push_back(0);
  for (const double value : values) {
    const std::string problem = problem_of(draft, source.parameter, value);
    if (problem.empty()) continue;
    report(draft, source.parameter, value, problem, at, " (the search's bracket leads there)");
    return;
  }
}

/// Smallest and largest value of a parameter over all neurons.
struct Extent {
  double low;
  double high;
};

Extent extent_of(const Draft& draft, int index) {
  const ParameterSource* source = source_of(draft, index);
  if (source == nullptr) {
    const double value = draft.population().base[static_cast<std::size_t>(index)];
    return {value, value};
  }
  if (source->form == SourceForm::neuron) {
    return {draft.search->settings.low, draft.search->settings.high};
  }
  const std::vector<double>& table = draft.population().table;
  const double first = source_value(*source, table, 0);
  const double last = source_value(*source, table, source->count - 1);
  Extent extent{std::min(first, last), std::max(first, last)};
  if (source->form != SourceForm::table) return extent;
  for (std::uint64_t i = 0; i < source->count; ++i) {
    const double value = source_value(*source, table, i);
    extent.low = std::min(extent.low, value);
    extent.high = std::max(extent.high, value);
  }
  return extent;
}

bool on_same_axis(const ParameterSource* a, const ParameterSource* b) {
  return a != nullptr && b != nullptr && a->form != SourceForm::neuron &&
         b->form != SourceForm::neuron && a->stride == b->stride && a->count == b->count;
}

struct Pair {
  double early;
  double late;
};

/// A combination of neurons' values in which `late` comes before `early`, if there is any.
std::optional<Pair> wrong_order(const Draft& draft, int early, int late) {
  const ParameterSource* early_source = source_of(draft, early);
  const ParameterSource* late_source = source_of(draft, late);
  const std::vector<double>& table = draft.population().table;
  if (on_same_axis(early_source, late_source)) {
    for (const std::uint64_t i : probes(*early_source, table)) {
      const Pair pair{source_value(*early_source, table, i), source_value(*late_source, table, i)};
      if (pair.late < pair.early) return pair;
    }
    return std::nullopt;
  }
  const Pair worst{extent_of(draft, early).high, extent_of(draft, late).low};
  if (worst.late < worst.early) return worst;
  return std::nullopt;
}

void check_order(Draft& draft, int early, int late) {
  const bool is_missing = !draft.given_at[static_cast<std::size_t>(late)];
  const auto pair = wrong_order(draft, early, late);
  if (is_missing || !pair) return;
  const bool blame_early = source_of(draft, late) == nullptr && source_of(draft, early) != nullptr;
  const auto& at = draft.given_at[static_cast<std::size_t>(blame_early ? early : late)];
  const bool swept = source_of(draft, early) != nullptr || source_of(draft, late) != nullptr;
  draft.diagnostics.error(
      *at, parameter_path(draft, late).path + " = " + format_number(pair->late) +
               " ms comes before " + parameter_path(draft, early).path + " = " +
               format_number(pair->early) + " ms" + (swept ? " for some of the neurons" : ""));
}

void check_times(Draft& draft) {
  for (const StimulusDraft& stimulus : draft.stimuli) {
    const StimulusSpec& spec = stimulus.spec;
    if (!stimulus.sound || spec.kind == StimulusKind::pulses) continue;
    const int start = spec.first_parameter + slot::start;
    if (spec.stop_meaning == StopMeaning::stop) {
      check_order(draft, start, spec.first_parameter + slot::stop);
    }
    if (spec.kind == StimulusKind::ramp && !spec.end_is_rise) {
      check_order(draft, start, spec.first_parameter + slot::ramp_end);
    }
  }
}

}  // namespace

void check_values(Draft& draft) {
  const Population& population = draft.population();
  for (int i = 0; i < static_cast<int>(population.base.size()); ++i) {
    const auto& given_at = draft.given_at[static_cast<std::size_t>(i)];
    if (!given_at || source_of(draft, i) != nullptr) continue;
    const double value = population.base[static_cast<std::size_t>(i)];
    const std::string problem = problem_of(draft, i, value);
    if (problem.empty()) continue;
    report(draft, i, value, problem, *given_at, "");
  }
  if (!draft.population_sound) return;
  for (const ParameterSource& source : population.sources) {
    if (source.form == SourceForm::neuron) {
      check_search(draft, source);
    } else {
      check_axis(draft, source);
    }
  }
  check_times(draft);
}

}  // namespace hhsweep::io
