// SPDX-License-Identifier: MIT
// Both evaluations of the rates against the formulas as the contract writes them, in long double.
#include "hhsweep/membrane.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace hhsweep {
namespace {

using Wide = long double;
using RateList = std::array<Wide, rate_count>;

/// Relative error of a rate in double: that of e = exp(-(V - r)/80), 3 ULP with its argument, is
/// raised to the 8th power, and 1 - e^8 at the edge of the linoid's near range enlarges it by 1.5.
/// Besides, the rounding of an exponential's argument x costs |x| epsilon.
constexpr double double_rate_tolerance = 2e-14;
/// The same in float; what is held in the argument of e is 16 times its own rounding.
constexpr double float_rate_tolerance = 6e-6;
/// Outside the range that float rates are held in, nothing but finiteness is promised.
constexpr double float_low = ClassicMembrane<float>::v_low, float_high = 1400;
/// Rates below this, in 1/ms, move no gate in any run: general float rates end near 2^-60 of their
/// size instead of falling to zero, double ones at 2^-500.
constexpr double float_negligible = 2e-14, double_negligible = 1e-100;
/// Neighbouring floats near a linoid's midpoint: the rise from one to the next is 2e-7, and five
/// roundings of 6e-8 each come on top.
constexpr float float_smoothness = 6e-7f;

/// In the order of Rates: alpha and alpha + beta of each gate.
RateList direct_rates(const double* p, const RateForm* forms, Wide V) {
  RateList rates;
  const Wide phi = std::pow(static_cast<Wide>(p[parameter::q10]),
                            (static_cast<Wide>(p[parameter::temperature]) - 6.3L) / 10);
  for (int i = 0; i < rate_count; ++i) {
    const Wide x = (V - p[parameter::rate(i, 1)]) / p[parameter::rate(i, 2)];
    const Wide rate = phi * p[parameter::rate(i, 0)];
    switch (forms[i]) {
      case RateForm::linoid:
        rates[static_cast<std::size_t>(i)] = x == 0 ? rate : -rate * x / std::expm1(-x);
        break;
      case RateForm::exponential:
        rates[static_cast<std::size_t>(i)] = rate * std::exp(-x);
        break;
      case RateForm::sigmoid:
        rates[static_cast<std::size_t>(i)] = rate / (1 + std::exp(-x));
        break;
    }
    if (i % 2 == 1) rates[static_cast<std::size_t>(i)] += rates[static_cast<std::size_t>(i - 1)];
  }
  return rates;
}

template <class Scalar>
RateList listed(const Rates<Scalar>& r) {
  return {r.alpha_m, r.total_m, r.alpha_h, r.total_h, r.alpha_n, r.total_n};
}

template <class Membrane>
struct ScalarOfMembrane;
template <template <class> class Membrane, class S>
struct ScalarOfMembrane<Membrane<S>> {
  using type = S;
};

template <class Membrane>
Membrane membrane_of(const Preset& preset) {
  using Scalar = typename ScalarOfMembrane<Membrane>::type;
  double c[Membrane::count];
  Membrane::fold(preset.values.data(), c);
  Membrane membrane;
  for (int i = 0; i < Membrane::count; ++i) membrane.c[i] = static_cast<Scalar>(c[i]);
  if constexpr (requires { membrane.forms; }) {
    std::copy(preset.forms.begin(), preset.forms.end(), membrane.forms);
  }
  return membrane;
}

/// Voltages over the whole range, at each midpoint within it, and ever closer to it.
std::vector<double> voltages(const Preset& preset, double low, double high) {
  std::vector<double> list{low, high};
  for (double V = low; V < high; V += 0.87) list.push_back(V);
  for (int i = 0; i < rate_count; ++i) {
    const double midpoint = preset.values[static_cast<std::size_t>(parameter::rate(i, 1))];
    const double scale = preset.values[static_cast<std::size_t>(parameter::rate(i, 2))];
    list.push_back(midpoint);
    for (double x : {1e-12, 1e-9, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 0.3, 0.49999, 0.5,
                     0.50001, 0.6, 1.0}) {
      list.insert(list.end(), {midpoint + x * scale, midpoint - x * scale});
    }
    list.insert(list.end(), {std::nextafter(midpoint, high), std::nextafter(midpoint, low)});
  }
  std::erase_if(list, [&](double V) { return V < low || V > high; });
  return list;
}

/// |x| of the exponentials in entry i of Rates, the larger one where there are two.
double largest_argument(const Preset& preset, int i, double V) {
  double largest = 0;
  for (int k = i - i % 2; k <= i; ++k) {
    const double* rate = preset.values.data() + parameter::rate(k, 0);
    largest = std::max(largest, std::abs((V - rate[1]) / rate[2]));
  }
  return largest;
}

template <class Membrane>
void expect_direct_rates(const Preset& preset, double low, double high, double tolerance) {
  using Scalar = typename ScalarOfMembrane<Membrane>::type;
  const Membrane membrane = membrane_of<Membrane>(preset);
  for (const double V : voltages(preset, low, high)) {
    const auto rounded = static_cast<Scalar>(V);
    const RateList got = listed(membrane.rates(rounded));
    const RateList want =
        direct_rates(preset.values.data(), preset.forms.data(), static_cast<Wide>(rounded));
    for (std::size_t i = 0; i < rate_count; ++i) {
      const auto error = static_cast<double>(std::abs(got[i] - want[i]));
      const double negligible = sizeof(Scalar) == 4 ? float_negligible : double_negligible;
      const double x = largest_argument(preset, static_cast<int>(i), V);
      const double relative = tolerance + x * std::numeric_limits<Scalar>::epsilon();
      const double allowed = relative * static_cast<double>(want[i]) + negligible;
      ASSERT_LE(error, allowed) << preset.name << " " << rate_name(static_cast<int>(i)) << " at "
                                << V << " mV: " << static_cast<double>(got[i]) << " instead of "
                                << static_cast<double>(want[i]);
    }
  }
}

bool fits(const Preset& preset) {
  return ClassicMembrane<double>::fits(preset.values.data(), preset.values.data(),
                                       preset.forms.data());
}

Preset changed(const std::string& name, int index, double value) {
  Preset preset = *find_preset(name);
  preset.values[static_cast<std::size_t>(index)] = value;
  return preset;
}

class EveryPreset : public ::testing::TestWithParam<std::string> {
 protected:
  const Preset& preset() const { return *find_preset(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(Membrane, EveryPreset,
                         ::testing::Values("squid", "slides", "blog", "hh1952"),
                         [](const auto& info) { return info.param; });

TEST_P(EveryPreset, GeneralRatesInDoubleAreTheFormulas) {
  expect_direct_rates<GeneralMembrane<double>>(preset(), -1000, 1400, double_rate_tolerance);
}

TEST_P(EveryPreset, GeneralRatesInFloatAreTheFormulas) {
  expect_direct_rates<GeneralMembrane<float>>(preset(), float_low, float_high,
                                              float_rate_tolerance);
}

TEST_P(EveryPreset, ClassicRatesInDoubleAreTheFormulas) {
  if (!fits(preset())) GTEST_SKIP() << "slides has another scale of beta_h";
  expect_direct_rates<ClassicMembrane<double>>(preset(), -1000, 1400, double_rate_tolerance);
}

TEST_P(EveryPreset, ClassicRatesInFloatAreTheFormulas) {
  if (!fits(preset())) GTEST_SKIP() << "slides has another scale of beta_h";
  expect_direct_rates<ClassicMembrane<float>>(preset(), float_low, float_high,
                                              float_rate_tolerance);
}

TEST_P(EveryPreset, RatesAreFiniteAndNotNegativeAtEveryVoltageThatIsNoDivergence) {
  for (double V = -2000; V <= 2000; V += 1.1) {
    for (const RateList& rates :
         {listed(membrane_of<GeneralMembrane<float>>(preset()).rates(static_cast<float>(V))),
          listed(membrane_of<GeneralMembrane<double>>(preset()).rates(V))}) {
      for (const Wide rate : rates) ASSERT_TRUE(std::isfinite(rate) && rate >= 0) << V;
    }
    if (!fits(preset())) continue;
    for (const RateList& rates :
         {listed(membrane_of<ClassicMembrane<float>>(preset()).rates(static_cast<float>(V))),
          listed(membrane_of<ClassicMembrane<double>>(preset()).rates(V))}) {
      for (const Wide rate : rates) ASSERT_TRUE(std::isfinite(rate) && rate >= 0) << V;
    }
  }
}

TEST(Linoid, HasItsRateAsValueExactlyAtItsMidpoint) {
  const Preset& squid = *find_preset("squid");
  EXPECT_NEAR(membrane_of<ClassicMembrane<double>>(squid).rates(-40).alpha_m, 1.0, 1e-15);
  EXPECT_NEAR(membrane_of<ClassicMembrane<double>>(squid).rates(-55).alpha_n, 0.1, 1e-16);
  EXPECT_NEAR(membrane_of<ClassicMembrane<float>>(squid).rates(-40).alpha_m, 1.0, 2e-7);
  EXPECT_NEAR(membrane_of<ClassicMembrane<float>>(squid).rates(-55).alpha_n, 0.1, 2e-8);
  EXPECT_NEAR(membrane_of<GeneralMembrane<double>>(squid).rates(-40).alpha_m, 1.0, 1e-15);
  EXPECT_NEAR(membrane_of<GeneralMembrane<float>>(squid).rates(-55).alpha_n, 0.1, 2e-8);
}

TEST(Linoid, IsSmoothThroughItsMidpointInFloat) {
  const auto membrane = membrane_of<ClassicMembrane<float>>(*find_preset("squid"));
  float last = membrane.rates(-40.01f).alpha_m;
  for (float V = -40.01f; V < -39.99f; V = std::nextafter(V, 0.0f)) {
    const float rate = membrane.rates(V).alpha_m;
    ASSERT_NEAR(rate, last, float_smoothness) << V;
    last = rate;
  }
}

TEST(Linoid, HasNoStepWhereTheSeriesGivesWayToTheQuotient) {
  const auto membrane = membrane_of<ClassicMembrane<double>>(*find_preset("squid"));
  for (const double V : {-45.0, -35.0}) {
    const double below = membrane.rates(std::nextafter(V, -100.0)).alpha_m;
    const double above = membrane.rates(std::nextafter(V, 100.0)).alpha_m;
    EXPECT_NEAR(below, above, double_rate_tolerance);
  }
}

template <class Membrane>
State<double> slope_of(const Membrane& membrane, const State<double>& y) {
  State<double> k;
  k.V = membrane.voltage_slope(y, 0);
  set_gate_slopes(k, y, membrane.rates(y.V));
  return k;
}

TEST(Slope, IsTheContractsEquationForBothMembranes) {
  Preset preset = changed("squid", parameter::temperature, 18.5);
  preset.values[parameter::C_m] = 0.8;
  const auto classic = membrane_of<ClassicMembrane<double>>(preset);
  const auto general = membrane_of<GeneralMembrane<double>>(preset);
  const double* p = preset.values.data();
  std::mt19937_64 random(17);
  std::uniform_real_distribution<double> voltage(-120, 80), gate(0, 1);
  for (int i = 0; i < 20000; ++i) {
    const State<double> y{voltage(random), gate(random), gate(random), gate(random)};
    const Wide V = y.V, m = y.m, h = y.h, n = y.n;
    const RateList r = direct_rates(p, preset.forms.data(), V);
    const Wide leak = static_cast<Wide>(p[parameter::g_L]) * p[parameter::E_L];
    // The constant part of the leak is in the stimulus.
    const Wide dV = (-p[parameter::g_Na] * m * m * m * h * (V - p[parameter::E_Na]) -
                     p[parameter::g_K] * n * n * n * n * (V - p[parameter::E_K]) -
                     p[parameter::g_L] * (V - p[parameter::E_L]) - leak) /
                    p[parameter::C_m];
    const Wide gates[] = {r[0] - r[1] * m, r[2] - r[3] * h, r[4] - r[5] * n};
    for (const State<double>& slope : {slope_of(classic, y), slope_of(general, y)}) {
      ASSERT_NEAR(slope.V, static_cast<double>(dV), 1e-10);
      ASSERT_NEAR(slope.m, static_cast<double>(gates[0]), 1e-13 * static_cast<double>(r[1]));
      ASSERT_NEAR(slope.h, static_cast<double>(gates[1]), 1e-13 * static_cast<double>(r[3]));
      ASSERT_NEAR(slope.n, static_cast<double>(gates[2]), 1e-13 * static_cast<double>(r[5]));
    }
  }
}

TEST(GeneralMembrane, TakesAnyFormAndANegativeScale) {
  std::mt19937_64 random(23);
  std::uniform_real_distribution<double> midpoint(-80, 40), scale(2, 60), rate(0.05, 4);
  for (int i = 0; i < 200; ++i) {
    Preset preset = *find_preset("squid");
    preset.values[parameter::temperature] = std::uniform_real_distribution<double>(0, 37)(random);
    for (int k = 0; k < rate_count; ++k) {
      preset.forms[static_cast<std::size_t>(k)] = static_cast<RateForm>(random() % 3);
      double* r = preset.values.data() + parameter::rate(k, 0);
      r[0] = rate(random);
      r[1] = midpoint(random);
      r[2] = (random() % 2 ? 1 : -1) * scale(random);
    }
    expect_direct_rates<GeneralMembrane<double>>(preset, -120, 80, 5e-14);
    expect_direct_rates<GeneralMembrane<float>>(preset, -120, 80, 4e-5);
  }
}

TEST(TemperatureFactor, IsQ10ToTheTenthsOfDegreesAbove6Point3) {
  EXPECT_EQ(temperature_factor(find_preset("squid")->values.data()), 1.0);
  const Preset warm = changed("squid", parameter::temperature, 16.3);
  EXPECT_NEAR(temperature_factor(warm.values.data()), 3.0, 1e-15);
  const Preset cold = changed("squid", parameter::temperature, -3.7);
  EXPECT_NEAR(temperature_factor(cold.values.data()), 1.0 / 3, 1e-16);
}

TEST(ClassicMembrane, FitsThePresetsWithClassicScalesOnly) {
  EXPECT_TRUE(fits(*find_preset("squid")));
  EXPECT_TRUE(fits(*find_preset("blog")));
  EXPECT_TRUE(fits(*find_preset("hh1952")));
  EXPECT_FALSE(fits(*find_preset("slides")));
}

TEST(ClassicMembrane, FitsNoOtherFormOrScale) {
  for (int i = 0; i < rate_count; ++i) {
    const int scale = parameter::rate(i, 2);
    const double given = find_preset("squid")->values[static_cast<std::size_t>(scale)];
    EXPECT_FALSE(fits(changed("squid", scale, std::nextafter(given, 0.0)))) << rate_name(i);
    Preset preset = *find_preset("squid");
    auto& form = preset.forms[static_cast<std::size_t>(i)];
    form = form == RateForm::sigmoid ? RateForm::linoid : RateForm::sigmoid;
    EXPECT_FALSE(fits(preset)) << rate_name(i);
  }
}

TEST(ClassicMembrane, FitsNoScaleThatIsSwept) {
  const Preset& squid = *find_preset("squid");
  const Preset other = changed("squid", parameter::rate(beta_m, 2), 19);
  EXPECT_FALSE(
      ClassicMembrane<double>::fits(squid.values.data(), other.values.data(), squid.forms.data()));
}

TEST(ClassicMembrane, FitsOtherRatesAndConductances) {
  EXPECT_TRUE(fits(changed("squid", parameter::g_Na, 0)));
  EXPECT_TRUE(fits(changed("squid", parameter::rate(alpha_h, 0), 100)));
  EXPECT_TRUE(fits(changed("squid", parameter::rate(beta_m, 0), 0)));
  EXPECT_TRUE(fits(changed("squid", parameter::rate(alpha_n, 0), 0.001)));
  for (const double temperature : {-40, 0, 37}) {
    EXPECT_TRUE(fits(changed("squid", parameter::temperature, temperature)));
  }
}

TEST(ClassicMembrane, FitsNoDenominatorThatLeavesTheNumbers) {
  for (const int i : {alpha_m, beta_h, alpha_n}) {
    for (const double rate : {-1.0, 0.0, 1e-15, 1e40}) {
      EXPECT_FALSE(fits(changed("squid", parameter::rate(i, 0), rate))) << rate_name(i) << rate;
    }
  }
  EXPECT_FALSE(fits(changed("squid", parameter::temperature, -100)));
  // The three together are near 1 for one denominator, but two of them are not.
  Preset preset = changed("squid", parameter::rate(alpha_m, 0), 1e-12);
  preset.values[parameter::rate(alpha_n, 0)] = 1e-12;
  preset.values[parameter::rate(beta_h, 0)] = 1e24;
  EXPECT_FALSE(fits(preset));
}

TEST(ClassicMembrane, LooksAtEveryTemperatureOfASweep) {
  const Preset& squid = *find_preset("squid");
  for (const double extreme : {-100.0, 300.0}) {
    const Preset other = changed("squid", parameter::temperature, extreme);
    const auto& low = extreme < 0 ? other.values : squid.values;
    const auto& high = extreme < 0 ? squid.values : other.values;
    EXPECT_FALSE(ClassicMembrane<double>::fits(low.data(), high.data(), squid.forms.data()));
  }
}

/// Midpoints as far apart, and rates as small and as large, as fits() lets them be.
TEST(ClassicMembrane, IsExactToTheEdgeOfWhatItFits) {
  std::mt19937_64 random(31);
  std::uniform_real_distribution<double> midpoint(-290, 290), exponent(-9, 9);
  int fitting = 0;
  for (int i = 0; i < 1500; ++i) {
    Preset preset = *find_preset("squid");
    for (int k = 0; k < rate_count; ++k) {
      preset.values[static_cast<std::size_t>(parameter::rate(k, 0))] =
          std::pow(10, exponent(random));
      preset.values[static_cast<std::size_t>(parameter::rate(k, 1))] = midpoint(random);
    }
    if (!fits(preset)) continue;
    ++fitting;
    expect_direct_rates<ClassicMembrane<double>>(preset, -1000, 1400, 4e-14);
    expect_direct_rates<ClassicMembrane<float>>(preset, float_low, float_high, 1.2e-5);
  }
  EXPECT_GT(fitting, 40);
}

TEST(ClassicMembrane, FitsNoMidpointsThatAreTooHigh) {
  EXPECT_FALSE(fits(changed("squid", parameter::rate(alpha_h, 1), -301)));
  EXPECT_FALSE(fits(changed("squid", parameter::rate(beta_m, 1), 301)));
  Preset high = *find_preset("squid");
  for (const int k : {alpha_m, beta_h, alpha_n}) {
    high.values[static_cast<std::size_t>(parameter::rate(k, 1))] = 60;
  }
  EXPECT_FALSE(fits(high));
}

}  // namespace
}  // namespace hhsweep
