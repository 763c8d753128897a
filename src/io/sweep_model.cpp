// SPDX-License-Identifier: MIT
#include <string>

#include "sweep_draft.hpp"
#include "sweep_names.hpp"
#include "sweep_table.hpp"

namespace hhsweep::io {
namespace {

std::vector<std::string> names_of_presets() {
  std::vector<std::string> names;
  for (const Preset& preset : presets()) names.push_back(preset.name);
  return names;
}

void set_parameter(Draft& draft, int index, const TableReader& table, std::string_view key) {
  if (const auto number = table.number(key)) {
    draft.population().base[static_cast<std::size_t>(index)] = *number;
    draft.given_at[static_cast<std::size_t>(index)] = table.at(key);
  }
}

void read_rate(Draft& draft, const Node& node, int rate) {
  const TableReader table(node, "model." + std::string(rate_name(rate)), draft.diagnostics);
  table.expect_keys(keys_of("model.RATE"));
  set_parameter(draft, parameter::rate(rate, 0), table, "rate");
  set_parameter(draft, parameter::rate(rate, 1), table, "midpoint");
  set_parameter(draft, parameter::rate(rate, 2), table, "scale");
  const std::vector<std::string> forms{"linoid", "exponential", "sigmoid"};
  if (const auto form = table.choice("form", forms)) {
    draft.population().forms[static_cast<std::size_t>(rate)] = *parse_rate_form(*form);
  }
}

/// How the neurons start, from what is given under [initial] or set by an axis.
Start start_of(Draft& draft, const TableReader& table) {
  std::vector<std::string> given;
  std::vector<std::string> missing;
  for (const std::string key : {"V", "m", "h", "n"}) {
    const bool is_given = table.has(key) || draft.sets("initial." + key);
    (is_given ? given : missing).push_back(key);
  }
  if (table.has("at")) {
    const std::vector<std::string> places{"rest"};
    const bool understood = table.choice("at", places).has_value();
    if (understood && !given.empty()) {
      draft.diagnostics.error(table.key_at("at"),
                              "initial has both at and " + list_of(given, "and") +
                                  " (a start is either at rest or as given); keep one");
    }
    return Start::rest;
  }
  if (given.empty()) return draft.preset->start;
  if (missing.empty()) return Start::state;
  if (given.size() == 1 && given.front() == "V") return Start::steady;
  const bool by_axes_alone = table.members().empty();
  const Position at = by_axes_alone ? draft.setter_at("initial.").value() : table.at("");
  draft.diagnostics.error(at, "initial has " + list_of(given, "and") + " but no " +
                                  list_of(missing) +
                                  " (give V alone, for gates steady at V, or all of V, "
                                  "m, h and n)");
  return Start::rest;
}

}  // namespace

void read_model(Draft& draft) {
  const TableReader table(draft.table("model"), "model", draft.diagnostics);
  table.expect_keys(keys_of("model"));
  draft.preset = &presets().front();
  if (const auto name = table.choice("preset", names_of_presets())) {
    draft.preset = find_preset(*name);
  }
  Population& population = draft.population();
  population.base.assign(draft.preset->values.begin(), draft.preset->values.end());
  population.forms = draft.preset->forms;
  draft.given_at.assign(population.base.size(), std::nullopt);
  for (int i = parameter::C_m; i < parameter::rates; ++i) {
    const std::string key = membrane_parameter(i).path.substr(std::string("model.").size());
    set_parameter(draft, i, table, key);
  }
  for (int rate = 0; rate < rate_count; ++rate) {
    if (const Node* node = table.table(rate_name(rate))) read_rate(draft, *node, rate);
  }
}

void read_initial(Draft& draft) {
  const TableReader table(draft.table("initial"), "initial", draft.diagnostics);
  table.expect_keys(keys_of("initial"));
  set_parameter(draft, parameter::initial_V, table, "V");
  set_parameter(draft, parameter::initial_m, table, "m");
  set_parameter(draft, parameter::initial_h, table, "h");
  set_parameter(draft, parameter::initial_n, table, "n");
  draft.population().start = start_of(draft, table);
}

void read_spike(Draft& draft) {
  const TableReader table(draft.table("spike"), "spike", draft.diagnostics);
  table.expect_keys(keys_of("spike"));
  set_parameter(draft, parameter::spike_threshold, table, "threshold");
  set_parameter(draft, parameter::spike_rearm, table, "rearm");
  Population& population = draft.population();
  population.rearm_follows_threshold = !table.has("rearm") && !draft.sets("spike.rearm");
  if (population.rearm_follows_threshold) {
    population.base[parameter::spike_rearm] = population.base[parameter::spike_threshold];
  }
}

}  // namespace hhsweep::io
