// SPDX-License-Identifier: MIT
#pragma once

#include "hhsweep/math.hpp"
#include "hhsweep/parameters.hpp"
#include "hhsweep/stimulus_spec.hpp"

/// Stimulus currents, evaluated from a handful of numbers per neuron. Positions are counted in
/// steps, x = t/dt. Between edges the current is a line plus oscillations; an edge belongs to what
/// follows it.
///
/// `Values` is a function object: values(i) is parameter i of the neuron.
namespace hhsweep {

/// Where no further edge comes.
HHSWEEP_HD double no_edge() { return from_bits(std::uint64_t{0x7ff0000000000000u}); }

/// A position, put on the grid when it is within rounding of it:
/// |x - rint x| <= 2^-30 max(1, |x| 2^-20).
HHSWEEP_HD double on_grid_if_near(double x) {
  if (!(magnitude(x) < 0x1p51)) return x;
  const double nearest = round_to_integer(x);
  const double tolerance = 0x1p-30 * greater(1.0, magnitude(x) * 0x1p-20);
  return magnitude(x - nearest) <= tolerance ? nearest : x;
}

/// Position in steps of a time, put on the grid when it is within rounding of it.
HHSWEEP_HD double position_of(double t_ms, double dt_ms) { return on_grid_if_near(t_ms / dt_ms); }

/// The non-oscillating current of one stimulus from a position up to its next edge.
struct Piece {
  double current = 0;  ///< uA/cm^2, just after x
  double slope = 0;    ///< uA/cm^2 a step
  double next_edge = 0;
};

/// What the functions below need of a run and of one neuron.
template <class Values>
struct StimulusContext {
  const StimulusSpec* stimuli;
  const double* intervals;  ///< ms, pairs of `pulses`
  double dt_ms;
  double duration_ms;
  Values values;
};

/// Whether a stimulus is made of samples.
HHSWEEP_HD bool is_sampled(const StimulusSpec& s) {
  return s.kind == StimulusKind::ou || s.kind == StimulusKind::waveform;
}

/// Positions of the samples of a stimulus: sample n begins at start + n step.
struct SampleGrid {
  double start, step;

