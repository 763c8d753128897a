// SPDX-License-Identifier: MIT
#include "hhsweep/engine.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <thread>

#include "backend.hpp"
#include "cpu/parallel.hpp"
#include "hhsweep/error.hpp"
#include "run_neurons.hpp"

namespace hhsweep {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Sizes of batches and launches for a job on a backend.
LaunchSettings choose_launch(const Job& job, const RunRule& rule, const Backend& backend,
                             const RunOptions& options) {
  LaunchSettings launch;
  const auto neurons = static_cast<std::int64_t>(job.population.size());
  launch.capacity = options.batch_neurons > 0 ? static_cast<std::int64_t>(options.batch_neurons)
                                              : backend.batch_capacity(job, rule);
  // Chunks are as small as their traces need, so several at once would take too much memory.
  const auto chunk = static_cast<std::int64_t>(plan_chunks(job).chunk_size);
  if (job.record.trace) launch.capacity = std::min(launch.capacity, chunk);
  launch.capacity = std::clamp<std::int64_t>(launch.capacity, 1, neurons);
  launch.window_steps =
      options.window_steps > 0 ? options.window_steps : backend.window_steps(launch.capacity);
  // Iterations of a launch are counted in 32 bits.
  launch.window_steps = std::min({launch.window_steps, step_count(job) + 1, std::int64_t{1} << 30});
  launch.spike_slots =
      options.spike_slots > 0 ? options.spike_slots : usual_spike_slots(job, launch.window_steps);
  return launch;
}

/// Appends the results of the neurons that follow.
template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

void append(Results& to, Results&& from) {
  if (to.count == 0) {
    to = std::move(from);
    return;
  }
  to.count += from.count;
  append(to.spike_count, from.spike_count);
  append(to.first_spike_time, from.first_spike_time);
  append(to.last_spike_time, from.last_spike_time);
  append(to.mean_isi, from.mean_isi);
  append(to.cv_isi, from.cv_isi);
  append(to.firing_rate, from.firing_rate);
  append(to.V_min, from.V_min);
  append(to.V_max, from.V_max);
  append(to.V_max_time, from.V_max_time);
  append(to.diverged_time, from.diverged_time);
  append(to.status, from.status);
  append(to.row_size, from.row_size);
  append(to.spike_time, from.spike_time);
  append(to.trace_neuron, from.trace_neuron);
  for (std::size_t v = 0; v < to.traces.size(); ++v) append(to.traces[v], from.traces[v]);
  append(to.threshold_lower, from.threshold_lower);
  append(to.threshold_upper, from.threshold_upper);
  append(to.threshold, from.threshold);
  append(to.threshold_status, from.threshold_status);
}

/// Elements [first, first + count) of a column that has one number a neuron, or none at all.
template <class T>
std::vector<T> part(const std::vector<T>& column, std::size_t first, std::size_t count) {
  if (column.empty()) return {};
  const auto begin = column.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

/// The results of neurons first .. first + count - 1 among `all`.
Results slice(const Results& all, std::uint64_t first, std::uint64_t count) {
  Results out;
  out.first = first;
  out.count = count;
  out.samples = all.samples;
  const std::size_t from = first - all.first;
  out.spike_count = part(all.spike_count, from, count);
  out.first_spike_time = part(all.first_spike_time, from, count);
  out.last_spike_time = part(all.last_spike_time, from, count);
  out.mean_isi = part(all.mean_isi, from, count);
  out.cv_isi = part(all.cv_isi, from, count);
  out.firing_rate = part(all.firing_rate, from, count);
  out.V_min = part(all.V_min, from, count);
  out.V_max = part(all.V_max, from, count);
  out.V_max_time = part(all.V_max_time, from, count);
  out.diverged_time = part(all.diverged_time, from, count);
  out.status = part(all.status, from, count);
  out.row_size = part(all.row_size, from, count);
  out.threshold_lower = part(all.threshold_lower, from, count);
  out.threshold_upper = part(all.threshold_upper, from, count);
  out.threshold = part(all.threshold, from, count);
  out.threshold_status = part(all.threshold_status, from, count);
  if (!all.row_size.empty()) {
    std::size_t before = 0;
    std::size_t inside = 0;
    for (std::size_t i = 0; i < from; ++i) before += static_cast<std::size_t>(all.row_size[i]);
    for (const std::int32_t size : out.row_size) inside += static_cast<std::size_t>(size);
    out.spike_time = part(all.spike_time, before, inside);
  }
  const auto begin = std::lower_bound(all.trace_neuron.begin(), all.trace_neuron.end(), first);
  const auto end = std::lower_bound(begin, all.trace_neuron.end(), first + count);
  out.trace_neuron.assign(begin, end);
  for (const auto& trace : all.traces) {
    const std::size_t row = all.trace_neuron.empty() ? 0 : trace.size() / all.trace_neuron.size();
    out.traces.push_back(part(trace,
                              row * static_cast<std::size_t>(begin - all.trace_neuron.begin()),
                              row * out.trace_neuron.size()));
  }
  return out;
}

/// Consecutive chunks that are run together.
struct WorkUnit {
  std::uint64_t first_chunk, end_chunk;
};

/// Groups the chunks that are wanted into runs of neighbours that fit a batch, single chunks
/// otherwise, so that there is work for every backend.
std::deque<WorkUnit> work_units(const std::vector<std::uint64_t>& chunks, const ChunkPlan& plan,
                                std::int64_t capacity, std::size_t backends) {
  const std::uint64_t fitting = static_cast<std::uint64_t>(capacity) / plan.chunk_size;
  const std::uint64_t share = (chunks.size() + backends - 1) / backends;
  const std::uint64_t most = std::max<std::uint64_t>(std::min(fitting, share), 1);
  std::deque<WorkUnit> units;
  for (const std::uint64_t chunk : chunks) {
    if (!units.empty() && units.back().end_chunk == chunk &&
        units.back().end_chunk - units.back().first_chunk < most) {
      ++units.back().end_chunk;
    } else {
      units.push_back({chunk, chunk + 1});
    }
  }
  return units;
}

/// One run of a job: what its workers share.
class JobRun {
 public:
  JobRun(const Job& job, const RunOptions& options, const ChunkSink& sink,
         const std::function<void(const Progress&)>& progress, const std::function<bool()>& stop)
      : job_(job),
        options_(options),
        sink_(sink),
        progress_(progress),
        stop_(stop),
        rule_(make_run_rule(job)),
        plan_(plan_chunks(job)) {
    chunks_ = options.chunks;
    if (chunks_.empty()) {
      for (std::uint64_t c = 0; c < plan_.chunk_count; ++c) chunks_.push_back(c);
    }
    double neurons = 0;
    for (const std::uint64_t chunk : chunks_) neurons += static_cast<double>(plan_.size(chunk));
    report_.total = neurons * static_cast<double>(step_count(job) + 1) *
                    static_cast<double>(population_runs(job));
  }

  RunSummary run(const std::vector<std::unique_ptr<Backend>>& backends) {
    start_ = Clock::now();
    LaunchSettings smallest;
    for (const auto& backend : backends) {
      launches_.push_back(choose_launch(job_, rule_, *backend, options_));
      const std::int64_t capacity = launches_.back().capacity;
      if (smallest.capacity == 0 || capacity < smallest.capacity) smallest = launches_.back();
    }
    units_ = work_units(chunks_, plan_, smallest.capacity, backends.size());
    if (backends.size() == 1) {
      work(*backends[0], launches_[0]);
    } else {
      working_ = static_cast<int>(backends.size());
      std::vector<std::jthread> workers;
      for (std::size_t i = 0; i < backends.size(); ++i) {
        workers.emplace_back([&, i] {
          work(*backends[i], launches_[i]);
          const std::scoped_lock lock(mutex_);
          --working_;
          changed_.notify_all();
        });
      }
      hand_over_deliveries();
    }
    if (failure_) std::rethrow_exception(failure_);
    if (!units_.empty() && device_failure_) std::rethrow_exception(device_failure_);
    summary_.complete = !stopped_;
    return summary_;
  }

 private:
  /// Takes units until there are none. A device that fails gives its unit back and takes no more.
  void work(Backend& backend, LaunchSettings launch) {
    cpu::set_default_floating_point();
    std::unique_ptr<NeuronRunner> runner;
    std::optional<WorkUnit> unit;
    double busy_s = 0;
    while ((unit = next_unit())) {
      try {
        busy_s += work_on(*unit, backend, launch, runner);
        // Devices work side by side, so the time is that of the busiest.
        end_unit([&] { summary_.compute_s = std::max(summary_.compute_s, busy_s); });
      } catch (const DeviceError& error) {
        end_unit([&] {
          units_.push_front(*unit);
          device_failure_ = std::current_exception();
          summary_.device_failures.emplace_back(error.what());
        });
        return;
      } catch (...) {
        end_unit([&] { failure_ = std::current_exception(); });
        return;
      }
    }
  }

  /// The next unit; nothing when all are done. While others are at work it waits, since a device
  /// that fails gives its unit back.
  std::optional<WorkUnit> next_unit() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !units_.empty() || in_flight_ == 0 || stopped_ || failure_; });
    if (units_.empty() || stopped_ || failure_) return {};
    const WorkUnit unit = units_.front();
    units_.pop_front();
    ++in_flight_;
    return unit;
  }

  /// Notes under the lock what became of a unit, and wakes those that wait.
  template <class Note>
  void end_unit(Note note) {
    const std::scoped_lock lock(mutex_);
    note();
    --in_flight_;
    changed_.notify_all();
  }

  /// Runs one unit and delivers its results; returns the seconds it took to compute them. A batch
  /// for which memory is lacking is halved, and the unit begun anew.
  double work_on(const WorkUnit& unit, Backend& backend, LaunchSettings& launch,
                 std::unique_ptr<NeuronRunner>& runner) {
    for (;;) {
      try {
        if (!runner) {
          runner = std::make_unique<NeuronRunner>(job_, rule_, backend, launch,
                                                  [this](double steps) { return advanced(steps); });
        }
        return compute(unit, launch, *runner);
      } catch (const DeviceMemoryError&) {
        if (launch.capacity <= smallest_batch) throw;
        runner.reset();
        launch.capacity = std::max(launch.capacity / 2, smallest_batch);
      }
    }
  }

  double compute(const WorkUnit& unit, const LaunchSettings& launch, NeuronRunner& runner) {
    const auto begin = Clock::now();
    const double steps_before = runner.neuron_steps();
    Results all;
    const std::uint64_t end = plan_.first(unit.end_chunk - 1) + plan_.size(unit.end_chunk - 1);
    for (std::uint64_t first = plan_.first(unit.first_chunk); first < end;) {
      const auto count = static_cast<std::int64_t>(
          std::min<std::uint64_t>(end - first, static_cast<std::uint64_t>(launch.capacity)));
      Results part;
      if (!runner.run(first, count, part)) return seconds_since(begin);
      append(all, std::move(part));
      first += static_cast<std::uint64_t>(count);
    }
    const double compute_s = seconds_since(begin);
    deliver(unit, std::move(all), runner.neuron_steps() - steps_before);
    return compute_s;
  }

  void deliver(const WorkUnit& unit, Results all, double neuron_steps) {
    std::unique_lock lock(mutex_);
    summary_.neuron_steps += neuron_steps;
    summary_.neurons += all.count;
    summary_.diverged += static_cast<std::uint64_t>(
        std::count(all.status.begin(), all.status.end(), NeuronStatus::diverged));
    for (std::uint64_t c = unit.first_chunk; c < unit.end_chunk; ++c) {
      Results results = unit.end_chunk - unit.first_chunk == 1
                            ? std::move(all)
                            : slice(all, plan_.first(c), plan_.size(c));
      if (working_ == 0) {
        sink_(c, std::move(results));
        continue;
      }
      changed_.wait(lock, [&] { return deliveries_.size() < most_deliveries || failure_; });
      if (failure_) return;
      deliveries_.push_back({c, std::move(results)});
      changed_.notify_all();
    }
  }

  /// With several devices: gives what they deliver to the sink, on the caller's thread, so that the
  /// sink need not know of threads (HDF5 keeps its error settings for each).
  void hand_over_deliveries() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return !deliveries_.empty() || working_ == 0; });
      if (deliveries_.empty()) return;
      Delivery delivery = std::move(deliveries_.front());
      deliveries_.pop_front();
      lock.unlock();
      std::exception_ptr thrown;
      try {
        sink_(delivery.chunk, std::move(delivery.results));
      } catch (...) {
        thrown = std::current_exception();
      }
      lock.lock();
      if (thrown) {
        failure_ = thrown;
        deliveries_.clear();
      }
      changed_.notify_all();
    }
  }

  bool advanced(double steps) {
    const std::scoped_lock lock(mutex_);
    report_.done += steps;
    report_.elapsed_s = seconds_since(start_);
    if (progress_) progress_(report_);
    if (stop_ && stop_()) stopped_ = true;
    return !stopped_ && !failure_;
  }

  const Job& job_;
  const RunOptions& options_;
  const ChunkSink& sink_;
  const std::function<void(const Progress&)>& progress_;
  const std::function<bool()>& stop_;
  RunRule rule_;
  ChunkPlan plan_;
  std::vector<std::uint64_t> chunks_;
  std::vector<LaunchSettings> launches_;
  Clock::time_point start_;

  /// Results on their way to the sink.
  struct Delivery {
    std::uint64_t chunk;
    Results results;
  };
  static constexpr std::size_t most_deliveries = 2;
  static constexpr std::int64_t smallest_batch = 1024;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<WorkUnit> units_;
  int in_flight_ = 0;
  int working_ = 0;  ///< devices at work; 0 when there is only one
  std::deque<Delivery> deliveries_;
  Progress report_;
  RunSummary summary_;
  bool stopped_ = false;
  std::exception_ptr failure_, device_failure_;
};

