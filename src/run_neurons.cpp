// SPDX-License-Identifier: MIT
#include "run_neurons.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <span>
#include <utility>

#include "hhsweep/error.hpp"

namespace hhsweep {

namespace {

constexpr std::uint64_t sample_buffer_bytes = std::uint64_t{64} << 20;

/// Of a first launch, when nothing is known of the speed of a device, and of those of a slow one.
constexpr std::int64_t first_window_steps = 1024;
constexpr std::int64_t least_window_steps = 16;

/// Spike times of neurons, gathered launch by launch and joined at the end.
class SpikeCollector {
 public:
  explicit SpikeCollector(std::int64_t neurons) : neurons_(static_cast<std::size_t>(neurons)) {}

  void take(Batch& batch) {
    Gathering gathering;
    batch.take_spikes(gathering.counts, gathering.times);
    if (!gathering.times.empty()) gatherings_.push_back(std::move(gathering));
  }

  /// Begins with the spikes that neurons had earlier.
  void take_up(Results& records) {
    if (records.spike_time.empty()) return;
    gatherings_.push_back({std::move(records.row_size), std::move(records.spike_time)});
    noted_ = gatherings_.size();
  }

  /// The spikes since the last call.
  void note_new(Results& records) {
    join(
        noted_, [](std::size_t) { return true; }, records);
    noted_ = gatherings_.size();
  }

  /// Times of each neuron, in the order of the launches; spikes of diverged neurons are left out.
  void join_all(const std::vector<NeuronStatus>& status, Results& results) const {
    join(
        0, [&](std::size_t i) { return status[i] == NeuronStatus::ok; }, results);
  }

 private:
  struct Gathering {
    std::vector<std::int32_t> counts;
    std::vector<double> times;
  };

  template <class Wanted>
  void join(std::size_t first_gathering, Wanted wanted, Results& results) const {
    const auto gatherings = std::span(gatherings_).subspan(first_gathering);
    results.row_size.assign(neurons_, 0);
    for (const Gathering& gathering : gatherings) {
      for (std::size_t i = 0; i < neurons_; ++i) {
        if (wanted(i)) results.row_size[i] += gathering.counts[i];
      }
    }
    std::size_t total = 0;
    std::vector<const double*> next;
    for (const Gathering& gathering : gatherings) {
      total += gathering.times.size();
      next.push_back(gathering.times.data());
    }
    // From the first neuron to the last, so that memory is written once and in order.
    results.spike_time.clear();
    results.spike_time.reserve(total);
    for (std::size_t i = 0; i < neurons_; ++i) {
      for (std::size_t g = 0; g < gatherings.size(); ++g) {
        const double* end = next[g] + gatherings[g].counts[i];
        if (wanted(i)) results.spike_time.insert(results.spike_time.end(), next[g], end);
        next[g] = end;
      }
    }
  }

  std::size_t neurons_;
  std::vector<Gathering> gatherings_;
  std::size_t noted_ = 0;  ///< gatherings that note_new() has told of
};

/// Traces of neurons, filled window by window. Without traced neurons it does nothing.
class TraceCollector {
 public:
  TraceCollector(const Job& job, const BatchShape& shape, Results& results)
      : number_(number_bytes(job.precision)), shape_(shape), results_(results) {
    results.samples = sample_count(job);
    results.traces.assign(job.record.trace->variables.size(), {});
    for (auto& trace : results.traces) trace.resize(rows() * row_bytes());
  }

  /// Copies the samples up to the one before `end` out of the batch's buffer.
  void take(std::span<const std::byte> buffer, std::int64_t end) {
    const auto window = static_cast<std::size_t>(shape_.window_samples) * number_;
    for (std::size_t v = 0; v < results_.traces.size(); ++v) {
      for (std::size_t row = 0; row < rows(); ++row) {
        const std::size_t from = (v * static_cast<std::size_t>(shape_.trace_rows) + row) * window;
        std::memcpy(place(v, row, next_), buffer.data() + from, bytes_of(end - next_));
      }
    }
    next_ = end;
  }

  /// Begins with the samples before `end`, which were taken earlier.
  void take_up(const Results& records, std::int64_t end) {
    next_ = noted_ = end;
    for (std::size_t v = 0; v < records.traces.size(); ++v) {
      for (std::size_t row = 0; row < rows(); ++row) {
        std::memcpy(place(v, row, 0), records.traces[v].data() + row * bytes_of(end),
                    bytes_of(end));
      }
    }
  }

