// SPDX-License-Identifier: MIT
#include "result_layout.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <stdexcept>
#include <utility>

#include "hhsweep/content_hash.hpp"
#include "hhsweep/error.hpp"
#include "hhsweep/version.hpp"
#include "hyperslab.hpp"

namespace hhsweep::io {
namespace {

using Bytes = std::span<const std::byte>;

template <class T>
Bytes bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

/// A variable over neurons: its type and where results have it.
struct NeuronVariable {
  std::string_view name;
  Type type;
  Bytes (*values)(const Results&);
};

constexpr NeuronVariable neuron_variables[] = {
    {"spike_count", Type::int32, [](const Results& r) { return bytes_of(r.spike_count); }},
    {"first_spike_time", Type::float64,
     [](const Results& r) { return bytes_of(r.first_spike_time); }},
    {"last_spike_time", Type::float64,
     [](const Results& r) { return bytes_of(r.last_spike_time); }},
    {"mean_isi", Type::float64, [](const Results& r) { return bytes_of(r.mean_isi); }},
    {"cv_isi", Type::float64, [](const Results& r) { return bytes_of(r.cv_isi); }},
    {"firing_rate", Type::float64, [](const Results& r) { return bytes_of(r.firing_rate); }},
    {"V_min", Type::float64, [](const Results& r) { return bytes_of(r.V_min); }},
    {"V_max", Type::float64, [](const Results& r) { return bytes_of(r.V_max); }},
    {"V_max_time", Type::float64, [](const Results& r) { return bytes_of(r.V_max_time); }},
    {"diverged_time", Type::float64, [](const Results& r) { return bytes_of(r.diverged_time); }},
    {"status", Type::int8, [](const Results& r) { return bytes_of(r.status); }},
    {"threshold", Type::float64, [](const Results& r) { return bytes_of(r.threshold); }},
    {"threshold_lower", Type::float64,
     [](const Results& r) { return bytes_of(r.threshold_lower); }},
    {"threshold_upper", Type::float64,
     [](const Results& r) { return bytes_of(r.threshold_upper); }},
    {"threshold_status", Type::int8, [](const Results& r) { return bytes_of(r.threshold_status); }},
    {"row_size", Type::int32, [](const Results& r) { return bytes_of(r.row_size); }}};

const NeuronVariable& neuron_variable(std::string_view name) {
  const auto* found = std::find_if(std::begin(neuron_variables), std::end(neuron_variables),
                                   [name](const NeuronVariable& v) { return v.name == name; });
  if (found == std::end(neuron_variables)) {
    throw std::logic_error("results have no variable " + std::string(name));
  }
  return *found;
}

struct TraceFacts {
  std::string_view units, long_name;
};

TraceFacts trace_facts(TraceVariable variable) {
  switch (variable) {
    case TraceVariable::V:
      return {"mV", "membrane potential"};
    case TraceVariable::m:
      return {"1", "activation of the sodium channels"};
    case TraceVariable::h:
      return {"1", "inactivation of the sodium channels"};
    case TraceVariable::n:
      return {"1", "activation of the potassium channels"};
    case TraceVariable::I_stim:
      return {"uA/cm^2", "stimulus current"};
    case TraceVariable::I_Na:
      return {"uA/cm^2", "sodium current"};
    case TraceVariable::I_K:
      return {"uA/cm^2", "potassium current"};
    case TraceVariable::I_L:
      return {"uA/cm^2", "leak current"};
  }
  throw std::logic_error("unknown trace variable");
}

/// An empty unit would leave readers to guess; "1" is how CF writes a pure number.
std::vector<Attribute> labels(const std::string& units, const std::string& long_name) {
  return {{"units", units.empty() ? "1" : units}, {"long_name", long_name}};
}

void add_flags(Variable& variable, std::vector<std::int8_t> values, const std::string& meanings) {
  variable.attributes.push_back({"flag_values", std::move(values)});
  variable.attributes.push_back({"flag_meanings", meanings});
}

class LayoutBuilder {
 public:
  LayoutBuilder(const Sweep& sweep, const Extent& extent) : sweep_(sweep), extent_(extent) {}

  Layout build() {
    add_axes();
    for (const StatisticInfo& statistic : statistics()) {
      const auto& wanted = sweep_.statistics;
      const bool always = statistic.name == "spike_count" || statistic.name == "status";
      if (always || std::find(wanted.begin(), wanted.end(), statistic.name) != wanted.end()) {
        add_statistic(statistic);
      }
    }
    if (sweep_.job.search) add_search();
    if (sweep_.job.record.spike_times) add_spikes();
    if (sweep_.job.record.trace) add_traces();
    add({std::string(names::sweep_file),
         Type::text,
         Content::text,
         {},
         {{"long_name", "sweep file, verbatim"}}});
    add({std::string(names::sweep_resolved),
         Type::text,
         Content::text,
         {},
         {{"long_name", "sweep with every setting, as JSON"}}});
    require_short_names();
    require_different_names();
    return std::move(layout_);
  }

