// SPDX-License-Identifier: MIT
#pragma once

#include "hhsweep/math.hpp"
#include "hhsweep/parameters.hpp"

/// The membrane: C_m dV/dt = I_stim - g_Na m^3 h (V - E_Na) - g_K n^4 (V - E_K) - g_L (V - E_L) and
/// dp/dt = phi (alpha_p (1 - p) - beta_p p), phi = q10^((temperature - 6.3)/10), of
/// Hodgkin & Huxley, J. Physiol. 117 (1952) 500-544, equations 26 and 7, 15, 16.
///
/// What the time loop evaluates is this with its constants folded: conductances and currents
/// divided by C_m, phi in the rates, midpoints in the exponents, the leak's g_L E_L/C_m in the
/// stimulus.
namespace hhsweep {

/// Voltage in mV and gates of a neuron, or their derivatives by time in ms.
template <class Real>
struct State {
  Real V, m, h, n;
};

/// The six rates at one voltage, in 1/ms.
template <class Real>
struct Rates {
  Real alpha_m, beta_m, alpha_h, beta_h, alpha_n, beta_n;
};

/// Temperature factor of the rates.
HHSWEEP_HD double temperature_factor(const double* parameters) {
  return pow(parameters[parameter::q10], (parameters[parameter::temperature] - 6.3) * 0.1);
}

namespace detail {
inline constexpr double log2_e = 0x1.71547652b82fep+0;

/// Coefficients that both membranes end with.
enum TailCoefficient : int {
  c_g_Na,
  c_g_K,
  c_g_L,
  c_E_Na,
  c_E_K,
  c_threshold,
  c_rearm,
  tail_count
};

HHSWEEP_HD void fold_tail(const double* p, double* c) {
  const double inverse_C = 1.0 / p[parameter::C_m];
  c[c_g_Na] = p[parameter::g_Na] * inverse_C;
  c[c_g_K] = p[parameter::g_K] * inverse_C;
  c[c_g_L] = p[parameter::g_L] * inverse_C;
  c[c_E_Na] = p[parameter::E_Na];
  c[c_E_K] = p[parameter::E_K];
  c[c_threshold] = p[parameter::spike_threshold];
  c[c_rearm] = p[parameter::spike_rearm];
}

/// dV/dt without stimulus and the constant part of the leak; derivatives of the gates.
template <class Real>
HHSWEEP_HD State<Real> slope(const State<Real>& y, const Rates<Real>& r, const Real* tail) {
  const Real sodium = tail[c_g_Na] * ((y.m * y.m) * (y.m * y.h));
  const Real n2 = y.n * y.n;
  const Real potassium = tail[c_g_K] * (n2 * n2);
  const Real leak = -(tail[c_g_L] * y.V);
  return {fma(sodium, tail[c_E_Na] - y.V, fma(potassium, tail[c_E_K] - y.V, leak)),
          fma(-(r.alpha_m + r.beta_m), y.m, r.alpha_m),
          fma(-(r.alpha_h + r.beta_h), y.h, r.alpha_h),
          fma(-(r.alpha_n + r.beta_n), y.n, r.alpha_n)};
}
}  // namespace detail

/// The membrane with the classic forms and scales (10, 18, 20, 10, 10 and 80 mV) of every rate,
/// which needs two exponentials and one reciprocal an evaluation: with e = exp(-(V - r)/80) and r
/// the midpoint of beta_n, exp(-V/20) and exp(-V/10) are e^4 and e^8 times constants.
template <class Real>
class ClassicMembrane {
 public:
  enum Coefficient : int {
    v_low,
    v_high,         // mV: the rates are held constant beyond, so that no product overflows
    t_offset,       // of the argument of e as a power of 2
    beta_m_offset,  // of the argument of beta_m as a power of 2
    m_factor,
    n_factor,  // minus exp((midpoint - r)/10)
    h_factor,  // exp((midpoint - r)/10)
    m_offset,
    n_offset,  // -midpoint/10
    alpha_m_rate,
    beta_m_rate,
    alpha_h_rate,
    beta_h_rate,
    alpha_n_rate,
    beta_n_rate,
    tail,
    count = tail + int{detail::tail_count}
  };

