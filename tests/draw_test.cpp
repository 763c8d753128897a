// SPDX-License-Identifier: MIT
// Distributions against their formulas in long double with the C library's erfc, exp and log;
// samples against the distribution by Kolmogorov's and Smirnov's test.
#include "hhsweep/draw.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace hhsweep {
namespace {

using Wide = long double;
constexpr double infinity = std::numeric_limits<double>::infinity();

/// sqrt(n) times the largest distance between a sample's distribution and the true one exceeds this
/// once in 1000 samples; ours are fixed.
constexpr double ks_limit = 1.95;

Wide upper_tail(Wide z) { return std::erfc(z / std::numbers::sqrt2_v<Wide>) / 2; }
Wide density(Wide z) { return std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi_v<Wide>); }

/// Probability that a standard normal deviate lies between a and b, from the nearer tail.
Wide normal_mass(Wide a, Wide b) {
  if (b < 0) return normal_mass(-b, -a);
  if (a > 0) return upper_tail(a) - upper_tail(b);
  return 1 - upper_tail(-a) - upper_tail(b);
}

/// A distribution as its user writes it.
struct Rule {
  Distribution distribution;
  double first, second;
  double min = -infinity, max = infinity;

  [[nodiscard]] Draw draw(Sampling sampling = Sampling::random, StreamKey key = {1, 2}) const {
    Draw draw = draw_of(distribution, first, second, min, max);
    draw.sampling = sampling;
    draw.key = key;
    return draw;
  }

  /// Deviate, logarithm or value in which the distribution is standard normal or uniform.
  [[nodiscard]] Wide standard(Wide value) const {
    switch (distribution) {
      case Distribution::uniform:
        return value;
      case Distribution::loguniform:
        return std::log(value);
      case Distribution::normal:
        return (value - first) / second;
      case Distribution::lognormal:
        break;
    }
    return value > 0 ? std::log(value / first) / second : -std::numeric_limits<Wide>::infinity();
  }

  /// Exact probability of a value below `value`, truncation included.
  [[nodiscard]] Wide probability_below(Wide value) const {
    const bool is_normal =
        distribution == Distribution::normal || distribution == Distribution::lognormal;
    if (is_normal) {
      const Wide a = standard(min);
      return normal_mass(a, standard(value)) / normal_mass(a, standard(max));
    }
    const Wide a = standard(std::max(min, first));
    return (standard(value) - a) / (standard(std::min(max, second)) - a);
  }
};

const std::vector<Rule> plain_rules = {
    {Distribution::uniform, -3, 5},
    {Distribution::loguniform, 1e-3, 1e4},
    {Distribution::normal, 120, 12},
    {Distribution::lognormal, 36, 0.4},
};

const std::vector<Rule> truncated_rules = {
    {Distribution::uniform, -3, 5, 0, infinity},
    {Distribution::uniform, 0, 1, 0.25, 0.375},
    {Distribution::loguniform, 1e-3, 1e4, 1, 10},
    {Distribution::normal, 0, 1, -1, 2},
    {Distribution::normal, 0, 1, 0.1, 0.1001},
    {Distribution::normal, 120, 12, 216, infinity},  // 8 standard deviations above
    {Distribution::normal, 120, 12, -infinity, 24},  // and below
    {Distribution::normal, 0, 1, 30, infinity},
    {Distribution::normal, 0, 1, -1.51, -1.49},
    {Distribution::normal, 5, 2, 0, infinity},
    {Distribution::lognormal, 36, 0.4, 30, 40},
    {Distribution::lognormal, 1, 0.1, 3, infinity},
    {Distribution::lognormal, 1, 2, -5, 0.001},
};

std::string name_of(const Rule& rule) {
  constexpr const char* names[] = {"uniform", "loguniform", "normal", "lognormal"};
  std::ostringstream text;
  text << names[static_cast<int>(rule.distribution)] << "(" << rule.first << ", " << rule.second
       << ") in [" << rule.min << ", " << rule.max << "]";
  return text.str();
}

std::vector<double> sample(const Draw& draw, std::uint64_t count) {
  std::vector<double> values(count);
  for (std::uint64_t i = 0; i < count; ++i) values[i] = drawn_value(draw, i, count);
  return values;
}

/// Kolmogorov's and Smirnov's sqrt(n) sup |F_n - F|.
double ks_distance(const Rule& rule, std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto n = static_cast<Wide>(values.size());
  Wide distance = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Wide p = rule.probability_below(values[i]);
    distance = std::max({distance, p - static_cast<Wide>(i) / n, static_cast<Wide>(i + 1) / n - p});
  }
  return static_cast<double>(distance * std::sqrt(n));
}

