// SPDX-License-Identifier: MIT
#include "csv.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <system_error>
#include <utility>

#include "hhsweep/content_hash.hpp"
#include "hhsweep/error.hpp"
#include "sweep_table.hpp"
#include "text_file.hpp"

namespace hhsweep::io {
namespace {

constexpr std::uintmax_t largest_file = std::uintmax_t{2} << 30;
constexpr std::size_t most_mistakes_shown = 10;
constexpr std::size_t most_names_listed = 20;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::string_view blanks = " \t";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return text.substr(0, 0);
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Characters of UTF-8 text.
int characters(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

/// The lines of a text that hold something, one after the other.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  /// Moves to the next line that is neither empty nor a remark; false at the end.
  bool next() {
    while (!rest_.empty()) {
      const auto end = rest_.find('\n');
      line_ = rest_.substr(0, end);
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
      ++number_;
      if (line_.ends_with('\r')) line_.remove_suffix(1);
      const std::string_view content = trimmed(line_);
      if (!content.empty() && content.front() != '#') return true;
    }
    return false;
  }

  [[nodiscard]] std::string_view line() const { return line_; }
  [[nodiscard]] int number() const { return number_; }

  /// The place of a part of this line.
  [[nodiscard]] Position place(std::string_view part) const {
    Position at;
    at.line = number_;
    at.column =
        1 + characters(line_.substr(0, static_cast<std::size_t>(part.data() - line_.data())));
    at.length = std::max(1, characters(part));
    return at;
  }

 private:
  std::string_view rest_, line_;
  int number_ = 0;
};

/// One cell of a line: its text, without blanks around it and without quotes.
struct Cell {
  std::string_view text;
  bool closed = true;  ///< a cell in quotes ends with one, and nothing follows it
};

/// Splits a line at its commas; those in a cell that begins with a quote belong to it.
void split(std::string_view line, std::vector<Cell>& cells) {
  cells.clear();
  while (true) {
    const auto first = line.find_first_not_of(blanks);
    const bool in_quotes = first != std::string_view::npos && line[first] == '"';
    auto from = std::size_t{0};
    if (in_quotes) {
      from = line.find('"', first + 1);
      while (from != std::string_view::npos && line.substr(from + 1).starts_with('"')) {
        from = line.find('"', from + 2);
      }
    }
    const auto comma = from == std::string_view::npos ? from : line.find(',', from);
    Cell cell{trimmed(line.substr(0, comma)), true};
    if (in_quotes) {
      cell.closed = from != std::string_view::npos && cell.text.size() > 1 &&
                    cell.text.data() + cell.text.size() == line.data() + from + 1;
      if (cell.closed) cell.text = trimmed(cell.text.substr(1, cell.text.size() - 2));
    }
    cells.push_back(cell);
    if (comma == std::string_view::npos) return;
    line.remove_prefix(comma + 1);
  }
}

std::string without_doubled_quotes(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    result += text[i];
    if (text.substr(i).starts_with("\"\"")) ++i;
  }
  return result;
}

/// The number that all of `text` is, whatever the locale; infinite when float64 has none such.
std::optional<double> parse_number(std::string_view text) {
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || failure == std::errc::invalid_argument) {
    return std::nullopt;
  }
  if (failure == std::errc::result_out_of_range) return HUGE_VAL;
  return value;
}

bool looks_like_numbers(const std::vector<Cell>& cells) {
  return std::all_of(cells.begin(), cells.end(),
                     [](const Cell& cell) { return parse_number(cell.text).has_value(); });
}

std::string column_label(const CsvTable& table, std::size_t column) {
  const std::string& name = table.names[column];
  return name.empty() ? "column " + std::to_string(column + 1) : "column " + quoted(name);
}

class CsvReader {
 public:
  explicit CsvReader(CsvTable& table)
      : table_(table), diagnostics_(table.path, table.text, {}), lines_(table.text) {}

  void read() {
    if (!is_text() || !read_header()) return;
    while (lines_.next()) read_row();
    if (table_.rows() > 0 || mistakes_ > 0) return;
    diagnostics_.error({}, "no rows after the header");
    ++mistakes_;
  }

  /// All mistakes; "" when there are none.
  [[nodiscard]] std::string report() const {
    std::string text = diagnostics_.report();
    if (mistakes_ <= most_mistakes_shown) return text;
    return text + "\nand " + std::to_string(mistakes_ - most_mistakes_shown) + " more errors in " +
           table_.path;
  }

 private:
  void error(const Position& at, const std::string& message) {
    if (++mistakes_ <= most_mistakes_shown) diagnostics_.error(at, message);
  }

  bool is_text() {
    const std::string& text = table_.text;
    if (const auto zero = text.find('\0'); zero != std::string::npos) {
      Position at;
      at.line = 1 + static_cast<int>(std::count(
                        text.begin(), text.begin() + static_cast<std::ptrdiff_t>(zero), '\n'));
      error(at, "this is not a text file (byte " + std::to_string(zero) +
                    " is zero); is this the right file?");
    } else if (text.find('\n') == std::string::npos && text.find('\r') != std::string::npos) {
      error({}, "lines end in a lone carriage return; write them with a line feed");
    }
    return mistakes_ == 0;
  }

  bool read_header() {
    if (!lines_.next()) {
      error({}, "the file is empty (it needs a line with the names of its columns, then numbers)");
      return false;
    }
    split(lines_.line(), cells_);
    if (looks_like_numbers(cells_)) {
      error(lines_.place(trimmed(lines_.line())),
            "no header (the first line that does not begin with # must name the columns, as in "
            "\"g_Na,g_K\")");
      return false;
    }
    for (const Cell& cell : cells_) add_column(cell);
    return true;
  }

