// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "hhsweep/error.hpp"
#include "sweep_document.hpp"

namespace hhsweep::io {
namespace {

constexpr std::array<std::string_view, 7> axis_forms{"values", "linspace", "geomspace", "range",
                                                     "repeat", "zip",      "draw"};

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts(1);
  for (const char c : path) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

/// Text that nobody would write as a TOML value other than a string.
bool is_bare_text(std::string_view text) {
  if (text.empty()) return false;
  const char c = text.front();
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '/' ||
                      static_cast<unsigned char>(c) >= 0x80;
  return letter && text.find_first_of("[]{}\"'=#\n\r") == std::string_view::npos;
}

void place(Node& node, const Position& at) {
  node.at = at;
  for (Node& item : node.items) place(item, at);
  for (Member& member : node.members) {
    member.key_at = at;
    place(member.value, at);
  }
}

/// Applies one option to the tree.
class Setter {
 public:
  Setter(Node& root, int number, std::string_view setting, Diagnostics& diagnostics)
      : root_(root), diagnostics_(diagnostics) {
    at_.setting = number;
    const auto equals = setting.find('=');
    if (equals == std::string_view::npos) fail_form(setting);
    path_ = split(path_of_setting(setting));
    if (std::any_of(path_.begin(), path_.end(), [](const auto& part) { return part.empty(); })) {
      fail_form(setting);
    }
    text_ = trimmed(setting.substr(equals + 1));
  }

  void apply() {
    Node value;
    if (!read_value(value)) return;
    Node* table = target();
    if (table == nullptr) return;
    const bool on_axis = path_.size() == 3 && path_[0] == "axis";
    if (on_axis) drop_other_forms(*table);
    if (Member* member = table->find(path_.back())) {
      member->key_at = at_;
      member->value = std::move(value);
    } else {
      table->members.push_back({path_.back(), at_, std::move(value)});
    }
  }

 private:
  [[noreturn]] static void fail_form(std::string_view setting) {
    throw UsageError("--set " + std::string(setting) +
                     ": not of the form KEY=VALUE (for example --set model.g_K=40)");
  }

  bool read_value(Node& value) {
    ParsedValue parsed = parse_value(text_);
    if (parsed.sound) {
      value = std::move(parsed.value);
    } else if (is_bare_text(text_)) {
      value.type = Node::Type::text;
      value.text = text_;
    } else if (text_.empty()) {
      diagnostics_.error(at_, "no value after = (an empty text is written '\"\"')");
      return false;
    } else {
      diagnostics_.error(at_, "the value is " + parsed.problem);
      return false;
    }
    place(value, at_);
    return true;
  }

  /// The table that holds the last key of the path; made where the path leads to new tables.
  Node* target() {
    if (path_.size() > 1 && path_[0] == "axis") return axis();
    if (path_.size() > 2 && path_[0] == "stimulus" && !stimulus_exists()) return nullptr;
    Node* table = &root_;
    std::string so_far;
    for (std::size_t i = 0; i + 1 < path_.size(); ++i) {
      so_far += (i > 0 ? "." : "") + path_[i];
      Member* member = table->find(path_[i]);
      if (member == nullptr) {
        table->members.push_back({path_[i], at_, Node{}});
        member = &table->members.back();
        member->value.at = at_;
      }
      if (member->value.type != Node::Type::table) {
        diagnostics_.error(at_, so_far + " has no keys (it is " + describe(member->value) + ")");
        return nullptr;
      }
      table = &member->value;
    }
    return table;
  }

  bool stimulus_exists() {
    const Member* stimuli = root_.find("stimulus");
    std::vector<std::string> names;
    if (stimuli != nullptr) {
      for (const Member& member : stimuli->value.members) names.push_back(member.key);
    }
    if (std::find(names.begin(), names.end(), path_[1]) != names.end()) return true;
    no_such("stimulus", names);
    return false;
  }

  Node* axis() {
    Member* axes = root_.find("axis");
    std::vector<std::string> names;
    if (axes != nullptr) {
      for (Node& item : axes->value.items) {
        const Member* name = item.find("name");
        if (name == nullptr || name->value.type != Node::Type::text) continue;
        if (name->value.text == path_[1] && path_.size() == 3) return &item;
        names.push_back(name->value.text);
      }
    }
    if (std::find(names.begin(), names.end(), path_[1]) != names.end()) {
      diagnostics_.error(
          at_, "an axis is set key by key, as in axis." + path_[1] + ".linspace=[0,20,11]");
    } else {
      no_such("axis", names);
    }
    return nullptr;
  }

  void no_such(const std::string& what, const std::vector<std::string>& names) {
    std::string message = "no " + what + " " + quoted(path_[1]) + " in the sweep file";
    const std::string meant = nearest_name(path_[1], names);
    if (!meant.empty()) {
      message += "; did you mean " + quoted(meant) + "?";
    } else if (!names.empty()) {
      message += "; there is " + list_of(names, "and");
    } else {
      message += " (it has none)";
    }
    diagnostics_.error(at_, message);
  }

  /// A form replaces the form the axis had, and what belongs to that one alone.
  void drop_other_forms(Node& axis) const {
    const std::string& form = path_.back();
    const bool is_table = form == "table";
    const bool is_form =
        is_table || std::find(axis_forms.begin(), axis_forms.end(), form) != axis_forms.end();
    if (!is_form) return;
    const bool several = form == "zip" || form == "draw" || form == "repeat" || is_table;
    std::erase_if(axis.members, [&](const Member& member) {
      if (member.key == form) return false;
      if (std::find(axis_forms.begin(), axis_forms.end(), member.key) != axis_forms.end()) {
        return true;
      }
      if (member.key == "parameter") return several;
      if (member.key == "size" || member.key == "sampling") return form != "draw";
      return (member.key == "table" || member.key == "columns") && !is_table;
    });
  }

  Node& root_;
  Diagnostics& diagnostics_;
  Position at_;
  std::vector<std::string> path_;
  std::string text_;
};

}  // namespace

std::string path_of_setting(std::string_view setting) {
  return trimmed(setting.substr(0, setting.find('=')));
}

void apply_settings(Node& root, const std::vector<std::string>& settings,
                    Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < settings.size(); ++i) {
    Setter(root, static_cast<int>(i), settings[i], diagnostics).apply();
  }
}

}  // namespace hhsweep::io
