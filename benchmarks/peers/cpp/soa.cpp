// SPDX-License-Identifier: MIT
// A struct of arrays that the compiler vectorises, exponentials from libmvec: blocks of neurons
// that stay in the first-level cache for the whole run. With PEERS_SHARED_EXPONENTIALS the slopes
// take two exponentials instead of six, which no compiler finds by itself.
#include <algorithm>

#include "load.hpp"

namespace {

using peers::Load;
using peers::Spikes;
using peers::State;

constexpr int block_size = 512;

template <class Real>
struct Block {
  alignas(64) Real V[block_size], m[block_size], h[block_size], n[block_size];
  alignas(64) Real current[block_size], before[block_size];
  alignas(64) std::int32_t count[block_size];
};

#ifdef PEERS_SHARED_EXPONENTIALS
/// The exponents -(V+65)/80, /20 and /10 are multiples of one another: e, e^4 and e^8.
template <class Real>
[[gnu::always_inline]] inline State<Real> neuron_slope(const State<Real>& y, Real current) {
  const Real e = peers::exponential((y.V + 65) * Real(-0.0125));
  const Real e2 = e * e, e4 = e2 * e2, e8 = e4 * e4;
  const Real x_m = (y.V + 40) * Real(0.1), x_n = (y.V + 55) * Real(0.1);
  const Real e_m = e8 * Real(12.182493960703473), e_n = e8 * Real(2.718281828459045);
  const Real near_m = 1 + x_m * (Real(0.5) + x_m * Real(1.0 / 12));
  const Real near_n = 1 + x_n * (Real(0.5) + x_n * Real(1.0 / 12));
  const Real a_m = std::abs(x_m) < Real(0.01) ? near_m : x_m / (1 - e_m);
  const Real a_n = Real(0.1) * (std::abs(x_n) < Real(0.01) ? near_n : x_n / (1 - e_n));
  const Real b_m = 4 * peers::exponential((y.V + 65) * Real(-1.0 / 18));
  const Real b_h = 1 / (1 + e8 * Real(20.085536923187668));
  const Real n2 = y.n * y.n;
  const Real ionic = 120 * y.m * y.m * y.m * y.h * (y.V - 50) + 36 * n2 * n2 * (y.V + 77) +
                     Real(0.3) * (y.V + Real(54.387));
  return {current - ionic, a_m - (a_m + b_m) * y.m, Real(0.07) * e4 - (Real(0.07) * e4 + b_h) * y.h,
          a_n - (a_n + Real(0.125) * e) * y.n};
}
#else
template <class Real>
[[gnu::always_inline]] inline State<Real> neuron_slope(const State<Real>& y, Real current) {
  return peers::slope(y, current);
}
#endif

template <class Real>
[[gnu::always_inline]] inline State<Real> advanced(const State<Real>& y, const State<Real>& k,
                                                   Real h) {
  return {y.V + h * k.V, y.m + h * k.m, y.h + h * k.h, y.n + h * k.n};
}

/// One RK4 step of neuron i; 1 when it spiked in it. Apart from the loop, since g++ keeps
/// structures that are declared inside of one with `omp simd` in memory, and then does not
/// vectorise it in float32.
template <class Real>
[[gnu::always_inline]] inline int step_neuron(Block<Real>& b, int i, Real on, Real dt) {
  const Real half = dt / 2, sixth = dt / 6;
  const State<Real> y{b.V[i], b.m[i], b.h[i], b.n[i]};
  const Real current = on * b.current[i];
  const State<Real> k1 = neuron_slope(y, current);
  const State<Real> k2 = neuron_slope(advanced(y, k1, half), current);
  const State<Real> k3 = neuron_slope(advanced(y, k2, half), current);
  const State<Real> k4 = neuron_slope(advanced(y, k3, dt), current);
  const Real V = y.V + sixth * (k1.V + 2 * (k2.V + k3.V) + k4.V);
  const int crossed = (y.V < 0) & (V >= 0);
  b.before[i] = y.V;
  b.V[i] = V;
  b.m[i] = y.m + sixth * (k1.m + 2 * (k2.m + k3.m) + k4.m);
  b.h[i] = y.h + sixth * (k1.h + 2 * (k2.h + k3.h) + k4.h);
  b.n[i] = y.n + sixth * (k1.n + 2 * (k2.n + k3.n) + k4.n);
  b.count[i] += crossed;
  return crossed;
}

/// One step of all neurons of a block; how many of them spiked in it.
template <class Real>
int step_block(Block<Real>& b, int neurons, Real on, Real dt) {
  int spiked = 0;
#pragma omp simd reduction(+ : spiked)
  for (int i = 0; i < neurons; ++i) spiked += step_neuron(b, i, on, dt);
  return spiked;
}

template <class Real>
void fill(Block<Real>& b, const Load& load, std::int64_t first, int neurons) {
  const State<Real> rest = peers::rest_state<Real>();
  for (int i = 0; i < neurons; ++i) {
    b.V[i] = rest.V;
    b.m[i] = rest.m;
    b.h[i] = rest.h;
    b.n[i] = rest.n;
    b.current[i] = static_cast<Real>(load.current[first + i]);
    b.count[i] = 0;
  }
}

template <class Real>
void note_times(const Block<Real>& b, const Load& load, std::int64_t step, std::int64_t first,
                int neurons, Spikes& spikes) {
  for (int i = 0; i < neurons; ++i) {
    if (b.before[i] < 0 && b.V[i] >= 0) {
      spikes.times[first + i].push_back(peers::crossing_time(step, load.dt, b.before[i], b.V[i]));
    }
  }
}

template <class Real>
Spikes simulate(const Load& load) {
  Spikes spikes{std::vector<std::int32_t>(load.neurons),
                std::vector<std::vector<double>>(load.spike_times ? load.neurons : 0)};
  static Block<Real> block;
  for (std::int64_t first = 0; first < load.neurons; first += block_size) {
    const int neurons = static_cast<int>(std::min<std::int64_t>(block_size, load.neurons - first));
    fill(block, load, first, neurons);
    for (std::int64_t step = 0; step < load.steps; ++step) {
      const Real on = step < load.onset_step ? Real(0) : Real(1);
      const int spiked = step_block(block, neurons, on, Real(load.dt));
      if (load.spike_times && spiked) note_times(block, load, step, first, neurons, spikes);
    }
    std::copy_n(block.count, neurons, spikes.counts.begin() + first);
  }
  return spikes;
}

}  // namespace

int main(int argc, char** argv) {
  const Load load = peers::load_from_arguments(argc, argv);
  const auto simulate_load = load.precision == "float32" ? simulate<float> : simulate<double>;
  peers::report_run("g++ " __VERSION__, load, simulate_load);
}
