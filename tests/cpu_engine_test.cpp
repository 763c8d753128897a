// SPDX-License-Identifier: MIT
#include "engine_suite.hpp"

namespace hhsweep::test {

static std::vector<BackendCase> instruction_sets() {
  std::vector<BackendCase> cases;
  for (const char* isa : {"scalar", "avx2", "avx512"}) {
    RunOptions options;
    options.backend = "cpu";
    options.isa = isa;
    options.threads = 2;
    cases.push_back({isa, options});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Cpu, EngineSuite, testing::ValuesIn(instruction_sets()),
                         [](const auto& info) { return info.param.name; });

TEST(CpuBackend, DoesNotOfferFastMath) {
  RunOptions options;
  options.backend = "cpu";
  Engine engine(options);
  Job job = firing_job(1.0);
  EXPECT_NO_THROW(engine.expect_offered(job));
  job.precision = Precision::float32;
  job.math = Math::fast;
  EXPECT_THROW(engine.expect_offered(job), DeviceError);
  EXPECT_THROW(engine.run(job, [](std::uint64_t, const Results&) {}), DeviceError);
  EXPECT_THROW(engine.run_neuron(job, 0), DeviceError);
  job.precision = Precision::float64;
  try {
    engine.expect_offered(job);
    FAIL() << "no error";
  } catch (const DeviceError& error) {
    EXPECT_NE(std::string(error.what()).find("float32"), std::string::npos);
  }
}

}  // namespace hhsweep::test
