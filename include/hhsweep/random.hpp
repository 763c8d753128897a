// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "hhsweep/math.hpp"
#include "hhsweep/stream_key.hpp"

/// Random numbers that are functions of a key and a counter, with the same bits on every machine:
/// words by Philox, normal deviates by the transform of Box and Muller on two words.
namespace hhsweep {

/// Four 32-bit words for each lane; a word fills the low half of a 64-bit lane.
template <class Bits>
struct RandomWords {
  Bits w[4];
};

/// Philox4x32-10 (Salmon, Moraes, Dror and Shaw, SC'11): ten rounds that mix the words of a counter
/// under a key.
template <class Bits>
HHSWEEP_HD RandomWords<Bits> philox(const RandomWords<Bits>& counter, StreamKey key) {
  // High halves of the wide words are rubbish, which nothing looks at.
  auto c0 = widened(counter.w[0]), c1 = widened(counter.w[1]);
  auto c2 = widened(counter.w[2]), c3 = widened(counter.w[3]);
  using Wide = decltype(c0);
  for (int round = 0; round < 10; ++round) {
    const Wide p0 = product_of_words(c0, 0xd2511f53u);
    const Wide p1 = product_of_words(c2, 0xcd9e8d57u);
    c0 = ((p1 >> 32) ^ c1) ^ Wide(std::uint64_t{key.k0});
    c1 = p1;
    c2 = ((p0 >> 32) ^ c3) ^ Wide(std::uint64_t{key.k1});
    c3 = p0;
    key.k0 += 0x9e3779b9u;
    key.k1 += 0xbb67ae85u;
  }
  RandomWords<Bits> out;
  narrow(c0, out.w[0]);
  narrow(c1, out.w[1]);
  narrow(c2, out.w[2]);
  narrow(c3, out.w[3]);
  return out;
}

namespace detail {

/// -ln u for u = (w/2 rounded down + 1/2) 2^-31, which lies in [2^-32, 1 - 2^-32].
/// Max error 3 ULP (float), 2 ULP (double).
template <class Real>
HHSWEEP_HD Real minus_log_of_word(const BitsOf<Real>& w) {
  using Scalar = ScalarOf<Real>;
  using F = Format<Scalar>;
  const BitsOf<Real> half = w >> 1;
  // u 2^32, so that its exponent is never negative
  const Real x = fma(from_signed_word(half), Real(Scalar(2)), Real(Scalar(1)));
  const BitsOf<Real> shifted = to_bits(x) - BitsOf<Real>(F::sqrt_half_bits);
  const BitsOf<Real> exponent = shifted >> F::mantissa_bits;
  const Real m = from_bits(to_bits(x) - (exponent << F::mantissa_bits));
  const Real e = from_signed_word(exponent) - Real(Scalar(32));
  if constexpr (sizeof(Scalar) == 4) {
    // Near 1 the distance 1 - u, of which x has lost the last bits.
    const Real rest =
        fma(from_signed_word(BitsOf<Real>(0x7fffffffu) - half), Real(-2.0f), Real(-1.0f));
    const Real f = select(e < Real(0.0f), m - Real(1.0f), rest * Real(0x1p-32f));
    const Real q = polynomial(f, -0.5f, 0x1.5556d8p-2f, -0x1.000382p-2f, 0x1.98d7f2p-3f,
                              -0x1.53824ap-3f, 0x1.317456p-3f, -0x1.2432b8p-3f, 0x1.645ebp-4f);
    return -fma(e, Real(0x1.62e430p-1f), fma(f * f, q, f));
  } else {
    const Real f = m - Real(1.0);
    const Real z = f * reciprocal(m + Real(1.0));
    const Real s = z * z;
    const Real tail = fma(-z, f - s * log_series(s), e * Real(0x1.ef35793c76730p-45));
    return -fma(e, Real(0x1.62e42fefa3800p-1), f + tail);
  }
}

}  // namespace detail

/// Two independent standard normal deviates.
template <class Real>
struct NormalPair {
  Real first, second;
};

/// Normal deviates of two random words (Box and Muller, Ann. Math. Stat. 29 (1958) 610). The upper
/// 31 bits of `radius` give the distance from 0, of 6.66 at most and in steps that fill the tails;
/// `angle` the direction within a half-plane, the last bit of `radius` which half. Max absolute
/// error 2e-6 (float), 5e-15 (double) against the exact transform of the same words, so float and
/// double give the same deviates but for that.
template <class Real>
HHSWEEP_HD NormalPair<Real> normal_pair(const BitsOf<Real>& radius, const BitsOf<Real>& angle) {
  using Scalar = ScalarOf<Real>;
  constexpr int sign = 8 * sizeof(Scalar) - 1;
  const Real r = square_root(Real(Scalar(2)) * detail::minus_log_of_word<Real>(radius));
  const Real turns = from_signed_word(angle) * Real(Scalar(0x1p-33));
  const Real cosine = sin_quarter_turns(Real(Scalar(0.25)) - magnitude(turns));
  return {r * from_bits(to_bits(cosine) ^ (radius << sign)), r * sin_quarter_turns(turns)};
}

}  // namespace hhsweep
