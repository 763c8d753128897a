// SPDX-License-Identifier: MIT
// The parts of the program that its runs (python/cli_test.py) do not reach quickly.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <regex>
#include <string>
#include <vector>

#include "cli/chunk_text.hpp"
#include "cli/progress.hpp"
#include "cli/shard_option.hpp"
#include "cli/text.hpp"
#include "hhsweep/error.hpp"

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

// --shard

using Environment = std::vector<std::pair<const char*, const char*>>;

constexpr const char* shard_variables[] = {"SLURM_ARRAY_TASK_ID",
                                           "SLURM_ARRAY_TASK_MIN",
                                           "SLURM_ARRAY_TASK_MAX",
                                           "SLURM_ARRAY_TASK_STEP",
                                           "SLURM_ARRAY_TASK_COUNT",
                                           "SLURM_JOB_ID",
                                           "SLURM_STEP_ID",
                                           "SLURM_STEP_NUM_TASKS",
                                           "SLURM_PROCID",
                                           "SLURM_NTASKS",
                                           "OMPI_COMM_WORLD_RANK",
                                           "OMPI_COMM_WORLD_SIZE",
                                           "PMI_RANK",
                                           "PMI_SIZE"};

/// The shard, or the message, that `auto` gives with these variables and no others.
std::string shard_in(const Environment& environment) {
  for (const char* name : shard_variables) ::unsetenv(name);
  for (const auto& [name, value] : environment) ::setenv(name, value, 1);
  std::string text;
  try {
    text = parse_shard("auto").text();
  } catch (const UsageError& error) {
    text = error.what();
  }
  for (const char* name : shard_variables) ::unsetenv(name);
  return text;
}

TEST(Shard, IsNumberedFromOne) {
  EXPECT_EQ(parse_shard("").text(), "1/1");
  EXPECT_EQ(parse_shard("1/4").index, 0u);
  EXPECT_EQ(parse_shard("4/4").text(), "4/4");
  for (const char* wrong : {"0/4", "5/4", "1", "/4", "1/", "a/b", "1/4 ", "1.0/4", "1/99999999"}) {
    EXPECT_THROW(parse_shard(wrong), UsageError) << wrong;
  }
}

