// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "diagnostics.hpp"
#include "sweep_document.hpp"

namespace hhsweep::io {

/// Numbers of a CSV file: a header with the names of the columns, then rows of as many finite
/// numbers, separated by commas. Empty lines and lines that begin with # count for nothing.
struct CsvTable {
  std::string path;                          ///< as messages name it
  std::string sha256;                        ///< of the file's bytes
  std::string text;                          ///< the file without a byte order mark
  std::vector<std::string> names;            ///< of the columns; no two equal but for ""
  std::vector<std::vector<double>> columns;  ///< one a name, all of the same length, at least 1

  [[nodiscard]] std::size_t rows() const { return columns.front().size(); }
};

/// Reads a CSV file. Nothing when something is wrong with it, which is noted: mistakes in it at
/// their own lines, the first ten of them; that it cannot be read at `named_at` in the sweep file.
std::optional<CsvTable> read_csv(const std::string& path, const Position& named_at,
                                 Diagnostics& diagnostics);

/// The column that `column` means, a name or a number from 1; nothing when there is none or it is
/// neither, which is noted as a mistake of `what`, the path of the key.
std::optional<std::size_t> find_column(const CsvTable& table, const Node& column,
                                       const std::string& what, Diagnostics& diagnostics);

/// Where a cell stands in its file; rows and columns from 0.
Position place_of_cell(const CsvTable& table, std::size_t row, std::size_t column);

}  // namespace hhsweep::io