  /// The samples since the last call.
  void note_new(Results& records) {
    records.trace_neuron = results_.trace_neuron;
    records.samples = next_ - noted_;
    records.traces.assign(results_.traces.size(), {});
    for (std::size_t v = 0; v < results_.traces.size(); ++v) {
      for (std::size_t row = 0; row < rows(); ++row) {
        const std::byte* from = place(v, row, noted_);
        records.traces[v].insert(records.traces[v].end(), from, from + bytes_of(records.samples));
      }
    }
    noted_ = next_;
  }

 private:
  [[nodiscard]] std::size_t rows() const { return results_.trace_neuron.size(); }
  [[nodiscard]] std::size_t bytes_of(std::int64_t samples) const {
    return static_cast<std::size_t>(samples) * number_;
  }
  [[nodiscard]] std::size_t row_bytes() const { return bytes_of(results_.samples); }
  [[nodiscard]] std::byte* place(std::size_t v, std::size_t row, std::int64_t sample) {
    return results_.traces[v].data() + row * row_bytes() + bytes_of(sample);
  }

  std::size_t number_;
  BatchShape shape_;
  Results& results_;
  std::int64_t next_ = 0;   ///< sample that is taken next
  std::int64_t noted_ = 0;  ///< sample that note_new() tells of next
};

/// Turns what the batch knows of each neuron into the statistics of the result.
void finish_statistics(const Job& job, const BatchOutcome& outcome, Results& results) {
  const double nan = canonical_nan();
  const double window_ms = job.record.window_stop_ms - job.record.window_start_ms;
  const std::size_t count = outcome.phase.size();
  results.spike_count = outcome.spike_count;
  results.status.assign(count, NeuronStatus::ok);
  results.diverged_time.assign(count, nan);
  for (auto* column :
       {&results.first_spike_time, &results.last_spike_time, &results.mean_isi, &results.cv_isi,
        &results.firing_rate, &results.V_min, &results.V_max, &results.V_max_time}) {
    column->assign(count, nan);
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (outcome.phase[i] == Phase::diverged) {
      results.status[i] = NeuronStatus::diverged;
      results.diverged_time[i] = outcome.diverged_time[i];
      results.spike_count[i] = -1;
      continue;
    }
    const std::int32_t spikes = outcome.spike_count[i];
    results.firing_rate[i] = 1000.0 * spikes / window_ms;
    results.V_min[i] = outcome.V_min[i];
    results.V_max[i] = outcome.V_max[i];
    results.V_max_time[i] = outcome.V_max_time[i];
    if (spikes < 1) continue;
    results.first_spike_time[i] = outcome.first_spike_time[i];
    results.last_spike_time[i] = outcome.last_spike_time[i];
    if (spikes < 2) continue;
    results.mean_isi[i] = outcome.isi_mean[i];
    results.cv_isi[i] = square_root(outcome.isi_square_sum[i] / (spikes - 1)) / outcome.isi_mean[i];
  }
}

/// Rows of traced neurons among first .. first + count - 1; empty without traces.
std::vector<std::int32_t> trace_rows(const Job& job, std::uint64_t first, std::int64_t count,
                                     const std::vector<std::uint64_t>& traced) {
  if (!job.record.trace || traced.empty()) return {};
  std::vector<std::int32_t> rows(static_cast<std::size_t>(count), -1);
  for (std::size_t row = 0; row < traced.size(); ++row) {
    rows[static_cast<std::size_t>(traced[row] - first)] = static_cast<std::int32_t>(row);
  }
  return rows;
}

/// What a recorded run brings from the batch to the host, window by window.
class Recorder {
 public:
  Recorder(const Job& job, const BatchShape& shape, Results& results)
      : every_(job.record.trace ? job.record.trace->every_steps : 1),
        window_samples_(shape.window_samples),
        results_(results) {
    results.trace_neuron = traced_neurons(job, results.first, results.count);
    rows_ = trace_rows(job, results.first, static_cast<std::int64_t>(results.count),
                       results.trace_neuron);
    if (job.record.trace) traces_.emplace(job, shape, results);
    if (job.record.spike_times) spikes_.emplace(static_cast<std::int64_t>(results.count));
  }

  /// For each neuron the row of its trace, as a LoadRequest has it.
  [[nodiscard]] const std::vector<std::int32_t>& rows() const { return rows_; }

  /// Begins with what neurons at `step` had earlier.
  void take_up(Results& records, std::int64_t step) {
    if (spikes_) spikes_->take_up(records);
    if (traces_) traces_->take_up(records, samples_before(step));
  }

