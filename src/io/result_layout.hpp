// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hhsweep/engine.hpp"
#include "hhsweep/sweep.hpp"
#include "netcdf.hpp"

namespace hhsweep::io {

/// Number of the layout of results and parts: it changes when parts of before cannot be taken up.
inline constexpr int layout_version = 2;

/// Names that a result gives to what does not come from an axis.
namespace names {
inline constexpr std::string_view neuron = "neuron";
inline constexpr std::string_view spike = "spike";
inline constexpr std::string_view trace = "trace";
inline constexpr std::string_view time = "time";
inline constexpr std::string_view sweep_file = "sweep_file";
inline constexpr std::string_view sweep_resolved = "sweep_resolved";
/// Global attribute of a result that lacks some neurons: how many.
inline constexpr std::string_view neurons_not_run = "neurons_not_run";
}  // namespace names

/// threshold_status of a neuron that was not run.
inline constexpr std::int8_t threshold_not_run = 5;

/// What the values of a variable are, and so where they come from.
enum class Content {
  axis_index,    ///< 0..n-1 along an axis
  axis_value,    ///< the values of one entry of an axis
  neurons,       ///< one a neuron, from the parts
  spikes,        ///< one a spike, from the parts
  trace_neuron,  ///< numbers of the traced neurons, from the parts
  trace_index,   ///< index along an axis of each traced neuron
  trace_value,   ///< value of one entry of an axis at each traced neuron
  time,          ///< times of the samples of traces
  samples,       ///< traces x samples, from the parts
  text           ///< one string, outside of content_hash
};

struct Dimension {
  std::string name;
  std::uint64_t length = 0;
};

struct Variable {
  std::string name;
  Type type = Type::float64;
  Content content = Content::neurons;
  std::vector<std::string> dimensions;
  std::vector<Attribute> attributes;
  std::size_t axis = 0;   ///< for axis_* and trace_*: place in Sweep::axes
  std::size_t entry = 0;  ///< for *_value: place in Axis::entries; for samples: among the variables
};

/// How many spikes, traces and samples of each trace there are.
struct Extent {
  std::uint64_t spikes = 0;
  std::uint64_t traces = 0;
  std::uint64_t samples = 0;
};

/// Everything a result of a sweep holds, in the order in which it is shown.
struct Layout {
  std::vector<Dimension> dimensions;
  std::vector<Variable> variables;

  /// Lengths of a variable's dimensions.
  [[nodiscard]] std::vector<std::uint64_t> shape(const Variable& variable) const;
  /// Bytes of all numbers, before compression.
  [[nodiscard]] std::uint64_t bytes() const;
};

/// What the variables that are written chunk by chunk hold in memory meanwhile.
std::uint64_t merging_bytes(const Sweep& sweep);

/// The layout of the result of `sweep`. Throws SweepError when two of its names are equal,
/// or one is too long.
Layout result_layout(const Sweep& sweep, const Extent& extent);

/// The variables that a part holds for its chunk, one after the other over neurons, spikes or
/// traces.
bool is_in_part(const Variable& variable);

/// The values of a variable that is in a part. Throws std::logic_error when `results` lacks them.
std::span<const std::byte> values_of(const Variable& variable, const Results& results);

/// Digest of what a result's numbers depend on (the resolved sweep) and of who writes them (version
/// of the program and layout): equal fingerprints, equal content_hash.
std::string fingerprint(const Sweep& sweep);
/// The same from what a result holds of it.
std::string fingerprint(std::string_view version, std::string_view layout,
                        std::string_view resolved);

}  // namespace hhsweep::io
