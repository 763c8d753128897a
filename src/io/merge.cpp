// SPDX-License-Identifier: MIT
#include "merge.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <span>
#include <stdexcept>
#include <vector>

#include "attribute_text.hpp"
#include "disk.hpp"
#include "hhsweep/content_hash.hpp"
#include "hhsweep/error.hpp"
#include "hhsweep/version.hpp"
#include "hyperslab.hpp"
#include "netcdf.hpp"
#include "result_layout.hpp"

namespace hhsweep::io {
namespace {

constexpr std::uint64_t piece_elements = std::uint64_t{1} << 20;

/// Calls use(first, count) for the pieces of a range of `total` elements.
template <class Use>
void for_each_piece(std::uint64_t total, Use&& use) {
  for (std::uint64_t first = 0; first < total; first += piece_elements) {
    use(first, std::min(piece_elements, total - first));
  }
}

/// Every NaN is stored with the same bits.
template <class Bits>
void canonicalize(std::span<std::byte> bytes, Bits infinity, Bits nan) {
  const Bits sign = Bits{1} << (8 * sizeof(Bits) - 1);
  for (std::size_t i = 0; i < bytes.size(); i += sizeof(Bits)) {
    Bits value = 0;
    std::memcpy(&value, &bytes[i], sizeof value);
    value = (value & ~sign) > infinity ? nan : value;
    std::memcpy(&bytes[i], &value, sizeof value);
  }
}

/// One variable of the result, filled from its first value to its last.
class VariableSink {
 public:
  VariableSink(NcFile& file, const std::string& name, ContentHash& hash)
      : file_(file), info_(*file.find_variable(name)), hash_(hash) {
    hash.begin(name, to_string(*info_.type), info_.shape);
  }

  void append(std::span<std::byte> values) {
    if (info_.type == Type::float32) canonicalize<std::uint32_t>(values, 0x7f800000, 0x7fc00000);
    if (info_.type == Type::float64) {
      canonicalize<std::uint64_t>(values, 0x7ff0000000000000, 0x7ff8000000000000);
    }
    const std::uint64_t count = values.size() / size_of(*info_.type);
    file_.write(info_, written_, count, values.data());
    hash_.values(values);
    written_ += count;
  }

  [[nodiscard]] bool full() const { return written_ == element_count(info_.shape); }
  void finish() { file_.finish(info_); }

 private:
  NcFile& file_;
  VariableInfo info_;
  ContentHash& hash_;
  std::uint64_t written_ = 0;
};

/// Appends value(0), ..., value(total - 1).
template <class Value, class Rule>
void append_values(VariableSink& sink, std::uint64_t total, Rule&& value) {
  std::vector<Value> values;
  for_each_piece(total, [&](std::uint64_t first, std::uint64_t count) {
    values.resize(count);
    for (std::uint64_t i = 0; i < count; ++i) values[i] = static_cast<Value>(value(first + i));
    sink.append(std::as_writable_bytes(std::span(values)));
  });
}

/// The same for whole numbers, in the type of the variable.
template <class Rule>
void append_indices(VariableSink& sink, Type type, std::uint64_t total, Rule&& index) {
  if (type == Type::int32) {
    append_values<std::int32_t>(sink, total, index);
  } else {
    append_values<std::int64_t>(sink, total, index);
  }
}

/// Calls read(), and says what to do when it fails.
template <class Read>
auto reading_a_part(Read&& read) {
  try {
    return read();
  } catch (const IoError& error) {
    throw IoError(std::string(error.what()) +
                  "; run again: parts that are damaged are found and computed anew");
  }
}

/// The value of a variable over neurons that were not run.
std::vector<std::byte> not_run_value(const Variable& variable) {
  const auto bytes_of = [](auto value) {
    const auto bytes = std::as_bytes(std::span(&value, 1));
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  };
  if (variable.name == "status") return bytes_of(NeuronStatus::not_run);
  if (variable.name == "threshold_status") return bytes_of(threshold_not_run);
  if (variable.name == "spike_count") return bytes_of(std::int32_t{-1});
  if (variable.type == Type::int32) return bytes_of(std::int32_t{0});
  if (variable.type == Type::float32) return bytes_of(std::numeric_limits<float>::quiet_NaN());
  return bytes_of(std::numeric_limits<double>::quiet_NaN());
}

/// The values of all parts, and of chunks that have none. Parts are opened as they are needed; some
/// stay open for the next variable.
class PartReader {
 public:
  PartReader(const Job& job, const PartsFolder& parts, const Stop& stop)
      : job_(job), parts_(parts), stop_(stop) {}

