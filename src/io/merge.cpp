// SPDX-License-Identifier: MIT
#include "merge.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

#include "attribute_text.hpp"
#include "disk.hpp"
#include "hhsweep/content_hash.hpp"
#include "hhsweep/error.hpp"
#include "hhsweep/math_decimal.hpp"
#include "hhsweep/version.hpp"
#include "hyperslab.hpp"
#include "netcdf.hpp"
#include "result_layout.hpp"

namespace hhsweep::io {
namespace {

constexpr std::uint64_t piece_elements = std::uint64_t{1} << 16;

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

/// Time of a trace's sample in ms, a decimal where dt is one.
double sample_time(const Job& job, std::uint64_t sample) {
  const std::uint64_t step = sample * static_cast<std::uint64_t>(job.record.trace->every_steps);
  const double time = static_cast<double>(step) * job.dt_ms;
  return nearby_decimal(time, job.duration_ms, 0x1p-51 * time);
}

/// A file that is gone when this is, unless it has got another name. It is emptied before: HDF5
/// keeps a file open, and so its room taken, when closing it has failed.
struct UnfinishedFile {
  explicit UnfinishedFile(std::string the_path) : path(std::move(the_path)) {}
  ~UnfinishedFile() {
    empty_file(path);
    discard_file(path);
  }
  UnfinishedFile(const UnfinishedFile&) = delete;  // owns the file
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;
  const std::string path;
};

/// A variable of the result, filled from its first value to its last.
struct Filling {
  VariableInfo info;
  bool grows = false;  ///< over spikes: how many there are is known when all are written
  std::uint64_t written = 0;
  Sha256 values;
};

}  // namespace

struct Merger::State {
  State(const Sweep& the_sweep, const PartsFolder& the_parts, const std::string& the_path,
        Stop the_stop)
      : sweep(the_sweep),
        parts(the_parts),
        path(the_path),
        stop(std::move(the_stop)),
        layout(layout_now()),
        unfinished(temporary_name(path)),
        file(NcFile::create(unfinished.path, layout.bytes())) {}

  /// With the spikes of the parts that there are.
  [[nodiscard]] Layout layout_now() const {
    return result_layout(sweep, {parts.spikes(), traced_neuron_count(sweep.job),
                                 static_cast<std::uint64_t>(sample_count(sweep.job))});
  }

  void define() {
    for (const Dimension& dimension : layout.dimensions) {
      if (dimension.name == names::spike) {
        file.define_unlimited_dimension(dimension.name);
      } else {
        file.define_dimension(dimension.name, dimension.length);
      }
    }
    for (const Variable& variable : layout.variables) {
      const int id = file.define_variable(variable.name, variable.type, variable.dimensions,
                                          Storage::compressed);
      for (const Attribute& attribute : variable.attributes) file.set_attribute(id, attribute);
      Filling& filling = fillings[variable.name];
      filling.info = *file.find_variable(variable.name);
      filling.grows = variable.content == Content::spikes;
    }
    file.end_definitions();
  }

  void write_next(Filling& filling, std::span<std::byte> values) {
    stop_if(stop);
    const Type type = *filling.info.type;
    if (type == Type::float32) canonicalize<std::uint32_t>(values, 0x7f800000, 0x7fc00000);
    if (type == Type::float64) {
      canonicalize<std::uint64_t>(values, 0x7ff0000000000000, 0x7ff8000000000000);
    }
    const std::uint64_t count = values.size() / size_of(type);
    if (filling.grows) filling.info.shape[0] += count;
    file.write(filling.info, filling.written, count, values.data());
    filling.written += count;
    filling.values.update(values);
  }

  void take_up_next() {
    const std::uint64_t chunk = chunks_taken++;
    std::optional<NcFile> part;
    if (parts.has(chunk)) {
      part.emplace(open(chunk));
      note_origin(*part);
    }
    for (const Variable& variable : layout.variables) {
      if (variable.content == Content::text) continue;
      if (!is_in_part(variable)) {
        generate(variable, chunk);
      } else if (part) {
        copy(variable, *part);
      } else {
        make_up(variable, chunk);
      }
    }
  }

  [[nodiscard]] NcFile open(std::uint64_t chunk) const {
    return reading_a_part([&] { return NcFile::open(parts.part_path(chunk)); });
  }

  void note_origin(const NcFile& part) {
    for (auto& [name, values] : origins) {
      const std::string value =
          reading_a_part([&] { return part.global_attribute(name); }).value_or("");
      if (value.empty() || std::find(values.begin(), values.end(), value) != values.end()) continue;
      values.push_back(value);
    }
  }

  void copy(const Variable& variable, const NcFile& part) {
    const auto info = reading_a_part([&] { return part.find_variable(variable.name); });
    if (!info) return;  // a part leaves out what is empty
    Filling& filling = fillings.at(variable.name);
    for_each_piece(element_count(info->shape), [&](std::uint64_t first, std::uint64_t count) {
      buffer.resize(count * size_of(*info->type));
      reading_a_part([&] { part.read(*info, first, count, buffer.data()); });
      write_next(filling, buffer);
    });
  }

