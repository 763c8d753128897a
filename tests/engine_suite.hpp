// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "hhsweep/error.hpp"
#include "interruptions.hpp"
#include "jobs.hpp"

/// What every backend must do, with small populations: the same bits as plain scalar code for all
/// that a job can contain, whatever the batch, the window and the slots.
namespace hhsweep::test {

struct BackendCase {
  std::string name;
  RunOptions options;
};
inline void PrintTo(const BackendCase& backend, std::ostream* out) { *out << backend.name; }

class EngineSuite : public testing::TestWithParam<BackendCase> {
 protected:
  void SetUp() override {
    try {
      Engine engine(GetParam().options);
    } catch (const DeviceError& error) {
      GTEST_SKIP() << error.what();
    }
  }

  [[nodiscard]] RunOptions options() const { return GetParam().options; }

  /// Runs the job in both precisions and expects the bits of plain scalar code.
  void expect_the_bits_of_scalar_code(Job job) const {
    for (const Precision precision : {Precision::float32, Precision::float64}) {
      job.precision = precision;
      SCOPED_TRACE(precision == Precision::float32 ? "float32" : "float64");
      EXPECT_EQ(difference(deliver(job, options()), deliver_by_scalar_code(job)), "");
    }
  }

  [[nodiscard]] std::vector<std::int32_t> spike_counts(const Job& job) const {
    return deliver(job, options()).chunks.at(0).spike_count;
  }
};

inline constexpr double forever = std::numeric_limits<double>::infinity();

/// A job of 30 ms at dt 0.02 whose voltage and current are traced at every step.
inline Job watched_job(const std::string& preset = "squid") {
  Job job = job_of(preset, 30.0);
  job.dt_ms = 0.02;
  job.record.spike_times = true;
  trace_all(job, {TraceVariable::V, TraceVariable::I_stim}, 1);
  return job;
}

/// Currents from 5 to 495 ms of a run of 500 ms.
inline Job f_I_job(const std::string& preset, double last, std::uint64_t count) {
  Job job = job_of(preset, 500.0);
  const int step = add_step(job, 5.0, 495.0, 0.0);
  add_linspace(job, parameter_of(job, step, slot::amplitude), 0.0, last, count);
  return job;
}

/// A squid axon that fires at currents of 5 to 60, with its spike times.
inline Job firing_job(double duration_ms) {
  Job job = job_of("squid", duration_ms);
  job.dt_ms = 0.02;
  job.record.spike_times = true;
  const int step = add_step(job, 1.0, forever, 0.0);
  add_linspace(job, parameter_of(job, step, slot::amplitude), 5.0, 60.0, 7);
  return job;
}

TEST_P(EngineSuite, CountsTheSpikesOfTheSquidAxon) {
  const std::vector<std::int32_t> expected{0, 34, 43, 49, 54, 58, 61};
  for (const Precision precision : {Precision::float32, Precision::float64}) {
    Job job = f_I_job("squid", 60.0, 7);
    job.precision = precision;
    EXPECT_EQ(spike_counts(job), expected);
  }
}

TEST_P(EngineSuite, CountsTheSpikesOfTheBlogModel) {
  const std::vector<std::int32_t> expected{0,  0,  1,  46, 54, 60, 64, 68, 71, 73,
                                           75, 77, 79, 81, 83, 84, 86, 87, 89, 90};
  EXPECT_EQ(spike_counts(f_I_job("blog", 190.0, 20)), expected);
}

TEST_P(EngineSuite, StepsOnAndOffTheGrid) {
  Job job = watched_job();
  const int step = add_stimulus(job, {.stop_meaning = StopMeaning::width}, {2.0, 3.0, 12.0});
  add_axis(job, parameter_of(job, step, slot::start), {2.0, 2.007, 2.0199999});
  add_axis(job, parameter_of(job, step, slot::stop), {0.0, 0.004, 0.02, 3.0, 40.0});
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, Pulses) {
  Job job = watched_job();
  const int pulses = add_pulses(job, {1.0, 2.0, 2.003, 2.006, 2.009, 4.5, 12.0, 13.0}, 0.0);
  add_axis(job, parameter_of(job, pulses, slot::amplitude), {-5.0, 4.0, 20.0});
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, TrainsWithEdgesOffTheGrid) {
  Job job = watched_job();
  const int train = add_kind(job, StimulusKind::train, {1.0, 28.0, 15.0, 0.5, 7.0});
  add_axis(job, parameter_of(job, train, slot::train_period), {0.013, 0.517, 7.0, 40.0});
  add_axis(job, parameter_of(job, train, slot::train_width), {0.005, 0.5001, 9.0});
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, TrainsCountedInHertz) {
  Job job = watched_job();
  const int train = add_stimulus(job,
                                 {.kind = StimulusKind::train,
                                  .stop_meaning = StopMeaning::count,
                                  .period_is_frequency = true},
                                 {1.0, 3.0, 15.0, 1.0, 90.0});
  add_axis(job, parameter_of(job, train, slot::stop), {0.0, 1.0, 3.0});
  add_axis(job, parameter_of(job, train, slot::train_period), {90.0, 333.0});
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, Ramps) {
  Job job = watched_job();
  const int ramp =
      add_stimulus(job, {.kind = StimulusKind::ramp, .end_is_rise = true}, {1.0, 25.0, 15.0, 4.0});
  add_axis(job, parameter_of(job, ramp, slot::ramp_end), {0.0, 0.011, 4.0, 50.0});
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, Sines) {
  Job job = watched_job();
  const int sine = add_kind(job, StimulusKind::sine, {1.003, 26.0, 10.0, 200.0, 30.0, 3.0});
  add_axis(job, parameter_of(job, sine, slot::sine_frequency), {0.0, 77.7, 12345.6});
  add_axis(job, parameter_of(job, sine, slot::sine_phase), {-90.0, 0.0, 400.0});
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, Chirps) {
  Job job = watched_job();
  const int chirp = add_kind(job, StimulusKind::chirp, {1.0, forever, 10.0, 10.0, 300.0});
  add_axis(job, parameter_of(job, chirp, slot::chirp_frequency_end), {0.0, 10.0, 5000.0});
  add_axis(job, parameter_of(job, chirp, slot::stop), {21.01, forever});
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, StimuliThatComeAfterOthers) {
  Job job = watched_job();
  const int train =
      add_stimulus(job, {.kind = StimulusKind::train, .stop_meaning = StopMeaning::count},
                   {1.0, 2.0, 10.0, 1.0, 3.0});
  const int step =
      add_stimulus(job, {.stop_meaning = StopMeaning::width, .after = train}, {1.5, 1.0, 15.0});
  add_stimulus(job, {.kind = StimulusKind::ramp, .after = step}, {1.0, 6.0, 8.0, 4.0});
  add_axis(job, parameter_of(job, step, slot::start), {0.5, 3.003});
  add_axis(job, parameter_of(job, train, slot::train_width), {0.5, 1.0});
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, SeveralStimuliAtOnce) {
  Job job = watched_job();
  add_step(job, 2.005, 20.0, 3.0);
  add_pulses(job, {3.0, 3.5, 9.0, 9.5}, 6.0);
  const int sine = add_kind(job, StimulusKind::sine, {0.0, forever, 2.0, 130.0});
  add_kind(job, StimulusKind::chirp, {5.0, 15.0, 1.0, 20.0, 400.0});
  add_kind(job, StimulusKind::ramp, {0.0, 30.0, 4.0, 25.0});
  add_axis(job, parameter_of(job, sine, slot::amplitude), {0.0, 2.0, 5.0});
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, NoStimulusAtAll) {
  Job job = watched_job();
  add_axis(job, parameter::initial_V, {-65.0});
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, EveryPreset) {
  for (const char* preset : {"squid", "slides", "blog", "hh1952"}) {
    SCOPED_TRACE(preset);
    Job job = watched_job(preset);
    job.dt_ms = 0.01;
    const int step = add_step(job, 1.0, 3.0, 0.0);
    add_linspace(job, parameter_of(job, step, slot::amplitude), -5.0, 60.0, 4);
    expect_the_bits_of_scalar_code(job);
  }
}

TEST_P(EngineSuite, SweptConductancesWithTheRestOfEachNeuron) {
  Job job = watched_job();
  add_step(job, 1.0, forever, 8.0);
  add_axis(job, parameter::g_Na, {40.0, 120.0, 200.0});
  add_axis(job, parameter::E_L, {-60.0, -54.387});
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, SweptTemperatureAndCapacitance) {
  Job job = watched_job();
  add_step(job, 1.0, forever, 12.0);
  add_axis(job, parameter::temperature, {0.0, 6.3, 18.5});
  add_axis(job, parameter::C_m, {0.7, 1.0});
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, SweptRatesOfOtherScales) {
  Job job = watched_job("slides");
  const int sine = add_kind(job, StimulusKind::sine, {1.0, forever, 10.0, 100.0});
  add_axis(job, parameter::rate(beta_h, 2), {0.5, 1.0, 10.0});
  add_axis(job, parameter_of(job, sine, slot::amplitude), {5.0, 15.0});
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, SweptStarts) {
  Job job = watched_job("slides");
  add_step(job, 1.0, 3.0, 10.0);
  add_axis(job, parameter::initial_V, {-80.0, -65.0, 20.0});
  add_axis(job, parameter::initial_m, {0.0, 1.0});
  expect_the_bits_of_scalar_code(job);
  job.population.start = Start::steady;
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, SweptSpikeLevels) {
  Job job = watched_job();
  job.population.rearm_follows_threshold = false;
  add_step(job, 1.0, forever, 20.0);
  add_axis(job, parameter::spike_threshold, {-30.0, 0.0, 39.0, 60.0});
  add_axis(job, parameter::spike_rearm, {-100.0, -60.0, 0.0});
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, EveryFormOfAxis) {
  Job job = firing_job(20.0);
  add_axis(job, parameter::g_K, {30.0, 36.0});
  ParameterSource geometric;
  geometric.parameter = parameter::g_L;
  geometric.form = SourceForm::geomspace;
  geometric.count = 3;
  geometric.first = 0.1;
  geometric.last = 0.9;
  ParameterSource range = geometric;
  range.parameter = parameter::E_K;
  range.form = SourceForm::range;
  range.first = -80.0;
  range.last = 1.5;
  for (ParameterSource& other : job.population.sources) other.stride *= 3;
  job.population.sources.push_back(geometric);
  job.population.sources.push_back(range);
  job.population.axis_lengths.push_back(3);
  expect_the_bits_of_scalar_code(job);
}

/// Conductances, leak and current of each neuron drawn from every distribution, at three tabled
/// leaks.
inline Job drawn_job() {
  Job job = watched_job();
  const int step = add_step(job, 1.0, forever, 0.0);
  add_axis(job, parameter::E_L, {-60.0, -54.387, -50.0});
  Draw leak = draw_of(Distribution::loguniform, 0.1, 1.0);
  Draw potassium = draw_of(Distribution::lognormal, 36.0, 0.3, 20.0, 50.0);
  leak.sampling = potassium.sampling = Sampling::latin;
  add_draws(job, 11,
            {{parameter::g_Na, draw_of(Distribution::normal, 120.0, 30.0, 60.0)},
             {parameter::g_K, potassium},
             {parameter::g_L, leak},
             {parameter_of(job, step, slot::amplitude), draw_of(Distribution::uniform, -5, 40)}});
  return job;
}

TEST_P(EngineSuite, DrawnParametersWithTheRestOfEachNeuron) {
  expect_the_bits_of_scalar_code(drawn_job());
}

TEST_P(EngineSuite, DrawnParametersAsIfTheyWereWritten) {
  Job job = drawn_job();
  job.precision = Precision::float32;
  EXPECT_EQ(difference(deliver(job, options()), deliver(tabled(job), options())), "");
}

TEST_P(EngineSuite, DrawnRatesOnTheGeneralMembrane) {
  Job job = watched_job();
  add_step(job, 1.0, forever, 10.0);
  add_draws(job, 9,
            {{parameter::rate(alpha_m, 2), draw_of(Distribution::normal, 10.0, 0.5)},
             {parameter::rate(alpha_n, 1), draw_of(Distribution::normal, -55.0, 1.0)}});
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, DrawnNeuronsRestAtTheLowestOfSeveralEquilibria) {
  Job job = watched_job();
  job.population.base[parameter::E_L] = -70.0;
  // up to 8 there are three equilibria, near -69, -60 and -30 mV
  add_draws(job, 20, {{parameter::g_K, draw_of(Distribution::uniform, 1.0, 15.0)}});
  const Results results = deliver(job, options()).chunks.at(0);
  for (std::size_t i = 0; i < 20; ++i) {
    const double V = trace_of(job, results, 0, i).front();
    EXPECT_GT(V, -71.0) << i;
    EXPECT_LT(V, -68.0) << i;
  }
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, SearchesWhileOtherParametersAreDrawn) {
  Job job = drawn_job();
  job.record.trace.reset();
  job.population.sources.pop_back();
  search_for(job, parameter_of(job, 0, slot::amplitude), 0.0, 100.0, 1.0);
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, SlotsWindowsAndBatchesCannotBeSeen) {
  const Job job = firing_job(60.0);
  const Delivery expected = deliver_by_scalar_code(job);
  ASSERT_GT(expected.chunks.at(0).spike_time.size(), 20u);
  for (const int slots : {1, 2, 64}) {
    for (const std::int64_t window : {37, 1000, 100000}) {
      for (const std::uint64_t batch : {1, 3, 7}) {
        if ((slots == 64) != (window == 37)) continue;
        RunOptions chosen = options();
        chosen.spike_slots = slots;
        chosen.window_steps = window;
        chosen.batch_neurons = batch;
        EXPECT_EQ(difference(deliver(job, chosen), expected), "")
            << slots << " slots, windows of " << window << " steps, batches of " << batch;
      }
    }
  }
}

TEST_P(EngineSuite, WindowsCannotBeSeenInOscillations) {
  Job job = watched_job();
  job.duration_ms = job.record.window_stop_ms = 4.0;
  const int chirp = add_kind(job, StimulusKind::chirp, {1.003, forever, 30.0, 10.0, 300.0});
  add_kind(job, StimulusKind::ramp, {0.0, 30.0, 4.0, 25.0});
  add_axis(job, parameter_of(job, chirp, slot::amplitude), {3.0, 30.0});
  const Delivery expected = deliver_by_scalar_code(job);
  for (const std::int64_t window : {1, 37}) {
    RunOptions chosen = options();
    chosen.window_steps = window;
    EXPECT_EQ(difference(deliver(job, chosen), expected), "") << window;
  }
}

TEST_P(EngineSuite, TracesOfAllVariables) {
  Job job = firing_job(20.0);
  trace_all(job,
            {TraceVariable::I_L, TraceVariable::V, TraceVariable::m, TraceVariable::h,
             TraceVariable::n, TraceVariable::I_stim, TraceVariable::I_Na, TraceVariable::I_K},
            7);
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, TracesOfSomeNeuronsInWindowsThatCutThem) {
  Job job = firing_job(8.0);
  add_axis(job, parameter::g_K, {30.0, 36.0, 40.0});
  trace_all(job, {TraceVariable::V, TraceVariable::I_K}, 10);
  job.record.trace->selection.all = false;
  job.record.trace->selection.per_axis = {{1, 4, 6}, {0, 2}};
  const Delivery by_axis = deliver_by_scalar_code(job);
  RunOptions chosen = options();
  for (const std::int64_t window : {3, 37, 333}) {
    chosen.window_steps = window;
    chosen.batch_neurons = 8;
    EXPECT_EQ(difference(deliver(job, chosen), by_axis), "") << window;
  }
  job.record.trace->selection.per_axis.clear();
  job.record.trace->selection.neurons = {0, 19};
  EXPECT_EQ(difference(deliver(job, chosen), deliver_by_scalar_code(job)), "");
}

TEST_P(EngineSuite, SearchesThresholds) {
  Job job = job_of("squid", 20.0);
  job.dt_ms = 0.02;
  const int step = add_stimulus(job, {.stop_meaning = StopMeaning::width}, {2.0, 1.0, 0.0});
  add_axis(job, parameter_of(job, step, slot::stop), {0.0, 0.5, 2.0, 15.0});
  search_for(job, parameter_of(job, step, slot::amplitude), 0.0, 100.0, 1e-3);
  expect_the_bits_of_scalar_code(job);
  job.record.spike_times = true;
  job.search->scan = 5;
  job.search->spikes = 2;
  trace_all(job, {TraceVariable::V}, 10);
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, SearchesOverModelParameters) {
  Job job = job_of("squid", 15.0);
  job.dt_ms = 0.02;
  const int step = add_step(job, 1.0, forever, 0.0);
  add_axis(job, parameter_of(job, step, slot::amplitude), {2.0, 10.0, 40.0});
  search_for(job, parameter::g_Na, 20.0, 200.0, 0.5);
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, ADivergedNeuronIsMarkedAndDisturbsNoOther) {
  const auto job_with = [](const std::vector<double>& currents) {
    Job job = job_of("squid", 30.0);
    job.dt_ms = 0.05;
    job.precision = Precision::float32;
    job.record.spike_times = true;
    trace_all(job, {TraceVariable::V, TraceVariable::m}, 20);
    const int step = add_step(job, 5.0, forever, 0.0);
    add_axis(job, parameter_of(job, step, slot::amplitude), currents);
    return job;
  };
  const Job job = job_with({-1000.0, 0.0, -400.0, 3.0, 30.0, 15.0});
  const Delivery delivery = deliver(job, options());
  EXPECT_EQ(difference(delivery, deliver_by_scalar_code(job)), "");
  const Results& results = delivery.chunks.at(0);
  EXPECT_EQ(delivery.summary.diverged, 2u);
  for (std::size_t i = 0; i < results.count; ++i) {
    const bool diverged = results.status[i] == NeuronStatus::diverged;
    EXPECT_EQ(results.spike_count[i] == -1, diverged) << i;
    EXPECT_EQ(std::isnan(results.V_max[i]), diverged) << i;
    EXPECT_EQ(std::isnan(results.diverged_time[i]), !diverged) << i;
  }
  const Job calm = job_with({0.0, 3.0, 15.0});
  const Results alone = deliver(calm, options()).chunks.at(0);
  const std::size_t places[] = {1, 3, 5};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(trace_of(calm, alone, 0, i), trace_of(job, results, 0, places[i])) << i;
    EXPECT_EQ(alone.V_max[i], results.V_max[places[i]]) << i;
  }
}

