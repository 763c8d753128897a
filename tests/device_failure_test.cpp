// SPDX-License-Identifier: MIT
// Devices that fail or lack memory, made of the CPU backend.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "backend.hpp"
#include "engine_suite.hpp"
#include "hhsweep/error.hpp"

namespace hhsweep::test {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EngineSuite);

namespace {

/// How a device misbehaves.
struct Fault {
  std::int64_t most_neurons = std::int64_t{1} << 40;  ///< larger batches do not fit
  int fails_at_launch = -1;                           ///< number of the launch that fails, from 0
  bool for_memory = false;                            ///< for want of memory, once
  bool apart = false;                                 ///< beside the host's processors
  std::int64_t capacity = 65536;                      ///< neurons worth holding at once
};

constexpr const char* failure = "CUDA device 3: unspecified launch failure (at gather.cu:7)";

class FaultyBatch : public Batch {
 public:
  FaultyBatch(std::unique_ptr<Batch> batch, const Fault& fault, std::atomic<int>& launches)
      : batch_(std::move(batch)), fault_(fault), launches_(launches) {}

  void load(const LoadRequest& request) override { batch_->load(request); }
  void launch(std::int64_t stop_step) override {
    const int launch = launches_++;
    if (launch == fault_.fails_at_launch && fault_.for_memory) throw DeviceMemoryError("no memory");
    // A device that failed once fails for ever.
    if (fault_.fails_at_launch >= 0 && launch >= fault_.fails_at_launch && !fault_.for_memory) {
      throw DeviceError(failure);
    }
    batch_->launch(stop_step);
  }
  bool finish() override { return batch_->finish(); }
  void stage_spikes() override { batch_->stage_spikes(); }
  void take_spikes(std::vector<std::int32_t>& counts, std::vector<double>& times) override {
    batch_->take_spikes(counts, times);
  }
  void begin_samples(std::int64_t first_sample) override { batch_->begin_samples(first_sample); }
  void stage_samples() override { batch_->stage_samples(); }
  std::span<const std::byte> samples() override { return batch_->samples(); }
  BatchOutcome collect() override { return batch_->collect(); }
  std::vector<StateColumn> state() override { return batch_->state(); }
  bool restore(const std::vector<StateColumn>& columns) override {
    return batch_->restore(columns);
  }

 private:
  std::unique_ptr<Batch> batch_;
  const Fault& fault_;
  std::atomic<int>& launches_;
};

class FaultyBackend : public Backend {
 public:
  explicit FaultyBackend(const Fault& fault) : fault_(fault), cpu_(make_cpu_backend(1, "")) {}

  [[nodiscard]] std::string name() const override { return "cpu"; }
  [[nodiscard]] std::string device() const override { return "faulty"; }
  [[nodiscard]] bool computes_apart() const override { return fault_.apart; }
  [[nodiscard]] std::int64_t batch_capacity(const Job& /*job*/, const RunRule& /*rule*/,
                                            std::int64_t /*neurons*/) const override {
    return fault_.capacity;
  }
  [[nodiscard]] std::int64_t window_steps(std::int64_t /*neurons*/) const override { return 2; }
  [[nodiscard]] const std::atomic<int>& launches() const { return launches_; }
  std::unique_ptr<Batch> create(const Job& job, const RunRule& rule,
                                const BatchShape& shape) override {
    if (shape.capacity > fault_.most_neurons) throw DeviceMemoryError("no memory");
    return std::make_unique<FaultyBatch>(cpu_->create(job, rule, shape), fault_, launches_);
  }

