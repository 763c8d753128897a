// SPDX-License-Identifier: MIT
#include "run_neurons.hpp"

#include <algorithm>
#include <cstring>

#include "hhsweep/error.hpp"
#include "threshold_search.hpp"

namespace hhsweep {

namespace {

constexpr std::uint64_t sample_buffer_bytes = std::uint64_t{64} << 20;

std::size_t number_bytes(const Job& job) { return job.precision == Precision::float32 ? 4 : 8; }

/// Spike times of neurons, gathered launch by launch and joined at the end.
class SpikeCollector {
 public:
  explicit SpikeCollector(std::int64_t neurons) : totals_(static_cast<std::size_t>(neurons), 0) {}

  void take(Batch& batch) {
    Gathering gathering;
    batch.take_spikes(gathering.counts, gathering.times);
    if (gathering.times.empty()) return;
    for (std::size_t i = 0; i < totals_.size(); ++i) totals_[i] += gathering.counts[i];
    gatherings_.push_back(std::move(gathering));
  }

  /// Times of each neuron, in the order of the launches; spikes of diverged neurons are left out.
  void join(const std::vector<NeuronStatus>& status, Results& results) {
    std::vector<std::size_t> place(totals_.size());
    std::size_t total = 0;
    results.row_size.resize(totals_.size());
    for (std::size_t i = 0; i < totals_.size(); ++i) {
      place[i] = total;
      results.row_size[i] = status[i] == NeuronStatus::ok ? totals_[i] : 0;
      total += static_cast<std::size_t>(results.row_size[i]);
    }
    results.spike_time.resize(total);
    for (const Gathering& gathering : gatherings_) {
      const double* from = gathering.times.data();
      for (std::size_t i = 0; i < totals_.size(); ++i) {
        const auto count = static_cast<std::size_t>(gathering.counts[i]);
        if (status[i] == NeuronStatus::ok) {
          std::copy_n(from, count, results.spike_time.data() + place[i]);
          place[i] += count;
        }
        from += count;
      }
    }
  }

 private:
  struct Gathering {
    std::vector<std::int32_t> counts;
    std::vector<double> times;
  };
  std::vector<std::int32_t> totals_;
  std::vector<Gathering> gatherings_;
};

/// Traces of neurons, filled window by window.
class TraceCollector {
 public:
  TraceCollector(const Job& job, const BatchShape& shape, Results& results)
      : number_(number_bytes(job)), shape_(shape), results_(results) {
    results.samples = sample_count(job);
    results.traces.assign(job.record.trace->variables.size(), {});
    for (auto& trace : results.traces) {
      trace.resize(results.trace_neuron.size() * static_cast<std::size_t>(results.samples) *
                   number_);
    }
  }

  /// Copies the samples first .. first + count - 1 out of the batch's buffer.
  void take(std::span<const std::byte> buffer, std::int64_t first, std::int64_t count) {
    const auto window = static_cast<std::size_t>(shape_.window_samples) * number_;
    const auto all = static_cast<std::size_t>(results_.samples) * number_;
    for (std::size_t v = 0; v < results_.traces.size(); ++v) {
      for (std::size_t row = 0; row < results_.trace_neuron.size(); ++row) {
        const std::size_t from = (v * static_cast<std::size_t>(shape_.trace_rows) + row) * window;
        std::memcpy(
            results_.traces[v].data() + row * all + static_cast<std::size_t>(first) * number_,
            buffer.data() + from, static_cast<std::size_t>(count) * number_);
      }
    }
  }