  /// Whether parameters between `low` and `high` have the classic forms and scales, and midpoints
  /// near enough to each other: within 60 mV of beta_n's, and together at most 80 mV above it.
  static bool fits(const double* low, const double* high, const RateForm* forms) {
    constexpr RateForm form[] = {RateForm::linoid,  RateForm::exponential, RateForm::exponential,
                                 RateForm::sigmoid, RateForm::linoid,      RateForm::exponential};
    constexpr double scale[] = {10, 18, 20, 10, 10, 80};
    const int reference = parameter::rate(beta_n, 1);
    double sum = 0;
    for (int i = 0; i < rate_count; ++i) {
      const int k = parameter::rate(i, 2);
      if (forms[i] != form[i] || low[k] != scale[i] || high[k] != scale[i]) return false;
      if (i == beta_n) continue;
      const double above = high[parameter::rate(i, 1)] - low[reference];
      const double below = high[reference] - low[parameter::rate(i, 1)];
      if (!(above <= 60 && below <= 60)) return false;
      if (i == alpha_m || i == beta_h || i == alpha_n) sum += above > 0 ? above : 0;
    }
    return sum <= 80;
  }

  /// Folds the parameters of one neuron into c[0 .. count-1].
  HHSWEEP_HD static void fold(const double* p, double* c) {
    constexpr bool single = sizeof(ScalarOf<Real>) == 4;
    const double phi = temperature_factor(p);
    const double r = p[parameter::rate(beta_n, 1)];
    c[v_low] = r - (single ? 255.0 : 2000.0);
    c[v_high] = r + (single ? 1465.0 : 2100.0);
    c[t_offset] = r * (detail::log2_e / 80);
    c[beta_m_offset] = p[parameter::rate(beta_m, 1)] * (detail::log2_e / 18);
    c[m_factor] = -exp((p[parameter::rate(alpha_m, 1)] - r) / 10);
    c[n_factor] = -exp((p[parameter::rate(alpha_n, 1)] - r) / 10);
    c[h_factor] = exp((p[parameter::rate(beta_h, 1)] - r) / 10);
    c[m_offset] = -p[parameter::rate(alpha_m, 1)] / 10;
    c[n_offset] = -p[parameter::rate(alpha_n, 1)] / 10;
    c[alpha_m_rate] = phi * p[parameter::rate(alpha_m, 0)];
    c[beta_m_rate] = phi * p[parameter::rate(beta_m, 0)];
    c[alpha_h_rate] =
        phi * p[parameter::rate(alpha_h, 0)] * exp((p[parameter::rate(alpha_h, 1)] - r) / 20);
    c[beta_h_rate] = phi * p[parameter::rate(beta_h, 0)];
    c[alpha_n_rate] = phi * p[parameter::rate(alpha_n, 0)];
    c[beta_n_rate] = phi * p[parameter::rate(beta_n, 0)];
    detail::fold_tail(p, c + tail);
  }

  HHSWEEP_HD Rates<Real> rates(Real V) const {
    using Scalar = ScalarOf<Real>;
    const Real bounded = clamped(V, c[v_low], c[v_high]);
    const Real e = exp2_in_range(fma(bounded, Real(Scalar(-detail::log2_e / 80)), c[t_offset]));
    const Real e2 = e * e;
    const Real e4 = e2 * e2;
    const Real e8 = e4 * e4;
    const Real x_m = fma(V, Real(Scalar(0.1)), c[m_offset]);
    const Real x_n = fma(V, Real(Scalar(0.1)), c[n_offset]);
    const auto near_m = magnitude(x_m) <= Real(static_cast<Scalar>(linoid_near));
    const auto near_n = magnitude(x_n) <= Real(static_cast<Scalar>(linoid_near));
    const Real one = Real(Scalar(1));
    const Real numerator_m = select(near_m, linoid_near_zero(x_m), x_m);
    const Real numerator_n = select(near_n, linoid_near_zero(x_n), x_n);
    // A zero denominator is replaced before the product, else it would take its neighbours along.
    const Real d_m = select(near_m, one, fma(c[m_factor], e8, one));
    const Real d_n = select(near_n, one, fma(c[n_factor], e8, one));
    const Real d_h = fma(c[h_factor], e8, one);
    const Real d_mn = d_m * d_n;
    const Real inverse = reciprocal(d_mn * d_h);
    const Real inverse_mn = d_h * inverse;
    return {(c[alpha_m_rate] * numerator_m) * (d_n * inverse_mn),
            c[beta_m_rate] *
                exp2_in_range(fma(bounded, Real(Scalar(-detail::log2_e / 18)), c[beta_m_offset])),
            c[alpha_h_rate] * e4,
            c[beta_h_rate] * (d_mn * inverse),
            (c[alpha_n_rate] * numerator_n) * (d_m * inverse_mn),
            c[beta_n_rate] * e};
  }