  /// Hands out the values of a variable over all chunks, piece by piece.
  template <class Use>
  void for_each(const Variable& variable, Use&& use) {
    for (std::uint64_t chunk = 0; chunk < parts_.plan().chunk_count; ++chunk) {
      if (parts_.has(chunk)) {
        read(variable, chunk, use);
      } else {
        make_up(variable, chunk, use);
      }
    }
  }

  /// The different values that a global attribute has in the parts, in their order.
  std::string attribute(const std::string& name) {
    std::vector<std::string> values;
    for (std::uint64_t chunk = 0; chunk < parts_.plan().chunk_count; ++chunk) {
      if (!parts_.has(chunk)) continue;
      stop_if(stop_);
      const auto value = reading_a_part([&] { return part(chunk).global_attribute(name); });
      if (!value || value->empty()) continue;
      if (std::find(values.begin(), values.end(), *value) == values.end()) values.push_back(*value);
    }
    std::string text;
    for (const std::string& value : values) text += (text.empty() ? "" : "; ") + value;
    return text;
  }

  /// Traces of the chunks without a part.
  [[nodiscard]] std::uint64_t made_up_traces() const {
    std::uint64_t traces = 0;
    for (const std::uint64_t chunk : parts_.absent()) traces += traced(chunk).size();
    return traces;
  }

 private:
  template <class Use>
  void read(const Variable& variable, std::uint64_t chunk, Use& use) {
    const NcFile& file = part(chunk);
    const auto info = reading_a_part([&] { return file.find_variable(variable.name); });
    if (!info) return;
    for_each_piece(element_count(info->shape), [&](std::uint64_t first, std::uint64_t count) {
      stop_if(stop_);
      buffer_.resize(count * size_of(*info->type));
      reading_a_part([&] { file.read(*info, first, count, buffer_.data()); });
      use(std::span<std::byte>(buffer_));
    });
  }

  template <class Use>
  void make_up(const Variable& variable, std::uint64_t chunk, Use& use) {
    if (variable.content == Content::spikes) return;
    if (variable.content == Content::trace_neuron) {
      std::vector<std::uint64_t> neurons = traced(chunk);
      use(std::as_writable_bytes(std::span(neurons)));
      return;
    }
    const std::vector<std::byte> value = not_run_value(variable);
    const std::uint64_t total =
        variable.content == Content::samples
            ? traced(chunk).size() * static_cast<std::uint64_t>(sample_count(job_))
            : parts_.plan().size(chunk);
    for_each_piece(total, [&](std::uint64_t, std::uint64_t count) {
      stop_if(stop_);
      buffer_.resize(count * value.size());
      for (std::uint64_t i = 0; i < count; ++i) {
        std::copy(value.begin(), value.end(),
                  buffer_.begin() + static_cast<std::ptrdiff_t>(i * value.size()));
      }
      use(std::span<std::byte>(buffer_));
    });
  }

  [[nodiscard]] std::vector<std::uint64_t> traced(std::uint64_t chunk) const {
    return traced_neurons(job_, parts_.plan().first(chunk), parts_.plan().size(chunk));
  }

  const NcFile& part(std::uint64_t chunk) {
    constexpr std::size_t most_open = 8;
    const auto found = open_.find(chunk);
    if (found != open_.end()) return found->second;
    // Chunks are asked for in a circle: giving up the newest keeps the others for the next round.
    if (open_.size() == most_open) open_.erase(newest_);
    newest_ = chunk;
    return open_
        .emplace(chunk, reading_a_part([&] { return NcFile::open(parts_.part_path(chunk)); }))
        .first->second;
  }