 private:
  Fault fault_;
  std::unique_ptr<Backend> cpu_;
  std::atomic<int> launches_{0};
};

/// Four chunks of little work, each of six launches.
Job job_of_four_chunks() {
  Job job = job_of("squid", 0.1);
  job.precision = Precision::float32;
  job.record.spike_times = true;
  const int step = add_step(job, 0.0, forever, 0.0);
  add_linspace(job, parameter_of(job, step, slot::amplitude), 0.0, 3000.0, 200000);
  return job;
}

const Delivery& expected() {
  static const Delivery delivery = deliver_by_scalar_code(job_of_four_chunks());
  return delivery;
}

struct Outcome {
  std::map<std::uint64_t, Results> chunks;
  RunSummary summary;
  std::string error;
};

Outcome run_with(const Job& job, const std::vector<Fault>& faults) {
  std::vector<std::unique_ptr<Backend>> backends;
  for (const Fault& fault : faults) backends.push_back(std::make_unique<FaultyBackend>(fault));
  Outcome outcome;
  try {
    outcome.summary = run_on(backends, job, {},
                             [&](std::uint64_t chunk, Results results) {
                               EXPECT_TRUE(outcome.chunks.emplace(chunk, std::move(results)).second)
                                   << chunk;
                             },
                             {}, {});
  } catch (const DeviceError& error) {
    outcome.error = error.what();
  }
  return outcome;
}

void expect_all_chunks(const Outcome& outcome) {
  EXPECT_EQ(outcome.error, "");
  EXPECT_TRUE(outcome.summary.complete);
  ASSERT_EQ(outcome.chunks.size(), expected().chunks.size());
  for (const auto& [chunk, results] : expected().chunks) {
    EXPECT_EQ(difference(outcome.chunks.at(chunk), results), "") << chunk;
  }
}

TEST(FailingDevice, ThatLacksMemoryWorksInSmallerBatches) {
  const Job job = job_of_four_chunks();
  for (const std::int64_t room : {40000, 5000, 1024}) {
    SCOPED_TRACE(room);
    expect_all_chunks(run_with(job, {{.most_neurons = room}}));
  }
  expect_all_chunks(run_with(job, {{.most_neurons = 3000}, {.most_neurons = 100000}}));
}

TEST(FailingDevice, ThatRunsOutOfMemoryAmidARunBeginsTheChunkAnew) {
  const Job job = job_of_four_chunks();
  for (const int launch : {0, 3, 12}) {
    SCOPED_TRACE(launch);
    expect_all_chunks(run_with(job, {{.fails_at_launch = launch, .for_memory = true}}));
  }
}

TEST(FailingDevice, ThatCannotHoldTheSmallestBatchIsAnError) {
  EXPECT_EQ(run_with(job_of_four_chunks(), {{.most_neurons = 100}}).error, "no memory");
}

TEST(FailingDevice, LeavesItsChunksToTheOthers) {
  const Job job = job_of_four_chunks();
  for (const int launch : {0, 2, 6, 11}) {
    SCOPED_TRACE(launch);
    const Outcome outcome = run_with(job, {{.fails_at_launch = launch}, {}});
    expect_all_chunks(outcome);
    if (outcome.summary.device_failures.empty()) continue;  // the other was quicker
    EXPECT_EQ(outcome.summary.device_failures, std::vector<std::string>{failure});
  }
  const Outcome outcome = run_with(job, {{.fails_at_launch = 0}, {.fails_at_launch = 1}, {}});
  expect_all_chunks(outcome);
  EXPECT_LE(outcome.summary.device_failures.size(), 2u);
}

TEST(FailingDevice, EndsTheRunWhenNoneIsLeftAndFinishedChunksAreDelivered) {
  const Job job = job_of_four_chunks();
  const Outcome alone = run_with(job, {{.fails_at_launch = 14}});
  EXPECT_EQ(alone.error, failure);
  EXPECT_EQ(alone.chunks.size(), 2u);
  const Outcome apart = run_with(job, {{.fails_at_launch = 14, .apart = true}});
  EXPECT_EQ(apart.error, failure);
  EXPECT_EQ(apart.chunks.size(), 2u);
  const Outcome both = run_with(job, {{.fails_at_launch = 8}, {.fails_at_launch = 8}});
  EXPECT_EQ(both.error, failure);
  EXPECT_EQ(both.chunks.size(), 2u);
  for (const auto& [chunk, results] : both.chunks) {
    EXPECT_EQ(difference(results, expected().chunks.at(chunk)), "");
  }
}

/// A run on one device that works beside the host's processors.
class DeviceApart : public testing::Test {
 protected:
  DeviceApart() {
    auto backend = std::make_unique<FaultyBackend>(Fault{.apart = true});
    launches_ = &backend->launches();
    backends_.push_back(std::move(backend));
  }

  RunSummary run(const ChunkSink& sink, const std::function<bool()>& stop = {}) {
    return run_on(backends_, job_, {}, sink, {}, stop);
  }

  static constexpr int launches_of_a_chunk = 6;
  const Job job_ = job_of_four_chunks();
  std::vector<std::unique_ptr<Backend>> backends_;
  const std::atomic<int>* launches_ = nullptr;
};

TEST_F(DeviceApart, ComputesWhileResultsAreWritten) {
  const auto caller = std::this_thread::get_id();
  int written = 0;
  const RunSummary summary = run([&](std::uint64_t chunk, const Results& results) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    EXPECT_EQ(difference(results, expected().chunks.at(chunk)), "");
    ++written;
    // The next chunk is computed meanwhile, the one after it not before this one is written.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    const int next = std::min(written + 1, 4) * launches_of_a_chunk;
    while (*launches_ < next && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    EXPECT_EQ(*launches_, next);
  });
  EXPECT_TRUE(summary.complete);
  EXPECT_EQ(written, 4);
}

TEST_F(DeviceApart, EndsTheRunWithWhatTheSinkThrows) {
  struct FullDisk {};
  int written = 0;
  EXPECT_THROW(run([&](std::uint64_t, const Results&) {
                 if (++written == 2) throw FullDisk();
               }),
               FullDisk);
  EXPECT_EQ(written, 2);
}

TEST_F(DeviceApart, DeliversWhatIsFinishedWhenItIsStopped) {
  int asked = 0;
  std::map<std::uint64_t, Results> chunks;
  const RunSummary summary =
      run([&](std::uint64_t chunk, Results results) { chunks[chunk] = std::move(results); },
          [&] { return ++asked == 2 * launches_of_a_chunk + 1; });
  EXPECT_FALSE(summary.complete);
  EXPECT_EQ(chunks.size(), 2u);
}

TEST(TracedBatch, SpansChunksOnADeviceApartOnly) {
  Job job = job_of_four_chunks();
  trace_all(job, {TraceVariable::V, TraceVariable::n}, 3);
  job.record.trace->selection = {.neurons = {0, 65535, 65536, 70000, 199999}};
  const Delivery whole = deliver_by_scalar_code(job);
  for (const bool apart : {false, true}) {
    SCOPED_TRACE(apart);
    auto backend = std::make_unique<FaultyBackend>(Fault{.apart = apart, .capacity = 1 << 20});
    const std::atomic<int>& launches = backend->launches();
    std::vector<std::unique_ptr<Backend>> backends;
    backends.push_back(std::move(backend));
    std::map<std::uint64_t, Results> chunks;
    run_on(backends, job, {},
           [&](std::uint64_t chunk, Results results) { chunks[chunk] = std::move(results); }, {},
           {});
    EXPECT_EQ(launches, apart ? 6 : 4 * 6);
    ASSERT_EQ(chunks.size(), 4u);
    for (const auto& [chunk, results] : whole.chunks) {
      EXPECT_EQ(difference(chunks.at(chunk), results), "") << chunk;
    }
  }
}

}  // namespace
}  // namespace hhsweep::test
