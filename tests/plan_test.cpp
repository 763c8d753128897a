// SPDX-License-Identifier: MIT
// What follows from a job without running it.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "hhsweep/engine.hpp"
#include "reference_jobs.hpp"

namespace hhsweep {
namespace {

Job job_of_axes(std::vector<std::uint64_t> lengths) {
  Job job = test::job_of("squid", 100);
  job.population.axis_lengths = std::move(lengths);
  return job;
}

void trace(Job& job, TraceSelection selection, std::int64_t every_steps = 10,
           std::size_t variables = 1) {
  TraceSettings settings;
  settings.variables.assign(variables, TraceVariable::V);
  settings.every_steps = every_steps;
  settings.selection = std::move(selection);
  job.record.trace = settings;
}

TEST(Steps, AreCountedOnTheSnappedGridWithThePartialOneAtTheEnd) {
  Job job = test::job_of("squid", 500);
  EXPECT_EQ(step_count(job), 50000);
  job.duration_ms = 0.7;
  job.dt_ms = 0.1;  // 0.7/0.1 is 6.999999999999999 in double
  EXPECT_EQ(step_count(job), 7);
  job.duration_ms = 0.3;  // 2.9999999999999996
  EXPECT_EQ(step_count(job), 3);
  job.duration_ms = 0.75;
  EXPECT_EQ(step_count(job), 8);
  job.duration_ms = 0.01;
  EXPECT_EQ(step_count(job), 1);
}

TEST(Samples, RunFromZeroToTheLastThatFits) {
  Job job = test::job_of("squid", 100);
  EXPECT_EQ(sample_count(job), 0) << "no traces";
  trace(job, {.all = true});
  EXPECT_EQ(sample_count(job), 1001);
  job.duration_ms = 100.05;
  EXPECT_EQ(sample_count(job), 1001);
  job.duration_ms = 0.09;
  EXPECT_EQ(sample_count(job), 1);
  job.duration_ms = 0.105;  // one sample, and a partial step after it
  EXPECT_EQ(sample_count(job), 2);
}

TEST(Chunks, HoldTheirNumberOfNeuronsAndTheLastOneTheRest) {
  const Job job = job_of_axes({1000, 1000});
  const ChunkPlan plan = plan_chunks(job);
  EXPECT_EQ(plan.neurons, 1000000u);
  EXPECT_EQ(plan.chunk_size, 65536u);
  EXPECT_EQ(plan.chunk_count, 16u);
  EXPECT_EQ(plan.first(15), 15u * 65536);
  EXPECT_EQ(plan.size(0), 65536u);
  EXPECT_EQ(plan.size(15), 1000000u - 15u * 65536);
}

TEST(Chunks, AreOneForASmallPopulation) {
  const ChunkPlan plan = plan_chunks(job_of_axes({}));
  EXPECT_EQ(plan.chunk_count, 1u);
  EXPECT_EQ(plan.size(0), 1u);
}

TEST(Chunks, DoubleUntilThereAreNoMoreThan4096) {
  EXPECT_EQ(plan_chunks(job_of_axes({std::uint64_t{1} << 28})).chunk_size, 65536u);
  EXPECT_EQ(plan_chunks(job_of_axes({std::uint64_t{1} << 28, 1})).chunk_count, 4096u);
  EXPECT_EQ(plan_chunks(job_of_axes({(std::uint64_t{1} << 28) + 1})).chunk_size, 131072u);
  const ChunkPlan largest =
      plan_chunks(job_of_axes({std::uint64_t{1} << 20, std::uint64_t{1} << 20}));
  EXPECT_EQ(largest.chunk_size, std::uint64_t{1} << 28);
  EXPECT_EQ(largest.chunk_count, 4096u);
}

TEST(Chunks, HalveUntilTheirTracesFitIn256Megabytes) {
  Job job = job_of_axes({65536});
  trace(job, {.all = true}, 10, 2);  // 1001 samples of 2 doubles: 16 kB a neuron
  const ChunkPlan plan = plan_chunks(job);
  EXPECT_EQ(plan.chunk_size, 16384u);
  EXPECT_EQ(plan.chunk_count, 4u);
  job.precision = Precision::float32;
  EXPECT_EQ(plan_chunks(job).chunk_size, 32768u);
  trace(job, {.all = true}, 1, 8);  // 320 kB a neuron: the least
  EXPECT_EQ(plan_chunks(job).chunk_size, 1024u);
}

TEST(Chunks, OfAFewTracedNeuronsStayWhole) {
  Job job = job_of_axes({65536});
  trace(job, {.neurons = {0, 5, 65535}}, 1, 8);
  EXPECT_EQ(plan_chunks(job).chunk_size, 65536u);
}

TEST(TracedNeurons, AreAllOrTheListedOnesOfAPart) {
  Job job = job_of_axes({100});
  EXPECT_TRUE(traced_neurons(job, 0, 100).empty());
  trace(job, {.all = true});
  EXPECT_EQ(traced_neuron_count(job), 100u);
  EXPECT_EQ(traced_neurons(job, 10, 3), (std::vector<std::uint64_t>{10, 11, 12}));
  trace(job, {.neurons = {3, 10, 12, 99}});
  EXPECT_EQ(traced_neuron_count(job), 4u);
  EXPECT_EQ(traced_neurons(job, 10, 3), (std::vector<std::uint64_t>{10, 12}));
  EXPECT_TRUE(traced_neurons(job, 13, 80).empty());
}

TEST(TracedNeurons, OfSelectedIndicesAreTheirProductInAscendingOrder) {
  Job job = job_of_axes({4, 5, 6});
  trace(job, {.per_axis = {{1, 3}, {}, {0, 5}}});
  std::vector<std::uint64_t> want;
  for (const std::uint64_t a : {1, 3}) {
    for (std::uint64_t b = 0; b < 5; ++b) {
      for (const std::uint64_t c : {0, 5}) want.push_back((a * 5 + b) * 6 + c);
    }
  }
  EXPECT_EQ(traced_neuron_count(job), want.size());
  EXPECT_EQ(traced_neurons(job, 0, 120), want);
  for (std::uint64_t first = 0; first < 120; first += 7) {
    for (const std::uint64_t count : {1, 7, 50}) {
      std::vector<std::uint64_t> part;
      std::copy_if(want.begin(), want.end(), std::back_inserter(part),
                   [&](std::uint64_t k) { return k >= first && k < first + count; });
      EXPECT_EQ(traced_neurons(job, first, count), part) << first << " " << count;
    }
  }
}

TEST(TracedNeurons, OfAnEnormousPopulationAreFoundAtOnce) {
  const std::uint64_t n = std::uint64_t{1} << 20;
  Job job = job_of_axes({n, n});
  trace(job, {.per_axis = {{n - 1}, {}}});
  EXPECT_EQ(traced_neuron_count(job), n);
  EXPECT_EQ(traced_neurons(job, (n - 1) * n + 5, 2),
            (std::vector<std::uint64_t>{(n - 1) * n + 5, (n - 1) * n + 6}));
  EXPECT_TRUE(traced_neurons(job, 0, std::uint64_t{1} << 39).empty());
}

TEST(SearchRounds, HalveTheBracketDownToTheTolerance) {
  EXPECT_EQ(search_rounds({.low = 0, .high = 200, .tolerance = 200e-6}), 20);
  EXPECT_EQ(search_rounds({.low = 0, .high = 1, .tolerance = 0.25}), 2);
  EXPECT_EQ(search_rounds({.low = 0, .high = 1, .tolerance = 0.24}), 3);
  EXPECT_EQ(search_rounds({.low = 0, .high = 1, .tolerance = 1}), 0);
  EXPECT_EQ(search_rounds({.low = 0, .high = 1, .tolerance = 0.25, .scan = 5}), 0);
  EXPECT_EQ(search_rounds({.low = 0, .high = 1, .tolerance = 0.1, .scan = 5}), 2);
}

TEST(PopulationRuns, AreTheFirstValuesTheRoundsAndTheRecordedRun) {
  Job job = test::job_of("squid", 10);
  EXPECT_EQ(population_runs(job), 1);
  job.search = SearchSettings{0, 1, 0.25, 1, 0};
  EXPECT_EQ(population_runs(job), 2 + 2 + 1);
  job.search = SearchSettings{0, 1, 0.1, 1, 5};
  EXPECT_EQ(population_runs(job), 5 + 2 + 1);
}

}  // namespace
}  // namespace hhsweep