std::vector<int> cuda_devices(const RunOptions& options) {
  if (!options.devices.empty()) return options.devices;
  std::vector<int> devices;
  for (int i = 0; i < cuda_device_count(); ++i) devices.push_back(i);
  return devices;
}

}  // namespace

struct Engine::State {
  RunOptions options;
  std::vector<std::unique_ptr<Backend>> backends;
  std::string name, device, notice;
};

Engine::Engine(const RunOptions& given) : state_(std::make_unique<State>()) {
  RunOptions& options = state_->options;
  options = given;
  const char* preferred = std::getenv("HHSWEEP_BACKEND");
  if (options.backend == "auto" && preferred != nullptr) options.backend = preferred;
  if (options.backend != "auto" && options.backend != "cpu" && options.backend != "cuda") {
    throw UsageError("unknown backend '" + options.backend + "' (choose auto, cpu or cuda)");
  }
  if (options.backend != "cpu") {
    try {
      for (const int device : cuda_devices(options)) {
        state_->backends.push_back(make_cuda_backend(device));
      }
      if (state_->backends.empty() && options.backend == "cuda") make_cuda_backend(0);
    } catch (const DeviceError& error) {
      if (options.backend == "cuda" || !options.devices.empty()) throw;
      state_->backends.clear();
      state_->notice = std::string("a GPU is there but is not used: ") + error.what();
    }
  }
  if (state_->backends.empty()) {
    state_->backends.push_back(make_cpu_backend(options.threads, options.isa));
  }
  state_->name = state_->backends.front()->name();
  for (const auto& backend : state_->backends) {
    state_->device += (state_->device.empty() ? "" : "; ") + backend->device();
  }
}

Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

