// SPDX-License-Identifier: MIT
#pragma once

#include <math.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

/// The standard load as the C++ peers see it, written without a line of hhsweep: squid axon at
/// rest, constant currents of 0 to 50 uA/cm^2 from 5 ms on, spikes where V crosses 0 mV upwards.
namespace peers {

/// Units: mV, ms, uA/cm^2.
struct Load {
  std::string precision;  ///< "float32" or "float64"
  std::int64_t neurons = 0;
  std::int64_t steps = 0;
  std::int64_t onset_step = 0;  ///< the first step with current
  double dt = 0;
  bool spike_times = false;
  std::vector<double> current;  ///< of each neuron
};

struct Spikes {
  std::vector<std::int32_t> counts;
  std::vector<std::vector<double>> times;  ///< ms; empty unless asked for
};

/// Membrane potential where the model rests, in mV.
double rest_potential();

/// PRECISION NEURONS DURATION DT [times]; ends the program with a message when they are anything
/// else.
Load load_from_arguments(int argc, char** argv);

/// Time by the clock and of the CPU since it was made.
class Stopwatch {
 public:
  double seconds() const;
  double cpu_seconds() const;

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::clock_t cpu_start_ = std::clock();
};

/// Prints the JSON object that is a peer's answer.
void print_report(const std::string& version, const Load& load, double seconds, double cpu_seconds,
                  const Spikes& spikes);

/// Runs `simulate(load)` against the clock and prints the report.
template <class Simulate>
void report_run(const std::string& version, const Load& load, Simulate simulate) {
  const Stopwatch watch;
  const Spikes spikes = simulate(load);
  print_report(version, load, watch.seconds(), watch.cpu_seconds(), spikes);
}

/// Milliseconds at which the straight line through both ends of a step crosses 0 mV.
inline double crossing_time(std::int64_t step, double dt, double before, double after) {
  return (static_cast<double>(step) + before / (before - after)) * dt;
}

/// The C library's own names: g++ finds the vector version of expf by that name only.
inline float exponential(float x) { return ::expf(x); }
inline double exponential(double x) { return ::exp(x); }

/// x / (1 - exp(-x)), by its series where the quotient loses its digits.
template <class Real>
inline Real linoid(Real x) {
  const Real series = 1 + x * (Real(0.5) + x * Real(1.0 / 12));
  const Real quotient = x / (1 - exponential(-x));
  return std::abs(x) < Real(0.01) ? series : quotient;
}

template <class Real>
struct State {
  Real V, m, h, n;
};

/// Slopes as the equations are printed: six exponentials.
template <class Real>
[[gnu::always_inline]] inline State<Real> slope(const State<Real>& y, Real current) {
  const Real a_m = linoid((y.V + 40) * Real(0.1));
  const Real b_m = 4 * exponential((y.V + 65) * Real(-1.0 / 18));
  const Real a_h = Real(0.07) * exponential((y.V + 65) * Real(-0.05));
  const Real b_h = 1 / (1 + exponential((y.V + 35) * Real(-0.1)));
  const Real a_n = Real(0.1) * linoid((y.V + 55) * Real(0.1));
  const Real b_n = Real(0.125) * exponential((y.V + 65) * Real(-0.0125));
  const Real n2 = y.n * y.n;
  const Real sodium = 120 * y.m * y.m * y.m * y.h * (y.V - 50);
  const Real potassium = 36 * n2 * n2 * (y.V + 77);
  const Real leak = Real(0.3) * (y.V + Real(54.387));
  return {current - sodium - potassium - leak, a_m * (1 - y.m) - b_m * y.m,
          a_h * (1 - y.h) - b_h * y.h, a_n * (1 - y.n) - b_n * y.n};
}

/// All neurons start at rest.
template <class Real>
State<Real> rest_state() {
  const double V = rest_potential();
  const double a_m = linoid((V + 40) / 10), b_m = 4 * exponential(-(V + 65) / 18);
  const double a_h = 0.07 * exponential(-(V + 65) / 20),
               b_h = 1 / (1 + exponential(-(V + 35) / 10));
  const double a_n = 0.1 * linoid((V + 55) / 10), b_n = 0.125 * exponential(-(V + 65) / 80);
  return {Real(V), Real(a_m / (a_m + b_m)), Real(a_h / (a_h + b_h)), Real(a_n / (a_n + b_n))};
}

}  // namespace peers
