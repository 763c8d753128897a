// SPDX-License-Identifier: MIT
// The parts of the program that its runs (python/cli_test.py) do not reach quickly.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <regex>
#include <string>
#include <vector>

#include "cli/progress.hpp"
#include "cli/text.hpp"

namespace hhsweep::cli {
namespace {

/// What `display` writes for progress at these elapsed times of a run of 1000 s.
std::string shown(ProgressStyle style, const std::vector<double>& times_s) {
  std::FILE* stream = std::tmpfile();
  {
    ProgressDisplay display(style, stream);
    for (const double time : times_s) display.update({time * 1e6, 1e9, time});
  }
  std::string text(static_cast<std::size_t>(std::ftell(stream)), '\0');
  std::rewind(stream);
  const std::size_t read = std::fread(text.data(), 1, text.size(), stream);
  std::fclose(stream);
  EXPECT_EQ(read, text.size());
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

TEST(Progress, IsATimeStampedLineAfterTenSecondsAndThenWithGrowingGaps) {
  std::vector<double> times;
  for (int second = 0; second <= 1000; ++second) times.push_back(second);
  const std::vector<std::string> lines = lines_of(shown(ProgressStyle::log, times));
  const std::regex expected(
      R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d hhsweep: \d+ %, 1 million neuron-steps/s.*)");
  for (const std::string& line : lines) EXPECT_TRUE(std::regex_match(line, expected)) << line;
  // 10, 20, 40, ... 640 s; the next would come 600 s later.
  EXPECT_EQ(lines.size(), 7u);
}

TEST(Progress, SaysNothingInAShortRunThatIsNotOnATerminal) {
  EXPECT_EQ(shown(ProgressStyle::log, {0, 1, 5, 9.9}), "");
}

TEST(Progress, SaysNothingWhenQuiet) {
  EXPECT_EQ(shown(ProgressStyle::none, {0, 10, 100, 1000}), "");
}

TEST(Progress, RewritesOneLineOnATerminalAndRemovesItAtTheEnd) {
  const std::string text = shown(ProgressStyle::line, {0.05, 0.2, 0.21, 500});
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(text,
            "\r\033[K0 %, 1 million neuron-steps/s, about 16 min 40 s left"
            "\r\033[K50 %, 1 million neuron-steps/s, about 8 min 20 s left"
            "\r\033[K");
}

TEST(Progress, IsSilentAboutARateItDoesNotKnow) {
  EXPECT_EQ(progress_text({0, 1e9, 5}), "0 %");
  EXPECT_EQ(progress_text({0, 0, 0}), "0 %");
  EXPECT_EQ(progress_text({1e9, 1e9, 5}), "100 %, 200 million neuron-steps/s");
}

TEST(Text, NumbersReadBackAsThemselves) {
  for (const double value :
       {0.1, 1.0 / 3, -54.387000012713244, 1e-300, 5e-324, 1.7976931348623157e308}) {
    EXPECT_EQ(std::strtod(number(value).c_str(), nullptr), value);
  }
  EXPECT_EQ(number(0.01), "0.01");
  EXPECT_EQ(rounded(std::nan("")), "-");
}

TEST(Text, QuantitiesAreRoundedForReading) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1 000");
  EXPECT_EQ(grouped(1099511627776), "1 099 511 627 776");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(999.6), "1.0 kB");
  EXPECT_EQ(bytes_text(9.94e6), "9.9 MB");
  EXPECT_EQ(bytes_text(999.4e9), "999 GB");
  EXPECT_EQ(bytes_text(2e16), "20000 TB");
  EXPECT_EQ(duration_text(0.0004), "0.4 ms");
  EXPECT_EQ(duration_text(0.05), "50 ms");
  EXPECT_EQ(duration_text(1.234), "1.23 s");
  EXPECT_EQ(duration_text(119.4), "119 s");
  EXPECT_EQ(duration_text(119.6), "2 min 0 s");
  EXPECT_EQ(duration_text(7200), "2 h 0 min");
  EXPECT_EQ(duration_text(86400 * 3.5), "3.5 days");
  EXPECT_EQ(rate_text(171.23e6), "171.2 million");
  EXPECT_EQ(rate_text(78e9), "78 billion");
  EXPECT_EQ(plural(1, "chunk"), "1 chunk");
  EXPECT_EQ(plural(2, "chunk"), "2 chunks");
}

TEST(Text, TheNearestWordIsSuggestedAndAFarOneIsNot) {
  const std::vector<std::string> words = {"run", "plan", "show", "devices"};
  EXPECT_EQ(nearest("rnu", words), "run");
  EXPECT_EQ(nearest("plam", words), "plan");
  EXPECT_EQ(nearest("device", words), "devices");
  EXPECT_EQ(nearest("dev", words), "devices");
  EXPECT_EQ(nearest("simulate", words), std::nullopt);
  EXPECT_EQ(nearest("x", words), std::nullopt);
  EXPECT_EQ(nearest("", words), std::nullopt);
}

TEST(Text, ColumnsOfATableAlign) {
  Table left;
  left.add({"a", "bbb", "c"});
  left.add({"aaaa", "b", ""});
  EXPECT_EQ(left.text(" "), " a     bbb  c\n aaaa  b\n");
  Table right(true);
  right.add({"I", "count"});
  right.add({"10", "3"});
  EXPECT_EQ(right.text(), "I   count\n10      3\n");
}

}  // namespace
}  // namespace hhsweep::cli
