// SPDX-License-Identifier: MIT
#include "io/csv.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <clocale>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "io/text_file.hpp"

namespace hhsweep::io {
namespace {

namespace fs = std::filesystem;

/// What reading a CSV file of this text gave.
struct Outcome {
  std::optional<CsvTable> table;
  std::string report;  ///< with the file called cells.csv
};

/// Position of the key that names the file in a sweep file of one line.
constexpr Position named_at{1, 9, 11, -1};
constexpr std::string_view sweep_text = "table = \"cells.csv\"";

Outcome read(const std::string& text) {
  std::string pattern = (fs::temp_directory_path() / "hhsweep-XXXXXX").string();
  const fs::path folder = mkdtemp(pattern.data());
  const fs::path before = fs::current_path();
  fs::current_path(folder);
  std::ofstream("cells.csv", std::ios::binary) << text;
  Diagnostics diagnostics("sweep.toml", sweep_text, {});
  Outcome outcome;
  outcome.table = read_csv("cells.csv", named_at, diagnostics);
  outcome.report = diagnostics.report();
  fs::current_path(before);
  fs::remove_all(folder);
  return outcome;
}

using Columns = std::vector<std::vector<double>>;

TEST(Csv, IsAHeaderAndRowsOfNumbers) {
  const Outcome outcome = read("g_Na,g_K\n120,36\n100.5,-3e1\n");
  ASSERT_TRUE(outcome.table) << outcome.report;
  EXPECT_EQ(outcome.table->names, (std::vector<std::string>{"g_Na", "g_K"}));
  EXPECT_EQ(outcome.table->columns, (Columns{{120, 100.5}, {36, -30}}));
  EXPECT_EQ(outcome.table->rows(), 2U);
  EXPECT_EQ(outcome.table->path, "cells.csv");
}

TEST(Csv, LeavesOutRemarksEmptyLinesAndBlanks) {
  const Outcome outcome =
      read("# made by hand\n\n  \n a\t, b \n # remark\n 1 ,\t2\n\n+3,.5\n#4,5\n6.,7");
  ASSERT_TRUE(outcome.table) << outcome.report;
  EXPECT_EQ(outcome.table->names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(outcome.table->columns, (Columns{{1, 3, 6}, {2, 0.5, 7}}));
}

TEST(Csv, MayComeFromWindows) {
  const Outcome outcome = read(
      "\xef\xbb\xbf"
      "a,b\r\n1,2\r\n\r\n3,4\r\n");
  ASSERT_TRUE(outcome.table) << outcome.report;
  EXPECT_EQ(outcome.table->names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(outcome.table->columns, (Columns{{1, 3}, {2, 4}}));
}

TEST(Csv, MayHaveQuotesAroundItsCells) {
  const Outcome outcome = read("\"I, in uA\" , \"the \"\"b\"\"\",c\n\"1\", \" 2 \",3\n");
  ASSERT_TRUE(outcome.table) << outcome.report;
  EXPECT_EQ(outcome.table->names, (std::vector<std::string>{"I, in uA", "the \"b\"", "c"}));
  EXPECT_EQ(outcome.table->columns, (Columns{{1}, {2}, {3}}));
}

TEST(Csv, MayHaveAnIndexWithoutAName) {
  const Outcome outcome = read(",a\n0,1\n1,2\n");
  ASSERT_TRUE(outcome.table) << outcome.report;
  EXPECT_EQ(outcome.table->columns, (Columns{{0, 1}, {1, 2}}));
}

TEST(Csv, ReadsNumbersToTheLastBitInAnyLocale) {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* locale : {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8"}) {
    if (std::setlocale(LC_ALL, locale) != nullptr) break;
  }
  const Outcome outcome = read("a\n0.1\n2.2250738585072014e-308\n1.7976931348623157e308\n");
  std::setlocale(LC_ALL, before.c_str());
  ASSERT_TRUE(outcome.table) << outcome.report;
  EXPECT_EQ(outcome.table->columns[0],
            (std::vector<double>{0.1, 0x1p-1022, 0x1.fffffffffffffp1023}));
}

TEST(Csv, IsKnownByTheHashOfItsBytes) {
  // sha256sum
  const Outcome outcome = read("a\n1\n");
  ASSERT_TRUE(outcome.table);
  EXPECT_EQ(outcome.table->sha256,
            "309b0e45a73d3fc5325e2b6ed0a01ef8b9cde6b05a5633c1f893f970d52bfddc");
  EXPECT_NE(read("a\r\n1\r\n").table->sha256, outcome.table->sha256);
}

struct BadFile {
  std::string text;
  std::string report;
};

TEST(Csv, ReportsItsMistakesWordForWord) {
  const BadFile files[] = {
      {"a,b\n1,\n",
       "cells.csv:2:3: error: an empty cell in column \"b\"\n    2 | 1,\n"
       "      |   ^"},
      {"a,b\n1, x\n",
       "cells.csv:2:4: error: column \"b\": \"x\" is not a number\n"
       "    2 | 1, x\n      |    ^"},
      {"\xc3\xa4,b\n\"1\",nan\n",
       "cells.csv:2:5: error: column \"b\": \"nan\" is not a finite number within float64\n"
       "    2 | \"1\",nan\n      |     ^~~"},
      {"a\n1e999\n",
       "cells.csv:2:1: error: column \"a\": \"1e999\" is not a finite number within float64\n"
       "    2 | 1e999\n      | ^~~~~"},
      {"a\n1e-400\n",
       "cells.csv:2:1: error: column \"a\": \"1e-400\" is not a finite number within float64\n    "
       "2 | 1e-400\n      | ^~~~~~"},
      {"a\n-inf\n",
       "cells.csv:2:1: error: column \"a\": \"-inf\" is not a finite number within float64\n"
       "    2 | -inf\n      | ^~~~"},
      {"a\n0x10\n",
       "cells.csv:2:1: error: column \"a\": \"0x10\" is not a number\n"
       "    2 | 0x10\n      | ^~~~"},
      {",a\nx,1\n",
       "cells.csv:2:1: error: column 1: \"x\" is not a number\n"
       "    2 | x,1\n      | ^"},
      {"a,b\n1,2\n3\n",
       "cells.csv:3:1: error: 1 cell, but the header has 2\n"
       "    3 | 3\n      | ^"},
      {"a,b\n1,5,2\n",
       "cells.csv:2:1: error: 3 cells, but the header has 2\n"
       "    2 | 1,5,2\n      | ^~~~~"},
      {"a;b\n1;2\n",
       "cells.csv:2:1: error: column \"a;b\": \"1;2\" is not a number "
       "(cells are separated by commas)\n    2 | 1;2\n      | ^~~"},
      {"a\tb\n1,5\t2\n",
       "cells.csv:2:1: error: 2 cells, but the header has 1 "
       "(cells are separated by commas)\n    2 | 1,5\t2\n      | ^~~~~"},
      {"a,b,a\n1,2,3\n",
       "cells.csv:1:5: error: a second column \"a\" (the first is column 1); "
       "rename one of them\n    1 | a,b,a\n      |     ^"},
      {"# a,b\n1,2\n3,4\n",
       "cells.csv:2:1: error: no header (the first line that does not begin with # must name the "
       "columns, as in \"g_Na,g_K\")\n    2 | 1,2\n      | ^~~"},
      {"a\n\"1\n",
       "cells.csv:2:1: error: a cell that begins with a quote must end with one\n"
       "    2 | \"1\n      | ^~"},
      {"a,b\n\"1\"2,3\n",
       "cells.csv:2:1: error: a cell that begins with a quote must end with "
       "one\n    2 | \"1\"2,3\n      | ^~~~"},
      {"",
       "cells.csv:1:1: error: the file is empty (it needs a line with the names of its "
       "columns, then numbers)"},
      {"# only this\n\n",
       "cells.csv:1:1: error: the file is empty (it needs a line with the names "
       "of its columns, then numbers)"},
      {"a,b\n", "cells.csv:1:1: error: no rows after the header"},
      {std::string("a\n1\n\0", 5),
       "cells.csv:3:1: error: this is not a text file (byte 4 is "
       "zero); is this the right file?"},
      {"a\r1\r2\r",
       "cells.csv:1:1: error: lines end in a lone carriage return; write them with a "
       "line feed"},
  };
  for (const BadFile& file : files) {
    const Outcome outcome = read(file.text);
    EXPECT_FALSE(outcome.table) << file.text;
    EXPECT_EQ(outcome.report, file.report);
  }
}

TEST(Csv, ReportsTheFirstTenOfManyMistakes) {
  std::string text = "a,b\n";
  for (int i = 0; i < 1000; ++i) text += "1,x\n";
  const std::string report = read(text).report;
  EXPECT_NE(report.find("cells.csv:11:3: error"), std::string::npos) << report;
  EXPECT_EQ(report.find("cells.csv:12:3: error"), std::string::npos) << report;
  EXPECT_TRUE(report.ends_with("\nand 990 more errors in cells.csv")) << report;
}

TEST(Csv, ThatIsMissingIsAMistakeWhereItIsNamed) {
  for (const auto& [path, reason] :
       {std::pair{"/nowhere/cells.csv", "cannot be read (No such file or directory)"},
        std::pair{"/tmp", "is a directory"}}) {
    Diagnostics diagnostics("sweep.toml", sweep_text, {});
    EXPECT_FALSE(read_csv(path, named_at, diagnostics));
    EXPECT_EQ(diagnostics.report(), "sweep.toml:1:9: error: " + std::string(path) + ": " + reason +
                                        "\n    1 | table = \"cells.csv\"\n"
                                        "      |         ^~~~~~~~~~~");
  }
}

TEST(Csv, LiesBesideTheSweepFile) {
  EXPECT_EQ(path_beside("sweep.toml", "cells.csv"), "cells.csv");
  EXPECT_EQ(path_beside("some/sweep.toml", "data/cells.csv"), "some/data/cells.csv");
  EXPECT_EQ(path_beside("some/sweep.toml", "/data/cells.csv"), "/data/cells.csv");
}

TEST(Csv, ColumnsAreFoundByNameOrNumber) {
  const auto table = read("g_Na,2,g_K\n1,2,3\n").table;
  ASSERT_TRUE(table);
  Diagnostics diagnostics("sweep.toml", sweep_text, {});
  const auto find = [&](const std::string& text) {
    return find_column(*table, parse_value(text).value, "column", diagnostics);
  };
  EXPECT_EQ(find("\"g_K\""), 2U);
  EXPECT_EQ(find("\"2\""), 1U);
  EXPECT_EQ(find("1"), 0U);
  EXPECT_EQ(find("3.0"), 2U);
  EXPECT_TRUE(diagnostics.empty()) << diagnostics.report();
}

TEST(Csv, ColumnsThatItLacksAreMistakes) {
  const auto table = read("g_Na,g_K\n1,3\n").table;
  ASSERT_TRUE(table);
  const auto problem = [&](const std::string& text) {
    Diagnostics diagnostics("sweep.toml", sweep_text, {});
    EXPECT_FALSE(find_column(*table, parse_value(text).value, "column", diagnostics));
    return diagnostics.report();
  };
  EXPECT_NE(problem("\"gna\"").find("cells.csv has no column \"gna\"; did you mean \"g_Na\"?"),
            std::string::npos);
  EXPECT_NE(problem("\"current\"").find("; there is \"g_Na\" and \"g_K\""), std::string::npos);
  EXPECT_NE(problem("3").find("column = 3, but cells.csv has 2 columns"), std::string::npos);
  EXPECT_NE(problem("0").find("a whole number of at least 1"), std::string::npos);
  EXPECT_NE(problem("true").find("a column's name in quotes or its number from 1, not true"),
            std::string::npos);
}

TEST(Csv, KnowsWhereItsCellsStand) {
  const auto table = read("# remark\na,\xc3\xa4\n\n1, 2\n#\n\"3\", 45\n").table;
  ASSERT_TRUE(table);
  const Position at = place_of_cell(*table, 1, 1);
  EXPECT_EQ(at.line, 6);
  EXPECT_EQ(at.column, 6);
  EXPECT_EQ(at.length, 2);
}

}  // namespace
}  // namespace hhsweep::io