  HHSWEEP_HD State<Real> slope(const State<Real>& y) const {
    return detail::slope(y, rates(y.V), c + tail);
  }
  HHSWEEP_HD Real threshold() const { return c[tail + int{detail::c_threshold}]; }
  HHSWEEP_HD Real rearm() const { return c[tail + int{detail::c_rearm}]; }

  Real c[count];
};

/// The membrane with any form and scale of each rate: one exponential a rate.
template <class Real>
class GeneralMembrane {
 public:
  enum RateCoefficient : int { x_scale, x_offset, t_scale, t_offset, rate, rate_coefficients };
  enum Coefficient : int {
    tail = int{rate_count} * rate_coefficients,
    count = tail + int{detail::tail_count}
  };

  HHSWEEP_HD static void fold(const double* p, double* c) {
    const double phi = temperature_factor(p);
    for (int i = 0; i < rate_count; ++i) {
      double* k = c + i * rate_coefficients;
      const double inverse = 1.0 / p[parameter::rate(i, 2)];
      const double x0 = -(p[parameter::rate(i, 1)] * inverse);
      k[x_scale] = inverse;
      k[x_offset] = x0;
      k[t_scale] = -(inverse * detail::log2_e);
      k[t_offset] = -(x0 * detail::log2_e);
      k[rate] = phi * p[parameter::rate(i, 0)];
    }
    detail::fold_tail(p, c + tail);
  }

  HHSWEEP_HD Rates<Real> rates(Real V) const {
    return {value(alpha_m, V), value(beta_m, V),  value(alpha_h, V),
            value(beta_h, V),  value(alpha_n, V), value(beta_n, V)};
  }
  HHSWEEP_BULKY State<Real> slope(const State<Real>& y) const {
    return detail::slope(y, rates(y.V), c + tail);
  }
  HHSWEEP_HD Real threshold() const { return c[tail + int{detail::c_threshold}]; }
  HHSWEEP_HD Real rearm() const { return c[tail + int{detail::c_rearm}]; }

  Real c[count];
  RateForm forms[rate_count];

 private:
  HHSWEEP_HD Real value(int i, Real V) const {
    using Scalar = ScalarOf<Real>;
    using F = Format<Scalar>;
    const Real* k = c + i * rate_coefficients;
    const Real one = Real(Scalar(1));
    const Real t = fma(V, k[t_scale], k[t_offset]);
    const Real low = Real(F::exp2_low);
    if (forms[i] == RateForm::exponential) {
      return k[rate] * exp2_in_range(greater(low, lesser(Real(F::exp2_high - 8), t)));
    }
    // Far below the midpoint the value is 0 in all digits; the bound keeps the reciprocal normal.
    const Real high = Real(Scalar(sizeof(Scalar) == 4 ? 60 : 500));
    const Real e = exp2_in_range(greater(low, lesser(high, t)));
    if (forms[i] == RateForm::sigmoid) return k[rate] * reciprocal(one + e);
    const Real x = fma(V, k[x_scale], k[x_offset]);
    const auto near = magnitude(x) <= Real(static_cast<Scalar>(linoid_near));
    const Real far = x * reciprocal(select(near, one, one - e));
    return k[rate] * select(near, linoid_near_zero(x), far);
  }
};

}  // namespace hhsweep
