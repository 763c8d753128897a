// SPDX-License-Identifier: MIT
#include "hhsweep/draw.hpp"

#include <cmath>

namespace hhsweep {
namespace {

constexpr double least_mass = 0x1p-900;  // so that the probability of every draw is normal

/// Density of the standard normal distribution.
double density(double z) {
  constexpr double inverse_root = 0x1.9884533d43651p-2;  // 1/sqrt(2 pi)
  const double square = z * z;
  const double rest = fma(z, z, -square);
  return inverse_root * exp(-0.5 * square) * fma(-0.5, rest, 1.0);
}

/// Probability that a standard normal deviate lies between 0 and z >= 0, by Marsaglia's series (J.
/// Stat. Softw. 11 (2004) 4); z < series_reach.
double central_series(double z) {
  const double square = z * z;
  double term = z;
  double sum = 0;
  for (int k = 3; term > 1e-18 * sum; k += 2) {
    sum += term;
    term *= square / k;
  }
  return density(z) * sum;
}

/// Probability that a standard normal deviate lies above z >= series_reach, by the continued
/// fraction of Laplace.
double tail_fraction(double z) {
  double bottom = z;
  for (int k = 200; k > 0; --k) bottom = z + k / bottom;
  return density(z) / bottom;
}

constexpr double series_reach = 1.5;

/// Probability that a standard normal deviate lies between 0 and z, negative for z < 0. Max
/// relative error 1e-15.
double central(double z) {
  const double size = magnitude(z);
  const double part = size < series_reach ? central_series(size)
                      : size < 40         ? 0.5 - tail_fraction(size)
                                          : 0.5;
  return z < 0 ? -part : part;
}

/// Probability that a standard normal deviate lies above z. Max relative error 5e-15; 0 where it is
/// below 1e-307.
double upper_tail(double z) {
  if (z < series_reach) return 0.5 - central(z);
  return z < 40 ? tail_fraction(z) : 0.0;
}

/// Probability that a standard normal deviate lies between a and b, from the side on which less is
/// lost.
double mass_between(double a, double b) {
  if (a >= series_reach) return upper_tail(a) - upper_tail(b);
  if (b <= -series_reach) return upper_tail(-b) - upper_tail(-a);
  return central(b) - central(a);
}

/// ln(a/b) of positive numbers.
double log_ratio(double a, double b) {
  const double ratio = a / b;
  return ratio > 1e-300 && ratio < 1e300 ? log(ratio) : log(a) - log(b);
}

void truncate_normal(Draw& draw, double z_min, double z_max) {
  if (!(z_min < z_max)) {
    draw.mass = 0;
    return;
  }
  draw.below = upper_tail(-z_min);
  draw.above = upper_tail(z_max);
  draw.mass = mass_between(z_min, z_max);
  if (!(draw.mass >= least_mass)) draw.mass = 0;
}

/// Of a lognormal value as a normal deviate; what is not above 0 lies below all of them.
double deviate_of(double value, const Draw& draw) {
  constexpr double least = std::numeric_limits<double>::min();
  if (value < least) return -std::numeric_limits<double>::infinity();
  return std::isinf(value) ? value : log_ratio(value, draw.centre) / draw.spread;
}

}  // namespace

Draw draw_of(Distribution distribution, double first, double second, double min, double max) {
  Draw draw;
  draw.distribution = distribution;
  draw.low = min;
  draw.high = max;
  if (distribution == Distribution::normal || distribution == Distribution::lognormal) {
    draw.centre = first;
    draw.spread = second;
    if (distribution == Distribution::normal) {
      truncate_normal(draw, (min - first) / second, (max - first) / second);
    } else {
      draw.low = greater(min, 0.0);
      truncate_normal(draw, deviate_of(min, draw), deviate_of(max, draw));
    }
    return draw;
  }
  draw.low = greater(min, first);
  draw.high = lesser(max, second);
  if (!(draw.low < draw.high)) {
    draw.mass = 0;
    return draw;
  }
  draw.spread =
      distribution == Distribution::uniform ? draw.high - draw.low : log_ratio(draw.high, draw.low);
  return draw;
}

ValueRange range_of(const Draw& draw, std::uint64_t count) {
  const double parts = draw.sampling == Sampling::latin ? static_cast<double>(count) : 1.0;
  const double least = 0x1p-54 / parts;
  return {quantile(draw, {least, 1.0 - least}), quantile(draw, {1.0 - least, least})};
}

}  // namespace hhsweep
