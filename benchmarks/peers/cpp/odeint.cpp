// SPDX-License-Identifier: MIT
// Boost.odeint: its runge_kutta4 on a state of fixed size, a neuron after the other.
#include <array>
#include <boost/numeric/odeint/stepper/runge_kutta4.hpp>
#include <boost/version.hpp>

#include "load.hpp"

namespace {

using peers::Load;
using peers::Spikes;

template <class Real>
Spikes simulate(const Load& load) {
  using Vector = std::array<Real, 4>;
  Spikes spikes{std::vector<std::int32_t>(load.neurons),
                std::vector<std::vector<double>>(load.spike_times ? load.neurons : 0)};
  const peers::State<Real> rest = peers::rest_state<Real>();
  const Real dt = static_cast<Real>(load.dt);
  for (std::int64_t i = 0; i < load.neurons; ++i) {
    boost::numeric::odeint::runge_kutta4<Vector, Real> stepper;
    Vector y = {rest.V, rest.m, rest.h, rest.n};
    Real current = 0;
    const auto system = [&current](const Vector& x, Vector& slopes, Real) {
      const peers::State<Real> k =
          peers::slope(peers::State<Real>{x[0], x[1], x[2], x[3]}, current);
      slopes = {k.V, k.m, k.h, k.n};
    };
    for (std::int64_t step = 0; step < load.steps; ++step) {
      const Real before = y[0];
      if (step == load.onset_step) current = static_cast<Real>(load.current[i]);
      stepper.do_step(system, y, static_cast<Real>(step) * dt, dt);
      if (before < 0 && y[0] >= 0) {
        ++spikes.counts[i];
        if (load.spike_times) {
          spikes.times[i].push_back(peers::crossing_time(step, load.dt, before, y[0]));
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
  peers::report_run("Boost " BOOST_LIB_VERSION ", g++ " __VERSION__, load, simulate_load);
}
