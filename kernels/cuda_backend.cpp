// SPDX-License-Identifier: MIT
#include <algorithm>

#include "advance.hpp"
#include "backend.hpp"
#include "cuda_batch.hpp"
#include "cuda_check.hpp"
#include "run_neurons.hpp"
#include "workspace.hpp"

namespace hhsweep {

namespace {

/// Number of devices, and what the runtime says about it.
struct DeviceCount {
  int count = 0;
  std::string reason;  ///< why there is none
};

DeviceCount count_devices() {
  DeviceCount found;
  const cudaError_t error = cudaGetDeviceCount(&found.count);
  cudaGetLastError();
  if (error != cudaSuccess) {
    found.count = 0;
    found.reason = std::string("no CUDA device: ") + cudaGetErrorString(error);
  } else if (found.count == 0) {
    found.reason = "no CUDA device: none is visible";
  }
  return found;
}

int attribute(int device, cudaDeviceAttr which) {
  int value = 0;
  HHSWEEP_CUDA_CHECK(cudaDeviceGetAttribute(&value, which, device));
  return value;
}

/// Name, number, compute capability and memory of a device.
std::string describe(int device) {
  cudaDeviceProp properties;
  HHSWEEP_CUDA_CHECK(cudaGetDeviceProperties(&properties, device));
  return std::string(properties.name) + " (device " + std::to_string(device) +
         ", compute capability " + std::to_string(properties.major) + "." +
         std::to_string(properties.minor) + ", " + std::to_string(properties.multiProcessorCount) +
         " multiprocessors, " + std::to_string(properties.totalGlobalMem >> 20) + " MiB)";
}

/// Why a device cannot be used by this build; empty when it can.
std::string objection(int device) {
  HHSWEEP_CUDA_CHECK(cudaSetDevice(device));
  if (cuda::Kernels<float>::present()) return "";
  return "this build of hhsweep has no code for its compute capability";
}

class CudaBackend final : public Backend {
 public:
  explicit CudaBackend(int device)
      : device_(device),
        description_(describe(device)),
        multiprocessors_(attribute(device, cudaDevAttrMultiProcessorCount)),
        watched_(attribute(device, cudaDevAttrKernelExecTimeout) != 0) {}

  [[nodiscard]] std::string name() const override { return "cuda"; }
  [[nodiscard]] std::string device() const override { return description_; }
  [[nodiscard]] bool computes_apart() const override { return true; }
  [[nodiscard]] bool offers(Math) const override { return true; }

  /// Several waves of resident threads, so that the last, part-filled one costs little, as far as
  /// nine tenths of the free memory go. Neurons that would fit one batch or a few are divided in
  /// four, as long as each fills the device, so that the results of the first are written while the
  /// last is computed.
  [[nodiscard]] std::int64_t batch_capacity(const Job& job, const RunRule& rule,
                                            std::int64_t neurons) const override {
    HHSWEEP_CUDA_CHECK(cudaSetDevice(device_));
    std::size_t free_bytes = 0;
    std::size_t total_bytes = 0;
    HHSWEEP_CUDA_CHECK(cudaMemGetInfo(&free_bytes, &total_bytes));
    std::int64_t capacity = smallest_batch;
    while (capacity < std::int64_t{multiprocessors_} * 4096) capacity *= 2;
    while (capacity / 2 >= std::int64_t{multiprocessors_} * 1536 && 4 * capacity > neurons) {
      capacity /= 2;
    }
    while (capacity > smallest_batch &&
           bytes(job, rule, capacity) > static_cast<double>(free_bytes) * 0.9) {
      capacity /= 2;
    }
    return capacity;
  }

  [[nodiscard]] std::int64_t window_steps(std::int64_t neurons) const override {
    // About 0.1 s of a large GPU; a device that shows a desktop ends kernels after a few seconds.
    const std::int64_t neuron_steps = (std::int64_t{multiprocessors_} << 25) / (watched_ ? 16 : 1);
    return std::clamp<std::int64_t>(neuron_steps / std::max<std::int64_t>(neurons, 1), 1024, 16384);
  }

  std::unique_ptr<Batch> create(const Job& job, const RunRule& rule,
                                const BatchShape& shape) override {
    return cuda::make_batch(device_, job, rule, shape);
  }

 private:
  static constexpr std::int64_t smallest_batch = 1024;

  /// Device memory of a batch, what comes beside its arrays included.
  [[nodiscard]] double bytes(const Job& job, const RunRule& rule, std::int64_t capacity) const {
    LaunchSettings launch;
    launch.capacity = capacity;
    launch.window_steps = window_steps(capacity);
    launch.spike_slots = usual_spike_slots(job, launch.window_steps);
    const std::size_t stimuli = job.population.stimuli.size();
    // Thrust's scratch, and the workspace.
    const std::size_t beside =
        sizeof(double) + (job.precision == Precision::float32
                              ? cuda::DeviceWorkspace<float>::bytes(rule.drive, stimuli)
                              : cuda::DeviceWorkspace<double>::bytes(rule.drive, stimuli));
    return static_cast<double>(batch_bytes(job, rule, launch)) +
           static_cast<double>(cuda::transfer_bytes(job, batch_shape(job, launch))) +
           static_cast<double>(job.population.waveforms.size() * number_bytes(job.precision) +
                               job.population.table.size() * sizeof(double)) +
           static_cast<double>(capacity) * static_cast<double>(beside);
  }

  int device_;
  std::string description_;
  int multiprocessors_;
  bool watched_;
};

}  // namespace

std::unique_ptr<Backend> make_cuda_backend(int device) {
  const DeviceCount found = count_devices();
  if (found.count == 0) throw DeviceError(found.reason);
  if (device < 0 || device >= found.count) {
    throw DeviceError("no CUDA device " + std::to_string(device) + " (here: 0" +
                      (found.count > 1 ? " to " + std::to_string(found.count - 1) : "") + ")");
  }
  const std::string reason = objection(device);
  if (!reason.empty()) throw DeviceError(describe(device) + ": " + reason);
  return std::make_unique<CudaBackend>(device);
}

int cuda_device_count() { return count_devices().count; }

std::vector<DeviceInfo> describe_cuda() {
  const DeviceCount found = count_devices();
  if (found.count == 0) return {{"cuda", "NVIDIA GPU", false, found.reason}};
  std::vector<DeviceInfo> devices;
  for (int i = 0; i < found.count; ++i) {
    try {
      const std::string reason = objection(i);
      devices.push_back({"cuda", describe(i), reason.empty(), reason});
    } catch (const DeviceError& error) {
      devices.push_back({"cuda", "device " + std::to_string(i), false, error.what()});
    }
  }
  return devices;
}

}  // namespace hhsweep