const std::string& Engine::backend() const { return state_->name; }
const std::string& Engine::device() const { return state_->device; }
const std::string& Engine::notice() const { return state_->notice; }

std::uint64_t Engine::memory_needed(const Job& job) const {
  const RunRule rule = make_run_rule(job);
  const LaunchSettings launch =
      choose_launch(job, rule, *state_->backends.front(), state_->options);
  const ChunkPlan plan = plan_chunks(job);
  const std::uint64_t chunks_held =
      std::max<std::uint64_t>(static_cast<std::uint64_t>(launch.capacity) / plan.chunk_size, 1);
  const std::uint64_t held = std::min(chunks_held * plan.chunk_size, plan.neurons);
  constexpr std::uint64_t result_bytes = 9 * 8 + 2 * 4 + 1 + 3 * 8 + 1;
  const std::uint64_t number = job.precision == Precision::float32 ? 4 : 8;
  std::uint64_t bytes = held * result_bytes * 2;
  if (job.record.trace) {
    const double share =
        static_cast<double>(traced_neuron_count(job)) / static_cast<double>(plan.neurons);
    bytes += 2 * static_cast<std::uint64_t>(share * static_cast<double>(held)) * number *
             job.record.trace->variables.size() * static_cast<std::uint64_t>(sample_count(job));
  }
  if (job.record.spike_times) {
    bytes += 3 * held * static_cast<std::uint64_t>(job.duration_ms / 10.0 + 1) * 8;  // 100 Hz
  }
  return bytes + batch_bytes(job, rule, launch);
}

