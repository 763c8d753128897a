// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "backend.hpp"
#include "cpu/lanes.hpp"
#include "cpu/pack.hpp"
#include "cpu/parallel.hpp"
#include "hhsweep/error.hpp"

namespace hhsweep {

namespace {

/// Memory aligned to 64 bytes, zeroed.
class AlignedMemory {
 public:
  AlignedMemory() = default;
  explicit AlignedMemory(std::size_t bytes) : bytes_(bytes) {
    data_.reset(
        static_cast<std::byte*>(::operator new(std::max<std::size_t>(bytes, 1), alignment)));
    std::memset(data_.get(), 0, bytes);
  }
  [[nodiscard]] std::byte* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return bytes_; }

 private:
  static constexpr std::align_val_t alignment{64};
  struct Release {
    void operator()(std::byte* p) const { ::operator delete(p, alignment); }
  };
  std::unique_ptr<std::byte, Release> data_;
  std::size_t bytes_ = 0;
};

template <class Scalar>
using ChooseKernel = cpu::LaneKernel<Scalar> (*)(MembraneKind, DriveKind);

/// An instruction set that this build has kernels for.
struct InstructionSet {
  const char* name;
  bool (*present)();
  ChooseKernel<float> float32;
  ChooseKernel<double> float64;
  std::int64_t launch_neuron_steps;  ///< about half a second of one core
};

/// All instruction sets of this build, the best last.
const std::vector<InstructionSet>& instruction_sets() {
  static const std::vector<InstructionSet> sets {
    {"scalar", [] { return true; }, cpu::LaneKernels<cpu::scalar>::float32,
     cpu::LaneKernels<cpu::scalar>::float64, std::int64_t{1} << 21},
#if HHSWEEP_HAS_ISA_avx2
        {"avx2", [] { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); },
         cpu::LaneKernels<cpu::avx2>::float32, cpu::LaneKernels<cpu::avx2>::float64,
         std::int64_t{1} << 27},
#endif
#if HHSWEEP_HAS_ISA_avx512
        {"avx512",
         [] {
           return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
         },
         cpu::LaneKernels<cpu::avx512>::float32, cpu::LaneKernels<cpu::avx512>::float64,
         std::int64_t{1} << 27},
#endif
  };
  return sets;
}

std::string present_names() {
  std::string names;
  for (const InstructionSet& set : instruction_sets()) {
    if (set.present()) names += (names.empty() ? "" : ", ") + std::string(set.name);
  }
  return names;
}

const InstructionSet& choose_instruction_set(std::string name) {
  std::string named_by;
  if (name.empty()) {
    const char* forced = std::getenv("HHSWEEP_ISA");
    if (forced != nullptr) name = forced;
    named_by = "; the environment variable HHSWEEP_ISA names it";
  }
  const auto& sets = instruction_sets();
  if (name.empty()) {
    return *std::find_if(sets.rbegin(), sets.rend(), [](const auto& set) { return set.present(); });
  }
  const auto found =
      std::find_if(sets.begin(), sets.end(), [&](const auto& set) { return name == set.name; });
  if (found == sets.end()) {
    throw DeviceError("instruction set '" + name +
                      "' is not known to this build (here: " + present_names() + ")" + named_by);
  }
  if (!found->present()) {
    throw DeviceError("this processor lacks the instruction set '" + name + "' (it has " +
                      present_names() + ")" + named_by);
  }
  return *found;
}