  const Job& job_;
  const PartsFolder& parts_;
  const Stop& stop_;
  std::map<std::uint64_t, NcFile> open_;
  std::uint64_t newest_ = 0;
  std::vector<std::byte> buffer_;
};

class Merger {
 public:
  Merger(const Sweep& sweep, const PartsFolder& parts, const std::string& path, const Stop& stop)
      : sweep_(sweep),
        parts_(parts),
        reader_(sweep.job, parts, stop),
        layout_(result_layout(sweep, {parts.spikes(), parts.traces() + reader_.made_up_traces(),
                                      static_cast<std::uint64_t>(sample_count(sweep.job))})),
        file_(NcFile::create(path, layout_.bytes())) {}

  std::string merge(const Provenance& provenance) {
    define();
    set_attributes(provenance);
    file_.end_definitions();
    std::map<std::string, const Variable*> by_name;
    for (const Variable& variable : layout_.variables) by_name.emplace(variable.name, &variable);
    for (const auto& [name, variable] : by_name) fill(*variable);

    const std::string digest = hash_.hex_digest();
    file_.set_global_attribute({"content_hash", digest});
    file_.close();
    return digest;
  }

 private:
  void define() {
    for (const Dimension& dimension : layout_.dimensions) {
      file_.define_dimension(dimension.name, dimension.length);
    }
    for (const Variable& variable : layout_.variables) {
      const int id = file_.define_variable(variable.name, variable.type, variable.dimensions,
                                           Storage::compressed);
      for (const Attribute& attribute : variable.attributes) file_.set_attribute(id, attribute);
    }
  }

  void set_attributes(const Provenance& provenance) {
    const Job& job = sweep_.job;
    std::string axes;
    for (const Axis& axis : sweep_.axes) axes += (axes.empty() ? "" : " ") + axis.name;
    const std::string command = attribute_text(provenance.command_line);
    const Attribute attributes[] = {
        {"Conventions", "CF-1.10"},
        {"title", attribute_text(sweep_.title.empty() ? "hhsweep result" : sweep_.title)},
        {"source", "hhsweep " + std::string(version)},
        {"history", provenance.finished + ": " + command},
        {"hhsweep_version", std::string(version)},
        {"hhsweep_commit", std::string(build_commit())},
        {"hhsweep_compiler", std::string(build_compiler())},
        {"hhsweep_layout", std::int32_t{layout_version}},
        {"hhsweep_axes", axes},
        {"hhsweep_fingerprint", fingerprint(sweep_)},
        {"backend", reader_.attribute("backend")},
        {"device", attribute_text(reader_.attribute("device"))},
        {"precision", std::string(to_string(job.precision))},
        {"math", std::string(to_string(job.math))},
        {"seed", sweep_.seed},
        {"duration", job.duration_ms},
        {"dt", job.dt_ms},
        {"window", std::vector<double>{job.record.window_start_ms, job.record.window_stop_ms}},
        {"command_line", command},
        {"started", provenance.started},
        {"finished", provenance.finished},
        {"wall_s", provenance.wall_s},
        {"compute_s", provenance.compute_s},
        {"neuron_steps", provenance.neuron_steps}};
    for (const Attribute& attribute : attributes) file_.set_global_attribute(attribute);
    if (provenance.audit) set_audit(*provenance.audit);
    std::int64_t not_run = 0;
    for (const std::uint64_t chunk : parts_.absent()) {
      not_run += static_cast<std::int64_t>(parts_.plan().size(chunk));
    }
    if (not_run > 0) {
      file_.set_global_attribute({std::string(names::neurons_not_run), not_run});
    }
  }

  void set_count(const std::string& name, std::uint64_t count) {
    file_.set_global_attribute({name, static_cast<std::int64_t>(count)});
  }

  /// The neuron only where there is a shift, so that nobody looks at another one.
  void set_shift(const std::string& name, const LargestShift& shift) {
    file_.set_global_attribute({name, shift.size});
    if (!std::isnan(shift.size)) set_count(name + "_neuron", shift.neuron);
  }

