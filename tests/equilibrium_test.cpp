// SPDX-License-Identifier: MIT
#include "hhsweep/equilibrium.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace hhsweep {
namespace {

using Complex = std::complex<double>;

/// The root of a sum of currents of some 10 uA/cm^2, each with a few roundings, over a slope
/// near 1.
constexpr double voltage_tolerance = 1e-13;
constexpr double gate_tolerance = 2e-15;
/// Roots of a quartic whose coefficients carry a few roundings, relative to the largest root.
constexpr double eigenvalue_tolerance = 1e-13;

struct Known {
  std::string preset;
  State<double> rest;
  std::array<Complex, 4> eigenvalues;  // by descending real part, then imaginary part
};

// From tests/reference/reference.json.
const Known known[] = {
    {"squid",
     {-64.99637933119206, 0.052955086813008125, 0.5959941247398638, 0.31773239976086576},
     {Complex{-0.12066506801447831, 0},
      {-0.20263885045750307, 0.38322451175419964},
      {-0.20263885045750307, -0.38322451175419964},
      {-4.675027302854125, 0}}},
    {"slides",
     {-63.99327028020208, 0.059561517555296595, 0.9999999999961527, 0.33321088908148955},
     {Complex{0.0007740110489193171, 0.3534399809647442},
      {0.0007740110489193171, -0.3534399809647442},
      {-0.06656365820877085, 0},
      {-4.977795534539675, 0}}},
    {"blog",
     {-54.38700081082853, 3.450443419724807e-05, 0.9997963708360976, 0.004161312679927737},
     {Complex{-0.2477259386961109, 0},
      {-0.2999995628563965, 0},
      {-1.0621484043587386, 0},
      {-82.09104294691963, 0}}},
    {"hh1952",
     {0.003620668807942569, 0.052955086813008125, 0.5959941247398638, 0.31773239976086576},
     {Complex{-0.12066506801447831, 0},
      {-0.20263885045750307, 0.38322451175419964},
      {-0.20263885045750307, -0.38322451175419964},
      {-4.675027302854125, 0}}},
};

State<double> rest_of(const Preset& preset) {
  return rest_state(preset.values.data(), preset.forms.data());
}

Eigenvalues eigenvalues_of(const Preset& preset) {
  return eigenvalues_at(preset.values.data(), preset.forms.data(), rest_of(preset).V).value();
}

Preset changed(const std::string& name, std::vector<std::pair<int, double>> values) {
  Preset preset = *find_preset(name);
  for (const auto& [index, value] : values) preset.values[static_cast<std::size_t>(index)] = value;
  return preset;
}

class KnownPreset : public ::testing::TestWithParam<Known> {};
INSTANTIATE_TEST_SUITE_P(Equilibrium, KnownPreset, ::testing::ValuesIn(known),
                         [](const auto& info) { return info.param.preset; });

TEST_P(KnownPreset, RestsWhereFortyDigitsSayItDoes) {
  const State<double> rest = rest_of(*find_preset(GetParam().preset));
  const State<double>& want = GetParam().rest;
  EXPECT_NEAR(rest.V, want.V, voltage_tolerance);
  EXPECT_NEAR(rest.m, want.m, gate_tolerance);
  EXPECT_NEAR(rest.h, want.h, gate_tolerance);
  EXPECT_NEAR(rest.n, want.n, gate_tolerance);
}

TEST_P(KnownPreset, HasItsEigenvaluesThere) {
  const Preset& preset = *find_preset(GetParam().preset);
  const Eigenvalues got = eigenvalues_of(preset);
  const double size = std::abs(GetParam().eigenvalues[3]);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_LE(std::abs(got[i] - GetParam().eigenvalues[i]), eigenvalue_tolerance * size) << i;
    EXPECT_EQ(got[i].imag() == 0, GetParam().eigenvalues[i].imag() == 0) << i;
  }
}

