// SPDX-License-Identifier: MIT
#include <string>
#include <utility>

#include "csv.hpp"
#include "sweep_axis.hpp"
#include "sweep_names.hpp"
#include "text_file.hpp"

namespace hhsweep::io {
namespace {

constexpr const char* example = "{ parameter = ..., column = ... }";

bool read_column(const AxisTable& table, const TableReader& source, const AxisDraft& axis,
                 EntryDraft& entry) {
  source.expect_keys(keys_of("axis.columns"));
  entry.form = "table";
  entry.form_node = source.value("column");
  if (entry.form_node == nullptr) {
    if (!source.has_misspelt("column", keys_of("axis.columns"))) {
      table.error(source.at(""),
                  "no column (a name in the header of the file, or a number from 1)");
    }
    return false;
  }
  if (!axis.csv) return false;
  const auto column =
      find_column(*axis.csv, *entry.form_node, table.label() + ": column", table.draft.diagnostics);
  if (!column) return false;
  entry.column = *column;
  entry.values = axis.csv->columns[*column];
  entry.source.form = SourceForm::table;
  entry.source.count = axis.csv->rows();
  return true;
}

}  // namespace

void read_columns(const AxisTable& table, AxisDraft& axis) {
  if (const auto file = table.table.file_name("table")) {
    axis.file = *file;
    const std::string path = path_beside(table.draft.sweep.path, *file);
    axis.csv = read_csv(path, table.table.at("table"), table.draft.diagnostics);
    table.draft.sweep.csv_files.push_back(path);
  }
  if (!table.table.has("columns")) {
    if (table.table.has_misspelt("columns", keys_of("axis"))) return;
    table.error(table.table.key_at("table"),
                "table has no columns (which column sets which parameter; write columns = [" +
                    std::string(example) + ", ...])");
    return;
  }
  table.read_entries("columns", example, axis, [&](const TableReader& source, EntryDraft& entry) {
    return read_column(table, source, axis, entry);
  });
  if (axis.csv) axis.length = axis.csv->rows();
}

}  // namespace hhsweep::io
