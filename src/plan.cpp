// SPDX-License-Identifier: MIT
// What follows from a job without running it: steps, samples, chunks, traced neurons.
#include <algorithm>
#include <cmath>

#include "hhsweep/engine.hpp"
#include "hhsweep/stimulus.hpp"

namespace hhsweep {

namespace {

/// Number of selected indices along each axis; the whole axis where the list is empty.
std::vector<std::uint64_t> selected_lengths(const Job& job) {
  const auto& lengths = job.population.axis_lengths;
  const auto& per_axis = job.record.trace->selection.per_axis;
  std::vector<std::uint64_t> selected(lengths);
  for (std::size_t a = 0; a < per_axis.size(); ++a) {
    if (!per_axis[a].empty()) selected[a] = per_axis[a].size();
  }
  return selected;
}

/// Neuron of the row-major rank `row` within the product of selected indices.
std::uint64_t selected_neuron(const Job& job, const std::vector<std::uint64_t>& selected,
                              std::uint64_t row) {
  const auto& lengths = job.population.axis_lengths;
  const auto& per_axis = job.record.trace->selection.per_axis;
  std::uint64_t neuron = 0;
  std::uint64_t stride = 1;
  for (std::size_t a = lengths.size(); a-- > 0;) {
    const std::uint64_t rank = row % selected[a];
    row /= selected[a];
    neuron += stride * (per_axis[a].empty() ? rank : per_axis[a][rank]);
    stride *= lengths[a];
  }
  return neuron;
}

/// Rank of the first selected neuron that is not below `neuron`, by bisection: ranks ascend with
/// neurons.
std::uint64_t first_rank(const Job& job, const std::vector<std::uint64_t>& selected,
                         std::uint64_t total, std::uint64_t neuron) {
  std::uint64_t low = 0;
  std::uint64_t high = total;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (selected_neuron(job, selected, middle) < neuron) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

std::string_view to_string(TraceVariable variable) {
  constexpr std::string_view names[] = {"V", "m", "h", "n", "I_stim", "I_Na", "I_K", "I_L"};
  return names[static_cast<int>(variable)];
}

std::int64_t step_count(const Job& job) {
  return static_cast<std::int64_t>(std::ceil(position_of(job.duration_ms, job.dt_ms)));
}

std::int64_t sample_count(const Job& job) {
  if (!job.record.trace) return 0;
  const double end = position_of(job.duration_ms, job.dt_ms);
  return static_cast<std::int64_t>(round_down(end)) / job.record.trace->every_steps + 1;
}

std::uint64_t trace_bytes(const Job& job) {
  if (!job.record.trace) return 0;
  return number_bytes(job.precision) * job.record.trace->variables.size() *
         static_cast<std::uint64_t>(sample_count(job));
}

std::int64_t search_rounds(const SearchSettings& search) {
  double width = search.high - search.low;
  if (search.scan >= 2) width /= search.scan - 1;
  std::int64_t rounds = 0;
  for (; width > search.tolerance && rounds < 1100; ++rounds) width *= 0.5;
  return rounds;
}

std::int64_t population_runs(const Job& job) {
  if (!job.search) return 1;
  return std::max(job.search->scan, 2) + search_rounds(*job.search) + 1;
}

std::uint64_t ChunkPlan::size(std::uint64_t chunk) const {
  return std::min(chunk_size, neurons - first(chunk));
}

ChunkPlan plan_chunks(const Job& job) {
  constexpr std::uint64_t trace_limit = std::uint64_t{256} << 20;
  ChunkPlan plan;
  plan.neurons = job.population.size();
  plan.chunk_size = 65536;
  while ((plan.neurons + plan.chunk_size - 1) / plan.chunk_size > 4096) plan.chunk_size *= 2;
  if (job.record.trace) {
    const double share = static_cast<double>(traced_neuron_count(job)) /
                         static_cast<double>(std::max<std::uint64_t>(plan.neurons, 1));
    const auto bytes = [&] {
      return static_cast<double>(std::min(plan.chunk_size, plan.neurons)) * share *
             static_cast<double>(trace_bytes(job));
    };
    while (plan.chunk_size > 1024 && bytes() > static_cast<double>(trace_limit)) {
      plan.chunk_size /= 2;
    }
  }
  plan.chunk_count = (plan.neurons + plan.chunk_size - 1) / plan.chunk_size;
  return plan;
}

std::uint64_t traced_neuron_count(const Job& job) {
  if (!job.record.trace) return 0;
  const TraceSelection& selection = job.record.trace->selection;
  if (selection.all) return job.population.size();
  if (selection.per_axis.empty()) return selection.neurons.size();
  std::uint64_t count = 1;
  for (const std::uint64_t length : selected_lengths(job)) count *= length;
  return count;
}

std::vector<std::uint64_t> traced_neurons(const Job& job, std::uint64_t first,
                                          std::uint64_t count) {
  std::vector<std::uint64_t> traced;
  if (!job.record.trace) return traced;
  const TraceSelection& selection = job.record.trace->selection;
  if (selection.all) {
    for (std::uint64_t k = first; k < first + count; ++k) traced.push_back(k);
    return traced;
  }
  if (selection.per_axis.empty()) {
    const auto begin = std::lower_bound(selection.neurons.begin(), selection.neurons.end(), first);
    const auto end = std::lower_bound(begin, selection.neurons.end(), first + count);
    traced.assign(begin, end);
    return traced;
  }
  const std::vector<std::uint64_t> selected = selected_lengths(job);
  const std::uint64_t total = traced_neuron_count(job);
  for (std::uint64_t row = first_rank(job, selected, total, first); row < total; ++row) {
    const std::uint64_t neuron = selected_neuron(job, selected, row);
    if (neuron >= first + count) break;
    traced.push_back(neuron);
  }
  return traced;
}

}  // namespace hhsweep
