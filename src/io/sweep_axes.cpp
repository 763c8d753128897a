// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "sweep_draft.hpp"
#include "sweep_names.hpp"
#include "sweep_table.hpp"

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

constexpr std::array<std::string_view, 4> value_forms{"values", "linspace", "geomspace", "range"};
constexpr std::array<std::string_view, 8> axis_forms{"values", "linspace", "geomspace", "range",
                                                     "repeat", "zip",      "draw",      "table"};

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

class AxisReader {
 public:
  AxisReader(Draft& draft, const Node& node, std::size_t number)
      : draft_(draft), node_(node), label_("axis " + std::to_string(number + 1)) {}

  AxisDraft read() {
    AxisDraft axis;
    axis.at = node_.at;
    const TableReader table(node_, "axis", draft_.diagnostics);
    read_name(table, axis);
    table.expect_keys(keys_of("axis"));
    const std::string form = only_form(node_, axis_forms, table.key_at("name"));
    axis.form = form;
    if (form == "repeat") {
      read_repeat(table, axis);
    } else if (form == "zip") {
      read_zip(table, axis);
    } else if (form == "draw" || form == "table") {
      draft_.diagnostics.error(table.key_at(form),
                               label_ + ": " + quoted(form) + " axes are not supported yet");
    } else {
      read_single(table, axis);
    }
    return axis;
  }

 private:
  void error(const Position& at, const std::string& message) {
    draft_.diagnostics.error(at, label_ + ": " + message);
  }

  void read_name(const TableReader& table, AxisDraft& axis) {
    if (!table.has("name")) {
      error(node_.at, "no name (it becomes a dimension of the result; write name = \"...\")");
      return;
    }
    const auto name = table.text("name");
    if (!name) return;
    label_ = "axis " + quoted(*name);
    if (const std::string problem = name_problem(*name); !problem.empty()) {
      draft_.diagnostics.error(table.at("name"), "the axis name " + quoted(*name) + " " + problem);
    }
    axis.name = *name;
  }

  /// The one of `forms` that the table has, or "" when there is none or several.
  std::string only_form(const Node& table, std::span<const std::string_view> forms,
                        const Position& otherwise) {
    std::vector<std::string> found;
    Position second = otherwise;
    for (const Member& member : table.members) {
      if (std::find(forms.begin(), forms.end(), member.key) == forms.end()) continue;
      found.push_back(member.key);
      if (found.size() == 2) second = member.key_at;
    }
    if (found.size() == 1) return found.front();
    if (found.empty()) {
      report_no_form(table, forms, otherwise);
    } else {
      error(second, list_of(found, "and") + " exclude each other; keep one");
    }
    return "";
  }

  void report_no_form(const Node& node, std::span<const std::string_view> forms,
                      const Position& at) {
    const TableReader table(node, "axis", draft_.diagnostics);
    std::vector<std::string> offered;
    for (const std::string_view form : forms) {
      if (table.has_misspelt(form, keys_of("axis"))) return;
      if (form != "draw" && form != "table") offered.emplace_back(form);
    }
    error(at, "no values; give " + list_of(offered));
  }

  void read_repeat(const TableReader& table, AxisDraft& axis) {
    if (table.has("parameter")) {
      error(table.key_at("parameter"),
            "repeat has no parameter (it runs the same neuron again); remove one of them");
    }
    const auto count =
        whole_number(*table.value("repeat"), label_ + ": repeat", 1, draft_.diagnostics);
    if (!count) return;
    axis.length = static_cast<std::uint64_t>(*count);
    axis.sound = true;
  }

  void read_single(const TableReader& table, AxisDraft& axis) {
    EntryDraft entry;
    entry.name = axis.name;
    const bool has_path = read_path(table, entry, node_.at);
    if (axis.form.empty()) return;
    const bool has_values = read_values(table, axis.form, entry);
    if (has_values) axis.length = entry.source.count;
    axis.sound = has_values && has_path;
    axis.entries.push_back(std::move(entry));
  }

  bool read_path(const TableReader& table, EntryDraft& entry, const Position& otherwise) {
    entry.path_at = table.at("parameter");
    if (!table.has("parameter")) {
      error(otherwise, "no parameter (which number it sets, as in \"model.g_Na\")");
      return false;
    }
    const auto path = table.text("parameter");
    if (path) entry.path = *path;
    return path.has_value();
  }

  void read_zip(const TableReader& table, AxisDraft& axis) {
    if (table.has("parameter")) {
      error(table.key_at("parameter"),
            "zip names its parameters itself; move this one into its entries");
    }
    const Node& list = *table.value("zip");
    if (list.type != Node::Type::array || list.items.empty()) {
      error(list.at, "zip must be a list of tables, [{ parameter = ..., values = ... }, ...]");
      return;
    }
    axis.sound = true;
    for (const Node& item : list.items) {
      EntryDraft entry;
      if (item.type != Node::Type::table) {
        error(item.at, "an entry of zip must be a table, { parameter = ..., values = ... }, not " +
                           describe(item));
        axis.sound = false;
      } else if (read_zip_entry(item, entry)) {
        axis.entries.push_back(std::move(entry));
      } else {
        if (!entry.path.empty()) axis.entries.push_back(std::move(entry));
        axis.sound = false;
      }
    }
    if (axis.sound) check_equal_lengths(axis);
  }