TEST(Draw, FollowsItsDistribution) {
  for (const Rule& rule : plain_rules) {
    EXPECT_LT(ks_distance(rule, sample(rule.draw(), 1000000)), ks_limit) << name_of(rule);
  }
}

TEST(Draw, TruncatedFollowsTheTruncatedDistribution) {
  for (const Rule& rule : truncated_rules) {
    const std::vector<double> values = sample(rule.draw(), 200000);
    EXPECT_LT(ks_distance(rule, values), ks_limit) << name_of(rule);
    for (const double value : values) {
      ASSERT_GE(value, rule.min) << name_of(rule);
      ASSERT_LE(value, rule.max) << name_of(rule);
    }
    const auto at_ends = std::count_if(values.begin(), values.end(), [&](double value) {
      return value == rule.min || value == rule.max;
    });
    EXPECT_LE(at_ends, 1) << name_of(rule) << ": clipped";
  }
}

TEST(Draw, HasTheMomentsOfItsDistribution) {
  const double n = 1000000;
  const auto moments = [&](const Rule& rule) {
    const auto values = sample(rule.draw(), static_cast<std::uint64_t>(n));
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double square = 0;
    for (const double value : values) square += (value - mean) * (value - mean);
    return std::pair(mean, std::sqrt(square / n));
  };
  // five standard errors of the mean; the spread to half a percent
  const auto expect = [&](const Rule& rule, double mean, double sd) {
    const auto [got_mean, got_sd] = moments(rule);
    EXPECT_NEAR(got_mean, mean, 5 * sd / std::sqrt(n)) << name_of(rule);
    EXPECT_NEAR(got_sd, sd, 0.005 * sd) << name_of(rule);
  };
  expect({Distribution::uniform, -3, 5}, 1, 8 / std::sqrt(12.0));
  expect({Distribution::normal, 120, 12}, 120, 12);
  const double mean = 36 * std::exp(0.08);
  expect({Distribution::lognormal, 36, 0.4}, mean, mean * std::sqrt(std::expm1(0.16)));
  const double ratio = std::log(100.0);
  const double log_mean = (100 - 1) / ratio;
  expect({Distribution::loguniform, 1, 100}, log_mean,
         std::sqrt((1e4 - 1) / (2 * ratio) - log_mean * log_mean));
}

TEST(Draw, DependsOnKeyAndIndexAlone) {
  for (const Rule& rule : plain_rules) {
    const Draw draw = rule.draw();
    const Draw other = rule.draw(Sampling::random, {1, 3});
    int equal = 0;
    for (std::uint64_t i = 0; i < 1000; ++i) {
      const double value = drawn_value(draw, i, 1000);
      EXPECT_EQ(value, drawn_value(draw, i, std::uint64_t{1} << 40)) << "a larger size keeps it";
      equal += value == drawn_value(other, i, 1000) ? 1 : 0;
    }
    EXPECT_EQ(equal, 0);
  }
  const Draw draw = plain_rules[0].draw();
  EXPECT_NE(drawn_value(draw, 5, std::uint64_t{1} << 40),
            drawn_value(draw, (std::uint64_t{1} << 32) + 5, std::uint64_t{1} << 40));
}

TEST(Draw, IsUncorrelatedWithItsNeighboursAndWithOtherKeys) {
  constexpr std::uint64_t n = 1000000;
  const Rule rule{Distribution::normal, 0, 1};
  const auto values = sample(rule.draw(), n);
  const auto others = sample(rule.draw(Sampling::random, {2, 2}), n);
  double along = 0;
  double across = 0;
  for (std::uint64_t i = 0; i + 1 < n; ++i) {
    along += values[i] * values[i + 1];
    across += values[i] * others[i];
  }
  const double limit = 5 / std::sqrt(static_cast<double>(n));
  EXPECT_LT(std::abs(along / static_cast<double>(n)), limit);
  EXPECT_LT(std::abs(across / static_cast<double>(n)), limit);
}

TEST(Latin, HitsEachStratumOnce) {
  for (const std::uint64_t n : {1, 2, 3, 4, 5, 7, 16, 17, 97, 1000, 1024, 1025, 65537}) {
    for (const Rule& rule : plain_rules) {
      std::vector<int> hits(n);
      for (const double value : sample(rule.draw(Sampling::latin), n)) {
        const Wide p = rule.probability_below(value);
        ++hits.at(static_cast<std::size_t>(p * static_cast<Wide>(n)));
      }
      EXPECT_EQ(hits, std::vector<int>(n, 1)) << name_of(rule) << " in " << n;
    }
  }
}

