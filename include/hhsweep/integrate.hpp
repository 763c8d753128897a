// SPDX-License-Identifier: MIT
#pragma once

#include "hhsweep/drive.hpp"
#include "hhsweep/lane_group.hpp"

/// The time loop for one Real: one neuron on a CUDA thread, a pack of neurons on the CPU.
///
/// Each neuron has its own clock (step k, fraction f); an iteration is one RK4 step that ends at
/// the next edge of the neuron's stimulus or at the next whole step, whichever comes first, so that
/// no step straddles an edge. Lanes of a pack are not held in lock-step. Everything rare happens in
/// scalar functions that are the same for every backend: `on_due` when lanes' clocks reach
/// something, `on_notable` when a lane's voltage did something.
namespace hhsweep {

namespace detail {

/// Beyond this a neuron has diverged (mV).
inline constexpr float divergence_limit = 2000.0f;

/// Membrane of the lanes from slot `i` on.
template <class Membrane, class Real>
HHSWEEP_HD Membrane load_membrane(const BatchView<ScalarOf<Real>>& b, std::int64_t i) {
  Membrane membrane;
  for (int k = 0; k < Membrane::count; ++k) {
    if (b.membrane_shared) {
      membrane.c[k] = Real(b.membrane[k]);
    } else {
      load_lanes(membrane.c[k], b.membrane + k * b.membrane_stride + i);
    }
  }
  if constexpr (requires { membrane.forms; }) {
    for (int k = 0; k < rate_count; ++k) membrane.forms[k] = b.population.forms[k];
  }
  return membrane;
}

/// Takes a lane out of the loop: a step of no length on a state of zeros, which nothing notices.
template <class Real>
HHSWEEP_HD void park(LaneGroup<Real>& group, LoopState<Real>& loop, State<Real>& y,
                     State<Real>& lost, Real& undriven, int lane) {
  using Scalar = ScalarOf<Real>;
  const Scalar zero = 0;
  State<Real>* const states[] = {&y, &lost};
  for (State<Real>* s : states) {
    set_lane(s->V, lane, zero);
    set_lane(s->m, lane, zero);
    set_lane(s->h, lane, zero);
    set_lane(s->n, lane, zero);
  }
  set_lane(undriven, lane, zero);
  set_lane(loop.size.full, lane, zero);
  set_lane(loop.size.half, lane, zero);
  set_lane(loop.size.sixth, lane, zero);
  set_lane(loop.span, lane, zero);
  set_lane(loop.drive, lane, zero);
  set_lane(loop.drive_slope, lane, zero);
  set_lane(loop.level, lane, infinity<Scalar>());
  set_lane(loop.V_max, lane, infinity<Scalar>());
  set_lane(loop.V_min, lane, -infinity<Scalar>());
  set_lane(loop.due, lane, BitsOf<Scalar>(0xffffffffu));
  const Workspace<Real>& workspace = group.workspace;
  for (int s = 0; s < group.batch->population.stimulus_count; ++s) {
    if (workspace.oscillators.first) set_lane(workspace.oscillators[s].amplitude, lane, zero);
    if (workspace.samplers.reals && is_sampled(group.batch->population.stimuli[s])) {
      silence_sampler(workspace.samplers, s, lane);
    }
  }
  if (workspace.samplers.reals) {
    set_lane(workspace.samplers.steady_drive(), lane, zero);
    set_lane(workspace.samplers.inverse_C(), lane, zero);
  }
  group.clock[lane].parked = true;
  --group.running;
}

/// Stores a lane's state and clock in the batch.
template <class Real>
HHSWEEP_HD void save(const LaneGroup<Real>& group, const LoopState<Real>& loop,
                     const State<Real>& y, const State<Real>& lost, int lane) {
  const auto& b = *group.batch;
  const std::int64_t i = group.first_slot + lane;
  auto* s = b.state + i;
  s[0 * b.capacity] = lane_of(y.V, lane);
  s[1 * b.capacity] = lane_of(y.m, lane);
  s[2 * b.capacity] = lane_of(y.h, lane);
  s[3 * b.capacity] = lane_of(y.n, lane);
  s[4 * b.capacity] = lane_of(lost.V, lane);
  s[5 * b.capacity] = lane_of(lost.m, lane);
  s[6 * b.capacity] = lane_of(lost.h, lane);
  s[7 * b.capacity] = lane_of(lost.n, lane);
  b.level[i] = lane_of(loop.level, lane);
  b.step[i] = group.clock[lane].step;
  b.fraction[i] = group.clock[lane].fraction;
  save_samplers(group, lane);
}

/// Stores a lane in the batch and takes it out of the loop.
template <class Real>
HHSWEEP_BULKY void retire(LaneGroup<Real>& group, LoopState<Real>& loop, State<Real>& y,
                          State<Real>& lost, Real& undriven, int lane) {
  save(group, loop, y, lost, lane);
  park(group, loop, y, lost, undriven, lane);
}

/// Extrema of slot i in the batch.
template <class Scalar>
HHSWEEP_HD void consider(const BatchView<Scalar>& b, std::int64_t i, double V, double t_ms) {
  Extrema e{b.V_max[i], b.V_min[i], b.V_max_time[i]};
  e.consider(V, t_ms);
  b.V_max[i] = e.V_max;
  b.V_min[i] = e.V_min;
  b.V_max_time[i] = e.t_max_ms;
}

/// Considers the extrema of a step's cubic between s = from and s = to, both ends included. The
/// step begins at `step` + `fraction` and is `span` steps long.
template <class Scalar>
HHSWEEP_HD void consider_step(const BatchView<Scalar>& b, std::int64_t i, const StepCubic& cubic,
                              std::int64_t step, double fraction, double span, double from,
                              double to) {
  double places[4] = {from, to, from, from};
  stationary_points(cubic, places + 2);
  for (const double s : places) {
    if (s >= from && s <= to) {
      consider(b, i, cubic.value(s), time_of(step, fma(s, span, fraction), b.run.dt_ms));
    }
  }
}

/// Lets the loop follow the extrema of slot i, or stop following them.
template <class Real>
HHSWEEP_HD void follow_extrema(const LaneGroup<Real>& group, LoopState<Real>& loop, int lane) {
  using Scalar = ScalarOf<Real>;
  const auto& b = *group.batch;
  const std::int64_t i = group.first_slot + lane;
  const bool inside = b.tracking[i] == Tracking::inside;
  set_lane(loop.V_max, lane, inside ? static_cast<Scalar>(b.V_max[i]) : infinity<Scalar>());
  set_lane(loop.V_min, lane, inside ? static_cast<Scalar>(b.V_min[i]) : -infinity<Scalar>());
}

/// Cubic of the lane's last step, of length `span` steps.
template <class Real>
HHSWEEP_HD StepCubic last_cubic(const StepEnds<Real>& ends, const State<Real>& y,
                                const LoopState<Real>& loop, int lane) {
  return step_cubic(
      static_cast<double>(lane_of(ends.V0, lane)), static_cast<double>(lane_of(ends.d0, lane)),
      static_cast<double>(lane_of(y.V, lane)), static_cast<double>(lane_of(ends.d1, lane)),
      static_cast<double>(lane_of(loop.size.full, lane)));
}

/// Position where slot i next begins or ends the following of extrema, else where its run ends.
template <class Scalar>
HHSWEEP_HD double next_bound(const BatchView<Scalar>& b, std::int64_t i) {
  if (b.tracking[i] == Tracking::before) return b.run.window_start;
  return b.tracking[i] == Tracking::inside ? b.run.window_stop : b.run.end;
}

/// Begins or ends the following of extrema when the clock has come to the record window's start or
/// stop, or passed it within the last step.
template <class Real>
HHSWEEP_BULKY void cross_window_bounds(LaneGroup<Real>& group, LoopState<Real>& loop,
                                       const StepEnds<Real>& ends, const State<Real>& y, int lane) {
  const auto& b = *group.batch;
  const std::int64_t i = group.first_slot + lane;
  const LaneClock& clock = group.clock[lane];
  const double x = position(clock);
  const double V = static_cast<double>(lane_of(y.V, lane));
  const double span = static_cast<double>(lane_of(loop.span, lane));
  if (b.tracking[i] == Tracking::before && x >= b.run.window_start) {
    b.tracking[i] = Tracking::inside;
    if (x == b.run.window_start) {
      consider(b, i, V, time_of(clock.step, clock.fraction, b.run.dt_ms));
    } else {
      const double from = 1 - (x - b.run.window_start) / span;
      const double to = x > b.run.window_stop ? 1 - (x - b.run.window_stop) / span : 1;
      consider_step(b, i, last_cubic(ends, y, loop, lane), clock.step, clock.fraction - span, span,
                    from, to);
    }
  }
  if (b.tracking[i] == Tracking::inside && x >= b.run.window_stop) {
    b.tracking[i] = Tracking::after;
    if (x == b.run.window_stop) {
      consider(b, i, V, time_of(clock.step, clock.fraction, b.run.dt_ms));
    } else {
      const double at = 1 - (x - b.run.window_stop) / span;
      consider_step(b, i, last_cubic(ends, y, loop, lane), clock.step, clock.fraction - span, span,
                    at, at);
    }
  }
  follow_extrema(group, loop, lane);
}

/// Lets the next piece of stimulus begin at an edge, where the voltage may turn round.
template <class Real, DriveKind kind>
HHSWEEP_BULKY void cross_edge(LaneGroup<Real>& group, LoopState<Real>& loop, const State<Real>& y,
                              int lane) {
  const auto& b = *group.batch;
  const std::int64_t i = group.first_slot + lane;
  const LaneClock& clock = group.clock[lane];
  if (b.tracking[i] == Tracking::inside) {
    consider(b, i, static_cast<double>(lane_of(y.V, lane)),
             time_of(clock.step, clock.fraction, b.run.dt_ms));
    follow_extrema(group, loop, lane);
  }
  begin_piece<Real>(b, i, clock);
  if constexpr (kind == DriveKind::sampled) {
    begin_samples_at_edge(group, lane, position(clock));
  }
  take_up_piece<Real, kind>(group, loop, lane);
}

/// Whether slot i has traces.
template <class Scalar>
HHSWEEP_HD bool is_traced(const BatchView<Scalar>& b, std::int64_t i) {
  return b.run.sample_every > 0 && b.trace_row != nullptr && b.trace_row[i] >= 0;
}

/// Writes one sample of a traced neuron when it stands on a whole step that has one.
template <class Real>
HHSWEEP_BULKY void sample(const LaneGroup<Real>& group, const State<Real>& y, int lane) {
  using Scalar = ScalarOf<Real>;
  const auto& b = *group.batch;
  const std::int64_t i = group.first_slot + lane;
  const LaneClock& clock = group.clock[lane];
  const std::int64_t row = b.trace_row[i];
  if (clock.fraction != 0 || clock.step % b.run.sample_every != 0) return;
  const std::int64_t column = clock.step / b.run.sample_every - b.first_sample;
  if (column < 0 || column >= b.window_samples) return;
  const SlotValues<Real> value{&b, i};
  const auto V = static_cast<double>(lane_of(y.V, lane));
  const auto m = static_cast<double>(lane_of(y.m, lane));
  const auto h = static_cast<double>(lane_of(y.h, lane));
  const auto n = static_cast<double>(lane_of(y.n, lane));
  for (int v = 0; v < b.variable_count; ++v) {
    double out = V;
    switch (b.variables[v]) {
      case 1:
        out = m;
        break;
      case 2:
        out = h;
        break;
      case 3:
        out = n;
        break;
      case 4:
        // Every stimulus is off from the end of the run on.
        out = static_cast<double>(clock.step) >= b.run.end
                  ? 0.0
                  : current_at(stimulus_context<Real>(b, i), b.population.stimulus_count,
                               clock.step, 0.0) +
                        sampled_current(group, lane);
        break;
      case 5:
        out = value(parameter::g_Na) * (m * m * m * h) * (V - value(parameter::E_Na));
        break;
      case 6:
        out = value(parameter::g_K) * ((n * n) * (n * n)) * (V - value(parameter::E_K));
        break;
      case 7:
        out = value(parameter::g_L) * (V - value(parameter::E_L));
        break;
      default:
        break;
    }
    // Gates may overflow a step before the voltage does, and each machine has its own NaN.
    const auto rounded = static_cast<Scalar>(out);
    b.traces[(v * b.trace_rows + row) * b.window_samples + column] =
        rounded == rounded ? rounded : from_bits(Format<Scalar>::nan_bits);
  }
}

/// Plans the lane's next step or steps: a partial one up to an edge or the end of the present step,
/// or whole ones until something is due.
template <class Real, DriveKind kind>
HHSWEEP_HD void schedule(LaneGroup<Real>& group, LoopState<Real>& loop, int lane) {
  using Scalar = ScalarOf<Real>;
  const auto& b = *group.batch;
  const std::int64_t i = group.first_slot + lane;
  LaneClock& clock = group.clock[lane];
  const std::int64_t step = clock.step;
  const double fraction = clock.fraction;
  const double to_edge = b.next_edge[i] - static_cast<double>(step);
  double span = 1;
  std::int64_t steps = 1;
  clock.partial = fraction > 0 || to_edge < 1;
  if (clock.partial) {
    clock.target = lesser(to_edge, 1.0);
    span = clock.target - fraction;
  } else {
    steps = static_cast<std::int64_t>(round_down(lesser(to_edge, 0x1p30)));
    steps = group.stop_step - step < steps ? group.stop_step - step : steps;
    const double to_bound = -round_down(static_cast<double>(step) - next_bound(b, i));
    if (to_bound >= 1 && to_bound < static_cast<double>(steps)) {
      steps = static_cast<std::int64_t>(to_bound);
    }
    if (is_traced(b, i)) {
      const std::int64_t to_sample = b.run.sample_every - step % b.run.sample_every;
      steps = to_sample < steps ? to_sample : steps;
    }
  }
  const auto full = static_cast<Scalar>(span * b.run.dt_ms);
  set_lane(loop.size.full, lane, full);
  set_lane(loop.size.half, lane, full * static_cast<Scalar>(0.5));
  set_lane(loop.size.sixth, lane, full * static_cast<Scalar>(1.0 / 6.0));
  set_lane(loop.span, lane, static_cast<Scalar>(span));
  set_lane(loop.due, lane, BitsOf<Scalar>(clock.since + static_cast<std::uint32_t>(steps)));
  if constexpr (kind != DriveKind::constant) {
    set_lane(loop.position, lane,
             static_cast<Scalar>(static_cast<double>(step - b.anchor[i]) + fraction));
    if (kind == DriveKind::varying || b.population.stimulus_varies) {
      set_oscillators(group, lane, span);
    }
  }
  if constexpr (kind == DriveKind::sampled) schedule_samplers(group, loop, lane);
}

/// Brings a lane's clock to iteration `now`, deals with what it has come to, and plans on. At the
/// first iteration the loop takes up what the batch holds.
template <class Real, DriveKind kind>
HHSWEEP_BULKY void go_on(LaneGroup<Real>& group, LoopState<Real>& loop, const StepEnds<Real>& ends,
                         State<Real>& y, State<Real>& lost, Real& undriven, std::uint32_t now,
                         int lane) {
  const auto& b = *group.batch;
  const std::int64_t i = group.first_slot + lane;
  LaneClock& clock = group.clock[lane];
  advance_clock(clock, now);
  if constexpr (kind == DriveKind::sampled) {
    settle_samplers(group.workspace.samplers, b.population.stimuli, b.population.stimulus_count);
  }
  const double x = position(clock);
  const bool traced = is_traced(b, i);
  // A whole step ends there, so a lane that gets that far stands on it.
  const bool at_stop = clock.step >= group.stop_step;
  if (now == 0) follow_extrema(group, loop, lane);
  if (b.phase[i] != Phase::diverged) {
    if (x >= next_bound(b, i)) cross_window_bounds(group, loop, ends, y, lane);
    const bool decided = b.run.event_spikes > 0 &&
                         (b.spike_count[i] >= b.run.event_spikes || x >= b.run.window_stop);
    // A sample at the window's end belongs to the next window, that at the end of the run too.
    if ((x >= b.run.end && !at_stop) || decided) {
      if (traced) sample(group, y, lane);
      b.phase[i] = Phase::finished;
    }
  }
  if (at_stop || b.phase[i] != Phase::running) {
    retire(group, loop, y, lost, undriven, lane);
    return;
  }
  if (x >= b.next_edge[i]) {
    cross_edge<Real, kind>(group, loop, y, lane);
  } else {
    // Even where it is there already: else a CUDA thread spills a value in every step.
    take_up_piece<Real, kind>(group, loop, lane);
  }
  if (traced) sample(group, y, lane);
  schedule<Real, kind>(group, loop, lane);
}

/// Called when the clocks of the lanes `due` have reached something: the end, a full set of slots,
/// the window's end, an edge or the end of a step cut short by one, a sample, a bound of the record
/// window. `now` is the iteration. One call for all of them, since the loop saves its registers
/// around it; each lane goes on by a function of its own, since the host compiles a cold one for
/// size.
template <class Real, DriveKind kind>
HHSWEEP_COLD void on_due(LaneGroup<Real>& group, LoopState<Real>& loop, const StepEnds<Real>& ends,
                         State<Real>& y, State<Real>& lost, Real& undriven, std::uint32_t now,
                         MaskOf<Real> due) {
  for_each_lane(
      due, [&](int lane) { go_on<Real, kind>(group, loop, ends, y, lost, undriven, now, lane); });
}

/// Keeps one spike of slot i: in its slots, in its statistics. True when the neuron must stop for
/// it.
template <class Scalar>
HHSWEEP_HD bool keep_spike(const BatchView<Scalar>& b, std::int64_t i, double t_ms) {
  bool stop = false;
  if (b.run.spike_slots > 0) {
    const std::int32_t used = b.slots_used[i];
    b.slots[used * b.capacity + i] = t_ms;
    b.slots_used[i] = used + 1;
    if (used + 1 == b.run.spike_slots) {
      b.phase[i] = Phase::stalled;
      stop = true;
    }
  }
  if (t_ms >= b.run.window_start_ms && t_ms < b.run.window_stop_ms) {
    SpikeStatistics s{b.spike_count[i], b.first_spike_time[i], b.last_spike_time[i], b.isi_mean[i],
                      b.isi_square_sum[i]};
    s.add(t_ms);
    b.spike_count[i] = s.count;
    b.first_spike_time[i] = s.first_ms;
    b.last_spike_time[i] = s.last_ms;
    b.isi_mean[i] = s.isi_mean;
    b.isi_square_sum[i] = s.isi_square_sum;
    stop = stop || (b.run.event_spikes > 0 && s.count >= b.run.event_spikes);
  }
  return stop;
}

/// Called after a step in which a lane diverged, crossed the threshold, or may have passed an
/// extremum. `now` is the iteration of the step.
template <class Real>
HHSWEEP_COLD void on_notable(LaneGroup<Real>& group, LoopState<Real>& loop,
                             const StepEnds<Real>& ends, const State<Real>& y, std::uint32_t now,
                             int lane) {
  using Scalar = ScalarOf<Real>;
  const auto& b = *group.batch;
  const std::int64_t i = group.first_slot + lane;
  if (group.clock[lane].parked) return;
  LaneClock clock = group.clock[lane];
  const bool partial = clock.partial;
  const double span = partial ? clock.target - clock.fraction : 1;
  if (!partial) clock.step += now - clock.since;
  const Scalar V1 = lane_of(y.V, lane);
  if (!(magnitude(V1) < static_cast<Scalar>(divergence_limit))) {
    b.phase[i] = Phase::diverged;
    b.diverged_time[i] = time_of(clock.step, clock.fraction + span, b.run.dt_ms);
    set_lane(loop.due, lane, BitsOf<Scalar>(now + 1));
    return;
  }
  const StepCubic cubic = last_cubic(ends, y, loop, lane);
  const Scalar level = lane_of(loop.level, lane);
  if (lane_of(ends.V0, lane) < level && V1 >= level) {
    const double s = crossing(cubic, static_cast<double>(level));
    set_lane(loop.level, lane, infinity<Scalar>());
    if (keep_spike(b, i, time_of(clock.step, fma(s, span, clock.fraction), b.run.dt_ms))) {
      set_lane(loop.due, lane, BitsOf<Scalar>(now + 1));
    }
  }
  if (b.tracking[i] == Tracking::inside &&
      (lane_of(ends.d0, lane) > 0) != (lane_of(ends.d1, lane) > 0)) {
    const double end = position(clock) + span;
    const double to = end > b.run.window_stop ? 1 - (end - b.run.window_stop) / span : 1;
    consider_step(b, i, cubic, clock.step, clock.fraction, span, 0.0, to);
    follow_extrema(group, loop, lane);
  }
}

/// Called where a sample that begins at iteration `now` turns a lane's voltage round, beyond its
/// extrema so far.
template <class Real>
HHSWEEP_COLD void on_corner(LaneGroup<Real>& group, LoopState<Real>& loop, const State<Real>& y,
                            std::uint32_t now, int lane) {
  const auto& b = *group.batch;
  LaneClock clock = group.clock[lane];
  advance_clock(clock, now);
  consider(b, group.first_slot + lane, static_cast<double>(lane_of(y.V, lane)),
           time_of(clock.step, clock.fraction, b.run.dt_ms));
  follow_extrema(group, loop, lane);
}

/// Lanes of `beyond` whose voltage turns round at the sample that begins there.
template <class Real>
HHSWEEP_HD MaskOf<Real> turning_lanes(const LaneGroup<Real>& group, const LoopState<Real>& loop,
                                      const StepEnds<Real>& ends, const Real& undriven,
                                      const MaskOf<Real>& beyond) {
  const Real zero = Real(ScalarOf<Real>(0));
  const Real after = undriven + drive_at_start(group, loop);
  return beyond & ((ends.d1 > zero) ^ (after > zero));
}

/// Lanes that have diverged or crossed the threshold in their last step.
template <class Real>
HHSWEEP_HD MaskOf<Real> passing_lanes(const LoopState<Real>& loop, const StepEnds<Real>& ends,
                                      Real V1) {
  const auto sane = magnitude(V1) < Real(static_cast<ScalarOf<Real>>(divergence_limit));
  const auto crossed = (ends.V0 < loop.level) & (V1 >= loop.level);
  return (!sane) | crossed;
}

/// Lanes whose voltage turned round within their last step.
template <class Real>
HHSWEEP_HD MaskOf<Real> turned_lanes(const StepEnds<Real>& ends) {
  const Real zero = Real(ScalarOf<Real>(0));
  return (ends.d0 > zero) ^ (ends.d1 > zero);
}

/// Lanes whose extremum within their last step, if there is one, may lie beyond those so far.
template <class Real>
HHSWEEP_HD MaskOf<Real> reaching_lanes(const LoopState<Real>& loop, const StepEnds<Real>& ends,
                                       Real V1) {
  // 4/27 h (d0 - d1) bounds how far the cubic can pass its ends
  const Real reach =
      Real(static_cast<ScalarOf<Real>>(0.15)) * (loop.size.full * (ends.d0 - ends.d1));
  const auto higher = greater(ends.V0, V1) + reach > loop.V_max;
  const auto lower = lesser(ends.V0, V1) + reach < loop.V_min;
  return higher | lower;
}

/// What on_due and on_notable see of a loop over one lane: a copy, so that the loop's own values
/// have no address and stay in a CUDA thread's registers. Packs, many as they are, are handed over
/// themselves.
template <class Real>
struct LoopCopy {
  LoopState<Real> loop;
  StepEnds<Real> ends;
  State<Real> y, lost;
  Real undriven;
};

/// Calls cold(loop, ends, y, lost, undriven), or the same with `copy`, which holds whatever of
/// `loop` does not change from step to step; then reload(), for what is not worth being kept across
/// a call.
template <DriveKind kind, class Real, class Reload, class Cold>
HHSWEEP_HD void call_cold(LoopCopy<Real>& copy, LoopState<Real>& loop, StepEnds<Real>& ends,
                          State<Real>& y, State<Real>& lost, Real& undriven, Reload reload,
                          Cold cold) {
  if constexpr (RealTraits<Real>::lanes > 1) {
    cold(loop, ends, y, lost, undriven);
  } else {
    copy.loop.level = loop.level;
    if constexpr (kind != DriveKind::constant) copy.loop.position = loop.position;
    if constexpr (kind == DriveKind::sampled) {
      copy.loop.drive = loop.drive;
      copy.loop.sample_due = loop.sample_due;
    }
    copy.ends = ends;
    copy.y = y;
    copy.lost = lost;
    copy.undriven = undriven;
    cold(copy.loop, copy.ends, copy.y, copy.lost, copy.undriven);
    loop = copy.loop;
    y = copy.y;
    lost = copy.lost;
    undriven = copy.undriven;
    reload();
  }
}

/// The time loop; see integrate.
template <DriveKind kind, class Real, class Membrane, class Reload>
HHSWEEP_HD void time_loop(const BatchView<ScalarOf<Real>>& batch, Membrane& membrane, Reload reload,
                          std::int64_t first_slot, std::int64_t stop_step,
                          const Workspace<Real>& workspace) {
  constexpr int lanes = RealTraits<Real>::lanes;
  LaneGroup<Real> group;
  group.batch = &batch;
  group.workspace = workspace;
  group.first_slot = first_slot;
  group.stop_step = stop_step;
  group.running = lanes;

  State<Real> y, lost;
  Real* const parts[] = {&y.V, &y.m, &y.h, &y.n, &lost.V, &lost.m, &lost.h, &lost.n};
  for (int part = 0; part < 8; ++part) {
    load_lanes(*parts[part], batch.state + part * batch.capacity + first_slot);
  }
  detail::LoopCopy<Real> copy{};
  LoopState<Real> loop{};
  load_lanes(loop.level, batch.level + first_slot);
  const Real zero = Real(ScalarOf<Real>(0));
  Real undriven = membrane.voltage_slope(y, zero);
  StepEnds<Real> ends{y.V, undriven, undriven};
  if constexpr (kind == DriveKind::sampled) {
    loop.sample_due = sampler::never;
    detail::load_samplers(group);
  }

  for (int lane = 0; lane < lanes; ++lane) {
    const std::int64_t i = first_slot + lane;
    const bool running = i < batch.count && batch.phase[i] == Phase::running;
    group.clock[lane] = {
        running ? batch.step[i] : 0, running ? batch.fraction[i] : 0, 0, false, 0, false};
    if (!running) detail::park(group, loop, y, lost, undriven, lane);
  }

  if (group.running == 0) return;
  for (std::uint32_t iteration = 0;; ++iteration) {
    if constexpr (kind == DriveKind::sampled) {
      if (iteration >= loop.sample_due) {
        const PopulationView& p = batch.population;
        const auto begun = begin_due_samples(workspace.samplers, batch.waveforms, p.stimuli,
                                             p.stimulus_count, iteration);
        loop.sample_due = begun.next_due;
        loop.drive = drive_with_noise(workspace.samplers, p.stimuli, p.stimulus_count);
        // Rare, so looked at before it is known where the voltage turns.
        const auto beyond = begun.lanes & ((y.V > loop.V_max) | (y.V < loop.V_min));
        if (any(beyond)) {
          const auto corners =
              detail::turning_lanes(group, loop, ends, undriven, MaskOf<Real>(beyond));
          for_each_lane(corners, [&](int lane) {
            detail::call_cold<kind>(copy, loop, ends, y, lost, undriven, reload,
                                    [&](auto& loop, auto&, auto& y, auto&, auto&) {
                                      detail::on_corner(group, loop, y, iteration, lane);
                                    });
          });
        }
      }
    }
    const auto due = equal_bits(loop.due, BitsOf<Real>(iteration));
    if (any(due)) {
      detail::call_cold<kind>(copy, loop, ends, y, lost, undriven, reload, [&](auto&... parts) {
        detail::on_due<Real, kind>(group, parts..., iteration, due);
      });
      if (group.running == 0) break;
    }
    const StepDrive<Real> drive = detail::step_drive<kind>(group, loop);
    ends.V0 = y.V;
    ends.d0 = undriven + drive.start;
    rk4_step(membrane, loop.size, drive, undriven, y, lost);
    undriven = membrane.voltage_slope(y, zero);
    ends.d1 = undriven + drive.end;
    loop.level = select(ends.V0 < membrane.rearm(), membrane.threshold(), loop.level);
    const auto passing = detail::passing_lanes(loop, ends, y.V);
    const auto turned = detail::turned_lanes(ends);
    if (any(MaskOf<Real>(passing | turned))) {
      const auto notable = passing | (turned & detail::reaching_lanes(loop, ends, y.V));
      for_each_lane(notable, [&](int lane) {
        detail::call_cold<kind>(copy, loop, ends, y, lost, undriven, reload,
                                [&](auto& loop, auto& ends, auto& y, auto&, auto&) {
                                  detail::on_notable(group, loop, ends, y, iteration, lane);
                                });
      });
    }
  }
}

}  // namespace detail

/// Integrates the lanes of one Real, slots first_slot .. first_slot + lanes - 1 of the batch, up to
/// `stop_step` or as far as each gets: to its end, its divergence, or a full set of spike slots.
/// `workspace` is memory for the stimuli, as far as the kind of drive takes it.
template <class Real, class Membrane, DriveKind kind>
HHSWEEP_HD void integrate(const BatchView<ScalarOf<Real>>& batch, std::int64_t first_slot,
                          std::int64_t stop_step, const Workspace<Real>& workspace) {
  const auto load = [&] { return detail::load_membrane<Membrane, Real>(batch, first_slot); };
  Membrane membrane = load();
  detail::time_loop<kind>(
      batch, membrane, [&] { membrane = load(); }, first_slot, stop_step, workspace);
}

/// The same with a membrane that the caller holds, for a CUDA thread in constant memory.
template <class Real, DriveKind kind, class Membrane>
HHSWEEP_HD void integrate(const BatchView<ScalarOf<Real>>& batch, const Membrane& membrane,
                          std::int64_t first_slot, std::int64_t stop_step,
                          const Workspace<Real>& workspace) {
  detail::time_loop<kind>(
      batch, membrane, [] {}, first_slot, stop_step, workspace);
}

/// Puts slot i at the start of its run: values of swept parameters, folded membrane, initial state.
/// A membrane or a start that all neurons share is not worked out: it is in the batch, and in
/// `shared_start`. A NaN among the batch's search values leaves that neuron out of the run.
template <class Real, class Membrane>
HHSWEEP_HD void prepare(const BatchView<ScalarOf<Real>>& b, std::int64_t i,
                        const State<double>* shared_start) {
  using Scalar = ScalarOf<Real>;
  const PopulationView& population = b.population;
  const std::uint64_t place =
      b.first_neuron + static_cast<std::uint64_t>(i < b.count ? i : b.count - 1);
  const std::uint64_t neuron =
      population.selection == nullptr ? place : population.selection[place];
  const double search_value = b.search_values != nullptr ? b.search_values[i] : 0;
  for (std::int32_t s = 0; s < population.source_count; ++s) {
    const ParameterSource& source = population.sources[s];
    b.swept[s * b.capacity + i] =
        source.form == SourceForm::neuron
            ? search_value
            : source_value_at(source, population.table, neuron / source.stride % source.count);
  }
  double p[parameter::stimulus_parameters];
  if (!b.membrane_shared || shared_start == nullptr) membrane_parameters<Real>(b, i, p);
  if (!b.membrane_shared) {
    double c[Membrane::count];
    Membrane::fold(p, c);
    for (int k = 0; k < Membrane::count; ++k) {
      b.membrane[k * b.membrane_stride + i] = static_cast<Scalar>(c[k]);
    }
  }
  const State<double> y = shared_start != nullptr
                              ? *shared_start
                              : initial_state<Real>(p, population.forms, population.start);
  const double parts[] = {y.V, y.m, y.h, y.n};
  for (int k = 0; k < 4; ++k) {
    const auto rounded = static_cast<Scalar>(parts[k]);
    b.state[k * b.capacity + i] = rounded;
    b.state[(4 + k) * b.capacity + i] =
        static_cast<Scalar>(static_cast<double>(rounded) - parts[k]);
  }
  if (b.sampler_reals != nullptr) detail::prepare_samplers<Real>(b, i, neuron);
  b.level[i] = detail::infinity<Scalar>();
  b.step[i] = 0;
  b.fraction[i] = 0;
  b.next_edge[i] = 0;
  b.phase[i] = search_value == search_value ? Phase::running : Phase::finished;
  b.tracking[i] = Tracking::before;
  b.V_max[i] = -no_edge();
  b.V_min[i] = no_edge();
  b.V_max_time[i] = 0;
  b.diverged_time[i] = canonical_nan();
  b.spike_count[i] = 0;
  b.first_spike_time[i] = 0;
  b.last_spike_time[i] = 0;
  b.isi_mean[i] = 0;
  b.isi_square_sum[i] = 0;
  b.slots_used[i] = 0;
}

}  // namespace hhsweep
