// SPDX-License-Identifier: MIT
#pragma once

#include "hhsweep/math.hpp"

/// Sines and chirps on their way through the time loop, one phase for each lane of a Real.
namespace hhsweep {

/// 64-bit phases as the bit patterns of a Real: one word for double, two for float.
template <class Real, bool single = sizeof(ScalarOf<Real>) == 4>
struct PhaseOf {
  BitsOf<Real> word;

  HHSWEEP_HD void add(const PhaseOf& other) { word = word + other.word; }
  HHSWEEP_HD void set(int lane, std::uint64_t bits) { set_lane(word, lane, bits); }
  /// Fraction of a turn in [-1/2, 1/2).
  HHSWEEP_HD Real turns() const {
    const BitsOf<Real> unit =
        ((word + BitsOf<Real>(0x8000000000000000u)) >> 12) | BitsOf<Real>(Format<double>::one_bits);
    return from_bits(unit) - Real(1.5);
  }
};

template <class Real>
struct PhaseOf<Real, true> {
  BitsOf<Real> low, high;

  HHSWEEP_HD void add(const PhaseOf& other) {
    low = low + other.low;
    high = high + other.high + carry(low, other.low);
  }
  HHSWEEP_HD void set(int lane, std::uint64_t bits) {
    set_lane(low, lane, static_cast<std::uint32_t>(bits));
    set_lane(high, lane, static_cast<std::uint32_t>(bits >> 32));
  }
  HHSWEEP_HD Real turns() const {
    const BitsOf<Real> unit =
        ((high + BitsOf<Real>(0x80000000u)) >> 9) | BitsOf<Real>(Format<float>::one_bits);
    return from_bits(unit) - Real(1.5f);
  }
};

/// A sine or chirp on its way: the phase moves twice a step by `velocity`, which moves by
/// `acceleration`.
template <class Real>
struct Oscillator {
  Real amplitude;  ///< mV/ms
  PhaseOf<Real> phase, velocity, acceleration;
};

/// Memory of the oscillators of one Real, `stride` apart.
template <class Real>
struct OscillatorSpan {
  Oscillator<Real>* first;
  std::int64_t stride;
  HHSWEEP_HD Oscillator<Real>& operator[](int i) const { return first[i * stride]; }
};

}  // namespace hhsweep
