// SPDX-License-Identifier: MIT
#include "sweep_document.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "checked_toml.hpp"

namespace hhsweep::io {
namespace {

Position position_of(const toml::source_region& region, const Position& otherwise) {
  if (!region.begin) return otherwise;
  Position at;
  at.line = static_cast<int>(region.begin.line);
  at.column = static_cast<int>(region.begin.column);
  const bool one_line = region.end.line == region.begin.line;
  at.length = one_line ? std::max(1, static_cast<int>(region.end.column) - at.column) : 1;
  return at;
}

Node convert(const toml::node& source, const Position& otherwise);

void convert_members(const toml::table& source, Node& node) {
  for (const auto& [key, value] : source) {
    const Position key_at = position_of(key.source(), node.at);
    node.members.push_back({std::string(key.str()), key_at, convert(value, key_at)});
  }
  // toml++ keeps the members of a table sorted by name.
  std::stable_sort(node.members.begin(), node.members.end(), [](const Member& a, const Member& b) {
    return std::tuple(a.key_at.line, a.key_at.column) < std::tuple(b.key_at.line, b.key_at.column);
  });
}

Node convert(const toml::node& source, const Position& otherwise) {
  Node node;
  node.at = position_of(source.source(), otherwise);
  if (const auto* table = source.as_table()) {
    convert_members(*table, node);
  } else if (const auto* array = source.as_array()) {
    node.type = Node::Type::array;
    for (const toml::node& item : *array) node.items.push_back(convert(item, node.at));
  } else if (const auto* text = source.as_string()) {
    node.type = Node::Type::text;
    node.text = text->get();
  } else if (const auto* integer = source.as_integer()) {
    node.type = Node::Type::integer;
    node.integer = integer->get();
    node.number = static_cast<double>(node.integer);
  } else if (const auto* number = source.as_floating_point()) {
    node.type = Node::Type::number;
    node.number = number->get();
  } else if (const auto* boolean = source.as_boolean()) {
    node.type = Node::Type::boolean;
    node.boolean = boolean->get();
  } else {
    node.type = Node::Type::date;
  }
  return node;
}

/// The parser's words, with a hint for the slips that numbers and texts invite.
std::string explain(const toml::parse_error& error) {
  std::string words(error.description());
  if (words.starts_with("Error while ")) words.erase(0, std::string("Error while ").size());
  if (words.starts_with("Encountered")) words.front() = 'e';
  const auto quote = words.find('\'');
  const bool is_too_large = words.ends_with("could not be interpreted as a value") ||
                            words.ends_with("is not representable in 64 bits");
  if (is_too_large && words.starts_with("parsing floating-point") && quote != std::string::npos) {
    return "outside the range of float64 (up to about 1.8e308): " +
           words.substr(quote, words.rfind('\'') + 1 - quote);
  }
  const std::string message = "not valid TOML: " + words;
  if (is_too_large) return message + " (at most 9223372036854775807)";
  for (const std::string_view kind : {"value", "boolean", "floating-point", "decimal integer"}) {
    if (words.starts_with("parsing " + std::string(kind))) {
      return message + " (texts need quotes, numbers a digit on both sides of the point)";
    }
  }
  return message;
}

bool trips_the_parser(std::string_view text) {
  try {
    static_cast<void>(toml::parse(text));
  } catch (const toml::parse_error&) {
    return false;
  } catch (const TomlAssertion&) {
    return true;
  }
  return false;
}

/// The first line of `text` that the parser trips over, which gives no position then.
Position tripping_line(std::string_view text) {
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' || i + 1 == text.size()) ends.push_back(i + 1);
  }
  const auto line = std::partition_point(ends.begin(), ends.end(), [&](std::size_t end) {
    return !trips_the_parser(text.substr(0, end));
  });
  Position at;
  at.line = static_cast<int>(line - ends.begin()) + 1;
  at.length = 1;
  return at;
}

}  // namespace

const Member* Node::find(std::string_view key) const {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const Member& member) { return member.key == key; });
  return found == members.end() ? nullptr : &*found;
}

Member* Node::find(std::string_view key) {
  return const_cast<Member*>(std::as_const(*this).find(key));
}

std::string describe(const Node& node) {
  switch (node.type) {
    case Node::Type::table:
      return "a table";
    case Node::Type::array:
      return "a list";
    case Node::Type::text:
      return "the text " + quoted(node.text);
    case Node::Type::integer:
      return std::to_string(node.integer);
    case Node::Type::number:
      return format_number(node.number);
    case Node::Type::boolean:
      return node.boolean ? "true" : "false";
    case Node::Type::date:
      break;
  }
  return "a date or time";
}

Node parse_document(std::string_view text, Diagnostics& diagnostics) {
  try {
    const toml::table table = toml::parse(text);
    Node root = convert(table, {});
    root.at = {};
    return root;
  } catch (const toml::parse_error& error) {
    Position at = position_of(error.source(), {});
    at.length = 1;
    diagnostics.error(at, explain(error));
  } catch (const TomlAssertion&) {
    diagnostics.error(tripping_line(text), "not valid TOML: this line makes no sense");
  }
  diagnostics.throw_if_any();
  return {};
}

ParsedValue parse_value(std::string_view text) {
  ParsedValue result;
  try {
    const toml::table table = toml::parse("value = " + std::string(text));
    const toml::node* value = table.get("value");
    if (table.size() != 1 || value == nullptr) {
      result.problem = "not a single TOML value";
      return result;
    }
    result.value = convert(*value, {});
    result.sound = true;
  } catch (const toml::parse_error& error) {
    result.problem = explain(error);
  } catch (const TomlAssertion&) {
    result.problem = "not valid TOML";
  }
  return result;
}

}  // namespace hhsweep::io
