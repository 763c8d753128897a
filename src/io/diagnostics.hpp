// SPDX-License-Identifier: MIT
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hhsweep::io {

/// A place in a text file, or one of the --set options.
struct Position {
  int line = 1;      ///< from 1
  int column = 1;    ///< in characters, from 1
  int length = 0;    ///< characters to underline; 0: the file as a whole, no excerpt
  int setting = -1;  ///< number of the --set option, which then replaces line and column
};

/// Collects the mistakes of one text file, to report them all in one go.
class Diagnostics {
 public:
  /// `settings` are the --set options, "KEY=VALUE" each. `text` must outlive this.
  Diagnostics(std::string file, std::string_view text, std::vector<std::string> settings);

  /// Notes a mistake; the same one at the same place counts once.
  void error(const Position& at, std::string message);
  /// Adds what the diagnostics of another file report, which comes after all mistakes of this one.
  void append(const std::string& report);
  [[nodiscard]] bool empty() const { return errors_.empty() && appended_.empty(); }
  /// Every mistake in order of position, each as "file:line:column: error: message" with the line
  /// and a caret; those of --set come after the file's.
  [[nodiscard]] std::string report() const;
  /// Throws SweepError with the report when there is any mistake.
  void throw_if_any() const;

 private:
  struct Mistake {
    Position at;
    std::string message;
    bool operator<(const Mistake& other) const;
  };
  [[nodiscard]] std::string render(const Mistake& mistake) const;
  [[nodiscard]] std::string excerpt(const Position& at) const;

  std::string file_;
  std::string_view text_;
  std::vector<std::string> settings_;
  std::set<Mistake> errors_;
  std::vector<std::string> appended_;
};

/// A number as a user would write it: shortest form that reads back as the same value.
std::string format_number(double value);

/// Text in quotes for a message, control characters replaced and cut when long.
std::string quoted(std::string_view text);

/// A name without what people vary: in lower case, without "_", "-" and spaces.
std::string simplified_name(std::string_view name);

/// Edit distance (transpositions count 1) of the simplified names.
std::size_t name_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `name` by edit distance (transpositions count 1) of the simplified
/// names, or "" when none is near enough to be what was meant.
std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

/// "a, b or c"; "" for an empty list.
std::string list_of(std::span<const std::string> names, std::string_view last_word = "or");

}  // namespace hhsweep::io
