// SPDX-License-Identifier: MIT
#pragma once

#include <limits>
#include <utility>

#include "hhsweep/math.hpp"
#include "hhsweep/parameters.hpp"

/// The membrane: C_m dV/dt = I_stim - g_Na m^3 h (V - E_Na) - g_K n^4 (V - E_K) - g_L (V - E_L) and
/// dp/dt = phi (alpha_p (1 - p) - beta_p p), phi = q10^((temperature - 6.3)/10), of
/// Hodgkin & Huxley, J. Physiol. 117 (1952) 500-544, equations 26 and 7, 15, 16.
///
/// What the time loop evaluates is this with its constants folded: conductances and currents
/// divided by C_m, g E beside g, phi and midpoints in the rates, the leak's g_L E_L/C_m in the
/// stimulus; and dp/dt as alpha_p - (alpha_p + beta_p) p.
namespace hhsweep {

/// Voltage in mV and gates of a neuron, or their derivatives by time in ms.
template <class Real>
struct State {
  Real V, m, h, n;
};

/// What the gates do at one voltage, in 1/ms: for each its rate of opening alpha, and alpha + beta,
/// the inverse of its time constant.
template <class Real>
struct Rates {
  Real alpha_m, total_m, alpha_h, total_h, alpha_n, total_n;
};

/// Sets the derivatives of the gates in k, 1/ms.
template <class Real>
HHSWEEP_HD void set_gate_slopes(State<Real>& k, const State<Real>& y, const Rates<Real>& r) {
  k.m = fma(-r.total_m, y.m, r.alpha_m);
  k.h = fma(-r.total_h, y.h, r.alpha_h);
  k.n = fma(-r.total_n, y.n, r.alpha_n);
}

/// Temperature factor of the rates.
HHSWEEP_HD double temperature_factor(const double* parameters) {
  return pow(parameters[parameter::q10], (parameters[parameter::temperature] - 6.3) * 0.1);
}

/// The least and the greatest temperature factor of parameters between `low` and `high`: at
/// corners, since q10^x is monotonic in both.
inline std::pair<double, double> temperature_factor_range(const double* low, const double* high) {
  double corner[parameter::model_count];
  std::pair<double, double> range{std::numeric_limits<double>::infinity(), 0};
  for (const double* q10 : {low, high}) {
    for (const double* temperature : {low, high}) {
      corner[parameter::q10] = q10[parameter::q10];
      corner[parameter::temperature] = temperature[parameter::temperature];
      const double factor = temperature_factor(corner);
      range = {lesser(factor, range.first), greater(factor, range.second)};
    }
  }
  return range;
}

namespace detail {
inline constexpr double log2_e = 0x1.71547652b82fep+0;

/// Coefficients that both membranes end with.
enum TailCoefficient : int {
  c_minus_g_Na,
  c_minus_g_K,
  c_minus_g_L,
  c_g_E_Na,
  c_g_E_K,
  c_threshold,
  c_rearm,
  tail_count
};

/// A conductance over C_m in 1/ms, as a Scalar holds it: what multiplies a reversal potential must
/// be what multiplies the voltage, else the neuron rests elsewhere.
template <class Scalar>
HHSWEEP_HD double conductance(double g, double inverse_C) {
  return rounded_as<Scalar>(g * inverse_C);
}

template <class Scalar>
HHSWEEP_HD void fold_tail(const double* p, double* c) {
  const double inverse_C = 1.0 / p[parameter::C_m];
  c[c_minus_g_Na] = -conductance<Scalar>(p[parameter::g_Na], inverse_C);
  c[c_minus_g_K] = -conductance<Scalar>(p[parameter::g_K], inverse_C);
  c[c_minus_g_L] = -conductance<Scalar>(p[parameter::g_L], inverse_C);
  c[c_g_E_Na] = -(c[c_minus_g_Na] * p[parameter::E_Na]);
  c[c_g_E_K] = -(c[c_minus_g_K] * p[parameter::E_K]);
  c[c_threshold] = p[parameter::spike_threshold];
  c[c_rearm] = p[parameter::spike_rearm];
}

/// dV/dt with `drive`, the stimulus and the constant part of the leak in mV/ms.
template <class Real>
HHSWEEP_HD Real voltage_slope(const State<Real>& y, const Real* tail, const Real& drive) {
  const Real m3h = (y.m * y.m) * (y.m * y.h);
  const Real n2 = y.n * y.n;
  const Real leak = fma(tail[c_minus_g_L], y.V, drive);
  const Real potassium = fma(tail[c_minus_g_K], y.V, tail[c_g_E_K]);
  const Real sodium = fma(tail[c_minus_g_Na], y.V, tail[c_g_E_Na]);
  return fma(m3h, sodium, fma(n2 * n2, potassium, leak));
}
}  // namespace detail

/// The membrane with the classic forms and scales (10, 18, 20, 10, 10 and 80 mV) of every rate,
/// which needs two exponentials and one reciprocal an evaluation: exp(-V/20) and exp(-V/10) are the
/// 4th and 8th power of e = exp(-V/80). Midpoints are factors exp(midpoint/scale) of the rates;
/// alpha_m, alpha_n and beta_h are numerators over denominators that have been divided by their
/// rates.
template <class Real>
class ClassicMembrane {
 public:
  enum Coefficient : int {
    m_offset,
    n_offset,   // -midpoint/10
    d_m_level,  // inverse rates in ms
    d_n_level,
    d_h_level,
    d_m_factor,  // of exp(-V/10), which is added to the level
    d_n_factor,
    d_h_factor,
    beta_m_factor,   // of exp(-V/18)
    alpha_h_factor,  // of exp(-V/20)
    beta_n_factor,   // of exp(-V/80)
    tail,
    count = tail + int{detail::tail_count}
  };

