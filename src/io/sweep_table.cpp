// SPDX-License-Identifier: MIT
#include "sweep_table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sweep_names.hpp"

namespace hhsweep::io {
namespace {

bool is_number(const Node& node) {
  return node.type == Node::Type::number || node.type == Node::Type::integer;
}

void wrong_type(const Node& node, const std::string& path, const std::string& wanted,
                Diagnostics& diagnostics) {
  std::string message = path + " must be " + wanted + ", not " + describe(node);
  if (wanted.find("number") != std::string::npos && node.type == Node::Type::text) {
    message += " (write it without quotes)";
  }
  diagnostics.error(node.at, message);
}

std::vector<std::string> in_quotes(std::span<const std::string> names) {
  std::vector<std::string> result;
  for (const std::string& name : names) result.push_back(quoted(name));
  return result;
}

}  // namespace

std::optional<double> finite_number(const Node& node, const std::string& path,
                                    Diagnostics& diagnostics) {
  if (!is_number(node)) {
    wrong_type(node, path, "a number", diagnostics);
    return std::nullopt;
  }
  if (!std::isfinite(node.number)) {
    diagnostics.error(node.at, path + " must be a finite number, not " + describe(node));
    return std::nullopt;
  }
  return node.number;
}

std::optional<std::int64_t> whole_number(const Node& node, const std::string& path,
                                         std::int64_t lowest, Diagnostics& diagnostics) {
  constexpr double largest = 9007199254740992.0;
  std::string wanted = "a whole number of at least " + std::to_string(lowest);
  if (!is_number(node)) {
    wrong_type(node, path, wanted, diagnostics);
    return std::nullopt;
  }
  if (node.type == Node::Type::integer && node.integer >= lowest) return node.integer;
  const bool whole = node.number == std::floor(node.number) && std::fabs(node.number) <= largest;
  if (node.type == Node::Type::number && whole && node.number >= static_cast<double>(lowest)) {
    return static_cast<std::int64_t>(node.number);
  }
  if (node.number > largest) {
    wanted += " and at most " + std::to_string(std::numeric_limits<std::int64_t>::max()) +
              ", beyond 2^53 written with all its digits";
  }
  wrong_type(node, path, wanted, diagnostics);
  return std::nullopt;
}

std::optional<std::vector<double>> finite_numbers(const Node& node, const std::string& path,
                                                  std::size_t size, Diagnostics& diagnostics) {
  const std::string count = size == 0 ? "" : std::to_string(size) + " ";
  if (node.type != Node::Type::array || (size > 0 && node.items.size() != size)) {
    std::string message = path + " must be a list of " + count + "numbers, not ";
    const bool other_size = node.type == Node::Type::array;
    message += other_size ? "of " + std::to_string(node.items.size()) : describe(node);
    diagnostics.error(node.at, message);
    return std::nullopt;
  }
  std::vector<double> numbers;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const auto number =
        finite_number(node.items[i], path + "[" + std::to_string(i) + "]", diagnostics);
    if (number) numbers.push_back(*number);
  }
  if (numbers.size() < node.items.size()) return std::nullopt;
  return numbers;
}

void TableReader::expect_keys(std::span<const std::string> known) const {
  for (const Member& member : table_.members) {
    if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
    const std::string place = path_.empty() ? "at the top level" : "in [" + path_ + "]";
    diagnostics_.error(member.key_at, "unknown key " + quoted(member.key) + " " + place +
                                          suggestion(path_, member.key, known));
  }
}

const Member* TableReader::misspelt(std::string_view key,
                                    std::span<const std::string> known) const {
  for (const Member& member : table_.members) {
    const bool is_known = std::find(known.begin(), known.end(), member.key) != known.end();
    if (!is_known && meant_name(path_, member.key, known) == key) return &member;
  }
  return nullptr;
}

Position TableReader::at(std::string_view key) const {
  const Member* member = table_.find(key);
  return member == nullptr ? table_.at : member->value.at;
}

Position TableReader::key_at(std::string_view key) const {
  const Member* member = table_.find(key);
  return member == nullptr ? table_.at : member->key_at;
}

