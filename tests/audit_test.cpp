// SPDX-License-Identifier: MIT
#include "hhsweep/audit.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "jobs.hpp"

namespace hhsweep {
namespace {

using Numbers = std::vector<std::uint64_t>;

/// Results of neurons with these spike times, all in the window.
Results firing(const std::vector<std::vector<double>>& trains) {
  Results results;
  results.count = trains.size();
  for (const auto& train : trains) {
    results.status.push_back(NeuronStatus::ok);
    results.V_max.push_back(40.0);
    results.spike_count.push_back(static_cast<std::int32_t>(train.size()));
    results.row_size.push_back(static_cast<std::int32_t>(train.size()));
    results.spike_time.insert(results.spike_time.end(), train.begin(), train.end());
  }
  return results;
}

void diverge(Results& results, std::size_t neuron) {
  results.status[neuron] = NeuronStatus::diverged;
  results.spike_count[neuron] = -1;
  results.V_max[neuron] = canonical_nan();
}

AuditFigures compared(const Numbers& numbers, const Results& as_run, const Results& finer) {
  AuditFigures figures;
  figures.compare(numbers, as_run, finer);
  return figures;
}

TEST(EvenlySpread, BeginsAtTheFirstNeuronAndEndsAtTheLast) {
  EXPECT_EQ(evenly_spread(100, 4, 0, 4), (Numbers{0, 33, 66, 99}));
  EXPECT_EQ(evenly_spread(101, 5, 0, 5), (Numbers{0, 25, 50, 75, 100}));
  EXPECT_EQ(evenly_spread(3, 3, 0, 3), (Numbers{0, 1, 2}));
  EXPECT_EQ(evenly_spread(7, 1, 0, 1), (Numbers{0}));
  EXPECT_EQ(evenly_spread(1, 1, 0, 1), (Numbers{0}));
}

TEST(EvenlySpread, ComesInPiecesOfOneList) {
  EXPECT_EQ(evenly_spread(1000, 7, 2, 3), (Numbers{333, 500, 666}));
  const Numbers all = evenly_spread(1000, 7, 0, 7);
  EXPECT_EQ(Numbers(all.begin() + 2, all.begin() + 5), evenly_spread(1000, 7, 2, 3));
}

TEST(EvenlySpread, ReachesTwoToTheForty) {
  const std::uint64_t neurons = std::uint64_t{1} << 40;
  EXPECT_EQ(evenly_spread(neurons, neurons, neurons - 2, 2), (Numbers{neurons - 2, neurons - 1}));
  EXPECT_EQ(evenly_spread(neurons, 3, 0, 3), (Numbers{0, neurons / 2, neurons - 1}));
}

TEST(AuditFigures, HoldTheLargestShiftAndItsNeuron) {
  const AuditFigures figures = compared({10, 20, 30}, firing({{1.0, 2.0}, {}, {5.0, 6.0, 7.0}}),
                                        firing({{1.25, 2.0}, {}, {5.0, 6.5, 7.25}}));
  EXPECT_EQ(figures.neurons, 3u);
  EXPECT_EQ(figures.spikes, 5u);
  EXPECT_EQ(figures.spike_time.size, 0.5);
  EXPECT_EQ(figures.spike_time.neuron, 30u);
  EXPECT_EQ(figures.V_max.size, 0);
  EXPECT_EQ(figures.count_mismatches, 0u);
  EXPECT_EQ(figures.status_mismatches, 0u);
}

TEST(AuditFigures, NameTheFirstOfSeveralEqualShifts) {
  EXPECT_EQ(compared({4, 5}, firing({{1.0}, {2.0}}), firing({{1.5}, {1.5}})).spike_time.neuron, 4u);
}

TEST(AuditFigures, AreNoNumberWhereThereIsNothingToCompare) {
  const AuditFigures figures = compared({1, 2}, firing({{}, {}}), firing({{}, {}}));
  EXPECT_TRUE(std::isnan(figures.spike_time.size));
  EXPECT_TRUE(std::isnan(figures.threshold.size));
  EXPECT_EQ(figures.spikes, 0u);
}

TEST(AuditFigures, LeaveTheTimesOfMismatchedNeuronsOut) {
  const AuditFigures figures =
      compared({1, 2}, firing({{1.0, 2.0}, {5.0}}), firing({{1.5}, {5.125}}));
  EXPECT_EQ(figures.count_mismatches, 1u);
  EXPECT_EQ(figures.spikes, 1u);
  EXPECT_EQ(figures.spike_time.size, 0.125);
}

TEST(AuditFigures, CountASpikeThatLeavesTheWindowAsAMismatch) {
  const Results as_run = firing({{1.0, 2.0}});
  Results finer = as_run;
  finer.spike_count[0] = 1;
  const AuditFigures figures = compared({0}, as_run, finer);
  EXPECT_EQ(figures.count_mismatches, 1u);
  EXPECT_EQ(figures.spike_time.size, 0);
}

TEST(AuditFigures, TellNeuronsApartThatDivergedInOneRunOnly) {
  Results as_run = firing({{}, {}, {3.0}});
  Results finer = firing({{}, {1.0}, {3.0}});
  diverge(as_run, 0);
  diverge(finer, 0);
  diverge(as_run, 1);
  const AuditFigures figures = compared({0, 1, 2}, as_run, finer);
  EXPECT_EQ(figures.status_mismatches, 1u);
  EXPECT_EQ(figures.count_mismatches, 0u);
  EXPECT_EQ(figures.spikes, 1u);
  EXPECT_EQ(figures.V_max.size, 0);
}

TEST(AuditFigures, CompareThresholdsWhereBothRunsFoundOne) {
  Results as_run = firing({{}, {}, {}});
  Results finer = as_run;
  as_run.threshold = {2.0, 3.0, 5.0};
  finer.threshold = {2.25, canonical_nan(), 5.0};
  as_run.threshold_status.assign(3, ThresholdStatus::found);
  finer.threshold_status = {ThresholdStatus::found, ThresholdStatus::never, ThresholdStatus::found};
  const AuditFigures figures = compared({7, 8, 9}, as_run, finer);
  EXPECT_EQ(figures.threshold.size, 0.25);
  EXPECT_EQ(figures.threshold.neuron, 7u);
  EXPECT_EQ(figures.threshold_mismatches, 1u);
}

TEST(AuditFigures, AddUpOverPieces) {
  AuditFigures figures;
  figures.compare({1}, firing({{1.0}}), firing({{1.5}}));
  figures.compare({2}, firing({{2.0}}), firing({{2.25}}));
  EXPECT_EQ(figures.neurons, 2u);
  EXPECT_EQ(figures.spikes, 2u);
  EXPECT_EQ(figures.spike_time.neuron, 1u);
}

/// The audit of a job, and the same by hand: whole runs in both precisions, compared here.
class Audit : public testing::Test {
 protected:
  static AuditFigures audited(const Job& job, std::uint64_t neurons) {
    RunOptions options;
    options.backend = "cpu";
    Engine engine(options);
    return audit(engine, job, neurons).value();
  }

