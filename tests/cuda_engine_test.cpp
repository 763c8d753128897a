// SPDX-License-Identifier: MIT
#include <cmath>
#include <numeric>

#include "backend.hpp"
#include "engine_suite.hpp"
#include "run_neurons.hpp"

namespace hhsweep::test {

static RunOptions on_cuda() {
  RunOptions options;
  options.backend = "cuda";
  return options;
}

INSTANTIATE_TEST_SUITE_P(Cuda, EngineSuite, testing::Values(BackendCase{"cuda", on_cuda()}),
                         [](const auto& info) { return info.param.name; });

TEST(CudaBackend, SaysInOneLineWhenThereIsNoDevice) {
  if (cuda_device_count() > 0) GTEST_SKIP() << "there is a CUDA device";
  const std::vector<DeviceInfo> lines = describe_cuda();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_FALSE(lines[0].available);
  EXPECT_FALSE(lines[0].reason.empty());
  EXPECT_EQ(lines[0].reason.find('\n'), std::string::npos);
  try {
    make_cuda_backend(0);
    FAIL() << "no error";
  } catch (const DeviceError& error) {
    EXPECT_EQ(error.what(), lines[0].reason);
  }
  RunOptions automatic;
  EXPECT_EQ(Engine(automatic).backend(), "cpu");
  EXPECT_EQ(Engine(automatic).notice(), "");
}

/// Tests of the backend itself, with a device.
class CudaDevice : public testing::Test {
 protected:
  void SetUp() override {
    if (cuda_device_count() == 0) GTEST_SKIP() << describe_cuda().front().reason;
    backend_ = make_cuda_backend(0);
  }
  std::unique_ptr<Backend> backend_;
};

TEST_F(CudaDevice, IsDescribedInOneLineEach) {
  const std::vector<DeviceInfo> lines = describe_cuda();
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(cuda_device_count()));
  for (const DeviceInfo& line : lines) {
    EXPECT_EQ(line.backend, "cuda");
    EXPECT_TRUE(line.available) << line.reason;
    EXPECT_EQ(line.name.find('\n'), std::string::npos);
  }
  EXPECT_EQ(backend_->name(), "cuda");
  EXPECT_EQ(backend_->device(), lines[0].name);
}

TEST_F(CudaDevice, ThatIsNotThereIsNamed) {
  for (const int device : {-1, 99}) {
    try {
      make_cuda_backend(device);
      FAIL() << "no error";
    } catch (const DeviceMemoryError&) {
      FAIL() << "not a lack of memory";
    } catch (const DeviceError& error) {
      EXPECT_NE(std::string(error.what()).find(std::to_string(device)), std::string::npos);
    }
  }
}

