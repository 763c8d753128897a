// SPDX-License-Identifier: MIT
#include "sweep_axis.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "sweep_names.hpp"

namespace hhsweep::io {
namespace {

/// Names of variables of a result, which no axis or coordinate may bear.
constexpr std::array<std::string_view, 34> reserved_names{"spike_count",
                                                          "first_spike_time",
                                                          "last_spike_time",
                                                          "mean_isi",
                                                          "cv_isi",
                                                          "firing_rate",
                                                          "V_min",
                                                          "V_max",
                                                          "V_max_time",
                                                          "diverged_time",
                                                          "status",
                                                          "spike_time",
                                                          "spike",
                                                          "row_size",
                                                          "neuron",
                                                          "trace",
                                                          "trace_neuron",
                                                          "time",
                                                          "V",
                                                          "m",
                                                          "h",
                                                          "n",
                                                          "I_stim",
                                                          "I_Na",
                                                          "I_K",
                                                          "I_L",
                                                          "threshold",
                                                          "threshold_lower",
                                                          "threshold_upper",
                                                          "threshold_status",
                                                          "sweep_file",
                                                          "sweep_resolved",
                                                          "content_hash",
                                                          "hhsweep_axes"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Why `name` cannot name a dimension or coordinate; "" when it can.
std::string name_problem(const std::string& name) {
  const bool sound =
      !name.empty() && is_letter(name.front()) && std::all_of(name.begin(), name.end(), [](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '_';
      });
  if (!sound) return "must be a letter followed by letters, digits and _";
  const bool reserved =
      std::find(reserved_names.begin(), reserved_names.end(), name) != reserved_names.end();
  if (reserved || name.starts_with("trace_")) {
    return "is the name of another variable of the result; choose a different one";
  }
  return "";
}

std::string coordinate_name(const std::string& path) {
  std::string name = path;
  for (const std::string_view prefix : {"model.", "stimulus."}) {
    if (name.starts_with(prefix)) name.erase(0, prefix.size());
  }
  std::replace(name.begin(), name.end(), '.', '_');
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace

void AxisTable::read_name(AxisDraft& axis) {
  if (!table.has("name")) {
    if (table.has_misspelt("name", keys_of("axis"))) return;
    error(at, "no name (it becomes a dimension of the result; write name = \"...\")");
    return;
  }
  const auto name = table.text("name");
  if (!name) return;
  label_ = "axis " + quoted(*name);
  if (const std::string problem = name_problem(*name); !problem.empty()) {
    draft.diagnostics.error(table.at("name"), "the axis name " + quoted(*name) + " " + problem);
  }
  axis.name = *name;
}

bool AxisTable::read_path(const TableReader& source, const Position& otherwise,
                          EntryDraft& entry) const {
  entry.path_at = source.at("parameter");
  if (!source.has("parameter")) {
    if (const Member* meant = source.misspelt("parameter", keys_of(source.path()))) {
      entry.path = meant->value.text;
      entry.path_at = meant->value.at;
      return false;
    }
    error(otherwise, "no parameter (which number it sets, as in \"model.g_Na\")");
    return false;
  }
  const auto path = source.text("parameter");
  if (path) entry.path = *path;
  return path.has_value();
}

bool AxisTable::read_coordinate(const TableReader& source, const Position& otherwise,
                                EntryDraft& entry) const {
  const bool has_path = read_path(source, otherwise, entry);
  entry.name = coordinate_name(entry.path);
  if (const auto name = source.text("name")) entry.name = *name;
  if (!has_path) return false;
  const std::string problem = name_problem(entry.name);
  if (!problem.empty()) {
    const Position where = source.at(source.has("name") ? "name" : "parameter");
    draft.diagnostics.error(where, "the coordinate name " + quoted(entry.name) + " " + problem +
                                       (source.has("name") ? "" : " with name = \"...\""));
  }
  return true;
}

void AxisTable::read_entries(
    const std::string& key, const std::string& example, AxisDraft& axis,
    const std::function<bool(const TableReader&, EntryDraft&)>& read_form) const {
  if (table.has("parameter")) {
    error(table.key_at("parameter"),
          axis.form + " names its parameters itself; move this one into its entries");
  }
  const Node& list = *table.value(key);
  if (list.type != Node::Type::array || list.items.empty()) {
    error(list.at, key + " must be a list of tables, [" + example + ", ...]");
    return;
  }
  axis.sound = true;
  for (const Node& item : list.items) {
    if (item.type != Node::Type::table) {
      error(item.at,
            "an entry of " + key + " must be a table, " + example + ", not " + describe(item));
      axis.sound = false;
      continue;
    }
    EntryDraft entry;
    const TableReader source(item, "axis." + key, draft.diagnostics);
    const bool has_coordinate = read_coordinate(source, item.at, entry);
    const bool has_form = read_form(source, entry);
    axis.sound = axis.sound && has_coordinate && has_form;
    if (!entry.path.empty()) axis.entries.push_back(std::move(entry));
  }
}

}  // namespace hhsweep::io
