// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hhsweep/engine.hpp"
#include "run_rule.hpp"
#include "run_state.hpp"

namespace hhsweep {

/// Which neurons a batch is to hold, and what for.
struct LoadRequest {
  std::uint64_t first_neuron = 0;
  std::int64_t count = 0;
  /// Value of the searched parameter for each neuron, NaN to leave one out; empty without a search.
  std::span<const double> search_values;
  /// 0, or the number of spikes in the window that ends a neuron's run (a round of a search):
  /// nothing but counts is then kept.
  std::int32_t event_spikes = 0;
  /// For each neuron the row of its trace or -1; empty without traces.
  std::span<const std::int32_t> trace_rows;
};

/// What a batch knows of its neurons when they are through.
struct BatchOutcome {
  std::vector<Phase> phase;
  std::vector<std::int32_t> spike_count;
  std::vector<double> first_spike_time, last_spike_time, isi_mean, isi_square_sum;
  std::vector<double> V_min, V_max, V_max_time, diverged_time;
  double neuron_steps = 0;  ///< steps made since the load
};

/// Calls copy(to, from) for each array of an outcome; after an event run only for phase and count.
template <class Scalar, class Copy>
void copy_outcome(const BatchView<Scalar>& batch, BatchOutcome& out, Copy copy) {
  copy(out.phase, batch.phase);
  copy(out.spike_count, batch.spike_count);
  if (batch.run.event_spikes > 0) return;
  copy(out.first_spike_time, batch.first_spike_time);
  copy(out.last_spike_time, batch.last_spike_time);
  copy(out.isi_mean, batch.isi_mean);
  copy(out.isi_square_sum, batch.isi_square_sum);
  copy(out.V_min, batch.V_min);
  copy(out.V_max, batch.V_max);
  copy(out.V_max_time, batch.V_max_time);
  copy(out.diverged_time, batch.diverged_time);
}

/// Calls visit(numbers) for each array of one number a neuron that a run under way goes on from:
/// what load() makes anew and what stage_spikes() has emptied is left out.
template <class Scalar, class Visit>
void for_each_state_array(const BatchView<Scalar>& batch, Visit visit) {
  for (int k = 0; k < 8; ++k) visit(batch.state + k * batch.capacity);
  visit(batch.level);
  visit(batch.step);
  visit(batch.fraction);
  visit(batch.next_edge);
  visit(batch.anchor);
  visit(batch.drive);
  visit(batch.drive_slope);
  visit(batch.phase);
  visit(batch.tracking);
  visit(batch.V_max);
  visit(batch.V_min);
  visit(batch.V_max_time);
  visit(batch.diverged_time);
  visit(batch.spike_count);
  visit(batch.first_spike_time);
  visit(batch.last_spike_time);
  visit(batch.isi_mean);
  visit(batch.isi_square_sum);
  if (batch.sampler_reals == nullptr) return;
  for (int stimulus = 0; stimulus < batch.population.stimulus_count; ++stimulus) {
    for (int k = 0; k < sampler::kept_reals; ++k) visit(batch.sampler_real(stimulus, k));
    for (int k = 0; k < sampler::kept_words; ++k) visit(batch.sampler_word(stimulus, k));
  }
}

/// copy_columns() into the state arrays of a batch.
template <class Scalar, class Copy>
bool copy_state(const BatchView<Scalar>& batch, const std::vector<StateColumn>& columns,
                Copy copy) {
  return copy_columns(
      columns, static_cast<std::size_t>(batch.count),
      [&](auto visit) { for_each_state_array(batch, visit); }, copy);
}

/// Neurons that a backend works on at once. A failing call throws DeviceError, one that lacks
/// memory DeviceMemoryError; the batch is of no use afterwards.
///
/// A launch may be under way while the host takes the spikes and samples of the one before: after
/// finish() they are staged, then the next launch may begin, and then they are taken. What is
/// staged is taken before the next finish(). Nothing else is called during a launch.
class Batch {
 public:
  virtual ~Batch() = default;
  /// Puts neurons at the start of their runs.
  virtual void load(const LoadRequest& request) = 0;
  /// Begins to integrate every neuron up to `stop_step`, its end, or a full set of spike slots.
  virtual void launch(std::int64_t stop_step) = 0;
  /// Waits for the launch; true when some neuron stopped for its slots, so that the same launch is
  /// needed again after stage_spikes().
  virtual bool finish() = 0;
  /// Empties the spike slots.
  virtual void stage_spikes() = 0;
  /// Appends to `times` the staged spikes of neuron 0, of neuron 1, and so on, and sets counts[i]
  /// to how many neuron i had.
  virtual void take_spikes(std::vector<std::int32_t>& counts, std::vector<double>& times) = 0;
  /// Opens a trace buffer for samples from `first_sample` on, all NaN.
  virtual void begin_samples(std::int64_t first_sample) = 0;
  /// Closes the trace buffer.
  virtual void stage_samples() = 0;
  /// The closed buffer as raw numbers of the run's precision, (variables, rows, samples of the
  /// window); valid until the next finish().
  virtual std::span<const std::byte> samples() = 0;
  /// Results of the neurons loaded; all of them, or only phase, counts and steps after an event
  /// run.
  virtual BatchOutcome collect() = 0;
  /// The state of the neurons, their spike slots empty.
  virtual std::vector<StateColumn> state() = 0;
  /// After load() of the same neurons: puts them where they were when state() was called; false,
  /// and nothing is changed, when `columns` does not fit.
  virtual bool restore(const std::vector<StateColumn>& columns) = 0;
};

/// One place to compute: the CPU, or one GPU.
class Backend {
 public:
  virtual ~Backend() = default;
  [[nodiscard]] virtual std::string name() const = 0;    ///< "cpu" or "cuda"
  [[nodiscard]] virtual std::string device() const = 0;  ///< for people
  /// Whether it computes beside the processors of the host, and wants many neurons at once.
  [[nodiscard]] virtual bool computes_apart() const = 0;
  /// Whether results are written while it computes: where that does not take its only processor.
  [[nodiscard]] virtual bool allows_writing() const { return computes_apart(); }
  /// Exact math is what every backend offers.
  [[nodiscard]] virtual bool offers(Math math) const { return math == Math::exact; }
  /// Neurons worth holding at once where it has to compute `neurons` of the job, from its memory
  /// and its parallelism.
  [[nodiscard]] virtual std::int64_t batch_capacity(const Job& job, const RunRule& rule,
                                                    std::int64_t neurons) const = 0;
  /// Steps of one launch that keep its overhead small and its answers frequent.
  [[nodiscard]] virtual std::int64_t window_steps(std::int64_t neurons) const = 0;
  /// Throws DeviceMemoryError when the batch does not fit.
  virtual std::unique_ptr<Batch> create(const Job& job, const RunRule& rule,
                                        const BatchShape& shape) = 0;
};

/// Runs a job on backends side by side, as Engine::run does. One that fails gives its chunks to the
/// others; throws its DeviceError when none is left.
RunSummary run_on(const std::vector<std::unique_ptr<Backend>>& backends, const Job& job,
                  const RunOptions& options, const ChunkSink& sink,
                  const std::function<void(const Progress&)>& progress,
                  const std::function<bool()>& stop, StateKeeper* keeper = nullptr);

/// The CPU backend; throws DeviceError for an instruction set that is unknown or absent here.
/// threads 0: all that this process may use; isa "": HHSWEEP_ISA, else the best here.
std::unique_ptr<Backend> make_cpu_backend(int threads, const std::string& isa);
DeviceInfo describe_cpu();

/// The CUDA backend on one device; throws DeviceError when there is none or the build has none.
std::unique_ptr<Backend> make_cuda_backend(int device);
/// CUDA devices that can be used.
int cuda_device_count();
/// A line for each device, or one that says why there is none.
std::vector<DeviceInfo> describe_cuda();

}  // namespace hhsweep
