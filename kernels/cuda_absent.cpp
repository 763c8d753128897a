// SPDX-License-Identifier: MIT
// The CUDA backend of a build without the CUDA Toolkit.
#include "backend.hpp"
#include "hhsweep/error.hpp"

namespace hhsweep {

namespace {
constexpr const char* reason = "this build of hhsweep has no CUDA backend";
}

std::unique_ptr<Backend> make_cuda_backend(int) { throw DeviceError(reason); }

int cuda_device_count() { return 0; }

std::vector<DeviceInfo> describe_cuda() { return {{"cuda", "NVIDIA GPU", false, reason}}; }

}  // namespace hhsweep
