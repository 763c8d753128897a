// SPDX-License-Identifier: MIT
#pragma once

#include "hhsweep/math.hpp"

/// The voltage inside a step, as the cubic with the values and derivatives at both ends (Hermite).
namespace hhsweep {

/// V over a step, s in [0, 1]: c0 + c1 s + c2 s^2 + c3 s^3.
struct StepCubic {
  double c0, c1, c2, c3;

  HHSWEEP_HD double value(double s) const { return fma(s, fma(s, fma(s, c3, c2), c1), c0); }
  HHSWEEP_HD double slope(double s) const { return fma(s, fma(s, 3 * c3, 2 * c2), c1); }
};

/// Cubic through V0 and V1 (mV) with derivatives d0 and d1 (mV/ms) over a step of h ms.
HHSWEEP_HD StepCubic step_cubic(double V0, double d0, double V1, double d1, double h) {
  const double rise = V1 - V0;
  const double a = h * d0;
  const double b = h * d1;
  return {V0, a, 3 * rise - (2 * a + b), (a + b) - 2 * rise};
}

/// Place in [0, 1] where the cubic first reaches `level`, given value(0) < level <= value(1): 48
/// Newton steps at most, each kept inside a bracket that shrinks; the same operations for every
/// backend.
HHSWEEP_HD double crossing(const StepCubic& cubic, double level) {
  double low = 0;
  double high = 1;
  double s = (level - cubic.c0) / (cubic.value(1) - cubic.c0);
  for (int i = 0; i < 48; ++i) {
    if (!(s > low && s < high)) s = 0.5 * (low + high);
    const double excess = cubic.value(s) - level;
    if (excess == 0 || !(low < s && s < high)) break;
    if (excess < 0) {
      low = s;
    } else {
      high = s;
    }
    const double next = s - excess / cubic.slope(s);
    if (magnitude(next - s) <= 0x1p-52) break;
    s = next;
  }
  return s < 0 ? 0 : s > 1 ? 1 : s;
}

/// Real roots of the cubic's slope in s: returns how many (0 to 2) and fills roots.
HHSWEEP_HD int stationary_points(const StepCubic& cubic, double* roots) {
  const double a = 3 * cubic.c3;
  const double b = cubic.c2;
  const double c = cubic.c1;
  const double discriminant = fma(b, b, -(a * c));
  if (!(discriminant >= 0)) return 0;
  const double q = -(b + (b < 0 ? -square_root(discriminant) : square_root(discriminant)));
  int count = 0;
  if (a != 0) roots[count++] = q / a;
  if (q != 0) roots[count++] = c / q;
  return count;
}

/// Highest and lowest voltage so far, and when it was highest.
struct Extrema {
  double V_max, V_min, t_max_ms;

  HHSWEEP_HD void consider(double V, double t_ms) {
    if (V > V_max) {
      V_max = V;
      t_max_ms = t_ms;
    }
    if (V < V_min) V_min = V;
  }
};

/// Running statistics of spikes in the window (Welford, Technometrics 4 (1962) 419).
struct SpikeStatistics {
  std::int32_t count;
  double first_ms, last_ms;
  double isi_mean, isi_square_sum;  ///< ms; sum of squared deviations from the mean, ms^2

  HHSWEEP_HD void add(double t_ms) {
    if (count == 0) {
      first_ms = t_ms;
    } else {
      const double isi = t_ms - last_ms;
      const double deviation = isi - isi_mean;
      isi_mean += deviation / count;
      isi_square_sum = fma(deviation, isi - isi_mean, isi_square_sum);
    }
    last_ms = t_ms;
    ++count;
  }
};

}  // namespace hhsweep
