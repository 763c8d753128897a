// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hhsweep::cli {

/// printf into a string.
[[gnu::format(printf, 1, 2)]] std::string format(const char* pattern, ...);

/// The shortest text that reads back as `value`; "nan" and "inf" where it is not finite.
std::string number(double value);

/// A number for reading: six significant digits, "-" for NaN.
std::string rounded(double value);

/// "20", "65 536": digits in groups of three.
std::string grouped(std::uint64_t value);

/// "1.5 kB", "3.2 GB" (powers of 1000).
std::string bytes_text(double bytes);

/// "0.8 ms", "0.42 s", "3 min 5 s", "2 h 10 min", "4 days".
std::string duration_text(double seconds);

/// "147 million", "78 billion", of anything that is counted.
std::string rate_text(double per_second);

/// "1 neuron", "2 neurons".
std::string plural(std::uint64_t count, const std::string& noun);

/// The text with control characters as \\xNN, so that none reaches a terminal.
std::string printable(std::string_view text);

/// An argument as it is typed to a shell.
std::string shell_quoted(const std::string& argument);

/// The time now, UTC, ISO 8601: "2025-01-31T12:00:00Z".
std::string utc_now();

/// The candidate that `word` is probably meant to be: at most a third of its letters (but at least
/// one, a swap counting as one) differ, or it begins with `word`.
std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);

/// "; did you mean 'run'?" or nothing.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

/// Columns of text, aligned: the first column to the left, others to the right when `numeric`.
class Table {
 public:
  explicit Table(bool numeric = false) : numeric_(numeric) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// All rows, each after `indent`, columns two spaces apart, no space at line ends.
  [[nodiscard]] std::string text(const std::string& indent = "") const;

 private:
  [[nodiscard]] std::vector<std::size_t> widths() const;
  bool numeric_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace hhsweep::cli