  /// Begins a window of at most the steps from `step` to `stop`, and returns its end.
  std::int64_t begin_window(Batch& batch, std::int64_t step, std::int64_t stop) const {
    if (rows_.empty()) return stop;
    batch.begin_samples(samples_before(step));
    return std::min(stop, (samples_before(step) + window_samples_) * every_);
  }

  void stage_spikes(Batch& batch) {
    if (!spikes_) return;
    batch.stage_spikes();
    spikes_staged_ = true;
  }

  /// Ends a window at `stop`.
  void end_window(Batch& batch, std::int64_t stop) {
    if (rows_.empty()) return;
    batch.stage_samples();
    samples_staged_ = samples_before(stop);
  }

  /// Takes what is staged.
  void take(Batch& batch) {
    if (std::exchange(spikes_staged_, false)) spikes_->take(batch);
    const std::optional<std::int64_t> samples = std::exchange(samples_staged_, std::nullopt);
    if (samples) traces_->take(batch.samples(), *samples);
  }

  /// What was taken since the last call.
  Results note_new() {
    Results records;
    if (spikes_) spikes_->note_new(records);
    if (traces_) traces_->note_new(records);
    return records;
  }

  /// Completes the results once all has been taken.
  void finish(const Job& job, const BatchOutcome& outcome) {
    finish_statistics(job, outcome, results_);
    if (spikes_) spikes_->join_all(results_.status, results_);
  }

 private:
  [[nodiscard]] std::int64_t samples_before(std::int64_t step) const {
    return std::min((step + every_ - 1) / every_, results_.samples);
  }

  std::int64_t every_, window_samples_;
  Results& results_;
  std::vector<std::int32_t> rows_;
  std::optional<SpikeCollector> spikes_;
  std::optional<TraceCollector> traces_;
  bool spikes_staged_ = false;
  std::optional<std::int64_t> samples_staged_;  ///< the end of those in the closed buffer
};

}  // namespace

BatchShape batch_shape(const Job& job, const LaunchSettings& launch) {
  BatchShape shape;
  shape.capacity = launch.capacity;
  shape.spike_slots = job.record.spike_times ? launch.spike_slots : 0;
  if (job.record.trace) {
    shape.trace_rows = static_cast<std::int64_t>(std::min<std::uint64_t>(
        traced_neuron_count(job), static_cast<std::uint64_t>(launch.capacity)));
    const std::uint64_t row_bytes =
        number_bytes(job.precision) * job.record.trace->variables.size() *
        static_cast<std::uint64_t>(std::max<std::int64_t>(shape.trace_rows, 1));
    const auto room =
        static_cast<std::int64_t>(std::max<std::uint64_t>(sample_buffer_bytes / row_bytes, 2));
    const std::int64_t wanted = launch.window_steps / job.record.trace->every_steps + 1;
    shape.window_samples = std::min({room, wanted, sample_count(job)});
  }
  return shape;
}

std::int32_t usual_spike_slots(const Job& job, std::int64_t window_steps) {
  const double window_ms = static_cast<double>(window_steps) * job.dt_ms;
  return static_cast<std::int32_t>(std::clamp(window_ms / 5.0, 4.0, 1024.0));
}

std::uint64_t batch_bytes(const Job& job, const RunRule& rule, const LaunchSettings& launch) {
  const BatchShape shape = batch_shape(job, launch);
  if (job.precision == Precision::float32) {
    BatchView<float> view{};
    return arrange(view, shape, job, rule, nullptr);
  }
  BatchView<double> view{};
  return arrange(view, shape, job, rule, nullptr);
}

NeuronRunner::NeuronRunner(const Job& job, const RunRule& rule, Backend& backend,
                           const LaunchSettings& launch, RunWatcher& watcher)
    : job_(job),
      launch_(launch),
      watcher_(watcher),
      window_steps_(std::min(launch.window_steps, first_window_steps)) {
  batch_ = backend.create(job, rule, batch_shape(job, launch));
}

bool NeuronRunner::run(std::uint64_t first, std::int64_t count, Results& results,
                       std::optional<RunState> from) {
  first_ = first;
  count_ = count;
  from_ = std::move(from);
  results = {};
  results.first = first;
  results.count = static_cast<std::uint64_t>(count);
  if (job_.search && !search()) return false;
  return recorded_run(results);
}

bool NeuronRunner::search() {
  using Answer = ThresholdSearch::Answer;
  search_.emplace(*job_.search, static_cast<std::size_t>(count_));
  if (from_ && !search_->restore(from_->runs, from_->search)) throw StateMisfit();
  std::vector<Answer> answers(static_cast<std::size_t>(count_));
  while (!search_->done()) {
    BatchOutcome outcome;
    if (!event_run(outcome)) return false;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      answers[i] = outcome.phase[i] == Phase::diverged             ? Answer::diverged
                   : outcome.spike_count[i] >= job_.search->spikes ? Answer::yes
                                                                   : Answer::no;
    }
    search_->tell(answers);
  }
  return true;
}

