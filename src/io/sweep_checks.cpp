// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "hhsweep/stimulus.hpp"
#include "sweep_draft.hpp"

namespace hhsweep::io {
namespace {

/// Axes longer than this are probed instead of enumerated.
constexpr std::uint64_t longest_enumerated = 1U << 20;
/// Draws beyond these are not looked at one by one.
constexpr std::uint64_t most_draws_enumerated = 1U << 24;
constexpr std::size_t most_cells_shown = 10;

const ParameterSource* source_of(const Draft& draft, int index) {
  const auto& sources = draft.population().sources;
  const auto found = std::find_if(sources.begin(), sources.end(),
                                  [&](const auto& source) { return source.parameter == index; });
  return found == sources.end() ? nullptr : &*found;
}

/// The values follow each other in no order, so that none stands for another.
bool is_unordered(const ParameterSource& source) {
  return source.form == SourceForm::table || source.form == SourceForm::draw;
}

bool is_too_long(const ParameterSource& source) {
  return source.form == SourceForm::draw && source.count > most_draws_enumerated;
}

/// The first index along a source at which `is_wrong` holds, of those that stand for all: every one
/// of a short axis and of one without order; of a long one, which is monotone, both ends and where
/// it passes zero.
template <class IsWrong>
std::optional<std::uint64_t> find_along(const ParameterSource& source,
                                        const std::vector<double>& table, const IsWrong& is_wrong) {
  const auto find_between = [&](std::uint64_t from, std::uint64_t to) {
    std::optional<std::uint64_t> found;
    for (std::uint64_t i = from; i < to && !found; ++i) {
      if (is_wrong(i)) found = i;
    }
    return found;
  };
  if (source.count <= longest_enumerated || is_unordered(source)) {
    return find_between(0, source.count);
  }
  constexpr std::uint64_t border = 1024;
  std::uint64_t low = 0;
  std::uint64_t high = source.count - 1;
  const bool starts_negative = source_value(source, table, 0) < 0;
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    ((source_value(source, table, middle) < 0) == starts_negative ? low : high) = middle;
  }
  if (const auto found = find_between(0, border)) return found;
  if (const auto found = find_between(low, high + 1)) return found;
  return find_between(source.count - border, source.count);
}

std::string problem_of_period(const Draft& draft, double period_ms) {
  const double shortest = draft.sweep.job.dt_ms / 100;
  if (period_ms >= shortest) return "";
  return "must leave at least dt/100 = " + format_number(shortest) + " ms from pulse to pulse";
}

std::string problem_of_sample_dt(const Draft& draft, double sample_dt_ms) {
  // The count of samples has 32 bits in the time loop.
  constexpr double most_samples = 4294967295.0;
  const double shortest =
      std::max(draft.sweep.job.dt_ms / 100, draft.sweep.job.duration_ms / most_samples);
  if (sample_dt_ms >= shortest) return "";
  return "must be at least " + format_number(shortest) + " ms (dt/100, and 2^32 samples a run)";
}

/// Why a value is impossible, also for reasons that need the run's settings; "" when it is
/// possible.
std::string problem_of(const Draft& draft, int index, double value) {
  if (index < parameter::stimulus_parameters) return violation(index, value);
  const int offset = index - parameter::stimulus_parameters;
  const auto& spec = draft.stimuli[static_cast<std::size_t>(offset / slot::count)].spec;
  const int place = offset % slot::count;
  std::string problem = stimulus_violation(spec, place, value);
  if (!problem.empty()) return problem;
  if (spec.kind == StimulusKind::train && place == slot::train_period) {
    return problem_of_period(draft, spec.period_is_frequency ? 1000 / value : value);
  }
  if (is_sampled(spec) && place == slot::sample_dt) return problem_of_sample_dt(draft, value);
  return "";
}

void report(Draft& draft, int index, double value, const std::string& problem, const Position& at,
            const std::string& reason) {
  draft.diagnostics.error(at, parameter_path(draft, index).path + " " + problem + ", not " +
                                  format_number(value) + reason);
}

bool is_drawn(const Draft& draft, int index) {
  const ParameterSource* source = source_of(draft, index);
  return source != nullptr && source->form == SourceForm::draw;
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

/// The axis and entry that set a parameter.
struct Setter {
  const AxisDraft* axis = nullptr;
  const EntryDraft* entry = nullptr;
};

Setter setter_of(const Draft& draft, int index) {
  const std::string path = parameter_path(draft, index).path;
  for (const AxisDraft& axis : draft.axes) {
    for (const EntryDraft& entry : axis.entries) {
      if (entry.path == path) return {&axis, &entry};
    }
  }
  return {};
}

/// A parameter that only takes whole numbers.
bool is_whole(const Draft& draft, int index) {
  const std::string path = parameter_path(draft, index).path;
  return path.ends_with(".count") || path.ends_with(".column");
}

/// No value between `low` and `high` is impossible. (What is possible is an interval, with or
/// without 0, unless it is whole numbers.)
bool is_possible_between(const Draft& draft, int index, double low, double high) {
  const bool crosses_zero = low < 0 && high > 0;
  return !is_whole(draft, index) && problem_of(draft, index, low).empty() &&
         problem_of(draft, index, high).empty() &&
         (!crosses_zero || problem_of(draft, index, 0).empty());
}

/// Notes the impossible cells of a column at their places in the CSV file.
void check_column(Draft& draft, int index, const Setter& setter) {
  const CsvTable& csv = *setter.axis->csv;
  const std::string path = parameter_path(draft, index).path;
  Diagnostics mistakes(csv.path, csv.text, {});
  std::size_t count = 0;
  for (std::size_t row = 0; row < csv.rows(); ++row) {
    const double value = csv.columns[setter.entry->column][row];
    const std::string problem = problem_of(draft, index, value);
    if (problem.empty() || ++count > most_cells_shown) continue;
    mistakes.error(place_of_cell(csv, row, setter.entry->column),
                   path + " " + problem + ", not " + format_number(value) + " (axis " +
                       quoted(setter.axis->name) + ", index " + std::to_string(row) + ")");
  }
  if (count == 0) return;
  std::string report = mistakes.report();
  if (count > most_cells_shown) {
    report += "\nand " + std::to_string(count - most_cells_shown) + " more values of " + path +
              " in " + csv.path;
  }
  draft.diagnostics.append(report);
}

void report_long_draw(Draft& draft, int index, const ParameterSource& source,
                      const ValueRange& range) {
  draft.diagnostics.error(
      *draft.given_at[static_cast<std::size_t>(index)],
      parameter_path(draft, index).path + " may become anything from " + format_number(range.low) +
          " to " + format_number(range.high) + " (axis " + quoted(axis_of(draft, source)) +
          " draws more than 2^24 values, too many to look at each); give min or max such that all "
          "are possible");
}

void check_axis(Draft& draft, const ParameterSource& source) {
  const int index = source.parameter;
  const ValueRange range = value_range(source, draft.population().table);
  if (is_possible_between(draft, index, range.low, range.high)) return;
  const Setter setter = setter_of(draft, index);
  if (setter.entry->form == "values") return;  // check_written_values looks at each
  if (setter.entry->form == "table") {
    check_column(draft, index, setter);
    return;
  }
  if (source.form == SourceForm::draw && is_whole(draft, index)) {
    draft.diagnostics.error(
        setter.entry->path_at,
        setter.entry->path + " cannot be drawn (it is a whole number); use values or a table");
    return;
  }
  if (is_too_long(source)) {
    report_long_draw(draft, index, source, range);
    return;
  }
  const std::vector<double>& table = draft.population().table;
  const auto i = find_along(source, table, [&](std::uint64_t k) {
    return !problem_of(draft, index, source_value(source, table, k)).empty();
  });
  if (!i) return;
  const double value = source_value(source, table, *i);
  report(draft, index, value, problem_of(draft, index, value),
         *draft.given_at[static_cast<std::size_t>(index)],
         " (axis " + quoted(axis_of(draft, source)) + ", index " + std::to_string(*i) + ")" +
             (is_drawn(draft, index) ? "; give min or max" : ""));
}

/// The parameter is none of a stimulus that was not understood.
bool is_understood(const Draft& draft, int index) {
  if (index < parameter::stimulus_parameters) return true;
  const int stimulus = (index - parameter::stimulus_parameters) / slot::count;
  return draft.stimuli[static_cast<std::size_t>(stimulus)].sound;
}

/// Notes every impossible number of an axis of the form values, also of one with other mistakes.
void check_written_values(Draft& draft, const AxisDraft& axis, const EntryDraft& entry) {
  if (entry.form != "values" || entry.form_node->type != Node::Type::array) return;
  const auto index = parameter_at(draft, entry.path);
  if (!index || !is_understood(draft, *index)) return;
  for (std::size_t i = 0; i < entry.form_node->items.size(); ++i) {
    const Node& item = entry.form_node->items[i];
    const bool is_number = item.type == Node::Type::number || item.type == Node::Type::integer;
    if (!is_number || !std::isfinite(item.number)) continue;
    const std::string problem = problem_of(draft, *index, item.number);
    if (problem.empty()) continue;
    report(draft, *index, item.number, problem, item.at,
           " (axis " + quoted(axis.name) + ", index " + std::to_string(i) + ")");
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

/// Bounds of a parameter over all neurons. Those that are drawn are what could be drawn, not what
/// was.
ValueRange bounds_of(const Draft& draft, int index) {
  const ParameterSource* source = source_of(draft, index);
  if (source == nullptr) {
    const double value = draft.population().base[static_cast<std::size_t>(index)];
    return {value, value};
  }
  if (source->form == SourceForm::neuron) {
    return {draft.search->settings.low, draft.search->settings.high};
  }
  return value_range(*source, draft.population().table);
}

/// Smallest and largest value of a parameter over all neurons.
ValueRange extent_of(const Draft& draft, int index) {
  const ParameterSource* source = source_of(draft, index);
  if (!is_drawn(draft, index) || is_too_long(*source)) return bounds_of(draft, index);
  const double first = source_value(*source, {}, 0);
  ValueRange extent{first, first};
  for (std::uint64_t i = 1; i < source->count; ++i) {
    const double value = source_value(*source, {}, i);
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
  if (bounds_of(draft, late).low >= bounds_of(draft, early).high) return std::nullopt;
  const std::vector<double>& table = draft.population().table;
  if (on_same_axis(early_source, late_source) && !is_too_long(*early_source)) {
    const auto i = find_along(*early_source, table, [&](std::uint64_t k) {
      return source_value(*late_source, table, k) < source_value(*early_source, table, k);
    });
    if (!i) return std::nullopt;
    return Pair{source_value(*early_source, table, *i), source_value(*late_source, table, *i)};
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
  const bool drawn = is_drawn(draft, early) || is_drawn(draft, late);
  draft.diagnostics.error(
      *at, parameter_path(draft, late).path + " = " + format_number(pair->late) +
               " ms comes before " + parameter_path(draft, early).path + " = " +
               format_number(pair->early) + " ms" + (swept ? " for some of the neurons" : "") +
               (drawn ? "; give min or max" : ""));
}

void check_times(Draft& draft) {
  for (const StimulusDraft& stimulus : draft.stimuli) {
    const StimulusSpec& spec = stimulus.spec;
    const bool timeless = spec.kind == StimulusKind::pulses || spec.kind == StimulusKind::waveform;
    if (!stimulus.sound || timeless) continue;
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
  for (const AxisDraft& axis : draft.axes) {
    for (const EntryDraft& entry : axis.entries) check_written_values(draft, axis, entry);
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
