// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "hhsweep/engine.hpp"
#include "hhsweep/integrate.hpp"
#include "membrane_kind.hpp"

namespace hhsweep {

/// What follows from a job before any neuron is looked at; owns the population's arrays.
struct RunRule {
  MembraneKind membrane = MembraneKind::general;
  DriveKind drive = DriveKind::constant;
  RunConstants constants;               ///< without event_spikes and spike_slots
  std::vector<std::int32_t> source_of;  ///< for each parameter its source, or -1
  bool stimulus_varies = false;
  int membrane_coefficients = 0;
  /// Folded membrane that all neurons share; empty when its parameters are swept.
  std::vector<double> shared_membrane;
  /// Start that all neurons share, unless what it follows from is swept.
  std::optional<State<double>> shared_start;
};

RunRule make_run_rule(const Job& job);

/// Sizes of a batch's arrays.
struct BatchShape {
  std::int64_t capacity = 0;
  std::int32_t spike_slots = 0;
  std::int64_t trace_rows = 0;
  std::int64_t window_samples = 0;
};

/// Lays the arrays of a batch out in one piece of memory, each aligned to 256 bytes, and returns
/// how many bytes they take. With `memory` null only the size is worked out.
template <class Scalar>
std::size_t arrange(BatchView<Scalar>& view, const BatchShape& shape, const Job& job,
                    const RunRule& rule, std::byte* memory) {
  std::size_t used = 0;
  const auto take = [&](auto*& pointer, std::int64_t count) {
    using Element = std::remove_reference_t<decltype(*pointer)>;
    pointer = memory == nullptr || count == 0 ? nullptr : reinterpret_cast<Element*>(memory + used);
    used += (static_cast<std::size_t>(count) * sizeof(Element) + 255) / 256 * 256;
  };
  const std::int64_t n = shape.capacity;
  const bool traced = job.record.trace.has_value() && shape.trace_rows > 0;
  view.capacity = n;
  take(view.state, 8 * n);
  take(view.level, n);
  take(view.step, n);
  take(view.fraction, n);
  take(view.next_edge, n);
  take(view.anchor, n);
  take(view.drive, n);
  take(view.drive_slope, n);
  take(view.phase, n);
  take(view.tracking, n);
  take(view.V_max, n);
  take(view.V_min, n);
  take(view.V_max_time, n);
  take(view.diverged_time, n);
  take(view.spike_count, n);
  take(view.first_spike_time, n);
  take(view.last_spike_time, n);
  take(view.isi_mean, n);
  take(view.isi_square_sum, n);
  take(view.slots_used, n);
  take(view.slots, n * shape.spike_slots);
  view.membrane_shared = !rule.shared_membrane.empty();
  view.membrane_stride = view.membrane_shared ? 1 : n;
  take(view.membrane, rule.membrane_coefficients * view.membrane_stride);
  take(view.swept, static_cast<std::int64_t>(job.population.sources.size()) * n);
  take(view.search_values, job.search ? n : 0);
  const std::int64_t sampled = rule.drive == DriveKind::sampled ? n : 0;
  const auto stimuli = static_cast<std::int64_t>(job.population.stimuli.size());
  take(view.sampler_reals, stimuli * sampler::kept_reals * sampled);
  take(view.sampler_words, stimuli * sampler::kept_words * sampled);
  take(view.trace_row, traced ? n : 0);
  const std::int64_t variables =
      traced ? static_cast<std::int64_t>(job.record.trace->variables.size()) : 0;
  take(view.traces, variables * shape.trace_rows * shape.window_samples);
  view.trace_rows = shape.trace_rows;
  view.window_samples = shape.window_samples;
  view.variable_count = static_cast<std::int32_t>(variables);
  for (std::int64_t v = 0; v < variables; ++v) {
    view.variables[v] =
        static_cast<std::int32_t>(job.record.trace->variables[static_cast<std::size_t>(v)]);
  }
  return used;
}

/// Where a backend keeps its copies of the population's arrays.
struct PopulationArrays {
  const double* base;
  const ParameterSource* sources;
  const double* table;
  const std::int32_t* source_of;
  const StimulusSpec* stimuli;
  const double* intervals;
  const RedrawAxis* redraw;
  const std::uint64_t* selection;
};

/// The population of a job as a view of these arrays.
PopulationView population_view(const Job& job, const RunRule& rule, const PopulationArrays& arrays);

}  // namespace hhsweep
