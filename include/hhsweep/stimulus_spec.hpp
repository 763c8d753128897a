// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "hhsweep/stream_key.hpp"

namespace hhsweep {

/// The kinds of stimulus; all times in ms, amplitudes in uA/cm^2.
enum class StimulusKind : int { step, pulses, train, ramp, sine, chirp, ou, waveform };

/// Slots of a stimulus in the flat parameter vector, counted from StimulusSpec::first_parameter.
/// Slots 0 to 2 mean the same for every kind; the rest depend on it.
namespace slot {
inline constexpr int start = 0;                  // ms
inline constexpr int stop = 1;                   // ms; or a width or count, see StimulusSpec
inline constexpr int amplitude = 2;              // uA/cm^2; sigma of ou; gain of waveform
inline constexpr int train_width = 3;            // ms
inline constexpr int train_period = 4;           // ms, or Hz when period_is_frequency
inline constexpr int ramp_end = 3;               // ms; a duration when end_is_rise
inline constexpr int sine_frequency = 3;         // Hz
inline constexpr int sine_phase = 4;             // degree
inline constexpr int sine_offset = 5;            // uA/cm^2
inline constexpr int chirp_frequency_start = 3;  // Hz
inline constexpr int chirp_frequency_end = 4;    // Hz
inline constexpr int ou_mean = 3;                // uA/cm^2
inline constexpr int ou_tau = 4;                 // ms
inline constexpr int waveform_column = 3;        // from 1
inline constexpr int sample_dt = 5;              // ms, of ou and waveform
inline constexpr int count = 6;                  // slots reserved for each stimulus
}  // namespace slot

/// What the slot `stop` of a stimulus holds.
enum class StopMeaning : int {
  stop,   ///< a time; +infinity stands for the end of the run
  width,  ///< a duration from start
  count   ///< a number of pulses (train only)
};

/// Structure of one stimulus, equal for all neurons; its numbers are parameters.
/// Plain data that host and device share.
struct StimulusSpec {
  StimulusKind kind = StimulusKind::step;
  StopMeaning stop_meaning = StopMeaning::stop;
  bool period_is_frequency = false;  ///< train: slot train_period is a frequency in Hz
  bool end_is_rise = false;          ///< ramp: slot ramp_end is a duration from start
  int first_parameter = 0;           ///< place of slot 0 in the parameter vector
  int after = -1;          ///< index of the stimulus whose end is time 0 for this one, or -1
  int first_interval = 0;  ///< pulses: place of its first interval in the table of intervals
  int interval_count = 0;  ///< pulses: sorted, disjoint [start, stop) pairs
  StreamKey key;           ///< ou: of its random numbers
  int first_redraw = 0;    ///< ou: place of its first axis in Population::redraw
  int redraw_count = 0;
  std::int64_t first_sample = 0;  ///< waveform: place of its first column in Population::waveforms
  std::int64_t sample_count = 0;  ///< waveform: samples of a column, at least 2
  int column_count = 0;           ///< waveform: columns; 0 when it is not known
};

}  // namespace hhsweep