TEST_P(EngineSuite, DivergenceInDoublePrecisionAndWithItsOwnMembrane) {
  Job job = job_of("blog", 20.0);
  job.dt_ms = 0.05;
  add_step(job, 2.0, forever, -400.0);
  add_axis(job, parameter::g_L, {0.3, 3.0, 60.0});
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, ALastStepThatIsShorter) {
  for (const double duration_ms : {0.003, 0.02, 7.013}) {
    Job job = watched_job();
    job.duration_ms = duration_ms;
    job.record.window_stop_ms = duration_ms;
    const int step = add_step(job, 0.0, forever, 0.0);
    add_axis(job, parameter_of(job, step, slot::amplitude), {0.0, 30.0});
    SCOPED_TRACE(duration_ms);
    expect_the_bits_of_scalar_code(job);
  }
}

TEST_P(EngineSuite, NoiseOnAndOffTheGrid) {
  Job job = watched_job();
  const int noise = add_noise(job, {.mean = 7, .sigma = 9, .tau_ms = 3, .sample_ms = 0.02});
  add_axis(job, parameter_of(job, noise, slot::sample_dt), {0.02, 0.1, 0.03, 0.0071, 40.0});
  add_axis(job, parameter_of(job, noise, slot::start), {0.0, 1.5, 2.0073});
  add_axis(job, parameter_of(job, noise, slot::stop), {1.0, 20.0, 20.011, forever});
  redraw_along(job, noise, 1, "start");
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, NoiseBesideEdgesThatPartTheLanes) {
  Job job = watched_job();
  const int train = add_kind(job, StimulusKind::train, {1.0, 28.0, 15.0, 0.5, 7.0});
  add_kind(job, StimulusKind::sine, {1.003, 26.0, 3.0, 200.0, 30.0, 0.0});
  const int slow = add_noise(job, {.sigma = 3, .sample_ms = 0.1, .name = "slow"});
  const int fast = add_noise(job, {.sigma = 5, .tau_ms = 0.5, .sample_ms = 0.02, .name = "fast"});
  add_axis(job, parameter_of(job, train, slot::train_period), {0.013, 0.517, 7.0, 40.0});
  add_axis(job, parameter_of(job, train, slot::start), {0.3, 1.0, 1.007, 2.01, 29.0});
  redraw_along(job, slow, 0, "period");
  redraw_along(job, fast, 0, "period");
  redraw_along(job, fast, 1, "start");
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, NoiseOfSweptStrengthAndMembranes) {
  Job job = watched_job();
  const int noise = add_noise(job, {.mean = 8, .sample_ms = 0.06});
  add_axis(job, parameter_of(job, noise, slot::amplitude), {0.0, 4.0, 40.0});
  add_axis(job, parameter_of(job, noise, slot::ou_tau), {0.01, 1.0, 1e6});
  add_axis(job, parameter::C_m, {0.5, 1.0, 2.0});
  redraw_along(job, noise, 2, "C_m");
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, WaveformsOnAndOffTheGrid) {
  Job job = watched_job();
  std::vector<std::vector<double>> columns(3);
  for (int i = 0; i < 200; ++i) {
    columns[0].push_back(20 * std::sin(0.3 * i));
    columns[1].push_back(i % 7 == 0 ? 30 : 0);
    columns[2].push_back(0.1 * i);
  }
  const int wave = add_waveform(job, columns, 1.0, 0.1);
  add_axis(job, parameter_of(job, wave, slot::sample_dt), {0.02, 0.1, 0.033, 0.004, 3.0});
  add_axis(job, parameter_of(job, wave, slot::start), {0.0, 1.0, 1.0073});
  add_axis(job, parameter_of(job, wave, slot::amplitude), {-1.0, 1.5});
  add_axis(job, parameter_of(job, wave, slot::waveform_column), {1.0, 2.0, 3.0});
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, SearchesUnderNoiseAndAfterAWaveform) {
  Job job = job_of("squid", 30.0);
  job.dt_ms = 0.02;
  const int wave = add_waveform(job, {{0, 5, -5, 0}}, 1.0, 0.5);
  const int noise = add_noise(job, {.sigma = 2, .sample_ms = 0.1});
  const int step =
      add_stimulus(job, {.stop_meaning = StopMeaning::width, .after = wave}, {0.7, 1.0, 0.0});
  add_axis(job, parameter_of(job, noise, slot::ou_mean), {-1.0, 0.0, 1.0});
  redraw_along(job, noise, 0, "mean");
  search_for(job, parameter_of(job, step, slot::amplitude), 0.0, 60.0, 0.5);
  expect_the_bits_of_scalar_code(job);
}

