// SPDX-License-Identifier: MIT
// Philox against the answers that its authors publish, the deviates against their exact transform
// in long double and against the normal distribution.
#include "hhsweep/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace hhsweep {
namespace {

using Wide = long double;

RandomWords<std::uint32_t> words(std::uint32_t a, std::uint32_t b, std::uint32_t c,
                                 std::uint32_t d) {
  return {{a, b, c, d}};
}

/// Counter, key and answer as in the file kat_vectors of Random123.
struct KnownAnswer {
  RandomWords<std::uint32_t> counter;
  StreamKey key;
  RandomWords<std::uint32_t> answer;
};
const KnownAnswer known_answers[] = {
    {words(0, 0, 0, 0), {0, 0}, words(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8)},
    {words(~0u, ~0u, ~0u, ~0u), {~0u, ~0u}, words(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd)},
    {words(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344),
     {0xa4093822, 0x299f31d0},
     words(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1)},
};

TEST(Random, PhiloxGivesTheAnswersOfItsAuthorsInBothWidths) {
  for (const KnownAnswer& known : known_answers) {
    const auto narrow = philox(known.counter, known.key);
    RandomWords<std::uint64_t> counter{};
    for (int i = 0; i < 4; ++i) counter.w[i] = known.counter.w[i];
    const auto wide = philox(counter, known.key);
    for (int i = 0; i < 4; ++i) {
      EXPECT_EQ(narrow.w[i], known.answer.w[i]) << "word " << i;
      EXPECT_EQ(wide.w[i], known.answer.w[i]) << "word " << i;
    }
  }
}

TEST(Random, KeysDifferBySeedPurposeAndName) {
  std::set<std::pair<std::uint32_t, std::uint32_t>> keys;
  for (const std::int64_t seed : {0, 1, 2}) {
    for (const char* purpose : {"stimulus", "axis"}) {
      for (const char* name : {"noise", "noise2", "", "n\noise"}) {
        const StreamKey key = stream_key(seed, purpose, name);
        EXPECT_EQ(key, stream_key(seed, purpose, name));
        keys.insert({key.k0, key.k1});
      }
    }
  }
  EXPECT_EQ(keys.size(), 3u * 2 * 4);
}

/// The transform of two words as normal_pair documents it.
std::pair<Wide, Wide> exact_pair(std::uint32_t radius, std::uint32_t angle) {
  const Wide u = (static_cast<Wide>(radius / 2) + 0.5L) * 0x1p-31L;
  const Wide r = std::sqrt(-2 * std::log(u));
  const Wide turn =
      2 * std::numbers::pi_v<Wide> * static_cast<Wide>(static_cast<std::int32_t>(angle)) * 0x1p-33L;
  return {(radius % 2 == 0 ? r : -r) * std::cos(turn), r * std::sin(turn)};
}

template <class Real>
Wide worst_error(std::uint32_t radius, std::uint32_t angle) {
  const NormalPair<Real> pair = normal_pair<Real>(radius, angle);
  const auto [first, second] = exact_pair(radius, angle);
  return std::max(std::abs(static_cast<Wide>(pair.first) - first),
                  std::abs(static_cast<Wide>(pair.second) - second));
}

TEST(Random, DeviatesKeepTheirErrorBoundOnAllKindsOfWords) {
  std::vector<std::uint32_t> edges;
  for (int bit = 0; bit < 32; ++bit) {
    for (const std::uint32_t offset : {~0u, 0u, 1u}) {
      edges.push_back((1u << bit) + offset);
      edges.push_back(~((1u << bit) + offset));
    }
  }
  // sqrt(1/2), where the logarithm changes its formula
  for (std::uint32_t i = 0; i < 200; ++i) edges.push_back(0xb504f333u - 100 + i);
  std::mt19937 random(7);
  Wide single = 0;
  Wide both = 0;
  const auto note = [&](std::uint32_t radius, std::uint32_t angle) {
    single = std::max(single, worst_error<float>(radius, angle));
    both = std::max(both, worst_error<double>(radius, angle));
  };
  for (const std::uint32_t radius : edges) {
    for (const std::uint32_t angle : edges) note(radius, angle);
  }
  for (int i = 0; i < 1000000; ++i) {
    note(static_cast<std::uint32_t>(random()), static_cast<std::uint32_t>(random()));
  }
  EXPECT_LT(single, 2e-6L);
  EXPECT_LT(both, 5e-15L);
}

TEST(Random, MinusLogKeepsItsBoundInUlps) {
  std::mt19937 random(8);
  double single = 0;
  double both = 0;
  for (int i = 0; i < 1000000; ++i) {
    // every size of u and of 1 - u
    std::uint32_t w = static_cast<std::uint32_t>(random()) >> (random() % 32);
    if (random() % 2 == 0) w = ~w;
    const Wide want = -std::log((static_cast<Wide>(w / 2) + 0.5L) * 0x1p-31L);
    const auto error = [&](auto got) {
      using Scalar = decltype(got);
      const Wide unit =
          std::ldexp(Wide(1), std::ilogb(want) + 1 - std::numeric_limits<Scalar>::digits);
      return static_cast<double>(std::abs(static_cast<Wide>(got) - want) / unit);
    };
    single = std::max(single, error(detail::minus_log_of_word<float>(w)));
    both = std::max(both, error(detail::minus_log_of_word<double>(w)));
  }
  EXPECT_LE(single, 3.0);
  EXPECT_LE(both, 2.0);
}

/// Deviates of one stream, in the order of their counters.
template <class Real>
std::vector<double> deviates(StreamKey key, std::size_t count) {
  std::vector<double> list;
  for (std::uint32_t block = 0; list.size() < count; ++block) {
    const auto random = philox(RandomWords<BitsOf<Real>>{{block, 0, 0, 0}}, key);
    for (const int i : {0, 2}) {
      const NormalPair<Real> pair = normal_pair<Real>(random.w[i], random.w[i + 1]);
      list.push_back(static_cast<double>(pair.first));
      list.push_back(static_cast<double>(pair.second));
    }
  }
  return list;
}

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

template <class Real>
void expect_normal(std::vector<double> sample) {
  const auto n = static_cast<double>(sample.size());
  double moments[5] = {};
  for (const double z : sample) {
    for (int k = 1; k <= 4; ++k) moments[k] += std::pow(z, k) / n;
  }
  // five standard errors of each moment
  EXPECT_NEAR(moments[1], 0, 5 * std::sqrt(1 / n));
  EXPECT_NEAR(moments[2], 1, 5 * std::sqrt(2 / n));
  EXPECT_NEAR(moments[3], 0, 5 * std::sqrt(15 / n));
  EXPECT_NEAR(moments[4], 3, 5 * std::sqrt(96 / n));
  std::sort(sample.begin(), sample.end());
  double distance = 0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const double cdf = normal_cdf(sample[i]);
    distance = std::max({distance, std::abs(cdf - static_cast<double>(i) / n),
                         std::abs(cdf - static_cast<double>(i + 1) / n)});
  }
  // Kolmogorov and Smirnov at the level 1e-4
  EXPECT_LT(distance, 2.225 / std::sqrt(n));
}

