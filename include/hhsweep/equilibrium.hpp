// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <complex>
#include <limits>
#include <optional>

#include "hhsweep/membrane.hpp"

/// Steady states of the membrane, in double precision and with the same bits everywhere.
///
/// `Code` tells the copies of a function apart that are compiled for different instruction sets;
/// its value has no influence.
namespace hhsweep {

/// Steady values and time constants (ms) of m, h, n at one voltage.
struct GateCurve {
  double infinity[3];
  double tau_ms[3];
};

/// One rate in 1/ms, without the temperature factor. x = (V - midpoint)/scale.
HHSWEEP_HD double rate_value(RateForm form, double rate, double x) {
  if (form == RateForm::exponential) return rate * exp(-x);
  if (form == RateForm::sigmoid) return rate / (1.0 + exp(-x));
  if (magnitude(x) <= static_cast<double>(linoid_near)) return rate * linoid_near_zero(x);
  return rate * (x / (1.0 - exp(-x)));
}

/// Rate `index` of a parameter vector at V, temperature factor not included.
HHSWEEP_HD double rate_at(const double* p, const RateForm* forms, int index, double V) {
  const double x = (V - p[parameter::rate(index, 1)]) / p[parameter::rate(index, 2)];
  return rate_value(forms[index], p[parameter::rate(index, 0)], x);
}

/// Steady value alpha/(alpha + beta) of gate 0, 1, 2 (m, h, n); 0 when both rates are 0, and the
/// limit when one is infinite.
template <class Code = void>
HHSWEEP_OUTLINE double gate_infinity(const double* p, const RateForm* forms, int gate, double V) {
  const double alpha = rate_at(p, forms, 2 * gate, V);
  const double beta = rate_at(p, forms, 2 * gate + 1, V);
  if (!(alpha > 0)) return 0;
  return 1.0 / (1.0 + beta / alpha);
}

/// Total ionic current in uA/cm^2 at V with steady gates, outward positive.
template <class Code = void>
HHSWEEP_OUTLINE double steady_current(const double* p, const RateForm* forms, double V) {
  const double m = gate_infinity<Code>(p, forms, 0, V);
  const double h = gate_infinity<Code>(p, forms, 1, V);
  const double n = gate_infinity<Code>(p, forms, 2, V);
  const double n2 = n * n;
  return p[parameter::g_Na] * (m * m * m * h) * (V - p[parameter::E_Na]) +
         p[parameter::g_K] * (n2 * n2) * (V - p[parameter::E_K]) +
         p[parameter::g_L] * (V - p[parameter::E_L]);
}

/// Voltage V with gates steady there.
template <class Code = void>
HHSWEEP_HD State<double> steady_state(const double* p, const RateForm* forms, double V) {
  return {V, gate_infinity<Code>(p, forms, 0, V), gate_infinity<Code>(p, forms, 1, V),
          gate_infinity<Code>(p, forms, 2, V)};
}

namespace detail {
/// Root of the steady current between low (negative there) and high (not negative there), to the
/// last bits of a double: regula falsi in the Illinois form, with a bisection whenever it stalls.
template <class Code>
HHSWEEP_OUTLINE double bracketed_root(const double* p, const RateForm* forms, double low,
                                      double high) {
  double f_low = steady_current<Code>(p, forms, low);
  double f_high = steady_current<Code>(p, forms, high);
  int side = 0;
  for (int i = 0; i < 200; ++i) {
    double x = low - f_low * ((high - low) / (f_high - f_low));
    if (!(x > low && x < high)) x = 0.5 * (low + high);
    if (!(x > low && x < high)) break;
    const double f = steady_current<Code>(p, forms, x);
    if (f < 0) {
      low = x;
      f_low = f;
      if (side < 0) f_high *= 0.5;
      side = -1;
    } else {
      high = x;
      f_high = f;
      if (side > 0) f_low *= 0.5;
      side = 1;
    }
  }
  return high;
}

/// Place of a maximum of the steady current between a and b, by golden section.
template <class Code>
HHSWEEP_OUTLINE double maximum_between(const double* p, const RateForm* forms, double a, double b) {
  constexpr double golden = 0x1.3c6ef372fe95p-1;
  double c = b - golden * (b - a);
  double d = a + golden * (b - a);
  for (int i = 0; i < 60; ++i) {
    if (steady_current<Code>(p, forms, c) > steady_current<Code>(p, forms, d)) {
      b = d;
    } else {
      a = c;
    }
    c = b - golden * (b - a);
    d = a + golden * (b - a);
  }
  return 0.5 * (a + b);
}
}  // namespace detail

/// Equilibrium without stimulus: gates steady and total ionic current zero; the root of lowest V
/// when there are several, stable or not. It lies between the lowest and the highest reversal
/// potential of the conductances above 0, where the current changes its sign; the search goes up in
/// 512 intervals and looks between three points for a maximum that touches zero. Without any
/// conductance every V is an equilibrium: the lowest of the three reversal potentials is taken.
template <class Code = void>
HHSWEEP_OUTLINE State<double> rest_state(const double* p, const RateForm* forms) {
  const bool has_none =
      !(p[parameter::g_Na] > 0) && !(p[parameter::g_K] > 0) && !(p[parameter::g_L] > 0);
  const bool has_na = has_none || p[parameter::g_Na] > 0;
  const bool has_k = has_none || p[parameter::g_K] > 0;
  const bool has_l = has_none || p[parameter::g_L] > 0;
  const double e_na = p[parameter::E_Na];
  const double e_k = p[parameter::E_K];
  const double e_l = p[parameter::E_L];
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const double bottom =
      lesser(has_na ? e_na : infinity, lesser(has_k ? e_k : infinity, has_l ? e_l : infinity));
  const double top =
      greater(has_na ? e_na : -infinity, greater(has_k ? e_k : -infinity, has_l ? e_l : -infinity));
  constexpr int intervals = 512;
  double before = 0;
  double last = steady_current<Code>(p, forms, bottom);
  if (last >= 0) return steady_state<Code>(p, forms, bottom);
  for (int i = 1; i <= intervals; ++i) {
    const double low = fma((top - bottom) / intervals, i - 1.0, bottom);
    const double high = i == intervals ? top : fma((top - bottom) / intervals, i, bottom);
    const double f = steady_current<Code>(p, forms, high);
    if (i > 1 && last > before && last > f) {
      const double start = fma((top - bottom) / intervals, i - 2.0, bottom);
      const double peak = detail::maximum_between<Code>(p, forms, start, high);
      if (steady_current<Code>(p, forms, peak) >= 0) {
        return steady_state<Code>(p, forms, detail::bracketed_root<Code>(p, forms, start, peak));
      }
    }
    if (f >= 0)
      return steady_state<Code>(p, forms, detail::bracketed_root<Code>(p, forms, low, high));
    before = last;
    last = f;
  }
  return steady_state<Code>(p, forms, top);
}

/// Steady values and time constants at V, temperature factor included (host only).
GateCurve gate_curve(const double* parameters, const RateForm* forms, double V);

/// Eigenvalues in 1/ms of the linearised equations, by descending real part.
using Eigenvalues = std::array<std::complex<double>, 4>;

/// Those at V with steady gates; nothing when a rate or its slope is not finite there, or the
/// iteration does not settle.
std::optional<Eigenvalues> eigenvalues_at(const double* parameters, const RateForm* forms,
                                          double V);

}  // namespace hhsweep
