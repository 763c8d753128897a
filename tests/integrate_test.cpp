// SPDX-License-Identifier: MIT
// The time loop at its edges: ends and windows inside partial steps, pulses within a step, several
// edges in one, stalls; all through the engine and mostly on a passive membrane, whose voltage is
// known.
#include "hhsweep/integrate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "hhsweep/engine.hpp"
#include "reference_jobs.hpp"
#include "run_rule.hpp"

namespace hhsweep {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// RK4's error on a passive membrane of 10 ms at dt 0.1: (dt/tau)^4 / 120 of some 10 mV.
constexpr double passive_tolerance = 2e-8;
/// The Hermite cubic between two points of it has a 384th of (dt/tau)^4 besides.
constexpr double cubic_tolerance = 2e-9;

/// Both at dt 0.37, with currents of 5 and their edges anywhere.
constexpr double random_tolerance = 2e-6;

/// Its voltage at t under current `amplitude` in [on, off).
double passive_voltage(double t, double on, double off, double amplitude) {
  const double tau = 10;
  const auto charged = [&](double since) {
    return since > 0 ? amplitude * 10 * -std::expm1(-since / tau) : 0;
  };
  return t < off ? charged(t - on) : charged(off - on) * std::exp(-(t - off) / tau);
}

TEST(Run, EndsInAShorterStepWhenItsDurationIsNoMultipleOfDt) {
  Job job = test::passive(5.037, 0.1);
  test::add_step(job, 0, infinity, 1);
  const Results r = test::run(job);
  EXPECT_NEAR(r.V_max[0], passive_voltage(5.037, 0, infinity, 1), passive_tolerance);
  EXPECT_DOUBLE_EQ(r.V_max_time[0], 5.037);
  EXPECT_EQ(r.V_min[0], 0);
}

TEST(Run, ShorterThanOneStepIsThatLong) {
  Job job = test::passive(0.03, 0.1);
  test::add_step(job, 0, infinity, 1);
  test::trace_all(job, {TraceVariable::V}, 1);
  const Results r = test::run(job);
  EXPECT_NEAR(r.V_max[0], passive_voltage(0.03, 0, infinity, 1), passive_tolerance);
  EXPECT_DOUBLE_EQ(r.V_max_time[0], 0.03);
  EXPECT_EQ(test::trace_of(job, r, 0), std::vector<double>{0});
}

TEST(Run, SamplesItsLastWholeStepBeforeAPartialOne) {
  Job job = test::passive(1.05, 0.1);
  test::add_step(job, 0, infinity, 1);
  test::trace_all(job, {TraceVariable::V, TraceVariable::I_stim}, 2);
  const Results r = test::run(job);
  const auto V = test::trace_of(job, r, 0);
  ASSERT_EQ(V.size(), 6u);
  for (std::size_t i = 0; i < V.size(); ++i) {
    EXPECT_NEAR(V[i], passive_voltage(0.2 * static_cast<double>(i), 0, infinity, 1),
                passive_tolerance);
  }
  EXPECT_EQ(test::trace_of(job, r, 1), std::vector<double>(6, 1.0));
}

TEST(Run, SamplesItsVeryEndWhenThatIsASample) {
  Job job = test::passive(1, 0.1);
  test::add_step(job, 0, 1, 1);
  test::trace_all(job, {TraceVariable::V, TraceVariable::I_stim}, 5);
  const Results r = test::run(job);
  const auto V = test::trace_of(job, r, 0);
  ASSERT_EQ(V.size(), 3u);
  EXPECT_NEAR(V[2], passive_voltage(1, 0, infinity, 1), passive_tolerance);
  EXPECT_EQ(test::trace_of(job, r, 1)[2], 0) << "a sample on an edge has what comes after it";
}

TEST(Edges, AtTheVeryEndOfTheRunChangeNothing) {
  Job with = test::passive(2, 0.1), without = test::passive(2, 0.1);
  test::add_step(with, 0, 2, 1);
  test::add_step(without, 0, infinity, 1);
  EXPECT_EQ(test::run(with).V_max, test::run(without).V_max);
  Job late = test::passive(2, 0.1);
  test::add_step(late, 2, 3, 100);
  EXPECT_EQ(test::run(late).V_max[0], 0);
}

struct Pulse {
  double start, stop;
};

class PulseWithinSteps : public ::testing::TestWithParam<Pulse> {};
INSTANTIATE_TEST_SUITE_P(Edges, PulseWithinSteps,
                         ::testing::Values(Pulse{1.02, 1.05},       // both within one step
                                           Pulse{1.0, 1.03},        // from the grid
                                           Pulse{1.07, 1.1},        // up to the grid
                                           Pulse{1.05, 1.35},       // over several
                                           Pulse{0.0, 0.04},        // from the start of the run
                                           Pulse{1.0, 1.0 + 1e-6},  // much shorter than a step
                                           Pulse{1.0, 1.9}, Pulse{4.96, 5.0}));

TEST_P(PulseWithinSteps, HaveTheirExactCharge) {
  const auto [start, stop] = GetParam();
  const double amplitude = 0.5 / (stop - start);
  Job job = test::passive(5, 0.1);
  test::add_step(job, start, stop, amplitude);
  test::trace_all(job, {TraceVariable::V}, 1);
  const Results r = test::run(job);
  const auto V = test::trace_of(job, r, 0);
  for (std::size_t i = 0; i < V.size(); ++i) {
    const double t = 0.1 * static_cast<double>(i);
    EXPECT_NEAR(V[i], passive_voltage(t, start, stop, amplitude), passive_tolerance) << t;
  }
  // The voltage turns at the pulse's end, which is no point of the grid.
  EXPECT_NEAR(r.V_max[0], passive_voltage(stop, start, stop, amplitude), passive_tolerance);
  EXPECT_NEAR(r.V_max_time[0], stop, 1e-12);
}

TEST(Edges, ManyInOneStepAreAllTaken) {
  Job job = test::passive(2, 1);
  std::vector<double> pairs;
  double charge = 0;
  for (double t = 0.1; t < 0.9; t += 0.1) {
    pairs.insert(pairs.end(), {t, t + 0.03});
    charge += 0.03 * 10 * std::exp(-(2 - t - 0.015) / 10);
  }
  StimulusSpec pulses{.kind = StimulusKind::pulses};
  pulses.interval_count = static_cast<int>(pairs.size() / 2);
  job.population.intervals = pairs;
  test::add_stimulus(job, pulses, {0, 0, 10});
  test::trace_all(job, {TraceVariable::V}, 1);
  const Results r = test::run(job);
  EXPECT_NEAR(test::trace_of(job, r, 0)[2], charge, 1e-5 * charge);
}

TEST(Edges, OfSeveralStimuliFallWhereEachHasIts) {
  Job job = test::passive(5, 0.1);
  test::add_step(job, 1.013, 3.027, 1);
  test::add_step(job, 1.044, 2.95, 2);
  test::add_step(job, 1.1, 4.0001, -1);
  test::trace_all(job, {TraceVariable::V}, 1);
  const Results r = test::run(job);
  const auto V = test::trace_of(job, r, 0);
  for (std::size_t i = 0; i < V.size(); ++i) {
    const double t = 0.1 * static_cast<double>(i);
    const double want = passive_voltage(t, 1.013, 3.027, 1) + passive_voltage(t, 1.044, 2.95, 2) +
                        passive_voltage(t, 1.1, 4.0001, -1);
    EXPECT_NEAR(V[i], want, passive_tolerance) << t;
  }
}

TEST(Edges, OfAStepThatIsLongerThanTheStimulusDoNotLoseIt) {
  Job job = test::passive(30, 5);  // half of tau: coarse, and yet of order 4
  test::add_step(job, 7, 8, 3);
  test::trace_all(job, {TraceVariable::V}, 1);
  const Results r = test::run(job);
  const auto V = test::trace_of(job, r, 0);
  for (std::size_t i = 0; i < V.size(); ++i) {
    EXPECT_NEAR(V[i], passive_voltage(5 * static_cast<double>(i), 7, 8, 3), 2e-3);
  }
}

/// A window whose bounds are anywhere: on the grid, within steps, both within one.
class WindowOf : public ::testing::TestWithParam<Pulse> {};
INSTANTIATE_TEST_SUITE_P(Windows, WindowOf,
                         ::testing::Values(Pulse{0, 6}, Pulse{1, 3}, Pulse{1.03, 2.96},
                                           Pulse{2.02, 2.08}, Pulse{2.31, 2.34}, Pulse{2.5, 6},
                                           Pulse{2.27, 2.5}, Pulse{5.95, 5.99}, Pulse{0.04, 0.05}));

TEST_P(WindowOf, TakesExtremaOfExactlyItsTime) {
  // Up in [1.234, 2.345), down before and after.
  const double on = 1.234, off = 2.345;
  Job job = test::passive(6, 0.1);
  test::add_step(job, on, off, 2);
  job.record.window_start_ms = GetParam().start;
  job.record.window_stop_ms = GetParam().stop;
  const Results r = test::run(job);
  const auto V = [&](double t) { return passive_voltage(t, on, off, 2); };
  const double a = GetParam().start, b = GetParam().stop;
  const double top = a > off ? a : b < off ? b : off;
  EXPECT_NEAR(r.V_max[0], V(top), passive_tolerance);
  EXPECT_NEAR(r.V_min[0], std::min(V(a), V(b)), passive_tolerance);
  if (V(top) > 0) {
    EXPECT_NEAR(r.V_max_time[0], top, 1e-9);
  }
}

/// A passive membrane under drives that are linear between their edges, solved piece by piece.
class PiecewiseLinear {
 public:
  void add(std::vector<double> edges, std::function<double(double)> current) {
    edges_.insert(edges_.end(), edges.begin(), edges.end());
    currents_.push_back(std::move(current));
  }
  /// Extrema in [a, b] and the voltage at `at`.
  struct Answer {
    double lowest = infinity, highest = -infinity, voltage = 0;
  };
  [[nodiscard]] Answer solve(double a, double b, double at) const {
    std::vector<double> marks = edges_;
    marks.insert(marks.end(), {0.0, a, b, at});
    std::sort(marks.begin(), marks.end());
    Answer answer;
    double V = 0;
    for (std::size_t i = 0; i < marks.size(); ++i) {
      if (marks[i] < 0) continue;
      const double t0 = marks[i];
      if (t0 >= a && t0 <= b) consider(answer, V);
      if (t0 == at) answer.voltage = V;
      if (i + 1 == marks.size() || marks[i + 1] == t0) continue;
      const double h = marks[i + 1] - t0;
      const double first = sum(t0 + 0.25 * h), second = sum(t0 + 0.75 * h);
      const double slope = (second - first) / (0.5 * h);
      const double Q = slope / g, P = (first - 0.25 * h * slope - Q) / g;  // V = P + Q s + R e^-gs
      const double R = V - P;
      const double turn = std::log(g * R / Q) / g;
      if (turn > 0 && turn < h && t0 >= a && t0 + h <= b) {
        consider(answer, P + Q * turn + R * std::exp(-g * turn));
      }
      V = P + Q * h + R * std::exp(-g * h);
    }
    return answer;
  }

