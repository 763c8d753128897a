// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime_api.h>

#include <optional>
#include <vector>

#include "hhsweep/integrate.hpp"
#include "membrane_kind.hpp"

namespace hhsweep::cuda {

/// Kernels of a run, one thread a neuron. A launch that fails throws DeviceError; the rest shows at
/// the stream's next wait.
template <class Scalar>
struct Kernels {
  /// Puts the batch's neurons at the start of their runs.
  static void prepare(MembraneKind membrane, const BatchView<Scalar>& batch,
                      const std::optional<State<double>>& shared_start, cudaStream_t stream);

  /// Integrates them up to `stop_step` or as far as each gets. `shared_membrane`: the folded
  /// membrane of all neurons, empty when each has its own. `workspace`: that of the batch's first
  /// neuron, fields `capacity` apart.
  static void advance(MembraneKind membrane, DriveKind drive, const BatchView<Scalar>& batch,
                      const std::vector<double>& shared_membrane, std::int64_t stop_step,
                      const Workspace<Scalar>& workspace, cudaStream_t stream);

  /// Whether this build has code for the current device.
  static bool present();
};

/// Kernels<float>::advance for MembraneKind::fast.
void advance_fast(DriveKind drive, const BatchView<float>& batch,
                  const std::vector<double>& shared_membrane, std::int64_t stop_step,
                  const Workspace<float>& workspace, cudaStream_t stream);

extern template struct Kernels<float>;
extern template struct Kernels<double>;

}  // namespace hhsweep::cuda
