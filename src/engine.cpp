// SPDX-License-Identifier: MIT
#include "hhsweep/engine.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "backend.hpp"
#include "chunk_saver.hpp"
#include "cpu/parallel.hpp"
#include "hhsweep/error.hpp"
#include "hhsweep/membrane.hpp"
#include "results_parts.hpp"
#include "run_neurons.hpp"

namespace hhsweep {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Bytes of the traces of `neurons` neurons, as many of them traced as of all.
std::uint64_t trace_bytes(const Job& job, const ChunkPlan& plan, std::uint64_t neurons) {
  if (!job.record.trace) return 0;
  const double share =
      static_cast<double>(traced_neuron_count(job)) / static_cast<double>(plan.neurons);
  return static_cast<std::uint64_t>(share * static_cast<double>(neurons)) * trace_bytes(job);
}

/// Whether the calling thread writes results while others compute.
bool writes_meanwhile(const std::vector<std::unique_ptr<Backend>>& backends) {
  return backends.size() > 1 || backends.front()->allows_writing();
}

/// Neurons of a batch whose traces the host can well hold: a chunk, or on a device that needs more
/// neurons than that several, up to 1 GiB of traces.
std::int64_t traced_capacity(const Job& job, const Backend& backend) {
  constexpr std::uint64_t trace_limit = std::uint64_t{1} << 30;
  const ChunkPlan plan = plan_chunks(job);
  std::uint64_t chunks = 1;
  if (backend.computes_apart()) {
    const std::uint64_t bytes = trace_bytes(job, plan, plan.chunk_size);
    chunks = std::clamp<std::uint64_t>(trace_limit / std::max<std::uint64_t>(bytes, 1), 1,
                                       plan.chunk_count);
  }
  return static_cast<std::int64_t>(chunks * plan.chunk_size);
}

/// Sizes of batches and launches for a backend that computes `share` neurons of a job.
LaunchSettings choose_launch(const Job& job, const RunRule& rule, const Backend& backend,
                             const RunOptions& options, std::uint64_t share) {
  LaunchSettings launch;
  const auto neurons = static_cast<std::int64_t>(job.population.size());
  launch.capacity = options.batch_neurons > 0
                        ? static_cast<std::int64_t>(options.batch_neurons)
                        : backend.batch_capacity(job, rule, static_cast<std::int64_t>(share));
  if (job.record.trace) {
    launch.capacity = std::min(launch.capacity, traced_capacity(job, backend));
  }
  launch.capacity = std::clamp<std::int64_t>(launch.capacity, 1, neurons);
  launch.window_steps =
      options.window_steps > 0 ? options.window_steps : backend.window_steps(launch.capacity);
  // Iterations of a launch are counted in 32 bits.
  launch.window_steps = std::min({launch.window_steps, step_count(job) + 1, std::int64_t{1} << 30});
  launch.spike_slots =
      options.spike_slots > 0 ? options.spike_slots : usual_spike_slots(job, launch.window_steps);
  return launch;
}

/// Consecutive chunks that are run together.
struct WorkUnit {
  std::uint64_t first_chunk, end_chunk;
};

using SavedChunks = std::map<std::uint64_t, SavedChunk>;

/// Whether a batch can hold the chunk that follows `chunk` beside it: both from the start, or both
/// whole and at one place.
bool joins_next(std::uint64_t chunk, const SavedChunks& saved, const ChunkPlan& plan) {
  const auto a = saved.find(chunk);
  const auto b = saved.find(chunk + 1);
  if (a == saved.end() || b == saved.end()) return a == saved.end() && b == saved.end();
  return a->second.under_way.count == plan.size(chunk) &&
         b->second.under_way.count == plan.size(chunk + 1) &&
         at_one_place(a->second.under_way, b->second.under_way);
}

/// Chunks that a batch holds; the last of all may be a small one.
std::uint64_t chunks_of_a_batch(const ChunkPlan& plan, std::int64_t capacity) {
  const auto neurons = static_cast<std::uint64_t>(capacity);
  if (neurons >= plan.neurons) return plan.chunk_count;
  return std::max<std::uint64_t>(neurons / plan.chunk_size, 1);
}

/// Groups the chunks that are wanted into runs of neighbours that fit a batch, single chunks
/// otherwise, so that there is work for every backend.
std::deque<WorkUnit> work_units(const std::vector<std::uint64_t>& chunks, const SavedChunks& saved,
                                const ChunkPlan& plan, std::int64_t capacity,
                                std::size_t backends) {
  const std::uint64_t share = (chunks.size() + backends - 1) / backends;
  const std::uint64_t most =
      std::max<std::uint64_t>(std::min(chunks_of_a_batch(plan, capacity), share), 1);
  std::deque<WorkUnit> units;
  for (const std::uint64_t chunk : chunks) {
    if (!units.empty() && units.back().end_chunk == chunk &&
        units.back().end_chunk - units.back().first_chunk < most &&
        joins_next(chunk - 1, saved, plan)) {
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
         const std::function<void(const Progress&)>& progress, const std::function<bool()>& stop,
         StateKeeper* keeper)
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
    const auto steps = static_cast<double>(step_count(job) + 1);
    const auto runs = static_cast<double>(population_runs(job));
    for (const std::uint64_t chunk : chunks_) {
      report_.total += static_cast<double>(plan_.size(chunk)) * steps * runs;
    }
    if (keeper == nullptr) return;
    saver_.emplace(*keeper, plan_);
    for (const std::uint64_t chunk : chunks_) {
      std::optional<SavedChunk> saved = saver_->load(chunk);
      if (!saved) continue;
      const RunState& state = saved->under_way;
      report_.done += static_cast<double>(saved->finished.count) * steps * runs;
      report_.done += static_cast<double>(state.count) *
                      (static_cast<double>(state.runs) * steps + static_cast<double>(state.step));
      saved_.emplace(chunk, std::move(*saved));
    }
    report_.taken_up = report_.done;
  }

  RunSummary run(const std::vector<std::unique_ptr<Backend>>& backends) {
    start_ = Clock::now();
    std::uint64_t neurons = 0;
    for (const std::uint64_t chunk : chunks_) neurons += plan_.size(chunk);
    const std::uint64_t share = (neurons + backends.size() - 1) / backends.size();
    LaunchSettings smallest;
    for (const auto& backend : backends) {
      launches_.push_back(choose_launch(job_, rule_, *backend, options_, share));
      const std::int64_t capacity = launches_.back().capacity;
      if (smallest.capacity == 0 || capacity < smallest.capacity) smallest = launches_.back();
    }
    units_ = work_units(chunks_, saved_, plan_, smallest.capacity, backends.size());
    if (!writes_meanwhile(backends)) {
      work(*backends[0], launches_[0]);
    } else {
      working_ = static_cast<int>(backends.size());
      most_deliveries_ = backends.size();
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
  /// Results on their way to the sink.
  struct Delivery {
    WorkUnit unit;
    Results results;
  };

  /// Hears what a runner tells of the unit at hand.
  class Watcher final : public RunWatcher {
   public:
    explicit Watcher(JobRun& run) : run_(run) {}

    /// `finished` holds the results of its neurons that are through, also later on.
    void begin(const WorkUnit& unit, const Results& finished) {
      unit_ = unit;
      finished_ = &finished;
      saved_at_ = Clock::now();
    }
    bool advanced(double steps) override { return run_.advanced(steps); }
    bool wants_state() override {
      if (!run_.saver_) return false;
      return seconds_since(saved_at_) >= run_.options_.save_every_s || run_.is_stopped();
    }
    void state(RunState state) override {
      run_.save(unit_, *finished_, state);
      saved_at_ = Clock::now();
    }

   private:
    JobRun& run_;
    WorkUnit unit_{};
    const Results* finished_ = nullptr;
    Clock::time_point saved_at_;
  };

  /// Takes units until there are none. A device that fails gives its unit back and takes no more.
  void work(Backend& backend, LaunchSettings launch) {
    cpu::set_default_floating_point();
    Watcher watcher(*this);
    std::unique_ptr<NeuronRunner> runner;
    std::optional<WorkUnit> unit;
    double busy_s = 0;
    while ((unit = next_unit())) {
      try {
        busy_s += work_on(*unit, backend, launch, watcher, runner);
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
  double work_on(const WorkUnit& unit, Backend& backend, LaunchSettings& launch, Watcher& watcher,
                 std::unique_ptr<NeuronRunner>& runner) {
    // Neurons that were under way together go on together.
    auto capacity = std::max(launch.capacity, neurons_under_way(unit));
    for (;;) {
      try {
        if (!runner || runner->capacity() < capacity) {
          LaunchSettings settings = launch;
          settings.capacity = capacity;
          runner.reset();
          runner = std::make_unique<NeuronRunner>(job_, rule_, backend, settings, watcher);
        }
        return compute(unit, capacity, watcher, *runner);
      } catch (const DeviceMemoryError&) {
        if (launch.capacity <= smallest_batch) throw;
        runner.reset();
        if (capacity == launch.capacity) {
          launch.capacity = std::max(launch.capacity / 2, smallest_batch);
        }
        capacity = launch.capacity;
      } catch (const StateMisfit&) {
        forget(unit);
      }
    }
  }

  /// Neurons of a unit whose state was saved before this run.
  [[nodiscard]] std::int64_t neurons_under_way(const WorkUnit& unit) {
    const std::scoped_lock lock(saver_mutex_);
    std::uint64_t count = 0;
    for (std::uint64_t c = unit.first_chunk; c < unit.end_chunk; ++c) {
      const auto saved = saved_.find(c);
      if (saved != saved_.end()) count += saved->second.under_way.count;
    }
    return static_cast<std::int64_t>(count);
  }

  /// What was saved of a unit before this run: the results of its first neurons, and the state of
  /// those under way, of which counts may be 0.
  [[nodiscard]] std::pair<Results, RunState> start_of(const WorkUnit& unit) {
    const std::scoped_lock lock(saver_mutex_);
    Results finished;
    RunState under_way;
    for (std::uint64_t c = unit.first_chunk; c < unit.end_chunk; ++c) {
      const auto saved = saved_.find(c);
      if (saved == saved_.end()) break;
      append(finished, Results(saved->second.finished));
      append(under_way, RunState(saved->second.under_way));
    }
    return {std::move(finished), std::move(under_way)};
  }

  double compute(const WorkUnit& unit, std::int64_t capacity, Watcher& watcher,
                 NeuronRunner& runner) {
    const auto begin = Clock::now();
    const double steps_before = runner.neuron_steps();
    auto [all, saved] = start_of(unit);
    begin_anew(unit);
    watcher.begin(unit, all);
    const std::uint64_t saved_end = saved.first + saved.count;
    const std::uint64_t end = plan_.first(unit.end_chunk - 1) + plan_.size(unit.end_chunk - 1);
    for (std::uint64_t first = plan_.first(unit.first_chunk) + all.count; first < end;) {
      std::uint64_t count = std::min(end - first, static_cast<std::uint64_t>(capacity));
      std::optional<RunState> from;
      if (first < saved_end) {
        count = std::min(count, saved_end - first);
        from = slice(saved, first, count);
      }
      Results part;
      if (!runner.run(first, static_cast<std::int64_t>(count), part, std::move(from))) {
        return seconds_since(begin);
      }
      append(all, std::move(part));
      first += count;
    }
    const double compute_s = seconds_since(begin);
    forget(unit);
    deliver(unit, std::move(all), runner.neuron_steps() - steps_before);
    return compute_s;
  }

  /// What was saved of the unit before is of no use any more.
  void forget(const WorkUnit& unit) {
    if (!saver_) return;
    const std::scoped_lock lock(saver_mutex_);
    for (std::uint64_t c = unit.first_chunk; c < unit.end_chunk; ++c) {
      saver_->forget(c);
      saved_.erase(c);
    }
  }

  void begin_anew(const WorkUnit& unit) {
    if (!saver_) return;
    const std::scoped_lock lock(saver_mutex_);
    for (std::uint64_t c = unit.first_chunk; c < unit.end_chunk; ++c) saver_->begin_anew(c);
  }

  void save(const WorkUnit& unit, const Results& finished, const RunState& state) {
    const std::scoped_lock lock(saver_mutex_);
    for (std::uint64_t c = unit.first_chunk; c < unit.end_chunk; ++c) {
      saver_->save(c, finished, state);
    }
  }

  void deliver(const WorkUnit& unit, Results all, double neuron_steps) {
    std::unique_lock lock(mutex_);
    summary_.neuron_steps += neuron_steps;
    summary_.neurons += all.count;
    summary_.diverged += static_cast<std::uint64_t>(
        std::count(all.status.begin(), all.status.end(), NeuronStatus::diverged));
    if (job_.precision == Precision::float32 && rule_.membrane == MembraneKind::classic) {
      // NaN where a neuron diverged
      summary_.beyond_rates += static_cast<std::uint64_t>(
          std::count_if(all.V_min.begin(), all.V_min.end(),
                        [](double V) { return V < ClassicMembrane<float>::v_low; }));
    }
    Delivery delivery{unit, std::move(all)};
    if (working_ == 0) {
      lock.unlock();
      hand_over(std::move(delivery));
      return;
    }
    changed_.wait(lock, [&] { return deliveries_.size() < most_deliveries_ || failure_; });
    if (failure_) return;
    deliveries_.push_back(std::move(delivery));
    changed_.notify_all();
  }

  /// Gives the results of a unit to the sink, chunk by chunk.
  void hand_over(Delivery delivery) const {
    const WorkUnit& unit = delivery.unit;
    for (std::uint64_t c = unit.first_chunk; c < unit.end_chunk; ++c) {
      sink_(c, unit.end_chunk - unit.first_chunk == 1
                   ? std::move(delivery.results)
                   : slice(delivery.results, plan_.first(c), plan_.size(c)));
    }
  }

  /// Gives what the devices deliver to the sink, on the caller's thread, so that the sink need not
  /// know of threads (HDF5 keeps its error settings for each).
  void hand_over_deliveries() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return !deliveries_.empty() || working_ == 0; });
      if (deliveries_.empty()) return;
      Delivery delivery = std::move(deliveries_.front());
      lock.unlock();
      std::exception_ptr thrown;
      try {
        hand_over(std::move(delivery));
      } catch (...) {
        thrown = std::current_exception();
      }
      lock.lock();
      // Not before, so that it counts as one of the deliveries while it is written.
      deliveries_.pop_front();
      if (thrown) {
        failure_ = thrown;
        deliveries_.clear();
      }
      changed_.notify_all();
    }
  }

  bool is_stopped() {
    const std::scoped_lock lock(mutex_);
    return stopped_;
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
  SavedChunks saved_;
  std::mutex saver_mutex_;
  std::optional<ChunkSaver> saver_;

  static constexpr std::int64_t smallest_batch = 1024;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<WorkUnit> units_;
  int in_flight_ = 0;
  int working_ = 0;                  ///< threads at work; 0 when the caller's does it all
  std::deque<Delivery> deliveries_;  ///< the first may be with the sink
  std::size_t most_deliveries_ = 0;  ///< one for each device, while it computes another unit
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

namespace {

/// Bytes of the spike times of `neurons` neurons that fire at 100 Hz.
std::uint64_t spike_bytes(const Job& job, std::uint64_t neurons) {
  if (!job.record.spike_times) return 0;
  return neurons * static_cast<std::uint64_t>(job.duration_ms / 10.0 + 1) * sizeof(double);
}

/// Bytes of the results of `neurons` neurons.
std::uint64_t results_bytes(const Job& job, const ChunkPlan& plan, std::uint64_t neurons) {
  constexpr std::uint64_t statistics_bytes = 9 * 8 + 2 * 4 + 1;
  constexpr std::uint64_t threshold_bytes = 3 * 8 + 1;
  return neurons * (statistics_bytes + (job.search ? threshold_bytes : 0)) +
         trace_bytes(job, plan, neurons) + spike_bytes(job, neurons);
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
  const bool by_environment =
      options.backend == "auto" && preferred != nullptr && *preferred != '\0';
  if (by_environment) options.backend = preferred;
  if (options.backend != "auto" && options.backend != "cpu" && options.backend != "cuda") {
    throw UsageError("unknown backend '" + options.backend + "' (choose auto, cpu or cuda)" +
                     (by_environment ? "; the environment variable HHSWEEP_BACKEND names it" : ""));
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

void Engine::expect_offered(const Job& job) const {
  const std::string wanted = "math = \"" + std::string(to_string(job.math)) + "\"";
  if (job.math == Math::fast && job.precision != Precision::float32) {
    throw DeviceError(wanted + " is offered in float32 alone");
  }
  for (const auto& backend : state_->backends) {
    if (backend->offers(job.math)) continue;
    throw DeviceError(wanted + " is not offered by the " + backend->name() +
                      " backend, which this run would use; it needs a GPU ('hhsweep devices' lists "
                      "what is here), or write \"exact\"" +
                      (state_->notice.empty() ? "" : "; " + state_->notice));
  }
}

std::uint64_t Engine::memory_needed(const Job& job) const {
  const auto& backends = state_->backends;
  const RunRule rule = make_run_rule(job);
  const LaunchSettings launch = choose_launch(job, rule, *backends.front(), state_->options,
                                              job.population.size() / backends.size());
  const ChunkPlan plan = plan_chunks(job);
  const std::uint64_t held =
      std::min(chunks_of_a_batch(plan, launch.capacity) * plan.chunk_size, plan.neurons);
  // Those that are computed and those with the sink meanwhile, of which it has a copy of a chunk.
  const std::uint64_t units = writes_meanwhile(backends) ? 2 * backends.size() : 1;
  const std::uint64_t chunk = std::min(plan.chunk_size, plan.neurons);
  std::uint64_t bytes = results_bytes(job, plan, std::min(units * held, plan.neurons)) +
                        results_bytes(job, plan, chunk);
  if (held > chunk) bytes += results_bytes(job, plan, chunk);  // cut out of its unit
  bytes += backends.size() * spike_bytes(job, held);           // as they are gathered
  // The job's own, and the batch's copy of the samples.
  bytes +=
      job.population.data_bytes() + job.population.waveforms.size() * number_bytes(job.precision);
  return bytes + backends.size() * batch_bytes(job, rule, launch);
}

RunSummary run_on(const std::vector<std::unique_ptr<Backend>>& backends, const Job& job,
                  const RunOptions& options, const ChunkSink& sink,
                  const std::function<void(const Progress&)>& progress,
                  const std::function<bool()>& stop, StateKeeper* keeper) {
  cpu::set_default_floating_point();
  return JobRun(job, options, sink, progress, stop, keeper).run(backends);
}

RunSummary Engine::run(const Job& job, const ChunkSink& sink,
                       const std::function<void(const Progress&)>& progress,
                       const std::function<bool()>& stop, StateKeeper* keeper) {
  expect_offered(job);
  RunSummary summary = run_on(state_->backends, job, state_->options, sink, progress, stop, keeper);
  summary.backend = state_->name;
  summary.device = state_->device;
  return summary;
}

Results Engine::run_neuron(const Job& job, std::uint64_t neuron) {
  expect_offered(job);
  cpu::set_default_floating_point();
  RunOptions options = state_->options;
  options.batch_neurons = 1;
  Backend& backend = *state_->backends.front();
  const RunRule rule = make_run_rule(job);
  Unwatched unwatched;
  NeuronRunner runner(job, rule, backend, choose_launch(job, rule, backend, options, 1), unwatched);
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