  /// Exponents of 2 that make exp(-1/80) and exp(-1/18).
  static constexpr auto per_80_mV = static_cast<ScalarOf<Real>>(-detail::log2_e / 80);
  static constexpr auto per_18_mV = static_cast<ScalarOf<Real>>(-detail::log2_e / 18);

  /// mV: the rates are held constant beyond, so that no product overflows.
  static constexpr double v_low = sizeof(ScalarOf<Real>) == 4 ? -225 : -2000;
  static constexpr double v_high = sizeof(ScalarOf<Real>) == 4 ? 1550 : 2100;

  /// Whether parameters between `low` and `high` have the classic forms and scales, and numbers
  /// with which nothing overflows: midpoints within 300 mV, and denominators whose products in the
  /// order of rates() lie between 1e-37 and 1e37, from v_low of single precision on.
  static bool fits(const double* low, const double* high, const RateForm* forms) {
    constexpr RateForm form[] = {RateForm::linoid,  RateForm::exponential, RateForm::exponential,
                                 RateForm::sigmoid, RateForm::linoid,      RateForm::exponential};
    constexpr double scale[] = {10, 18, 20, 10, 10, 80};
    for (int i = 0; i < rate_count; ++i) {
      const int midpoint = parameter::rate(i, 1);
      const int k = parameter::rate(i, 2);
      if (forms[i] != form[i] || low[k] != scale[i] || high[k] != scale[i]) return false;
      if (!(low[midpoint] >= -300 && high[midpoint] <= 300)) return false;
    }
    const auto [coldest, warmest] = temperature_factor_range(low, high);
    double least = 1;
    double greatest = 1;
    for (const int i : {alpha_m, alpha_n, beta_h}) {
      const int rate = parameter::rate(i, 0);
      const double x = (high[parameter::rate(i, 1)] - ClassicMembrane<float>::v_low) / 10;
      // 1 - exp(-1/2) is the least of a linoid that is not near its singularity.
      least *= 0.39 / (high[rate] * warmest);
      greatest *= (1 + exp(x)) / (low[rate] * coldest);
      if (!(low[rate] > 0 && least >= 1e-37 && greatest <= 1e37)) return false;
    }
    return true;
  }