  /// Every sample begins at a whole step.
  [[nodiscard]] HHSWEEP_HD bool on_steps() const {
    return start == round_to_integer(start) && step == round_to_integer(step);
  }
  [[nodiscard]] HHSWEEP_HD double position(double n) const {
    return on_grid_if_near(fma(n, step, start));
  }
  /// Number of samples that have begun at x >= start.
  [[nodiscard]] HHSWEEP_HD double begun(double x) const {
    double n = greater(round_down((x - start) / step), 0.0);
    while (position(n) <= x) n += 1;
    while (n > 0 && position(n - 1) > x) n -= 1;
    return n;
  }
};

namespace detail {

template <class Values>
HHSWEEP_HD double number(const StimulusContext<Values>& c, const StimulusSpec& s, int slot_index) {
  return c.values(s.first_parameter + slot_index);
}

template <class Values>
HHSWEEP_HD double train_period(const StimulusContext<Values>& c, const StimulusSpec& s) {
  const double given = number(c, s, slot::train_period);
  return s.period_is_frequency ? 1000.0 / given : given;
}

/// Number of pulses of a train: 0 .. 2^51.
template <class Values>
HHSWEEP_OUTLINE double pulse_count(const StimulusContext<Values>& c, const StimulusSpec& s,
                                   double base_ms) {
  constexpr double endless = 0x1p50;
  const double stop = number(c, s, slot::stop);
  if (s.stop_meaning == StopMeaning::count) return lesser(stop, endless);
  if (stop == no_edge()) return endless;
  const double start = base_ms + number(c, s, slot::start);
  const double period = train_period(c, s);
  const double guess = (base_ms + stop - start) / period;
  if (!(guess < endless)) return endless;
  if (!(guess > -1)) return 0;
  const double stop_x = position_of(base_ms + stop, c.dt_ms);
  double n = round_down(guess);
  while (position_of(fma(n, period, start), c.dt_ms) < stop_x) n += 1;
  while (n > 0 && !(position_of(fma(n - 1, period, start), c.dt_ms) < stop_x)) n -= 1;
  return greater(n, 0.0);
}

/// End of a stimulus in ms: where the times of one that comes `after` it begin.
template <class Values>
HHSWEEP_OUTLINE double end_of(const StimulusContext<Values>& c, const StimulusSpec& s,
                              double base_ms) {
  if (s.kind == StimulusKind::pulses) {
    if (s.interval_count == 0) return base_ms;
    return base_ms + c.intervals[2 * (s.first_interval + s.interval_count - 1) + 1];
  }
  const double start = base_ms + number(c, s, slot::start);
  const double stop = number(c, s, slot::stop);
  if (s.kind == StimulusKind::train) {
    const double pulses = pulse_count(c, s, base_ms);
    if (!(pulses > 0)) return start;
    return fma(pulses - 1, train_period(c, s), start) + number(c, s, slot::train_width);
  }
  if (s.kind == StimulusKind::waveform) {
    return fma(static_cast<double>(s.sample_count - 1), number(c, s, slot::sample_dt), start);
  }
  return s.stop_meaning == StopMeaning::width ? start + stop : base_ms + stop;
}

/// End in ms of the chain of stimuli that `s` comes after.
template <class Values>
HHSWEEP_COLD double end_of_chain(const StimulusContext<Values>& c, const StimulusSpec& s) {
  int depth = 0;
  for (int i = s.after; i >= 0; i = c.stimuli[i].after) ++depth;
  double base = 0;
  for (; depth > 0; --depth) {
    int ancestor = s.after;
    for (int i = 1; i < depth; ++i) ancestor = c.stimuli[ancestor].after;
    base = end_of(c, c.stimuli[ancestor], base);
  }
  return base;
}

/// Time in ms from which the times of a stimulus count: 0, or the end of the chain it comes after.
template <class Values>
HHSWEEP_HD double base_of(const StimulusContext<Values>& c, const StimulusSpec& s) {
  return s.after < 0 ? 0.0 : end_of_chain(c, s);
}

/// A current that is on in [on, off).
HHSWEEP_HD Piece block(double x, double on, double off, double amplitude) {
  if (!(on < off) || x >= off) return {0, 0, no_edge()};
  if (x < on) return {0, 0, on};
  return {amplitude, 0, off};
}

template <class Values>
HHSWEEP_HD Piece pulses_piece(const StimulusContext<Values>& c, const StimulusSpec& s, double base,
                              double x) {
  const double* pairs = c.intervals + 2 * s.first_interval;
  int low = 0;
  int high = s.interval_count;  // first interval whose end is after x
  while (low < high) {
    const int middle = (low + high) / 2;
    if (position_of(base + pairs[2 * middle + 1], c.dt_ms) > x) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  for (; low < s.interval_count; ++low) {
    const double on = position_of(base + pairs[2 * low], c.dt_ms);
    const double off = position_of(base + pairs[2 * low + 1], c.dt_ms);
    // One that rounding to the grid made empty must not hide those after it.
    if (on < off) return block(x, on, off, number(c, s, slot::amplitude));
  }
  return {0, 0, no_edge()};
}

template <class Values>
HHSWEEP_HD Piece train_piece(const StimulusContext<Values>& c, const StimulusSpec& s, double base,
                             double x) {
  const double start = base + number(c, s, slot::start);
  const double width = number(c, s, slot::train_width);
  const double period = train_period(c, s);
  const double amplitude = number(c, s, slot::amplitude);
  const double pulses = pulse_count(c, s, base);
  if (!(pulses > 0) || !(width > 0)) return {0, 0, no_edge()};
  if (width >= period) {  // the pulses merge
    return block(x, position_of(start, c.dt_ms),
                 position_of(fma(pulses - 1, period, start) + width, c.dt_ms), amplitude);
  }
  const auto on = [&](double pulse) { return position_of(fma(pulse, period, start), c.dt_ms); };
  // j: the last pulse that has begun, -1 before the first; 2^-20 makes the guess right at edges
  const double guess = round_down((x * c.dt_ms - start) / period + 0x1p-20);
  double j = lesser(pulses - 1, greater(-1.0, guess));
  double next = on(j + 1);
  while (j + 1 < pulses && next <= x) {
    j += 1;
    next = on(j + 1);
  }
  for (double begun; j >= 0 && (begun = on(j)) > x; j -= 1) next = begun;
  if (j >= 0) {
    const double off = position_of(fma(j, period, start) + width, c.dt_ms);
    if (x < off) return {amplitude, 0, off};
  }
  return {0, 0, j + 1 < pulses ? next : no_edge()};
}

template <class Values>
HHSWEEP_HD Piece ramp_piece(const StimulusContext<Values>& c, const StimulusSpec& s, double base,
                            double x) {
  const double start = base + number(c, s, slot::start);
  const double end =
      s.end_is_rise ? start + number(c, s, slot::ramp_end) : base + number(c, s, slot::ramp_end);
  const double on = position_of(start, c.dt_ms);
  const double full = position_of(end, c.dt_ms);
  const double off = position_of(end_of(c, s, base), c.dt_ms);
  const double amplitude = number(c, s, slot::amplitude);
  if (!(full > on) || x >= full) return block(x, on, off, amplitude);
  if (!(on < off) || x >= off) return {0, 0, no_edge()};
  if (x < on) return {0, 0, on};
  const double slope = amplitude / (full - on);
  return {slope * (x - on), slope, lesser(full, off)};
}

}  // namespace detail

/// Where the samples of a stimulus lie.
template <class Values>
HHSWEEP_HD SampleGrid sample_grid(const StimulusContext<Values>& c, const StimulusSpec& s,
                                  double base_ms) {
  return {position_of(base_ms + detail::number(c, s, slot::start), c.dt_ms),
          position_of(detail::number(c, s, slot::sample_dt), c.dt_ms)};
}

/// Positions between which a stimulus of samples is on.
struct SampledSpan {
  SampleGrid grid;
  double off;
};
template <class Values>
HHSWEEP_COLD SampledSpan sampled_span(const StimulusContext<Values>& c, const StimulusSpec& s) {
  const double base = detail::base_of(c, s);
  const SampleGrid grid = sample_grid(c, s, base);
  if (s.kind == StimulusKind::waveform) {
    return {grid, grid.position(static_cast<double>(s.sample_count - 1))};
  }
  return {grid, position_of(detail::end_of(c, s, base), c.dt_ms)};
}

namespace detail {

/// A stimulus of samples without what they add: the mean of an `ou`. Samples that do not begin at
/// whole steps are edges.
template <class Values>
HHSWEEP_HD Piece sampled_piece(const StimulusContext<Values>& c, const StimulusSpec& s, double x) {
  const SampledSpan span = sampled_span(c, s);
  const double mean = s.kind == StimulusKind::ou ? number(c, s, slot::ou_mean) : 0.0;
  Piece piece = block(x, span.grid.start, span.off, mean);
  if (x >= span.grid.start && x < span.off && !span.grid.on_steps()) {
    piece.next_edge = lesser(span.grid.position(span.grid.begun(x)), piece.next_edge);
  }
  return piece;
}

}  // namespace detail

/// The part of stimulus `s` at x that neither oscillates nor is sampled.
template <class Values>
HHSWEEP_OUTLINE Piece piece_at(const StimulusContext<Values>& c, const StimulusSpec& s, double x) {
  const double base = detail::base_of(c, s);
  switch (s.kind) {
    case StimulusKind::pulses:
      return detail::pulses_piece(c, s, base, x);
    case StimulusKind::train:
      return detail::train_piece(c, s, base, x);
    case StimulusKind::ramp:
      return detail::ramp_piece(c, s, base, x);
    case StimulusKind::ou:
    case StimulusKind::waveform:
      return detail::sampled_piece(c, s, x);
    default:
      break;
  }
  const double on = position_of(base + detail::number(c, s, slot::start), c.dt_ms);
  const double off = position_of(detail::end_of(c, s, base), c.dt_ms);
  double current = 0;
  if (s.kind == StimulusKind::step) current = detail::number(c, s, slot::amplitude);
  if (s.kind == StimulusKind::sine) current = detail::number(c, s, slot::sine_offset);
  return detail::block(x, on, off, current);
}

HHSWEEP_HD bool oscillates(const StimulusSpec& s) {
  return s.kind == StimulusKind::sine || s.kind == StimulusKind::chirp;
}

/// An oscillation amplitude sin(2 pi phase). The phase at s steps after `on` is a s + b s^2 turns.
struct Oscillation {
  double amplitude = 0;  ///< uA/cm^2; 0 while off
  double on = 0;         ///< position where the phase is `phase`
  double phase = 0;      ///< turns
  double a = 0;          ///< turns a step
  double b = 0;          ///< turns a step^2
};

/// The oscillating part of stimulus `s` at x (kinds sine and chirp).
template <class Values>
HHSWEEP_COLD Oscillation oscillation_at(const StimulusContext<Values>& c, const StimulusSpec& s,
                                        double x) {
  const double base = detail::base_of(c, s);
  const double on = position_of(base + detail::number(c, s, slot::start), c.dt_ms);
  const double end_ms = detail::end_of(c, s, base);
  const double off = position_of(end_ms, c.dt_ms);
  Oscillation o;
  if (!(x >= on && x < off)) return o;
  o.amplitude = detail::number(c, s, slot::amplitude);
  o.on = on;
  const double turns_per_step = c.dt_ms * 0.001;  // of 1 Hz
  if (s.kind == StimulusKind::sine) {
    o.phase = detail::number(c, s, slot::sine_phase) / 360.0;
    o.a = detail::number(c, s, slot::sine_frequency) * turns_per_step;
  } else {
    const double f0 = detail::number(c, s, slot::chirp_frequency_start);
    const double f1 = detail::number(c, s, slot::chirp_frequency_end);
    const double last = off < no_edge() ? off : position_of(c.duration_ms, c.dt_ms);
    o.a = f0 * turns_per_step;
    o.b = 0.5 * (f1 - f0) * turns_per_step / (last - on);
  }
  return o;
}

/// A number of turns as a fraction of one in units of 2^-64.
HHSWEEP_HD std::uint64_t phase_bits(double turns) {
  const double nearest = magnitude(turns) < 0x1p51 ? round_to_integer(turns) : turns;
  const double part = turns - nearest;  // in [-1/2, 1/2]
  const double units = (part >= 0.5 ? part - 1.0 : part) * 0x1p64;
  return static_cast<std::uint64_t>(
      static_cast<std::int64_t>(magnitude(units) < 0x1p51 ? round_to_integer(units) : units));
}

/// Phase of an oscillation at step `k` + `fraction`, in units of 2^-64 turns: for a sine exact in
/// integers but for the rounding of its increment (4e-13 turns after 10^7 steps), for a chirp to
/// 2^-52 of the turns made.
HHSWEEP_HD std::uint64_t phase_at(const Oscillation& o, std::int64_t k, double fraction) {
  if (o.b != 0) {
    const double s = (static_cast<double>(k) - o.on) + fraction;
    return phase_bits(o.phase + s * fma(o.b, s, o.a));
  }
  const double first = round_down(o.on);
  const std::uint64_t steps =
      static_cast<std::uint64_t>(k) - static_cast<std::uint64_t>(static_cast<std::int64_t>(first));
  return phase_bits(o.phase) + phase_bits(o.a) * steps +
         phase_bits(o.a * (fraction - (o.on - first)));
}

/// Value of the oscillation of phase `bits`, in double.
HHSWEEP_HD double oscillation_value(const Oscillation& o, std::uint64_t bits) {
  const std::uint64_t unit = ((bits + 0x8000000000000000u) >> 12) | Format<double>::one_bits;
  return o.amplitude * sin_turns(from_bits(unit) - 1.5);
}

/// Sum of all stimuli in uA/cm^2 at step `k` + `fraction`, just after an edge there, without what
/// samples add.
template <class Values>
HHSWEEP_COLD double current_at(const StimulusContext<Values>& c, int stimulus_count, std::int64_t k,
                               double fraction) {
  const double x = static_cast<double>(k) + fraction;
  double sum = 0;
  for (int i = 0; i < stimulus_count; ++i) {
    sum += piece_at(c, c.stimuli[i], x).current;
    if (oscillates(c.stimuli[i])) {
      const Oscillation o = oscillation_at(c, c.stimuli[i], x);
      sum += oscillation_value(o, phase_at(o, k, fraction));
    }
  }
  return sum;
}

}  // namespace hhsweep