TEST_P(EngineSuite, RecordWindowsOffTheGrid) {
  const double windows[][2] = {{4.003, 4.009}, {4.003, 12.017}, {0.001, 29.999}, {3.0, 3.02}};
  for (const auto& window : windows) {
    Job job = firing_job(20.0);
    job.record.window_start_ms = window[0];
    job.record.window_stop_ms = std::min(window[1], 20.0);
    SCOPED_TRACE(window[0]);
    expect_the_bits_of_scalar_code(job);
  }
}

TEST_P(EngineSuite, MoreNeuronsThanAChunk) {
  Job job = job_of("squid", 0.05);
  job.precision = Precision::float32;
  job.record.spike_times = true;
  const int step = add_step(job, 0.01, forever, 0.0);
  add_linspace(job, parameter_of(job, step, slot::amplitude), -10.0, 100.0, 70001);
  EXPECT_EQ(difference(deliver(job, options()), deliver_by_scalar_code(job)), "");
}

TEST_P(EngineSuite, OnlyTheChunksAskedFor) {
  Job job = job_of("squid", 0.02);
  job.precision = Precision::float32;
  const int step = add_step(job, 0.0, forever, 0.0);
  add_linspace(job, parameter_of(job, step, slot::amplitude), -10.0, 100.0, 140000);
  RunOptions chosen = options();
  chosen.chunks = {2};
  const Delivery delivery = deliver(job, chosen);
  ASSERT_EQ(delivery.chunks.size(), 1u);
  EXPECT_EQ(delivery.chunks.at(2).first, 131072u);
  EXPECT_EQ(delivery.chunks.at(2).count, 140000u - 131072u);
}

