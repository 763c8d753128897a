// SPDX-License-Identifier: MIT
#pragma once

#include "hhsweep/math.hpp"

namespace hhsweep {

/// The number meant by a computed x that is off by up to `error`: the decimal with 12 significant
/// digits of `scale` that lies within that, else x itself. `scale` is positive, |x| at most about
/// that; between 1e-11 and 1e22 the decimal is the double that its text reads as, beyond there
/// is none.
HHSWEEP_HD double nearby_decimal(double x, double scale, double error) {
  if (!(scale >= 1e-11 && scale < 1e22)) return x;
  constexpr double log10_e = 0x1.bcb7b1526e50ep-2;
  const int shift = 11 - static_cast<int>(round_down(log(scale) * log10_e));
  double power = 1;  // of ten, exact up to 10^22
  for (int i = 0; i < (shift < 0 ? -shift : shift); ++i) power *= 10;
  const double whole = round_to_integer(shift < 0 ? x / power : x * power);
  const double decimal = shift < 0 ? whole * power : whole / power;
  return magnitude(decimal - x) <= error ? decimal + 0.0 : x;  // 0, not -0
}

}  // namespace hhsweep
