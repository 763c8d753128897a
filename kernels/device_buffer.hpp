// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "cuda_check.hpp"

namespace hhsweep::cuda {

namespace detail {
struct ReleaseDevice {
  void operator()(void* p) const { cudaFree(p); }
};
struct ReleasePinned {
  void operator()(void* p) const { cudaFreeHost(p); }
};
struct ReleaseStream {
  void operator()(cudaStream_t stream) const { cudaStreamDestroy(stream); }
};
struct ReleaseEvent {
  void operator()(cudaEvent_t event) const { cudaEventDestroy(event); }
};
}  // namespace detail

/// A stream of the current device.
class Stream {
 public:
  Stream() {
    cudaStream_t stream = nullptr;
    HHSWEEP_CUDA_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    stream_.reset(stream);
  }
  [[nodiscard]] cudaStream_t get() const { return stream_.get(); }
  void wait() const { HHSWEEP_CUDA_CHECK(cudaStreamSynchronize(get())); }

 private:
  std::unique_ptr<std::remove_pointer_t<cudaStream_t>, detail::ReleaseStream> stream_;
};

/// A place in the work of streams of the current device.
class Event {
 public:
  Event() {
    cudaEvent_t event = nullptr;
    HHSWEEP_CUDA_CHECK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
    event_.reset(event);
  }
  /// What `after` is given from now on waits for all that `before` has been given.
  void order(const Stream& before, const Stream& after) const {
    HHSWEEP_CUDA_CHECK(cudaEventRecord(event_.get(), before.get()));
    HHSWEEP_CUDA_CHECK(cudaStreamWaitEvent(after.get(), event_.get(), 0));
  }

 private:
  std::unique_ptr<std::remove_pointer_t<cudaEvent_t>, detail::ReleaseEvent> event_;
};

/// `size` elements in the memory of the current device, uninitialised; null when there are none.
/// T is plain data.
template <class T>
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  explicit DeviceBuffer(std::size_t size) : size_(size) {
    if (size == 0) return;
    void* memory = nullptr;
    HHSWEEP_CUDA_CHECK(cudaMalloc(&memory, size * sizeof(T)));
    data_.reset(static_cast<T*>(memory));
  }
  /// A copy of `values`; the stream may still be copying, so they must outlive its next wait().
  DeviceBuffer(const std::vector<T>& values, const Stream& stream) : DeviceBuffer(values.size()) {
    if (values.empty()) return;
    HHSWEEP_CUDA_CHECK(cudaMemcpyAsync(data(), values.data(), size_ * sizeof(T),
                                       cudaMemcpyHostToDevice, stream.get()));
  }

  [[nodiscard]] T* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::unique_ptr<T, detail::ReleaseDevice> data_;
  std::size_t size_ = 0;
};

/// `size` elements in host memory that the device copies to and from without a detour.
template <class T>
class PinnedBuffer {
 public:
  PinnedBuffer() = default;
  explicit PinnedBuffer(std::size_t size) : size_(size) {
    if (size == 0) return;
    void* memory = nullptr;
    HHSWEEP_CUDA_CHECK(cudaMallocHost(&memory, size * sizeof(T)));
    data_.reset(static_cast<T*>(memory));
  }

  [[nodiscard]] T* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::unique_ptr<T, detail::ReleasePinned> data_;
  std::size_t size_ = 0;
};

}  // namespace hhsweep::cuda
