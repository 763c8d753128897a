// SPDX-License-Identifier: MIT
#include "diagnostics.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>

#include "hhsweep/error.hpp"

namespace hhsweep::io {
namespace {

constexpr std::size_t most_errors_shown = 100;
constexpr std::size_t widest_excerpt = 100;

std::string_view line_of(std::string_view text, int number) {
  for (int line = 1; line < number; ++line) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  std::string_view found = text.substr(0, text.find('\n'));
  if (found.ends_with('\r')) found.remove_suffix(1);
  return found;
}

/// Bytes of the UTF-8 character at the front of `text`; 0 when it is not valid UTF-8.
std::size_t character_size(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead < 0x80   ? 1
                           : lead < 0xc2 ? 0
                           : lead < 0xe0 ? 2
                           : lead < 0xf0 ? 3
                                         : 4;
  if (size == 0 || lead > 0xf4 || size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 0;
  }
  return size;
}

/// The characters of a line, each printable: what is not becomes "?".
std::vector<std::string> printable_characters(std::string_view line) {
  std::vector<std::string> characters;
  while (!line.empty()) {
    const std::size_t size = character_size(line);
    const auto lead = static_cast<unsigned char>(line.front());
    const bool shown = size > 0 && (lead == '\t' || (lead >= 0x20 && lead != 0x7f));
    characters.push_back(shown ? std::string(line.substr(0, size)) : "?");
    line.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return characters;
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from a to b.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), 0U);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

Diagnostics::Diagnostics(std::string file, std::string_view text, std::vector<std::string> settings)
    : file_(std::move(file)), text_(text), settings_(std::move(settings)) {}

void Diagnostics::error(const Position& at, std::string message) {
  errors_.insert({at, std::move(message)});
}

void Diagnostics::append(const std::string& report) {
  if (std::find(appended_.begin(), appended_.end(), report) == appended_.end()) {
    appended_.push_back(report);
  }
}

bool Diagnostics::Mistake::operator<(const Mistake& other) const {
  return std::tie(at.setting, at.line, at.column, message) <
         std::tie(other.at.setting, other.at.line, other.at.column, other.message);
}

std::string Diagnostics::report() const {
  std::string text;
  std::size_t shown = 0;
  for (const Mistake& mistake : errors_) {
    if (shown == most_errors_shown) {
      text += "\nand " + std::to_string(errors_.size() - shown) + " more errors";
      break;
    }
    if (shown++ > 0) text += '\n';
    text += render(mistake);
  }
  for (const std::string& other : appended_) text += (text.empty() ? "" : "\n") + other;
  return text;
}

void Diagnostics::throw_if_any() const {
  if (!empty()) throw SweepError(report());
}

std::string Diagnostics::render(const Mistake& mistake) const {
  const Position& at = mistake.at;
  if (at.setting >= 0) {
    const std::string& setting = settings_.at(static_cast<std::size_t>(at.setting));
    return "--set " + setting + ": error: " + mistake.message;
  }
  return file_ + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) +
         ": error: " + mistake.message + excerpt(at);
}

std::string Diagnostics::excerpt(const Position& at) const {
  const auto characters = printable_characters(line_of(text_, at.line));
  const auto column = static_cast<std::size_t>(std::max(at.column, 1) - 1);
  if (at.length == 0 || column > characters.size()) return "";

  const std::size_t first = column > widest_excerpt * 3 / 4 ? column - widest_excerpt / 2 : 0;
  const std::size_t last = std::min(characters.size(), first + widest_excerpt);
  std::string line = first > 0 ? "..." : "";
  std::string marks = first > 0 ? "   " : "";
  for (std::size_t i = first; i < last; ++i) line += characters[i];
  if (last < characters.size()) line += "...";
  for (std::size_t i = first; i < column; ++i) marks += characters[i] == "\t" ? '\t' : ' ';
  marks += '^';
  const std::size_t marked_end = std::min(column + static_cast<std::size_t>(at.length), last);
  for (std::size_t i = column + 1; i < marked_end; ++i) marks += '~';

  std::string number = std::to_string(at.line);
  number.insert(0, number.size() < 5 ? 5 - number.size() : 0, ' ');
  return "\n" + number + " | " + line + "\n" + std::string(number.size(), ' ') + " | " + marks;
}

std::string format_number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  std::array<char, 40> digits{};
  const double size = std::fabs(value);
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e9);
  const auto form = plain ? std::chars_format::fixed : std::chars_format::scientific;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, form);
  return {digits.data(), end.ptr};
}

std::string quoted(std::string_view text) {
  constexpr std::size_t longest = 60;
  const auto characters = printable_characters(text);
  std::string result = "\"";
  for (std::size_t i = 0; i < std::min(characters.size(), longest); ++i) {
    result += characters[i] == "\t" ? " " : characters[i];
  }
  return result + (characters.size() > longest ? "...\"" : "\"");
}

std::string simplified_name(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c == '_' || c == '-' || c == ' ') continue;
    result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

std::size_t name_distance(std::string_view a, std::string_view b) {
  return edit_distance(simplified_name(a), simplified_name(b));
}

std::string nearest_name(std::string_view name, std::span<const std::string> candidates) {
  const std::string wanted = simplified_name(name);
  if (wanted.size() > 64) return "";
  std::string best;
  std::size_t best_distance = std::numeric_limits<std::size_t>::max();
  for (const std::string& candidate : candidates) {
    const std::string given = simplified_name(candidate);
    const std::size_t distance = edit_distance(wanted, given);
    const std::size_t allowed =
        std::min(wanted.size(), given.size()) < 3
            ? 0
            : std::max<std::size_t>(1, std::max(wanted.size(), given.size()) / 3);
    if (distance <= allowed && distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string list_of(std::span<const std::string> names, std::string_view last_word) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " " + std::string(last_word) + " " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace hhsweep::io
