// SPDX-License-Identifier: MIT
#include "sweep_stimuli.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <string>
#include <utility>

#include "sweep_draft.hpp"
#include "sweep_names.hpp"
#include "sweep_table.hpp"

namespace hhsweep::io {
namespace {

constexpr StimulusKey step_keys[] = {
    {"start", slot::start, false},
    {"stop", slot::stop, false},
    {"width", slot::stop, false},
    {"amplitude", slot::amplitude, true},
};
constexpr StimulusKey pulses_keys[] = {
    {"amplitude", slot::amplitude, true},
};
constexpr StimulusKey train_keys[] = {
    {"start", slot::start, false},        {"width", slot::train_width, true},
    {"period", slot::train_period, true}, {"frequency", slot::train_period, true},
    {"count", slot::stop, false},         {"stop", slot::stop, false},
    {"amplitude", slot::amplitude, true},
};
constexpr StimulusKey ramp_keys[] = {
    {"start", slot::start, false},  {"end", slot::ramp_end, true},
    {"rise", slot::ramp_end, true}, {"stop", slot::stop, false},
    {"width", slot::stop, false},   {"amplitude", slot::amplitude, true},
};
constexpr StimulusKey sine_keys[] = {
    {"amplitude", slot::amplitude, true}, {"frequency", slot::sine_frequency, true},
    {"phase", slot::sine_phase, false},   {"offset", slot::sine_offset, false},
    {"start", slot::start, false},        {"stop", slot::stop, false},
};
constexpr StimulusKey chirp_keys[] = {
    {"amplitude", slot::amplitude, true},
    {"frequency_start", slot::chirp_frequency_start, true},
    {"frequency_end", slot::chirp_frequency_end, true},
    {"start", slot::start, false},
    {"stop", slot::stop, false},
};

constexpr StimulusKey ou_keys[] = {
    {"mean", slot::ou_mean, false}, {"sigma", slot::amplitude, true},
    {"tau", slot::ou_tau, true},    {"start", slot::start, false},
    {"stop", slot::stop, false},    {"sample_dt", slot::sample_dt, false},
};
constexpr StimulusKey waveform_keys[] = {
    {"column", slot::waveform_column, false},
    {"sample_dt", slot::sample_dt, true},
    {"gain", slot::amplitude, false},
    {"start", slot::start, false},
};

struct Kind {
  StimulusKind kind;
  std::string_view name;
};
constexpr Kind kinds[] = {
    {StimulusKind::step, "step"},   {StimulusKind::pulses, "pulses"},
    {StimulusKind::train, "train"}, {StimulusKind::ramp, "ramp"},
    {StimulusKind::sine, "sine"},   {StimulusKind::chirp, "chirp"},
    {StimulusKind::ou, "ou"},       {StimulusKind::waveform, "waveform"},
};

std::vector<std::string> keys_of_kind(StimulusKind kind) {
  std::vector<std::string> keys{"kind"};
  if (kind == StimulusKind::pulses) keys.emplace_back("intervals");
  if (kind == StimulusKind::waveform) keys.emplace_back("file");
  for (const StimulusKey& key : stimulus_keys(kind)) keys.emplace_back(key.name);
  if (kind == StimulusKind::ou) keys.emplace_back("redraw");
  keys.emplace_back("after");
  return keys;
}

std::string path_of_stimulus(const std::string& name) { return "stimulus." + name; }

/// Names of the keys that fill a slot, as "period or frequency".
std::string names_of_slot(StimulusKind kind, int index) {
  std::vector<std::string> names;
  for (const StimulusKey& key : stimulus_keys(kind)) {
    if (key.slot == index) names.emplace_back(key.name);
  }
  return list_of(names);
}

void apply_meaning(StimulusSpec& spec, const StimulusKey& key) {
  if (key.slot == slot::stop) {
    spec.stop_meaning = key.name == "width"   ? StopMeaning::width
                        : key.name == "count" ? StopMeaning::count
                                              : StopMeaning::stop;
  }
  if (key.name == "rise") spec.end_is_rise = true;
  if (key.name == "frequency" && spec.kind == StimulusKind::train) spec.period_is_frequency = true;
}

double default_of(const Draft& draft, StimulusKind kind, int index) {
  if (index == slot::stop) return std::numeric_limits<double>::infinity();
  if (kind == StimulusKind::waveform && index == slot::amplitude) return 1;
  if (kind == StimulusKind::waveform && index == slot::waveform_column) return 1;
  if (kind == StimulusKind::ou && index == slot::sample_dt) return draft.sweep.job.dt_ms;
  return 0;
}

/// An axis or the search was probably meant to set `key`, but misspells it; find_parameter notes
/// that.
bool has_misspelt_setter(const Draft& draft, const StimulusDraft& stimulus, const std::string& key,
                         const std::vector<std::string>& known) {
  const std::string prefix = path_of_stimulus(stimulus.name) + ".";
  const auto paths = draft.setter_paths();
  return std::any_of(paths.begin(), paths.end(), [&](const std::string& path) {
    if (!path.starts_with(prefix)) return false;
    const std::string given = path.substr(prefix.size());
    return std::find(known.begin(), known.end(), given) == known.end() &&
           meant_name(prefix, given, known) == key;
  });
}

/// Fills one slot from the keys of `table` that may fill it.
void read_slot(Draft& draft, StimulusDraft& stimulus, const TableReader& table, int index) {
  const std::vector<std::string> known = keys_of_kind(stimulus.spec.kind);
  std::vector<const StimulusKey*> given;
  bool required = false;
  bool misspelt = false;
  for (const StimulusKey& key : stimulus_keys(stimulus.spec.kind)) {
    if (key.slot != index) continue;
    const std::string name(key.name);
    misspelt = misspelt || table.has_misspelt(name, known) ||
               has_misspelt_setter(draft, stimulus, name, known);
    required = required || key.required;
    if (table.has(name) || draft.sets(table.path_of(name))) given.push_back(&key);
  }
  auto& value = stimulus.values[static_cast<std::size_t>(index)];
  value = default_of(draft, stimulus.spec.kind, index);
  if (given.empty()) {
    if (!required || misspelt) return;
    const std::string names = names_of_slot(stimulus.spec.kind, index);
    draft.diagnostics.error(stimulus.at, path_of_stimulus(stimulus.name) + " has no " + names +
                                             " (kind " + quoted(stimulus.kind) +
                                             " needs it, here or from an axis)");
    return;
  }
  if (given.size() > 1) {
    const std::string first(given[0]->name);
    const std::string second(given[1]->name);
    draft.diagnostics.error(table.key_at(table.has(second) ? second : first),
                            path_of_stimulus(stimulus.name) + " has both " + first + " and " +
                                second + " (one follows from the other); keep one");
  }
  apply_meaning(stimulus.spec, *given[0]);
  if (stimulus.column && given[0]->slot == slot::waveform_column) {
    value = static_cast<double>(*stimulus.column);
    stimulus.values_at[static_cast<std::size_t>(index)] = table.at(given[0]->name);
  } else if (const auto number = table.number(given[0]->name)) {
    value = *number;
    stimulus.values_at[static_cast<std::size_t>(index)] = table.at(given[0]->name);
  }
}

/// Sorted, disjoint pairs without empty ones.
std::vector<double> merged(std::vector<std::pair<double, double>> pairs) {
  std::sort(pairs.begin(), pairs.end());
  std::vector<double> flat;
  for (const auto& [start, stop] : pairs) {
    if (start == stop) continue;
    if (!flat.empty() && start <= flat.back()) {
      flat.back() = std::max(flat.back(), stop);
    } else {
      flat.insert(flat.end(), {start, stop});
    }
  }
  return flat;
}

void read_intervals(Draft& draft, StimulusDraft& stimulus, const TableReader& table) {
  const Node* list = table.value("intervals");
  const std::string path = table.path_of("intervals");
  if (list == nullptr) {
    if (table.has_misspelt("intervals", keys_of_kind(stimulus.spec.kind))) return;
    draft.diagnostics.error(stimulus.at, path_of_stimulus(stimulus.name) +
                                             " has no intervals (kind \"pulses\" needs "
                                             "intervals = [[start, stop], ...])");
    return;
  }
  if (list->type != Node::Type::array) {
    draft.diagnostics.error(
        list->at, path + " must be a list of pairs, [[start, stop], ...], not " + describe(*list));
    return;
  }
  std::vector<std::pair<double, double>> pairs;
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const Node& item = list->items[i];
    const std::string item_path = path + "[" + std::to_string(i) + "]";
    const auto pair = finite_numbers(item, item_path, 2, draft.diagnostics);
    if (!pair) continue;
    const double start = (*pair)[0];
    const double stop = (*pair)[1];
    if (start < 0) {
      draft.diagnostics.error(
          item.at, item_path + " starts at " + format_number(start) + " (the run starts at 0)");
    } else if (stop < start) {
      draft.diagnostics.error(item.at, item_path + " stops at " + format_number(stop) +
                                           " before it starts at " + format_number(start));
    }
    pairs.emplace_back(start, stop);
  }
  stimulus.intervals = merged(std::move(pairs));
}

bool read_kind(Draft& draft, StimulusDraft& stimulus, const TableReader& table) {
  if (!table.has("kind")) {
    std::string message = path_of_stimulus(stimulus.name) + " has no kind";
    draft.diagnostics.error(stimulus.at, message + " (" + list_of(stimulus_kind_names()) + ")");
    return false;
  }
  const auto kind = table.choice("kind", stimulus_kind_names());
  if (!kind) return false;
  stimulus.kind = *kind;
  for (const Kind& known : kinds) {
    if (known.name == *kind) stimulus.spec.kind = known.kind;
  }
  return true;
}

/// Notes keys that the stimulus's kind does not have, and which kinds do.
void expect_keys_of_kind(Draft& draft, const StimulusDraft& stimulus, const Node& node) {
  const std::vector<std::string> known = keys_of_kind(stimulus.spec.kind);
  for (const Member& member : node.members) {
    if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
    std::vector<std::string> owners;
    for (const Kind& kind : kinds) {
      const auto keys = keys_of_kind(kind.kind);
      if (std::find(keys.begin(), keys.end(), member.key) != keys.end()) {
        owners.emplace_back(kind.name);
      }
    }
    const std::string path = path_of_stimulus(stimulus.name);
    std::string message =
        "unknown key " + quoted(member.key) + " in [" + path + "] of kind " + quoted(stimulus.kind);
    const std::string meant = meant_name(path, member.key, known);
    const bool is_own = std::find(known.begin(), known.end(), meant) != known.end();
    if (is_own || owners.empty()) {
      message += suggestion(path, member.key, known);
    } else {
      message += " (" + list_of(owners, "and") + (owners.size() > 1 ? " have it); " : " has it); ");
      message += "there is " + list_of(known, "and");
    }
    draft.diagnostics.error(member.key_at, message);
  }
}

StimulusDraft read_stimulus(Draft& draft, const Member& member) {
  StimulusDraft stimulus;
  stimulus.name = member.key;
  stimulus.at = member.value.at;
  const TableReader table(member.value, path_of_stimulus(member.key), draft.diagnostics);
  if (!read_kind(draft, stimulus, table)) return stimulus;
  stimulus.sound = true;
  expect_keys_of_kind(draft, stimulus, member.value);
  // Before the slots: the column of a waveform may be a name out of its file.
  if (stimulus.spec.kind == StimulusKind::waveform) read_waveform(draft, stimulus, table);
  for (int index = 0; index < slot::count; ++index) read_slot(draft, stimulus, table, index);
  if (stimulus.spec.kind == StimulusKind::ou) read_redraw(draft, stimulus, table);
  if (stimulus.spec.kind == StimulusKind::pulses) read_intervals(draft, stimulus, table);
  stimulus.after = table.text("after").value_or("");
  stimulus.after_at = table.at("after");
  return stimulus;
}

bool is_bare_key(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

bool is_stimulus_table(Draft& draft, const Member& member) {
  if (member.value.type != Node::Type::table) {
    draft.diagnostics.error(member.key_at, "stimulus." + member.key +
                                               " must be a table (stimuli have names: write "
                                               "[stimulus.NAME] instead of [stimulus])");
    return false;
  }
  if (!is_bare_key(member.key)) {
    draft.diagnostics.error(member.key_at, "the stimulus name " + quoted(member.key) +
                                               " must consist of letters, digits, _ and -");
    return false;
  }
  return true;
}

const StimulusDraft* find_stimulus(const Draft& draft, const std::string& name) {
  for (const StimulusDraft& stimulus : draft.stimuli) {
    if (stimulus.name == name) return &stimulus;
  }
  return nullptr;
}

bool follows_itself(const Draft& draft, const StimulusDraft& stimulus) {
  const StimulusDraft* other = find_stimulus(draft, stimulus.after);
  for (std::size_t i = 0; i < draft.stimuli.size() && other != nullptr; ++i) {
    if (other == &stimulus) return true;
    other = find_stimulus(draft, other->after);
  }
  return false;
}

/// Notes every `after` that names no stimulus or leads back to its own.
void check_after(Draft& draft) {
  std::vector<std::string> names;
  for (const StimulusDraft& stimulus : draft.stimuli) names.push_back(stimulus.name);
  for (const StimulusDraft& stimulus : draft.stimuli) {
    if (stimulus.after.empty()) continue;
    const std::string what = "stimulus." + stimulus.name + " comes after " + quoted(stimulus.after);
    if (find_stimulus(draft, stimulus.after) == nullptr) {
      const std::string meant = nearest_name(stimulus.after, names);
      draft.diagnostics.error(stimulus.after_at,
                              what + ", but there is no such stimulus" +
                                  (meant.empty() ? "" : "; did you mean " + quoted(meant) + "?"));
    } else if (follows_itself(draft, stimulus)) {
      draft.diagnostics.error(stimulus.after_at, what + " (which leads back to it: a cycle)");
    }
  }
}

/// Puts every stimulus after the one it follows and sets its `after`. Those that cannot be placed,
/// which check_after has noted, come last.
void order_by_after(Draft& draft) {
  std::vector<StimulusDraft> waiting = std::move(draft.stimuli);
  std::vector<StimulusDraft> ordered;
  const auto place_of = [&](const std::string& name) {
    const auto found = std::find_if(ordered.begin(), ordered.end(),
                                    [&](const auto& other) { return other.name == name; });
    return found == ordered.end() ? -1 : static_cast<int>(found - ordered.begin());
  };
  while (!waiting.empty()) {
    const auto next = std::find_if(waiting.begin(), waiting.end(), [&](const auto& stimulus) {
      return stimulus.after.empty() || place_of(stimulus.after) >= 0;
    });
    if (next == waiting.end()) break;
    next->spec.after = next->after.empty() ? -1 : place_of(next->after);
    ordered.push_back(std::move(*next));
    waiting.erase(next);
  }
  std::move(waiting.begin(), waiting.end(), std::back_inserter(ordered));
  draft.stimuli = std::move(ordered);
}

/// Gives the stimuli their places in the parameter vector and the table of intervals.
void place_stimuli(Draft& draft) {
  Population& population = draft.population();
  for (StimulusDraft& stimulus : draft.stimuli) {
    stimulus.spec.first_parameter = static_cast<int>(population.base.size());
    stimulus.spec.first_interval = static_cast<int>(population.intervals.size() / 2);
    stimulus.spec.interval_count = static_cast<int>(stimulus.intervals.size() / 2);
    population.base.insert(population.base.end(), stimulus.values.begin(), stimulus.values.end());
    draft.given_at.insert(draft.given_at.end(), stimulus.values_at.begin(),
                          stimulus.values_at.end());
    population.intervals.insert(population.intervals.end(), stimulus.intervals.begin(),
                                stimulus.intervals.end());
    stimulus.spec.first_sample = static_cast<std::int64_t>(population.waveforms.size());
    for (const auto& column : stimulus.waveform) {
      population.waveforms.insert(population.waveforms.end(), column.begin(), column.end());
    }
    if (stimulus.spec.kind == StimulusKind::ou) {
      stimulus.spec.key = stream_key(draft.sweep.seed, "stimulus", stimulus.name);
    }
    population.stimuli.push_back(stimulus.spec);
    draft.sweep.stimulus_names.push_back(stimulus.name);
  }
}

}  // namespace

std::span<const StimulusKey> stimulus_keys(StimulusKind kind) {
  switch (kind) {
    case StimulusKind::step:
      return step_keys;
    case StimulusKind::pulses:
      return pulses_keys;
    case StimulusKind::train:
      return train_keys;
    case StimulusKind::ramp:
      return ramp_keys;
    case StimulusKind::sine:
      return sine_keys;
    case StimulusKind::ou:
      return ou_keys;
    case StimulusKind::waveform:
      return waveform_keys;
    case StimulusKind::chirp:
      break;
  }
  return chirp_keys;
}

std::vector<std::string> stimulus_kind_names() {
  std::vector<std::string> names;
  for (const Kind& kind : kinds) names.emplace_back(kind.name);
  return names;
}

void read_stimuli(Draft& draft) {
  const Member* stimuli = draft.root.find("stimulus");
  if (stimuli == nullptr) return;
  if (stimuli->value.type != Node::Type::table) {
    draft.diagnostics.error(stimuli->key_at,
                            "stimulus must hold named tables, written as [stimulus.NAME], not " +
                                describe(stimuli->value));
    return;
  }
  for (const Member& member : stimuli->value.members) {
    if (is_stimulus_table(draft, member)) draft.stimuli.push_back(read_stimulus(draft, member));
  }
  check_after(draft);
  order_by_after(draft);
  place_stimuli(draft);
}

}  // namespace hhsweep::io