TEST_P(EngineSuite, GoesOnFromASavedState) {
  Job job = watched_job();
  const int noise = add_noise(job, {.mean = 7, .sigma = 9, .tau_ms = 3, .sample_ms = 0.02});
  add_kind(job, StimulusKind::sine, {1.003, 26.0, 3.0, 200.0, 30.0, 0.0});
  add_axis(job, parameter_of(job, noise, slot::sample_dt), {0.02, 0.1, 0.0071});
  add_axis(job, parameter_of(job, noise, slot::start), {0.0, 2.0073});
  RunOptions other = options();
  other.batch_neurons = 4;
  other.window_steps = 60;
  other.spike_slots = 1;
  RunOptions scalar = other;
  scalar.backend = "cpu";
  scalar.isa = "scalar";
  for (const Precision precision : {Precision::float32, Precision::float64}) {
    job.precision = precision;
    Delivery whole = deliver_by_scalar_code(job);
    whole.summary.neuron_steps = 0;
    MemoryKeeper keeper;
    const Delivery pieces =
        deliver_with_interruptions(job, {options(), scalar, other}, 8, 1, keeper);
    EXPECT_EQ(difference(pieces, whole), "");
    EXPECT_GT(keeper.saves, 0);
  }
}

/// Noise of its own along the first axis, general rates along the second, a drawn level.
inline Job varied_job() {
  Job job = job_of("squid", 30.0);
  job.dt_ms = 0.02;
  job.record.spike_times = true;
  const int noise = add_noise(job, {.mean = 12, .sigma = 6, .sample_ms = 0.04});
  add_axis(job, parameter_of(job, noise, slot::ou_tau), {0.5, 1.0, 5.0, 20.0});
  add_axis(job, parameter::rate(alpha_m, 2), {10.0, 9.0, 11.0});
  add_draws(job, 5, {{parameter::g_Na, draw_of(Distribution::normal, 120.0, 10.0)}});
  redraw_along(job, noise, 0, "tau");
  redraw_along(job, noise, 2, "cell");
  return job;
}

