// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "hhsweep/equilibrium.hpp"
#include "hhsweep/math_decimal.hpp"
#include "hhsweep/population.hpp"
#include "hhsweep/sampler.hpp"
#include "hhsweep/spike.hpp"
#include "hhsweep/stimulus.hpp"

/// A batch: the neurons that a backend holds at once, as structure of arrays. Slot i of every array
/// belongs to neuron first_neuron + i.
namespace hhsweep {

/// Where a neuron is in its run.
enum class Phase : std::uint8_t {
  running,   ///< has further to go
  stalled,   ///< its spike slots are full; it goes on when they have been emptied
  finished,  ///< at the end of the run, or its event is decided
  diverged
};

/// Part of the run in which extrema are followed.
enum class Tracking : std::uint8_t { before, inside, after };

/// Numbers that are equal for all neurons of a run. Positions are in steps.
struct RunConstants {
  double dt_ms = 0;
  double duration_ms = 0;
  double end = 0;  ///< position of the end of the run
  double window_start_ms = 0, window_stop_ms = 0;
  double window_start = 0, window_stop = 0;  ///< positions of the record window
  std::int64_t sample_every = 0;             ///< steps between samples of a trace; 0 without traces
  std::int32_t event_spikes = 0;             ///< > 0: a neuron ends once it has this many spikes
  std::int32_t spike_slots = 0;  ///< slots a neuron has for spike times; 0: none are kept
};

/// The population rule as pointers that the backend can follow.
struct PopulationView {
  const double* base;
  const ParameterSource* sources;
  const double* table;
  const std::int32_t* source_of;  ///< for each parameter its source, or -1
  const StimulusSpec* stimuli;
  const double* intervals;
  const RedrawAxis* redraw;
  const std::uint64_t* selection;  ///< numbers of the neurons along the axes; null: all of them
  std::int32_t parameter_count;
  std::int32_t source_count;
  std::int32_t stimulus_count;
  RateForm forms[rate_count];
  Start start;
  bool rearm_follows_threshold;
  bool stimulus_varies;  ///< some stimulus is a ramp, sine or chirp
  bool has_waveforms;
};

/// Structure of arrays; `Scalar` is the precision of the run.
template <class Scalar>
struct BatchView {
  RunConstants run;
  PopulationView population;
  std::uint64_t first_neuron;
  std::int64_t capacity;  ///< slots; the stride of arrays with several numbers a slot
  std::int64_t count;     ///< slots in use

  Scalar* state;       ///< (8, capacity): V m h n and what their sums lost to rounding
  Scalar* level;       ///< spike threshold while armed, else infinity
  std::int64_t* step;  ///< the neuron's clock: step and fraction of it
  double* fraction;
  double* next_edge;     ///< position where the present piece of stimulus ends
  std::int64_t* anchor;  ///< step from which the piece is counted
  Scalar* drive;  ///< mV/ms at the anchor: stimulus over C_m and the constant part of the leak
  Scalar* drive_slope;  ///< mV/ms a step
  Phase* phase;
  Tracking* tracking;
  double* V_max;
  double* V_min;
  double* V_max_time;
  double* diverged_time;
  std::int32_t* spike_count;
  double* first_spike_time;
  double* last_spike_time;
  double* isi_mean;
  double* isi_square_sum;
  std::int32_t* slots_used;
  double* slots;  ///< (spike_slots, capacity), ms

  Scalar* membrane;              ///< (coefficients, capacity), or (coefficients) when shared
  std::int64_t membrane_stride;  ///< capacity, or 1 when shared
  bool membrane_shared;
  double* swept;  ///< (sources, capacity): value of each swept parameter
  double*
      search_values;  ///< value of the searched parameter, NaN to leave a slot out; null without

  Scalar* sampler_reals;          ///< (stimuli, sampler::kept_reals, capacity); null unless sampled
  BitsOf<Scalar>* sampler_words;  ///< (stimuli, sampler::kept_words, capacity); null likewise
  const Scalar* waveforms;        ///< samples of all waveforms, the same for all neurons

