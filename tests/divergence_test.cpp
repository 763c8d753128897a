// SPDX-License-Identifier: MIT
// A neuron that diverges is marked; it is never counted as silent and its neighbours do not notice.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "hhsweep/engine.hpp"
#include "hhsweep/math.hpp"
#include "reference_jobs.hpp"

namespace hhsweep {
namespace {

/// Currents of a population in which some neurons leave the finite range: RK4 cannot follow beta_m
/// under strong hyperpolarisation.
const std::vector<double> currents{10, -500, 0,     20, -2000, 30, 40, -300, 50, 15,
                                   25, 35,   -1000, 45, 5,     60, 12, 22,   32};

bool runs_away(double current) { return current < -100; }

Job job_with(const std::vector<double>& amplitudes, Precision precision) {
  Job job = test::job_of("squid", 40);
  job.precision = precision;
  job.dt_ms = 0.02;
  const int step = test::add_step(job, 15.003, 39, 0);
  test::add_step(job, 1, 4, 12);  // all of them fire before
  test::add_axis(job, test::parameter_of(job, step, slot::amplitude), amplitudes);
  job.record.spike_times = true;
  test::trace_all(job, {TraceVariable::V, TraceVariable::m, TraceVariable::I_Na}, 5);
  return job;
}

class DivergingIn : public ::testing::TestWithParam<std::tuple<Precision, std::string>> {
 protected:
  [[nodiscard]] Precision precision() const { return std::get<0>(GetParam()); }
  [[nodiscard]] RunOptions options() const {
    RunOptions options;
    options.isa = std::get<1>(GetParam());
    return options;
  }
  /// Results, or none where the processor lacks the instruction set.
  [[nodiscard]] std::optional<Results> run(const Job& job) const {
    try {
      return test::run(job, options());
    } catch (const std::exception&) {
      return {};
    }
  }
};
INSTANTIATE_TEST_SUITE_P(
    Divergence, DivergingIn,
    ::testing::Combine(::testing::Values(Precision::float32, Precision::float64),
                       ::testing::Values("scalar", "avx2", "avx512")),
    [](const auto& info) {
      return std::string(std::get<0>(info.param) == Precision::float32 ? "float32_" : "float64_") +
             std::get<1>(info.param);
    });

TEST_P(DivergingIn, IsMarkedAndNeverCountedAsSilent) {
  const auto got = run(job_with(currents, precision()));
  if (!got) GTEST_SKIP() << "this processor lacks " << std::get<1>(GetParam());
  for (std::size_t i = 0; i < currents.size(); ++i) {
    if (runs_away(currents[i])) {
      EXPECT_EQ(got->status[i], NeuronStatus::diverged) << currents[i];
      EXPECT_EQ(got->spike_count[i], -1);
      EXPECT_EQ(got->row_size[i], 0);
      EXPECT_GT(got->diverged_time[i], 15.003);
      EXPECT_LT(got->diverged_time[i], 40.0);
      for (const auto* column :
           {&got->first_spike_time, &got->last_spike_time, &got->mean_isi, &got->cv_isi,
            &got->firing_rate, &got->V_min, &got->V_max, &got->V_max_time}) {
        EXPECT_EQ(to_bits((*column)[i]), to_bits(canonical_nan()));
      }
    } else {
      EXPECT_EQ(got->status[i], NeuronStatus::ok) << currents[i];
      EXPECT_GE(got->spike_count[i], 1);
      EXPECT_EQ(got->row_size[i], got->spike_count[i]);
      EXPECT_EQ(to_bits(got->diverged_time[i]), to_bits(canonical_nan()));
    }
  }
}

TEST_P(DivergingIn, LeavesTracesOfNaNFromThereOnAndFiniteOnesBefore) {
  const Job job = job_with(currents, precision());
  const auto got = run(job);
  if (!got) GTEST_SKIP() << "this processor lacks " << std::get<1>(GetParam());
  for (std::size_t i = 0; i < currents.size(); ++i) {
    for (std::size_t v = 0; v < 3; ++v) {
      const auto trace = test::trace_of(job, *got, v, i);
      for (std::size_t k = 0; k < trace.size(); ++k) {
        const double t = 0.1 * static_cast<double>(k);
        const bool gone = runs_away(currents[i]) && t > got->diverged_time[i] - 1e-9;
        ASSERT_EQ(std::isnan(trace[k]), gone) << currents[i] << " uA/cm^2 at " << t << " ms";
      }
    }
  }
}

TEST_P(DivergingIn, LeavesNoNaNButTheOneOfTheContractInAnyTrace) {
  for (const char* preset : {"squid", "slides", "blog"}) {
    Job job = test::job_of(preset, 5);
    job.precision = precision();
    job.dt_ms = 0.1;
    std::vector<double> amplitudes;
    for (double I = 1; I < 1e7; I *= 1.4) amplitudes.insert(amplitudes.end(), {I, -I});
    const int step = test::add_step(job, 1, 5, 0);
    test::add_axis(job, test::parameter_of(job, step, slot::amplitude), amplitudes);
    test::trace_all(job, {TraceVariable::V, TraceVariable::m, TraceVariable::I_Na}, 1);
    const auto got = run(job);
    if (!got) GTEST_SKIP() << "this processor lacks " << std::get<1>(GetParam());
    // A float's NaN is widened on reading; its canonical bits become the canonical ones of double.
    for (std::size_t v = 0; v < 3; ++v) {
      for (std::size_t i = 0; i < amplitudes.size(); ++i) {
        for (const double value : test::trace_of(job, *got, v, i)) {
          ASSERT_TRUE(!std::isnan(value) || to_bits(value) == to_bits(canonical_nan()));
        }
      }
    }
  }
}

TEST_P(DivergingIn, DoesNotDisturbASingleBitOfItsNeighbours) {
  const Job with_job = job_with(currents, precision());
  const auto with = run(with_job);
  if (!with) GTEST_SKIP() << "this processor lacks " << std::get<1>(GetParam());
  std::vector<double> sane;
  std::vector<std::size_t> place;
  for (std::size_t i = 0; i < currents.size(); ++i) {
    if (runs_away(currents[i])) continue;
    sane.push_back(currents[i]);
    place.push_back(i);
  }
  const Job without_job = job_with(sane, precision());
  const auto without = run(without_job);
  ASSERT_TRUE(without.has_value());
  for (std::size_t k = 0; k < sane.size(); ++k) {
    const std::size_t i = place[k];
    EXPECT_EQ(test::spikes_of(*with, i), test::spikes_of(*without, k));
    EXPECT_EQ(with->V_max[i], without->V_max[k]);
    EXPECT_EQ(with->V_min[i], without->V_min[k]);
    EXPECT_EQ(with->V_max_time[i], without->V_max_time[k]);
    for (std::size_t v = 0; v < 3; ++v) {
      EXPECT_EQ(test::trace_of(with_job, *with, v, i), test::trace_of(without_job, *without, v, k));
    }
  }
}

TEST_P(DivergingIn, AtOnceIsMarkedToo) {
  Job job = test::job_of("squid", 1);
  job.precision = precision();
  const int step = test::add_step(job, 0, 1, 0);
  test::add_axis(job, test::parameter_of(job, step, slot::amplitude), {1e300, 0, -1e300, 1e30});
  const auto got = run(job);
  if (!got) GTEST_SKIP() << "this processor lacks " << std::get<1>(GetParam());
  for (const std::size_t i : {0u, 2u, 3u}) {
    EXPECT_EQ(got->status[i], NeuronStatus::diverged) << i;
    EXPECT_DOUBLE_EQ(got->diverged_time[i], 0.01) << i;
  }
  EXPECT_EQ(got->status[1], NeuronStatus::ok);
}

TEST(Divergence, OfAStepThatIsTooLongForASpikeIsMarked) {
  Job squid = test::job_of("squid", 50);
  squid.dt_ms = 0.2;
  test::add_step(squid, 5, 45, 20);
  EXPECT_EQ(test::run(squid).status[0], NeuronStatus::diverged);
}

TEST(Divergence, AfterTheRecordWindowStillMarksTheNeuron) {
  Job job = job_with({-2000}, Precision::float64);
  job.record.window_stop_ms = 10;
  const Results got = test::run(job);
  EXPECT_EQ(got.status[0], NeuronStatus::diverged);
  EXPECT_EQ(got.spike_count[0], -1);
}

TEST(Divergence, InTheLastPartialStepIsMarked) {
  Job job = test::job_of("squid", 5.004);
  test::add_step(job, 5.001, 5.004, 1e7);
  const Results got = test::run(job);
  EXPECT_EQ(got.status[0], NeuronStatus::diverged);
  EXPECT_DOUBLE_EQ(got.diverged_time[0], 5.004);
}

TEST(Divergence, IsCountedInTheSummary) {
  const Job job = job_with(currents, Precision::float32);
  RunOptions options;
  options.backend = "cpu";
  const RunSummary summary = Engine(options).run(job, [](std::uint64_t, Results) {});
  EXPECT_EQ(summary.diverged,
            static_cast<std::uint64_t>(std::count_if(currents.begin(), currents.end(), runs_away)));
  EXPECT_EQ(summary.neurons, currents.size());
}

TEST(Divergence, InASearchHasItsOwnStatus) {
  Job job = test::job_of("squid", 30);
  const int step = test::add_step(job, 5, 25, 0);
  test::search_for(job, test::parameter_of(job, step, slot::amplitude), -2000, 10, 1e-3);
  const Results got = test::run(job);
  EXPECT_EQ(got.threshold_status[0], ThresholdStatus::diverged);
  EXPECT_EQ(to_bits(got.threshold[0]), to_bits(canonical_nan()));
  EXPECT_EQ(to_bits(got.threshold_lower[0]), to_bits(canonical_nan()));
}

}  // namespace
}  // namespace hhsweep
