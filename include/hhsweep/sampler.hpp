// SPDX-License-Identifier: MIT
#pragma once

#include "hhsweep/random.hpp"
#include "hhsweep/stimulus.hpp"

/// Stimuli made of samples (`ou`, `waveform`) on their way through the time loop. What the loop
/// needs of each lies in a SamplerSpan; samples that begin at whole steps are drawn or fetched for
/// all lanes of a Real at once.
namespace hhsweep {

/// What a sampler keeps for each lane.
namespace sampler {
enum RealField : int {
  level,     ///< ou: deviation from the mean, uA/cm^2; waveform: mV/ms where its place is 0
  slope,     ///< waveform: mV/ms a step
  gain,      ///< ou: e^(-sample_dt/tau) - 1; waveform: gain over C_m
  rate,      ///< ou: standard deviation of the innovation, uA/cm^2; waveform: 1/(steps a sample)
  place,     ///< waveform: steps since the whole step in which the present sample began
  normal_0,  ///< ou: the four deviates of a counter
  normal_1,
  normal_2,
  normal_3,
  real_fields
};
enum WordField : int {
  count,   ///< samples that have begun; 0 while off
  word_1,  ///< ou: which neurons have the same noise, in words 1 to 3 of the counter;
  word_2,  ///< waveform: word 1 is the place of its column
  word_3,
  due,     ///< iteration at which the next sample begins
  stride,  ///< iterations from sample to sample
  word_fields
};
/// The fields that outlast a launch come first in each list.
inline constexpr int kept_reals = rate + 1;
inline constexpr int kept_words = word_3 + 1;
/// Numbers that all stimuli of a lane share.
inline constexpr int shared_reals = 2;
/// No iteration has this number.
inline constexpr std::uint32_t never = 0xffffffffu;
}  // namespace sampler

/// What a sampler's lanes have in common while they are in step: the same due iteration, stride and
/// place in their blocks. Then the words of the lanes stay as they are, and `begun` says how many
/// samples they lag behind. Lanes start in step, and only edges between whole steps part them.
struct SamplerStep {
  bool known = false;  ///< whether in_step and what follows have been worked out
  bool in_step = false;
  std::uint32_t begun = 0;
  std::uint32_t due = 0, stride = 0, place = 0;
};

/// Memory of the samplers of one Real, fields `stride` apart; null without samplers.
template <class Real>
struct SamplerSpan {
  Real* reals;
  BitsOf<Real>* words;
  SamplerStep* steps;  ///< one a stimulus; not used by a lone lane
  std::int64_t stride;

