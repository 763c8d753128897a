// SPDX-License-Identifier: MIT
// A neuron after the other, an array of structures, std::exp: what one writes first.
#include "load.hpp"

namespace {

using peers::Load;
using peers::Spikes;
using peers::State;

template <class Real>
State<Real> advanced(const State<Real>& y, const State<Real>& k, Real h) {
  return {y.V + h * k.V, y.m + h * k.m, y.h + h * k.h, y.n + h * k.n};
}

template <class Real>
void rk4_step(State<Real>& y, Real current, Real dt) {
  const State<Real> k1 = peers::slope(y, current);
  const State<Real> k2 = peers::slope(advanced(y, k1, dt / 2), current);
  const State<Real> k3 = peers::slope(advanced(y, k2, dt / 2), current);
  const State<Real> k4 = peers::slope(advanced(y, k3, dt), current);
  const Real sixth = dt / 6;
  y.V += sixth * (k1.V + 2 * (k2.V + k3.V) + k4.V);
  y.m += sixth * (k1.m + 2 * (k2.m + k3.m) + k4.m);
  y.h += sixth * (k1.h + 2 * (k2.h + k3.h) + k4.h);
  y.n += sixth * (k1.n + 2 * (k2.n + k3.n) + k4.n);
}

template <class Real>
Spikes simulate(const Load& load) {
  Spikes spikes{std::vector<std::int32_t>(load.neurons),
                std::vector<std::vector<double>>(load.spike_times ? load.neurons : 0)};
  std::vector<State<Real>> neurons(load.neurons, peers::rest_state<Real>());
  for (std::int64_t i = 0; i < load.neurons; ++i) {
    State<Real>& y = neurons[i];
    for (std::int64_t step = 0; step < load.steps; ++step) {
      const Real before = y.V;
      rk4_step(y, step < load.onset_step ? Real(0) : Real(load.current[i]), Real(load.dt));
      if (before < 0 && y.V >= 0) {
        ++spikes.counts[i];
        if (load.spike_times) {
          spikes.times[i].push_back(peers::crossing_time(step, load.dt, before, y.V));
        }
      }
    }
  }
  return spikes;
}

}  // namespace

int main(int argc, char** argv) {
  const Load load = peers::load_from_arguments(argc, argv);
  const auto simulate_load = load.precision == "float32" ? simulate<float> : simulate<double>;
  peers::report_run("g++ " __VERSION__, load, simulate_load);
}