TEST(Latin, HitsEachStratumOfATruncatedDistributionOnce) {
  constexpr std::uint64_t n = 1009;
  for (const Rule& rule : truncated_rules) {
    std::vector<int> hits(n);
    for (const double value : sample(rule.draw(Sampling::latin), n)) {
      const Wide p = rule.probability_below(value);
      ++hits.at(std::min<std::size_t>(static_cast<std::size_t>(p * n), n - 1));
    }
    EXPECT_EQ(hits, std::vector<int>(n, 1)) << name_of(rule);
  }
}

TEST(Latin, IsABijectionForLongAxes) {
  constexpr std::uint64_t n = 1000003;
  std::vector<bool> seen(n);
  for (std::uint64_t i = 0; i < n; ++i) {
    const std::uint64_t place = detail::shuffled(i, n, {3, 4});
    ASSERT_LT(place, n);
    ASSERT_FALSE(seen[place]);
    seen[place] = true;
  }
  constexpr std::uint64_t longest = std::uint64_t{1} << 40;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    EXPECT_LT(detail::shuffled(longest - 1 - i, longest, {3, 4}), longest);
    EXPECT_LT(detail::shuffled(i, longest - 12345, {3, 4}), longest - 12345);
  }
}

TEST(Latin, PicksEveryOrderOfAFewEquallyOften) {
  std::mt19937 random(11);
  for (const std::uint64_t n : {2, 3, 4, 5, 6}) {
    const double orders = std::tgamma(static_cast<double>(n) + 1);
    const int trials = static_cast<int>(200 * orders);
    std::map<std::string, int> counts;
    for (int trial = 0; trial < trials; ++trial) {
      const StreamKey key{static_cast<std::uint32_t>(random()),
                          static_cast<std::uint32_t>(random())};
      std::string order;
      for (std::uint64_t i = 0; i < n; ++i) {
        order += static_cast<char>('0' + detail::shuffled(i, n, key));
      }
      ++counts[order];
    }
    ASSERT_EQ(static_cast<double>(counts.size()), orders);
    double chi_square = 0;
    for (const auto& [order, count] : counts) chi_square += (count - 200.0) * (count - 200.0) / 200;
    const double freedom = orders - 1;
    EXPECT_LT(chi_square, freedom + 4 * std::sqrt(2 * freedom)) << n;
  }
}

TEST(Latin, ParametersAreIndependent) {
  // Pearson's coefficient of the strata is Spearman's of the values; its deviation is 1/sqrt(n -
  // 1).
  for (const std::uint64_t n : {10, 100, 1000, 4096, 100000}) {
    const double size = static_cast<double>(n);
    const double middle = (size - 1) / 2;
    const double variance = (size * size - 1) / 12;
    for (std::uint32_t k = 0; k < 20; ++k) {
      double sum = 0;
      for (std::uint64_t i = 0; i < n; ++i) {
        sum += (static_cast<double>(detail::shuffled(i, n, {k, 1})) - middle) *
               (static_cast<double>(detail::shuffled(i, n, {k, 2})) - middle);
      }
      EXPECT_LT(std::abs(sum / (size * variance)), 4 / std::sqrt(size - 1)) << n;
    }
  }
}

TEST(NormalQuantile, KeepsItsErrorBound) {
  std::mt19937_64 random(5);
  std::vector<double> tails{0.5, 0x1p-54, 0x1p-94, 1e-307, 0.075, 1.3887943864964021e-11};
  for (int i = 0; i < 500000; ++i) {
    tails.push_back(std::ldexp(static_cast<double>(random() >> 11), -54));
    tails.push_back(std::pow(10.0, -300 * std::ldexp(static_cast<double>(random() >> 11), -53)) /
                    2);
  }
  Wide worst = 0;
  for (const double tail : tails) {
    const Wide z = -static_cast<Wide>(detail::normal_tail_quantile(tail));
    const Wide error = (upper_tail(z) - tail) / density(z);
    if (z > 0) worst = std::max(worst, std::abs(error) / z);
  }
  EXPECT_LT(worst, 1e-15L);
  EXPECT_EQ(detail::normal_tail_quantile(0.5), 0);
}

