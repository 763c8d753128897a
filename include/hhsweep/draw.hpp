// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>

#include "hhsweep/random.hpp"

/// Values drawn from distributions, as functions of a key and an index: nothing is stored, and the
/// bits are the same on every machine.
namespace hhsweep {

enum class Distribution : int {
  uniform,     ///< between low and high
  loguniform,  ///< whose logarithm is uniform, between low and high, both above 0
  normal,      ///< by mean and standard deviation
  lognormal    ///< median exp(sigma z) with z standard normal
};

enum class Sampling : int {
  random,  ///< the values are independent of each other and of how many there are
  latin    ///< of n values exactly one lies in each of n intervals of equal probability
};

/// A probability u and 1 - u, of which the smaller has all its digits.
struct Probability {
  double below = 0, above = 0;
};

/// A distribution, truncated to an interval, and the stream of its draws. Plain data that host and
/// device share; made by draw_of.
struct Draw {
  Distribution distribution = Distribution::uniform;
  Sampling sampling = Sampling::random;
  StreamKey key;
  double centre = 0;  ///< normal: mean; lognormal: median
  double spread = 0;  ///< high - low; ln(high/low); standard deviation; sigma
  double low = -std::numeric_limits<double>::infinity();  ///< no value lies outside [low, high]
  double high = std::numeric_limits<double>::infinity();
  double below = 0;  ///< probability that the distribution leaves below the interval
  double mass = 1;   ///< ... gives to it; 0 when no value can be drawn
  double above = 0;  ///< ... and leaves above it
};

/// The distribution by its two numbers, low and high, mean and standard deviation, or median and
/// sigma, restricted to [min, max] (not clipped: no value gathers at the ends). Its mass is 0 when
/// the distribution has nothing to give there, or less than 2^-900, as a normal one 35 standard
/// deviations from its mean; in the tails the restricted distribution is as exact as elsewhere.
Draw draw_of(Distribution distribution, double first, double second,
             double min = -std::numeric_limits<double>::infinity(),
             double max = std::numeric_limits<double>::infinity());

/// Bounds of all values that `count` draws could have; with Sampling::random whatever the count.
struct ValueRange {
  double low, high;
};
ValueRange range_of(const Draw& draw, std::uint64_t count);

namespace detail {

/// The first two words as a probability: one of the 2^53 midpoints of equal intervals.
HHSWEEP_HD Probability probability_of(const RandomWords<std::uint32_t>& words) {
  const std::uint64_t bits = ((std::uint64_t{words.w[0]} << 32) | words.w[1]) >> 11;
  const bool upper = bits >> 52 != 0;
  const std::uint64_t steps = upper ? 0x1fffffffffffffu - bits : bits;
  const double tail = static_cast<double>(2 * steps + 1) * 0x1p-54;
  return upper ? Probability{1.0 - tail, tail} : Probability{tail, 1.0 - tail};
}

/// The place of i in a random order of 0 .. n-1, one of many that the key picks; n <= 2^40. A
/// Feistel network on the next power of two, repeated until it comes back below n (Black and
/// Rogaway, CT-RSA 2002).
HHSWEEP_HD std::uint64_t shuffled(std::uint64_t i, std::uint64_t n, StreamKey key) {
  int bits = 2;
  while (std::uint64_t{1} << bits < n) ++bits;
  // Halves of a few bits mix slowly.
  const std::uint32_t rounds = bits <= 16 ? 24 : 8;
  const int low_bits = bits / 2;
  const auto low_mask = static_cast<std::uint32_t>((std::uint64_t{1} << low_bits) - 1);
  const auto high_mask = static_cast<std::uint32_t>((std::uint64_t{1} << (bits - low_bits)) - 1);
  do {
    auto low = static_cast<std::uint32_t>(i) & low_mask;
    auto high = static_cast<std::uint32_t>(i >> low_bits);
    for (std::uint32_t round = 0; round < rounds; round += 2) {
      low ^= philox<std::uint32_t>({{high, round, 0, 1}}, key).w[0] & low_mask;
      high ^= philox<std::uint32_t>({{low, round + 1, 0, 1}}, key).w[0] & high_mask;
    }
    i = (std::uint64_t{high} << low_bits) | low;
  } while (i >= n);
  return i;
}

/// z <= 0 such that a standard normal deviate lies below it with probability `tail`, for
/// 1e-307 <= tail <= 1/2. Max relative error 1e-15. Algorithm AS 241 (Wichura, Appl. Stat. 37
/// (1988) 477).
HHSWEEP_HD double normal_tail_quantile(double tail) {
  const double q = tail - 0.5;
  if (q >= -0.425) {
    const double r = fma(-q, q, 0.180625);
    return q *
           polynomial(r, 3.3871328727963666080e0, 1.3314166789178437745e+2,
                      1.9715909503065514427e+3, 1.3731693765509461125e+4, 4.5921953931549871457e+4,
                      6.7265770927008700853e+4, 3.3430575583588128105e+4,
                      2.5090809287301226727e+3) /
           polynomial(r, 1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2,
                      5.3941960214247511077e+3, 2.1213794301586595867e+4, 3.9307895800092710610e+4,
                      2.8729085735721942674e+4, 5.2264952788528545610e+3);
  }
  const double root = square_root(-log(tail));
  if (root <= 5.0) {
    const double r = root - 1.6;
    return -polynomial(r, 1.42343711074968357734e0, 4.63033784615654529590e0,
                       5.76949722146069140550e0, 3.64784832476320460504e0, 1.27045825245236838258e0,
                       2.41780725177450611770e-1, 2.27238449892691845833e-2,
                       7.74545014278341407640e-4) /
           polynomial(r, 1.0, 2.05319162663775882187e0, 1.67638483018380384940e0,
                      6.89767334985100004550e-1, 1.48103976427480074590e-1,
                      1.51986665636164571966e-2, 5.47593808499534494600e-4,
                      1.05075007164441684324e-9);
  }
  const double r = root - 5.0;
  return -polynomial(r, 6.65790464350110377720e0, 5.46378491116411436990e0,
                     1.78482653991729133580e0, 2.96560571828504891230e-1, 2.65321895265761230930e-2,
                     1.24266094738807843860e-3, 2.71155556874348757815e-5,
                     2.01033439929228813265e-7) /
         polynomial(r, 1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1,
                    1.48753612908506148525e-2, 7.86869131145613259100e-4, 1.84631831751005468180e-5,
                    1.42151175831644588870e-7, 2.04426310338993978564e-15);
}

}  // namespace detail

/// Probability of draw i of `count`: uniform in (0, 1). Of n draws by Sampling::latin each of the n
/// intervals [k/n, (k + 1)/n] holds exactly one.
HHSWEEP_HD Probability probability_of(const Draw& draw, std::uint64_t i, std::uint64_t count) {
  const auto low = static_cast<std::uint32_t>(i);
  const auto high = static_cast<std::uint32_t>(i >> 32);
  const Probability u =
      detail::probability_of(philox<std::uint32_t>({{low, high, 0, 0}}, draw.key));
  if (draw.sampling == Sampling::random) return u;
  const std::uint64_t interval = detail::shuffled(i, count, draw.key);
  const auto n = static_cast<double>(count);
  return {(static_cast<double>(interval) + u.below) / n,
          (static_cast<double>(count - 1 - interval) + u.above) / n};
}

/// The value that a draw lies below with probability `u` (its quantile). Error against the exact
/// one at the same probability, relative but for uniform values: 4e-16 of the larger of |low| and
/// |high| (uniform), 4e-16 (1 + ln(high/low)) (loguniform), 1e-15 of value - mean and the rounding
/// of their sum (normal), 4e-16 (1 + 3 |ln(value/median)|) (lognormal). Truncated normal and
/// lognormal draws add what a relative error of 2e-14 in the probabilities of draw_of amounts to.
HHSWEEP_HD double quantile(const Draw& draw, const Probability& u) {
  const double below = fma(u.below, draw.mass, draw.below);
  const double above = fma(u.above, draw.mass, draw.above);
  const bool lower = below < above;
  const double tail = lower ? below : above;
  double value = 0;
  if (draw.distribution == Distribution::uniform) {
    value = lower ? fma(tail, draw.spread, draw.low) : fma(-tail, draw.spread, draw.high);
  } else if (draw.distribution == Distribution::loguniform) {
    value = lower ? draw.low * exp(tail * draw.spread) : draw.high * exp(-tail * draw.spread);
  } else {
    const double size = detail::normal_tail_quantile(tail);
    const double z = lower ? size : -size;
    value = draw.distribution == Distribution::normal ? fma(draw.spread, z, draw.centre)
                                                      : draw.centre * exp(draw.spread * z);
  }
  if (value < draw.low) return draw.low;
  return value > draw.high ? draw.high : value;
}

/// Draw i of `count`.
HHSWEEP_HD double drawn_value(const Draw& draw, std::uint64_t i, std::uint64_t count) {
  return quantile(draw, probability_of(draw, i, count));
}

}  // namespace hhsweep
