// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hhsweep/population.hpp"

namespace hhsweep {

enum class Precision : int { float32, float64 };

constexpr std::string_view to_string(Precision precision) {
  return precision == Precision::float32 ? "float32" : "float64";
}

/// Bytes of a number.
constexpr std::uint64_t number_bytes(Precision precision) {
  return precision == Precision::float32 ? 4 : 8;
}

/// How exponentials and reciprocals are computed: with the same bits on every machine, or by the
/// special function units of a GPU. `fast` is offered by the cuda backend, in float32.
enum class Math : int { exact, fast };
constexpr std::string_view to_string(Math math) { return math == Math::exact ? "exact" : "fast"; }

/// What can be sampled as a trace; gates without units, V in mV, currents in uA/cm^2.
enum class TraceVariable : int { V, m, h, n, I_stim, I_Na, I_K, I_L };
inline constexpr int trace_variable_count = 8;
std::string_view to_string(TraceVariable variable);

/// Which neurons are traced: the product of selected indices along each axis, or a list of numbers.
struct TraceSelection {
  bool all = false;
  std::vector<std::uint64_t> neurons;  ///< ascending; used when per_axis is empty and not all
  /// For each axis the ascending indices that are traced; an empty list stands for all of them.
  std::vector<std::vector<std::uint64_t>> per_axis;
};

/// Sampling of traces at 0, every, 2 every, ... <= duration.
struct TraceSettings {
  std::vector<TraceVariable> variables;
  std::int64_t every_steps = 10;  ///< sampling interval in units of dt
  TraceSelection selection;
};

/// What is recorded.
struct RecordSettings {
  double window_start_ms = 0;
  double window_stop_ms = 0;  ///< spikes count in [start, stop)
  bool spike_times = false;
  std::optional<TraceSettings> trace;
};

/// Threshold search: each neuron bisects one parameter for the event "at least `spikes` spikes in
/// the window".
struct SearchSettings {
  double low = 0;
  double high = 0;
  double tolerance = 0;  ///< absolute, in the parameter's units
  int spikes = 1;
  int scan = 0;  ///< 0, or the number of equally spaced values evaluated first (>= 2)
};

/// Everything that a result's numbers depend on. With `search`, population.sources holds exactly
/// one source of form neuron: the parameter that is searched.
struct Job {
  Population population;
  double duration_ms = 0;
  double dt_ms = 0.01;
  Precision precision = Precision::float32;
  Math math = Math::exact;
  RecordSettings record;
  std::optional<SearchSettings> search;
};

enum class NeuronStatus : std::int8_t { ok = 0, diverged = 1, not_run = 2 };
enum class ThresholdStatus : std::int8_t {
  found = 0,
  never = 1,
  always = 2,
  several = 3,
  diverged = 4
};

/// Results of the consecutive neurons first .. first + count - 1. Vectors hold one value a neuron
/// unless said otherwise; undefined numbers are NaN (0x7ff8000000000000); where status is not 0,
/// spike_count is -1 and row_size 0.
struct Results {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  std::vector<std::int32_t> spike_count;
  std::vector<double> first_spike_time, last_spike_time;  ///< ms from the start of the run
  std::vector<double> mean_isi, cv_isi;                   ///< ms; population SD over mean
  std::vector<double> firing_rate;                        ///< Hz
  std::vector<double> V_min, V_max, V_max_time;           ///< mV, mV, ms
  std::vector<double> diverged_time;                      ///< ms
  std::vector<NeuronStatus> status;
  std::vector<std::int32_t> row_size;  ///< spikes of each neuron; empty without spike times
  std::vector<double> spike_time;  ///< ms, of all neurons one after the other, ascending in each
  std::vector<std::uint64_t> trace_neuron;  ///< ascending numbers of the traced neurons among these
  std::int64_t samples = 0;                 ///< samples of each trace
  /// For each variable of TraceSettings, in its order: (trace, time), in the run's precision, raw
  /// bytes.
  std::vector<std::vector<std::byte>> traces;
  std::vector<double> threshold_lower, threshold_upper, threshold;  ///< empty without a search
  std::vector<ThresholdStatus> threshold_status;
};

/// Division of the neurons into chunks, a function of the job alone: chunk c holds the neurons
/// from c chunk_size on, chunk_size of them but for the last chunk.
struct ChunkPlan {
  std::uint64_t neurons = 0;
  std::uint64_t chunk_size = 0;
  std::uint64_t chunk_count = 0;
  [[nodiscard]] std::uint64_t first(std::uint64_t chunk) const { return chunk * chunk_size; }
  [[nodiscard]] std::uint64_t size(std::uint64_t chunk) const;
};
ChunkPlan plan_chunks(const Job& job);

/// RK4 steps of one neuron (the last may be shorter): ceil(duration/dt) on the snapped grid.
std::int64_t step_count(const Job& job);
/// Samples of a trace, 0 without traces.
std::int64_t sample_count(const Job& job);
/// Bytes of the samples of one traced neuron, 0 without traces.
std::uint64_t trace_bytes(const Job& job);
/// Rounds of bisection of a search (0 without), and its runs of the population in all: scan or both
/// ends, rounds, and the last recorded run. 1 run without a search.
std::int64_t search_rounds(const SearchSettings& search);
std::int64_t population_runs(const Job& job);
/// Numbers of the traced neurons among first .. first + count - 1, ascending.
std::vector<std::uint64_t> traced_neurons(const Job& job, std::uint64_t first, std::uint64_t count);
/// Traced neurons of the whole job.
std::uint64_t traced_neuron_count(const Job& job);

/// Whether `fast` differs from `exact` for the job's model: only where the rates of all its neurons
/// have the classic forms and scales, and reach no further than floats do.
bool has_fast_rates(const Job& job);

/// How to run, without any influence on the result.
struct RunOptions {
  std::string backend = "auto";  ///< cpu, cuda, or auto: HHSWEEP_BACKEND, else the best here
  std::vector<int> devices;      ///< CUDA device numbers; empty: all that are visible
  int threads = 0;               ///< CPU threads; 0: all that this process may use
  std::string isa;               ///< scalar, avx2, avx512; empty: HHSWEEP_ISA, else the best here
  std::uint64_t batch_neurons = 0;    ///< neurons held at once; 0: chosen from the memory
  std::int64_t window_steps = 0;      ///< steps of one launch; 0: chosen
  int spike_slots = 0;                ///< spikes a neuron can leave in one launch; 0: chosen
  std::vector<std::uint64_t> chunks;  ///< which chunks to run; empty: all
  double save_every_s = 15;           ///< between two states of a chunk that a StateKeeper is given
};

/// How far a run is; `done` and `total` count RK4 steps of neurons, searches at their upper bound.
struct Progress {
  double done = 0;
  double total = 0;
  double elapsed_s = 0;
  double taken_up = 0;  ///< of `done`, what the kept states of earlier runs held
};

struct RunSummary {
  std::uint64_t neurons = 0;  ///< neurons whose results were delivered
  std::uint64_t diverged = 0;
  /// Of the others, those whose V in the window fell below where the time loop holds the rates of
  /// the gates constant (ClassicMembrane::v_low), in float32 -225 mV.
  std::uint64_t beyond_rates = 0;
  double neuron_steps = 0;  ///< RK4 steps of neurons actually made, all rounds of a search
  double compute_s = 0;     ///< time in which the backend was computing
  std::string backend;      ///< "cpu" or "cuda"
  std::string device;       ///< e.g. "2 threads, avx512" or the GPU's name
  bool complete = false;    ///< false when stop() ended it early
  std::vector<std::string> device_failures;  ///< of devices that failed, while others went on
};

/// One place a run can be computed.
struct DeviceInfo {
  std::string backend;  ///< "cpu" or "cuda"
  std::string name;
  bool available = false;
  std::string reason;  ///< why not, when it is not available
};

/// Everything that this build knows of, available or not: one line each in `hhsweep devices`.
std::vector<DeviceInfo> list_devices();

/// Receives the results of whole chunks, each once, in any order, on the thread that called run().
using ChunkSink = std::function<void(std::uint64_t chunk, Results results)>;

/// What is kept of a chunk while it is computed, in a form that only the engine reads.
struct ChunkState {
  std::vector<std::byte> head;
  std::vector<std::vector<std::byte>> segments;
};

/// Keeps the states of chunks under way, so that a run that ends early loses little. Its functions
/// are called by one thread at a time, not always the same one.
class StateKeeper {
 public:
  virtual ~StateKeeper() = default;
  /// What was kept last of a chunk, by this run or one before; nothing when there is none.
  virtual std::optional<ChunkState> load(std::uint64_t chunk) = 0;
  /// Keeps the pieces of `head`, joined, in the place of the head before, and `segment` as segment
  /// `index`, at most one after the last; those after it are void. Both or neither, however the
  /// process ends.
  virtual void save(std::uint64_t chunk, std::span<const std::span<const std::byte>> head,
                    std::uint64_t index, std::span<const std::byte> segment) = 0;
};

/// A backend chosen for a job.
class Engine {
 public:
  /// Throws DeviceError when the backend, device or instruction set asked for is absent.
  explicit Engine(const RunOptions& options);
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  [[nodiscard]] const std::string& backend() const;
  [[nodiscard]] const std::string& device() const;
  /// One line for the user when `auto` passed over a GPU, else empty.
  [[nodiscard]] const std::string& notice() const;
  /// Throws DeviceError when the backend does not offer the job's math. run() does so too.
  void expect_offered(const Job& job) const;
  /// Bytes that a run of `job` takes on the host: the batches, the results of those under way and,
  /// but for a CPU's single thread, of those with the sink meanwhile, and a copy of a chunk, which
  /// a sink commonly makes. Spikes are reckoned at 100 Hz.
  [[nodiscard]] std::uint64_t memory_needed(const Job& job) const;

  /// Runs the job. `progress` may be empty; `stop` is asked now and then and ends the run early
  /// when it returns true. Both are called by one thread at a time, but for a CPU's single thread
  /// not the one that called run(), on which `sink` may be at work meanwhile. With a `keeper`
  /// chunks go on from their kept states, which are renewed every save_every_s and when the run is
  /// stopped; they are of no use once the chunk has been delivered. Throws what `sink` and `keeper`
  /// throw; DeviceError when no device is left.
  RunSummary run(const Job& job, const ChunkSink& sink,
                 const std::function<void(const Progress&)>& progress = {},
                 const std::function<bool()>& stop = {}, StateKeeper* keeper = nullptr);

  /// Runs one neuron of the job alone, on the first device: what a whole run holds of it.
  Results run_neuron(const Job& job, std::uint64_t neuron);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hhsweep
