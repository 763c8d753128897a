// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "device_buffer.hpp"

namespace hhsweep::cuda {

/// Temporary device memory for Thrust, kept from one algorithm to the next: cudaMalloc waits for
/// the whole device. An allocator in Thrust's sense; what it hands out is used on one stream.
class Scratch {
 public:
  using value_type = char;

  char* allocate(std::ptrdiff_t bytes) {
    const auto size = static_cast<std::size_t>(bytes);
    for (Piece& piece : pieces_) {
      if (!piece.used && piece.memory.size() >= size) {
        piece.used = true;
        return piece.memory.data();
      }
    }
    pieces_.push_back({DeviceBuffer<char>(size), true});
    return pieces_.back().memory.data();
  }

  void deallocate(char* memory, std::size_t) {
    for (Piece& piece : pieces_) {
      if (piece.memory.data() == memory) piece.used = false;
    }
  }

 private:
  struct Piece {
    DeviceBuffer<char> memory;
    bool used;
  };
  std::vector<Piece> pieces_;
};

}  // namespace hhsweep::cuda
