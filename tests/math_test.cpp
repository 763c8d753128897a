// SPDX-License-Identifier: MIT
// The error bounds that math.hpp states, against long double. Where long double is no wider than
// double only the float functions can be judged, and the double ones are skipped.
#include "hhsweep/math.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <vector>

namespace hhsweep {
namespace {

using Wide = long double;

constexpr int samples = 200000;
constexpr Wide two_pi = 2 * std::numbers::pi_v<Wide>;

/// Units in the last place of Scalar by which `got` misses `want`.
template <class Scalar>
double ulps(Scalar got, Wide want) {
  using Limits = std::numeric_limits<Scalar>;
  const int exponent = std::max(std::ilogb(want), Limits::min_exponent - 1);
  const Wide unit = std::ldexp(Wide(1), exponent - (Limits::digits - 1));
  return static_cast<double>(std::abs(static_cast<Wide>(got) - want) / unit);
}

template <class Scalar>
bool can_be_judged() {
  return std::numeric_limits<Wide>::digits > std::numeric_limits<Scalar>::digits + 8;
}

/// The worst place of an error over many arguments.
class Worst {
 public:
  void note(double error, double at) {
    if (!(error <= error_)) {
      error_ = error;
      at_ = at;
    }
  }
  [[nodiscard]] double error() const { return error_; }
  [[nodiscard]] std::string text() const { return "worst at " + std::to_string(at_); }

 private:
  double error_ = 0;
  double at_ = 0;
};

template <class Scalar>
class MathOf : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!can_be_judged<Scalar>()) GTEST_SKIP() << "long double is no wider than the type tested";
  }

  Scalar uniform(double low, double high) {
    return static_cast<Scalar>(std::uniform_real_distribution<double>(low, high)(random_));
  }
  Scalar log_uniform(double low, double high) {
    return static_cast<Scalar>(
        std::exp(std::uniform_real_distribution<double>(std::log(low), std::log(high))(random_)));
  }
  /// Bounded random arguments, and the bounds, and places around zero.
  std::vector<Scalar> arguments(Scalar low, Scalar high) {
    std::vector<Scalar> list{low, high, std::nextafter(low, high), std::nextafter(high, low)};
    for (double tiny : {0.0, 1e-30, 1e-10, 1e-5, 1e-3}) {
      for (double sign : {1.0, -1.0}) {
        const auto x = static_cast<Scalar>(sign * tiny);
        if (x >= low && x <= high) list.push_back(x);
      }
    }
    for (int i = 0; i < samples; ++i) {
      list.push_back(uniform(static_cast<double>(low), static_cast<double>(high)));
    }
    return list;
  }

  std::mt19937_64 random_{2024};
};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(MathOf, Scalars);

TYPED_TEST(MathOf, Exp2StaysWithinOneUlpOverItsWholeRange) {
  using F = Format<TypeParam>;
  Worst worst;
  for (const TypeParam t : this->arguments(F::exp2_low, F::exp2_high)) {
    worst.note(ulps(exp2_in_range(t), std::exp2(static_cast<Wide>(t))), static_cast<double>(t));
  }
  EXPECT_LE(worst.error(), 1.0) << worst.text();
}

TYPED_TEST(MathOf, Exp2OfWholeNumbersIsExact) {
  using F = Format<TypeParam>;
  for (TypeParam t = F::exp2_low; t <= F::exp2_high; t += 1) {
    ASSERT_EQ(exp2_in_range(t), std::exp2(t)) << t;
  }
}

TYPED_TEST(MathOf, ReciprocalStaysWithinOneUlp) {
  const double limit = sizeof(TypeParam) == 4 ? 1e37 : 1e300;
  std::vector<TypeParam> list{TypeParam(1), TypeParam(2), TypeParam(0.75)};
  for (int e = -30; e <= 30; ++e) {
    const TypeParam power = std::ldexp(TypeParam(1), e);
    list.insert(list.end(),
                {power, std::nextafter(power, TypeParam(0)), std::nextafter(power, 2 * power)});
  }
  for (int i = 0; i < samples; ++i) list.push_back(this->log_uniform(1 / limit, limit));
  for (int i = 0; i < samples; ++i) list.push_back(this->uniform(1, 2));
  Worst worst;
  for (const TypeParam d : list) {
    for (const TypeParam signed_d : {d, -d}) {
      worst.note(ulps(reciprocal(signed_d), 1 / static_cast<Wide>(signed_d)),
                 static_cast<double>(signed_d));
    }
  }
  EXPECT_LE(worst.error(), 1.0) << worst.text();
}

