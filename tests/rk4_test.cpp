// SPDX-License-Identifier: MIT
// The order of the method, measured by halving dt against closed forms and finer runs.
#include "hhsweep/rk4.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "hhsweep/engine.hpp"
#include "reference_jobs.hpp"

namespace hhsweep {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Measured orders: log2 of the ratio of errors, which nears 4 as dt falls.
constexpr double lowest_order = 3.8, highest_order = 4.3;

/// y' = a y for each component.
struct Linear {
  double a;
  double voltage_slope(const State<double>& y, double drive) const { return a * y.V + drive; }
  Rates<double> rates(double) const { return {0, -2 * a, 0, -3 * a, 0, -4 * a}; }
};

StepSize<double> size_of(double h) { return {h, 0.5 * h, h / 6}; }

TEST(Rk4Step, IsTheTaylorPolynomialOfOrderFourOfALinearEquation) {
  const Linear linear{-0.7};
  State<double> y{1, 1, 1, 1}, lost{};
  const double h = 0.3;
  rk4_step(linear, size_of(h), StepDrive<double>{}, linear.voltage_slope(y, 0), y, lost);
  const double got[] = {y.V, y.m, y.h, y.n};
  for (int i = 0; i < 4; ++i) {
    const double z = (i + 1) * linear.a * h;
    EXPECT_NEAR(got[i], 1 + z * (1 + z / 2 * (1 + z / 3 * (1 + z / 4))), 1e-15) << i;
  }
}

TEST(Rk4Step, TakesTheStimulusAtBothEndsAndTwiceInTheMiddle) {
  // Without a membrane RK4 is Simpson's rule.
  const Linear none{0};
  State<double> y{5, 1, 1, 1}, lost{};
  rk4_step(none, size_of(0.6), StepDrive<double>{1, 10, 100}, none.voltage_slope(y, 0), y, lost);
  EXPECT_DOUBLE_EQ(y.V, 5 + 0.6 / 6 * (1 + 4 * 10 + 100));
  EXPECT_EQ(y.m, 1);
}

struct LinearFloat {
  float voltage_slope(const State<float>&, float drive) const { return 0.1f + drive; }
  Rates<float> rates(float) const { return {}; }
};

TEST(Rk4Step, InFloatDoesNotLoseSmallIncrements) {
  // A million additions of 0.001 to 1000: 8 % of an increment is lost to rounding each time.
  const LinearFloat constant;
  State<float> y{1000, 0, 0, 0}, lost{};
  const float h = 0.01f;
  const StepSize<float> size{h, 0.5f * h, h * static_cast<float>(1.0 / 6)};
  for (int i = 0; i < 1000000; ++i) {
    rk4_step(constant, size, StepDrive<float>{}, constant.voltage_slope(y, 0), y, lost);
  }
  const double gained = static_cast<double>(y.V) - static_cast<double>(lost.V) - 1000;
  EXPECT_NEAR(gained, 1000, 1e-3);  // 6 roundings of the increment itself, 6e-8 each
}

/// Errors at dt, dt/2, dt/4, ... shrink 16-fold.
void expect_order_four(const std::function<double(double)>& error, double dt, int halvings,
                       double lowest = lowest_order) {
  double last = error(dt);
  for (int i = 0; i < halvings; ++i) {
    dt /= 2;
    const double next = error(dt);
    const double order = std::log2(last / next);
    EXPECT_GT(order, lowest) << "from dt " << 2 * dt << " ms: " << last << " to " << next;
    EXPECT_LT(order, highest_order) << "from dt " << 2 * dt << " ms: " << last << " to " << next;
    last = next;
  }
}

double last_voltage(Job job) {
  const auto steps = static_cast<std::int64_t>(std::llround(job.duration_ms / job.dt_ms));
  test::trace_all(job, {TraceVariable::V}, steps);
  return test::trace_of(job, test::run(job), 0).back();
}

/// The voltage at t under a current, by Gauss's rule of three points on fine panels between its
/// edges.
double quadrature(const std::function<double(double)>& current, std::vector<double> edges,
                  double t) {
  edges.insert(edges.begin(), 0);
  edges.push_back(t);
  double sum = 0;
  constexpr int panels = 4000;
  const double node = std::sqrt(0.6);
  for (std::size_t e = 0; e + 1 < edges.size(); ++e) {
    const double h = (edges[e + 1] - edges[e]) / panels;
    for (int i = 0; i < panels; ++i) {
      const double middle = edges[e] + (i + 0.5) * h;
      for (const double u : {-node, 0.0, node}) {
        const double at = middle + 0.5 * h * u;
        sum += (u == 0 ? 8 : 5) / 18.0 * h * current(at) * std::exp(-0.1 * (t - at));
      }
    }
  }
  return sum;
}

struct Drive {
  std::string name;
  StimulusSpec spec;
  std::vector<double> slots;
  std::vector<double> edges;
  std::function<double(double)> current;
};

constexpr double pi = 3.14159265358979323846;

std::vector<Drive> drives() {
  const StimulusSpec step{}, ramp{.kind = StimulusKind::ramp}, sine{.kind = StimulusKind::sine},
      chirp{.kind = StimulusKind::chirp};
  return {
      {"step_on_the_grid",
       step,
       {4, 12, 3},
       {4, 12},
       [](double t) { return t >= 4 && t < 12 ? 3.0 : 0.0; }},
      {"step_off_the_grid",
       step,
       {4.123, 12.789, 3},
       {4.123, 12.789},
       [](double t) { return t >= 4.123 && t < 12.789 ? 3.0 : 0.0; }},
      {"ramp_off_the_grid",
       ramp,
       {3.337, 15.01, 4, 9.519},
       {3.337, 9.519, 15.01},
       [](double t) {
         return t < 3.337 || t >= 15.01 ? 0 : t >= 9.519 ? 4 : 4 * (t - 3.337) / (9.519 - 3.337);
       }},
      {"sine_off_the_grid",
       sine,
       {2.211, 17.07, 3, 83, 40, 1},
       {2.211, 17.07},
       [](double t) {
         const double turns = 0.083 * (t - 2.211) + 40.0 / 360;
         return t >= 2.211 && t < 17.07 ? 1 + 3 * std::sin(2 * pi * turns) : 0;
       }},
      {"chirp_off_the_grid",
       chirp,
       {2.211, 17.07, 3, 10, 130},
       {2.211, 17.07},
       [](double t) {
         const double s = t - 2.211, T = 17.07 - 2.211;
         const double turns = 1e-3 * (10 * s + 120 * s * s / (2 * T));
         return t >= 2.211 && t < 17.07 ? 3 * std::sin(2 * pi * turns) : 0;
       }},
  };
}

class PassiveUnder : public ::testing::TestWithParam<Drive> {};
INSTANTIATE_TEST_SUITE_P(Order, PassiveUnder, ::testing::ValuesIn(drives()),
                         [](const auto& info) { return info.param.name; });

TEST_P(PassiveUnder, ConvergesWithOrderFourToTheExactVoltage) {
  const Drive& drive = GetParam();
  constexpr double duration = 20;
  const double exact = quadrature(drive.current, drive.edges, duration);
  const auto error = [&](double dt) {
    Job job = test::passive(duration, dt);
    const int s = test::add_stimulus(job, drive.spec, {});
    for (std::size_t i = 0; i < drive.slots.size(); ++i) {
      job.population
          .base[static_cast<std::size_t>(test::parameter_of(job, s, static_cast<int>(i)))] =
          drive.slots[i];
    }
    return std::abs(last_voltage(job) - exact);
  };
  // Partial steps differ from one dt to the next, so that single halvings scatter about order 4.
  const double coarse = error(1.0), fine = error(0.0625);
  const double order = std::log2(coarse / fine) / 4;
  EXPECT_GT(order, lowest_order) << coarse << " to " << fine;
  EXPECT_LT(order, highest_order + 0.4) << coarse << " to " << fine;
  EXPECT_LT(error(0.01), 1e-9);
}

TEST(Passive, ConvergesWithOrderFourWithoutAnyEdge) {
  expect_order_four(
      [](double dt) {
        Job job = test::passive(8, dt);
        test::add_step(job, 0, infinity, 3);
        return std::abs(last_voltage(job) - 30 * -std::expm1(-0.8));
      },
      1.0, 5);
}

class SquidWithEdges : public ::testing::TestWithParam<std::pair<double, double>> {};
INSTANTIATE_TEST_SUITE_P(Order, SquidWithEdges,
                         ::testing::Values(std::pair{1.0, 3.0}, std::pair{1.00371, 3.0},
                                           std::pair{1.0077, 2.4999}, std::pair{1.013, 1.0577}));

TEST_P(SquidWithEdges, ConvergesWithOrderFour) {
  const double start = GetParam().first, stop = GetParam().second;
  const auto voltage = [&](double dt) {
    Job job = test::job_of("squid", 2.56);  // in the upstroke
    job.dt_ms = dt;
    test::add_step(job, start, stop, 14 * std::max(1.0, 0.5 / (stop - start)));
    return last_voltage(job);
  };
  const double exact = voltage(0.0003125);
  const double coarse = std::abs(voltage(0.02) - exact), fine = std::abs(voltage(0.0025) - exact);
  const double order = std::log2(coarse / fine) / 3;
  EXPECT_GT(order, lowest_order) << coarse << " to " << fine;
  EXPECT_LT(order, highest_order) << coarse << " to " << fine;
}

}  // namespace
}  // namespace hhsweep