 private:
  void add(Variable variable) { layout_.variables.push_back(std::move(variable)); }

  void add_dimension(std::string_view name, std::uint64_t length) {
    layout_.dimensions.push_back({std::string(name), length});
  }

  /// The coordinate of an axis, and of its entries when it is an indexed one, with `prefix` before
  /// each name and over `dimension` instead of the axis itself when that is given.
  void add_axis(std::size_t a, const std::string& prefix, const std::string& dimension) {
    const Axis& axis = sweep_.axes[a];
    const bool along = dimension == axis.name;
    if (axis.indexed) {
      Variable index{prefix + axis.name,
                     Type::int32,
                     along ? Content::axis_index : Content::trace_index,
                     {dimension},
                     labels("1", "index along " + axis.name),
                     a};
      if (axis.length > std::uint64_t{1} << 31) index.type = Type::int64;
      add(std::move(index));
    }
    for (std::size_t e = 0; e < axis.entries.size(); ++e) {
      const AxisEntry& entry = axis.entries[e];
      Variable value{prefix + (axis.indexed ? entry.name : axis.name),
                     Type::float64,
                     along ? Content::axis_value : Content::trace_value,
                     {dimension},
                     labels(entry.units, entry.long_name),
                     a,
                     e};
      value.attributes.push_back({"hhsweep_parameter", entry.path});
      if (axis.indexed && along) auxiliary_ += (auxiliary_.empty() ? "" : " ") + value.name;
      add(std::move(value));
    }
  }

  void add_axes() {
    for (std::size_t a = 0; a < sweep_.axes.size(); ++a) {
      add_dimension(sweep_.axes[a].name, sweep_.axes[a].length);
      add_axis(a, "", sweep_.axes[a].name);
    }
  }

  Variable over_axes(std::string_view name, std::vector<Attribute> attributes) {
    Variable variable{
        std::string(name), neuron_variable(name).type, Content::neurons, {}, std::move(attributes)};
    for (const Axis& axis : sweep_.axes) variable.dimensions.push_back(axis.name);
    if (!auxiliary_.empty()) variable.attributes.push_back({"coordinates", auxiliary_});
    return variable;
  }

  void add_statistic(const StatisticInfo& statistic) {
    Variable variable = over_axes(statistic.name, labels(statistic.units, statistic.long_name));
    if (statistic.name == "status") add_flags(variable, {0, 1, 2}, "ok diverged not_run");
    add(std::move(variable));
  }

  void add_search() {
    const std::string where = sweep_.search_path + " at which the event switches";
    const std::pair<std::string_view, std::string> bounds[] = {
        {"threshold", where},
        {"threshold_lower", "lower bound of " + where},
        {"threshold_upper", "upper bound of " + where}};
    for (const auto& [name, long_name] : bounds) {
      Variable bound = over_axes(name, labels(sweep_.search_units, long_name));
      bound.attributes.push_back({"hhsweep_parameter", sweep_.search_path});
      add(std::move(bound));
    }
    Variable status = over_axes("threshold_status", labels("1", "how the search ended"));
    add_flags(status, {0, 1, 2, 3, 4, threshold_not_run},
              "found no_event_in_bracket event_everywhere several_changes diverged not_run");
    add(std::move(status));
  }

  void add_spikes() {
    add_dimension(names::neuron, sweep_.job.population.size());
    add_dimension(names::spike, extent_.spikes);
    Variable row_size{"row_size",
                      Type::int32,
                      Content::neurons,
                      {std::string(names::neuron)},
                      labels("1", "number of spikes in spike_time")};
    row_size.attributes.push_back({"sample_dimension", std::string(names::spike)});
    add(std::move(row_size));
    add({"spike_time",
         Type::float64,
         Content::spikes,
         {std::string(names::spike)},
         labels("ms", "times of all spikes, neuron after neuron")});
  }

  void add_traces() {
    const std::string trace(names::trace);
    const std::string time(names::time);
    add_dimension(trace, extent_.traces);
    add_dimension(time, extent_.samples);
    const std::size_t first = layout_.variables.size();
    add({"trace_neuron",
         Type::int64,
         Content::trace_neuron,
         {trace},
         labels("1", "number of the traced neuron, row-major over the axes")});
    for (std::size_t a = 0; a < sweep_.axes.size(); ++a) add_axis(a, "trace_", trace);
    std::string coordinates;
    for (std::size_t v = first; v < layout_.variables.size(); ++v) {
      coordinates += (coordinates.empty() ? "" : " ") + layout_.variables[v].name;
    }
    add({time,
         Type::float64,
         Content::time,
         {time},
         labels("ms", "time from the start of the run")});

    const Type type = sweep_.job.precision == Precision::float32 ? Type::float32 : Type::float64;
    const auto& variables = sweep_.job.record.trace->variables;
    for (std::size_t v = 0; v < variables.size(); ++v) {
      const TraceFacts facts = trace_facts(variables[v]);
      Variable samples{std::string(to_string(variables[v])),
                       type,
                       Content::samples,
                       {trace, time},
                       labels(std::string(facts.units), std::string(facts.long_name)),
                       0,
                       v};
      samples.attributes.push_back({"coordinates", coordinates});
      add(std::move(samples));
    }
  }