  /// The values of a chunk without a part.
  void make_up(const Variable& variable, std::uint64_t chunk) {
    Filling& filling = fillings.at(variable.name);
    std::vector<std::uint64_t> traced =
        traced_neurons(sweep.job, parts.plan().first(chunk), parts.plan().size(chunk));
    if (variable.content == Content::spikes) return;
    if (variable.content == Content::trace_neuron) {
      write_next(filling, std::as_writable_bytes(std::span(traced)));
      return;
    }
    const std::vector<std::byte> value = not_run_value(variable);
    const std::uint64_t total =
        variable.content == Content::samples
            ? traced.size() * static_cast<std::uint64_t>(sample_count(sweep.job))
            : parts.plan().size(chunk);
    for_each_piece(total, [&](std::uint64_t, std::uint64_t count) {
      buffer.resize(count * value.size());
      for (std::uint64_t i = 0; i < count; ++i) {
        std::copy(value.begin(), value.end(),
                  buffer.begin() + static_cast<std::ptrdiff_t>(i * value.size()));
      }
      write_next(filling, buffer);
    });
  }

  std::string finish(const Provenance& provenance) {
    file.expect_bytes(layout_now().bytes());
    while (chunks_taken < parts.plan().chunk_count) take_up_next();
    file.write_text(fillings.at(std::string(names::sweep_file)).info, sweep.text);
    file.write_text(fillings.at(std::string(names::sweep_resolved)).info, sweep.resolved);
    set_attributes(provenance);
    std::string digest = content_hash();
    file.set_global_attribute({"content_hash", digest});
    file.close();
    publish_file(unfinished.path, path);
    return digest;
  }

  std::string content_hash() {
    ContentHash hash;
    for (auto& [name, filling] : fillings) {
      if (filling.info.type == Type::text) continue;
      const std::uint64_t expected =
          filling.grows ? parts.spikes() : element_count(filling.info.shape);
      if (filling.written != expected) {
        throw IoError(parts.path() + ": the parts hold too few values of " + name);
      }
      hash.add(name, to_string(*filling.info.type), filling.info.shape,
               filling.values.hex_digest());
    }
    return hash.hex_digest();
  }

  void set_attributes(const Provenance& provenance) {
    const Job& job = sweep.job;
    std::string axes;
    for (const Axis& axis : sweep.axes) axes += (axes.empty() ? "" : " ") + axis.name;
    const std::string command = attribute_text(provenance.command_line);
    const Attribute attributes[] = {
        {"Conventions", "CF-1.10"},
        {"title", attribute_text(sweep.title.empty() ? "hhsweep result" : sweep.title)},
        {"source", "hhsweep " + std::string(version)},
        {"history", provenance.finished + ": " + command},
        {"hhsweep_version", std::string(version)},
        {"hhsweep_commit", std::string(build_commit())},
        {"hhsweep_compiler", std::string(build_compiler())},
        {"hhsweep_layout", std::int32_t{layout_version}},
        {"hhsweep_axes", axes},
        {"hhsweep_fingerprint", fingerprint(sweep)},
        {"backend", origin("backend")},
        {"device", attribute_text(origin("device"))},
        {"precision", std::string(to_string(job.precision))},
        {"math", std::string(to_string(job.math))},
        {"seed", sweep.seed},
        {"duration", job.duration_ms},
        {"dt", job.dt_ms},
        {"window", std::vector<double>{job.record.window_start_ms, job.record.window_stop_ms}},
        {"command_line", command},
        {"started", provenance.started},
        {"finished", provenance.finished},
        {"wall_s", provenance.wall_s},
        {"compute_s", provenance.compute_s},
        {"neuron_steps", provenance.neuron_steps}};
    for (const Attribute& attribute : attributes) file.set_global_attribute(attribute);
    if (provenance.audit) set_audit(*provenance.audit);
    std::int64_t not_run = 0;
    for (const std::uint64_t chunk : parts.absent()) {
      not_run += static_cast<std::int64_t>(parts.plan().size(chunk));
    }
    if (not_run > 0) {
      file.set_global_attribute({std::string(names::neurons_not_run), not_run});
    }
  }

  void set_count(const std::string& name, std::uint64_t count) {
    file.set_global_attribute({name, static_cast<std::int64_t>(count)});
  }

  /// The neuron only where there is a shift, so that nobody looks at another one.
  void set_shift(const std::string& name, const LargestShift& shift) {
    file.set_global_attribute({name, shift.size});
    if (!std::isnan(shift.size)) set_count(name + "_neuron", shift.neuron);
  }