  std::int32_t* trace_row;  ///< row of a traced neuron, -1 else; null without traces
  Scalar* traces;           ///< (variables, rows, samples of the window)
  std::int64_t trace_rows;
  std::int64_t first_sample;    ///< of the window
  std::int64_t window_samples;  ///< room for samples in `traces`
  std::int32_t variable_count;
  std::int32_t variables[8];  ///< TraceVariable

  HHSWEEP_HD Scalar* sampler_real(int stimulus, int field) const {
    return sampler_reals + (stimulus * sampler::kept_reals + field) * capacity;
  }
  HHSWEEP_HD BitsOf<Scalar>* sampler_word(int stimulus, int field) const {
    return sampler_words + (stimulus * sampler::kept_words + field) * capacity;
  }
};

/// Value at index i of a source whose values lie in `table`. A computed one that its own rounding
/// errors alone keep from being a round number is that number.
HHSWEEP_HD double source_value_at(const ParameterSource& s, const double* table, std::uint64_t i) {
  if (s.form == SourceForm::table) return table[s.offset + i];
  if (s.form == SourceForm::draw) return drawn_value(s.draw, i, s.count);
  if (i == 0) return s.first;
  const auto position = static_cast<double>(i);
  if (s.form == SourceForm::range) {
    const double scale = greater(magnitude(s.first), magnitude(position * s.last));
    return nearby_decimal(fma(position, s.last, s.first), scale, 0x1p-50 * scale);
  }
  if (i + 1 == s.count) return s.last;
  const double part = position / static_cast<double>(s.count - 1);
  if (s.form == SourceForm::linspace) {
    const double scale = greater(magnitude(s.first), magnitude(s.last));
    return nearby_decimal(fma(part, s.last - s.first, s.first), scale, 0x1p-50 * scale);
  }
  const double logarithm = log(s.last / s.first);
  const double value = s.first * exp(part * logarithm);
  const double scale = magnitude(value);
  return nearby_decimal(value, scale, 0x1p-51 * (2 + magnitude(logarithm)) * scale);
}

/// Reads the parameters of one slot. `Code` is the Real that the time loop works on.
template <class Code>
struct SlotValues {
  const BatchView<ScalarOf<Code>>* batch;
  std::int64_t i;
  HHSWEEP_HD double operator()(int index) const {
    const std::int32_t source = batch->population.source_of[index];
    return source < 0 ? batch->population.base[index] : batch->swept[source * batch->capacity + i];
  }
};

template <class Code>
HHSWEEP_HD StimulusContext<SlotValues<Code>> stimulus_context(const BatchView<ScalarOf<Code>>& b,
                                                              std::int64_t i) {
  return {b.population.stimuli, b.population.intervals, b.run.dt_ms, b.run.duration_ms,
          SlotValues<Code>{&b, i}};
}

/// All of a slot's parameters up to parameter::stimulus_parameters.
template <class Code>
HHSWEEP_HD void membrane_parameters(const BatchView<ScalarOf<Code>>& b, std::int64_t i, double* p) {
  const SlotValues<Code> values{&b, i};
  for (int k = 0; k < parameter::stimulus_parameters; ++k) p[k] = values(k);
  if (b.population.rearm_follows_threshold)
    p[parameter::spike_rearm] = p[parameter::spike_threshold];
}

/// Voltage and gates at the start of a run.
template <class Code = void>
HHSWEEP_HD State<double> initial_state(const double* p, const RateForm* forms, Start start) {
  if (start == Start::rest) return rest_state<Code>(p, forms);
  if (start == Start::steady) return steady_state<Code>(p, forms, p[parameter::initial_V]);
  return {p[parameter::initial_V], p[parameter::initial_m], p[parameter::initial_h],
          p[parameter::initial_n]};
}

}  // namespace hhsweep
