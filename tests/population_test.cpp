// SPDX-License-Identifier: MIT
#include "hhsweep/population.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "hhsweep/batch.hpp"

namespace hhsweep {
namespace {

/// exp(part log(last/first)) in double: its relative error grows with the logarithm, here at
/// most 30.
constexpr double geomspace_tolerance = 2e-14;

ParameterSource source(SourceForm form, double first, double last, std::uint64_t count) {
  ParameterSource s;
  s.form = form;
  s.first = first;
  s.last = last;
  s.count = count;
  return s;
}

double value(const ParameterSource& s, std::uint64_t i) { return source_value(s, {}, i); }

TEST(Linspace, HasBothEndsExactAndEvenStepsBetween) {
  const auto s = source(SourceForm::linspace, 0.1, 190.3, 20);
  EXPECT_EQ(value(s, 0), 0.1);
  EXPECT_EQ(value(s, 19), 190.3);
  for (std::uint64_t i = 1; i < 19; ++i) {
    EXPECT_NEAR(value(s, i), 0.1 + static_cast<double>(i) * 190.2 / 19, 1e-13);
  }
}

TEST(Linspace, GivesWholeNumbersWhereTheyAreMeant) {
  const auto s = source(SourceForm::linspace, 0, 190, 20);
  for (std::uint64_t i = 0; i < 20; ++i) EXPECT_EQ(value(s, i), 10.0 * static_cast<double>(i));
}

TEST(Linspace, MayFallOrHoldStill) {
  const auto falling = source(SourceForm::linspace, 5, -5, 11);
  EXPECT_EQ(value(falling, 0), 5);
  EXPECT_NEAR(value(falling, 5), 0, 1e-15);
  EXPECT_EQ(value(falling, 10), -5);
  const auto still = source(SourceForm::linspace, 0.3, 0.3, 7);
  for (std::uint64_t i = 0; i < 7; ++i) EXPECT_EQ(value(still, i), 0.3);
}

TEST(Linspace, OfOneValueIsItsFirst) {
  EXPECT_EQ(value(source(SourceForm::linspace, 3, 9, 1), 0), 3);
  EXPECT_EQ(value(source(SourceForm::geomspace, 3, 9, 1), 0), 3);
}

TEST(Geomspace, HasBothEndsExactAndEvenRatiosBetween) {
  for (const auto& [first, last] :
       {std::pair{0.1, 100.0}, std::pair{1e-6, 1e6}, std::pair{300.0, 0.7}}) {
    const auto s = source(SourceForm::geomspace, first, last, 37);
    EXPECT_EQ(value(s, 0), first);
    EXPECT_EQ(value(s, 36), last);
    for (std::uint64_t i = 1; i < 36; ++i) {
      const long double want = first * std::pow(static_cast<long double>(last) / first,
                                                static_cast<long double>(i) / 36);
      EXPECT_NEAR(value(s, i) / static_cast<double>(want), 1, geomspace_tolerance) << i;
    }
  }
}

TEST(Geomspace, OfNegativeNumbersStaysNegative) {
  const auto s = source(SourceForm::geomspace, -1, -100, 3);
  EXPECT_EQ(value(s, 0), -1);
  EXPECT_NEAR(value(s, 1), -10, 1e-13);
  EXPECT_EQ(value(s, 2), -100);
}

TEST(Range, IsFirstPlusMultiplesOfItsStep) {
  const auto s = source(SourceForm::range, 0.1, 0.1, 1000);  // `last` is the step
  for (std::uint64_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(value(s, i), static_cast<double>(i + 1) / 10);
  }
  const double root = std::sqrt(2.0);
  const auto rough = source(SourceForm::range, 0.1, root, 1000);
  for (std::uint64_t i = 1; i < 1000; ++i) {
    const double want = std::fma(static_cast<double>(i), root, 0.1);
    EXPECT_NEAR(value(rough, i), want, 0x1p-50 * want) << i;
  }
}

/// What a user would write for the number.
double written(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

TEST(Geomspace, HasTheDecadesAsTheyAreWritten) {
  EXPECT_EQ(value(source(SourceForm::geomspace, 1, 100, 3), 1), 10);
  for (const int first : {-10, -6, -3, 0, 5}) {
    for (const int decades : {2, 3, 7, 12, 16}) {
      const auto text = [&](std::uint64_t i) {
        return "1e" + std::to_string(first + static_cast<int>(i));
      };
      const auto s = source(SourceForm::geomspace, written(text(0)), written(text(decades)),
                            static_cast<std::uint64_t>(decades) + 1);
      for (std::uint64_t i = 0; i < s.count; ++i) EXPECT_EQ(value(s, i), written(text(i)));
    }
  }
}

TEST(Linspace, HasRoundNumbersAsTheyAreWritten) {
  std::mt19937 random(4);
  for (int round = 0; round < 2000; ++round) {
    const int digits = static_cast<int>(random() % 5);
    const int first = static_cast<int>(random() % 2000) - 1000;
    const int step = static_cast<int>(random() % 50) + 1;
    const std::uint64_t count = random() % 100 + 2;
    const auto text = [&](std::uint64_t i) {
      return std::to_string(first + step * static_cast<int>(i)) + "e-" + std::to_string(digits);
    };
    const auto s = source(SourceForm::linspace, written(text(0)), written(text(count - 1)), count);
    const auto range = source(SourceForm::range, written(text(0)),
                              written(std::to_string(step) + "e-" + std::to_string(digits)), count);
    for (std::uint64_t i = 0; i < count; ++i) {
      ASSERT_EQ(value(s, i), written(text(i))) << text(0) << " " << count;
      ASSERT_EQ(value(range, i), written(text(i))) << text(0) << " " << count;
    }
  }
}

TEST(NearbyDecimal, LeavesAloneWhatIsNotNear) {
  for (const double x : {1.0 / 3, 0x1.8p-30, 123456.7890123, 1e-12, 3e25, -2.0 / 7}) {
    EXPECT_EQ(nearby_decimal(x, std::fabs(x), 0x1p-50 * std::fabs(x)), x);
  }
  EXPECT_EQ(nearby_decimal(0.3 + 1e-15, 0.3, 1e-16), 0.3 + 1e-15);
  EXPECT_EQ(nearby_decimal(0.1 + 0.2, 0.3, 1e-16), 0.3);
  EXPECT_EQ(nearby_decimal(-1e-17, 0.3, 1e-16), 0);
  EXPECT_FALSE(std::signbit(nearby_decimal(-1e-17, 0.3, 1e-16)));
}

TEST(Table, IsReadFromItsOffsetOn) {
  const std::vector<double> table{9, 8, 7, 6, 5};
  auto s = source(SourceForm::table, 0, 0, 3);
  s.offset = 2;
  EXPECT_EQ(source_value(s, table, 0), 7);
  EXPECT_EQ(source_value(s, table, 2), 5);
}

TEST(Drawn, ValueIsThatOfItsIndex) {
  auto s = source(SourceForm::draw, 0, 0, 100);
  s.draw = draw_of(Distribution::normal, 50, 2);
  s.draw.key = {5, 6};
  for (std::uint64_t i = 0; i < 100; ++i) EXPECT_EQ(value(s, i), drawn_value(s.draw, i, 100));
}

TEST(ValueRange, IsThatOfTheValues) {
  const auto expect = [](const ParameterSource& s, const std::vector<double>& table, double low,
                         double high) {
    const ValueRange range = value_range(s, table);
    EXPECT_EQ(range.low, low);
    EXPECT_EQ(range.high, high);
  };
  expect(source(SourceForm::linspace, 5, -5, 11), {}, -5, 5);
  expect(source(SourceForm::geomspace, 1, 100, 3), {}, 1, 100);
  expect(source(SourceForm::range, 1, -0.5, 5), {}, -1, 1);
  auto s = source(SourceForm::table, 0, 0, 3);
  s.offset = 1;
  expect(s, {-9, 4, 2, 3, 99}, 2, 4);
}

TEST(ValueRange, OfDrawsIsThatOfTheDistribution) {
  auto s = source(SourceForm::draw, 0, 0, 3);
  s.draw = draw_of(Distribution::uniform, 2, 3);
  const ValueRange range = value_range(s, {});
  EXPECT_NEAR(range.low, 2, 1e-15);
  EXPECT_NEAR(range.high, 3, 1e-15);
}

/// Three axes of 2, 3 and 4; the middle one sets two parameters, the first none (a repeat).
Population three_axes() {
  Population p;
  p.axis_lengths = {2, 3, 4};
  p.base.assign(parameter::stimulus_parameters + slot::count, 1.5);
  p.base[parameter::spike_threshold] = 20;
  p.base[parameter::spike_rearm] = -7;
  p.table = {100, 110, 120};
  auto g_Na = source(SourceForm::table, 0, 0, 3);
  g_Na.parameter = parameter::g_Na;
  g_Na.stride = 4;
  auto g_K = source(SourceForm::linspace, 30, 40, 3);
  g_K.parameter = parameter::g_K;
  g_K.stride = 4;
  auto amplitude = source(SourceForm::range, 0, 2, 4);
  amplitude.parameter = parameter::stimulus_parameters + slot::amplitude;
  p.sources = {g_Na, g_K, amplitude};
  return p;
}

TEST(Population, IsNumberedWithItsLastAxisFastest) {
  const Population p = three_axes();
  EXPECT_EQ(p.size(), 24u);
  for (std::uint64_t neuron = 0; neuron < 24; ++neuron) {
    const auto values = parameters_of(p, neuron);
    const std::uint64_t middle = neuron / 4 % 3, last = neuron % 4;
    EXPECT_EQ(values[parameter::g_Na], 100 + 10 * static_cast<double>(middle)) << neuron;
    EXPECT_EQ(values[parameter::g_K], 30 + 5 * static_cast<double>(middle)) << neuron;
    EXPECT_EQ(values[parameter::stimulus_parameters + slot::amplitude],
              2 * static_cast<double>(last));
    EXPECT_EQ(values[parameter::g_L], 1.5) << "not swept";
  }
}

TEST(Population, RearmsAtTheThresholdUnlessToldOtherwise) {
  Population p = three_axes();
  EXPECT_EQ(parameters_of(p, 0)[parameter::spike_rearm], 20);
  p.rearm_follows_threshold = false;
  EXPECT_EQ(parameters_of(p, 0)[parameter::spike_rearm], -7);
}

TEST(Population, RearmFollowsAThresholdThatIsSwept) {
  Population p = three_axes();
  p.sources[2].parameter = parameter::spike_threshold;
  EXPECT_EQ(parameters_of(p, 3)[parameter::spike_rearm], 6);
}

TEST(Population, TakesTheSearchedValueWhereASourceSaysNeuron) {
  Population p = three_axes();
  ParameterSource searched;
  searched.parameter = parameter::temperature;
  searched.form = SourceForm::neuron;
  p.sources.push_back(searched);
  EXPECT_EQ(parameters_of(p, 5, 18.5)[parameter::temperature], 18.5);
}

TEST(Population, WithoutAxesIsOneNeuron) { EXPECT_EQ(Population{}.size(), 1u); }

TEST(Population, MayBeASelectionOfItsNeurons) {
  const Population whole = three_axes();
  Population some = whole;
  some.selection = {7, 2, 7};
  EXPECT_EQ(some.size(), 3u);
  EXPECT_EQ(parameters_of(some, 0), parameters_of(whole, 7));
  EXPECT_EQ(parameters_of(some, 1), parameters_of(whole, 2));
}

TEST(Population, OfTwoToTheFortiethNeuronsCanBeExpressed) {
  Population p;
  p.base.assign(parameter::stimulus_parameters, 0);
  p.axis_lengths = {std::uint64_t{1} << 20, std::uint64_t{1} << 20};
  auto slow = source(SourceForm::linspace, 0, 1, std::uint64_t{1} << 20);
  slow.parameter = parameter::g_Na;
  slow.stride = std::uint64_t{1} << 20;
  auto fast = source(SourceForm::range, 0, 1, std::uint64_t{1} << 20);
  fast.parameter = parameter::g_K;
  p.sources = {slow, fast};
  EXPECT_EQ(p.size(), std::uint64_t{1} << 40);
  const auto last = parameters_of(p, p.size() - 1);
  EXPECT_EQ(last[parameter::g_Na], 1);
  EXPECT_EQ(last[parameter::g_K], 0x1p20 - 1);
}

}  // namespace
}  // namespace hhsweep
