// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "hhsweep/draw.hpp"
#include "hhsweep/parameters.hpp"
#include "hhsweep/stimulus_spec.hpp"

namespace hhsweep {

/// How the value of a swept parameter follows from the index i = 0..count-1 along its axis.
enum class SourceForm : int {
  table,      ///< table[offset + i]
  linspace,   ///< first + i (last - first)/(count - 1), the last one exactly `last`
  geomspace,  ///< first r^(i/(count - 1)), r = last/first in [1e-307, 1e307]; both ends exact
  range,      ///< first + i last, `last` being the increment
  draw,       ///< draw i of `draw`, of `count`
  neuron      ///< given batch by batch, one value a neuron: the parameter of a search
};

/// Where one swept parameter takes its value from. Plain data that host and device share.
struct ParameterSource {
  int parameter = 0;  ///< place in the parameter vector
  SourceForm form = SourceForm::table;
  std::uint64_t stride = 1;  ///< neurons between neighbours along the axis
  std::uint64_t count = 1;   ///< length of the axis
  std::uint64_t offset = 0;  ///< table: place of the first value
  double first = 0;
  double last = 0;
  Draw draw;
};

/// An axis along which a noise is drawn anew. Plain data that host and device share.
struct RedrawAxis {
  std::uint64_t stride = 1;  ///< neurons between neighbours along it
  std::uint64_t count = 1;   ///< its length
  StreamKey key;             ///< of its name
};

/// All neurons of a sweep, as a rule that gives each one's parameters from its number.
/// Neurons are numbered row-major over the axes, the last axis fastest; at most 2^40 of them.
struct Population {
  std::vector<std::uint64_t> axis_lengths;
  std::vector<double> base;  ///< every parameter's value where no source sets it
  std::vector<ParameterSource> sources;
  std::vector<double> table;  ///< values of SourceForm::table
  std::array<RateForm, rate_count> forms{};
  Start start = Start::rest;
  bool rearm_follows_threshold = true;  ///< spike.rearm was not given
  std::vector<StimulusSpec> stimuli;
  std::vector<double> intervals;   ///< pairs start, stop in ms of `pulses` stimuli
  std::vector<RedrawAxis> redraw;  ///< of `ou` stimuli
  std::vector<double> waveforms;   ///< columns of `waveform` stimuli, one after the other
  /// When not empty, only these neurons of the axes, which are numbered anew in this order.
  std::vector<std::uint64_t> selection;

  /// Number of neurons: of the selection, else the product of axis_lengths.
  [[nodiscard]] std::uint64_t size() const;
  /// Bytes of table and waveforms, of which every copy has its own.
  [[nodiscard]] std::uint64_t data_bytes() const { return 8 * (table.size() + waveforms.size()); }
};

/// Value at index i of a source (not SourceForm::neuron); the same bits on every machine.
double source_value(const ParameterSource& source, const std::vector<double>& table,
                    std::uint64_t i);

/// Bounds of all values of a source (not SourceForm::neuron), which some of them reach unless they
/// are drawn: then they are those of range_of, whatever the draws.
ValueRange value_range(const ParameterSource& source, const std::vector<double>& table);

/// All parameters of one neuron, in the order of `parameter`; `search_value` where a source says
/// neuron.
std::vector<double> parameters_of(const Population& population, std::uint64_t neuron,
                                  double search_value = 0);

}  // namespace hhsweep