template <class Scalar>
class CpuBatch final : public Batch {
 public:
  CpuBatch(const Job& job, const RunRule& rule, const BatchShape& shape,
           const cpu::LaneKernel<Scalar>& kernel, int threads)
      : job_(job), rule_(rule), shape_(shape), kernel_(kernel), threads_(threads) {
    shape_.capacity = (shape.capacity + kernel.lanes - 1) / kernel.lanes * kernel.lanes;
    const std::size_t bytes = arrange<Scalar>(view_, shape_, job, rule, nullptr);
    try {
      memory_ = AlignedMemory(bytes);
      for (int i = 0; i < threads; ++i) {
        scratch_.emplace_back(kernel.scratch_bytes(job.population.stimuli.size()));
      }
    } catch (const std::bad_alloc&) {
      throw DeviceMemoryError("not enough memory for a batch of " + std::to_string(shape.capacity) +
                              " neurons");
    }
    arrange(view_, shape_, job, rule, memory_.data());
    for (std::size_t k = 0; k < rule.shared_membrane.size(); ++k) {
      view_.membrane[k] = static_cast<Scalar>(rule.shared_membrane[k]);
    }
    const Population& p = job.population;
    view_.population = population_view(
        job, rule,
        {p.base.data(), p.sources.data(), p.table.data(), rule.source_of.data(), p.stimuli.data(),
         p.intervals.data(), p.redraw.data(), p.selection.data()});
    waveforms_.assign(p.waveforms.begin(), p.waveforms.end());
    view_.waveforms = waveforms_.data();
    view_.run = rule.constants;
  }

  void load(const LoadRequest& request) override {
    view_.first_neuron = request.first_neuron;
    view_.count = request.count;
    view_.run.event_spikes = request.event_spikes;
    view_.run.spike_slots = request.event_spikes > 0 ? 0 : shape_.spike_slots;
    view_.run.sample_every = request.trace_rows.empty() ? 0 : rule_.constants.sample_every;
    const std::int64_t padded = tiles() * kernel_.lanes;
    if (!request.search_values.empty()) {
      std::copy(request.search_values.begin(), request.search_values.end(), view_.search_values);
      std::fill(view_.search_values + request.count, view_.search_values + padded,
                request.search_values.back());
    }
    if (!request.trace_rows.empty()) {
      std::copy(request.trace_rows.begin(), request.trace_rows.end(), view_.trace_row);
    }
    const State<double>* start = rule_.shared_start ? &*rule_.shared_start : nullptr;
    cpu::parallel_for(threads_, tiles(), [&](int, std::int64_t tile) {
      kernel_.prepare(view_, tile * kernel_.lanes, kernel_.lanes, start);
    });
  }

  void launch(std::int64_t stop_step) override { stop_step_ = stop_step; }

  /// Does the work of the launch, so that what was staged before has been taken.
  bool finish() override {
    if (std::exchange(samples_begun_, false)) {
      std::fill_n(view_.traces, trace_numbers(), from_bits(Format<Scalar>::nan_bits));
    }
    cpu::parallel_for(threads_, tiles(), [&](int worker, std::int64_t tile) {
      const std::int64_t first = tile * kernel_.lanes;
      const Phase* phase = view_.phase + first;
      const std::int64_t used = std::min<std::int64_t>(kernel_.lanes, view_.count - first);
      if (std::any_of(phase, phase + used, [](Phase p) { return p == Phase::running; })) {
        kernel_.advance(view_, first, stop_step_,
                        scratch_[static_cast<std::size_t>(worker)].data());
      }
    });
    return std::find(view_.phase, view_.phase + view_.count, Phase::stalled) !=
           view_.phase + view_.count;
  }

  void stage_spikes() override {}

  void take_spikes(std::vector<std::int32_t>& counts, std::vector<double>& times) override {
    counts.assign(view_.slots_used, view_.slots_used + view_.count);
    for (std::int64_t i = 0; i < view_.count; ++i) {
      for (std::int32_t s = 0; s < view_.slots_used[i]; ++s) {
        times.push_back(view_.slots[s * view_.capacity + i]);
      }
      view_.slots_used[i] = 0;
      if (view_.phase[i] == Phase::stalled) view_.phase[i] = Phase::running;
    }
  }

  void begin_samples(std::int64_t first_sample) override {
    view_.first_sample = first_sample;
    samples_begun_ = true;
  }

