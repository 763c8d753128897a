// SPDX-License-Identifier: MIT
#include "hhsweep/spike.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace hhsweep {
namespace {

using Wide = long double;

/// The cubic's place of a crossing may miss by this part of a step: the rounding of its
/// coefficients over its slope, which the cases below keep above a tenth of the rise.
constexpr double place_tolerance = 1e-14;

Wide wide_value(const StepCubic& c, Wide s) { return c.c0 + s * (c.c1 + s * (c.c2 + s * c.c3)); }

/// First place where the cubic reaches the level, by bisection of a monotone cubic.
Wide bisected(const StepCubic& c, Wide level) {
  Wide low = 0;
  Wide high = 1;
  for (int i = 0; i < 70; ++i) {
    const Wide middle = (low + high) / 2;
    (wide_value(c, middle) < level ? low : high) = middle;
  }
  return high;
}

TEST(StepCubic, TakesTheValuesAndSlopesOfBothEnds) {
  const StepCubic c = step_cubic(-60, 12, 20, -300, 0.25);
  EXPECT_EQ(c.value(0), -60);
  EXPECT_NEAR(c.value(1), 20, 1e-12);
  EXPECT_EQ(c.slope(0), 12 * 0.25);
  EXPECT_NEAR(c.slope(1), -300 * 0.25, 1e-12);
}

TEST(StepCubic, IsExactForACubicVoltage) {
  const auto V = [](double t) { return 3 * t * t * t - 2 * t * t + t - 7; };
  const auto slope = [](double t) { return 9 * t * t - 4 * t + 1; };
  const StepCubic c = step_cubic(V(1), slope(1), V(1.5), slope(1.5), 0.5);
  for (double s = 0; s <= 1; s += 0.125) EXPECT_NEAR(c.value(s), V(1 + 0.5 * s), 1e-13);
}

TEST(Crossing, IsFoundToTheLastDigitsOnRisingCubics) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> part(0, 1);
  for (int i = 0; i < 20000; ++i) {
    const double V0 = -80 + 80 * part(random);
    const double rise = std::exp(-10 + 14 * part(random));
    // Slopes between 0.1 and 2.9 of the chord keep a cubic monotone (Fritsch and Carlson).
    const StepCubic c = step_cubic(V0, rise * (0.1 + 1.9 * part(random)), V0 + rise,
                                   rise * (0.1 + 1.9 * part(random)), 1);
    const double level = V0 + rise * (1 - part(random));
    const double s = crossing(c, level);
    const double noise = 4 * std::numeric_limits<double>::epsilon() * 80 / (0.1 * rise);
    ASSERT_NEAR(s, static_cast<double>(bisected(c, static_cast<Wide>(level))),
                place_tolerance + noise)
        << V0 << " " << rise << " " << level;
  }
}

TEST(Crossing, StaysInTheStepWhenTheLevelIsReachedAtItsVeryEnd) {
  const StepCubic c = step_cubic(-0.1, 0.3, 0.7, 5, 0.01);
  EXPECT_GT(crossing(c, 0.7), 0.999);
  EXPECT_LE(crossing(c, 0.7), 1);
}

TEST(Crossing, StaysInTheStepWhenItBeginsJustBelowTheLevel) {
  const double V0 = std::nextafter(0.0, -1.0);
  const double s = crossing(step_cubic(V0, 50, 10, 2000, 0.01), 0);
  EXPECT_GE(s, 0);
  EXPECT_LT(s, 1e-12);
}

TEST(Crossing, IsFoundWhereNewtonAloneWouldRunAway) {
  const StepCubic flat = step_cubic(-1, 0, 1, 0, 1);  // no slope at either end
  EXPECT_NEAR(crossing(flat, 0), 0.5, place_tolerance);
  EXPECT_NEAR(crossing(flat, -0.999), static_cast<double>(bisected(flat, -0.999L)), 1e-12);
  const StepCubic overshoot = step_cubic(-1, 40, 1, 40, 1);  // crosses, falls back, crosses again
  const double s = crossing(overshoot, 0);
  EXPECT_NEAR(overshoot.value(s), 0, 1e-12);
}

TEST(StationaryPoints, AreTheRootsOfTheSlope) {
  double roots[2];
  const StepCubic up_down = step_cubic(0, 1, 0, -1, 1);
  ASSERT_EQ(stationary_points(up_down, roots), 1);
  EXPECT_DOUBLE_EQ(roots[0], 0.5);

  const StepCubic two = step_cubic(0, 4, 0, 4, 1);
  ASSERT_EQ(stationary_points(two, roots), 2);
  std::sort(roots, roots + 2);
  EXPECT_NEAR(roots[0], 0.5 - std::sqrt(1.0 / 12), 1e-14);
  EXPECT_NEAR(roots[1], 0.5 + std::sqrt(1.0 / 12), 1e-14);

  EXPECT_EQ(stationary_points(step_cubic(0, 1, 1, 1, 1), roots), 0) << "a straight line";
  const StepCubic constant{5, 0, 0, 0};
  EXPECT_EQ(stationary_points(constant, roots), 0);
}

TEST(StationaryPoints, DoNotLoseDigitsWhenTheCubicIsNearlyAParabola) {
  double roots[2];
  const StepCubic nearly{0, 1, -1, 1e-14};
  const int count = stationary_points(nearly, roots);
  ASSERT_GE(count, 1);
  const bool found =
      std::any_of(roots, roots + count, [](double r) { return std::abs(r - 0.5) < 1e-13; });
  EXPECT_TRUE(found);
}

TEST(Extrema, KeepTheFirstTimeOfTheHighestVoltage) {
  Extrema e{-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity(), 0};
  e.consider(-65, 0);
  e.consider(40, 1.5);
  e.consider(-76, 4);
  e.consider(40, 9);
  EXPECT_EQ(e.V_max, 40);
  EXPECT_EQ(e.t_max_ms, 1.5);
  EXPECT_EQ(e.V_min, -76);
}

TEST(SpikeStatistics, AgreeWithTwoPassesOverTheIntervals) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> interval(8, 22);
  SpikeStatistics s{};
  std::vector<double> intervals;
  double t = 9e5;  // far from 0, where a sum of squares would lose everything
  s.add(t);
  EXPECT_EQ(s.first_ms, t);
  for (int i = 0; i < 500; ++i) {
    const double next = t + interval(random);
    intervals.push_back(next - t);
    t = next;
    s.add(t);
  }
  double mean = 0;
  for (const double x : intervals) mean += x / static_cast<double>(intervals.size());
  double squares = 0;
  for (const double x : intervals) squares += (x - mean) * (x - mean);
  EXPECT_EQ(s.count, 501);
  EXPECT_EQ(s.last_ms, t);
  EXPECT_NEAR(s.isi_mean, mean, 1e-12 * mean);
  EXPECT_NEAR(s.isi_square_sum, squares, 1e-11 * squares);
}

TEST(SpikeStatistics, HaveNoSpreadAfterTwoSpikes) {
  SpikeStatistics s{};
  s.add(3);
  s.add(10);
  EXPECT_EQ(s.isi_mean, 7);
  EXPECT_EQ(s.isi_square_sum, 0);
}

}  // namespace
}  // namespace hhsweep