 private:
  static constexpr double g = 0.1;
  static void consider(Answer& answer, double V) {
    answer.lowest = std::min(answer.lowest, V);
    answer.highest = std::max(answer.highest, V);
  }
  [[nodiscard]] double sum(double t) const {
    double total = 0;
    for (const auto& current : currents_) total += current(t);
    return total;
  }
  std::vector<double> edges_;
  std::vector<std::function<double(double)>> currents_;
};

/// Adds a step or a ramp, drawn at random, to a job and to its exact solution.
void add_random(Job& job, PiecewiseLinear& exact, std::mt19937_64& random) {
  const auto between = [&](double a, double b) {
    return std::uniform_real_distribution<double>(a, b)(random);
  };
  double start = between(0, 5);
  if (random() % 4 == 0) start = std::floor(start / job.dt_ms) * job.dt_ms;
  const double stop = start + std::exp(between(-6, 1.5)), amplitude = between(-5, 5);
  if (random() % 2 == 0) {
    test::add_step(job, start, stop, amplitude);
    exact.add({start, stop}, [=](double t) { return t >= start && t < stop ? amplitude : 0; });
    return;
  }
  const double end = start + between(0.01, 3);
  test::add_stimulus(job, StimulusSpec{.kind = StimulusKind::ramp}, {start, stop, amplitude, end});
  exact.add({start, end, stop}, [=](double t) {
    if (t < start || t >= stop) return 0.0;
    return t >= end ? amplitude : amplitude * (t - start) / (end - start);
  });
}

TEST(Windows, OverRandomDrivesHoldTheExactExtrema) {
  std::mt19937_64 random(77);
  const auto between = [&](double a, double b) {
    return std::uniform_real_distribution<double>(a, b)(random);
  };
  for (int round = 0; round < 400; ++round) {
    const double dt = round % 3 == 0 ? 0.1 : round % 3 == 1 ? 0.37 : 0.0625;
    const double duration = round % 4 == 0 ? std::ceil(5 / dt) * dt : between(4, 7);
    Job job = test::passive(duration, dt);
    PiecewiseLinear exact;
    for (int i = 0; i < 4; ++i) add_random(job, exact, random);
    double a = between(0, duration), b = between(0, duration);
    if (a > b) std::swap(a, b);
    if (round % 5 == 0) a = std::floor(a / dt) * dt;
    if (round % 7 == 0) b = duration;
    job.record.window_start_ms = a;
    job.record.window_stop_ms = b;
    const Results r = test::run(job);
    const auto want = exact.solve(a, b, b);
    ASSERT_NEAR(r.V_max[0], want.highest, random_tolerance) << "round " << round;
    ASSERT_NEAR(r.V_min[0], want.lowest, random_tolerance) << "round " << round;
    const double t = r.V_max_time[0];
    ASSERT_GE(t, a - 1e-9) << "round " << round;
    ASSERT_LE(t, b + 1e-9) << "round " << round;
    ASSERT_NEAR(exact.solve(a, b, t).voltage, want.highest, random_tolerance) << "round " << round;
  }
}

TEST(Windows, FindAMaximumBetweenTwoStepsByTheCubic) {
  Job job = test::passive(20, 0.1);
  StimulusSpec sine{.kind = StimulusKind::sine};
  test::add_stimulus(job, sine, {0, infinity, 1, 25, 0, 0});
  const Results r = test::run(job);
  // C V' = I - gV with I = sin(wt): V = (g sin wt - w cos wt + w e^{-gt}) / (g^2 + w^2)
  const double w = 2 * std::acos(-1.0) * 0.025, g = 0.1;
  const auto V = [&](double t) {
    return (g * std::sin(w * t) - w * std::cos(w * t) + w * std::exp(-g * t)) / (g * g + w * w);
  };
  double top = 0, at = 0;
  for (double t = 15; t < 20; t += 1e-5) {
    if (V(t) > top) top = V(t), at = t;
  }
  EXPECT_NEAR(r.V_max[0], top, passive_tolerance + cubic_tolerance);
  EXPECT_NEAR(r.V_max_time[0], at, 1e-4);
}

TEST(Windows, CountSpikesFromTheirStartUpToTheirStop) {
  Job job = test::job_of("squid", 100);
  test::add_step(job, 5, infinity, 10);
  job.record.spike_times = true;
  const auto all = test::spikes_of(test::run(job));
  ASSERT_GT(all.size(), 5u);
  job.record.window_start_ms = all[1];  // the very time of a spike: in
  job.record.window_stop_ms = all[4];   // out
  const Results r = test::run(job);
  EXPECT_EQ(r.spike_count[0], 3);
  EXPECT_EQ(r.first_spike_time[0], all[1]);
  EXPECT_EQ(r.last_spike_time[0], all[3]);
  EXPECT_NEAR(r.mean_isi[0], (all[3] - all[1]) / 2, 1e-12);
  EXPECT_EQ(r.firing_rate[0], 1000.0 * 3 / (all[4] - all[1]));
  EXPECT_EQ(test::spikes_of(r), all) << "spike times hold the whole run";
  const double a = all[2] - all[1], b = all[3] - all[2];
  EXPECT_NEAR(r.cv_isi[0], std::abs(a - b) / (a + b), 1e-12);
}

TEST(Windows, WithoutSpikesLeaveWhatIsUndefinedNaN) {
  Job job = test::job_of("squid", 10);
  const Results r = test::run(job);
  EXPECT_EQ(r.spike_count[0], 0);
  EXPECT_EQ(r.firing_rate[0], 0);
  for (const auto* column :
       {&r.first_spike_time, &r.last_spike_time, &r.mean_isi, &r.cv_isi, &r.diverged_time}) {
    EXPECT_EQ(to_bits((*column)[0]), to_bits(canonical_nan()));
  }
}

TEST(Spikes, AreOneForEachUpwardCrossingAfterAFallBelowRearm) {
  // A passive membrane that a train drives from 0 to about 4 mV and back to about 1.5 mV, over and
  // over.
  Job job = test::passive(100, 0.1);
  StimulusSpec train{.kind = StimulusKind::train, .stop_meaning = StopMeaning::count};
  test::add_stimulus(job, train, {5, 5, 0.9, 6, 16});
  job.record.spike_times = true;
  job.population.rearm_follows_threshold = false;
  const auto count = [&](double threshold, double rearm) {
    job.population.base[parameter::spike_threshold] = threshold;
    job.population.base[parameter::spike_rearm] = rearm;
    return test::run(job).row_size[0];
  };
  EXPECT_EQ(count(3, 3), 5);
  EXPECT_EQ(count(3, 1), 1) << "never again below 1 mV once up";
  EXPECT_EQ(count(3, -1), 0) << "never armed at all";
  EXPECT_EQ(count(-1, 3), 0) << "armed, but already above";
  EXPECT_EQ(count(1500, 1500), 0);
}

TEST(Spikes, HaveTheTimeAtWhichThePassiveMembraneReachesTheLevel) {
  for (const double on : {1.0, 1.037}) {
    Job job = test::passive(10, 0.1);
    test::add_step(job, on, 8, 1);
    job.population.base[parameter::spike_threshold] = 3;
    job.population.base[parameter::spike_rearm] = 3;
    job.record.spike_times = true;
    const auto spikes = test::spikes_of(test::run(job));
    ASSERT_EQ(spikes.size(), 1u);
    EXPECT_NEAR(spikes[0], on - 10 * std::log1p(-0.3), 1e-7);
  }
}

TEST(Spikes, AreFoundInTheLastPartialStep) {
  const double crossing = 1 - 10 * std::log1p(-0.3);  // 4.5667...
  Job job = test::passive(crossing + 0.01, 0.1);
  test::add_step(job, 1, infinity, 1);
  job.population.base[parameter::spike_threshold] = 3;
  job.population.base[parameter::spike_rearm] = 3;
  job.record.spike_times = true;
  EXPECT_EQ(test::run(job).row_size[0], 1);
  job.duration_ms = job.record.window_stop_ms = crossing - 0.001;
  EXPECT_EQ(test::run(job).row_size[0], 0);
}

/// Everything that a launch's window, slots or batch could disturb.
struct Launch {
  std::int64_t window_steps;
  int spike_slots;
  std::uint64_t batch_neurons;
};

class Launches : public ::testing::TestWithParam<Launch> {};
INSTANTIATE_TEST_SUITE_P(Stalls, Launches,
                         ::testing::Values(Launch{1, 1, 1}, Launch{7, 1, 3}, Launch{100, 1, 2},
                                           Launch{100000, 1, 5}, Launch{33, 2, 64},
                                           Launch{0, 3, 4}));

Job busy_job(Precision precision) {
  Job job = test::job_of("squid", 60.003);
  job.dt_ms = 0.025;
  job.precision = precision;
  StimulusSpec train{.kind = StimulusKind::train};
  test::add_stimulus(job, train,
                     {0.513, infinity, 6, 0.0391, 0.0777});  // edges in nearly all steps
  const int step = test::add_step(job, 1.0007, 55.5555, 0);
  StimulusSpec sine{.kind = StimulusKind::sine};
  test::add_stimulus(job, sine, {3.003, 50, 2, 171, 20, 1});
  test::add_axis(job, test::parameter_of(job, step, slot::amplitude), {0, 5, 10, 20, 40});
  job.record.spike_times = true;
  job.record.window_start_ms = 7.7777;
  job.record.window_stop_ms = 51.2345;
  test::trace_all(job, {TraceVariable::V, TraceVariable::n, TraceVariable::I_stim}, 3);
  return job;
}

/// The same under noise, on and off the grid, and a waveform.
Job noisy_job(Precision precision) {
  Job job = busy_job(precision);
  const int fast = test::add_noise(job, {.sigma = 6, .sample_ms = 0.025, .name = "fast"});
  test::add_noise(job, {.sigma = 3,
                        .tau_ms = 1,
                        .sample_ms = 0.0401,
                        .start_ms = 2.0007,
                        .stop_ms = 40,
                        .name = "slow"});
  test::add_waveform(job, {{0, 4, -4, 9, 0}}, 0.25, 10);
  test::add_waveform(job, {{0, 2, -2, 0, 1, 5}}, 3.0303, 7.0707);
  test::redraw_along(job, fast, 0, "I");
  return job;
}

void expect_same(const Results& a, const Results& b) {
  EXPECT_EQ(a.spike_count, b.spike_count);
  EXPECT_EQ(a.row_size, b.row_size);
  EXPECT_EQ(a.spike_time, b.spike_time);
  EXPECT_EQ(a.V_max, b.V_max);
  EXPECT_EQ(a.V_min, b.V_min);
  EXPECT_EQ(a.V_max_time, b.V_max_time);
  EXPECT_TRUE(a.traces == b.traces);
}

TEST_P(Launches, NeitherStallsNorWindowsNorBatchesAreSeenInTheResult) {
  for (const Precision precision : {Precision::float64, Precision::float32}) {
    const Job job = busy_job(precision);
    const Results want = test::run(job);
    EXPECT_GT(want.row_size[4], 4);
    RunOptions options;
    options.window_steps = GetParam().window_steps;
    options.spike_slots = GetParam().spike_slots;
    options.batch_neurons = GetParam().batch_neurons;
    expect_same(test::run(job, options), want);
    const Job noisy = noisy_job(precision);
    expect_same(test::run(noisy, options), test::run(noisy));
  }
}

/// A neuron under noise with no other edges, whose lanes stay in step.
Job quiet_noisy_job(Precision precision, double sample_ms) {
  Job job = test::job_of("squid", 80);
  job.dt_ms = 0.025;
  job.precision = precision;
  const int noise =
      test::add_noise(job, {.mean = 8, .sigma = 8, .tau_ms = 2, .sample_ms = sample_ms});
  test::add_axis(job, parameter::g_Na, {100, 110, 120, 130, 140});
  test::redraw_along(job, noise, 0, "g_Na");
  job.record.spike_times = true;
  test::trace_all(job, {TraceVariable::V, TraceVariable::I_stim}, 1);
  return job;
}

TEST_P(Launches, AreNotSeenInNoiseAlone) {
  for (const double sample_ms : {0.025, 0.1, 1.0}) {
    for (const Precision precision : {Precision::float64, Precision::float32}) {
      const Job job = quiet_noisy_job(precision, sample_ms);
      RunOptions options;
      options.window_steps = GetParam().window_steps;
      options.spike_slots = GetParam().spike_slots;
      options.batch_neurons = GetParam().batch_neurons;
      expect_same(test::run(job, options), test::run(job));
    }
  }
}

TEST(Samples, TurnTheVoltageWhereTheTracesSayItTurns) {
  // With a sample at each step nearly every extremum is a corner between two steps.
  for (const Precision precision : {Precision::float64, Precision::float32}) {
    const Job job = quiet_noisy_job(precision, 0.025);
    const Results r = test::run(job);
    for (std::size_t i = 0; i < 5; ++i) {
      const std::vector<double> V = test::trace_of(job, r, 0, i);
      const auto [low, high] = std::minmax_element(V.begin(), V.end());
      ASSERT_GE(r.V_max[i], *high);
      ASSERT_LE(r.V_min[i], *low);
      // A step's cubic passes its ends by dt^2/8 times V'', which stays below 600 mV/ms^2.
      ASSERT_NEAR(r.V_max[i], *high, 0.05);
      ASSERT_NEAR(r.V_min[i], *low, 0.05);
    }
  }
}

/// Runs a job as a CUDA thread would: one neuron as a plain float or double, launch after launch.
template <class Scalar, template <class> class Membrane, DriveKind drive>
Results run_by_threads(const Job& job) {
  const RunRule rule = make_run_rule(job);
  const Population& p = job.population;
  const auto neurons = static_cast<std::int64_t>(p.size());
  BatchShape shape{neurons, 2, neurons, sample_count(job)};
  BatchView<Scalar> view{};
  std::vector<std::byte> memory(arrange<Scalar>(view, shape, job, rule, nullptr) + 64);
  auto* aligned = reinterpret_cast<std::byte*>(
      (reinterpret_cast<std::uintptr_t>(memory.data()) + 63) / 64 * 64);
  arrange(view, shape, job, rule, aligned);
  for (std::size_t k = 0; k < rule.shared_membrane.size(); ++k) {
    view.membrane[k] = static_cast<Scalar>(rule.shared_membrane[k]);
  }
  view.population =
      population_view(job, rule,
                      {p.base.data(), p.sources.data(), p.table.data(), rule.source_of.data(),
                       p.stimuli.data(), p.intervals.data(), p.redraw.data()});
  const std::vector<Scalar> waveforms(p.waveforms.begin(), p.waveforms.end());
  view.waveforms = waveforms.data();
  view.run = rule.constants;
  view.run.spike_slots = shape.spike_slots;
  view.count = neurons;
  const State<double>* start = rule.shared_start ? &*rule.shared_start : nullptr;
  Results results;
  const auto stimuli = static_cast<std::int64_t>(p.stimuli.size());
  std::vector<Oscillator<Scalar>> oscillators(p.stimuli.size());
  std::vector<Scalar> reals(static_cast<std::size_t>(SamplerSpan<Scalar>::reals_for(stimuli)));
  std::vector<BitsOf<Scalar>> words(
      static_cast<std::size_t>(SamplerSpan<Scalar>::words_for(stimuli)));
  Workspace<Scalar> workspace{{oscillators.data(), 1}, {nullptr, nullptr, nullptr, 1}};
  if (drive == DriveKind::sampled) {
    workspace.samplers = {reals.data(), words.data(), nullptr, 1};
  }
  for (std::int64_t i = 0; i < neurons; ++i) {
    view.trace_row[i] = static_cast<std::int32_t>(i);
    prepare<Scalar, Membrane<Scalar>>(view, i, start);
    std::int32_t spikes = 0;
    for (std::int64_t stop = 50; view.phase[i] == Phase::running; stop += 50) {
      bool again = true;
      while (again) {
        integrate<Scalar, Membrane<Scalar>, drive>(view, i, stop, workspace);
        for (std::int32_t s = 0; s < view.slots_used[i]; ++s, ++spikes) {
          results.spike_time.push_back(view.slots[s * view.capacity + i]);
        }
        view.slots_used[i] = 0;
        again = view.phase[i] == Phase::stalled;
        if (again) view.phase[i] = Phase::running;
      }
    }
    results.row_size.push_back(spikes);
  }
  results.spike_count.assign(view.spike_count, view.spike_count + neurons);
  results.V_max.assign(view.V_max, view.V_max + neurons);
  results.V_min.assign(view.V_min, view.V_min + neurons);
  results.V_max_time.assign(view.V_max_time, view.V_max_time + neurons);
  const std::size_t bytes = static_cast<std::size_t>(neurons * sample_count(job)) * sizeof(Scalar);
  for (std::int32_t v = 0; v < view.variable_count; ++v) {
    const auto* from =
        reinterpret_cast<const std::byte*>(view.traces) + bytes * static_cast<std::size_t>(v);
    results.traces.emplace_back(from, from + bytes);
  }
  return results;
}

TEST(Threads, OfOneNeuronEachGiveTheBitsOfThePacks) {
  const Job twice = busy_job(Precision::float64), single = busy_job(Precision::float32);
  expect_same(run_by_threads<double, ClassicMembrane, DriveKind::varying>(twice), test::run(twice));
  expect_same(run_by_threads<float, ClassicMembrane, DriveKind::varying>(single),
              test::run(single));
}

TEST(Threads, UnderNoiseGiveTheBitsOfThePacks) {
  const Job twice = noisy_job(Precision::float64), single = noisy_job(Precision::float32);
  expect_same(run_by_threads<double, ClassicMembrane, DriveKind::sampled>(twice), test::run(twice));
  expect_same(run_by_threads<float, ClassicMembrane, DriveKind::sampled>(single),
              test::run(single));
}

TEST(Threads, WithTheGeneralMembraneAndNoMovingDriveGiveTheBitsOfThePacks) {
  for (const Precision precision : {Precision::float64, Precision::float32}) {
    Job job = busy_job(precision);
    job.population.stimuli.pop_back();
    job.population.base[parameter::rate(beta_h, 2)] = 7;  // no classic scale
    const Results want = test::run(job);
    expect_same(precision == Precision::float64
                    ? run_by_threads<double, GeneralMembrane, DriveKind::constant>(job)
                    : run_by_threads<float, GeneralMembrane, DriveKind::constant>(job),
                want);
  }
}

TEST(Records, WhatIsRecordedDoesNotChangeTheTrajectory) {
  const Job full = busy_job(Precision::float32);
  Job bare = full;
  bare.record.trace.reset();
  bare.record.spike_times = false;
  const Results a = test::run(full), b = test::run(bare);
  EXPECT_EQ(a.spike_count, b.spike_count);
  EXPECT_EQ(a.V_max, b.V_max);
  EXPECT_EQ(a.V_max_time, b.V_max_time);
  Job often = full;
  often.record.trace->every_steps = 1;
  EXPECT_EQ(test::run(often).spike_time, a.spike_time);
}

TEST(Traces, HoldTheCurrentsOfTheirOwnStates) {
  Job job = test::job_of("squid", 20);
  test::add_step(job, 1, 15, 10);
  test::trace_all(
      job,
      {TraceVariable::V, TraceVariable::m, TraceVariable::h, TraceVariable::n, TraceVariable::I_Na,
       TraceVariable::I_K, TraceVariable::I_L, TraceVariable::I_stim},
      10);
  const Results r = test::run(job);
  std::vector<std::vector<double>> t;
  for (std::size_t v = 0; v < 8; ++v) t.push_back(test::trace_of(job, r, v));
  ASSERT_EQ(t[0].size(), 201u);
  for (std::size_t i = 0; i < t[0].size(); ++i) {
    const double V = t[0][i], m = t[1][i], h = t[2][i], n = t[3][i];
    ASSERT_NEAR(t[4][i], 120 * m * m * m * h * (V - 50), 1e-9);
    ASSERT_NEAR(t[5][i], 36 * n * n * n * n * (V + 77), 1e-9);
    ASSERT_NEAR(t[6][i], 0.3 * (V + 54.387), 1e-12);
    ASSERT_EQ(t[7][i], i >= 10 && i < 150 ? 10 : 0) << i;
  }
}

TEST(Clock, ComesToTheSameTimeWhetherAStepIsWholeOrInParts) {
  LaneClock whole{5, 0, 0, false, 0, false};
  detail::advance_clock(whole, 3);
  EXPECT_EQ(detail::position(whole), 8);
  LaneClock parts{5, 0.25, 3, true, 0.75, false};
  detail::advance_clock(parts, 3);
  EXPECT_EQ(detail::position(parts), 5.25) << "planned, not made yet";
  detail::advance_clock(parts, 4);
  EXPECT_EQ(detail::position(parts), 5.75);
  parts.partial = true;
  parts.target = 1.0;
  detail::advance_clock(parts, 5);
  EXPECT_EQ(parts.step, 6);
  EXPECT_EQ(parts.fraction, 0);
}

}  // namespace
}  // namespace hhsweep