TEST(Equilibrium, IsTheLowestOfThreeInSlides) {
  const Preset& slides = *find_preset("slides");
  std::vector<double> roots;
  const auto current = [&](double V) {
    return steady_current(slides.values.data(), slides.forms.data(), V);
  };
  for (double V = -77; V < 50; V += 0.01) {
    if ((current(V) < 0) != (current(V + 0.01) < 0)) roots.push_back(V);
  }
  ASSERT_EQ(roots.size(), 3u);
  EXPECT_NEAR(rest_of(slides).V, roots[0], 0.02);
}

TEST(Equilibrium, IsFoundWhereTwoRootsHaveNearlyMet) {
  // The current's first maximum comes down as the leak is pulled up; just before it is lost there
  // are two roots next to each other.
  const auto with_leak_at = [](double E_L) { return changed("slides", {{parameter::E_L, E_L}}); };
  double two = -54.387;
  double one = 0;
  ASSERT_LT(rest_of(with_leak_at(two)).V, -60);
  ASSERT_GT(rest_of(with_leak_at(one)).V, -60);
  while (one - two > 1e-9) {
    const double middle = 0.5 * (one + two);
    (rest_of(with_leak_at(middle)).V < -55 ? two : one) = middle;
  }
  const Preset at_the_edge = with_leak_at(two);
  const State<double> rest = rest_of(at_the_edge);
  const double* p = at_the_edge.values.data();
  EXPECT_NEAR(steady_current(p, at_the_edge.forms.data(), rest.V), 0, 1e-11);
  // The pair that is about to vanish lies closer together than one of the 512 intervals.
  double highest = -1;
  for (double V = rest.V - 1; V < rest.V + 1; V += 1e-4) {
    highest = std::max(highest, steady_current(p, at_the_edge.forms.data(), V));
  }
  EXPECT_LT(highest, 1e-6);
}

TEST(Equilibrium, OfALeakAloneIsItsReversalPotential) {
  const Preset leak = changed("squid", {{parameter::g_Na, 0}, {parameter::g_K, 0}});
  EXPECT_NEAR(rest_of(leak).V, -54.387, voltage_tolerance);
}

TEST(Equilibrium, OfOneConductanceAloneIsItsReversalPotential) {
  const Preset potassium = changed("squid", {{parameter::g_Na, 0}, {parameter::g_L, 0}});
  EXPECT_NEAR(rest_of(potassium).V, -77, voltage_tolerance);
  const Preset sodium = changed("squid", {{parameter::g_K, 0}, {parameter::g_L, 0}});
  EXPECT_NEAR(rest_of(sodium).V, 50, voltage_tolerance);
}

TEST(Equilibrium, DoesNotSeeAReversalPotentialWithoutItsConductance) {
  // mpmath: lowest root by a scan and bisection, 60 digits.
  const Preset deep = changed("squid", {{parameter::g_L, 0}, {parameter::E_L, -10000}});
  EXPECT_NEAR(rest_of(deep).V, -75.878072791430717573, voltage_tolerance);
  Preset three_roots = changed(
      "squid",
      {{parameter::g_L, 0}, {parameter::g_K, 9}, {parameter::g_Na, 232}, {parameter::E_K, -95}});
  for (const double E_L : {-54.387, 20000.0, -20000.0}) {
    three_roots.values[parameter::E_L] = E_L;
    EXPECT_NEAR(rest_of(three_roots).V, -92.879849738864873787, voltage_tolerance) << E_L;
  }
}

TEST(Equilibrium, OfNoConductanceIsTheLowestReversalPotential) {
  const Preset none =
      changed("squid", {{parameter::g_Na, 0}, {parameter::g_K, 0}, {parameter::g_L, 0}});
  const State<double> rest = rest_of(none);
  EXPECT_EQ(rest.V, -77);
  EXPECT_TRUE(std::isfinite(rest.m) && std::isfinite(rest.h) && std::isfinite(rest.n));
}