/// Loads the neurons and puts them, once, where the state says that there is one. Returns the step
/// they are at and their records.
RunState NeuronRunner::begin(LoadRequest request) {
  request.first_neuron = first_;
  request.count = count_;
  batch_->load(request);
  restored_steps_ = 0;
  std::optional<RunState> from = std::exchange(from_, std::nullopt);
  if (!from) return {};
  if (!batch_->restore(from->batch)) throw StateMisfit();
  restored_steps_ = batch_->collect().neuron_steps;
  return std::move(*from);
}

void NeuronRunner::launch(std::int64_t stop_step) {
  launched_at_ = std::chrono::steady_clock::now();
  batch_->launch(stop_step);
}

/// Waits for the launch; true when the same one is needed again.
bool NeuronRunner::finish() {
  const bool stalled = batch_->finish();
  window_s_ +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - launched_at_).count();
  if (!stalled) adapt_window(std::exchange(window_s_, 0.0));
  return stalled;
}

/// Keeps launches short enough for a run to be stopped soon, on slow devices too.
void NeuronRunner::adapt_window(double window_s) {
  constexpr double long_window_s = 0.5;
  constexpr double short_window_s = 0.1;
  if (window_s > long_window_s) {
    window_steps_ = std::max(window_steps_ / 2, std::min(launch_.window_steps, least_window_steps));
  } else if (window_s < short_window_s) {
    window_steps_ = std::min(window_steps_ * 2, launch_.window_steps);
  }
}

/// Tells of a window of `steps` steps up to `stop_step`, between launches; false ends the run.
bool NeuronRunner::report(std::int64_t steps, std::int64_t stop_step,
                          const std::function<Results()>& records) {
  const bool go_on = watcher_.advanced(static_cast<double>(count_ * steps));
  if (watcher_.wants_state()) {
    RunState state;
    state.first = first_;
    state.count = static_cast<std::uint64_t>(count_);
    state.step = stop_step;
    if (search_) {
      state.runs = search_->asked();
      state.search = search_->columns();
    }
    state.records = records();
    state.batch = batch_->state();
    state.records.first = state.first;
    state.records.count = state.count;
    watcher_.state(std::move(state));
  }
  return go_on;
}

BatchOutcome NeuronRunner::collect() {
  BatchOutcome outcome = batch_->collect();
  neuron_steps_ += outcome.neuron_steps - restored_steps_;
  return outcome;
}

bool NeuronRunner::event_run(BatchOutcome& outcome) {
  const RunState from = begin(
      {.search_values = search_->values(), .event_spikes = job_.search->spikes, .trace_rows = {}});
  const std::int64_t last = step_count(job_) + 1;
  for (std::int64_t step = from.step; step < last;) {
    const std::int64_t stop = std::min(step + window_steps_, last);
    do {
      launch(stop);
    } while (finish());
    if (!report(stop - step, stop, [] { return Results{}; })) return false;
    step = stop;
  }
  outcome = collect();
  return true;
}

/// The host takes the spikes and samples of a window while the next one is computed.
bool NeuronRunner::recorded_run(Results& results) {
  std::vector<double> values;
  if (search_) values = search_->finish(results);
  Recorder recorder(job_, batch_shape(job_, launch_), results);
  RunState from =
      begin({.search_values = values, .event_spikes = 0, .trace_rows = recorder.rows()});
  recorder.take_up(from.records, from.step);

  const std::int64_t last = step_count(job_) + 1;
  std::int64_t step = from.step;
  std::int64_t stop = step;
  const auto launch_next = [&] {
    if (step >= last) return;
    stop = recorder.begin_window(*batch_, step, std::min(step + window_steps_, last));
    launch(stop);
  };
  const auto new_records = [&] {
    recorder.take(*batch_);
    return recorder.note_new();
  };
  launch_next();
  while (step < last) {
    const bool stalled = finish();
    recorder.stage_spikes(*batch_);
    if (stalled) {
      launch(stop);
    } else {
      recorder.end_window(*batch_, stop);
      const std::int64_t steps = stop - std::exchange(step, stop);
      if (!report(steps, step, new_records)) return false;
      launch_next();
    }
    recorder.take(*batch_);
  }
  recorder.finish(job_, collect());
  return true;
}

}  // namespace hhsweep