  void stage_samples() override {}

  std::span<const std::byte> samples() override {
    return std::as_bytes(std::span(view_.traces, trace_numbers()));
  }

  BatchOutcome collect() override {
    BatchOutcome out;
    copy_outcome(view_, out,
                 [&](auto& to, const auto* from) { to.assign(from, from + view_.count); });
    for (std::int64_t i = 0; i < view_.count; ++i) {
      out.neuron_steps += static_cast<double>(view_.step[i]) + (view_.fraction[i] > 0 ? 1 : 0);
    }
    return out;
  }

  std::vector<StateColumn> state() override {
    std::vector<StateColumn> columns;
    for_each_state_array(view_, [&](const auto* numbers) {
      columns.push_back(column_of(numbers, static_cast<std::size_t>(view_.count)));
    });
    return columns;
  }

  bool restore(const std::vector<StateColumn>& columns) override {
    const bool fits = copy_state(
        view_, columns, [](auto* to, auto from) { std::copy(from.begin(), from.end(), to); });
    // What fills the last tile up would still be at its start.
    if (fits) {
      std::fill(view_.phase + view_.count, view_.phase + tiles() * kernel_.lanes, Phase::finished);
    }
    return fits;
  }

 private:
  [[nodiscard]] std::int64_t tiles() const {
    return (view_.count + kernel_.lanes - 1) / kernel_.lanes;
  }
  [[nodiscard]] std::size_t trace_numbers() const {
    return static_cast<std::size_t>(view_.variable_count * view_.trace_rows * view_.window_samples);
  }

  const Job& job_;
  const RunRule& rule_;
  BatchShape shape_;
  cpu::LaneKernel<Scalar> kernel_;
  int threads_;
  AlignedMemory memory_;
  std::vector<Scalar> waveforms_;
  std::vector<AlignedMemory> scratch_;
  BatchView<Scalar> view_{};
  std::int64_t stop_step_ = 0;
  bool samples_begun_ = false;
};

class CpuBackend final : public Backend {
 public:
  CpuBackend(int threads, const InstructionSet& set)
      : threads_(threads > 0 ? threads : cpu::usable_cpus()), set_(set) {}

  [[nodiscard]] std::string name() const override { return "cpu"; }
  [[nodiscard]] std::string device() const override {
    return std::to_string(threads_) + (threads_ == 1 ? " thread, " : " threads, ") + set_.name;
  }
  [[nodiscard]] bool computes_apart() const override { return false; }
  [[nodiscard]] bool allows_writing() const override { return threads_ > 1; }
  [[nodiscard]] std::int64_t batch_capacity(const Job&, const RunRule&,
                                            std::int64_t) const override {
    return 65536;
  }
  [[nodiscard]] std::int64_t window_steps(std::int64_t neurons) const override {
    return std::clamp<std::int64_t>(set_.launch_neuron_steps / std::max<std::int64_t>(neurons, 1),
                                    16, std::int64_t{1} << 20);
  }
  std::unique_ptr<Batch> create(const Job& job, const RunRule& rule,
                                const BatchShape& shape) override {
    if (job.precision == Precision::float32) {
      return std::make_unique<CpuBatch<float>>(job, rule, shape,
                                               set_.float32(rule.membrane, rule.drive), threads_);
    }
    return std::make_unique<CpuBatch<double>>(job, rule, shape,
                                              set_.float64(rule.membrane, rule.drive), threads_);
  }

 private:
  int threads_;
  const InstructionSet& set_;
};

}  // namespace

std::unique_ptr<Backend> make_cpu_backend(int threads, const std::string& isa) {
  return std::make_unique<CpuBackend>(threads, choose_instruction_set(isa));
}

DeviceInfo describe_cpu() {
  return {"cpu",
          std::to_string(cpu::usable_cpus()) + " CPUs usable, instruction sets " + present_names(),
          true, ""};
}

}  // namespace hhsweep
