// SPDX-License-Identifier: MIT
#pragma once

#include "hhsweep/batch.hpp"
#include "hhsweep/oscillator.hpp"
#include "hhsweep/rk4.hpp"
#include "hhsweep/sampler.hpp"

/// The lanes of one Real in the time loop: what the loop carries for them, and their clocks.
namespace hhsweep {

/// What the drive of a sweep does between edges: nothing, move (ramps, sines, chirps), or move and
/// take up samples (ou, waveform).
enum class DriveKind { constant, varying, sampled };

/// Working memory of one Real for the stimuli whose drive is not constant.
template <class Real>
struct Workspace {
  OscillatorSpan<Real> oscillators;  ///< one a stimulus; null when the drive is constant
  SamplerSpan<Real> samplers;        ///< null unless the drive is sampled
};

/// What the time loop carries besides the state, for each lane.
template <class Real>
struct LoopState {
  StepSize<Real> size;
  Real span;  ///< length of the present step in units of dt
  Real drive, drive_slope;
  Real position;  ///< start of the present step, counted from the anchor
  Real level;     ///< spike threshold while armed, else infinity
  Real V_max,
      V_min;  ///< extrema so far, or bounds that no voltage passes while they are not followed
  BitsOf<Real> due;          ///< iteration at which on_due is called
  std::uint32_t sample_due;  ///< no sample of any lane is due before this iteration
};

/// One step just made, for the lanes.
template <class Real>
struct StepEnds {
  Real V0, d0;  ///< at its start: mV, mV/ms
  Real d1;      ///< at its end, before any edge there
};

/// Clock of a lane: where it was at iteration `since`, and since then whole steps, or one partial
/// step.
struct LaneClock {
  std::int64_t step;
  double fraction;
  std::uint32_t since;
  bool partial;   ///< the step that began at `since` ends at `target`
  double target;  ///< in units of steps from `step`, in (fraction, 1]
  bool parked;
};

/// The scalar side of one Real's lanes: their clocks and their batch.
template <class Real>
struct LaneGroup {
  static constexpr int lanes = RealTraits<Real>::lanes;
  const BatchView<ScalarOf<Real>>* batch;
  Workspace<Real> workspace;
  std::int64_t first_slot;
  std::int64_t stop_step;  ///< where the window ends
  std::int32_t running;
  LaneClock clock[lanes];
};

namespace detail {

template <class Scalar>
HHSWEEP_HD Scalar infinity() {
  return static_cast<Scalar>(no_edge());
}

/// Brings the lane's clock to iteration `now`; true when the last step was a partial one.
HHSWEEP_HD void advance_clock(LaneClock& clock, std::uint32_t now) {
  if (clock.partial && now != clock.since) {
    if (clock.target == 1.0) {
      ++clock.step;
      clock.fraction = 0;
    } else {
      clock.fraction = clock.target;
    }
    clock.partial = false;
  } else {
    clock.step += now - clock.since;
  }
  clock.since = now;
}

HHSWEEP_HD double position(const LaneClock& clock) {
  return static_cast<double>(clock.step) + clock.fraction;
}

/// Time in ms of a position given as step and part of a step.
HHSWEEP_HD double time_of(std::int64_t step, double fraction, double dt_ms) {
  return fma(static_cast<double>(step), dt_ms, fraction * dt_ms);
}

}  // namespace detail

}  // namespace hhsweep
