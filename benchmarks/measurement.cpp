// SPDX-License-Identifier: MIT
#include "measurement.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/standard_load.hpp"
#include "jobs.hpp"
#include "run_neurons.hpp"

namespace hhsweep::benchmarks {

namespace {

constexpr std::uint64_t verified_neurons = 150;
constexpr double verified_ms = 20;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : 0.5 * (values[middle - 1] + values[middle]);
}

/// Numbers of a batch as the engine would choose them for one that holds all neurons.
LaunchSettings settings_of(const Backend& backend, const Job& job, const RunRule& rule) {
  LaunchSettings launch;
  constexpr std::int64_t many = std::numeric_limits<std::int64_t>::max() / 4;
  launch.capacity = std::min(static_cast<std::int64_t>(job.population.size()),
                             backend.batch_capacity(job, rule, many));
  launch.window_steps = std::min(backend.window_steps(launch.capacity), step_count(job) + 1);
  launch.spike_slots = usual_spike_slots(job, launch.window_steps);
  return launch;
}

/// A first batch of a job, of which only the time loop is timed.
class TimedBatch {
 public:
  TimedBatch(Backend& backend, const Job& job)
      : job_(job),
        rule_(make_run_rule(job)),
        launch_(settings_of(backend, job, rule_)),
        shape_(batch_shape(job, launch_)),
        batch_(backend.create(job, rule_, shape_)) {
    if (!job.record.trace) return;
    rows_.resize(static_cast<std::size_t>(launch_.capacity), -1);
    std::int32_t row = 0;
    for (const std::uint64_t i : traced_neurons(job, 0, rows_.size())) rows_[i] = row++;
  }

  /// Runs it from start to end: neuron-steps per second spent in launches.
  double rate() {
    seconds_ = 0;
    batch_->load({.count = launch_.capacity, .search_values = {}, .trace_rows = rows_});
    const std::int64_t last = step_count(job_) + 1;
    for (std::int64_t step = 0; step < last;) {
      const std::int64_t stop = std::min(step + window(step), last);
      if (!rows_.empty()) batch_->begin_samples(first_sample(step));
      for (bool again = true; again;) {
        again = advance(stop);
        if (job_.record.spike_times) take_spikes();
      }
      step = stop;
    }
    return batch_->collect().neuron_steps / seconds_;
  }

 private:
  bool advance(std::int64_t stop) {
    const auto start = std::chrono::steady_clock::now();
    batch_->launch(stop);
    const bool again = batch_->finish();
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return again;
  }

  void take_spikes() {
    batch_->stage_spikes();
    batch_->take_spikes(counts_, times_);
    times_.clear();
  }

  [[nodiscard]] std::int64_t first_sample(std::int64_t step) const {
    const std::int64_t every = job_.record.trace->every_steps;
    return (step + every - 1) / every;
  }

  /// Steps until the batch's buffer of samples is full, or a whole window.
  [[nodiscard]] std::int64_t window(std::int64_t step) const {
    if (rows_.empty()) return launch_.window_steps;
    const std::int64_t end = first_sample(step) + shape_.window_samples;
    return std::min(launch_.window_steps, end * job_.record.trace->every_steps - step);
  }

  const Job& job_;
  RunRule rule_;
  LaunchSettings launch_;
  BatchShape shape_;
  std::unique_ptr<Batch> batch_;
  std::vector<std::int32_t> rows_, counts_;
  std::vector<double> times_;
  double seconds_ = 0;
};

double time_loop_rate(Backend& backend, const Job& job, int runs) {
  TimedBatch batch(backend, job);
  batch.rate();
  std::vector<double> rates;
  for (int i = 0; i < runs; ++i) rates.push_back(batch.rate());
  return median(rates);
}

/// Throws unless the spikes of fast math lie within 0.01 ms of those of exact arithmetic, but for
/// one neuron in a hundred, which may have another number of them.
void verify_fast(Engine& engine) {
  const Displacement found = fast_displacement(engine, {verified_neurons, verified_ms, 1});
  if (found.largest_ms <= 0.01 && found.other_counts <= verified_neurons / 100) return;
  throw std::runtime_error("fast math on " + engine.device() + " displaces spikes by " +
                           std::to_string(found.largest_ms) + " ms and changes " +
                           std::to_string(found.other_counts) + " spike counts");
}

}  // namespace

void verify(Engine& engine, const Load& load, Precision precision) {
  if (load.name == "S") cli::verify_standard_load(engine, precision);
  const Job job = job_of(load, precision, verified_neurons, verified_ms);
  if (job.math == Math::fast) return verify_fast(engine);
  test::Delivery delivery;
  delivery.summary = engine.run(job, [&](std::uint64_t chunk, Results results) {
    delivery.chunks[chunk] = std::move(results);
  });
  const std::string found = test::difference(delivery, test::deliver_by_scalar_code(job));
  if (found.empty()) return;
  throw std::runtime_error("load " + std::string(load.name) + " on " + engine.device() +
                           " differs from plain scalar code: " + found);
}

Displacement fast_displacement(Engine& engine, const Extent& extent) {
  const auto spikes_of = [&](Math math) {
    Job job = job_of(loads().front(), Precision::float32, extent.neurons, extent.duration_ms);
    job.record.spike_times = true;
    job.math = math;
    std::vector<std::vector<double>> trains(extent.neurons);
    engine.run(job, [&](std::uint64_t, const Results& results) {
      auto time = results.spike_time.begin();
      for (std::size_t i = 0; i < results.row_size.size(); time += results.row_size[i++]) {
        trains[results.first + i].assign(time, time + results.row_size[i]);
      }
    });
    return trains;
  };
  const auto exact = spikes_of(Math::exact);
  const auto fast = spikes_of(Math::fast);
  Displacement found;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    if (exact[i].size() != fast[i].size()) {
      ++found.other_counts;
      continue;
    }
    found.spikes += exact[i].size();
    for (std::size_t k = 0; k < exact[i].size(); ++k) {
      found.largest_ms = std::max(found.largest_ms, std::abs(exact[i][k] - fast[i][k]));
    }
  }
  return found;
}

Measurement measure(Engine& engine, const Load& load, Precision precision, const Extent& extent) {
  const Job job = job_of(load, precision, extent.neurons, extent.duration_ms);
  cli::measure_rate(engine, job);
  std::vector<double> rates;
  for (int i = 0; i < extent.runs; ++i) rates.push_back(cli::measure_rate(engine, job));
  const auto [min, max] = std::minmax_element(rates.begin(), rates.end());
  const auto backend = engine.backend() == "cuda" ? make_cuda_backend(0) : make_cpu_backend(0, "");
  return {*min, median(rates), *max, time_loop_rate(*backend, job, extent.runs)};
}

}  // namespace hhsweep::benchmarks
