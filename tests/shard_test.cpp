// SPDX-License-Identifier: MIT
#include "io/shard.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "backend.hpp"
#include "jobs.hpp"

namespace hhsweep::io {
namespace {

using Numbers = std::vector<std::uint64_t>;

ChunkPlan plan_of(std::uint64_t chunks, std::uint64_t chunk_size = 65536) {
  return {.neurons = chunks * chunk_size, .chunk_size = chunk_size, .chunk_count = chunks};
}

/// Lengths of the runs of neighbours, in their order.
Numbers runs_of(const Numbers& chunks) {
  Numbers lengths;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (i > 0 && chunks[i] == chunks[i - 1] + 1) {
      ++lengths.back();
    } else {
      lengths.push_back(1);
    }
  }
  return lengths;
}

TEST(Shard, IsDealtEveryChunkOnceAndNoMoreThanOneAboveTheOthers) {
  for (const std::uint64_t count : {1, 2, 3, 7, 8, 64, 1000}) {
    for (const std::uint64_t chunks : {0, 1, 2, 7, 19, 20, 63, 64, 65, 130, 1021, 3815}) {
      SCOPED_TRACE(std::to_string(chunks) + " chunks, " + std::to_string(count) + " shards");
      std::vector<int> dealt(chunks, 0);
      for (std::uint64_t i = 0; i < count; ++i) {
        const Numbers own = Shard{i, count}.chunks_of(plan_of(chunks));
        EXPECT_TRUE(std::is_sorted(own.begin(), own.end()));
        EXPECT_EQ(own.size(), (Shard{i, count}.share_of(chunks)));
        EXPECT_TRUE(own.size() == chunks / count || own.size() == chunks / count + 1);
        for (const std::uint64_t chunk : own) ++dealt.at(chunk);
      }
      EXPECT_EQ(std::count(dealt.begin(), dealt.end(), 1), static_cast<std::ptrdiff_t>(chunks));
    }
  }
}

TEST(Shard, OfFewChunksIsDealtThemSingly) {
  for (const std::uint64_t count : {2, 3, 5, 9}) {
    for (std::uint64_t chunks = 0; chunks <= 4 * count; ++chunks) {
      for (std::uint64_t i = 0; i < count; ++i) {
        Numbers every_nth;
        for (std::uint64_t c = i; c < chunks; c += count) every_nth.push_back(c);
        EXPECT_EQ((Shard{i, count}.chunks_of(plan_of(chunks))), every_nth);
      }
    }
  }
}

TEST(Shard, IsDealtRunsOfNeighboursAsLongAsABatch) {
  EXPECT_EQ(runs_of(Shard{1, 2}.chunks_of(plan_of(32))), Numbers(4, 4));
  EXPECT_EQ(runs_of(Shard{2, 4}.chunks_of(plan_of(256))), Numbers(4, 16));
  EXPECT_EQ(runs_of(Shard{0, 4}.chunks_of(plan_of(260))), Numbers({13, 13, 13, 13, 13}));
  EXPECT_EQ(runs_of(Shard{0, 4}.chunks_of(plan_of(40))), Numbers({3, 2, 3, 2}));
  // 10^9 neurons on 64 GPUs: four chunks are 2^20 neurons.
  EXPECT_EQ(runs_of(Shard{7, 64}.chunks_of(plan_of(3815, 262144))), Numbers(15, 4));
  EXPECT_EQ(runs_of(Shard{0, 2}.chunks_of(plan_of(64, 1 << 21))), Numbers(32, 1));
  EXPECT_EQ(runs_of(Shard{0, 2}.chunks_of(plan_of(4096, 1024))), Numbers(128, 16));
}

TEST(Shard, HasAtMostAQuarterMoreThanTheMeanOfWorkThatGrowsAlongTheSweep) {
  for (const std::uint64_t count : {2, 8, 64}) {
    for (const std::uint64_t chunks : {64, 100, 128, 513, 1021, 4096}) {
      const double mean = static_cast<double>(chunks * chunks) / 2 / static_cast<double>(count);
      for (std::uint64_t i = 0; i < count && chunks >= 8 * count; ++i) {
        double work = 0;
        for (const std::uint64_t chunk : Shard{i, count}.chunks_of(plan_of(chunks))) {
          work += static_cast<double>(chunk) + 0.5;
        }
        EXPECT_LE(work, 1.25 * mean) << i << " of " << count << ", " << chunks << " chunks";
      }
    }
  }
}

/// A batch that computes nothing and notes how many neurons it is loaded with.
class NotingBatch : public Batch {
 public:
  explicit NotingBatch(Numbers& loads) : loads_(loads) {}