  /// Folds the parameters of one neuron into c[0 .. count-1]. Whatever the rounding of a
  /// coefficient does, the exponents and numerators are 0 at the midpoints, and the denominators 0
  /// where the numerators are: the rest is as if a rate or a scale were given with an error of
  /// 2^-25 or so.
  HHSWEEP_HD static void fold(const double* p, double* c) {
    using Scalar = ScalarOf<Real>;
    const double phi = temperature_factor(p);
    const auto midpoint = [&](int i) { return p[parameter::rate(i, 1)]; };
    const auto rate = [&](int i) { return phi * p[parameter::rate(i, 0)]; };
    // 1 over exp(-V/scale) as the exponential that the time loop raises to `power` has it.
    const auto at_midpoint = [&](int i, Scalar exponent, int power) {
      return exp(-midpoint(i) * power * static_cast<double>(exponent) / detail::log2_e);
    };
    c[m_offset] = -midpoint(alpha_m) * static_cast<double>(Scalar(0.1));
    c[n_offset] = -midpoint(alpha_n) * static_cast<double>(Scalar(0.1));
    c[d_m_level] = rounded_as<Scalar>(1 / rate(alpha_m));
    c[d_n_level] = rounded_as<Scalar>(1 / rate(alpha_n));
    c[d_h_level] = rounded_as<Scalar>(1 / rate(beta_h));
    c[d_m_factor] = -c[d_m_level] * at_midpoint(alpha_m, per_80_mV, 8);
    c[d_n_factor] = -c[d_n_level] * at_midpoint(alpha_n, per_80_mV, 8);
    c[d_h_factor] = c[d_h_level] * at_midpoint(beta_h, per_80_mV, 8);
    c[beta_m_factor] = rate(beta_m) * at_midpoint(beta_m, per_18_mV, 1);
    c[alpha_h_factor] = rate(alpha_h) * at_midpoint(alpha_h, per_80_mV, 4);
    c[beta_n_factor] = rate(beta_n) * at_midpoint(beta_n, per_80_mV, 1);
    detail::fold_tail<ScalarOf<Real>>(p, c + tail);
  }

  /// alpha_m = numerator_m / d_m, alpha_n = numerator_n / d_n, beta_h = 1 / d_h; and exp(-V/20).
  struct Quotients {
    Real numerator_m, numerator_n, d_m, d_n, d_h, e4;
  };

  /// From the voltage and e = exp(-V/80), by whatever arithmetic that was worked out.
  HHSWEEP_HD Quotients quotients(const Real& V, const Real& e) const {
    using Scalar = ScalarOf<Real>;
    const Real e2 = e * e;
    const Real e4 = e2 * e2;
    const Real e8 = e4 * e4;
    const Real x_m = fma(V, Real(Scalar(0.1)), c[m_offset]);
    const Real x_n = fma(V, Real(Scalar(0.1)), c[n_offset]);
    const auto near_m = x_m * x_m <= Real(static_cast<Scalar>(linoid_near * linoid_near));
    const auto near_n = x_n * x_n <= Real(static_cast<Scalar>(linoid_near * linoid_near));
    // A zero denominator is replaced before any product, else it would take its neighbours along.
    return {select(near_m, linoid_near_zero(x_m), x_m),
            select(near_n, linoid_near_zero(x_n), x_n),
            select(near_m, c[d_m_level], fma(c[d_m_factor], e8, c[d_m_level])),
            select(near_n, c[d_n_level], fma(c[d_n_factor], e8, c[d_n_level])),
            fma(c[d_h_factor], e8, c[d_h_level]),
            e4};
  }

  HHSWEEP_HD Rates<Real> rates(const Real& V) const {
    using Scalar = ScalarOf<Real>;
    const Real bounded =
        clamped(V, Real(static_cast<Scalar>(v_low)), Real(static_cast<Scalar>(v_high)));
    const Real e = exp2_of_product(bounded, per_80_mV);
    const Quotients q = quotients(V, e);
    const Real d_mn = q.d_m * q.d_n;
    const Real inverse = reciprocal(d_mn * q.d_h);
    const Real inverse_mn = q.d_h * inverse;
    const Real alpha_m = q.numerator_m * (q.d_n * inverse_mn);
    const Real alpha_h = c[alpha_h_factor] * q.e4;
    const Real alpha_n = q.numerator_n * (q.d_m * inverse_mn);
    const Real beta_m_shape = exp2_of_product(bounded, per_18_mV);
    return {alpha_m, fma(c[beta_m_factor], beta_m_shape, alpha_m),
            alpha_h, fma(d_mn, inverse, alpha_h),
            alpha_n, fma(c[beta_n_factor], e, alpha_n)};
  }

  HHSWEEP_HD Real voltage_slope(const State<Real>& y, const Real& drive) const {
    return detail::voltage_slope(y, c + tail, drive);
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
    detail::fold_tail<ScalarOf<Real>>(p, c + tail);
  }

  HHSWEEP_BULKY Rates<Real> rates(const Real& V) const {
    const Real opening_m = value(alpha_m, V);
    const Real opening_h = value(alpha_h, V);
    const Real opening_n = value(alpha_n, V);
    return {opening_m, opening_m + value(beta_m, V), opening_h, opening_h + value(beta_h, V),
            opening_n, opening_n + value(beta_n, V)};
  }

  HHSWEEP_HD Real voltage_slope(const State<Real>& y, const Real& drive) const {
    return detail::voltage_slope(y, c + tail, drive);
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