TEST_F(CudaDevice, TakesItsNeuronsInFourBatchesUnlessTheyAreSmall) {
  const Job job = job_of("squid", 1.0);
  const auto capacity = [&](std::int64_t neurons) {
    return backend_->batch_capacity(job, make_run_rule(job), neurons);
  };
  const std::int64_t smallest = capacity(1);
  const std::int64_t largest = capacity(1'000'000'000);
  EXPECT_LE(smallest, largest);  // equal where memory is short
  for (std::int64_t batch = smallest; batch <= largest; batch *= 2) {
    EXPECT_EQ(capacity(4 * batch), batch);
    EXPECT_EQ(capacity(4 * batch - 1), std::max(batch / 2, smallest));
  }
}

TEST_F(CudaDevice, IsUsedByAuto) { EXPECT_EQ(Engine(RunOptions{}).backend(), "cuda"); }

TEST_F(CudaDevice, SharesItsWorkWithTheOthers) {
  Job job = job_of("squid", 0.03);
  job.precision = Precision::float32;
  const int step = add_step(job, 0.0, forever, 0.0);
  add_linspace(job, parameter_of(job, step, slot::amplitude), 0.0, 10.0, 200000);
  const Delivery expected = deliver_by_scalar_code(job);
  RunOptions options = on_cuda();
  options.devices.resize(static_cast<std::size_t>(cuda_device_count()));
  std::iota(options.devices.begin(), options.devices.end(), 0);
  EXPECT_EQ(difference(deliver(job, options), expected), "");
  options.devices = {0};
  EXPECT_EQ(difference(deliver(job, options), expected), "");
}

TEST_F(CudaDevice, BatchesFitItsMemory) {
  Job job = firing_job(1000.0);
  for (const bool traced : {false, true}) {
    if (traced) trace_all(job, {TraceVariable::V, TraceVariable::m, TraceVariable::h}, 1);
    const RunRule rule = make_run_rule(job);
    LaunchSettings launch;
    launch.capacity =
        backend_->batch_capacity(job, rule, static_cast<std::int64_t>(job.population.size()));
    EXPECT_GE(launch.capacity, 1024);
    EXPECT_LE(launch.capacity, std::int64_t{1} << 21);
    launch.window_steps = backend_->window_steps(launch.capacity);
    EXPECT_GE(launch.window_steps, 1024);
    launch.spike_slots = usual_spike_slots(job, launch.window_steps);
    Unwatched unwatched;
    EXPECT_NO_THROW(NeuronRunner(job, rule, *backend_, launch, unwatched));
  }
}

TEST_F(CudaDevice, LackOfMemoryIsToldApartAndLeavesItUsable) {
  const Job job = firing_job(5.0);
  const RunRule rule = make_run_rule(job);
  BatchShape shape;
  shape.capacity = std::int64_t{1} << 40;
  EXPECT_THROW(backend_->create(job, rule, shape), DeviceMemoryError);
  EXPECT_EQ(difference(deliver(job, on_cuda()), deliver_by_scalar_code(job)), "");
}

TEST_F(CudaDevice, AnotherJobAfterTheFirstStartsAfresh) {
  Engine engine(on_cuda());
  for (const double duration_ms : {7.0, 3.0}) {
    const Job job = firing_job(duration_ms);
    Results results;
    engine.run(job, [&](std::uint64_t, Results r) { results = std::move(r); });
    EXPECT_EQ(difference(results, deliver_by_scalar_code(job).chunks.at(0)), "");
  }
}

/// A population that fires for 60 ms, with spike times, in float32.
static Job fast_job(const char* model) {
  Job job = job_of(model, 60.0);
  job.precision = Precision::float32;
  job.record.spike_times = true;
  const int step = add_step(job, 5.0, forever, 0.0);
  add_linspace(job, parameter_of(job, step, slot::amplitude), 10.0, 50.0, 12);
  return job;
}

/// Expects the spikes of exact arithmetic, a little displaced, and other last digits.
static void expect_spikes_of_exact_math(Job job) {
  const Results exact = deliver(job, on_cuda()).chunks.at(0);
  job.math = Math::fast;
  const Results fast = deliver(job, on_cuda()).chunks.at(0);
  ASSERT_EQ(fast.row_size, exact.row_size);
  ASSERT_GT(fast.spike_time.size(), 20u);
  for (std::size_t i = 0; i < fast.spike_time.size(); ++i) {
    EXPECT_NEAR(fast.spike_time[i], exact.spike_time[i], 1e-3);
  }
  for (std::size_t i = 0; i < fast.V_max.size(); ++i) {
    EXPECT_NEAR(fast.V_max[i], exact.V_max[i], 1e-3);
  }
  EXPECT_NE(difference(fast, exact), "");
}

TEST_F(CudaDevice, FastMathGivesTheSpikesOfExactMath) {
  expect_spikes_of_exact_math(fast_job("squid"));
}

TEST_F(CudaDevice, FastMathTakesMembranesOfEachNeuronsOwn) {
  Job job = fast_job("squid");
  add_linspace(job, parameter::g_Na, 110.0, 130.0, 3);
  expect_spikes_of_exact_math(job);
}

TEST_F(CudaDevice, FastMathTakesEveryKindOfDrive) {
  Job sine = fast_job("squid");
  add_kind(sine, StimulusKind::sine, {0.0, forever, 3.0, 40.0});
  expect_spikes_of_exact_math(sine);
  Job noise = fast_job("squid");
  add_noise(noise, {.sigma = 2, .sample_ms = 0.1});
  expect_spikes_of_exact_math(noise);
}

TEST_F(CudaDevice, FastMathLeavesAVoltageFarOutFiniteOrDiverged) {
  Job job = job_of("squid", 20.0);
  job.precision = Precision::float32;
  job.math = Math::fast;
  const int step = add_step(job, 1.0, forever, 0.0);
  add_linspace(job, parameter_of(job, step, slot::amplitude), -3000.0, 3000.0, 25);
  const Results results = deliver(job, on_cuda()).chunks.at(0);
  for (std::size_t i = 0; i < results.V_max.size(); ++i) {
    if (results.status[i] == NeuronStatus::diverged) continue;
    EXPECT_LT(std::abs(results.V_max[i]), 2000);
    EXPECT_LT(std::abs(results.V_min[i]), 2000);
  }
}

TEST_F(CudaDevice, FastMathChangesNothingInAModelOfOtherScales) {
  Job job = fast_job("slides");
  const Delivery exact = deliver(job, on_cuda());
  job.math = Math::fast;
  EXPECT_EQ(difference(deliver(job, on_cuda()), exact), "");
}

}  // namespace hhsweep::test
