// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "backend.hpp"

namespace hhsweep::cuda {

/// A batch on device `device`; throws DeviceMemoryError when it does not fit. Used by one thread.
std::unique_ptr<Batch> make_batch(int device, const Job& job, const RunRule& rule,
                                  const BatchShape& shape);

}  // namespace hhsweep::cuda
