// SPDX-License-Identifier: MIT
// Runs that go on from the state of a chunk under way.
#include <gtest/gtest.h>

#include "engine_suite.hpp"
#include "interruptions.hpp"
#include "run_state.hpp"

namespace hhsweep::test {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EngineSuite);

namespace {

RunOptions cpu(const std::string& isa, std::uint64_t batch_neurons, std::int64_t window_steps,
               int spike_slots) {
  RunOptions options;
  options.backend = "cpu";
  options.isa = isa;
  options.threads = 2;
  options.batch_neurons = batch_neurons;
  options.window_steps = window_steps;
  options.spike_slots = spike_slots;
  return options;
}

/// Ways to run, each in another process of the same run.
std::vector<RunOptions> different_ways() {
  std::vector<RunOptions> ways{cpu("scalar", 0, 37, 1), cpu("scalar", 3, 11, 2)};
  for (const char* isa : {"avx2", "avx512"}) {
    try {
      const RunOptions way = cpu(isa, isa[3] == '2' ? 0 : 5, 53, 0);
      Engine probe(way);
      ways.push_back(way);
    } catch (const DeviceError&) {
      continue;
    }
  }
  return ways;
}

void expect_the_same(Job job, const std::vector<RunOptions>& ways, int most_launches) {
  for (const Precision precision : {Precision::float32, Precision::float64}) {
    job.precision = precision;
    Delivery whole = deliver_by_scalar_code(job);
    whole.summary.neuron_steps = 0;
    for (unsigned seed = 1; seed <= 5; ++seed) {
      SCOPED_TRACE(seed);
      MemoryKeeper keeper;
      const Delivery pieces = deliver_with_interruptions(job, ways, most_launches, seed, keeper);
      EXPECT_EQ(difference(pieces, whole), "");
      EXPECT_GT(keeper.saves, 0);
    }
  }
}

TEST(Resuming, KeepsSpikesTracesAndEdges) {
  Job job = watched_job();
  const int train = add_kind(job, StimulusKind::train, {1.0, 28.0, 15.0, 0.5, 7.0});
  add_kind(job, StimulusKind::sine, {1.003, 26.0, 3.0, 200.0, 30.0, 0.0});
  add_axis(job, parameter_of(job, train, slot::train_period), {0.013, 0.517, 7.0, 40.0});
  add_axis(job, parameter_of(job, train, slot::train_width), {0.005, 0.5001, 9.0});
  expect_the_same(job, different_ways(), 20);
}

TEST(Resuming, KeepsTracesOfSomeNeurons) {
  Job job = firing_job(60.0);
  trace_all(job, {TraceVariable::V, TraceVariable::n}, 7);
  job.record.trace->selection = {.neurons = {1, 2, 6}};
  expect_the_same(job, different_ways(), 30);
}

TEST(Resuming, KeepsNoiseAndWaveforms) {
  Job job = watched_job();
  const int noise = add_noise(job, {.mean = 7, .sigma = 9, .tau_ms = 3, .sample_ms = 0.02});
  add_waveform(job, {{0, 5, -5, 0}}, 1.0, 0.5);
  add_axis(job, parameter_of(job, noise, slot::sample_dt), {0.02, 0.1, 0.0071});
  add_axis(job, parameter_of(job, noise, slot::start), {0.0, 2.0073});
  redraw_along(job, noise, 1, "start");
  expect_the_same(job, different_ways(), 20);
}

TEST(Resuming, KeepsSearches) {
  Job job = job_of("squid", 30.0);
  job.dt_ms = 0.02;
  job.record.spike_times = true;
  const int step = add_step(job, 1.0, forever, 0.0);
  add_axis(job, parameter::g_Na, {40.0, 120.0, 200.0});
  add_axis(job, parameter::E_L, {-60.0, -54.387});
  search_for(job, parameter_of(job, step, slot::amplitude), 0.0, 60.0, 0.5);
  expect_the_same(job, different_ways(), 60);
}

TEST(Resuming, KeepsDivergedNeurons) {
  Job job = job_of("squid", 20.0);
  job.dt_ms = 0.1;
  job.record.spike_times = true;
  const int step = add_step(job, 1.0, forever, 0.0);
  add_linspace(job, parameter_of(job, step, slot::amplitude), -400.0, 60.0, 9);
  expect_the_same(job, different_ways(), 10);
}

TEST(Resuming, TakesUpSeveralChunksAtOnce) {
  Job job = job_of("squid", 0.3);
  job.record.spike_times = true;
  const int step = add_step(job, 0.0, forever, 0.0);
  add_linspace(job, parameter_of(job, step, slot::amplitude), 0.0, 3000.0, 200000);
  job.precision = Precision::float32;
  Delivery whole = deliver(job, cpu("", 0, 0, 0));
  whole.summary.neuron_steps = 0;
  for (unsigned seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(seed);
    MemoryKeeper keeper;
    const std::vector<RunOptions> ways{cpu("", 200000, 7, 0), cpu("", 0, 9, 0),
                                       cpu("", 131072, 5, 0), cpu("", 50000, 11, 0)};
    EXPECT_EQ(difference(deliver_with_interruptions(job, ways, 9, seed, keeper), whole), "");
  }
}

TEST(Resuming, MakesNoStepTwice) {
  Job job = firing_job(60.0);
  job.precision = Precision::float32;
  const double steps = deliver_by_scalar_code(job).summary.neuron_steps;
  const auto ignore = [](std::uint64_t, const Results&) {};
  MemoryKeeper keeper;
  int launches = 20;
  double made = 0;
  Engine engine(cpu("scalar", 0, 100, 0));
  const RunSummary stopped = engine.run(
      job, ignore, [&](const Progress& progress) { made = progress.done; },
      [&] { return --launches == 0; }, &keeper);
  EXPECT_FALSE(stopped.complete);
  EXPECT_GT(made, 0);
  double taken_up = 0;
  const RunSummary rest = engine.run(
      job, ignore, [&](const Progress& progress) { taken_up = progress.taken_up; }, {}, &keeper);
  EXPECT_TRUE(rest.complete);
  EXPECT_EQ(taken_up, made);
  EXPECT_EQ(rest.neuron_steps, steps - made);
}

TEST(Resuming, BeginsAnewFromBytesThatAreNoState) {
  Job job = firing_job(60.0);
  job.precision = Precision::float32;
  const Delivery whole = deliver_by_scalar_code(job);
  MemoryKeeper keeper;
  int launches = 20;
  RunOptions options = cpu("scalar", 0, 100, 0);
  Engine engine(options);
  engine.run(
      job, [](std::uint64_t, const Results&) {}, {}, [&] { return --launches == 0; }, &keeper);
  const ChunkState good = keeper.states.at(0);
  std::mt19937 random(1);
  for (int attempt = 0; attempt < 200; ++attempt) {
    ChunkState bad = good;
    auto& bytes = attempt % 2 == 0 ? bad.head : bad.segments[0];
    bytes.resize(random() % bytes.size());
    EXPECT_FALSE(decode(bad).has_value());
  }
  Job other = job;
  other.precision = Precision::float64;
  const Delivery other_whole = deliver_by_scalar_code(other);
  Delivery delivery;
  delivery.summary = engine.run(
      other, [&](std::uint64_t c, Results r) { delivery.chunks[c] = std::move(r); }, {}, {},
      &keeper);
  EXPECT_EQ(difference(delivery, other_whole), "");
}

}  // namespace
}  // namespace hhsweep::test