  void add_column(const Cell& cell) {
    if (!cell.closed) report_open_quote(cell);
    std::string name = without_doubled_quotes(cell.text);
    const auto same = std::find(table_.names.begin(), table_.names.end(), name);
    if (same != table_.names.end() && !name.empty()) {
      error(lines_.place(cell.text), "a second column " + quoted(name) + " (the first is column " +
                                         std::to_string(same - table_.names.begin() + 1) +
                                         "); rename one of them");
    }
    table_.names.push_back(std::move(name));
    table_.columns.emplace_back();
  }

  void read_row() {
    split(lines_.line(), cells_);
    if (cells_.size() != table_.names.size()) {
      report_width();
      return;
    }
    for (std::size_t c = 0; c < cells_.size(); ++c) {
      const auto number = parse_number(cells_[c].text);
      if (number && std::isfinite(*number) && cells_[c].closed) {
        table_.columns[c].push_back(*number);
      } else {
        report_cell(c, number.has_value());
      }
    }
  }

  void report_width() {
    const std::size_t cells = cells_.size();
    const std::size_t names = table_.names.size();
    std::string message = std::to_string(cells) + (cells == 1 ? " cell" : " cells") +
                          ", but the header has " + std::to_string(names);
    const bool other_separator =
        (names == 1 || cells == 1) && lines_.line().find_first_of(";\t") != std::string_view::npos;
    if (other_separator) message += " (cells are separated by commas)";
    error(lines_.place(trimmed(lines_.line())), message);
  }

  void report_cell(std::size_t c, bool is_number) {
    const Cell& cell = cells_[c];
    const Position at = lines_.place(cell.text);
    const std::string label = column_label(table_, c);
    if (!cell.closed) {
      report_open_quote(cell);
    } else if (cell.text.empty()) {
      error(at, "an empty cell in " + label);
    } else if (is_number) {
      error(at, label + ": " + quoted(cell.text) + " is not a finite number within float64");
    } else {
      const bool separated = cell.text.find_first_of(";\t") != std::string_view::npos;
      error(at, label + ": " + quoted(cell.text) + " is not a number" +
                    (separated ? " (cells are separated by commas)" : ""));
    }
  }

  void report_open_quote(const Cell& cell) {
    error(lines_.place(cell.text), "a cell that begins with a quote must end with one");
  }

  CsvTable& table_;
  Diagnostics diagnostics_;
  Lines lines_;
  std::vector<Cell> cells_;
  std::size_t mistakes_ = 0;
};

std::string known_columns(const CsvTable& table) {
  std::vector<std::string> names;
  for (const std::string& name : table.names) {
    if (!name.empty()) names.push_back(quoted(name));
  }
  if (names.size() > most_names_listed) {
    const std::string others = std::to_string(names.size() - most_names_listed) + " others";
    names.resize(most_names_listed);
    names.push_back(others);
  }
  return list_of(names, "and");
}

}  // namespace

std::optional<CsvTable> read_csv(const std::string& path, const Position& named_at,
                                 Diagnostics& diagnostics) {
  CsvTable table;
  table.path = path;
  try {
    auto text = read_text_file(path, largest_file);
    if (!text) throw IoError(path + ": is larger than 2 GiB");
    table.text = *std::move(text);
  } catch (const IoError& error) {
    diagnostics.error(named_at, error.what());
    return std::nullopt;
  }
  Sha256 sha;
  sha.update(table.text);
  table.sha256 = sha.hex_digest();
  if (table.text.starts_with(byte_order_mark)) table.text.erase(0, byte_order_mark.size());

  CsvReader reader(table);
  reader.read();
  const std::string report = reader.report();
  if (report.empty()) return table;
  diagnostics.append(report);
  return std::nullopt;
}

std::optional<std::size_t> find_column(const CsvTable& table, const Node& column,
                                       const std::string& what, Diagnostics& diagnostics) {
  const bool is_number = column.type == Node::Type::integer || column.type == Node::Type::number;
  if (is_number) {
    const auto number = whole_number(column, what, 1, diagnostics);
    if (!number) return std::nullopt;
    const auto columns = static_cast<std::int64_t>(table.names.size());
    if (*number <= columns) return static_cast<std::size_t>(*number) - 1;
    diagnostics.error(column.at, what + " = " + std::to_string(*number) + ", but " + table.path +
                                     " has " + std::to_string(columns) +
                                     (columns == 1 ? " column" : " columns"));
    return std::nullopt;
  }
  if (column.type != Node::Type::text || column.text.empty()) {
    diagnostics.error(column.at, what +
                                     " must be a column's name in quotes or its number from 1, "
                                     "not " +
                                     describe(column));
    return std::nullopt;
  }
  const auto found = std::find(table.names.begin(), table.names.end(), column.text);
  if (found != table.names.end()) return static_cast<std::size_t>(found - table.names.begin());
  std::string message = table.path + " has no column " + quoted(column.text);
  const std::string meant = nearest_name(column.text, table.names);
  message += meant.empty() ? "; there is " + known_columns(table)
                           : "; did you mean " + quoted(meant) + "?";
  diagnostics.error(column.at, message);
  return std::nullopt;
}

Position place_of_cell(const CsvTable& table, std::size_t row, std::size_t column) {
  Lines lines(table.text);
  lines.next();
  for (std::size_t i = 0; i <= row; ++i) lines.next();
  std::vector<Cell> cells;
  split(lines.line(), cells);
  return lines.place(cells.at(column).text);
}

}  // namespace hhsweep::io
