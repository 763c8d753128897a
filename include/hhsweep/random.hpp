// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

#include "hhsweep/math.hpp"

/// Random numbers that are functions of a key and a counter, with the same bits on every machine:
/// words by Philox, normal deviates by the transform of Box and Muller on two words.
namespace hhsweep {

/// What tells one stream of random numbers from another.
struct StreamKey {
  std::uint32_t k0 = 0, k1 = 0;
  bool operator==(const StreamKey&) const = default;
};

/// Key of the stream `name` for one `purpose` ("stimulus", "axis", ...): the first 64 bits of
/// SHA-256 over all three, so that streams of different seeds, purposes or names have nothing in
/// common.
StreamKey stream_key(std::int64_t seed, std::string_view purpose, std::string_view name);

/// Four 32-bit words for each lane; a word fills the low half of a 64-bit lane.
template <class Bits>
struct RandomWords {
  Bits w[4];
};

/// Philox4x32-10 (Salmon, Moraes, Dror and Shaw, SC'11): ten rounds that mix the words of a counter
/// under a key.
template <class Bits>
HHSWEEP_HD RandomWords<Bits> philox(RandomWords<Bits> counter, StreamKey key) {
  for (int round = 0; round < 10; ++round) {
    Bits low0, high0, low1, high1;
    multiply_words(counter.w[0], 0xd2511f53u, low0, high0);
    multiply_words(counter.w[2], 0xcd9e8d57u, low1, high1);
    counter.w[0] = (high1 ^ counter.w[1]) ^ Bits(key.k0);
    counter.w[1] = low1;
    counter.w[2] = (high0 ^ counter.w[3]) ^ Bits(key.k1);
    counter.w[3] = low0;
    key.k0 += 0x9e3779b9u;
    key.k1 += 0xbb67ae85u;
  }
  return counter;
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

/// Normal deviates of two random words (Box and Muller, Ann. Math. Stat. 29 (1958) 610): `radius`
/// gives the distance from 0, of 6.66 at most and in steps that fill the tails, `angle` the
/// direction. Max absolute error 2e-6 (float), 5e-15 (double) against the exact transform of the
/// same words, so float and double give the same deviates but for that.
template <class Real>
HHSWEEP_HD NormalPair<Real> normal_pair(const BitsOf<Real>& radius, const BitsOf<Real>& angle) {
  using Scalar = ScalarOf<Real>;
  const Real r = square_root(Real(Scalar(2)) * detail::minus_log_of_word<Real>(radius));
  const Real turns = from_signed_word(angle) * Real(Scalar(0x1p-32));
  return {r * sin_turns(Real(Scalar(0.25)) - magnitude(turns)), r * sin_turns(turns)};
}

}  // namespace hhsweep
