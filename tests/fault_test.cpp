// SPDX-License-Identifier: MIT
// Breaks a run at each of its operations on files in turn, and goes on.
#include "io/fault.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <string>
#include <vector>

#include "hhsweep/error.hpp"
#include "io/result_file.hpp"
#include "io/sweep_file.hpp"
#include "made_up_results.hpp"

namespace hhsweep::io {
namespace {

/// Two chunks of few variables, with spikes and traces.
Sweep small_sweep() {
  Sweep sweep = full_sweep(Precision::float32);
  sweep.statistics = {"V_max"};
  sweep.job.search.reset();
  sweep.job.record.trace->variables = {TraceVariable::V};
  sweep.resolved = R"({"run": {"duration": 20.0}})";
  return sweep;
}
constexpr std::uint64_t chunk_size = 60;

/// What `hhsweep run` does with an output, for one shard or the whole; returns content_hash, ""
/// when the result is not complete yet.
std::string run(const Sweep& sweep, const std::string& path, const Shard& shard = {}) {
  if (is_result_of(path, sweep)) {
    remove_leftover_parts(path, sweep, chunks_of(sweep, chunk_size));
    return summarize(path).content_hash;
  }
  const ChunkPlan plan = chunks_of(sweep, chunk_size);
  ResultWriter writer(sweep, path, false, plan, shard);
  writer.computing_on("cpu", "made up");
  write_chunks(writer, sweep, plan, writer.missing_chunks());
  return shard.whole() ? writer.finish(provenance()) : writer.finish_shard(provenance).content_hash;
}

std::string run_as_two_shards(const Sweep& sweep, const std::string& path) {
  const std::string first = run(sweep, path, {0, 2});
  const std::string second = run(sweep, path, {1, 2});
  return second.empty() ? first : second;
}

std::string run_alone(const Sweep& sweep, const std::string& path) { return run(sweep, path); }

/// A real run, which saves the state of its only chunk after every launch.
Sweep sweep_with_states() {
  return read_sweep_text(R"(
      [run]
      duration = 5.0
      [stimulus.step]
      kind = "step"
      [[axis]]
      name = "I"
      parameter = "stimulus.step.amplitude"
      values = [5.0, 40.0]
      [record]
      spike_times = true
      trace.every = 1.0
  )",
                         "sweep.toml", {});
}

std::string run_with_states(const Sweep& sweep, const std::string& path) {
  if (is_result_of(path, sweep)) {
    remove_leftover_parts(path, sweep, plan_chunks(sweep.job));
    return summarize(path).content_hash;
  }
  ResultWriter writer(sweep, path, false);
  RunOptions options;
  options.backend = "cpu";
  options.threads = 1;
  options.window_steps = 200;
  options.save_every_s = 0;
  options.chunks = writer.missing_chunks();
  if (!options.chunks.empty()) {
    Engine(options).run(
        sweep.job,
        [&](std::uint64_t chunk, const Results& results) { writer.write_chunk(chunk, results); },
        {}, {}, &writer.states());
  }
  return writer.finish(provenance());
}

/// A way to run a sweep.
struct Runner {
  const char* name;
  Sweep (*sweep)();
  std::string (*run)(const Sweep& sweep, const std::string& path);
};
void PrintTo(const Runner& runner, std::ostream* out) { *out << runner.name; }

/// Runs in a process with that fault; whether the process was killed by it.
bool is_killed(const Fault& fault, const Runner& runner, const Sweep& sweep,
               const std::string& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    set_fault(fault);
    runner.run(sweep, path);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

class BrokenRun : public ResultFile, public testing::WithParamInterface<Runner> {
 protected:
  /// Whatever is under the name of the result is all of it.
  void expect_whole_or_absent(const Sweep& sweep) {
    if (!fs::exists(path())) return;
    EXPECT_TRUE(is_result_of(path(), sweep));
    EXPECT_EQ(joined(unsoundness(path())), "");
  }

  void expect_to_go_on(const Sweep& sweep, const std::string& hash) {
    set_fault({});
    EXPECT_EQ(GetParam().run(sweep, path()), hash);
    EXPECT_EQ(files(), std::vector<std::string>{"out.nc"});
    fs::remove(path());
  }

  [[nodiscard]] std::string hash_of(const Sweep& sweep) {
    set_fault({});
    const std::string hash = GetParam().run(sweep, path());
    fs::remove(path());
    return hash;
  }

  void crash_everywhere(Fault::Kind kind) {
    const Sweep sweep = GetParam().sweep();
    const std::string hash = hash_of(sweep);
    std::uint64_t operation = 1;
    for (;; ++operation) {
      SCOPED_TRACE("operation " + std::to_string(operation));
      const bool killed = is_killed({kind, operation}, GetParam(), sweep, path());
      expect_whole_or_absent(sweep);
      expect_to_go_on(sweep, hash);
      if (!killed || HasFailure()) break;
    }
    EXPECT_GT(operation, 40u);
  }

  void fail_everywhere(int error_number, bool lasting) {
    const Sweep sweep = GetParam().sweep();
    const std::string hash = hash_of(sweep);
    std::uint64_t operation = 1;
    for (bool reached = true; reached && !HasFailure(); ++operation) {
      SCOPED_TRACE("operation " + std::to_string(operation));
      set_fault({Fault::Kind::error, operation, error_number, lasting});
      const std::string message = message_of([&] { GetParam().run(sweep, path()); });
      reached = operation_count() >= operation;
      EXPECT_TRUE(message == "no error" ||
                  (holds(message, "4: cannot ") && holds(message, path()) &&
                   holds(message, std::strerror(error_number))))
          << message;
      expect_whole_or_absent(sweep);
      expect_to_go_on(sweep, hash);
    }
    EXPECT_GT(operation, 40u);
  }
};

TEST_P(BrokenRun, GoesOnAfterACrashAtAnyOperation) { crash_everywhere(Fault::Kind::crash); }

TEST_P(BrokenRun, ReportsAFailureOfAnyOperationAndGoesOn) { fail_everywhere(EIO, false); }

constexpr Runner alone{"Alone", small_sweep, run_alone};
constexpr Runner two_shards{"TwoShards", small_sweep, run_as_two_shards};
constexpr Runner with_states{"WithStates", sweep_with_states, run_with_states};
constexpr auto name_of = [](const testing::TestParamInfo<Runner>& info) {
  return std::string(info.param.name);
};

INSTANTIATE_TEST_SUITE_P(Runs, BrokenRun, testing::Values(alone, two_shards, with_states), name_of);

class BrokenRunAlone : public BrokenRun {};

TEST_P(BrokenRunAlone, GoesOnAfterACrashInTheMiddleOfAnyWrite) {
  crash_everywhere(Fault::Kind::torn);
}

TEST_P(BrokenRunAlone, ReportsADiskThatIsFullFromAnyOperationOnAndGoesOn) {
  fail_everywhere(ENOSPC, true);
}

INSTANTIATE_TEST_SUITE_P(Runs, BrokenRunAlone, testing::Values(alone, with_states), name_of);

TEST_F(ResultFile, KeepsFinishedChunksWhenTheDiskIsFull) {
  const Sweep sweep = small_sweep();
  const ChunkPlan plan = chunks_of(sweep, 30);
  ResultWriter writer(sweep, path(), false, plan);
  set_fault({});
  write_chunks(writer, sweep, plan, {0, 1});
  set_fault({Fault::Kind::error, 1, ENOSPC, true});
  const std::string message = message_of([&] { write_chunks(writer, sweep, plan, {2}); });
  set_fault({});
  EXPECT_TRUE(holds(message, "4: cannot write " + path("out.nc.parts/chunk-0000000002.nc")));
  EXPECT_TRUE(holds(message, "No space left on device; about "));
  EXPECT_TRUE(holds(message, "free on the disk"));
  EXPECT_EQ(writer.missing_chunks(), (std::vector<std::uint64_t>{2, 3}));
}

}  // namespace
}  // namespace hhsweep::io
