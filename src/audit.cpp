// SPDX-License-Identifier: MIT
#include "hhsweep/audit.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace hhsweep {

namespace {

/// Neurons that are run at once: they fill a processor, and their spike times are no burden.
constexpr std::uint64_t most_at_once = 4096;

/// Spike times of one neuron after the other.
class SpikesOf {
 public:
  explicit SpikesOf(const Results& results) : results_(results) {}
  std::span<const double> next() {
    const auto count = static_cast<std::size_t>(results_.row_size[neuron_++]);
    const std::span<const double> times(results_.spike_time.data() + place_, count);
    place_ += count;
    return times;
  }

 private:
  const Results& results_;
  std::size_t neuron_ = 0;
  std::size_t place_ = 0;
};

/// The same neurons with all that the comparison needs, and nothing that depends on the step.
Job job_of(const Job& job, const std::vector<std::uint64_t>& numbers) {
  Job some = job;
  some.population.selection = numbers;
  some.record.trace.reset();
  some.record.spike_times = true;
  return some;
}

Job finer(Job job) {
  job.precision = Precision::float64;
  job.math = Math::exact;
  job.dt_ms /= 2;
  return job;
}

std::uint64_t audited_of(const Job& job, std::uint64_t wanted) {
  return std::min(wanted, job.population.size());
}

/// Progress of the runs of an audit, one after the other.
class AuditProgress {
 public:
  AuditProgress(double total, const std::function<void(const Progress&)>& show)
      : all_{.total = total}, show_(show) {}

  /// The results of all neurons of a job, in one piece; nothing when `stop` ended the run.
  std::optional<Results> run(Engine& engine, const Job& job, const std::function<bool()>& stop) {
    std::optional<Results> all;
    const Progress before = all_;
    const RunSummary summary = engine.run(
        job, [&](std::uint64_t, Results results) { all = std::move(results); },
        [&](const Progress& progress) {
          all_.done = before.done + progress.done;
          all_.elapsed_s = before.elapsed_s + progress.elapsed_s;
          if (show_) show_(all_);
        },
        stop);
    return summary.complete ? std::move(all) : std::nullopt;
  }

 private:
  Progress all_;
  const std::function<void(const Progress&)>& show_;
};

}  // namespace

void LargestShift::take(double difference, std::uint64_t of_neuron) {
  difference = std::fabs(difference);
  if (size >= difference || std::isnan(difference)) return;
  size = difference;
  neuron = of_neuron;
}

void AuditFigures::compare(const std::vector<std::uint64_t>& numbers, const Results& as_run,
                           const Results& finer) {
  SpikesOf spikes_as_run(as_run);
  SpikesOf spikes_finer(finer);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    ++neurons;
    const std::span<const double> ours = spikes_as_run.next();
    const std::span<const double> theirs = spikes_finer.next();
    if (!as_run.threshold_status.empty()) {
      threshold.take(as_run.threshold[i] - finer.threshold[i], numbers[i]);
      if (as_run.threshold_status[i] != finer.threshold_status[i]) ++threshold_mismatches;
    }
    V_max.take(as_run.V_max[i] - finer.V_max[i], numbers[i]);
    if (as_run.status[i] != finer.status[i]) {
      ++status_mismatches;
    } else if (ours.size() != theirs.size()) {
      ++count_mismatches;
    } else {
      if (as_run.spike_count[i] != finer.spike_count[i]) ++count_mismatches;
      for (std::size_t s = 0; s < ours.size(); ++s) {
        spike_time.take(ours[s] - theirs[s], numbers[i]);
      }
      spikes += ours.size();
    }
  }
}

std::vector<std::uint64_t> evenly_spread(std::uint64_t neurons, std::uint64_t audited,
                                         std::uint64_t first, std::uint64_t count) {
  std::vector<std::uint64_t> numbers;
  const std::uint64_t gaps = std::max<std::uint64_t>(audited, 2) - 1;
  for (std::uint64_t j = first; j < first + count; ++j) {
    // Both factors may have 40 bits.
    const auto scaled = static_cast<unsigned __int128>(j) * (neurons - 1) + gaps / 2;
    numbers.push_back(static_cast<std::uint64_t>(scaled / gaps));
  }
  return numbers;
}

double audit_steps(const Job& job, std::uint64_t audited) {
  Job half;
  half.duration_ms = job.duration_ms;
  half.dt_ms = job.dt_ms / 2;
  const double steps = static_cast<double>(step_count(job)) + static_cast<double>(step_count(half));
  return steps * static_cast<double>(population_runs(job)) *
         static_cast<double>(audited_of(job, audited));
}

std::uint64_t audit_memory_needed(const Engine& engine, const Job& job, std::uint64_t audited) {
  const std::uint64_t wanted = audited_of(job, audited);
  const auto numbers =
      evenly_spread(job.population.size(), wanted, 0, std::min(most_at_once, wanted));
  // The second copy of the results that the engine reckons with is that of the first run.
  return engine.memory_needed(finer(job_of(job, numbers)));
}

std::optional<AuditFigures> audit(Engine& engine, const Job& job, std::uint64_t audited,
                                  const std::function<void(const Progress&)>& progress,
                                  const std::function<bool()>& stop) {
  const std::uint64_t wanted = audited_of(job, audited);
  AuditProgress runs(audit_steps(job, audited), progress);
  AuditFigures figures;
  figures.dt_ms = job.dt_ms / 2;
  for (std::uint64_t first = 0; first < wanted; first += most_at_once) {
    const std::vector<std::uint64_t> numbers =
        evenly_spread(job.population.size(), wanted, first, std::min(most_at_once, wanted - first));
    Job some = job_of(job, numbers);
    const std::optional<Results> as_run = runs.run(engine, some, stop);
    if (!as_run) return std::nullopt;
    some = finer(std::move(some));
    const std::optional<Results> compared = runs.run(engine, some, stop);
    if (!compared) return std::nullopt;
    figures.compare(numbers, *as_run, *compared);
  }
  return figures;
}

}  // namespace hhsweep
