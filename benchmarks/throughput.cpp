// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "cli/standard_load.hpp"
#include "hhsweep/engine.hpp"
#include "hhsweep/version.hpp"

namespace {

constexpr const char* usage =
    "throughput [BACKEND [NEURONS]]: million RK4 steps of neurons per second under the standard\n"
    "load, as CSV. BACKEND is cpu (default), cuda or auto; NEURONS is 16384 by default. The "
    "answer\n"
    "is verified first, and one run is discarded. `hhsweep bench` is the same with more options;\n"
    "this program needs nothing but the library.\n";

constexpr double duration_ms = 100;
constexpr int repeats = 5;

/// Rates of `repeats` runs in ascending order.
std::vector<double> measure(hhsweep::Engine& engine, hhsweep::Precision precision,
                            std::uint64_t neurons) {
  hhsweep::cli::verify_standard_load(engine, precision);
  const hhsweep::Job load = hhsweep::cli::standard_load(precision, neurons, duration_ms);
  hhsweep::cli::measure_rate(engine, load);
  std::vector<double> rates;
  for (int i = 0; i < repeats; ++i) {
    rates.push_back(hhsweep::cli::measure_rate(engine, load) / 1e6);
  }
  std::sort(rates.begin(), rates.end());
  return rates;
}

void print(hhsweep::Engine& engine, std::uint64_t neurons) {
  std::printf("version,commit,compiler,backend,device,precision,neurons,min,median,max\n");
  for (const auto precision : {hhsweep::Precision::float32, hhsweep::Precision::float64}) {
    const std::vector<double> rates = measure(engine, precision, neurons);
    std::printf(
        "%s,%s,\"%s\",%s,\"%s\",%s,%llu,%.1f,%.1f,%.1f\n", std::string(hhsweep::version).c_str(),
        std::string(hhsweep::build_commit()).c_str(),
        std::string(hhsweep::build_compiler()).c_str(), engine.backend().c_str(),
        engine.device().c_str(), precision == hhsweep::Precision::float32 ? "float32" : "float64",
        static_cast<unsigned long long>(neurons), rates.front(), rates[repeats / 2], rates.back());
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 3 || (argc > 1 && argv[1][0] == '-')) {
    const bool asked = argc == 2 && std::strcmp(argv[1], "--help") == 0;
    std::fputs(usage, asked ? stdout : stderr);
    return asked ? 0 : 2;
  }
  const std::uint64_t neurons = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 16384;
  if (neurons == 0) {
    std::fputs("throughput: NEURONS must be a number above 0\n", stderr);
    return 2;
  }
  try {
    hhsweep::RunOptions options;
    options.backend = argc > 1 ? argv[1] : "cpu";
    hhsweep::Engine engine(options);
    print(engine, neurons);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "throughput: %s\n", error.what());
    return 1;
  }
  return 0;
}