  void set_audit(const AuditFigures& audit) {
    set_count("audit_neurons", audit.neurons);
    file.set_global_attribute({"audit_dt", audit.dt_ms});
    set_count("audit_spikes", audit.spikes);
    set_shift("audit_spike_time_shift", audit.spike_time);
    set_shift("audit_V_max_shift", audit.V_max);
    set_count("audit_count_mismatches", audit.count_mismatches);
    set_count("audit_status_mismatches", audit.status_mismatches);
    if (!sweep.job.search) return;
    set_shift("audit_threshold_shift", audit.threshold);
    set_count("audit_threshold_mismatches", audit.threshold_mismatches);
  }

  /// The different values that a global attribute has in the parts, in their order.
  [[nodiscard]] std::string origin(const std::string& name) const {
    std::string text;
    for (const std::string& value : origins.at(name)) text += (text.empty() ? "" : "; ") + value;
    return text;
  }

  /// Writes a chunk's share of what follows from the sweep alone.
  void generate(const Variable& variable, std::uint64_t chunk) {
    switch (variable.content) {
      case Content::axis_index:
        write_indices(variable, share(variable, chunk), [](std::uint64_t i) { return i; });
        break;
      case Content::axis_value:
        write_values<double>(variable, share(variable, chunk),
                             [&](std::uint64_t i) { return value(variable, i); });
        break;
      case Content::time:
        write_values<double>(variable, share(variable, chunk),
                             [&](std::uint64_t i) { return sample_time(sweep.job, i); });
        break;
      case Content::trace_index:
      case Content::trace_value:
        generate_along_traces(variable, chunk);
        break;
      default:
        throw std::logic_error("no rule for " + variable.name);
    }
  }

  /// How many of a variable's values a chunk has, where all chunks together have all.
  [[nodiscard]] std::uint64_t share(const Variable& variable, std::uint64_t chunk) const {
    const std::uint64_t total = element_count(fillings.at(variable.name).info.shape);
    const std::uint64_t chunks = parts.plan().chunk_count;
    return total / chunks + (chunk < total % chunks ? 1 : 0);
  }

  /// Writes the next `count` values, rule(i) at place i.
  template <class Value, class Rule>
  void write_values(const Variable& variable, std::uint64_t count, Rule&& rule) {
    Filling& filling = fillings.at(variable.name);
    std::vector<Value> values;
    for_each_piece(count, [&](std::uint64_t, std::uint64_t piece) {
      values.resize(piece);
      for (std::uint64_t i = 0; i < piece; ++i) {
        values[i] = static_cast<Value>(rule(filling.written + i));
      }
      write_next(filling, std::as_writable_bytes(std::span(values)));
    });
  }

  /// The same for whole numbers, in the type of the variable.
  template <class Rule>
  void write_indices(const Variable& variable, std::uint64_t count, Rule&& rule) {
    if (variable.type == Type::int32) {
      write_values<std::int32_t>(variable, count, rule);
    } else {
      write_values<std::int64_t>(variable, count, rule);
    }
  }

  /// Value of the variable's entry at index i along its axis.
  [[nodiscard]] double value(const Variable& variable, std::uint64_t i) const {
    return axis_value(sweep, sweep.axes[variable.axis].entries[variable.entry], i);
  }

  void generate_along_traces(const Variable& variable, std::uint64_t chunk) {
    std::uint64_t stride = 1;
    for (std::size_t a = variable.axis + 1; a < sweep.axes.size(); ++a) {
      stride *= sweep.axes[a].length;
    }
    const std::uint64_t length = sweep.axes[variable.axis].length;
    const std::vector<std::uint64_t> traced =
        traced_neurons(sweep.job, parts.plan().first(chunk), parts.plan().size(chunk));
    const std::uint64_t before = fillings.at(variable.name).written;
    const auto index = [&](std::uint64_t i) { return traced[i - before] / stride % length; };
    if (variable.content == Content::trace_index) {
      write_indices(variable, traced.size(), index);
    } else {
      write_values<double>(variable, traced.size(),
                           [&](std::uint64_t i) { return value(variable, index(i)); });
    }
  }

  const Sweep& sweep;
  const PartsFolder& parts;
  const std::string path;
  const Stop stop;
  Layout layout;
  UnfinishedFile unfinished;  // outlives what writes to it
  NcFile file;
  std::map<std::string, Filling> fillings;
  std::uint64_t chunks_taken = 0;
  std::map<std::string, std::vector<std::string>> origins{{"backend", {}}, {"device", {}}};
  std::vector<std::byte> buffer;
};

Merger::Merger(const Sweep& sweep, const PartsFolder& parts, const std::string& path,
               const Stop& stop)
    : state_(std::make_unique<State>(sweep, parts, path, stop)) {
  state_->define();
}

Merger::~Merger() = default;

void Merger::take_up_ahead(std::uint64_t most) {
  State& state = *state_;
  for (; most > 0 && state.chunks_taken < state.parts.plan().chunk_count &&
         state.parts.has(state.chunks_taken);
       --most) {
    state.take_up_next();
  }
}

std::string Merger::finish(const Provenance& provenance) { return state_->finish(provenance); }

}  // namespace hhsweep::io
