// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>

#include "backend.hpp"

namespace hhsweep::cuda {

/// A batch on device `device`; throws DeviceMemoryError when it does not fit. Used by one thread.
std::unique_ptr<Batch> make_batch(int device, const Job& job, const RunRule& rule,
                                  const BatchShape& shape);

/// Device memory that it takes beside its arrays so that spikes and samples can leave it during a
/// launch.
std::size_t transfer_bytes(const Job& job, const BatchShape& shape);

}  // namespace hhsweep::cuda
