// SPDX-License-Identifier: MIT
#pragma once

#include "hhsweep/lane_group.hpp"

/// The stimulus of the lanes in the time loop: the scalar side, which sets up what a lane's edges
/// change, and step_drive, which says what acts over the next step.
namespace hhsweep::detail {

/// Steps after which a moving drive is anchored anew: positions stay exact in float, and the second
/// difference of a chirp's phase, rounded to 2^-64 turns, has moved the phase by 1e-12 at most.
inline constexpr std::int64_t anchor_steps = 4096;

/// The piece of stimulus that begins at the lane's position.
template <class Real>
HHSWEEP_HD void begin_piece(const BatchView<ScalarOf<Real>>& b, std::int64_t i,
                            const LaneClock& clock) {
  using Scalar = ScalarOf<Real>;
  const double x = position(clock);
  const auto context = stimulus_context<Real>(b, i);
  const SlotValues<Real> value{&b, i};
  double current = 0;
  double slope = 0;
  double next = b.run.end;
  for (int s = 0; s < b.population.stimulus_count; ++s) {
    const Piece piece = piece_at(context, b.population.stimuli[s], x);
    current += piece.current;
    slope += piece.slope;
    next = lesser(piece.next_edge, next);
  }
  if (b.population.stimulus_varies) {
    next = lesser(static_cast<double>((clock.step / anchor_steps + 1) * anchor_steps), next);
  }
  const double inverse_C = 1.0 / value(parameter::C_m);
  const double leak = conductance<Scalar>(value(parameter::g_L), inverse_C) * value(parameter::E_L);
  b.anchor[i] = clock.step;
  b.next_edge[i] = next;
  b.drive[i] = static_cast<Scalar>(fma(fma(-slope, clock.fraction, current), inverse_C, leak));
  b.drive_slope[i] = static_cast<Scalar>(slope * inverse_C);
}

/// Lets the loop drive a lane by its present piece of stimulus.
template <class Real, DriveKind kind>
HHSWEEP_HD void take_up_piece(const LaneGroup<Real>& group, LoopState<Real>& loop, int lane) {
  const auto& b = *group.batch;
  const std::int64_t i = group.first_slot + lane;
  set_lane(loop.drive, lane, b.drive[i]);
  if constexpr (kind != DriveKind::constant) set_lane(loop.drive_slope, lane, b.drive_slope[i]);
}

/// Sets a lane's oscillators for steps of `span` from the lane's position on. Whole steps continue
/// the recurrence from the anchor in exact integers, so that it does not matter when this is
/// called.
template <class Real>
HHSWEEP_HD void set_oscillators(const LaneGroup<Real>& group, int lane, double span) {
  using Scalar = ScalarOf<Real>;
  const auto& b = *group.batch;
  const std::int64_t i = group.first_slot + lane;
  const LaneClock& clock = group.clock[lane];
  const auto context = stimulus_context<Real>(b, i);
  const double inverse_C = 1.0 / context.values(parameter::C_m);
  const double x = position(clock);
  for (int s = 0; s < b.population.stimulus_count; ++s) {
    if (!oscillates(b.population.stimuli[s])) continue;
    const Oscillation o = oscillation_at(context, b.population.stimuli[s], x);
    std::uint64_t phase, velocity, acceleration;
    if (clock.partial) {
      const double f = clock.fraction;
      phase = phase_at(o, clock.step, f);
      const std::uint64_t middle = phase_at(o, clock.step, f + 0.5 * span);
      velocity = middle - phase;
      acceleration = phase_at(o, clock.step, f + span) - middle - velocity;
    } else {
      const std::int64_t anchor = b.anchor[i];
      const auto q = static_cast<std::uint64_t>(clock.step - anchor) * 2;
      const double from_on = static_cast<double>(anchor) - o.on;
      acceleration = phase_bits(0.5 * o.b);
      velocity = phase_bits(0.5 * o.a + o.b * (from_on + 0.25));
      phase = phase_at(o, anchor, 0.0) + velocity * q +
              acceleration * ((q >> 1) * (q == 0 ? 0 : q - 1));
      velocity += acceleration * q;
    }
    Oscillator<Real>& oscillator = group.workspace.oscillators[s];
    set_lane(oscillator.amplitude, lane, static_cast<Scalar>(o.amplitude * inverse_C));
    oscillator.phase.set(lane, phase);
    oscillator.velocity.set(lane, velocity);
    oscillator.acceleration.set(lane, acceleration);
  }
}

/// Words 1 to 3 of a noise's counter: the same for neurons with the same indices along its redraw
/// axes, whatever the lengths and the order of those and all other axes. Index 0 along an axis is
/// like having no such axis.
HHSWEEP_HD RandomWords<std::uint32_t> noise_identity(const RedrawAxis* axes, int count,
                                                     std::uint64_t neuron) {
  RandomWords<std::uint32_t> identity{};
  for (int a = 0; a < count; ++a) {
    const std::uint64_t index = neuron / axes[a].stride % axes[a].count;
    if (index == 0) continue;
    const auto mixed =
        philox(RandomWords<std::uint32_t>{{static_cast<std::uint32_t>(index),
                                           static_cast<std::uint32_t>(index >> 32), 0u, 0u}},
               axes[a].key);
    for (int i = 0; i < 3; ++i) identity.w[i] ^= mixed.w[i];
  }
  return identity;
}

/// Puts the sampled stimuli of slot i at the start of their run.
template <class Real>
HHSWEEP_HD void prepare_samplers(const BatchView<ScalarOf<Real>>& b, std::int64_t i,
                                 std::uint64_t neuron) {
  using Scalar = ScalarOf<Real>;
  const auto context = stimulus_context<Real>(b, i);
  for (int s = 0; s < b.population.stimulus_count; ++s) {
    const StimulusSpec& spec = b.population.stimuli[s];
    if (!is_sampled(spec)) continue;
    const double sample_ms = number(context, spec, slot::sample_dt);
    double gain, rate;
    RandomWords<std::uint32_t> words{};
    if (spec.kind == StimulusKind::ou) {
      const double h = sample_ms / number(context, spec, slot::ou_tau);
      gain = expm1(-h);
      rate = number(context, spec, slot::amplitude) * square_root(-expm1(-2 * h));
      words = noise_identity(b.population.redraw + spec.first_redraw, spec.redraw_count, neuron);
    } else {
      gain = number(context, spec, slot::amplitude) / context.values(parameter::C_m);
      rate = 1.0 / position_of(sample_ms, b.run.dt_ms);
      const auto column =
          static_cast<std::int64_t>(number(context, spec, slot::waveform_column)) - 1;
      words.w[0] = static_cast<std::uint32_t>(spec.first_sample + column * spec.sample_count);
    }
    b.sampler_real(s, sampler::level)[i] = 0;
    b.sampler_real(s, sampler::slope)[i] = 0;
    b.sampler_real(s, sampler::gain)[i] = static_cast<Scalar>(gain);
    b.sampler_real(s, sampler::rate)[i] = static_cast<Scalar>(rate);
    b.sampler_word(s, sampler::count)[i] = 0;
    for (int w = 0; w < 3; ++w) b.sampler_word(s, sampler::word_1 + w)[i] = words.w[w];
  }
}

/// Takes the samplers up from the batch at the start of a launch.
template <class Real>
HHSWEEP_HD void load_samplers(const LaneGroup<Real>& group) {
  using Bits = BitsOf<Real>;
  const auto& b = *group.batch;
  const SamplerSpan<Real>& samplers = group.workspace.samplers;
  const auto everywhere = equal_bits(Bits(0), Bits(0));
  for (int s = 0; s < b.population.stimulus_count; ++s) {
    const StimulusSpec& spec = b.population.stimuli[s];
    if (!is_sampled(spec)) continue;
    for (int f = 0; f < sampler::kept_reals; ++f) {
      load_lanes(samplers.real(s, f), b.sampler_real(s, f) + group.first_slot);
    }
    for (int f = 0; f < sampler::kept_words; ++f) {
      load_lanes(samplers.word(s, f), b.sampler_word(s, f) + group.first_slot);
    }
    if (RealTraits<Real>::lanes > 1) samplers.steps[s] = {};
    samplers.word(s, sampler::due) = Bits(sampler::never);
    samplers.word(s, sampler::stride) = Bits(0);
    samplers.real(s, sampler::place) = Real(ScalarOf<Real>(0));
    if (spec.kind == StimulusKind::ou) {
      keep_normals(samplers, s, normals_of(samplers, spec.key, s, samplers.word(s, sampler::count)),
                   everywhere);
    }
  }
}

/// Puts a lane's samplers back into the batch.
template <class Real>
HHSWEEP_HD void save_samplers(const LaneGroup<Real>& group, int lane) {
  const auto& b = *group.batch;
  if (b.sampler_reals == nullptr) return;
  const std::int64_t i = group.first_slot + lane;
  const SamplerSpan<Real>& samplers = group.workspace.samplers;
  for (int s = 0; s < b.population.stimulus_count; ++s) {
    if (!is_sampled(b.population.stimuli[s])) continue;
    b.sampler_real(s, sampler::level)[i] = lane_of(samplers.real(s, sampler::level), lane);
    b.sampler_real(s, sampler::slope)[i] = lane_of(samplers.real(s, sampler::slope), lane);
    b.sampler_word(s, sampler::count)[i] = lane_of(samplers.word(s, sampler::count), lane);
  }
}

/// Lets a lane's samplers add nothing to the drive, and begin no sample.
template <class Real>
HHSWEEP_HD void silence_sampler(const SamplerSpan<Real>& samplers, int s, int lane) {
  using Scalar = ScalarOf<Real>;
  set_lane(samplers.real(s, sampler::level), lane, Scalar(0));
  set_lane(samplers.real(s, sampler::slope), lane, Scalar(0));
  set_lane(samplers.real(s, sampler::place), lane, Scalar(0));
  set_lane(samplers.word(s, sampler::count), lane, BitsOf<Scalar>(0));
  set_lane(samplers.word(s, sampler::due), lane, BitsOf<Scalar>(sampler::never));
}

/// The block of deviates that holds a lane's next sample.
template <class Real>
HHSWEEP_HD NormalBlock<ScalarOf<Real>> lane_normals(const LaneGroup<Real>& group, int s, int lane) {
  using Scalar = ScalarOf<Real>;
  const SamplerSpan<Real>& samplers = group.workspace.samplers;
  return normal_block<Scalar>(group.batch->population.stimuli[s].key,
                              {{lane_of(samplers.word(s, sampler::count), lane) >> 2,
                                lane_of(samplers.word(s, sampler::word_1), lane),
                                lane_of(samplers.word(s, sampler::word_2), lane),
                                lane_of(samplers.word(s, sampler::word_3), lane)}});
}

/// Begins the next sample of one lane as begin_due_samples does for many. It begins `offset` steps
/// after a whole step.
template <class Real>
HHSWEEP_HD void begin_sample(const LaneGroup<Real>& group, int s, int lane, double offset) {
  using Scalar = ScalarOf<Real>;
  const auto& b = *group.batch;
  const SamplerSpan<Real>& samplers = group.workspace.samplers;
  const StimulusSpec& spec = b.population.stimuli[s];
  const auto count = lane_of(samplers.word(s, sampler::count), lane);
  const Scalar gain = lane_of(samplers.real(s, sampler::gain), lane);
  const Scalar rate = lane_of(samplers.real(s, sampler::rate), lane);
  Scalar level = lane_of(samplers.real(s, sampler::level), lane);
  if (spec.kind == StimulusKind::ou) {
    const Scalar normal = lane_normals(group, s, lane).normal[count & 3];
    const auto context = stimulus_context<Real>(b, group.first_slot + lane);
    level = count == 0 ? static_cast<Scalar>(number(context, spec, slot::amplitude)) * normal
                       : next_deviation(level, gain, rate, normal);
  } else {
    const Scalar* sample =
        b.waveforms + static_cast<std::int64_t>(lane_of(samplers.word(s, sampler::word_1), lane)) +
        static_cast<std::int64_t>(count);
    const Scalar start = sample[0] * gain;
    const Scalar slope = (sample[1] * gain - start) * rate;
    level = fma(-slope, static_cast<Scalar>(offset), start);
    set_lane(samplers.real(s, sampler::slope), lane, slope);
  }
  set_lane(samplers.real(s, sampler::level), lane, level);
  set_lane(samplers.word(s, sampler::count), lane, count + 1);
}

/// Makes the block of deviates of a lane's next sample.
template <class Real>
HHSWEEP_HD void fill_lane_normals(const LaneGroup<Real>& group, int s, int lane) {
  using Scalar = ScalarOf<Real>;
  const SamplerSpan<Real>& samplers = group.workspace.samplers;
  const NormalBlock<Scalar> block = lane_normals(group, s, lane);
  for (int n = 0; n < 4; ++n) {
    set_lane(samplers.real(s, sampler::normal_0 + n), lane, block.normal[n]);
  }
}

/// At an edge at position x: begins the samples of a lane that the loop does not begin by itself,
/// the first one and those between whole steps, and ends stimuli that are over.
template <class Real>
HHSWEEP_HD void begin_samples_at_edge(const LaneGroup<Real>& group, int lane, double x) {
  const auto& b = *group.batch;
  const SamplerSpan<Real>& samplers = group.workspace.samplers;
  const auto context = stimulus_context<Real>(b, group.first_slot + lane);
  for (int s = 0; s < b.population.stimulus_count; ++s) {
    const StimulusSpec& spec = b.population.stimuli[s];
    if (!is_sampled(spec)) continue;
    const SampledSpan span = sampled_span(context, spec);
    if (!(x >= span.grid.start && x < span.off)) {
      silence_sampler(samplers, s, lane);
      continue;
    }
    const auto count = [&] {
      return static_cast<double>(lane_of(samplers.word(s, sampler::count), lane));
    };
    if (span.grid.position(count()) > x) continue;
    for (double at; (at = span.grid.position(count())) <= x;) {
      begin_sample(group, s, lane, at - round_down(at));
    }
    if (spec.kind == StimulusKind::ou && span.grid.on_steps()) fill_lane_normals(group, s, lane);
  }
}

/// Says when the loop is to begin the next samples of a lane whose step has been planned, where the
/// present ones have got to, and what the drive is.
template <class Real>
HHSWEEP_HD void schedule_samplers(const LaneGroup<Real>& group, LoopState<Real>& loop, int lane) {
  using Scalar = ScalarOf<Real>;
  const auto& b = *group.batch;
  const std::int64_t i = group.first_slot + lane;
  const LaneClock& clock = group.clock[lane];
  const SamplerSpan<Real>& samplers = group.workspace.samplers;
  const auto context = stimulus_context<Real>(b, i);
  const double x = position(clock);
  const auto inverse_C = static_cast<Scalar>(1.0 / context.values(parameter::C_m));
  Scalar drive = b.drive[i];
  set_lane(samplers.steady_drive(), lane, drive);
  set_lane(samplers.inverse_C(), lane, inverse_C);
  for (int s = 0; s < b.population.stimulus_count; ++s) {
    const StimulusSpec& spec = b.population.stimuli[s];
    if (!is_sampled(spec)) continue;
    const auto count = static_cast<double>(lane_of(samplers.word(s, sampler::count), lane));
    if (count == 0) continue;
    const SampledSpan span = sampled_span(context, spec);
    auto due = std::uint32_t{sampler::never};
    const double next = span.grid.position(count);
    if (span.grid.on_steps() && next < span.off) {
      const auto steps = static_cast<std::int64_t>(next) - clock.step;
      if (!clock.partial) {
        if (steps < 0x40000000) due = clock.since + static_cast<std::uint32_t>(steps);
      } else if (clock.target == 1.0 && steps == 1) {
        due = clock.since + 1;
      }
      set_lane(samplers.word(s, sampler::stride), lane,
               BitsOf<Scalar>(static_cast<std::uint32_t>(lesser(span.grid.step, 0x1p30))));
    }
    set_lane(samplers.word(s, sampler::due), lane, BitsOf<Scalar>(due));
    if (due < loop.sample_due) loop.sample_due = due;
    if (spec.kind == StimulusKind::ou) {
      drive = fma(lane_of(samplers.real(s, sampler::level), lane), inverse_C, drive);
    } else {
      set_lane(samplers.real(s, sampler::place), lane,
               static_cast<Scalar>(x - round_down(span.grid.position(count - 1))));
    }
  }
  set_lane(loop.drive, lane, drive);
}

/// What the samples of a lane add to the stimulus at the whole step where it stands, uA/cm^2.
template <class Real>
HHSWEEP_HD double sampled_current(const LaneGroup<Real>& group, int lane) {
  const auto& b = *group.batch;
  if (b.sampler_reals == nullptr) return 0;
  const SamplerSpan<Real>& samplers = group.workspace.samplers;
  const auto context = stimulus_context<Real>(b, group.first_slot + lane);
  double sum = 0;
  for (int s = 0; s < b.population.stimulus_count; ++s) {
    const StimulusSpec& spec = b.population.stimuli[s];
    const auto count = is_sampled(spec) ? lane_of(samplers.word(s, sampler::count), lane) : 0;
    if (count == 0) continue;
    const auto level = static_cast<double>(lane_of(samplers.real(s, sampler::level), lane));
    if (spec.kind == StimulusKind::ou) {
      sum += level;
      continue;
    }
    const double began = sampled_span(context, spec).grid.position(static_cast<double>(count) - 1);
    const double place = static_cast<double>(group.clock[lane].step) - round_down(began);
    const auto slope = static_cast<double>(lane_of(samplers.real(s, sampler::slope), lane));
    sum += fma(slope, place, level) * context.values(parameter::C_m);
  }
  return sum;
}

/// Adds what moves on a line and what oscillates over the step.
template <class Real>
HHSWEEP_HD void add_moving(const LaneGroup<Real>& group, LoopState<Real>& loop,
                           StepDrive<Real>& drive) {
  const Real middle = fma(loop.span, Real(ScalarOf<Real>(0.5)), loop.position);
  const Real end = loop.position + loop.span;
  drive = {fma(loop.drive_slope, loop.position, loop.drive),
           fma(loop.drive_slope, middle, loop.drive), fma(loop.drive_slope, end, loop.drive)};
  loop.position = end;
  const PopulationView& population = group.batch->population;
  for (int s = 0; s < population.stimulus_count; ++s) {
    if (!oscillates(population.stimuli[s])) continue;
    Oscillator<Real>& o = group.workspace.oscillators[s];
    drive.start = fma(o.amplitude, sin_turns(o.phase.turns()), drive.start);
    o.phase.add(o.velocity);
    o.velocity.add(o.acceleration);
    drive.middle = fma(o.amplitude, sin_turns(o.phase.turns()), drive.middle);
    o.phase.add(o.velocity);
    o.velocity.add(o.acceleration);
    drive.end = fma(o.amplitude, sin_turns(o.phase.turns()), drive.end);
  }
}

/// Stimulus at the start of the step that is about to be made, mV/ms.
template <class Real>
HHSWEEP_HD Real drive_at_start(const LaneGroup<Real>& group, const LoopState<Real>& loop) {
  const PopulationView& population = group.batch->population;
  Real drive = loop.drive;
  if (population.stimulus_varies) drive = fma(loop.drive_slope, loop.position, drive);
  for (int s = 0; s < population.stimulus_count; ++s) {
    const StimulusKind kind = population.stimuli[s].kind;
    if (kind == StimulusKind::waveform) {
      const SamplerSpan<Real>& samplers = group.workspace.samplers;
      drive = drive + fma(samplers.real(s, sampler::slope), samplers.real(s, sampler::place),
                          samplers.real(s, sampler::level));
    } else if (oscillates(population.stimuli[s])) {
      const Oscillator<Real>& o = group.workspace.oscillators[s];
      drive = fma(o.amplitude, sin_turns(o.phase.turns()), drive);
    }
  }
  return drive;
}

/// Adds the lines between the samples of waveforms over the step.
template <class Real>
HHSWEEP_HD void add_waveforms(const LaneGroup<Real>& group, const LoopState<Real>& loop,
                              StepDrive<Real>& drive) {
  const SamplerSpan<Real>& samplers = group.workspace.samplers;
  const PopulationView& population = group.batch->population;
  for (int s = 0; s < population.stimulus_count; ++s) {
    if (population.stimuli[s].kind != StimulusKind::waveform) continue;
    const Real level = samplers.real(s, sampler::level);
    const Real slope = samplers.real(s, sampler::slope);
    Real& place = samplers.real(s, sampler::place);
    const Real end = place + loop.span;
    drive.start = drive.start + fma(slope, place, level);
    drive.middle =
        drive.middle + fma(slope, fma(loop.span, Real(ScalarOf<Real>(0.5)), place), level);
    drive.end = drive.end + fma(slope, end, level);
    place = end;
  }
}

/// Stimulus over the step that is about to be made.
template <DriveKind kind, class Real>
HHSWEEP_HD StepDrive<Real> step_drive(const LaneGroup<Real>& group, LoopState<Real>& loop) {
  if constexpr (kind == DriveKind::constant) {
    return {loop.drive, loop.drive, loop.drive};
  } else {
    const PopulationView& population = group.batch->population;
    StepDrive<Real> drive{loop.drive, loop.drive, loop.drive};
    if (kind == DriveKind::varying || population.stimulus_varies) add_moving(group, loop, drive);
    if (kind == DriveKind::sampled && population.has_waveforms) add_waveforms(group, loop, drive);
    return drive;
  }
}

}  // namespace hhsweep::detail