TEST(Equilibrium, OfEqualReversalPotentialsIsThatPotential) {
  const Preset equal =
      changed("squid", {{parameter::E_Na, -60}, {parameter::E_K, -60}, {parameter::E_L, -60}});
  EXPECT_EQ(rest_of(equal).V, -60);
}

TEST(Equilibrium, IsTheLowestRootOfRandomMembranes) {
  std::mt19937_64 random(41);
  const auto between = [&](double a, double b) {
    return std::uniform_real_distribution<double>(a, b)(random);
  };
  for (int i = 0; i < 300; ++i) {
    const Preset preset =
        changed(i % 2 ? "squid" : "slides", {{parameter::g_Na, between(0, 300)},
                                             {parameter::g_K, between(0, 80)},
                                             {parameter::g_L, between(0.01, 2)},
                                             {parameter::E_L, between(-90, -20)},
                                             {parameter::temperature, between(0, 30)}});
    const double* p = preset.values.data();
    const State<double> rest = rest_of(preset);
    // A last bit of V moves the current by its slope; nothing lower is positive.
    EXPECT_NEAR(steady_current(p, preset.forms.data(), rest.V), 0, 1e-10);
    const double bottom = std::min(p[parameter::E_K], p[parameter::E_L]);
    for (double V = bottom; V < rest.V - 1e-6; V += (rest.V - bottom) / 997) {
      ASSERT_LT(steady_current(p, preset.forms.data(), V), 0) << i;
    }
    EXPECT_EQ(rest.m, gate_infinity(p, preset.forms.data(), 0, rest.V));
    EXPECT_EQ(rest.n, gate_infinity(p, preset.forms.data(), 2, rest.V));
  }
}

TEST(Equilibrium, DoesNotDependOnTheTemperature) {
  const double V = rest_of(*find_preset("squid")).V;
  EXPECT_EQ(rest_of(changed("squid", {{parameter::temperature, 37}})).V, V);
}

TEST(GateInfinity, TakesItsLimitsWhereARateIsZeroOrInfinite) {
  const Preset no_alpha = changed("squid", {{parameter::rate(alpha_m, 0), 0}});
  EXPECT_EQ(gate_infinity(no_alpha.values.data(), no_alpha.forms.data(), 0, -65), 0);
  const Preset no_beta = changed("squid", {{parameter::rate(beta_m, 0), 0}});
  EXPECT_EQ(gate_infinity(no_beta.values.data(), no_beta.forms.data(), 0, -65), 1);
  const Preset neither =
      changed("squid", {{parameter::rate(alpha_m, 0), 0}, {parameter::rate(beta_m, 0), 0}});
  EXPECT_EQ(gate_infinity(neither.values.data(), neither.forms.data(), 0, -65), 0);
  const Preset& squid = *find_preset("squid");
  EXPECT_EQ(gate_infinity(squid.values.data(), squid.forms.data(), 0, -1e5), 0);
  EXPECT_EQ(gate_infinity(squid.values.data(), squid.forms.data(), 2, -1e6), 0);
}

TEST(GateCurves, GiveSteadyValuesAndTimeConstants) {
  const Preset warm = changed("squid", {{parameter::temperature, 16.3}});
  const GateCurve curve = gate_curve(warm.values.data(), warm.forms.data(), -40);
  const double alpha_m = 1.0, beta_m = 4 * std::exp(-25.0 / 18);
  EXPECT_NEAR(curve.infinity[0], alpha_m / (alpha_m + beta_m), 1e-15);
  EXPECT_NEAR(curve.tau_ms[0], 1 / (3 * (alpha_m + beta_m)), 1e-15);
  const double alpha_h = 0.07 * std::exp(-25.0 / 20), beta_h = 1 / (1 + std::exp(0.5));
  EXPECT_NEAR(curve.infinity[1], alpha_h / (alpha_h + beta_h), 1e-15);
  EXPECT_NEAR(curve.tau_ms[1], 1 / (3 * (alpha_h + beta_h)), 1e-15);
}

