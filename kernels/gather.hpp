// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "hhsweep/batch.hpp"
#include "scratch.hpp"

/// What is done to a whole batch between launches. The order of every sum and every list is fixed,
/// and sums are of integers. Failures throw DeviceError or DeviceMemoryError.
namespace hhsweep::cuda {

/// Sets offsets[i] to counts[0] + ... + counts[i - 1], and returns the sum of all counts; waits.
std::int64_t scan_counts(const std::int32_t* counts, std::int64_t size, std::int64_t* offsets,
                         Scratch& scratch, const Stream& stream);

/// Spike slots of `size` neurons, (slots, capacity), of which counts[i] are in use.
struct SpikeSlots {
  const double* times;
  const std::int32_t* counts;
  std::int64_t size;
  std::int64_t capacity;
  std::int32_t slots;
};

/// Puts spike s of neuron i to out[offsets[i] + s - first] where that lies in [0, room).
void scatter_spikes(const SpikeSlots& spikes, const std::int64_t* offsets, std::int64_t first,
                    std::int64_t room, double* out, Scratch& scratch, const Stream& stream);

/// Empties the slots of `size` neurons and lets those that stopped for them go on.
void release_slots(std::int32_t* counts, Phase* phases, std::int64_t size, Scratch& scratch,
                   const Stream& stream);

/// Whether some neuron has stopped for its slots; waits.
bool any_stalled(const Phase* phases, std::int64_t size, Scratch& scratch, const Stream& stream);

/// Steps that the neurons have made, a begun one counted whole; waits.
std::int64_t total_steps(const std::int64_t* steps, const double* fractions, std::int64_t size,
                         Scratch& scratch, const Stream& stream);

/// Fills with the NaN that results hold.
template <class Scalar>
void fill_nan(Scalar* values, std::int64_t size, Scratch& scratch, const Stream& stream);

}  // namespace hhsweep::cuda