/// The exact value that lies above the share u.below, by bisection of the exact distribution in the
/// standard variable.
Wide exact_quantile(const Rule& rule, const Probability& u) {
  if (rule.distribution == Distribution::uniform) {
    const Wide width = static_cast<Wide>(rule.second) - rule.first;
    return u.below < u.above ? rule.first + u.below * width : rule.second - u.above * width;
  }
  if (rule.distribution == Distribution::loguniform) {
    const Wide ratio = std::log(static_cast<Wide>(rule.second) / rule.first);
    return u.below < u.above ? rule.first * std::exp(u.below * ratio)
                             : rule.second * std::exp(-(u.above * ratio));
  }
  const Wide tail = std::min(u.below, u.above);
  Wide low = 0;
  Wide high = 40;
  for (int i = 0; i < 80; ++i) {
    const Wide middle = (low + high) / 2;
    (upper_tail(middle) > tail ? low : high) = middle;
  }
  const Wide z = u.below < u.above ? -low : low;
  return rule.distribution == Distribution::normal ? rule.first + rule.second * z
                                                   : rule.first * std::exp(rule.second * z);
}

TEST(Draw, KeepsItsErrorBounds) {
  for (const Rule& rule : plain_rules) {
    const Draw draw = rule.draw();
    for (std::uint64_t i = 0; i < 20000; ++i) {
      const Probability u = probability_of(draw, i, 20000);
      const double value = quantile(draw, u);
      const Wide exact = exact_quantile(rule, u);
      Wide bound = 0;
      switch (rule.distribution) {
        case Distribution::uniform:
          bound = 4e-16L * 5;
          break;
        case Distribution::loguniform:
          bound = 4e-16L * (1 + std::log(1e7L)) * exact;
          break;
        case Distribution::normal:
          bound = 1e-15L * std::abs(exact - 120) + 0x1p-53L * exact;
          break;
        case Distribution::lognormal:
          bound = 4e-16L * (1 + 3 * std::abs(std::log(exact / 36))) * exact;
          break;
      }
      ASSERT_LE(std::abs(value - exact), bound) << name_of(rule) << " at " << u.below;
    }
  }
}

TEST(Truncation, GivesTheProbabilitiesOfBothSides) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> ends(-34, 34);
  constexpr Wide bound = 2e-14L;
  for (int i = 0; i < 20000; ++i) {
    const double a = ends(random);
    const double b = a + std::abs(ends(random)) + 0.1;
    const Draw draw = draw_of(Distribution::normal, 0, 1, a, b);
    if (draw.mass == 0) {
      EXPECT_LT(normal_mass(a, b), 1e-270L);
      continue;
    }
    EXPECT_LE(std::abs(draw.mass - normal_mass(a, b)), bound * normal_mass(a, b)) << a << " " << b;
    EXPECT_LE(std::abs(draw.below - upper_tail(-a)), bound * upper_tail(-a)) << a;
    if (b >= 37) continue;  // the tail is no normal number beyond
    EXPECT_LE(std::abs(draw.above - upper_tail(b)), bound * upper_tail(b)) << b;
  }
}

TEST(Truncation, ToWhereNothingCanBeDrawnLeavesNoMass) {
  EXPECT_EQ(draw_of(Distribution::uniform, 0, 1, 1, 2).mass, 0);
  EXPECT_EQ(draw_of(Distribution::uniform, 0, 1, -1, 0).mass, 0);
  EXPECT_EQ(draw_of(Distribution::loguniform, 1, 10, 20, infinity).mass, 0);
  EXPECT_EQ(draw_of(Distribution::normal, 0, 1, 40, infinity).mass, 0);
  EXPECT_EQ(draw_of(Distribution::normal, 0, 1, -infinity, -40).mass, 0);
  EXPECT_EQ(draw_of(Distribution::normal, 0, 1, 2, 2).mass, 0);
  EXPECT_EQ(draw_of(Distribution::lognormal, 1, 1, -5, 0).mass, 0);
  EXPECT_GT(draw_of(Distribution::lognormal, 1, 1, -5, 1e-9).mass, 0);
}

TEST(Draw, StaysWithinItsRange) {
  for (const auto& rules : {plain_rules, truncated_rules}) {
    for (const Rule& rule : rules) {
      for (const Sampling sampling : {Sampling::random, Sampling::latin}) {
        const Draw draw = rule.draw(sampling);
        const ValueRange range = range_of(draw, 10000);
        EXPECT_TRUE(std::isfinite(range.low) && std::isfinite(range.high));
        for (const double value : sample(draw, 10000)) {
          EXPECT_LE(range.low, value) << name_of(rule);
          EXPECT_GE(range.high, value) << name_of(rule);
        }
      }
    }
  }
  const Draw random = Rule{Distribution::normal, 0, 1}.draw();
  EXPECT_EQ(range_of(random, 1).low, range_of(random, std::uint64_t{1} << 40).low);
  EXPECT_NEAR(range_of(random, 1).high, 8.29, 0.01);  // the quantile of 1 - 2^-54
}

}  // namespace
}  // namespace hhsweep
