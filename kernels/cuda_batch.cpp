// SPDX-License-Identifier: MIT
#include "cuda_batch.hpp"

#include <algorithm>
#include <utility>

#include "advance.hpp"
#include "gather.hpp"
#include "workspace.hpp"

namespace hhsweep::cuda {

namespace {

/// Spikes that are brought to the host at a time, whatever the batch.
constexpr std::int64_t spikes_at_once = std::int64_t{1} << 23;

std::int64_t spike_room(const BatchShape& shape) {
  return std::min(shape.capacity * shape.spike_slots, spikes_at_once);
}

/// Numbers of one trace buffer.
std::int64_t trace_numbers(const Job& job, const BatchShape& shape) {
  if (!job.record.trace) return 0;
  const auto variables = static_cast<std::int64_t>(job.record.trace->variables.size());
  return variables * shape.trace_rows * shape.window_samples;
}

/// The population's arrays on the device, equal for all neurons.
class DevicePopulation {
 public:
  DevicePopulation(const Job& job, const RunRule& rule, const Stream& stream)
      : base_(job.population.base, stream),
        sources_(job.population.sources, stream),
        table_(job.population.table, stream),
        source_of_(rule.source_of, stream),
        stimuli_(job.population.stimuli, stream),
        intervals_(job.population.intervals, stream),
        redraw_(job.population.redraw, stream),
        selection_(job.population.selection, stream) {}

  [[nodiscard]] PopulationView view(const Job& job, const RunRule& rule) const {
    return population_view(job, rule,
                           {base_.data(), sources_.data(), table_.data(), source_of_.data(),
                            stimuli_.data(), intervals_.data(), redraw_.data(), selection_.data()});
  }

 private:
  DeviceBuffer<double> base_;
  DeviceBuffer<ParameterSource> sources_;
  DeviceBuffer<double> table_;
  DeviceBuffer<std::int32_t> source_of_;
  DeviceBuffer<StimulusSpec> stimuli_;
  DeviceBuffer<double> intervals_;
  DeviceBuffer<RedrawAxis> redraw_;
  DeviceBuffer<std::uint64_t> selection_;
};

template <class Scalar>
class CudaBatch final : public Batch {
 public:
  /// The constructor's calls go to the current device.
  CudaBatch(int device, const Job& job, const RunRule& rule, const BatchShape& shape)
      : device_(device),
        rule_(rule),
        shape_(shape),
        memory_(arrange<Scalar>(view_, shape, job, rule, nullptr)),
        workspace_(rule.drive, job.population.stimuli.size(), shape.capacity),
        population_(job, rule, stream_) {
    arrange(view_, shape, job, rule, memory_.data());
    // These outlive the copies, which a GPU that reads pageable memory itself makes later.
    const std::vector<Scalar> membrane(rule.shared_membrane.begin(), rule.shared_membrane.end());
    if (!membrane.empty()) upload(view_.membrane, std::span<const Scalar>(membrane));
    const std::vector<Scalar> waveforms(job.population.waveforms.begin(),
                                        job.population.waveforms.end());
    waveforms_ = DeviceBuffer<Scalar>(waveforms, stream_);
    view_.waveforms = waveforms_.data();
    view_.population = population_.view(job, rule);
    view_.run = rule.constants;
    if (shape.spike_slots > 0) reserve_for_spikes();
    if (view_.traces != nullptr) reserve_for_samples(trace_numbers(job, shape));
    stream_.wait();
  }

  ~CudaBatch() override { cudaSetDevice(device_); }
  CudaBatch(const CudaBatch&) = delete;
  CudaBatch& operator=(const CudaBatch&) = delete;

  void load(const LoadRequest& request) override {
    use_device();
    view_.first_neuron = request.first_neuron;
    view_.count = request.count;
    view_.run.event_spikes = request.event_spikes;
    view_.run.spike_slots = request.event_spikes > 0 ? 0 : shape_.spike_slots;
    view_.run.sample_every = request.trace_rows.empty() ? 0 : rule_.constants.sample_every;
    if (!request.search_values.empty()) upload(view_.search_values, request.search_values);
    if (!request.trace_rows.empty()) upload(view_.trace_row, request.trace_rows);
    Kernels<Scalar>::prepare(rule_.membrane, view_, rule_.shared_start, stream_.get());
    stream_.wait();
  }