TEST_P(EngineSuite, ASelectionOfNeuronsIsThoseOfTheWhole) {
  Job job = varied_job();
  const Results whole = deliver_by_scalar_code(job).chunks.at(0);
  // Alone they would take the path of classic rates.
  job.population.selection = {46, 0, 16, 46, 31};
  const Results some = deliver(job, options()).chunks.at(0);
  ASSERT_EQ(some.count, 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    const std::size_t neuron = job.population.selection[i];
    SCOPED_TRACE(neuron);
    EXPECT_EQ(some.spike_count[i], whole.spike_count[neuron]);
    EXPECT_EQ(spikes_of(some, i), spikes_of(whole, neuron));
    EXPECT_EQ(some.V_min[i], whole.V_min[neuron]);
    EXPECT_EQ(some.V_max[i], whole.V_max[neuron]);
  }
}

TEST_P(EngineSuite, StopsWhenAsked) {
  const Job job = firing_job(60.0);
  RunOptions chosen = options();
  chosen.window_steps = 100;
  Engine engine(chosen);
  int asked = 0;
  const RunSummary summary = engine.run(
      job, [](std::uint64_t, const Results&) { FAIL() << "no chunk was complete"; }, {},
      [&] { return ++asked == 3; });
  EXPECT_FALSE(summary.complete);
  EXPECT_EQ(asked, 3);
}

}  // namespace hhsweep::test
