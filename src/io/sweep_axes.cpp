// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "sweep_axis.hpp"
#include "sweep_names.hpp"

namespace hhsweep::io {
namespace {

constexpr std::array<std::string_view, 4> value_forms{"values", "linspace", "geomspace", "range"};
constexpr std::array<std::string_view, 8> axis_forms{"values", "linspace", "geomspace", "range",
                                                     "repeat", "zip",      "draw",      "table"};

/// Keys that belong to one form alone.
struct OwnKey {
  std::string_view key, form;
};
constexpr OwnKey own_keys[] = {{"size", "draw"}, {"sampling", "draw"}, {"columns", "table"}};

class AxisReader {
 public:
  AxisReader(Draft& draft, const Node& node, std::size_t number)
      : node_(node), axis_table_(draft, node, std::to_string(number + 1)) {}

  AxisDraft read() {
    AxisDraft axis;
    axis.at = node_.at;
    axis_table_.read_name(axis);
    const TableReader& table = axis_table_.table;
    table.expect_keys(known_keys());
    axis.form = only_form(table, axis_forms, table.key_at("name"), known_keys());
    check_own_keys(axis.form);
    if (axis.form == "repeat") {
      read_repeat(axis);
    } else if (axis.form == "zip") {
      read_zip(axis);
    } else if (axis.form == "draw") {
      read_draws(axis_table_, axis);
    } else if (axis.form == "table") {
      read_columns(axis_table_, axis);
    } else {
      read_single(axis);
    }
    name_stray_parameters(axis);
    return axis;
  }

 private:
  void error(const Position& at, const std::string& message) { axis_table_.error(at, message); }

  /// What an axis may have; beside draw an unknown `n` means no repetition, but the size.
  [[nodiscard]] std::vector<std::string> known_keys() const {
    std::vector<std::string> keys = keys_of("axis");
    if (axis_table_.table.has("draw") && !axis_table_.table.has("repeat")) {
      std::erase(keys, "repeat");
    }
    return keys;
  }

  /// The one of `forms` that the table has, or "" when there is none or several.
  std::string only_form(const TableReader& table, std::span<const std::string_view> forms,
                        const Position& otherwise, std::span<const std::string> known) {
    std::vector<std::string> found;
    Position second = otherwise;
    for (const Member& member : table.members()) {
      if (std::find(forms.begin(), forms.end(), member.key) == forms.end()) continue;
      found.push_back(member.key);
      if (found.size() == 2) second = member.key_at;
    }
    if (found.size() == 1) return found.front();
    if (found.empty()) {
      report_no_form(table, forms, otherwise, known);
    } else {
      error(second, list_of(found, "and") + " exclude each other; keep one");
    }
    return "";
  }

  void report_no_form(const TableReader& table, std::span<const std::string_view> forms,
                      const Position& at, std::span<const std::string> known) {
    std::vector<std::string> offered;
    for (const std::string_view form : forms) {
      if (table.has_misspelt(form, known)) return;
      offered.emplace_back(form);
    }
    error(at, "no values; give " + list_of(offered));
  }

  void check_own_keys(const std::string& form) {
    if (form.empty()) return;
    for (const OwnKey& own : own_keys) {
      const std::string key(own.key);
      if (form == own.form || !axis_table_.table.has(key)) continue;
      error(axis_table_.table.key_at(key), key + " goes with " + std::string(own.form) +
                                               " alone, not with " + form + "; remove it");
    }
  }

  void read_repeat(AxisDraft& axis) {
    const TableReader& table = axis_table_.table;
    if (table.has("parameter")) {
      error(table.key_at("parameter"),
            "repeat has no parameter (it runs the same neuron again); remove one of them");
    }
    const auto count = whole_number(*table.value("repeat"), axis_table_.label() + ": repeat", 1,
                                    axis_table_.draft.diagnostics);
    if (!count) return;
    axis.length = static_cast<std::uint64_t>(*count);
    axis.sound = true;
  }

  void read_single(AxisDraft& axis) {
    const auto& members = axis_table_.table.members();
    const bool is_single = std::none_of(members.begin(), members.end(), [](const Member& member) {
      return member.key == "zip" || member.key == "repeat" || member.key == "draw" ||
             member.key == "table";
    });
    if (!is_single) return;
    EntryDraft entry;
    entry.name = axis.name;
    const bool has_path = axis_table_.read_path(axis_table_.table, node_.at, entry);
    if (axis.form.empty()) return;
    const bool has_values = read_values(axis_table_, axis_table_.table, axis.form, entry);
    if (has_values) axis.length = entry.source.count;
    axis.sound = has_values && has_path;
    axis.entries.push_back(std::move(entry));
  }

  /// Parameters that a faulty axis names where none of its entries stands for them count as set, so
  /// that they are missing nowhere else.
  void name_stray_parameters(AxisDraft& axis) {
    name_stray_parameter(node_, axis);
    if (!axis.entries.empty() && axis.sound) return;
    for (const std::string_view list : {"zip", "draw", "columns"}) {
      const Member* entries = node_.find(list);
      if (entries == nullptr) continue;
      for (const Node& item : entries->value.items) name_stray_parameter(item, axis);
    }
  }

  static void name_stray_parameter(const Node& source, AxisDraft& axis) {
    const Member* parameter = source.find("parameter");
    if (parameter == nullptr || parameter->value.type != Node::Type::text) return;
    const std::string& path = parameter->value.text;
    const bool known = std::any_of(axis.entries.begin(), axis.entries.end(),
                                   [&](const EntryDraft& entry) { return entry.path == path; });
    if (known) return;
    EntryDraft entry;
    entry.path = path;
    entry.path_at = parameter->value.at;
    axis.entries.push_back(std::move(entry));
    axis.sound = false;
  }

  void read_zip(AxisDraft& axis) {
    axis_table_.read_entries("zip", "{ parameter = ..., values = ... }", axis,
                             [&](const TableReader& table, EntryDraft& entry) {
                               table.expect_keys(keys_of("axis.zip"));
                               const std::string form =
                                   only_form(table, value_forms, table.at(""), keys_of("axis.zip"));
                               return !form.empty() && read_values(axis_table_, table, form, entry);
                             });
    if (axis.sound) check_equal_lengths(axis);
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

  const Node& node_;
  AxisTable axis_table_;
};

/// Names of axes and coordinates that appear twice. Two coordinates of one parameter are no second
/// mistake: connect_axes notes that it has two setters.
void check_unique_names(Draft& draft) {
  std::vector<std::string> seen;
  std::vector<std::string> paths;
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
    if (!axis.is_indexed()) continue;
    for (const EntryDraft& entry : axis.entries) {
      const bool again = std::find(paths.begin(), paths.end(), entry.path) != paths.end();
      if (!again) note(entry.name, entry.path_at, "coordinate");
      paths.push_back(entry.path);
    }
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