 private:
  std::size_t number_;
  BatchShape shape_;
  Results& results_;
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

}  // namespace

BatchShape batch_shape(const Job& job, const LaunchSettings& launch) {
  BatchShape shape;
  shape.capacity = launch.capacity;
  shape.spike_slots = job.record.spike_times ? launch.spike_slots : 0;
  if (job.record.trace) {
    shape.trace_rows = static_cast<std::int64_t>(std::min<std::uint64_t>(
        traced_neuron_count(job), static_cast<std::uint64_t>(launch.capacity)));
    const std::uint64_t row_bytes =
        number_bytes(job) * job.record.trace->variables.size() *
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
                           const LaunchSettings& launch, std::function<bool(double)> advanced)
    : job_(job), launch_(launch), advanced_(std::move(advanced)) {
  batch_ = backend.create(job, rule, batch_shape(job, launch));
}

bool NeuronRunner::run(std::uint64_t first, std::int64_t count, Results& results) {
  results = {};
  results.first = first;
  results.count = static_cast<std::uint64_t>(count);
  std::vector<double> values;
  if (job_.search && !search(first, count, values, results)) return false;
  return recorded_run(first, count, values, results);
}

bool NeuronRunner::search(std::uint64_t first, std::int64_t count, std::vector<double>& values,
                          Results& results) {
  using Answer = ThresholdSearch::Answer;
  ThresholdSearch search(*job_.search, static_cast<std::size_t>(count));
  std::vector<Answer> answers(static_cast<std::size_t>(count));
  while (!search.done()) {
    BatchOutcome outcome;
    if (!event_run(first, count, search.values(), outcome)) return false;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      answers[i] = outcome.phase[i] == Phase::diverged             ? Answer::diverged
                   : outcome.spike_count[i] >= job_.search->spikes ? Answer::yes
                                                                   : Answer::no;
    }
    search.tell(answers);
  }
  values = search.finish(results);
  return true;
}

bool NeuronRunner::advance_all(std::int64_t stop_step, double count,
                               const std::function<void()>& after_launch) {
  for (bool again = true; again;) {
    again = batch_->advance(stop_step);
    after_launch();
  }
  return advanced_(count);
}

bool NeuronRunner::event_run(std::uint64_t first, std::int64_t count,
                             const std::vector<double>& values, BatchOutcome& outcome) {
  batch_->load({.first_neuron = first,
                .count = count,
                .search_values = values,
                .event_spikes = job_.search->spikes,
                .trace_rows = {}});
  const std::int64_t last = step_count(job_) + 1;
  for (std::int64_t step = 0; step < last;) {
    const std::int64_t stop = std::min(step + launch_.window_steps, last);
    if (!advance_all(stop, static_cast<double>(count * (stop - step)), [] {})) return false;
    step = stop;
  }
  outcome = batch_->collect();
  neuron_steps_ += outcome.neuron_steps;
  return true;
}

bool NeuronRunner::recorded_run(std::uint64_t first, std::int64_t count,
                                const std::vector<double>& values, Results& results) {
  const BatchShape shape = batch_shape(job_, launch_);
  results.trace_neuron = traced_neurons(job_, first, static_cast<std::uint64_t>(count));
  const std::vector<std::int32_t> rows = trace_rows(job_, first, count, results.trace_neuron);
  std::optional<TraceCollector> traces;
  if (job_.record.trace) traces.emplace(job_, shape, results);
  SpikeCollector spikes(job_.record.spike_times ? count : 0);

  batch_->load({.first_neuron = first,
                .count = count,
                .search_values = values,
                .event_spikes = 0,
                .trace_rows = rows});
  const std::int64_t last = step_count(job_) + 1;
  std::int64_t sample = 0;
  for (std::int64_t step = 0; step < last;) {
    std::int64_t stop = std::min(step + launch_.window_steps, last);
    std::int64_t next_sample = sample;
    if (!rows.empty()) {
      const std::int64_t every = job_.record.trace->every_steps;
      stop = std::min(stop, (sample + shape.window_samples) * every);
      next_sample = std::min((stop + every - 1) / every, results.samples);
      batch_->begin_samples(sample);
    }
    const bool go_on = advance_all(stop, static_cast<double>(count * (stop - step)), [&] {
      if (job_.record.spike_times) spikes.take(*batch_);
    });
    if (!go_on) return false;
    if (!rows.empty()) traces->take(batch_->samples(), sample, next_sample - sample);
    sample = next_sample;
    step = stop;
  }
  const BatchOutcome outcome = batch_->collect();
  neuron_steps_ += outcome.neuron_steps;
  finish_statistics(job_, outcome, results);
  if (job_.record.spike_times) spikes.join(results.status, results);
  return true;
}

}  // namespace hhsweep