  void launch(std::int64_t stop_step) override {
    use_device();
    Kernels<Scalar>::advance(rule_.membrane, rule_.drive, view_, rule_.shared_membrane, stop_step,
                             workspace_.view(), stream_.get());
  }

  bool finish() override {
    use_device();
    if (view_.run.spike_slots > 0) {
      return any_stalled(view_.phase, view_.count, scratch_, stream_);
    }
    stream_.wait();
    return false;
  }

  /// Only the last of the spikes, as many as there is room for, are still on their way afterwards.
  void stage_spikes() override {
    staged_ = 0;
    early_.clear();
    if (view_.run.spike_slots == 0) return;
    use_device();
    const std::int64_t total =
        scan_counts(view_.slots_used, view_.count, offsets_.data(), scratch_, stream_);
    if (total == 0) return;
    const SpikeSlots spikes{view_.slots, view_.slots_used, view_.count, view_.capacity,
                            view_.run.spike_slots};
    const auto room = static_cast<std::int64_t>(gathered_.size());
    std::int64_t first = 0;
    for (; total - first > room; first += room) {
      scatter_spikes(spikes, offsets_.data(), first, room, gathered_.data(), scratch_, stream_);
      download(spikes_.data(), gathered_.data(), room, stream_);
      stream_.wait();
      early_.insert(early_.end(), spikes_.data(), spikes_.data() + room);
    }
    staged_ = total - first;
    scatter_spikes(spikes, offsets_.data(), first, room, gathered_.data(), scratch_, stream_);
    release_slots(view_.slots_used, view_.phase, view_.count, scratch_, stream_);
    staging_.order(stream_, copies_);
    download(host_offsets_.data(), offsets_.data(), view_.count, copies_);
    download(spikes_.data(), gathered_.data(), staged_, copies_);
  }

  void take_spikes(std::vector<std::int32_t>& counts, std::vector<double>& times) override {
    const auto neurons = static_cast<std::size_t>(view_.count);
    counts.assign(neurons, 0);
    const auto total = static_cast<std::int64_t>(early_.size()) + staged_;
    if (total == 0) return;
    use_device();
    copies_.wait();
    const std::int64_t* offsets = host_offsets_.data();
    for (std::size_t i = 0; i < neurons; ++i) {
      const std::int64_t end = i + 1 < neurons ? offsets[i + 1] : total;
      counts[i] = static_cast<std::int32_t>(end - offsets[i]);
    }
    times.insert(times.end(), early_.begin(), early_.end());
    times.insert(times.end(), spikes_.data(), spikes_.data() + staged_);
  }

  void begin_samples(std::int64_t first_sample) override {
    use_device();
    view_.first_sample = first_sample;
    fill_nan(view_.traces, static_cast<std::int64_t>(samples_.size()), scratch_, stream_);
  }

  void stage_samples() override {
    use_device();
    staging_.order(stream_, copies_);
    download(samples_.data(), view_.traces, static_cast<std::int64_t>(samples_.size()), copies_);
    std::swap(view_.traces, closed_traces_);
  }

  std::span<const std::byte> samples() override {
    use_device();
    copies_.wait();
    return std::as_bytes(std::span<const Scalar>(samples_.data(), samples_.size()));
  }

  BatchOutcome collect() override {
    use_device();
    BatchOutcome out;
    copy_outcome(view_, out, [&](auto& to, const auto* from) {
      to.resize(static_cast<std::size_t>(view_.count));
      download(to.data(), from, view_.count, stream_);
    });
    out.neuron_steps = static_cast<double>(
        total_steps(view_.step, view_.fraction, view_.count, scratch_, stream_));
    stream_.wait();
    return out;
  }

