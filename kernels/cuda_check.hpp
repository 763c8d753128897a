// SPDX-License-Identifier: MIT
#pragma once

#include <cuda_runtime_api.h>

#include <string>

#include "hhsweep/error.hpp"

namespace hhsweep::cuda {

/// Throws for a failed call of the CUDA runtime: DeviceMemoryError when memory ran out, else
/// DeviceError. Clears the runtime's last-error state; an error that poisons the context stays all
/// the same.
[[noreturn]] inline void fail(cudaError_t error, const char* call, const char* file, int line) {
  int device = -1;
  cudaGetDevice(&device);
  cudaGetLastError();
  const std::string path = file;
  const std::string message = std::string("CUDA device ") + std::to_string(device) + ": " +
                              cudaGetErrorString(error) + " (" + cudaGetErrorName(error) +
                              " from " + call + " at " + path.substr(path.find_last_of('/') + 1) +
                              ":" + std::to_string(line) + ")";
  if (error == cudaErrorMemoryAllocation) throw DeviceMemoryError(message);
  throw DeviceError(message);
}

}  // namespace hhsweep::cuda

/// Evaluates a call of the CUDA runtime and throws DeviceError or DeviceMemoryError when it fails.
#define HHSWEEP_CUDA_CHECK(call)                                       \
  do {                                                                 \
    const cudaError_t hhsweep_error = (call);                          \
    if (hhsweep_error != cudaSuccess) {                                \
      ::hhsweep::cuda::fail(hhsweep_error, #call, __FILE__, __LINE__); \
    }                                                                  \
  } while (false)