  void load(const LoadRequest& request) override {
    count_ = static_cast<std::size_t>(request.count);
    loads_.push_back(count_);
  }
  void launch(std::int64_t /*stop_step*/) override {}
  bool finish() override { return false; }
  void stage_spikes() override {}
  void take_spikes(std::vector<std::int32_t>& /*counts*/, std::vector<double>& /*times*/) override {
  }
  void begin_samples(std::int64_t /*first_sample*/) override {}
  void stage_samples() override {}
  std::span<const std::byte> samples() override { return {}; }
  BatchOutcome collect() override {
    BatchOutcome outcome;
    outcome.phase.assign(count_, Phase::finished);
    outcome.spike_count.assign(count_, 0);
    outcome.V_min.assign(count_, 0);
    outcome.V_max.assign(count_, 0);
    outcome.V_max_time.assign(count_, 0);
    return outcome;
  }
  std::vector<StateColumn> state() override { return {}; }
  bool restore(const std::vector<StateColumn>& /*columns*/) override { return false; }

 private:
  Numbers& loads_;
  std::size_t count_ = 0;
};

/// A GPU that wants 2^20 neurons at once.
class LargeGpu : public Backend {
 public:
  explicit LargeGpu(Numbers& loads) : loads_(loads) {}

  [[nodiscard]] std::string name() const override { return "cuda"; }
  [[nodiscard]] std::string device() const override { return "none"; }
  [[nodiscard]] bool computes_apart() const override { return true; }
  [[nodiscard]] std::int64_t batch_capacity(const Job& /*job*/, const RunRule& /*rule*/,
                                            std::int64_t /*neurons*/) const override {
    return std::int64_t{1} << 20;
  }
  [[nodiscard]] std::int64_t window_steps(std::int64_t /*neurons*/) const override { return 16; }
  std::unique_ptr<Batch> create(const Job& /*job*/, const RunRule& /*rule*/,
                                const BatchShape& /*shape*/) override {
    return std::make_unique<NotingBatch>(loads_);
  }

 private:
  Numbers& loads_;
};

/// Neurons of each batch in which a large GPU computes `chunks` of a sweep.
Numbers batches(std::uint64_t chunks_of_the_sweep, const Numbers& chunks) {
  Job job = test::job_of("squid", 0.02);
  test::add_linspace(job, parameter::E_L, -60, -50, chunks_of_the_sweep * 65536);
  EXPECT_EQ(plan_chunks(job).chunk_count, chunks_of_the_sweep);
  Numbers loads;
  std::vector<std::unique_ptr<Backend>> backends;
  backends.push_back(std::make_unique<LargeGpu>(loads));
  RunOptions options;
  options.chunks = chunks;
  Numbers delivered;
  const ChunkSink sink = [&](std::uint64_t chunk, const Results& results) {
    EXPECT_EQ(results.count, 65536u);
    delivered.push_back(chunk);
  };
  EXPECT_TRUE(run_on(backends, job, options, sink, {}, {}).complete);
  EXPECT_EQ(delivered, chunks);
  return loads;
}

TEST(Shard, FillsTheBatchesOfALargeGpu) {
  EXPECT_EQ(batches(32, Shard{1, 2}.chunks_of(plan_of(32))), Numbers(4, 4 * 65536));
  Numbers first_two_runs = Shard{3, 8}.chunks_of(plan_of(512));
  first_two_runs.resize(32);
  EXPECT_EQ(batches(512, first_two_runs), Numbers(2, 16 * 65536));
  // What a part that is there already leaves of a run.
  first_two_runs.erase(first_two_runs.begin() + 5);
  EXPECT_EQ(batches(512, first_two_runs), Numbers({5 * 65536, 10 * 65536, 16 * 65536}));
}

}  // namespace
}  // namespace hhsweep::io
