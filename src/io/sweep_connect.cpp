// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "sweep_draft.hpp"
#include "sweep_names.hpp"
#include "sweep_stimuli.hpp"

namespace hhsweep::io {
namespace {

constexpr std::uint64_t most_neurons = std::uint64_t{1} << 40;

/// Paths of every sweepable parameter of the draft.
std::vector<std::string> all_paths(const Draft& draft) {
  std::vector<std::string> paths;
  const auto count = static_cast<int>(draft.population().base.size());
  for (int i = 0; i < count; ++i) {
    std::string path = parameter_path(draft, i).path;
    if (!path.empty()) paths.push_back(std::move(path));
  }
  return paths;
}

/// Why a path that exists cannot be swept; "" when that is not the problem.
std::string why_not_sweepable(const std::string& path) {
  for (const std::string_view table : {"run.", "record.", "search.", "audit."}) {
    if (path.starts_with(table)) return "is the same for all neurons";
  }
  if (path == "seed") return "is the same for all neurons";
  constexpr std::string_view settable = "can be set, but not swept";
  if (path == "model.preset" || path == "initial.at") return std::string(settable);
  if (path.starts_with("model.") && path.ends_with(".form")) return std::string(settable);
  if (!path.starts_with("stimulus.")) return "";
  for (const std::string_view key : {".intervals", ".kind", ".after", ".file", ".redraw"}) {
    if (path.ends_with(key)) return std::string(settable);
  }
  return "";
}

std::string stimulus_of(const std::string& path) {
  constexpr std::string_view prefix = "stimulus.";
  if (!path.starts_with(prefix)) return "";
  return path.substr(prefix.size(), path.find('.', prefix.size()) - prefix.size());
}

bool is_unsound_stimulus(const Draft& draft, const std::string& path) {
  const std::string name = stimulus_of(path);
  return std::any_of(draft.stimuli.begin(), draft.stimuli.end(),
                     [&](const auto& other) { return other.name == name && !other.sound; });
}

/// The path is a key of its stimulus that another one excludes, which read_stimuli has noted.
bool is_excluded_key(const Draft& draft, const std::string& path) {
  const std::string name = stimulus_of(path);
  for (const StimulusDraft& stimulus : draft.stimuli) {
    if (stimulus.name != name) continue;
    const auto keys = stimulus_keys(stimulus.spec.kind);
    return std::any_of(keys.begin(), keys.end(), [&](const StimulusKey& key) {
      return path == "stimulus." + name + "." + std::string(key.name);
    });
  }
  return false;
}

bool is_missing_stimulus(const Draft& draft, const std::string& name) {
  return !name.empty() && std::none_of(draft.stimuli.begin(), draft.stimuli.end(),
                                       [&](const auto& other) { return other.name == name; });
}

/// Which axis or search has set a parameter already.
class SetterBook {
 public:
  explicit SetterBook(Draft& draft) : draft_(draft) {}

  void add(int index, const std::string& by, const std::string& path, const Position& at) {
    const auto [known, is_new] = setters_.emplace(index, by);
    if (is_new) return;
    draft_.diagnostics.error(at, path + " is set by " + by + ", but by " + known->second +
                                     " already (a parameter has one setter)");
    draft_.population_sound = false;
  }