TYPED_TEST(MathOf, LinoidNearZeroStaysWithinItsBound) {
  const double bound = sizeof(TypeParam) == 4 ? 3 : 2;
  Worst worst;
  for (const TypeParam x : this->arguments(-linoid_near, linoid_near)) {
    const Wide w = static_cast<Wide>(x);
    const Wide want = w == 0 ? Wide(1) : -w / std::expm1(-w);
    worst.note(ulps(linoid_near_zero(x), want), static_cast<double>(x));
  }
  EXPECT_LE(worst.error(), bound) << worst.text();
  EXPECT_EQ(linoid_near_zero(TypeParam(0)), TypeParam(1));
}

TYPED_TEST(MathOf, SineOfTurnsStaysWithinItsBound) {
  const double bound = sizeof(TypeParam) == 4 ? 2e-7 : 4e-16;
  Worst worst;
  for (const TypeParam t : this->arguments(TypeParam(-0.5), TypeParam(0.5))) {
    const Wide want = std::sin(two_pi * static_cast<Wide>(t));
    worst.note(static_cast<double>(std::abs(static_cast<Wide>(sin_turns(t)) - want)),
               static_cast<double>(t));
  }
  EXPECT_LE(worst.error(), bound) << worst.text();
  EXPECT_EQ(sin_turns(TypeParam(0)), TypeParam(0));
  EXPECT_EQ(sin_turns(TypeParam(-0.5)), TypeParam(0));
}

TYPED_TEST(MathOf, ClampedHoldsBetweenItsBoundsAndTurnsNaNIntoTheUpper) {
  using Limits = std::numeric_limits<TypeParam>;
  const TypeParam low = -3;
  const TypeParam high = 7;
  const auto held = [&](TypeParam x) { return clamped(x, low, high); };
  for (const TypeParam inside : {low, TypeParam(-0.5), TypeParam(0), TypeParam(2), high}) {
    EXPECT_EQ(held(inside), inside);
  }
  EXPECT_EQ(held(std::nextafter(low, TypeParam(-9))), low);
  EXPECT_EQ(held(std::nextafter(high, TypeParam(9))), high);
  EXPECT_EQ(held(-Limits::infinity()), low);
  EXPECT_EQ(held(Limits::infinity()), high);
  EXPECT_EQ(held(Limits::quiet_NaN()), high);
}

TYPED_TEST(MathOf, MagnitudeClearsTheSignAlone) {
  using Limits = std::numeric_limits<TypeParam>;
  for (const TypeParam x : {TypeParam(0), TypeParam(1.5), Limits::denorm_min(), Limits::max(),
                            Limits::infinity(), Limits::quiet_NaN()}) {
    EXPECT_EQ(to_bits(magnitude(-x)), to_bits(x));
    EXPECT_EQ(to_bits(magnitude(x)), to_bits(x));
  }
}

TYPED_TEST(MathOf, LesserAndGreaterReturnTheSecondArgumentWhenOneIsNotANumber) {
  const TypeParam nan = std::numeric_limits<TypeParam>::quiet_NaN();
  const TypeParam one = 1;
  EXPECT_EQ(lesser(nan, one), one);
  EXPECT_EQ(greater(nan, one), one);
  EXPECT_NE(lesser(one, nan), lesser(one, nan));
  EXPECT_NE(greater(one, nan), greater(one, nan));
  EXPECT_TRUE(std::signbit(lesser(TypeParam(0), -TypeParam(0))));
  EXPECT_FALSE(std::signbit(lesser(-TypeParam(0), TypeParam(0))));
  EXPECT_TRUE(std::signbit(greater(TypeParam(0), -TypeParam(0))));
}

TEST(RoundedAs, IsTheNearestNumberOfThePrecision) {
  std::mt19937_64 random(41);
  std::uniform_real_distribution<double> mantissa(-2, 2);
  std::uniform_int_distribution<int> exponent(-100, 100);
  for (int i = 0; i < 100000; ++i) {
    const double x = std::ldexp(mantissa(random), exponent(random));
    ASSERT_EQ(rounded_as<float>(x), static_cast<double>(static_cast<float>(x))) << x;
    ASSERT_EQ(rounded_as<double>(x), x);
  }
  EXPECT_EQ(rounded_as<float>(0.0), 0.0);
}