  static Job finer(Job job) {
    job.precision = Precision::float64;
    job.dt_ms /= 2;
    return job;
  }
};

Job currents() {
  Job job = test::job_of("squid", 60.0);
  job.precision = Precision::float32;
  job.dt_ms = 0.04;
  job.record.spike_times = true;
  const int step = test::add_step(job, 5.0037, std::numeric_limits<double>::infinity(), 0.0);
  test::add_axis(job, test::parameter_of(job, step, slot::amplitude), {0.0, 8.0, 20.0, 60.0});
  return job;
}

TEST_F(Audit, IsTheDifferenceOfTwoWholeRuns) {
  const Job job = currents();
  const Results as_run = test::run(job);
  const Results compared = test::run(finer(job));
  double largest = 0;
  std::uint64_t where = 0;
  for (const std::uint64_t neuron : {0, 2, 3}) {  // number 1.5 of 0 to 3 is 2
    const auto ours = test::spikes_of(as_run, neuron);
    const auto theirs = test::spikes_of(compared, neuron);
    ASSERT_EQ(ours.size(), theirs.size());
    for (std::size_t s = 0; s < ours.size(); ++s) {
      if (std::fabs(ours[s] - theirs[s]) <= largest) continue;
      largest = std::fabs(ours[s] - theirs[s]);
      where = neuron;
    }
  }
  ASSERT_GT(largest, 0);
  const AuditFigures figures = audited(job, 3);
  EXPECT_EQ(figures.neurons, 3u);
  EXPECT_EQ(figures.dt_ms, 0.02);
  EXPECT_EQ(figures.spike_time.size, largest);
  EXPECT_EQ(figures.spike_time.neuron, where);
}

TEST_F(Audit, OfMoreNeuronsThanThereAreIsOfAll) {
  EXPECT_EQ(audited(currents(), 1000).neurons, 4u);
}

TEST_F(Audit, DoesNotDependOnWhatIsRecorded) {
  Job job = currents();
  const AuditFigures with_spikes = audited(job, 4);
  job.record.spike_times = false;
  test::trace_all(job, {TraceVariable::V}, 1);
  EXPECT_EQ(audited(job, 4).spike_time.size, with_spikes.spike_time.size);
}

TEST_F(Audit, FallsWithTheStepAsTheErrorDoes) {
  Job job = currents();
  job.precision = Precision::float64;
  const double coarse = audited(job, 4).spike_time.size;
  job.dt_ms /= 2;
  EXPECT_GT(coarse, 12 * audited(job, 4).spike_time.size);
}

/// Noise and a waveform whose samples are as far apart as the steps of the run.
Job sampled(double dt_ms) {
  Job job = test::job_of("squid", 40.0);
  job.dt_ms = dt_ms;
  test::add_noise(job, {.mean = 8, .sigma = 4, .sample_ms = 0.02});
  std::vector<double> wave(1000);
  for (std::size_t i = 0; i < wave.size(); ++i) wave[i] = i % 9 == 0 ? 20.0 : 0.0;
  test::add_waveform(job, {wave}, 3.0, 0.02);
  return job;
}

TEST_F(Audit, SeesTheSameSamplesAtHalfTheStep) {
  // Other samples would shift spikes by tenths of a millisecond; the method is off by 4e-6 ms at
  // this step under constant currents.
  constexpr double error_of_the_method_ms = 1e-5;
  const AuditFigures figures = audited(sampled(0.02), 1);
  EXPECT_GE(figures.spikes, 2u);
  EXPECT_EQ(figures.count_mismatches, 0u);
  EXPECT_LT(figures.spike_time.size, error_of_the_method_ms);

  Job traced = sampled(0.02);
  test::trace_all(traced, {TraceVariable::I_stim}, 1);
  const auto current = test::trace_of(traced, test::run(traced), 0);
  traced = finer(traced);
  traced.record.trace->every_steps = 2;
  EXPECT_EQ(test::trace_of(traced, test::run(traced), 0), current);
}

TEST_F(Audit, SearchesAnewAtHalfTheStep) {
  Job job = test::job_of("squid", 30.0);
  job.dt_ms = 0.05;
  const int step = test::add_step(job, 1.0, 3.0, 0.0);
  test::add_axis(job, parameter::g_Na, {100.0, 120.0, 140.0});
  test::search_for(job, test::parameter_of(job, step, slot::amplitude), 0.0, 60.0, 1e-9);
  const Results as_run = test::run(job);
  const Results compared = test::run(finer(job));
  double largest = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    largest = std::max(largest, std::fabs(as_run.threshold[i] - compared.threshold[i]));
  }
  const AuditFigures figures = audited(job, 3);
  EXPECT_GT(largest, 0);
  EXPECT_EQ(figures.threshold.size, largest);
  EXPECT_EQ(figures.threshold_mismatches, 0u);
}

TEST_F(Audit, ShowsItsProgressAndStopsWhenAsked) {
  RunOptions options;
  options.backend = "cpu";
  options.window_steps = 100;
  Engine engine(options);
  const Job job = currents();
  Progress last;
  const auto watch = [&](const Progress& progress) {
    EXPECT_GE(progress.done, last.done);
    last = progress;
  };
  ASSERT_TRUE(audit(engine, job, 2, watch));
  EXPECT_EQ(last.total, audit_steps(job, 2));
  EXPECT_NEAR(last.done, last.total, 8);

  int asked = 0;
  EXPECT_FALSE(audit(engine, job, 2, {}, [&] { return ++asked == 20; }));
  EXPECT_EQ(asked, 20);
}

}  // namespace
}  // namespace hhsweep
