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

}  // namespace hhsweep::test
