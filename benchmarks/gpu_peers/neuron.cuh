// SPDX-License-Identifier: MIT
#pragma once

// A neuron as somebody would write it for one kernel: the equations as they stand, exp of the
// device, RK4 with the four slopes kept. For NVRTC too, so nothing is included. Units: mV, ms,
// uA/cm^2.

template <class Real>
struct Neuron {
  Real V, m, h, n;
};

__device__ inline float exponential(float x) { return expf(x); }
__device__ inline double exponential(double x) { return exp(x); }

template <class Real>
__device__ Real linoid(Real x) {
  return (x < Real(1e-3) && x > Real(-1e-3)) ? 1 + x / 2 : x / (1 - exponential(-x));
}

template <class Real>
__device__ Neuron<Real> slope(const Neuron<Real>& y, Real current) {
  const Real alpha_m = linoid((y.V + 40) / 10);
  const Real beta_m = 4 * exponential(-(y.V + 65) / 18);
  const Real alpha_h = Real(0.07) * exponential(-(y.V + 65) / 20);
  const Real beta_h = 1 / (1 + exponential(-(y.V + 35) / 10));
  const Real alpha_n = Real(0.1) * linoid((y.V + 55) / 10);
  const Real beta_n = Real(0.125) * exponential(-(y.V + 65) / 80);
  const Real ionic = 120 * y.m * y.m * y.m * y.h * (y.V - 50) +
                     36 * y.n * y.n * y.n * y.n * (y.V + 77) + Real(0.3) * (y.V + Real(54.387));
  return {current - ionic, alpha_m * (1 - y.m) - beta_m * y.m, alpha_h * (1 - y.h) - beta_h * y.h,
          alpha_n * (1 - y.n) - beta_n * y.n};
}

template <class Real>
__device__ Neuron<Real> moved(const Neuron<Real>& y, const Neuron<Real>& k, Real h) {
  return {y.V + h * k.V, y.m + h * k.m, y.h + h * k.h, y.n + h * k.n};
}

/// y after a step of dt; 1 is added to spikes when V passes 0 mV.
template <class Real>
__device__ void step(Neuron<Real>& y, int& spikes, Real current, Real dt) {
  const Neuron<Real> k1 = slope(y, current);
  const Neuron<Real> k2 = slope(moved(y, k1, dt / 2), current);
  const Neuron<Real> k3 = slope(moved(y, k2, dt / 2), current);
  const Neuron<Real> k4 = slope(moved(y, k3, dt), current);
  const Real before = y.V;
  y.V += dt / 6 * (k1.V + 2 * k2.V + 2 * k3.V + k4.V);
  y.m += dt / 6 * (k1.m + 2 * k2.m + 2 * k3.m + k4.m);
  y.h += dt / 6 * (k1.h + 2 * k2.h + 2 * k3.h + k4.h);
  y.n += dt / 6 * (k1.n + 2 * k2.n + 2 * k3.n + k4.n);
  if (before < 0 && y.V >= 0) ++spikes;
}

/// The whole run of one neuron a thread.
template <class Real>
__global__ void run_neurons(const Real* currents, int* spikes, int count, int steps, int onset_step,
                            Real V, Real m, Real h, Real n, Real dt) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) return;
  Neuron<Real> y{V, m, h, n};
  int found = 0;
  for (int k = 0; k < steps; ++k) step(y, found, k < onset_step ? Real(0) : currents[i], dt);
  spikes[i] = found;
}
