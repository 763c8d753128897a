// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <type_traits>

#include "advance.hpp"
#include "cuda_check.hpp"

namespace hhsweep::cuda {

inline constexpr int block_threads = 128;

namespace kernels {

/// Blocks that a multiprocessor holds at once, which bounds the registers of a thread so that the
/// hot loop just fits (README.md): 64 or 128 with a shared membrane, 80 or 168 with one for each
/// neuron.
template <class Scalar, class Membrane, bool shared>
constexpr int resident_blocks() {
  constexpr bool single = sizeof(Scalar) == 4;
  constexpr bool classic = int{Membrane::count} == int{ClassicMembrane<Scalar>::count};
  if (classic && shared) return single ? 8 : 4;
  if (classic) return single ? 6 : 3;
  return single ? 5 : 2;
}

__device__ inline std::int64_t slot_of_thread() {
  return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}

/// The part of the workspace that belongs to neuron i of the batch.
template <DriveKind drive, class Scalar>
__device__ Workspace<Scalar> workspace_of(const Workspace<Scalar>& all, std::int64_t i) {
  Workspace<Scalar> own = all;
  if (drive != DriveKind::constant) own.oscillators.first += i;
  if (drive == DriveKind::sampled) {
    own.samplers.reals += i;
    own.samplers.words += i;
  }
  return own;
}

/// A membrane that all neurons share comes with the launch, so that it is read from constant
/// memory.
template <class Scalar, class Membrane, DriveKind drive>
__global__ void __launch_bounds__(block_threads, resident_blocks<Scalar, Membrane, true>())
    advance_shared(const __grid_constant__ BatchView<Scalar> batch,
                   const __grid_constant__ Membrane membrane, std::int64_t stop_step,
                   const __grid_constant__ Workspace<Scalar> workspace) {
  const std::int64_t i = slot_of_thread();
  if (i >= batch.count) return;
  integrate<Scalar, drive>(batch, membrane, i, stop_step, workspace_of<drive>(workspace, i));
}

template <class Scalar, class Membrane, DriveKind drive>
__global__ void __launch_bounds__(block_threads, resident_blocks<Scalar, Membrane, false>())
    advance(const __grid_constant__ BatchView<Scalar> batch, std::int64_t stop_step,
            const __grid_constant__ Workspace<Scalar> workspace) {
  const std::int64_t i = slot_of_thread();
  if (i >= batch.count) return;
  integrate<Scalar, Membrane, drive>(batch, i, stop_step, workspace_of<drive>(workspace, i));
}

template <class Scalar, class Membrane>
__global__ void __launch_bounds__(block_threads)
    prepare(const __grid_constant__ BatchView<Scalar> batch,
            const __grid_constant__ State<double> shared_start, bool start_is_shared) {
  const std::int64_t i = slot_of_thread();
  if (i >= batch.count) return;
  hhsweep::prepare<Scalar, Membrane>(batch, i, start_is_shared ? &shared_start : nullptr);
}

}  // namespace kernels

inline unsigned blocks_for(std::int64_t count) {
  return static_cast<unsigned>((count + block_threads - 1) / block_threads);
}

/// Launches the kernel of a membrane of each neuron's own.
template <class Scalar, class Membrane, DriveKind drive>
void launch_own(const BatchView<Scalar>& batch, std::int64_t stop_step,
                const Workspace<Scalar>& workspace, cudaStream_t stream) {
  kernels::advance<Scalar, Membrane, drive>
      <<<blocks_for(batch.count), block_threads, 0, stream>>>(batch, stop_step, workspace);
  HHSWEEP_CUDA_CHECK(cudaPeekAtLastError());
}

/// Launches the kernel of a membrane that all neurons share, or, with `shared_membrane` empty, of
/// each neuron's own.
template <class Scalar, class Membrane, DriveKind drive>
void launch_membrane(const BatchView<Scalar>& batch, const std::vector<double>& shared_membrane,
                     std::int64_t stop_step, const Workspace<Scalar>& workspace,
                     cudaStream_t stream) {
  if (shared_membrane.empty()) {
    return launch_own<Scalar, Membrane, drive>(batch, stop_step, workspace, stream);
  }
  Membrane membrane;
  std::transform(shared_membrane.begin(), shared_membrane.end(), membrane.c,
                 [](double c) { return static_cast<Scalar>(c); });
  kernels::advance_shared<Scalar, Membrane, drive>
      <<<blocks_for(batch.count), block_threads, 0, stream>>>(batch, membrane, stop_step,
                                                              workspace);
  HHSWEEP_CUDA_CHECK(cudaPeekAtLastError());
}

/// Calls launch(drive) with the kind of drive as a type.
template <class Launch>
void with_drive(DriveKind drive, Launch launch) {
  switch (drive) {
    case DriveKind::constant:
      return launch(std::integral_constant<DriveKind, DriveKind::constant>{});
    case DriveKind::varying:
      return launch(std::integral_constant<DriveKind, DriveKind::varying>{});
    case DriveKind::sampled:
      return launch(std::integral_constant<DriveKind, DriveKind::sampled>{});
  }
}

template <class Scalar>
void Kernels<Scalar>::advance(MembraneKind membrane, DriveKind drive,
                              const BatchView<Scalar>& batch,
                              const std::vector<double>& shared_membrane, std::int64_t stop_step,
                              const Workspace<Scalar>& workspace, cudaStream_t stream) {
  if constexpr (sizeof(Scalar) == 4) {
    if (membrane == MembraneKind::fast) {
      return advance_fast(drive, batch, shared_membrane, stop_step, workspace, stream);
    }
  }
  with_drive(drive, [&](auto kind) {
    if (membrane == MembraneKind::general) {
      launch_own<Scalar, GeneralMembrane<Scalar>, kind()>(batch, stop_step, workspace, stream);
    } else {
      launch_membrane<Scalar, ClassicMembrane<Scalar>, kind()>(batch, shared_membrane, stop_step,
                                                               workspace, stream);
    }
  });
}

template <class Scalar>
void Kernels<Scalar>::prepare(MembraneKind membrane, const BatchView<Scalar>& batch,
                              const std::optional<State<double>>& shared_start,
                              cudaStream_t stream) {
  const auto kernel = membrane == MembraneKind::general
                          ? kernels::prepare<Scalar, GeneralMembrane<Scalar>>
                          : kernels::prepare<Scalar, ClassicMembrane<Scalar>>;
  kernel<<<blocks_for(batch.count), block_threads, 0, stream>>>(
      batch, shared_start.value_or(State<double>{}), shared_start.has_value());
  HHSWEEP_CUDA_CHECK(cudaPeekAtLastError());
}

template <class Scalar>
bool Kernels<Scalar>::present() {
  cudaFuncAttributes attributes;
  const bool found =
      cudaFuncGetAttributes(&attributes, kernels::prepare<Scalar, ClassicMembrane<Scalar>>) ==
      cudaSuccess;
  cudaGetLastError();
  return found;
}

}  // namespace hhsweep::cuda
