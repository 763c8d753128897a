// SPDX-License-Identifier: MIT
// What neurons get from the stimuli made of samples, as their traces of the current hold it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "reference_jobs.hpp"

namespace hhsweep {
namespace {

using Values = std::vector<double>;

/// A passive membrane whose current is traced at every step.
Job watched(double duration_ms, double dt_ms) {
  Job job = test::passive(duration_ms, dt_ms);
  test::trace_all(job, {TraceVariable::I_stim}, 1);
  return job;
}

/// Current of one neuron, without the sample at the end of the run, where all stimuli are off.
Values current_of(const Job& job, std::size_t neuron = 0) {
  Values current = test::trace_of(job, test::run(job), 0, neuron);
  current.pop_back();
  return current;
}

double mean_of(const Values& x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

double covariance(const Values& x, const Values& y, std::size_t lag = 0) {
  const double mean_x = mean_of(x), mean_y = mean_of(y);
  double sum = 0;
  for (std::size_t i = 0; i + lag < x.size(); ++i) sum += (x[i] - mean_x) * (y[i + lag] - mean_y);
  return sum / static_cast<double>(x.size() - lag);
}

/// Standard error of the correlation between two independent OU processes of n samples, from the
/// sum of products of their autocorrelations e^(-k h/tau).
double correlation_error(double h, double tau, std::size_t n) {
  const double r = std::exp(-2 * h / tau);
  return std::sqrt((1 + r) / (1 - r) / static_cast<double>(n));
}

constexpr std::size_t million = 1000000;

class OuStatistics : public ::testing::TestWithParam<Precision> {
 protected:
  /// 10^6 samples, one a step.
  [[nodiscard]] Values sample(const test::Noise& noise) const {
    Job job = watched(10000, 0.01);
    job.precision = GetParam();
    test::add_noise(job, noise);
    return current_of(job);
  }
};
INSTANTIATE_TEST_SUITE_P(Precisions, OuStatistics,
                         ::testing::Values(Precision::float32, Precision::float64));

TEST_P(OuStatistics, HaveTheMeanSigmaAndAutocorrelationAskedFor) {
  const test::Noise noise{.mean = 3, .sigma = 2, .tau_ms = 0.5};
  const Values I = sample(noise);
  ASSERT_EQ(I.size(), million);
  const double r = std::exp(-0.01 / noise.tau_ms);
  const double mean_error = noise.sigma * std::sqrt((1 + r) / (1 - r) / million);
  EXPECT_NEAR(mean_of(I), noise.mean, 5 * mean_error);
  const double variance = covariance(I, I);
  const double variance_error = std::sqrt(2.0) * correlation_error(0.01, noise.tau_ms, million);
  EXPECT_NEAR(variance / (noise.sigma * noise.sigma), 1, 5 * variance_error);
  for (const std::size_t lag : {1, 10, 50, 100, 200}) {
    EXPECT_NEAR(covariance(I, I, lag) / variance,
                std::exp(-static_cast<double>(lag) * 0.01 / noise.tau_ms), 5 * variance_error)
        << "lag " << lag;
  }
}

TEST_P(OuStatistics, HaveInnovationsThatAreNormalAndIndependent) {
  const test::Noise noise{.mean = -1, .sigma = 4, .tau_ms = 2};
  const Values I = sample(noise);
  const double r = std::exp(-0.01 / noise.tau_ms);
  Values z;
  for (std::size_t i = 1; i < I.size(); ++i) {
    z.push_back(((I[i] - noise.mean) - r * (I[i - 1] - noise.mean)) /
                (noise.sigma * std::sqrt(1 - r * r)));
  }
  const auto n = static_cast<double>(z.size());
  for (const std::size_t lag : {1, 2, 3, 4}) {
    EXPECT_LT(std::abs(covariance(z, z, lag)), 5 / std::sqrt(n)) << "lag " << lag;
  }
  std::sort(z.begin(), z.end());
  double distance = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    const double cdf = 0.5 * std::erfc(-z[i] / std::numbers::sqrt2);
    distance = std::max({distance, std::abs(cdf - static_cast<double>(i) / n),
                         std::abs(cdf - static_cast<double>(i + 1) / n)});
  }
  EXPECT_LT(distance, 2.225 / std::sqrt(n)) << "Kolmogorov and Smirnov at the level 1e-4";
}

TEST_P(OuStatistics, KeepTheirTimeConstantWhenItIsLong) {
  // 1 - e^(-h/tau) is 1e-5, of which float32 has lost the last digits when taken from 1.
  const Values I = sample({.sigma = 1, .tau_ms = 1000});
  double rise = 0;
  for (std::size_t i = 1; i < I.size(); ++i) rise += (I[i] - I[i - 1]) * (I[i] - I[i - 1]);
  EXPECT_NEAR(rise / static_cast<double>(I.size() - 1), 1 - std::exp(-2e-5), 2e-5 * 0.01);
}

TEST(Ou, IsStationaryFromItsFirstSampleOn) {
  Job job = watched(0.02, 0.01);
  const int noise = test::add_noise(job, {.mean = 1, .sigma = 3, .tau_ms = 100});
  test::add_axis(job, parameter::g_L, Values(20000, 0.1));
  test::redraw_along(job, noise, 0, "trial");
  const Results r = test::run(job);
  Values first;
  for (std::size_t i = 0; i < 20000; ++i) first.push_back(test::trace_of(job, r, 0, i)[0]);
  EXPECT_NEAR(mean_of(first), 1, 5 * 3 / std::sqrt(20000));
  EXPECT_NEAR(covariance(first, first) / 9, 1, 5 * std::sqrt(2.0 / 20000));
}

TEST(Ou, IsIndependentBetweenNeuronsStimuliAndSeeds) {
  const test::Noise noise{.sigma = 1, .tau_ms = 0.5};
  Job trials = watched(10000, 0.01);
  const int one = test::add_noise(trials, noise);
  test::add_axis(trials, parameter::g_L, {0.1, 0.1});
  test::redraw_along(trials, one, 0, "trial");
  const Results r = test::run(trials);
  const auto alone = [&](test::Noise other) {
    Job job = watched(10000, 0.01);
    test::add_noise(job, other);
    return current_of(job);
  };
  Values first = test::trace_of(trials, r, 0, 0), second = test::trace_of(trials, r, 0, 1);
  first.pop_back();
  second.pop_back();
  EXPECT_EQ(first, alone(noise)) << "index 0 is like having no such axis";
  test::Noise other_name = noise, other_seed = noise;
  other_name.name = "other";
  other_seed.seed = 2;
  const double bound = 5 * correlation_error(0.01, noise.tau_ms, million);
  EXPECT_LT(std::abs(covariance(first, second)), bound);
  EXPECT_LT(std::abs(covariance(first, alone(other_name))), bound);
  EXPECT_LT(std::abs(covariance(first, alone(other_seed))), bound);
}

TEST(Ou, IsTheSameCurrentAtHalfTheStep) {
  for (const double sample_ms : {0.02, 0.1, 0.05}) {
    Job coarse = watched(50, 0.02);
    test::add_noise(coarse, {.sigma = 2, .sample_ms = sample_ms, .start_ms = 1});
    Job fine = watched(50, 0.01);
    test::add_noise(fine, {.sigma = 2, .sample_ms = sample_ms, .start_ms = 1});
    const Values a = current_of(coarse), b = current_of(fine);
    for (std::size_t i = 0; i < a.size(); ++i) ASSERT_EQ(a[i], b[2 * i]) << i;
  }
}

TEST(Ou, IsTheSameInBothPrecisionsButForRounding) {
  Job job = watched(100, 0.01);
  test::add_noise(job, {.mean = 5, .sigma = 2});
  const Values twice = current_of(job);
  job.precision = Precision::float32;
  const Values single = current_of(job);
  for (std::size_t i = 0; i < twice.size(); ++i) ASSERT_NEAR(single[i], twice[i], 2e-5) << i;
}

TEST(Ou, IsHeldBetweenSamplesAndOffOutsideItsTimes) {
  Job job = watched(10, 0.01);
  test::add_noise(job, {.mean = 1, .sigma = 2, .sample_ms = 0.25, .start_ms = 2, .stop_ms = 7.5});
  const Values I = current_of(job);
  for (std::size_t i = 0; i < I.size(); ++i) {
    if (i < 200 || i >= 750) {
      ASSERT_EQ(I[i], 0) << i;
    } else if ((i - 200) % 25 != 0) {
      ASSERT_EQ(I[i], I[i - 1]) << i;
    } else {
      ASSERT_NE(I[i], I[i - 1]) << i;
    }
  }
}

/// Currents of all neurons of a job, in their order.
std::vector<Values> currents_of(const Job& job) {
  const Results r = test::run(job);
  std::vector<Values> all;
  for (std::uint64_t i = 0; i < job.population.size(); ++i) {
    all.push_back(test::trace_of(job, r, 0, i));
  }
  return all;
}

TEST(Redraw, GivesOneNoiseToNeuronsWithTheSameIndicesAlongItsAxes) {
  Job job = watched(1, 0.01);
  const int noise = test::add_noise(job, {});
  test::add_axis(job, parameter::E_L, {0, 0, 0});
  test::add_axis(job, parameter::g_L, {0.1, 0.1, 0.1, 0.1});
  test::redraw_along(job, noise, 1, "trial");
  const auto I = currents_of(job);
  for (std::size_t i = 0; i < 12; ++i) {
    for (std::size_t k = 0; k < 12; ++k) ASSERT_EQ(I[i] == I[k], i % 4 == k % 4) << i << " " << k;
  }
}

TEST(Redraw, IsNotChangedByAddingOrGrowingAxes) {
  const auto noise_of = [](std::size_t trials, std::size_t cells, bool both) {
    Job job = watched(1, 0.01);
    const int noise = test::add_noise(job, {});
    test::add_axis(job, parameter::g_L, Values(trials, 0.1));
    test::add_axis(job, parameter::E_L, Values(cells, 0.0));
    test::redraw_along(job, noise, 0, "trial");
    if (both) test::redraw_along(job, noise, 1, "cell");
    return currents_of(job);
  };
  const auto small = noise_of(2, 2, true), grown = noise_of(5, 3, true),
             single = noise_of(2, 1, false);
  EXPECT_EQ(small[0], grown[0]);
  EXPECT_EQ(small[1], grown[1]);
  EXPECT_EQ(small[2], grown[3]);
  EXPECT_EQ(small[3], grown[4]);
  EXPECT_EQ(small[0], single[0]) << "trial 0, cell 0";
  EXPECT_EQ(small[2], single[1]) << "trial 1, cell 0";
}

TEST(Redraw, FrozenNoiseIsTheSameInEveryRoundOfASearch) {
  // The least step that lifts a passive membrane to a level is that level less what the noise does,
  // whatever the rounds before were.
  Job job = watched(20, 0.01);
  job.population.base[parameter::spike_threshold] = 20;
  job.population.base[parameter::spike_rearm] = 20;
  const int noise = test::add_noise(job, {.sigma = 3, .tau_ms = 3});
  const int step = test::add_step(job, 0, 20, 0);
  test::add_axis(job, parameter::g_L, {0.1, 0.1, 0.1, 0.1, 0.1});
  test::redraw_along(job, noise, 0, "trial");
  test::search_for(job, test::parameter_of(job, step, slot::amplitude), 0, 30, 1e-9);
  const Results found = test::run(job);
  Job last = job;
  last.search.reset();
  last.population.sources.pop_back();
  for (std::size_t i = 0; i < 5; ++i) {
    ASSERT_EQ(found.threshold_status[i], ThresholdStatus::found);
    for (const bool above : {false, true}) {
      auto& amplitude =
          last.population
              .base[static_cast<std::size_t>(test::parameter_of(job, step, slot::amplitude))];
      amplitude = above ? found.threshold_upper[i] : found.threshold_lower[i];
      EXPECT_EQ(test::run(last).spike_count[i], above ? 1 : 0);
    }
  }
}

/// Linear between samples, 0 outside: as the contract has it, in double.
double waveform_at(const Values& samples, double start, double sample_ms, double gain, double t) {
  const double x = (t - start) / sample_ms;
  const auto last = static_cast<double>(samples.size() - 1);
  if (x < -1e-9 || x >= last - 1e-9) return 0;
  const double k = std::floor(x + 1e-9);
  const auto i = static_cast<std::size_t>(k);
  return gain * (samples[i] + (samples[i + 1] - samples[i]) * (x - k));
}

TEST(Waveform, IsLinearBetweenItsSamplesAndOffOutside) {
  const Values samples{1, 5, -3, 4, 0, 2, 7};
  for (const double sample_ms : {0.01, 0.25, 0.253, 0.004, 1.7}) {
    for (const double start_ms : {0.0, 1.0, 0.9973}) {
      Job job = watched(10, 0.01);
      test::add_waveform(job, {Values(7, 99), samples}, start_ms, sample_ms, -1.5);
      const int column = test::parameter_of(job, 0, slot::waveform_column);
      job.population.base[static_cast<std::size_t>(column)] = 2;
      const Values I = current_of(job);
      for (std::size_t i = 0; i < I.size(); ++i) {
        ASSERT_NEAR(I[i],
                    waveform_at(samples, start_ms, sample_ms, -1.5, static_cast<double>(i) * 0.01),
                    1e-9)
            << i << " " << sample_ms << " " << start_ms;
      }
    }
  }
}

/// V of a passive membrane, C_m 1, g_L 0.1, E_L 0, at time t under a waveform: each line of slope b
/// from a is solved in closed form.
double passive_response(const Values& samples, double start, double sample_ms, double t) {
  constexpr double g = 0.1;
  double V = 0;
  for (std::size_t k = 0; k + 1 < samples.size(); ++k) {
    const double from = start + static_cast<double>(k) * sample_ms;
    if (t <= from) return V;
    const double s = std::min(t - from, sample_ms);
    const double a = samples[k], b = (samples[k + 1] - samples[k]) / sample_ms;
    V = (V - a / g + b / (g * g)) * std::exp(-g * s) + a / g + b * s / g - b / (g * g);
  }
  const double end = start + static_cast<double>(samples.size() - 1) * sample_ms;
  return t > end ? V * std::exp(-g * (t - end)) : V;
}

TEST(Waveform, KeepsTheFourthOrderWithSamplesOnAndOffTheGrid) {
  const Values samples{0, 8, -6, 3, 9, -9, 0, 4};
  for (const double sample_ms : {2.0, 1.9371}) {
    for (const double start_ms : {1.0, 1.0371}) {
      double error[2];
      for (const int i : {0, 1}) {
        const double dt = i == 0 ? 0.5 : 0.25;
        Job job = test::passive(18, dt);
        test::trace_all(job, {TraceVariable::V}, i == 0 ? 1 : 2);
        test::add_waveform(job, {samples}, start_ms, sample_ms);
        const Values V = test::trace_of(job, test::run(job), 0);
        error[i] = 0;
        for (std::size_t k = 0; k < V.size(); ++k) {
          const double want =
              passive_response(samples, start_ms, sample_ms, static_cast<double>(k) * 0.5);
          error[i] = std::max(error[i], std::abs(V[k] - want));
        }
      }
      EXPECT_LT(error[0], 1e-5);
      EXPECT_GT(error[0] / error[1], 12) << sample_ms << " " << start_ms;
    }
  }
}

TEST(Waveform, OfAMillionSamplesAndManyNeuronsIsHeldOnce) {
  Values samples(million);
  for (std::size_t i = 0; i < million; ++i) samples[i] = static_cast<double>(i % 1000) * 0.01;
  Job job = test::passive(10000, 0.05);
  job.precision = Precision::float32;
  test::trace_all(job, {TraceVariable::I_stim}, 19999);
  test::add_waveform(job, {samples}, 0, 0.01);
  test::add_axis(job, test::parameter_of(job, 0, slot::amplitude), {1, 2, 3});
  const Results r = test::run(job);
  for (std::size_t i = 0; i < 3; ++i) {
    const Values I = test::trace_of(job, r, 0, i);
    ASSERT_EQ(I.size(), 11u);
    for (std::size_t k = 0; k < 10; ++k) {
      const std::size_t sample = k * 19999 * 5;
      const double want = static_cast<double>(i + 1) * static_cast<double>(sample % 1000) * 0.01;
      EXPECT_NEAR(I[k], want, 1e-5) << k;
    }
  }
}

}  // namespace
}  // namespace hhsweep