 private:
  Draft& draft_;
  std::map<int, std::string> setters_;
};

/// Number of neurons, 0 when it is unknown or too large, which is noted.
std::uint64_t count_neurons(Draft& draft) {
  std::uint64_t neurons = 1;
  for (const AxisDraft& axis : draft.axes) {
    if (!axis.sound) {
      draft.population_sound = false;
      continue;
    }
    if (axis.length <= most_neurons / neurons) {
      neurons *= axis.length;
      continue;
    }
    draft.diagnostics.error(axis.at, "more than 2^40 neurons (" + std::to_string(axis.length) +
                                         " along axis " + quoted(axis.name) + " times " +
                                         std::to_string(neurons) +
                                         " of the axes before it); make an axis shorter");
    draft.population_sound = false;
    return 0;
  }
  return draft.population_sound ? neurons : 0;
}

void add_source(Draft& draft, EntryDraft& entry, int index, std::uint64_t stride) {
  Population& population = draft.population();
  entry.source.parameter = index;
  entry.source.stride = stride;
  if (entry.source.form == SourceForm::table) {
    entry.source.offset = population.table.size();
    population.table.insert(population.table.end(), entry.values.begin(), entry.values.end());
  }
  population.base[static_cast<std::size_t>(index)] =
      source_value(entry.source, population.table, 0);
  draft.given_at[static_cast<std::size_t>(index)] = entry.form_node->at;
  population.sources.push_back(entry.source);
}

void connect_axis(Draft& draft, AxisDraft& axis, std::uint64_t stride, SetterBook& setters) {
  Axis result;
  result.name = axis.name;
  result.length = axis.length;
  result.indexed = axis.is_indexed();
  for (EntryDraft& entry : axis.entries) {
    if (entry.path.empty()) continue;
    const auto index = find_parameter(draft, entry.path, entry.path_at);
    if (!index) {
      draft.population_sound = false;
      continue;
    }
    setters.add(*index, "axis " + quoted(axis.name), entry.path, entry.path_at);
    if (!draft.population_sound) continue;
    add_source(draft, entry, *index, stride);
    const ParameterInfo info = parameter_path(draft, *index).info;
    const int source = static_cast<int>(draft.population().sources.size()) - 1;
    result.entries.push_back({entry.path, entry.name, info.units, info.description, source});
  }
  draft.sweep.axes.push_back(std::move(result));
  draft.population().axis_lengths.push_back(axis.length);
}

void connect_search(Draft& draft, SetterBook& setters) {
  const SearchDraft& search = *draft.search;
  if (search.path.empty()) return;
  const auto index = find_parameter(draft, search.path, search.path_at);
  if (!index) {
    draft.population_sound = false;
    return;
  }
  setters.add(*index, "the search", search.path, search.path_at);
  ParameterSource source;
  source.parameter = *index;
  source.form = SourceForm::neuron;
  draft.population().sources.push_back(source);
  draft.population().base[static_cast<std::size_t>(*index)] = search.settings.low;
  draft.given_at[static_cast<std::size_t>(*index)] = search.bracket_at;
  draft.sweep.search_path = search.path;
  draft.sweep.search_units = parameter_path(draft, *index).info.units;
  draft.sweep.job.search = search.settings;
}

}  // namespace

ParameterPath parameter_path(const Draft& draft, int index) {
  if (index < parameter::stimulus_parameters) {
    const ParameterInfo& info = membrane_parameter(index);
    return {info.path, info};
  }
  const int offset = index - parameter::stimulus_parameters;
  const StimulusDraft& stimulus = draft.stimuli.at(static_cast<std::size_t>(offset / slot::count));
  ParameterInfo info = stimulus_parameter(stimulus.spec, offset % slot::count);
  if (info.path.empty()) return {};
  std::string path = "stimulus." + stimulus.name + "." + info.path;
  return {std::move(path), std::move(info)};
}

std::optional<int> parameter_at(const Draft& draft, const std::string& path) {
  const auto count = static_cast<int>(draft.population().base.size());
  for (int i = 0; i < count; ++i) {
    if (parameter_path(draft, i).path == path) return i;
  }
  return std::nullopt;
}

std::optional<int> find_parameter(Draft& draft, const std::string& path, const Position& at) {
  if (const auto index = parameter_at(draft, path)) return index;
  if (is_unsound_stimulus(draft, path) || is_excluded_key(draft, path)) return std::nullopt;
  if (const std::string reason = why_not_sweepable(path); !reason.empty()) {
    draft.diagnostics.error(at, path + " " + reason +
                                    " (axes and searches set numbers of the model, the stimuli, "
                                    "the start and the spike rule)");
    return std::nullopt;
  }
  std::string message = "no parameter " + quoted(path);
  const std::string stimulus = stimulus_of(path);
  if (is_missing_stimulus(draft, stimulus)) {
    message += " (there is no [stimulus." + stimulus + "])";
  }
  const std::string meant = meant_path(path, all_paths(draft));
  if (!meant.empty()) message += "; did you mean " + quoted(meant) + "?";
  draft.diagnostics.error(at, message);
  return std::nullopt;
}

void connect_axes(Draft& draft) {
  SetterBook setters(draft);
  std::uint64_t stride = count_neurons(draft);
  for (AxisDraft& axis : draft.axes) {
    if (stride > 0 && axis.length > 0) stride /= axis.length;
    connect_axis(draft, axis, stride, setters);
  }
  if (draft.search) connect_search(draft, setters);
}

}  // namespace hhsweep::io
