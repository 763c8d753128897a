// SPDX-License-Identifier: MIT
// The search by itself, against events that are known functions of the value.
#include "threshold_search.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "hhsweep/math.hpp"

namespace hhsweep {
namespace {

using Answer = ThresholdSearch::Answer;
using Event = std::function<Answer(double)>;

Answer yes_if(bool event) { return event ? Answer::yes : Answer::no; }

struct Outcome {
  Results results;
  std::vector<double> recorded;
  int runs = 0;
  std::vector<int> asked;  ///< for each neuron how often
};

/// Searches all events in lock-step.
Outcome searched(const SearchSettings& settings, const std::vector<Event>& events) {
  ThresholdSearch search(settings, events.size());
  Outcome out;
  out.asked.assign(events.size(), 0);
  while (!search.done()) {
    std::vector<Answer> answers;
    for (std::size_t i = 0; i < events.size(); ++i) {
      const double value = search.values()[i];
      const bool left_out = std::isnan(value);
      if (!left_out) {
        EXPECT_GE(value, settings.low);
        EXPECT_LE(value, settings.high);
        ++out.asked[i];
      }
      answers.push_back(left_out ? Answer::no : events[i](value));
    }
    search.tell(answers);
    ++out.runs;
  }
  out.recorded = search.finish(out.results);
  return out;
}

Event above(double threshold) {
  return [=](double x) { return yes_if(x >= threshold); };
}
Event below(double threshold) {
  return [=](double x) { return yes_if(x < threshold); };
}

constexpr SearchSettings to_200{.low = 0, .high = 200, .tolerance = 1e-6};

TEST(ThresholdSearch, FindsWhereTheEventSwitchesOn) {
  const Outcome out = searched(to_200, {above(65.1274246391)});
  EXPECT_EQ(out.results.threshold_status[0], ThresholdStatus::found);
  EXPECT_LT(out.results.threshold_lower[0], 65.1274246391);
  EXPECT_GE(out.results.threshold_upper[0], 65.1274246391);
  EXPECT_LE(out.results.threshold_upper[0] - out.results.threshold_lower[0], 1e-6);
  EXPECT_EQ(out.results.threshold[0],
            0.5 * (out.results.threshold_lower[0] + out.results.threshold_upper[0]));
  EXPECT_EQ(out.recorded[0], out.results.threshold_upper[0]) << "where the event holds";
}

TEST(ThresholdSearch, FindsWhereTheEventSwitchesOffWhenItHoldsAtTheLowerEnd) {
  const Outcome out = searched(to_200, {below(17.978058)});
  EXPECT_EQ(out.results.threshold_status[0], ThresholdStatus::found);
  EXPECT_LT(out.results.threshold_lower[0], 17.978058);
  EXPECT_GE(out.results.threshold_upper[0], 17.978058);
  EXPECT_EQ(out.recorded[0], out.results.threshold_lower[0]) << "where the event holds";
}

TEST(ThresholdSearch, TakesTheSameRoundsForAllNeurons) {
  const Outcome out = searched(to_200, {above(0.001), above(199.999), below(100), above(31)});
  const int rounds = 28;  // ceil(log2(200 / 1e-6))
  EXPECT_EQ(out.runs, 2 + rounds);
  EXPECT_EQ(search_rounds(to_200), rounds);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(out.asked[i], 2 + rounds);
    EXPECT_LE(out.results.threshold_upper[i] - out.results.threshold_lower[i], 1e-6);
  }
}

TEST(ThresholdSearch, SaysNeverAndRecordsTheUpperEnd) {
  const Outcome out = searched(to_200, {above(201), above(50)});
  EXPECT_EQ(out.results.threshold_status[0], ThresholdStatus::never);
  EXPECT_EQ(out.recorded[0], 200);
  EXPECT_EQ(to_bits(out.results.threshold[0]), to_bits(canonical_nan()));
  EXPECT_EQ(to_bits(out.results.threshold_lower[0]), to_bits(canonical_nan()));
  EXPECT_EQ(to_bits(out.results.threshold_upper[0]), to_bits(canonical_nan()));
  EXPECT_EQ(out.asked[0], 2) << "left out of the rounds";
  EXPECT_EQ(out.results.threshold_status[1], ThresholdStatus::found);
}

TEST(ThresholdSearch, SaysAlwaysAndRecordsTheLowerEnd) {
  const Outcome out = searched(to_200, {above(-1)});
  EXPECT_EQ(out.results.threshold_status[0], ThresholdStatus::always);
  EXPECT_EQ(out.recorded[0], 0);
  EXPECT_EQ(to_bits(out.results.threshold[0]), to_bits(canonical_nan()));
}

TEST(ThresholdSearch, FindsABracketWhoseEndsAreTheThresholdsThemselves) {
  const Outcome out = searched(to_200, {above(200), below(200)});
  EXPECT_EQ(out.results.threshold_status[0], ThresholdStatus::found);
  EXPECT_EQ(out.recorded[0], 200);
  EXPECT_EQ(out.results.threshold_status[1], ThresholdStatus::found);
  EXPECT_EQ(out.results.threshold_upper[1], 200);
}

TEST(ThresholdSearch, MarksADivergedNeuronAndAsksItNoMore) {
  const Event at_the_end = [](double x) { return x > 199 ? Answer::diverged : yes_if(x > 50); };
  const Event in_a_round = [](double x) {
    return x > 100 && x < 101 ? Answer::diverged : yes_if(x > 100.5);
  };
  const Outcome out = searched(to_200, {at_the_end, in_a_round, above(50)});
  EXPECT_EQ(out.results.threshold_status[0], ThresholdStatus::diverged);
  EXPECT_EQ(out.asked[0], 2);
  EXPECT_EQ(out.results.threshold_status[1], ThresholdStatus::diverged);
  EXPECT_LT(out.asked[1], 15);
  for (const std::size_t i : {0u, 1u}) {
    EXPECT_EQ(to_bits(out.results.threshold[i]), to_bits(canonical_nan()));
    EXPECT_EQ(out.recorded[i], 200);
  }
  EXPECT_EQ(out.results.threshold_status[2], ThresholdStatus::found);
}

TEST(ThresholdSearch, WithoutAScanDoesNotSeeAnIslandInTheBracket) {
  const Outcome out = searched(to_200, {[](double x) { return yes_if(x > 40 && x < 60); }});
  EXPECT_EQ(out.results.threshold_status[0], ThresholdStatus::never);
}

TEST(ThresholdSearch, ScanSeesSeveralChangesAndGivesTheLowest) {
  SearchSettings settings = to_200;
  settings.scan = 41;
  const Outcome out = searched(settings, {[](double x) { return yes_if(x >= 41.3 && x < 60); },
                                          [](double x) { return yes_if(x < 33.3 || x > 90); },
                                          above(77.7), above(300), above(-1)});
  EXPECT_EQ(out.results.threshold_status[0], ThresholdStatus::several);
  EXPECT_NEAR(out.results.threshold[0], 41.3, 1e-6);
  EXPECT_EQ(out.recorded[0], out.results.threshold_upper[0]);
  EXPECT_EQ(out.results.threshold_status[1], ThresholdStatus::several);
  EXPECT_NEAR(out.results.threshold[1], 33.3, 1e-6);
  EXPECT_EQ(out.recorded[1], out.results.threshold_lower[1]);
  EXPECT_EQ(out.results.threshold_status[2], ThresholdStatus::found);
  EXPECT_NEAR(out.results.threshold[2], 77.7, 1e-6);
  EXPECT_EQ(out.results.threshold_status[3], ThresholdStatus::never);
  EXPECT_EQ(out.results.threshold_status[4], ThresholdStatus::always);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_LE(out.results.threshold_upper[i] - out.results.threshold_lower[i], 1e-6);
  }
}

TEST(ThresholdSearch, ScanBeginsWithEqualSpacesAndBothEnds) {
  ThresholdSearch search({.low = 10, .high = 20, .tolerance = 1, .scan = 5}, 1);
  for (const double want : {10.0, 12.5, 15.0, 17.5, 20.0}) {
    EXPECT_EQ(search.values()[0], want);
    search.tell({yes_if(want > 16)});
  }
  EXPECT_EQ(search.values()[0], 16.25);
}

TEST(ThresholdSearch, WithAToleranceAsWideAsTheBracketTakesNoRound) {
  const Outcome out = searched({.low = 0, .high = 1, .tolerance = 1}, {above(0.3)});
  EXPECT_EQ(out.runs, 2);
  EXPECT_EQ(out.results.threshold[0], 0.5);
}

TEST(ThresholdSearch, WorksOnNegativeBrackets) {
  const Outcome out =
      searched({.low = -90, .high = -30, .tolerance = 1e-9}, {above(-55.5), below(-55.5)});
  EXPECT_NEAR(out.results.threshold[0], -55.5, 1e-9);
  EXPECT_NEAR(out.results.threshold[1], -55.5, 1e-9);
}

}  // namespace
}  // namespace hhsweep