class DoubleMath : public MathOf<double> {};

TEST_F(DoubleMath, ExpStaysWithinOneAndAHalfUlp) {
  Worst worst;
  for (const double x : arguments(std::nextafter(-708.0, 0.0), 709.0)) {
    worst.note(ulps(exp(x), std::exp(static_cast<Wide>(x))), x);
  }
  for (const double x : arguments(-1.0, 1.0)) {
    worst.note(ulps(exp(x), std::exp(static_cast<Wide>(x))), x);
  }
  EXPECT_LE(worst.error(), 1.5) << worst.text();
}

TEST_F(DoubleMath, ExpEndsInZeroInfinityAndNaN) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(exp(0.0), 1.0);
  EXPECT_EQ(exp(-0.0), 1.0);
  EXPECT_EQ(exp(-709.0), 0.0);
  EXPECT_EQ(exp(-1e300), 0.0);
  EXPECT_EQ(exp(-infinity), 0.0);
  EXPECT_EQ(exp(709.5), infinity);
  EXPECT_EQ(exp(infinity), infinity);
  const double nan = exp(std::numeric_limits<double>::quiet_NaN());
  EXPECT_NE(nan, nan);
}

TEST_F(DoubleMath, LogStaysWithinOneUlpAwayFromOneAndOneAndAHalfNearIt) {
  Worst near, away;
  std::vector<double> list{std::numeric_limits<double>::min(), std::numeric_limits<double>::max()};
  for (int i = 0; i < samples; ++i) list.push_back(log_uniform(1e-307, 1e307));
  for (int i = 0; i < samples; ++i) list.push_back(log_uniform(0.25, 4.0));
  for (int e = 1; e <= 52; ++e) {
    list.insert(list.end(), {1 + std::ldexp(1.0, -e), 1 - std::ldexp(1.0, -e)});
  }
  for (const double x : list) {
    Worst& worst = x > 0.5 && x < 2 ? near : away;
    worst.note(ulps(log(x), std::log(static_cast<Wide>(x))), x);
  }
  EXPECT_LE(away.error(), 1.0) << away.text();
  EXPECT_LE(near.error(), 1.5) << near.text();
  EXPECT_EQ(log(1.0), 0.0);
}

TEST_F(DoubleMath, PowLosesNoMoreThanTheSizeOfItsLogarithm) {
  for (int i = 0; i < samples; ++i) {
    const double base = log_uniform(0.01, 100);
    const double exponent = uniform(-20, 20);
    const Wide size = exponent * std::log(static_cast<Wide>(base));
    const Wide want = std::exp(size);
    const auto error = static_cast<double>(std::abs(pow(base, exponent) / want - 1));
    ASSERT_LE(error, 3.4e-16 + 2.3e-16 * static_cast<double>(std::abs(size)))
        << base << "^" << exponent;
  }
  EXPECT_EQ(pow(3.0, 0.0), 1.0);
}

TEST(RoundingToIntegers, GoesToEvenOnTiesAndDownBelowEveryFraction) {
  EXPECT_EQ(round_to_integer(2.5), 2);
  EXPECT_EQ(round_to_integer(3.5), 4);
  EXPECT_EQ(round_to_integer(-2.5), -2);
  EXPECT_EQ(round_down(2.999), 2);
  EXPECT_EQ(round_down(3.0), 3);
  EXPECT_EQ(round_down(-0.25), -1);
  EXPECT_EQ(round_down(0x1p50 + 0.5), 0x1p50);
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> any(-0x1p50, 0x1p50);
  for (int i = 0; i < samples; ++i) {
    const double x = any(random);
    ASSERT_EQ(round_down(x), std::floor(x));
    ASSERT_EQ(round_to_integer(x), std::nearbyint(x));
  }
}

TEST(CanonicalNaN, HasTheBitsThatTheContractNames) {
  EXPECT_EQ(std::bit_cast<std::uint64_t>(canonical_nan()), 0x7ff8000000000000u);
}

}  // namespace
}  // namespace hhsweep
