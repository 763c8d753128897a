// SPDX-License-Identifier: MIT
#include "advance.cuh"
#include "fast_membrane.hpp"

namespace hhsweep::cuda {

void advance_fast(DriveKind drive, const BatchView<float>& batch,
                  const std::vector<double>& shared_membrane, std::int64_t stop_step,
                  const Workspace<float>& workspace, cudaStream_t stream) {
  with_drive(drive, [&](auto kind) {
    launch_membrane<float, FastMembrane, kind()>(batch, shared_membrane, stop_step, workspace,
                                                 stream);
  });
}

}  // namespace hhsweep::cuda
