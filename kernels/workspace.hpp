// SPDX-License-Identifier: MIT
#pragma once

#include "device_buffer.hpp"
#include "hhsweep/integrate.hpp"
#include "run_rule.hpp"

namespace hhsweep::cuda {

/// Device memory for the stimuli of `capacity` neurons, as far as the kind of drive takes it.
template <class Scalar>
class DeviceWorkspace {
 public:
  DeviceWorkspace(DriveKind drive, std::size_t stimuli, std::int64_t capacity)
      : capacity_(capacity) {
    const Sizes sizes(drive, stimuli);
    const auto all = static_cast<std::size_t>(capacity);
    oscillators_ = DeviceBuffer<Oscillator<Scalar>>(sizes.oscillators * all);
    reals_ = DeviceBuffer<Scalar>(sizes.reals * all);
    words_ = DeviceBuffer<BitsOf<Scalar>>(sizes.words * all);
  }

  /// Bytes for each neuron.
  static std::size_t bytes(DriveKind drive, std::size_t stimuli) {
    const Sizes sizes(drive, stimuli);
    return sizes.oscillators * sizeof(Oscillator<Scalar>) +
           (sizes.reals + sizes.words) * sizeof(Scalar);
  }

  [[nodiscard]] Workspace<Scalar> view() const {
    return {{oscillators_.data(), capacity_}, {reals_.data(), words_.data(), nullptr, capacity_}};
  }

 private:
  /// Elements of one neuron.
  struct Sizes {
    Sizes(DriveKind drive, std::size_t stimuli) {
      const auto count = static_cast<std::int64_t>(stimuli);
      if (drive != DriveKind::constant) oscillators = stimuli;
      if (drive != DriveKind::sampled) return;
      reals = static_cast<std::size_t>(SamplerSpan<Scalar>::reals_for(count));
      words = static_cast<std::size_t>(SamplerSpan<Scalar>::words_for(count));
    }
    std::size_t oscillators = 0, reals = 0, words = 0;
  };

  std::int64_t capacity_;
  DeviceBuffer<Oscillator<Scalar>> oscillators_;
  DeviceBuffer<Scalar> reals_;
  DeviceBuffer<BitsOf<Scalar>> words_;
};

}  // namespace hhsweep::cuda
