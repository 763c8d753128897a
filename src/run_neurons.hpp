// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

#include "backend.hpp"

namespace hhsweep {

/// Settings of a run that have no influence on its results.
struct LaunchSettings {
  std::int64_t capacity = 0;      ///< neurons of a batch
  std::int64_t window_steps = 0;  ///< steps of one launch
  std::int32_t spike_slots = 0;   ///< spikes a neuron can leave in one launch
  bool operator==(const LaunchSettings&) const = default;
};

/// Runs neurons of one job on one backend, batch by batch.
class NeuronRunner {
 public:
  /// `advanced(steps)` is told the neuron-steps of each launch; it returns false to end the run.
  NeuronRunner(const Job& job, const RunRule& rule, Backend& backend, const LaunchSettings& launch,
               std::function<bool(double)> advanced);

  /// Runs first .. first + count - 1, no more than the capacity; false when the run was ended.
  bool run(std::uint64_t first, std::int64_t count, Results& results);

  /// Neuron-steps made so far.
  [[nodiscard]] double neuron_steps() const { return neuron_steps_; }

 private:
  bool search(std::uint64_t first, std::int64_t count, std::vector<double>& values,
              Results& results);
  bool event_run(std::uint64_t first, std::int64_t count, const std::vector<double>& values,
                 BatchOutcome& outcome);
  bool recorded_run(std::uint64_t first, std::int64_t count, const std::vector<double>& values,
                    Results& results);
  bool advance_all(std::int64_t stop_step, double count, const std::function<void()>& after_launch);

  const Job& job_;
  LaunchSettings launch_;
  std::function<bool(double)> advanced_;
  std::unique_ptr<Batch> batch_;
  double neuron_steps_ = 0;
};

/// Slots for the spikes of a launch: one for each 5 ms, so 200 Hz; what fires faster stalls and
/// goes on.
std::int32_t usual_spike_slots(const Job& job, std::int64_t window_steps);

/// Bytes of a batch's arrays.
std::uint64_t batch_bytes(const Job& job, const RunRule& rule, const LaunchSettings& launch);

/// Traces that a batch of `capacity` neurons must hold, and samples of one window of them.
BatchShape batch_shape(const Job& job, const LaunchSettings& launch);

}  // namespace hhsweep