RunSummary run_on(const std::vector<std::unique_ptr<Backend>>& backends, const Job& job,
                  const RunOptions& options, const ChunkSink& sink,
                  const std::function<void(const Progress&)>& progress,
                  const std::function<bool()>& stop) {
  cpu::set_default_floating_point();
  return JobRun(job, options, sink, progress, stop).run(backends);
}

RunSummary Engine::run(const Job& job, const ChunkSink& sink,
                       const std::function<void(const Progress&)>& progress,
                       const std::function<bool()>& stop) {
  RunSummary summary = run_on(state_->backends, job, state_->options, sink, progress, stop);
  summary.backend = state_->name;
  summary.device = state_->device;
  return summary;
}

Results Engine::run_neuron(const Job& job, std::uint64_t neuron) {
  cpu::set_default_floating_point();
  RunOptions options = state_->options;
  options.batch_neurons = 1;
  Backend& backend = *state_->backends.front();
  const RunRule rule = make_run_rule(job);
  NeuronRunner runner(job, rule, backend, choose_launch(job, rule, backend, options),
                      [](double) { return true; });
  Results results;
  runner.run(neuron, 1, results);
  return results;
}

std::vector<DeviceInfo> list_devices() {
  std::vector<DeviceInfo> devices{describe_cpu()};
  for (DeviceInfo& device : describe_cuda()) devices.push_back(std::move(device));
  return devices;
}

}  // namespace hhsweep