TEST(Shard, IsThePlaceInAJobArrayOfSlurm) {
  Environment array = {{"SLURM_ARRAY_TASK_ID", "5"},
                       {"SLURM_ARRAY_TASK_MIN", "3"},
                       {"SLURM_ARRAY_TASK_MAX", "9"},
                       {"SLURM_ARRAY_TASK_STEP", "2"},
                       {"SLURM_ARRAY_TASK_COUNT", "4"}};
  EXPECT_EQ(shard_in(array), "2/4");
  // What a batch script has besides, whatever number of tasks it may start.
  for (const auto& more :
       Environment{{"SLURM_JOB_ID", "77"}, {"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}}) {
    array.push_back(more);
  }
  EXPECT_EQ(shard_in(array), "2/4");
  array[0].second = "3";
  EXPECT_EQ(shard_in(array), "1/4");
  array[0].second = "9";
  EXPECT_EQ(shard_in(array), "4/4");
  array[0].second = "4";
  EXPECT_NE(shard_in(array).find("are not numbered evenly"), std::string::npos);
  array[0].second = "x";
  EXPECT_NE(shard_in(array).find("SLURM_ARRAY_TASK_ID is 'x'"), std::string::npos);
}

TEST(Shard, IsNotGuessedForAnUnevenArray) {
  const Environment uneven = {{"SLURM_ARRAY_TASK_ID", "7"},
                              {"SLURM_ARRAY_TASK_MIN", "1"},
                              {"SLURM_ARRAY_TASK_MAX", "7"},
                              {"SLURM_ARRAY_TASK_STEP", "1"},
                              {"SLURM_ARRAY_TASK_COUNT", "3"}};
  EXPECT_NE(shard_in(uneven).find("are not numbered evenly"), std::string::npos);
}

TEST(Shard, IsTheRankOfALauncher) {
  EXPECT_EQ(shard_in({{"SLURM_PROCID", "2"}, {"SLURM_NTASKS", "4"}}), "3/4");
  EXPECT_EQ(shard_in({{"SLURM_JOB_ID", "7"},
                      {"SLURM_STEP_ID", "0"},
                      {"SLURM_PROCID", "1"},
                      {"SLURM_STEP_NUM_TASKS", "2"},
                      {"SLURM_NTASKS", "8"}}),
            "2/2");
  EXPECT_EQ(shard_in({{"OMPI_COMM_WORLD_RANK", "0"}, {"OMPI_COMM_WORLD_SIZE", "3"}}), "1/3");
  EXPECT_EQ(shard_in({{"PMI_RANK", "2"}, {"PMI_SIZE", "3"}}), "3/3");
  // mpirun within a Slurm job: the daemons' variables are still there.
  EXPECT_EQ(shard_in({{"SLURM_JOB_ID", "7"},
                      {"SLURM_STEP_ID", "0"},
                      {"SLURM_PROCID", "0"},
                      {"SLURM_NTASKS", "1"},
                      {"OMPI_COMM_WORLD_RANK", "5"},
                      {"OMPI_COMM_WORLD_SIZE", "6"}}),
            "6/6");
}

TEST(Shard, IsTheRankWithinTheTaskOfAnArray) {
  EXPECT_EQ(shard_in({{"SLURM_ARRAY_TASK_ID", "2"},
                      {"SLURM_ARRAY_TASK_MIN", "1"},
                      {"SLURM_ARRAY_TASK_COUNT", "3"},
                      {"OMPI_COMM_WORLD_RANK", "1"},
                      {"OMPI_COMM_WORLD_SIZE", "4"}}),
            "6/12");
}

TEST(Shard, IsAnErrorWhereNothingSaysIt) {
  EXPECT_NE(shard_in({}).find("give --shard i/n"), std::string::npos);
  EXPECT_NE(shard_in({{"SLURM_JOB_ID", "7"}, {"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}})
                .find("nor started by srun"),
            std::string::npos);
  EXPECT_NE(shard_in({{"PMI_RANK", "1"}}).find("PMI_SIZE is not"), std::string::npos);
  EXPECT_NE(shard_in({{"PMI_RANK", "4"}, {"PMI_SIZE", "4"}}).find("PMI_RANK is 4"),
            std::string::npos);
}

TEST(Chunks, AreListedAsRanges) {
  const ChunkPlan plan{1000, 100, 10};
  EXPECT_EQ(chunks_text({9}, plan), "1 of 10 chunks (number 9; 100 neurons)");
  EXPECT_EQ(chunks_text({0, 1, 2, 5, 7, 8}, plan),
            "6 of 10 chunks (numbers 0 to 2, 5, 7 to 8; 600 neurons)");
  std::vector<std::uint64_t> even;
  for (std::uint64_t c = 0; c < 40; c += 2) even.push_back(c);
  EXPECT_EQ(chunks_text(even, {4000, 100, 40}),
            "20 of 40 chunks (numbers 0, 2, 4, 6, 8, 10, 12, 14, ...; 2 000 neurons)");
}

TEST(Chunks, AreCountedInWords) {
  EXPECT_EQ(there_text({.all = 8, .there = 3}), "3 of 8 chunks are there already");
  EXPECT_EQ(there_text({.all = 8, .there = 1, .begun = 2, .of_whom = " of shard 2/4"}),
            "1 of 8 chunks of shard 2/4 is there already, and the state of 2 chunks under way");
  EXPECT_EQ(there_text({.all = 1, .there = 1}), "1 of 1 chunk is there already");
  EXPECT_EQ(there_text({.all = 1, .begun = 1}),
            "no chunk is there yet, but the state of 1 chunk under way");
  EXPECT_EQ(there_text({.all = 4, .of_whom = " of shard 1/2"}),
            "no chunk of shard 1/2 is there yet");
  EXPECT_EQ(reached_text({.all = 1}), "before the first chunk was through");
  EXPECT_EQ(reached_text({.all = 4, .of_whom = " of shard 1/2"}),
            "before the first chunk of shard 1/2 was through");
  EXPECT_EQ(reached_text({.all = 4096, .there = 1024}), "after 1 024 of 4 096 chunks");
}

TEST(Text, AnArgumentIsQuotedForAShellWhereItNeedsTo) {
  EXPECT_EQ(shell_quoted("model.g_K=40"), "model.g_K=40");
  EXPECT_EQ(shell_quoted("axis.I.values=[1, 2]"), "'axis.I.values=[1, 2]'");
  EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_quoted(""), "''");
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
