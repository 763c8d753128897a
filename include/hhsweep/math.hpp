// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>

#include "hhsweep/host_device.hpp"

/// Arithmetic with the same bits on every machine: only + - * / fma, comparisons, selects and
/// integers, never the C library's exp, log or sin. A `Real` is float, double, or a pack of them
/// with the same functions (src/cpu/pack.hpp). Coefficients come from scripts/polynomials.py.
namespace hhsweep {

/// Types that belong to a Real. Scalar: its element; Mask: result of comparisons; Bits: unsigned
/// integers of the element's width; lanes: elements.
template <class Real>
struct RealTraits;

template <>
struct RealTraits<float> {
  using Scalar = float;
  using Mask = bool;
  using Bits = std::uint32_t;
  static constexpr int lanes = 1;
};

template <>
struct RealTraits<double> {
  using Scalar = double;
  using Mask = bool;
  using Bits = std::uint64_t;
  static constexpr int lanes = 1;
};

template <class Real>
using ScalarOf = typename RealTraits<Real>::Scalar;
template <class Real>
using MaskOf = typename RealTraits<Real>::Mask;
template <class Real>
using BitsOf = typename RealTraits<Real>::Bits;

/// a b + c, rounded once.
HHSWEEP_HD float fma(float a, float b, float c) { return ::fmaf(a, b, c); }
HHSWEEP_HD double fma(double a, double b, double c) { return ::fma(a, b, c); }

/// mask ? a : b.
HHSWEEP_HD float select(bool mask, float a, float b) { return mask ? a : b; }
HHSWEEP_HD double select(bool mask, double a, double b) { return mask ? a : b; }

/// a < b ? a : b, so b when either is NaN.
HHSWEEP_HD float lesser(float a, float b) { return a < b ? a : b; }
HHSWEEP_HD double lesser(double a, double b) { return a < b ? a : b; }
/// a > b ? a : b, so b when either is NaN.
HHSWEEP_HD float greater(float a, float b) { return a > b ? a : b; }
HHSWEEP_HD double greater(double a, double b) { return a > b ? a : b; }

/// Bit patterns of reals, and reals of bit patterns.
HHSWEEP_HD std::uint32_t to_bits(float x) { return __builtin_bit_cast(std::uint32_t, x); }
HHSWEEP_HD std::uint64_t to_bits(double x) { return __builtin_bit_cast(std::uint64_t, x); }
HHSWEEP_HD float from_bits(std::uint32_t bits) { return __builtin_bit_cast(float, bits); }
HHSWEEP_HD double from_bits(std::uint64_t bits) { return __builtin_bit_cast(double, bits); }

/// |x|.
HHSWEEP_HD float magnitude(float x) { return __builtin_fabsf(x); }
HHSWEEP_HD double magnitude(double x) { return __builtin_fabs(x); }

/// x held between two bounds, neither of which is NaN or 0; `high` when x is NaN.
template <class Real>
HHSWEEP_HD Real clamped(Real x, Real low, Real high) {
#if defined(__CUDA_ARCH__)
  // Two instructions of a GPU instead of four, with the same bits for bounds like these.
  if constexpr (sizeof(Real) == 4) return ::fmaxf(::fminf(x, high), low);
#endif
  return greater(lesser(x, high), low);
}

/// Whether any lane is set, or all are; calls f(lane) for each that is.
HHSWEEP_HD bool any(bool mask) { return mask; }
HHSWEEP_HD bool all(bool mask) { return mask; }
template <class Function>
HHSWEEP_HD void for_each_lane(bool mask, Function f) {
  if (mask) f(0);
}

/// Lanes whose bit patterns are equal.
HHSWEEP_HD bool equal_bits(std::uint32_t a, std::uint32_t b) { return a == b; }
HHSWEEP_HD bool equal_bits(std::uint64_t a, std::uint64_t b) { return a == b; }

/// 1 where a < b, else 0: the carry of a sum `a` with the addend `b`.
HHSWEEP_HD std::uint32_t carry(std::uint32_t a, std::uint32_t b) { return a < b ? 1 : 0; }

/// 32-bit words in 64-bit lanes, of which only the low half counts, and back; and the product of
/// such a word and another as 64 bits.
HHSWEEP_HD std::uint64_t widened(std::uint32_t word) { return word; }
HHSWEEP_HD std::uint64_t widened(std::uint64_t word) { return word; }
HHSWEEP_HD void narrow(std::uint64_t wide, std::uint32_t& word) {
  word = static_cast<std::uint32_t>(wide);
}
HHSWEEP_HD void narrow(std::uint64_t wide, std::uint64_t& word) { word = wide & 0xffffffffu; }
HHSWEEP_HD std::uint64_t product_of_words(std::uint64_t a, std::uint32_t b) {
  return (a & 0xffffffffu) * b;
}

/// The low 32 bits of each element, read as a signed integer and rounded to the nearest real.
HHSWEEP_HD float from_signed_word(std::uint32_t word) {
  return static_cast<float>(static_cast<std::int32_t>(word));
}
HHSWEEP_HD double from_signed_word(std::uint64_t word) {
  return static_cast<double>(static_cast<std::int32_t>(static_cast<std::uint32_t>(word)));
}

/// Loads consecutive elements.
HHSWEEP_HD void load_lanes(float& x, const float* from) { x = *from; }
HHSWEEP_HD void load_lanes(double& x, const double* from) { x = *from; }
HHSWEEP_HD void load_lanes(std::uint32_t& x, const std::uint32_t* from) { x = *from; }
HHSWEEP_HD void load_lanes(std::uint64_t& x, const std::uint64_t* from) { x = *from; }

/// Element `lane` of a Real.
HHSWEEP_HD float lane_of(float x, int) { return x; }
HHSWEEP_HD double lane_of(double x, int) { return x; }
HHSWEEP_HD std::uint32_t lane_of(std::uint32_t x, int) { return x; }
HHSWEEP_HD std::uint64_t lane_of(std::uint64_t x, int) { return x; }
HHSWEEP_HD void set_lane(float& x, int, float value) { x = value; }
HHSWEEP_HD void set_lane(double& x, int, double value) { x = value; }
HHSWEEP_HD void set_lane(std::uint32_t& x, int, std::uint32_t value) { x = value; }
HHSWEEP_HD void set_lane(std::uint64_t& x, int, std::uint64_t value) { x = value; }

/// Constants that differ between float and double.
template <class Scalar>
struct Format;

template <>
struct Format<float> {
  static constexpr int mantissa_bits = 23;
  static constexpr float round_magic = 0x1.8p23f;  ///< adding it rounds |x| < 2^22 to an integer
  static constexpr float exp2_low = -125.0f;       ///< results stay normal numbers
  static constexpr float exp2_high = 127.0f;
  static constexpr std::uint32_t one_bits = 0x3f800000u;
  static constexpr std::uint32_t sqrt_half_bits = 0x3f3504f3u;  ///< of sqrt(1/2)
  static constexpr std::uint32_t reciprocal_magic = 0x7ef311c7u;
  static constexpr std::uint32_t nan_bits = 0x7fc00000u;
};

template <>
struct Format<double> {
  static constexpr int mantissa_bits = 52;
  static constexpr double round_magic = 0x1.8p52;
  static constexpr double exp2_low = -1021.0;
  static constexpr double exp2_high = 1023.0;
  static constexpr std::uint64_t one_bits = 0x3ff0000000000000u;
  static constexpr std::uint64_t sqrt_half_bits = 0x3fe6a09e667f3bcdu;
  static constexpr std::uint64_t reciprocal_magic = 0x7fde623822fc16e6u;
  static constexpr std::uint64_t nan_bits = 0x7ff8000000000000u;
};

/// Polynomial in x, lowest order first, by Horner's rule.
template <class Real>
HHSWEEP_HD Real polynomial(Real, ScalarOf<Real> c0) {
  return Real(c0);
}
template <class Real, class... Rest>
HHSWEEP_HD Real polynomial(Real x, ScalarOf<Real> c0, Rest... rest) {
  return fma(x, polynomial(x, rest...), Real(c0));
}

/// 2^f for |f| <= 1/2. Relative error of the polynomial 2.0e-9 (float), 3.4e-18 (double).
template <class Real>
HHSWEEP_HD Real exp2_fraction(Real f) {
  if constexpr (sizeof(ScalarOf<Real>) == 4) {
    return fma(f,
               polynomial(f, 0x1.62e43p-1f, 0x1.ebfbdcp-3f, 0x1.c6aee8p-5f, 0x1.3b2d4cp-7f,
                          0x1.5f3e52p-10f, 0x1.41fbbcp-13f),
               Real(1.0f));
  } else {
    return fma(f,
               polynomial(f, 0x1.62e42fefa39efp-1, 0x1.ebfbdff82c5a4p-3, 0x1.c6b08d7049fe8p-5,
                          0x1.3b2ab6fba011ap-7, 0x1.5d87fe78cd6cfp-10, 0x1.4309130ed8cd5p-13,
                          0x1.ffcbfba980f96p-17, 0x1.62bfc79d4b59fp-20, 0x1.b5267cdfd91eep-24,
                          0x1.e61b4f9a207f5p-28, 0x1.e79bb6fc55606p-32),
               Real(1.0));
  }
}

namespace detail {
/// 2^(n + f) from f, |f| <= 1/2, and n + Format::round_magic.
template <class Real>
HHSWEEP_HD Real exp2_joined(Real shifted, Real fraction) {
  using F = Format<ScalarOf<Real>>;
  return from_bits(to_bits(exp2_fraction(fraction)) + (to_bits(shifted) << F::mantissa_bits));
}
}  // namespace detail

/// 2^t for Format::exp2_low <= t <= Format::exp2_high, which the caller holds.
/// Max error 1 ULP (float), 1 ULP (double).
template <class Real>
HHSWEEP_HD Real exp2_in_range(Real t) {
  const Real magic = Real(Format<ScalarOf<Real>>::round_magic);
  const Real shifted = t + magic;
  return detail::exp2_joined(shifted, t - (shifted - magic));
}

/// 2^(scale x) for a product in the same range, which is not rounded: one operation less than
/// exp2_in_range(scale x), and the same max error.
template <class Real>
HHSWEEP_HD Real exp2_of_product(Real x, ScalarOf<Real> scale) {
  const Real magic = Real(Format<ScalarOf<Real>>::round_magic);
  const Real shifted = fma(x, Real(scale), magic);
  return detail::exp2_joined(shifted, fma(x, Real(scale), -(shifted - magic)));
}

/// Approximate 1/d, as integers and fused multiply-adds only: a start within 5 % by one subtraction
/// of integers (Lomont, Fast inverse square root (2003), adapted to 1/d), a quadratic in d r with
/// minimax coefficients (3.4e-5), then one (float) or two (double) Newton steps. Max error 1 ULP
/// (float), 1 ULP (double) for |d| in [1e-37, 1e37] ([1e-300, 1e300]); 0, infinity and NaN give an
/// arbitrary finite or non-finite number.
template <class Real>
HHSWEEP_HD Real reciprocal(Real d) {
  using Scalar = ScalarOf<Real>;
  using F = Format<Scalar>;
  constexpr int newton_steps = sizeof(Scalar) == 4 ? 1 : 2;
  Real r = from_bits(BitsOf<Real>(F::reciprocal_magic) - to_bits(d));
  const Real q = fma(-d, r, Real(static_cast<Scalar>(0x1.80406p+0)));
  r = r * fma(q, q, Real(static_cast<Scalar>(0x1.7f7f6p-1)));
  for (int i = 0; i < newton_steps; ++i) r = fma(r, fma(-d, r, Real(Scalar(1))), r);
  return r;
}

/// x/(1 - e^-x) for |x| <= 1/2, smooth through x = 0. Max error 2 ULP (double), 3 ULP (float).
/// (Arbor calls x/(e^x - 1) `exprelr`: this is that function at -x.)
template <class Real>
HHSWEEP_HD Real linoid_near_zero(Real x) {
  const Real s = x * x;
  Real even;
  if constexpr (sizeof(ScalarOf<Real>) == 4) {
    even = polynomial(s, 1.0f, 0x1.55542p-4f, -0x1.68dcccp-10f);
  } else {
    even = polynomial(s, 1.0, 0x1.5555555555553p-4, -0x1.6c16c16c14012p-10, 0x1.1566abb7cdf2p-15,
                      -0x1.bbd7618df1ec8p-21, 0x1.669790dae69bfp-26, -0x1.1c26ac457206dp-31);
  }
  return fma(x, Real(ScalarOf<Real>(0.5)), even);
}

/// Largest |x| for which linoid_near_zero is used.
inline constexpr float linoid_near = 0.5f;

/// sin(2 pi turns) for |turns| <= 1/4. Max absolute error 2e-7 (float), 4e-16 (double).
template <class Real>
HHSWEEP_HD Real sin_quarter_turns(Real turns) {
  const Real s = turns * turns;
  if constexpr (sizeof(ScalarOf<Real>) == 4) {
    return turns * polynomial(s, 0x1.921fb4p+2f, -0x1.4abbb6p+5f, 0x1.46676ep+6f, -0x1.3232fap+6f,
                              0x1.3c4b2cp+5f);
  } else {
    return turns * polynomial(s, 0x1.921fb54442d18p+2, -0x1.4abbce625be51p+5, 0x1.466bc6775a9f7p+6,
                              -0x1.32d2cce624836p+6, 0x1.50783483f4d68p+5, -0x1.e3074d56293c3p+3,
                              0x1.e8f33b0104034p+1, -0x1.6f747754c3a4p-1, 0x1.9c8745c805f45p-4);
  }
}

/// sin(2 pi turns) for |turns| <= 1/2. Max absolute error 2e-7 (float), 4e-16 (double).
template <class Real>
HHSWEEP_HD Real sin_turns(Real turns) {
  using Scalar = ScalarOf<Real>;
  const Real upper = select(turns > Real(Scalar(0.25)), Real(Scalar(0.5)) - turns, turns);
  const Real x = select(turns < Real(Scalar(-0.25)), Real(Scalar(-0.5)) - turns, upper);
  return sin_quarter_turns(x);
}

/// x, |x| < 2^990, with as many digits as a Scalar has, by Dekker's splitting (Numer. Math. 18
/// (1971) 224). A conversion to float and back would do, but g++ 12 loses a pair of these when it
/// makes vectors of them.
template <class Scalar>
HHSWEEP_HD double rounded_as(double x) {
  if constexpr (sizeof(Scalar) == 8) return x;
  const double scaled = x * (0x1p29 + 1);
  return scaled - (scaled - x);
}

/// Nearest integer of |x| < 2^51, ties to even.
HHSWEEP_HD double round_to_integer(double x) { return (x + 0x1.8p52) - 0x1.8p52; }

/// Largest integer not above x, |x| < 2^51.
HHSWEEP_HD double round_down(double x) {
  const double nearest = round_to_integer(x);
  return nearest > x ? nearest - 1 : nearest;
}

namespace detail {
/// e^r - 1 for |r| <= ln(2)/2.
HHSWEEP_HD double expm1_near_zero(double r) {
  const double q = polynomial(r, 0x1p-1, 0x1.5555555555555p-3, 0x1.5555555555555p-5,
                              0x1.1111111111111p-7, 0x1.6c16c16c16c17p-10, 0x1.a01a01a01a01ap-13,
                              0x1.a01a01a01a01ap-16, 0x1.71de3a556c734p-19, 0x1.27e4fb7789f5cp-22,
                              0x1.ae64567f544e4p-26, 0x1.1eed8eff8d898p-29, 0x1.6124613a86d09p-33);
  return fma(r * r, q, r);
}
}  // namespace detail

/// e^x. Max error 1.5 ULP for -708 <= x <= 709; 0 below, infinity above.
HHSWEEP_HD double exp(double x) {
  if (!(x > -708.0)) return x == x ? 0.0 : x;
  if (x > 709.0) return from_bits(std::uint64_t{0x7ff0000000000000u});
  const double n = round_to_integer(x * 0x1.71547652b82fep+0);
  // ln 2 in two parts: the first has trailing zeros, so that n times it is exact
  const double r = fma(-n, 0x1.ef35793c76730p-45, fma(-n, 0x1.62e42fefa3800p-1, x));
  const double p = 1.0 + detail::expm1_near_zero(r);
  const std::uint64_t power = to_bits(n + 0x1.8p52) << 52;
  return from_bits(to_bits(p) + power);
}

/// e^x - 1, x <= 709. Max error 6 ULP.
HHSWEEP_HD double expm1(double x) {
  return magnitude(x) < 0.34 ? detail::expm1_near_zero(x) : exp(x) - 1.0;
}

/// (log((1 + z)/(1 - z)) - 2 z)/z^3 as a polynomial in s = z^2, |z| <= 0.1716: log m = 2 atanh z =
/// f - z (f - s log_series(s)) for m = 1 + f between sqrt(1/2) and sqrt(2), z = f/(m + 1).
template <class Real>
HHSWEEP_HD Real log_series(Real s) {
  return polynomial(s, 0x1.5555555555553p-1, 0x1.999999999a60fp-2, 0x1.24924923bf86p-2,
                    0x1.c71c72b85f685p-3, 0x1.745cc64385d44p-3, 0x1.3b2417e94824fp-3,
                    0x1.0f1a50985a15fp-3, 0x1.11768000c34edp-3);
}

/// Natural logarithm of a positive normal number. Max error 1 ULP away from 1, 1.5 ULP near it.
HHSWEEP_HD double log(double x) {
  const std::uint64_t bits = to_bits(x);
  // the mantissa between sqrt(1/2) and sqrt(2)
  const std::uint64_t shifted = bits - Format<double>::sqrt_half_bits;
  const auto exponent = static_cast<double>(static_cast<std::int64_t>(shifted) >> 52);
  const double m = from_bits(bits - (shifted & 0xfff0000000000000u));
  const double f = m - 1.0;
  const double z = f / (m + 1.0);
  const double s = z * z;
  const double tail = fma(-z, f - s * log_series(s), exponent * 0x1.ef35793c76730p-45);
  return fma(exponent, 0x1.62e42fefa3800p-1, f + tail);
}

/// base^exponent of a positive normal base, as exp(exponent log(base)): relative error grows with
/// |exponent log(base)|, about 2e-16 times that.
HHSWEEP_HD double pow(double base, double exponent) { return exp(exponent * log(base)); }

/// Square root, correctly rounded.
HHSWEEP_HD float square_root(float x) { return ::sqrtf(x); }
HHSWEEP_HD double square_root(double x) { return ::sqrt(x); }

/// The NaN that results hold.
HHSWEEP_HD double canonical_nan() { return from_bits(Format<double>::nan_bits); }

}  // namespace hhsweep
