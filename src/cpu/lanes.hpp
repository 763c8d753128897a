// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "hhsweep/batch.hpp"
#include "hhsweep/integrate.hpp"
#include "membrane_kind.hpp"

namespace hhsweep::cpu {

/// The time loop compiled for one instruction set, precision, membrane and drive.
template <class Scalar>
struct LaneKernel {
  int lanes = 0;  ///< neurons advanced together; the capacity of a batch is a multiple of it
  /// Scratch memory that `advance` takes.
  std::size_t (*scratch_bytes)(std::size_t stimuli) = nullptr;
  /// Puts slots first .. first + count - 1 at the start of their runs.
  void (*prepare)(const BatchView<Scalar>& batch, std::int64_t first, std::int64_t count,
                  const State<double>* shared_start) = nullptr;
  /// Integrates `lanes` slots from `first` on; `scratch` is aligned to 64 bytes.
  void (*advance)(const BatchView<Scalar>& batch, std::int64_t first, std::int64_t stop_step,
                  std::byte* scratch) = nullptr;
};

/// The kernels of one instruction set (scalar, avx2 or avx512 of pack.hpp); lanes.cpp defines them,
/// compiled once for each.
template <class Isa>
struct LaneKernels {
  static LaneKernel<float> float32(MembraneKind membrane, DriveKind drive);
  static LaneKernel<double> float64(MembraneKind membrane, DriveKind drive);
};

}  // namespace hhsweep::cpu