  bool read_zip_entry(const Node& item, EntryDraft& entry) {
    const TableReader table(item, "axis.zip", draft_.diagnostics);
    table.expect_keys(keys_of("axis.zip"));
    const bool has_path = read_path(table, entry, item.at);
    entry.name = coordinate_name(entry.path);
    if (const auto name = table.text("name")) entry.name = *name;
    if (has_path) {
      const std::string problem = name_problem(entry.name);
      if (!problem.empty()) {
        const Position at = table.at(table.has("name") ? "name" : "parameter");
        draft_.diagnostics.error(at, "the coordinate name " + quoted(entry.name) + " " + problem +
                                         (table.has("name") ? "" : " with name = \"...\""));
      }
    }
    const std::string form = only_form(item, value_forms, item.at);
    return !form.empty() && read_values(table, form, entry) && has_path;
  }

  void check_equal_lengths(AxisDraft& axis) {
    axis.length = axis.entries.front().source.count;
    for (const EntryDraft& entry : axis.entries) {
      if (entry.source.count == axis.length) continue;
      error(entry.form_node->at, entry.path + " has " + std::to_string(entry.source.count) +
                                     " values, but " + axis.entries.front().path + " has " +
                                     std::to_string(axis.length) +
                                     " (zip goes through all of them in step)");
      axis.sound = false;
    }
  }

  bool read_values(const TableReader& table, const std::string& form, EntryDraft& entry) {
    entry.form = form;
    entry.form_node = table.value(form);
    if (form == "values") return read_list(entry);
    if (form == "range") return read_range(entry);
    return read_spaced(entry);
  }

  bool read_list(EntryDraft& entry) {
    const auto values =
        finite_numbers(*entry.form_node, label_ + ": values", 0, draft_.diagnostics);
    if (!values) return false;
    if (values->empty()) {
      error(entry.form_node->at, "values is empty; give at least one");
      return false;
    }
    entry.values = *values;
    entry.source.form = SourceForm::table;
    entry.source.count = values->size();
    return true;
  }

  bool read_spaced(EntryDraft& entry) {
    const Node& list = *entry.form_node;
    const std::string name = label_ + ": " + entry.form;
    if (list.type != Node::Type::array || list.items.size() != 3) {
      draft_.diagnostics.error(list.at, name + " must be [first, last, count]");
      return false;
    }
    const auto first = finite_number(list.items[0], name + "'s first", draft_.diagnostics);
    const auto last = finite_number(list.items[1], name + "'s last", draft_.diagnostics);
    const auto count = whole_number(list.items[2], name + "'s count", 1, draft_.diagnostics);
    if (!first || !last || !count) return false;
    const bool geometric = entry.form == "geomspace";
    if (geometric && (*first == 0 || *last == 0 || (*first < 0) != (*last < 0))) {
      draft_.diagnostics.error(list.at, name +
                                            " needs two ends of the same sign, neither of them 0 "
                                            "(its values have a constant ratio)");
      return false;
    }
    if (!std::isfinite(*last - *first)) {
      draft_.diagnostics.error(list.at, name + " is too wide for float64");
      return false;
    }
    entry.source.form = geometric ? SourceForm::geomspace : SourceForm::linspace;
    entry.source.first = *first;
    entry.source.last = *last;
    entry.source.count = static_cast<std::uint64_t>(*count);
    return true;
  }

  bool read_range(EntryDraft& entry) {
    const Node& list = *entry.form_node;
    const std::string name = label_ + ": range";
    if (list.type != Node::Type::array || list.items.size() != 3) {
      draft_.diagnostics.error(list.at, name + " must be [first, last, step]");
      return false;
    }
    const auto numbers = finite_numbers(list, name, 3, draft_.diagnostics);
    if (!numbers) return false;
    const double first = (*numbers)[0];
    const double last = (*numbers)[1];
    const double step = (*numbers)[2];
    const double steps = (last - first) / step;
    if (step == 0 || steps < 0) {
      draft_.diagnostics.error(list.items[2].at,
                               name + " does not get from " + format_number(first) + " to " +
                                   format_number(last) + " in steps of " + format_number(step) +
                                   (step == 0 ? "" : "; change the sign of the step"));
      return false;
    }
    constexpr double most = 9007199254740992.0;
    entry.source.form = SourceForm::range;
    entry.source.first = first;
    entry.source.last = step;
    entry.source.count =
        static_cast<std::uint64_t>(steps < most ? std::floor(steps + 1e-9) : most) + 1;
    return true;
  }

  Draft& draft_;
  const Node& node_;
  std::string label_;
};

/// Names of axes and coordinates that appear twice.
void check_unique_names(Draft& draft) {
  std::vector<std::string> seen;
  const auto note = [&](const std::string& name, const Position& at, const std::string& what) {
    if (name.empty()) return;
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      draft.diagnostics.error(
          at, "a second " + what + " named " + quoted(name) + "; give it a name of its own");
    }
    seen.push_back(name);
  };
  for (const AxisDraft& axis : draft.axes) note(axis.name, axis.at, "axis");
  for (const AxisDraft& axis : draft.axes) {
    if (axis.form != "zip") continue;
    for (const EntryDraft& entry : axis.entries) note(entry.name, entry.path_at, "coordinate");
  }
}

}  // namespace

void read_axes(Draft& draft) {
  const Member* axes = draft.root.find("axis");
  if (axes == nullptr) return;
  if (axes->value.type != Node::Type::array) {
    draft.diagnostics.error(axes->key_at,
                            "axes are a list of tables; write [[axis]] with two brackets");
    return;
  }
  for (const Node& item : axes->value.items) {
    if (item.type != Node::Type::table) {
      draft.diagnostics.error(
          item.at, "an axis must be a table, written as [[axis]], not " + describe(item));
      continue;
    }
    draft.axes.push_back(AxisReader(draft, item, draft.axes.size()).read());
  }
  check_unique_names(draft);
}

}  // namespace hhsweep::io