TEST(Eigenvalues, OfAMembraneWithoutConductancesAreTheRatesOfItsGates) {
  const Preset none =
      changed("squid", {{parameter::g_Na, 0}, {parameter::g_K, 0}, {parameter::g_L, 0}});
  const Eigenvalues got = eigenvalues_at(none.values.data(), none.forms.data(), -65).value();
  const GateCurve curve = gate_curve(none.values.data(), none.forms.data(), -65);
  std::vector<double> want{0, -1 / curve.tau_ms[0], -1 / curve.tau_ms[1], -1 / curve.tau_ms[2]};
  std::sort(want.rbegin(), want.rend());
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(got[i].real(), want[i], 1e-13);
    EXPECT_NEAR(got[i].imag(), 0, 1e-13);
  }
}

TEST(Eigenvalues, SumToTheTraceOfTheMatrixAndComeInPairs) {
  std::mt19937_64 random(43);
  std::uniform_real_distribution<double> voltage(-90, 40);
  for (int i = 0; i < 300; ++i) {
    const Preset preset = changed("squid", {{parameter::temperature, 6.3 + 0.05 * i}});
    const double* p = preset.values.data();
    const double V = i == 0 ? -40 : i == 1 ? -55 : voltage(random);  // first at the singularities
    const Eigenvalues roots = eigenvalues_at(p, preset.forms.data(), V).value();
    const GateCurve curve = gate_curve(p, preset.forms.data(), V);
    const double m = curve.infinity[0], h = curve.infinity[1], n = curve.infinity[2];
    double trace = -(120 * m * m * m * h + 36 * n * n * n * n + 0.3);
    for (const double tau : curve.tau_ms) trace -= 1 / tau;
    Complex sum = 0;
    for (const Complex root : roots) sum += root;
    ASSERT_NEAR(sum.real(), trace, 1e-12 * std::abs(trace)) << V;
    ASSERT_NEAR(sum.imag(), 0, 1e-12 * std::abs(trace)) << V;
  }
}

TEST(Eigenvalues, OfSteepRatesAreThoseOfSixtyDigits) {
  // mpmath: lowest root by bisection, Jacobian by numerical differentiation and eig, 60 digits.
  const Eigenvalues steep_h{Complex{0.000774011051279620862, 0.353439980962773913},
                            {0.000774011051279620862, -0.353439980962773913},
                            {-0.0665636582078972019, 0},
                            {-4.97779553454373265, 0}};
  const Eigenvalues steep_m{Complex{-0.116760194031858931, 0},
                            {-0.395527978160402775, 0.280241337317762006},
                            {-0.395527978160402775, -0.280241337317762006},
                            {-4.19749528770283846, 0}};
  struct Steep {
    Preset preset;
    Eigenvalues want;
  };
  for (const auto& [preset, want] :
       {Steep{changed("slides", {{parameter::rate(beta_h, 2), 0.04}}), steep_h},
        Steep{changed("slides", {{parameter::rate(beta_h, 2), 1e-3}}), steep_h},
        Steep{changed("squid", {{parameter::rate(alpha_m, 2), 1e-3}}), steep_m}}) {
    const Eigenvalues got = eigenvalues_of(preset);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_LE(std::abs(got[i] - want[i]), eigenvalue_tolerance * std::abs(want[3])) << i;
    }
  }
}

TEST(Eigenvalues, AreNoneWhereARateIsInfinite) {
  const Preset& squid = *find_preset("squid");
  EXPECT_FALSE(eigenvalues_at(squid.values.data(), squid.forms.data(), -1e6));
}

TEST(Eigenvalues, OfAMembraneWhereNothingMovesAreZero) {
  Preset still = changed("squid", {{parameter::g_Na, 0}, {parameter::g_K, 0}, {parameter::g_L, 0}});
  for (int i = 0; i < rate_count; ++i) {
    still.values[static_cast<std::size_t>(parameter::rate(i, 0))] = 0;
  }
  EXPECT_EQ(eigenvalues_of(still), Eigenvalues{});
}

}  // namespace
}  // namespace hhsweep
