// SPDX-License-Identifier: MIT
#include "load.hpp"

#include <cstdlib>
#include <iomanip>
#include <iostream>

namespace peers {

namespace {

constexpr double onset_ms = 5;
constexpr double highest_current = 50;

double steady_current(double V) {
  const double a_m = linoid((V + 40) / 10), b_m = 4 * exponential(-(V + 65) / 18);
  const double a_h = 0.07 * exponential(-(V + 65) / 20),
               b_h = 1 / (1 + exponential(-(V + 35) / 10));
  const double a_n = 0.1 * linoid((V + 55) / 10), b_n = 0.125 * exponential(-(V + 65) / 80);
  const double m = a_m / (a_m + b_m), h = a_h / (a_h + b_h), n = a_n / (a_n + b_n);
  return 120 * m * m * m * h * (V - 50) + 36 * n * n * n * n * (V + 77) + 0.3 * (V + 54.387);
}

template <class Value>
void print_list(const std::vector<Value>& values) {
  std::cout << '[';
  for (std::size_t i = 0; i < values.size(); ++i) std::cout << (i ? "," : "") << values[i];
  std::cout << ']';
}

}  // namespace

double rest_potential() {
  double low = -70, high = -60;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (steady_current(middle) < 0 ? low : high) = middle;
  }
  return low;
}

Load load_from_arguments(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool known = arguments.size() >= 4 && arguments.size() <= 5 &&
                     (arguments[0] == "float32" || arguments[0] == "float64") &&
                     (arguments.size() < 5 || arguments[4] == "times");
  if (!known) {
    std::cerr << "usage: " << argv[0] << " float32|float64 NEURONS DURATION DT [times]\n";
    std::exit(2);
  }
  Load load;
  load.precision = arguments[0];
  load.neurons = std::stoll(arguments[1]);
  load.dt = std::stod(arguments[3]);
  load.steps = std::llround(std::stod(arguments[2]) / load.dt);
  load.onset_step = std::llround(onset_ms / load.dt);
  load.spike_times = arguments.size() == 5;
  const double last = static_cast<double>(load.neurons > 1 ? load.neurons - 1 : 1);
  for (std::int64_t i = 0; i < load.neurons; ++i) {
    load.current.push_back(highest_current * static_cast<double>(i) / last);
  }
  return load;
}

double Stopwatch::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

double Stopwatch::cpu_seconds() const {
  return static_cast<double>(std::clock() - cpu_start_) / CLOCKS_PER_SEC;
}

void print_report(const std::string& version, const Load& load, double seconds, double cpu_seconds,
                  const Spikes& spikes) {
  std::cout << std::setprecision(17) << "{\"version\":\"" << version
            << "\",\"neurons\":" << load.neurons << ",\"steps\":" << load.steps
            << ",\"seconds\":" << seconds << ",\"cpu_seconds\":" << cpu_seconds
            << ",\"spike_counts\":";
  print_list(spikes.counts);
  if (load.spike_times) {
    std::cout << ",\"spike_times\":[";
    for (std::size_t i = 0; i < spikes.times.size(); ++i) {
      std::cout << (i ? "," : "");
      print_list(spikes.times[i]);
    }
    std::cout << ']';
  }
  std::cout << "}\n";
}

}  // namespace peers