  static constexpr std::int64_t reals_for(std::int64_t stimuli) {
    return sampler::shared_reals + stimuli * sampler::real_fields;
  }
  static constexpr std::int64_t words_for(std::int64_t stimuli) {
    return stimuli * sampler::word_fields;
  }
  /// Drive without what the ou add, mV/ms.
  HHSWEEP_HD Real& steady_drive() const { return reals[0]; }
  HHSWEEP_HD Real& inverse_C() const { return reals[stride]; }
  HHSWEEP_HD Real& real(int stimulus, int field) const {
    return reals[(sampler::shared_reals + stimulus * sampler::real_fields + field) * stride];
  }
  HHSWEEP_HD BitsOf<Real>& word(int stimulus, int field) const {
    return words[(stimulus * sampler::word_fields + field) * stride];
  }
};

/// mask ? a : b for words.
template <class Real>
HHSWEEP_HD BitsOf<Real> select_words(const MaskOf<Real>& mask, const BitsOf<Real>& a,
                                     const BitsOf<Real>& b) {
  return to_bits(select(mask, from_bits(a), from_bits(b)));
}

/// Deviates 4 block .. 4 block + 3 of the noise that words 1 to 3 and the key name.
template <class Real>
struct NormalBlock {
  Real normal[4];
};
template <class Real>
HHSWEEP_HD NormalBlock<Real> normal_block(StreamKey key, const RandomWords<BitsOf<Real>>& counter) {
  const RandomWords<BitsOf<Real>> random = philox(counter, key);
  const NormalPair<Real> a = normal_pair<Real>(random.w[0], random.w[1]);
  const NormalPair<Real> b = normal_pair<Real>(random.w[2], random.w[3]);
  return {{a.first, a.second, b.first, b.second}};
}

/// An Ornstein-Uhlenbeck process one sample later, exact for its time step (Gillespie, Phys. Rev. E
/// 54 (1996) 2084). The gain is the decay less one, so that slow ones keep their precision.
template <class Real>
HHSWEEP_HD Real next_deviation(Real deviation, Real gain, Real rate, Real normal) {
  return deviation + fma(gain, deviation, rate * normal);
}

/// What begin_due_samples did.
template <class Real>
struct BegunSamples {
  MaskOf<Real> lanes;      ///< where some sample began
  std::uint32_t next_due;  ///< no sample of any lane is due before
};

namespace detail {

/// Words that count modulo 4 by their top bits alone.
template <class Real>
HHSWEEP_HD BitsOf<Real> place_in_block(const BitsOf<Real>& count) {
  return count << (8 * static_cast<int>(sizeof(ScalarOf<Real>)) - 2);
}

/// The block of sample `count` of stimulus s.
template <class Real>
HHSWEEP_HD NormalBlock<Real> normals_of(const SamplerSpan<Real>& samplers, StreamKey key, int s,
                                        const BitsOf<Real>& count) {
  return normal_block<Real>(
      key, {{count >> 2, samplers.word(s, sampler::word_1), samplers.word(s, sampler::word_2),
             samplers.word(s, sampler::word_3)}});
}

/// Keeps a block for the lanes of `mask`.
template <class Real>
HHSWEEP_HD void keep_normals(const SamplerSpan<Real>& samplers, int s,
                             const NormalBlock<Real>& block, const MaskOf<Real>& mask) {
  for (int i = 0; i < 4; ++i) {
    Real& normal = samplers.real(s, sampler::normal_0 + i);
    normal = select(mask, block.normal[i], normal);
  }
}

/// The next sample of an ou begins on all lanes, which are in step.
template <class Real>
HHSWEEP_HD void next_ou_sample_in_step(const SamplerSpan<Real>& samplers, StreamKey key, int s,
                                       const SamplerStep& step) {
  using Word = BitsOf<ScalarOf<Real>>;
  if (step.place == 0) {
    const BitsOf<Real> count = samplers.word(s, sampler::count) + BitsOf<Real>(Word(step.begun));
    const NormalBlock<Real> block = normals_of(samplers, key, s, count);
    for (int i = 0; i < 4; ++i) samplers.real(s, sampler::normal_0 + i) = block.normal[i];
  }
  Real& level = samplers.real(s, sampler::level);
  level = next_deviation(level, samplers.real(s, sampler::gain), samplers.real(s, sampler::rate),
                         samplers.real(s, sampler::normal_0 + static_cast<int>(step.place)));
}

/// The next sample of an ou begins on the lanes of `begin`.
template <class Real>
HHSWEEP_HD void next_ou_sample(const SamplerSpan<Real>& samplers, StreamKey key, int s,
                               const MaskOf<Real>& begin) {
  using Word = BitsOf<ScalarOf<Real>>;
  using Bits = BitsOf<Real>;
  const Bits count = samplers.word(s, sampler::count);
  const Bits place = place_in_block<Real>(count);
  const auto fresh = begin & equal_bits(place, Bits(Word(0)));
  if (any(fresh)) keep_normals(samplers, s, normals_of(samplers, key, s, count), fresh);
  Real normal = samplers.real(s, sampler::normal_0);
  for (int i = 1; i < 4; ++i) {
    const auto at_i = equal_bits(place, Bits(place_in_block<ScalarOf<Real>>(Word(i))));
    normal = select(at_i, samplers.real(s, sampler::normal_0 + i), normal);
  }
  Real& level = samplers.real(s, sampler::level);
  level = select(begin,
                 next_deviation(level, samplers.real(s, sampler::gain),
                                samplers.real(s, sampler::rate), normal),
                 level);
}

/// Works out whether the lanes of a sampler are in step.
template <class Real>
HHSWEEP_HD SamplerStep step_of(const SamplerSpan<Real>& samplers, int s) {
  using Bits = BitsOf<Real>;
  const Bits& due = samplers.word(s, sampler::due);
  const Bits& stride = samplers.word(s, sampler::stride);
  const Bits place = place_in_block<Real>(samplers.word(s, sampler::count));
  const auto alike = equal_bits(due, Bits(lane_of(due, 0))) &
                     equal_bits(stride, Bits(lane_of(stride, 0))) &
                     equal_bits(place, Bits(lane_of(place, 0)));
  SamplerStep step;
  step.known = true;
  step.in_step = all(alike);
  step.due = static_cast<std::uint32_t>(lane_of(due, 0));
  step.stride = static_cast<std::uint32_t>(lane_of(stride, 0));
  step.place = static_cast<std::uint32_t>(lane_of(samplers.word(s, sampler::count), 0) & 3);
  return step;
}

/// The next sample of a waveform, and the line from it to the one after, begin on the lanes of
/// `begin`.
template <class Real>
HHSWEEP_HD void next_waveform_sample(const SamplerSpan<Real>& samplers,
                                     const ScalarOf<Real>* waveforms, const StimulusSpec& spec,
                                     int s, const MaskOf<Real>& begin) {
  using Scalar = ScalarOf<Real>;
  Real from = samplers.real(s, sampler::level);
  Real to = from;
  for_each_lane(begin, [&](int lane) {
    const auto count = static_cast<std::int64_t>(lane_of(samplers.word(s, sampler::count), lane));
    // No line begins at the last sample, which is the end of the stimulus.
    const std::int64_t n = count < spec.sample_count - 2 ? count : spec.sample_count - 2;
    const auto column = static_cast<std::int64_t>(lane_of(samplers.word(s, sampler::word_1), lane));
    set_lane(from, lane, waveforms[column + n]);
    set_lane(to, lane, waveforms[column + n + 1]);
  });
  const Real gain = samplers.real(s, sampler::gain);
  const Real start = from * gain;
  const Real rise = (to * gain - start) * samplers.real(s, sampler::rate);
  Real& level = samplers.real(s, sampler::level);
  Real& slope = samplers.real(s, sampler::slope);
  Real& place = samplers.real(s, sampler::place);
  level = select(begin, start, level);
  slope = select(begin, rise, slope);
  place = select(begin, Real(Scalar(0)), place);
}

/// begin_due_samples for stimulus s on lanes that are in step.
template <class Real>
HHSWEEP_HD void begin_in_step(const SamplerSpan<Real>& samplers, const StimulusSpec& spec, int s,
                              std::uint32_t now, BegunSamples<Real>& begun) {
  SamplerStep& step = samplers.steps[s];
  if (step.due == now) {
    begun.lanes = equal_bits(BitsOf<Real>(0), BitsOf<Real>(0));
    next_ou_sample_in_step(samplers, spec.key, s, step);
    ++step.begun;
    step.place = (step.place + 1) & 3;
    step.due += step.stride;
  }
  if (step.due < begun.next_due) begun.next_due = step.due;
}

/// begin_due_samples for stimulus s on lanes that are each where they are.
template <class Real>
HHSWEEP_HD void begin_out_of_step(const SamplerSpan<Real>& samplers,
                                  const ScalarOf<Real>* waveforms, const StimulusSpec& spec, int s,
                                  std::uint32_t now, BegunSamples<Real>& begun) {
  using Bits = BitsOf<Real>;
  Bits& due = samplers.word(s, sampler::due);
  const auto begin = equal_bits(due, Bits(now));
  if (any(begin)) {
    begun.lanes = begun.lanes | begin;
    if (spec.kind == StimulusKind::ou) {
      next_ou_sample(samplers, spec.key, s, begin);
    } else {
      next_waveform_sample(samplers, waveforms, spec, s, begin);
    }
    Bits& count = samplers.word(s, sampler::count);
    count = select_words<Real>(begin, count + Bits(1), count);
    due = select_words<Real>(begin, due + samplers.word(s, sampler::stride), due);
  }
  // Where lanes differ, they are looked at again in the next iteration.
  const auto first = lane_of(due, 0);
  const std::uint32_t next =
      all(equal_bits(due, Bits(first))) ? static_cast<std::uint32_t>(first) : now + 1;
  if (next < begun.next_due) begun.next_due = next;
}

}  // namespace detail

/// Begins the samples of all stimuli that are due at iteration `now`.
template <class Real>
HHSWEEP_HD BegunSamples<Real> begin_due_samples(const SamplerSpan<Real>& samplers,
                                                const ScalarOf<Real>* waveforms,
                                                const StimulusSpec* stimuli, int stimulus_count,
                                                std::uint32_t now) {
  using Bits = BitsOf<Real>;
  BegunSamples<Real> begun{equal_bits(Bits(0), Bits(1)), sampler::never};
  for (int s = 0; s < stimulus_count; ++s) {
    const StimulusSpec& spec = stimuli[s];
    if (!is_sampled(spec)) continue;
    if (RealTraits<Real>::lanes > 1 && spec.kind == StimulusKind::ou) {
      if (!samplers.steps[s].known) samplers.steps[s] = detail::step_of(samplers, s);
      if (samplers.steps[s].in_step) {
        detail::begin_in_step(samplers, spec, s, now, begun);
        continue;
      }
    }
    detail::begin_out_of_step(samplers, waveforms, spec, s, now, begun);
  }
  return begun;
}

/// Brings the words of all lanes up to date, before anything looks at those of one or changes them.
template <class Real>
HHSWEEP_HD void settle_samplers(const SamplerSpan<Real>& samplers, const StimulusSpec* stimuli,
                                int stimulus_count) {
  using Word = BitsOf<ScalarOf<Real>>;
  using Bits = BitsOf<Real>;
  if constexpr (RealTraits<Real>::lanes > 1) {
    for (int s = 0; s < stimulus_count; ++s) {
      if (stimuli[s].kind != StimulusKind::ou) continue;
      SamplerStep& step = samplers.steps[s];
      if (step.begun > 0) {
        Bits& count = samplers.word(s, sampler::count);
        count = count + Bits(Word(step.begun));
        samplers.word(s, sampler::due) = Bits(Word(step.due));
      }
      step = {};
    }
  }
}

/// The steady drive and what every ou adds to it, mV/ms.
template <class Real>
HHSWEEP_HD Real drive_with_noise(const SamplerSpan<Real>& samplers, const StimulusSpec* stimuli,
                                 int stimulus_count) {
  Real drive = samplers.steady_drive();
  for (int s = 0; s < stimulus_count; ++s) {
    if (stimuli[s].kind != StimulusKind::ou) continue;
    drive = fma(samplers.real(s, sampler::level), samplers.inverse_C(), drive);
  }
  return drive;
}

}  // namespace hhsweep