TEST(Random, DeviatesAreNormal) {
  expect_normal<float>(deviates<float>(stream_key(1, "test", "float"), 1000000));
  expect_normal<double>(deviates<double>(stream_key(1, "test", "double"), 1000000));
}

TEST(Random, TailsReachBeyondFiveAndAHalfSigma) {
  std::size_t beyond_4 = 0;
  const std::size_t count = 20000000;
  const StreamKey key = stream_key(3, "test", "tails");
  for (std::uint32_t block = 0; block < count / 4; ++block) {
    const auto random = philox(RandomWords<std::uint32_t>{{block, 0, 0, 0}}, key);
    for (const int i : {0, 2}) {
      const NormalPair<float> pair = normal_pair<float>(random.w[i], random.w[i + 1]);
      beyond_4 += static_cast<std::size_t>(std::abs(pair.first) > 4.0f) +
                  static_cast<std::size_t>(std::abs(pair.second) > 4.0f);
    }
  }
  const double expected = 2 * normal_cdf(-4.0) * static_cast<double>(count);
  EXPECT_NEAR(static_cast<double>(beyond_4), expected, 5 * std::sqrt(expected));

  // Radii beyond r have the probability exp(-r^2/2): 2^31 of them, so this is exact to 1/2 word.
  for (const double r : {5.5, 6.0, 6.5}) {
    const double share = std::exp(-r * r / 2) * 0x1p31;
    const auto last = static_cast<std::uint32_t>(std::llround(share)) * 2;
    const auto radius = [](std::uint32_t w) {
      return std::sqrt(2 * static_cast<double>(detail::minus_log_of_word<float>(w)));
    };
    EXPECT_GT(radius(last - 2), r);
    EXPECT_LT(radius(last + 2), r);
  }
  EXPECT_NEAR(std::sqrt(2 * static_cast<double>(detail::minus_log_of_word<float>(0u))), 6.66, 0.01);
}

TEST(Random, NeighbouringStreamsAndCountersAreUncorrelated) {
  const std::size_t count = 1000000;
  const auto a = deviates<float>(stream_key(1, "stimulus", "a"), count);
  const auto b = deviates<float>(stream_key(1, "stimulus", "b"), count);
  const auto c = deviates<float>(stream_key(2, "stimulus", "a"), count);
  const auto correlation = [&](const std::vector<double>& x, const std::vector<double>& y,
                               std::size_t lag) {
    double sum = 0;
    for (std::size_t i = 0; i + lag < count; ++i) sum += x[i] * y[i + lag];
    return sum / static_cast<double>(count);
  };
  const double bound = 5 / std::sqrt(static_cast<double>(count));
  EXPECT_LT(std::abs(correlation(a, b, 0)), bound);
  EXPECT_LT(std::abs(correlation(a, c, 0)), bound);
  for (const std::size_t lag : {1, 2, 3, 4, 8}) EXPECT_LT(std::abs(correlation(a, a, lag)), bound);
}

}  // namespace
}  // namespace hhsweep
