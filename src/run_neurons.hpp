// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "backend.hpp"
#include "threshold_search.hpp"

namespace hhsweep {

/// Settings of a run that have no influence on its results.
struct LaunchSettings {
  std::int64_t capacity = 0;      ///< neurons of a batch
  std::int64_t window_steps = 0;  ///< steps of one launch
  std::int32_t spike_slots = 0;   ///< spikes a neuron can leave in one launch
  bool operator==(const LaunchSettings&) const = default;
};

/// Whom a runner tells of its work.
class RunWatcher {
 public:
  virtual ~RunWatcher() = default;
  /// Told the neuron-steps of each window; returns false to end the run.
  virtual bool advanced(double neuron_steps) = 0;
  /// Whether state() is to be called now; asked after each window.
  virtual bool wants_state() = 0;
  /// The state of the neurons, with the records since the last one.
  virtual void state(RunState state) = 0;
};

/// Lets a run go on to its end.
class Unwatched final : public RunWatcher {
 public:
  bool advanced(double /*neuron_steps*/) override { return true; }
  bool wants_state() override { return false; }
  void state(RunState /*state*/) override {}
};

/// Runs neurons of one job on one backend, batch by batch.
class NeuronRunner {
 public:
  NeuronRunner(const Job& job, const RunRule& rule, Backend& backend, const LaunchSettings& launch,
               RunWatcher& watcher);

  /// Runs first .. first + count - 1, no more than the capacity; false when the run was ended. With
  /// a state of these neurons it goes on from there; throws StateMisfit when it cannot.
  bool run(std::uint64_t first, std::int64_t count, Results& results,
           std::optional<RunState> from = {});

  /// Neurons that it can run at once.
  [[nodiscard]] std::int64_t capacity() const { return launch_.capacity; }
  /// Neuron-steps made so far.
  [[nodiscard]] double neuron_steps() const { return neuron_steps_; }

 private:
  bool search();
  bool event_run(BatchOutcome& outcome);
  bool recorded_run(Results& results);
  RunState begin(LoadRequest request);
  void launch(std::int64_t stop_step);
  bool finish();
  bool report(std::int64_t steps, std::int64_t stop_step, const std::function<Results()>& records);
  void adapt_window(double window_s);
  BatchOutcome collect();

  const Job& job_;
  LaunchSettings launch_;
  RunWatcher& watcher_;
  std::unique_ptr<Batch> batch_;
  std::int64_t window_steps_;  ///< steps of the next window
  std::chrono::steady_clock::time_point launched_at_;
  double window_s_ = 0;  ///< seconds of the present window's launches
  std::uint64_t first_ = 0;
  std::int64_t count_ = 0;
  std::optional<ThresholdSearch> search_;
  std::optional<RunState> from_;  ///< the state to go on from, until a run has begun
  double restored_steps_ = 0;     ///< neuron-steps of the present run that were made before
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
