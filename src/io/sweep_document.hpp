// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "diagnostics.hpp"

namespace hhsweep::io {

struct Member;

/// A value of a TOML document that knows where it was written.
struct Node {
  enum class Type { table, array, text, integer, number, boolean, date };

  Type type = Type::table;
  Position at;
  std::string text;
  std::int64_t integer = 0;
  double number = 0;  ///< of an integer too
  bool boolean = false;
  std::vector<Member> members;  ///< of a table, in the order they were written
  std::vector<Node> items;      ///< of an array

  /// The member of that key, or nullptr.
  [[nodiscard]] const Member* find(std::string_view key) const;
  [[nodiscard]] Member* find(std::string_view key);
};

/// One key of a table and its value.
struct Member {
  std::string key;
  Position key_at;
  Node value;
};

/// What a value is, for messages: "a number", "the text \"x\"", ...
std::string describe(const Node& node);

/// Parses TOML; a syntax error is noted in `diagnostics` and thrown at once, since nothing after it
/// can be trusted.
Node parse_document(std::string_view text, Diagnostics& diagnostics);

/// Applies the --set options in order: KEY is a dotted path (axes and stimuli by their names),
/// VALUE a TOML value or a bare word, which is a string. Mistakes go to `diagnostics`; an option
/// that has not the form KEY=VALUE throws UsageError.
void apply_settings(Node& root, const std::vector<std::string>& settings, Diagnostics& diagnostics);

/// KEY of such an option.
std::string path_of_setting(std::string_view setting);

/// A lone TOML value, as after the `=` of --set.
struct ParsedValue {
  bool sound = false;
  Node value;
  std::string problem;  ///< the parser's words when it is not sound
};
ParsedValue parse_value(std::string_view text);

}  // namespace hhsweep::io
