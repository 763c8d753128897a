// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <tuple>

#include "hhsweep/engine.hpp"

/// Results of consecutive neurons, put together and taken apart. Any column may be empty: a job
/// does not ask for all of them, and of a run under way there are spikes and samples alone.
namespace hhsweep {

/// The columns with one number a neuron, as a tuple of references.
template <class SomeResults>
auto columns_of(SomeResults& r) {
  return std::tie(r.spike_count, r.first_spike_time, r.last_spike_time, r.mean_isi, r.cv_isi,
                  r.firing_rate, r.V_min, r.V_max, r.V_max_time, r.diverged_time, r.status,
                  r.row_size, r.threshold_lower, r.threshold_upper, r.threshold,
                  r.threshold_status);
}

/// Appends the results of the neurons that follow.
void append(Results& to, Results&& from);

/// Appends the spikes and samples that the same neurons had later.
void append_later(Results& to, Results&& later);

/// The results of neurons first .. first + count - 1 among `all`.
Results slice(const Results& all, std::uint64_t first, std::uint64_t count);

}  // namespace hhsweep