  void set_audit(const AuditFigures& audit) {
    set_count("audit_neurons", audit.neurons);
    file_.set_global_attribute({"audit_dt", audit.dt_ms});
    set_count("audit_spikes", audit.spikes);
    set_shift("audit_spike_time_shift", audit.spike_time);
    set_shift("audit_V_max_shift", audit.V_max);
    set_count("audit_count_mismatches", audit.count_mismatches);
    set_count("audit_status_mismatches", audit.status_mismatches);
    if (!sweep_.job.search) return;
    set_shift("audit_threshold_shift", audit.threshold);
    set_count("audit_threshold_mismatches", audit.threshold_mismatches);
  }

  void fill(const Variable& variable) {
    if (variable.content == Content::text) {
      const bool verbatim = variable.name == names::sweep_file;
      file_.write_text(*file_.find_variable(variable.name),
                       verbatim ? sweep_.text : sweep_.resolved);
      return;
    }
    VariableSink sink(file_, variable.name, hash_);
    if (is_in_part(variable)) {
      reader_.for_each(variable, [&](std::span<std::byte> values) { sink.append(values); });
    } else {
      generate(variable, sink);
    }
    if (!sink.full()) {
      throw IoError(parts_.path() + ": the parts hold too few values of " + variable.name);
    }
    sink.finish();
  }

  void generate(const Variable& variable, VariableSink& sink) {
    const std::uint64_t total = element_count(layout_.shape(variable));
    switch (variable.content) {
      case Content::axis_index:
        append_indices(sink, variable.type, total, [](std::uint64_t i) { return i; });
        break;
      case Content::axis_value:
        append_values<double>(sink, total, [&](std::uint64_t i) { return value(variable, i); });
        break;
      case Content::time:
        append_values<double>(sink, total, [&](std::uint64_t i) {
          const auto steps = static_cast<std::uint64_t>(sweep_.job.record.trace->every_steps);
          return static_cast<double>(i * steps) * sweep_.job.dt_ms;
        });
        break;
      case Content::trace_index:
      case Content::trace_value:
        append_along_traces(variable, sink);
        break;
      default:
        throw std::logic_error("no rule for " + variable.name);
    }
  }

  /// Value of the variable's entry at index i along its axis.
  [[nodiscard]] double value(const Variable& variable, std::uint64_t i) const {
    return axis_value(sweep_, sweep_.axes[variable.axis].entries[variable.entry], i);
  }

  [[nodiscard]] const Variable& trace_neuron() const {
    return *std::find_if(layout_.variables.begin(), layout_.variables.end(),
                         [](const Variable& v) { return v.content == Content::trace_neuron; });
  }

  void append_along_traces(const Variable& variable, VariableSink& sink) {
    std::uint64_t stride = 1;
    for (std::size_t a = variable.axis + 1; a < sweep_.axes.size(); ++a) {
      stride *= sweep_.axes[a].length;
    }
    const std::uint64_t length = sweep_.axes[variable.axis].length;
    reader_.for_each(trace_neuron(), [&](std::span<std::byte> bytes) {
      std::vector<std::uint64_t> index(bytes.size() / sizeof(std::uint64_t));
      std::memcpy(index.data(), bytes.data(), bytes.size());
      for (std::uint64_t& i : index) i = i / stride % length;
      if (variable.content == Content::trace_index) {
        append_indices(sink, variable.type, index.size(),
                       [&](std::uint64_t i) { return index[i]; });
      } else {
        append_values<double>(sink, index.size(),
                              [&](std::uint64_t i) { return value(variable, index[i]); });
      }
    });
  }

  const Sweep& sweep_;
  const PartsFolder& parts_;
  PartReader reader_;
  Layout layout_;
  NcFile file_;
  ContentHash hash_;
};

}  // namespace

std::string merge_parts(const Sweep& sweep, const PartsFolder& parts, const std::string& path,
                        const Provenance& provenance, const Stop& stop) {
  const std::string temporary = temporary_name(path);
  try {
    std::string digest = Merger(sweep, parts, temporary, stop).merge(provenance);
    publish_file(temporary, path);
    return digest;
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

}  // namespace hhsweep::io
