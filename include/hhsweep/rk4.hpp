// SPDX-License-Identifier: MIT
#pragma once

#include "hhsweep/membrane.hpp"

namespace hhsweep {

/// Length of a step and the fractions of it that RK4 uses, each rounded once from the length.
template <class Real>
struct StepSize {
  Real full, half, sixth;  ///< ms
};

/// Stimulus over one step in mV/ms, i.e. current over C_m with the constant part of the leak in it:
/// one-sided limits at both ends, since no step straddles an edge.
template <class Real>
struct StepDrive {
  Real start, middle, end;
};

namespace detail {

template <class Real>
HHSWEEP_HD State<Real> advanced(const State<Real>& y, const State<Real>& k, Real h) {
  return {fma(h, k.V, y.V), fma(h, k.m, y.m), fma(h, k.h, y.h), fma(h, k.n, y.n)};
}

/// a x + y for each component.
template <class Real>
HHSWEEP_HD State<Real> scaled_sum(Real a, const State<Real>& x, const State<Real>& y) {
  return {fma(a, x.V, y.V), fma(a, x.m, y.m), fma(a, x.h, y.h), fma(a, x.n, y.n)};
}

/// y + increment; in single precision `lost` carries what rounding took away to the next step
/// (Kahan, Comm. ACM 8 (1965) 40).
template <class Real>
HHSWEEP_HD void accumulate(Real& y, Real& lost, Real sixth, Real sum) {
  if constexpr (sizeof(ScalarOf<Real>) == 4) {
    const Real increment = fma(sixth, sum, -lost);
    const Real next = y + increment;
    lost = (next - y) - increment;
    y = next;
  } else {
    y = fma(sixth, sum, y);
  }
}

}  // namespace detail

/// One step of the classical Runge-Kutta method of order 4. `undriven` is dV/dt at y with no drive,
/// which may jump between two steps; the increments are summed first and added to y once.
template <class Real, class Membrane>
HHSWEEP_HD void rk4_step(const Membrane& membrane, const StepSize<Real>& h,
                         const StepDrive<Real>& drive, const Real& undriven, State<Real>& y,
                         State<Real>& lost) {
  const Real two = Real(ScalarOf<Real>(2));
  State<Real> sum, k;
  // A voltage needs the slope of the one before, but not its rates: so the rates, the long part of
  // the work, are taken at two voltages at a time, and a processor has two chains to work on.
  sum.V = undriven + drive.start;
  const Rates<Real> first = membrane.rates(y.V);
  const Rates<Real> second = membrane.rates(fma(h.half, sum.V, y.V));
  set_gate_slopes(sum, y, first);
  State<Real> at = detail::advanced(y, sum, h.half);
  k.V = membrane.voltage_slope(at, drive.middle);
  set_gate_slopes(k, at, second);
  sum = detail::scaled_sum(two, k, sum);
  at = detail::advanced(y, k, h.half);
  k.V = membrane.voltage_slope(at, drive.middle);
  const Rates<Real> third = membrane.rates(at.V);
  const Rates<Real> fourth = membrane.rates(fma(h.full, k.V, y.V));
  set_gate_slopes(k, at, third);
  sum = detail::scaled_sum(two, k, sum);
  at = detail::advanced(y, k, h.full);
  k.V = membrane.voltage_slope(at, drive.end);
  set_gate_slopes(k, at, fourth);
  detail::accumulate(y.V, lost.V, h.sixth, sum.V + k.V);
  detail::accumulate(y.m, lost.m, h.sixth, sum.m + k.m);
  detail::accumulate(y.h, lost.h, h.sixth, sum.h + k.h);
  detail::accumulate(y.n, lost.n, h.sixth, sum.n + k.n);
}

}  // namespace hhsweep