  void require_short_names() const {
    constexpr std::size_t most = 256;
    const auto require = [&](const std::string& name) {
      if (name.size() <= most) return;
      throw SweepError(sweep_.path + ": error: the result would have a name of " +
                       std::to_string(name.size()) + " bytes, where netCDF takes " +
                       std::to_string(most) + ": '" + name.substr(0, 40) +
                       "...'; give the axis or its entry a shorter name");
    };
    for (const Dimension& dimension : layout_.dimensions) require(dimension.name);
    for (const Variable& variable : layout_.variables) require(variable.name);
  }

  void require_different_names() const {
    std::set<std::string> seen;
    for (const Dimension& dimension : layout_.dimensions) {
      if (!seen.insert(dimension.name).second) refuse(dimension.name);
    }
    seen.clear();
    for (const Variable& variable : layout_.variables) {
      if (!seen.insert(variable.name).second) refuse(variable.name);
    }
    // A dimension and a variable may share a name only as an axis and its coordinate do.
    for (const Variable& variable : layout_.variables) {
      const auto& dimensions = layout_.dimensions;
      const bool is_dimension =
          std::any_of(dimensions.begin(), dimensions.end(),
                      [&](const Dimension& d) { return d.name == variable.name; });
      if (is_dimension && variable.dimensions != std::vector<std::string>{variable.name}) {
        refuse(variable.name);
      }
    }
  }

  [[noreturn]] void refuse(const std::string& name) const {
    throw SweepError(sweep_.path + ": error: the result would have two things named '" + name +
                     "'; give the axis or its entry another name");
  }

  const Sweep& sweep_;
  const Extent& extent_;
  Layout layout_;
  std::string auxiliary_;
};

}  // namespace

std::vector<std::uint64_t> Layout::shape(const Variable& variable) const {
  std::vector<std::uint64_t> lengths;
  for (const std::string& name : variable.dimensions) {
    const auto found = std::find_if(dimensions.begin(), dimensions.end(),
                                    [&](const Dimension& d) { return d.name == name; });
    lengths.push_back(found->length);
  }
  return lengths;
}

std::uint64_t Layout::bytes() const {
  std::uint64_t sum = 0;
  for (const Variable& variable : variables) {
    sum += element_count(shape(variable)) * size_of(variable.type);
  }
  return sum;
}

Layout result_layout(const Sweep& sweep, const Extent& extent) {
  return LayoutBuilder(sweep, extent).build();
}

std::uint64_t merging_bytes(const Sweep& sweep) {
  constexpr std::uint64_t many_spikes = 1'000'000;
  const Layout layout = result_layout(sweep, {many_spikes, traced_neuron_count(sweep.job),
                                              static_cast<std::uint64_t>(sample_count(sweep.job))});
  std::uint64_t bytes = 0;
  for (const Variable& variable : layout.variables) {
    bytes += std::min<std::uint64_t>(element_count(layout.shape(variable)) * size_of(variable.type),
                                     write_cache_bytes(variable.type));
  }
  return bytes;
}

bool is_in_part(const Variable& variable) {
  return variable.content == Content::neurons || variable.content == Content::spikes ||
         variable.content == Content::trace_neuron || variable.content == Content::samples;
}

std::span<const std::byte> values_of(const Variable& variable, const Results& results) {
  Bytes values;
  std::uint64_t count = results.count;
  switch (variable.content) {
    case Content::neurons:
      values = neuron_variable(variable.name).values(results);
      break;
    case Content::spikes:
      values = bytes_of(results.spike_time);
      count = results.spike_time.size();
      break;
    case Content::trace_neuron:
      values = bytes_of(results.trace_neuron);
      count = results.trace_neuron.size();
      break;
    case Content::samples:
      count = results.trace_neuron.size() * static_cast<std::uint64_t>(results.samples);
      if (variable.entry < results.traces.size()) values = results.traces[variable.entry];
      break;
    default:
      throw std::logic_error(variable.name + " is not in a part");
  }
  if (values.size() != count * size_of(variable.type)) {
    throw std::logic_error("results of neurons from " + std::to_string(results.first) +
                           " on: " + variable.name + " has " + std::to_string(values.size()) +
                           " bytes, not " + std::to_string(count * size_of(variable.type)));
  }
  return values;
}

std::string fingerprint(std::string_view version, std::string_view layout,
                        std::string_view resolved) {
  Sha256 sha;
  for (const std::string_view text :
       {std::string_view("hhsweep "), version, std::string_view(" layout "), layout,
        std::string_view("\n"), resolved}) {
    sha.update(text);
  }
  return sha.hex_digest();
}

std::string fingerprint(const Sweep& sweep) {
  return fingerprint(version, std::to_string(layout_version), sweep.resolved);
}

}  // namespace hhsweep::io