std::string TableReader::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

const Node* TableReader::value(std::string_view key) const {
  const Member* member = table_.find(key);
  return member == nullptr ? nullptr : &member->value;
}

std::optional<double> TableReader::number(std::string_view key) const {
  const Node* node = value(key);
  if (node == nullptr) return std::nullopt;
  return finite_number(*node, path_of(key), diagnostics_);
}

std::optional<std::int64_t> TableReader::whole(std::string_view key, std::int64_t lowest) const {
  const Node* node = value(key);
  if (node == nullptr) return std::nullopt;
  return whole_number(*node, path_of(key), lowest, diagnostics_);
}

std::optional<bool> TableReader::flag(std::string_view key) const {
  const Node* node = value(key);
  if (node == nullptr) return std::nullopt;
  if (node->type == Node::Type::boolean) return node->boolean;
  wrong_type(*node, path_of(key), "true or false", diagnostics_);
  return std::nullopt;
}

std::optional<std::string> TableReader::text(std::string_view key) const {
  const Node* node = value(key);
  if (node == nullptr) return std::nullopt;
  if (node->type == Node::Type::text) return node->text;
  wrong_type(*node, path_of(key), "a text in quotes", diagnostics_);
  return std::nullopt;
}

std::optional<std::string> TableReader::file_name(std::string_view key) const {
  auto name = text(key);
  if (!name || !name->empty()) return name;
  diagnostics_.error(at(key), path_of(key) + " is empty; give the name of a file");
  return std::nullopt;
}

std::optional<std::string> TableReader::checked_name(const Node& node, const std::string& path,
                                                     std::span<const std::string> names) const {
  if (node.type == Node::Type::text) {
    if (std::find(names.begin(), names.end(), node.text) != names.end()) return node.text;
    const std::string meant = meant_name("", node.text, names);
    const bool offered = std::find(names.begin(), names.end(), meant) != names.end();
    if (offered) {
      diagnostics_.error(node.at, path + " cannot be " + quoted(node.text) + "; did you mean " +
                                      quoted(meant) + "?");
      return std::nullopt;
    }
  }
  const std::string not_this = node.type == Node::Type::text ? quoted(node.text) : describe(node);
  diagnostics_.error(node.at, path + " must be " + list_of(in_quotes(names)) + ", not " + not_this);
  return std::nullopt;
}

std::optional<std::string> TableReader::choice(std::string_view key,
                                               std::span<const std::string> names) const {
  const Node* node = value(key);
  if (node == nullptr) return std::nullopt;
  return checked_name(*node, path_of(key), names);
}

std::optional<std::vector<std::string>> TableReader::choices(
    std::string_view key, std::span<const std::string> names) const {
  const Node* node = value(key);
  if (node == nullptr) return std::nullopt;
  if (node->type != Node::Type::array) {
    wrong_type(*node, path_of(key), "a list of names in quotes", diagnostics_);
    return std::nullopt;
  }
  bool sound = true;
  std::vector<std::string> chosen;
  for (const Node& item : node->items) {
    const auto name = checked_name(item, "an entry of " + path_of(key), names);
    if (!name) {
      sound = false;
    } else if (std::find(chosen.begin(), chosen.end(), *name) != chosen.end()) {
      diagnostics_.error(item.at, path_of(key) + " has " + quoted(*name) + " twice");
      sound = false;
    } else {
      chosen.push_back(*name);
    }
  }
  if (!sound) return std::nullopt;
  return chosen;
}

std::optional<std::vector<double>> TableReader::numbers(std::string_view key,
                                                        std::size_t size) const {
  const Node* node = value(key);
  if (node == nullptr) return std::nullopt;
  return finite_numbers(*node, path_of(key), size, diagnostics_);
}

const Node* TableReader::table(std::string_view key) const {
  const Member* member = table_.find(key);
  if (member == nullptr) return nullptr;
  if (member->value.type == Node::Type::table) return &member->value;
  diagnostics_.error(member->key_at, path_of(key) + " must be a table, written as [" +
                                         path_of(key) + "], not " + describe(member->value));
  return nullptr;
}

}  // namespace hhsweep::io
