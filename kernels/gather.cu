// SPDX-License-Identifier: MIT
#include <thrust/execution_policy.h>
#include <thrust/fill.h>
#include <thrust/for_each.h>
#include <thrust/functional.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>
#include <thrust/reduce.h>
#include <thrust/scan.h>
#include <thrust/system_error.h>
#include <thrust/transform_reduce.h>

#include <new>
#include <string>

#include "gather.hpp"

namespace hhsweep::cuda {

namespace {

/// Calls algorithm(policy) with what Thrust throws turned into this project's errors.
template <class Algorithm>
auto guarded(const char* what, Scratch& scratch, const Stream& stream, Algorithm algorithm) {
  try {
    return algorithm(thrust::cuda::par_nosync(scratch).on(stream.get()));
  } catch (const thrust::system_error& error) {
    cudaGetLastError();
    throw DeviceError(std::string("CUDA device: ") + what + " failed: " + error.what());
  } catch (const std::bad_alloc&) {
    cudaGetLastError();
    throw DeviceMemoryError(std::string("CUDA device: no memory to ") + what);
  }
}

struct Widen {
  __host__ __device__ std::int64_t operator()(std::int32_t x) const { return x; }
};

struct ScatterOne {
  SpikeSlots spikes;
  const std::int64_t* offsets;
  std::int64_t first, room;
  double* out;

  __host__ __device__ void operator()(std::int64_t item) const {
    const std::int64_t i = item % spikes.size;
    const std::int64_t s = item / spikes.size;
    const std::int64_t place = offsets[i] + s - first;
    if (s < spikes.counts[i] && place >= 0 && place < room) {
      out[place] = spikes.times[s * spikes.capacity + i];
    }
  }
};

struct ReleaseOne {
  std::int32_t* counts;
  Phase* phases;

  __host__ __device__ void operator()(std::int64_t i) const {
    counts[i] = 0;
    if (phases[i] == Phase::stalled) phases[i] = Phase::running;
  }
};

struct IsStalled {
  __host__ __device__ std::int64_t operator()(Phase phase) const { return phase == Phase::stalled; }
};

struct StepsMade {
  const std::int64_t* steps;
  const double* fractions;

  __host__ __device__ std::int64_t operator()(std::int64_t i) const {
    return steps[i] + (fractions[i] > 0 ? 1 : 0);
  }
};

using Index = thrust::counting_iterator<std::int64_t>;

}  // namespace

std::int64_t scan_counts(const std::int32_t* counts, std::int64_t size, std::int64_t* offsets,
                         Scratch& scratch, const Stream& stream) {
  const auto wide = thrust::make_transform_iterator(counts, Widen{});
  guarded("add spike counts up", scratch, stream, [&](const auto& policy) {
    thrust::exclusive_scan(policy, wide, wide + size, offsets, std::int64_t{0});
  });
  std::int64_t last_offset = 0;
  std::int32_t last_count = 0;
  HHSWEEP_CUDA_CHECK(cudaMemcpyAsync(&last_offset, offsets + size - 1, sizeof last_offset,
                                     cudaMemcpyDeviceToHost, stream.get()));
  HHSWEEP_CUDA_CHECK(cudaMemcpyAsync(&last_count, counts + size - 1, sizeof last_count,
                                     cudaMemcpyDeviceToHost, stream.get()));
  stream.wait();
  return last_offset + last_count;
}

void scatter_spikes(const SpikeSlots& spikes, const std::int64_t* offsets, std::int64_t first,
                    std::int64_t room, double* out, Scratch& scratch, const Stream& stream) {
  guarded("gather spikes", scratch, stream, [&](const auto& policy) {
    thrust::for_each_n(policy, Index(0), spikes.size * spikes.slots,
                       ScatterOne{spikes, offsets, first, room, out});
  });
}

void release_slots(std::int32_t* counts, Phase* phases, std::int64_t size, Scratch& scratch,
                   const Stream& stream) {
  guarded("empty spike slots", scratch, stream, [&](const auto& policy) {
    thrust::for_each_n(policy, Index(0), size, ReleaseOne{counts, phases});
  });
}

bool any_stalled(const Phase* phases, std::int64_t size, Scratch& scratch, const Stream& stream) {
  return guarded("look for full spike slots", scratch, stream, [&](const auto& policy) {
           return thrust::transform_reduce(policy, phases, phases + size, IsStalled{},
                                           std::int64_t{0}, thrust::plus<std::int64_t>());
         }) > 0;
}

std::int64_t total_steps(const std::int64_t* steps, const double* fractions, std::int64_t size,
                         Scratch& scratch, const Stream& stream) {
  return guarded("add steps up", scratch, stream, [&](const auto& policy) {
    return thrust::transform_reduce(policy, Index(0), Index(size), StepsMade{steps, fractions},
                                    std::int64_t{0}, thrust::plus<std::int64_t>());
  });
}

template <class Scalar>
void fill_nan(Scalar* values, std::int64_t size, Scratch& scratch, const Stream& stream) {
  auto* bits = reinterpret_cast<BitsOf<Scalar>*>(values);
  guarded("open the trace buffer", scratch, stream, [&](const auto& policy) {
    thrust::fill_n(policy, bits, size, BitsOf<Scalar>(Format<Scalar>::nan_bits));
  });
}

template void fill_nan<float>(float*, std::int64_t, Scratch&, const Stream&);
template void fill_nan<double>(double*, std::int64_t, Scratch&, const Stream&);

}  // namespace hhsweep::cuda