  std::vector<StateColumn> state() override {
    use_device();
    const auto count = static_cast<std::size_t>(view_.count);
    std::vector<StateColumn> columns;
    for_each_state_array(view_, [&](const auto* numbers) {
      StateColumn& column = columns.emplace_back(sizeof(*numbers));
      column.bytes.resize(count * sizeof(*numbers));
      HHSWEEP_CUDA_CHECK(cudaMemcpyAsync(column.bytes.data(), numbers, column.bytes.size(),
                                         cudaMemcpyDeviceToHost, stream_.get()));
    });
    stream_.wait();
    return columns;
  }

  bool restore(const std::vector<StateColumn>& columns) override {
    use_device();
    const bool fits = copy_state(view_, columns, [&](auto* to, auto from) { upload(to, from); });
    stream_.wait();
    return fits;
  }

 private:
  void use_device() const { HHSWEEP_CUDA_CHECK(cudaSetDevice(device_)); }

  void reserve_for_spikes() {
    const auto room = static_cast<std::size_t>(spike_room(shape_));
    const auto neurons = static_cast<std::size_t>(shape_.capacity);
    offsets_ = DeviceBuffer<std::int64_t>(neurons);
    gathered_ = DeviceBuffer<double>(room);
    host_offsets_ = PinnedBuffer<std::int64_t>(neurons);
    spikes_ = PinnedBuffer<double>(room);
  }

  void reserve_for_samples(std::int64_t numbers) {
    const auto size = static_cast<std::size_t>(numbers);
    other_traces_ = DeviceBuffer<Scalar>(size);
    closed_traces_ = other_traces_.data();
    samples_ = PinnedBuffer<Scalar>(size);
  }

  template <class T>
  void upload(T* to, std::span<const T> from) const {
    HHSWEEP_CUDA_CHECK(
        cudaMemcpyAsync(to, from.data(), from.size_bytes(), cudaMemcpyHostToDevice, stream_.get()));
  }
  template <class T>
  static void download(T* to, const T* from, std::int64_t count, const Stream& stream) {
    HHSWEEP_CUDA_CHECK(cudaMemcpyAsync(to, from, static_cast<std::size_t>(count) * sizeof(T),
                                       cudaMemcpyDeviceToHost, stream.get()));
  }

  int device_;
  const RunRule& rule_;
  BatchShape shape_;
  BatchView<Scalar> view_{};
  Stream stream_;
  Stream copies_;  ///< of what is staged, beside the next launch
  Event staging_;
  DeviceBuffer<std::byte> memory_;
  DeviceWorkspace<Scalar> workspace_;
  DevicePopulation population_;
  DeviceBuffer<Scalar> waveforms_;
  Scratch scratch_;
  DeviceBuffer<std::int64_t> offsets_;  ///< place of each neuron's first spike among all staged
  DeviceBuffer<double> gathered_;  ///< the staged spikes, or part of them, in their final order
  PinnedBuffer<std::int64_t> host_offsets_;
  PinnedBuffer<double> spikes_;
  std::int64_t staged_ = 0;            ///< spikes in gathered_
  std::vector<double> early_;          ///< those before them, for which there was no room
  DeviceBuffer<Scalar> other_traces_;  ///< takes turns with the batch's own
  Scalar* closed_traces_ = nullptr;
  PinnedBuffer<Scalar> samples_;
};

}  // namespace

std::size_t transfer_bytes(const Job& job, const BatchShape& shape) {
  const auto spikes = static_cast<std::size_t>(spike_room(shape));
  const auto offsets = static_cast<std::size_t>(spikes > 0 ? shape.capacity : 0);
  return spikes * sizeof(double) + offsets * sizeof(std::int64_t) +
         static_cast<std::size_t>(trace_numbers(job, shape)) * number_bytes(job.precision);
}

std::unique_ptr<Batch> make_batch(int device, const Job& job, const RunRule& rule,
                                  const BatchShape& shape) {
  HHSWEEP_CUDA_CHECK(cudaSetDevice(device));
  if (job.precision == Precision::float32) {
    return std::make_unique<CudaBatch<float>>(device, job, rule, shape);
  }
  return std::make_unique<CudaBatch<double>>(device, job, rule, shape);
}

}  // namespace hhsweep::cuda
