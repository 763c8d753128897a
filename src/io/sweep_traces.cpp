// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "sweep_draft.hpp"
#include "sweep_names.hpp"
#include "sweep_table.hpp"

namespace hhsweep::io {
namespace {

constexpr std::uint64_t most_traces = std::uint64_t{1} << 31;
constexpr const char* path = "record.trace.neurons";

/// Index of the value nearest to `wanted` along an axis of one parameter, the lower of two.
std::uint64_t nearest_index(const Sweep& sweep, const Axis& axis, double wanted) {
  const AxisEntry& entry = axis.entries.front();
  const auto value = [&](std::uint64_t i) { return axis_value(sweep, entry, i); };
  const auto distance = [&](std::uint64_t i) { return std::fabs(value(i) - wanted); };
  const auto& source = sweep.job.population.sources[static_cast<std::size_t>(entry.source)];
  if (source.form == SourceForm::table) {
    std::uint64_t best = 0;
    for (std::uint64_t i = 1; i < axis.length; ++i) {
      if (distance(i) < distance(best)) best = i;
    }
    return best;
  }
  const bool rising = value(axis.length - 1) >= value(0);
  std::uint64_t low = 0;
  std::uint64_t high = axis.length - 1;
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    ((value(middle) <= wanted) == rising ? low : high) = middle;
  }
  return distance(high) < distance(low) ? high : low;
}

class NeuronReader {
 public:
  NeuronReader(Draft& draft, const Position& at) : draft_(draft), at_(at) {}

  TraceSelection read(const Node* node) {
    TraceSelection selection;
    if (node == nullptr || (node->type == Node::Type::text && node->text == "all")) {
      selection.all = true;
    } else if (node->type == Node::Type::table) {
      read_axes(*node, selection);
    } else if (node->type == Node::Type::array) {
      read_numbers(*node, selection);
    } else {
      draft_.diagnostics.error(node->at,
                               std::string(path) +
                                   " must be \"all\", a list of neuron numbers or a table "
                                   "of axis values as { I = [10.0] }, not " +
                                   describe(*node));
    }
    check_count(selection);
    return selection;
  }

 private:
  void read_axes(const Node& node, TraceSelection& selection) {
    std::vector<std::string> names;
    for (const Axis& axis : draft_.sweep.axes) {
      names.push_back(axis.name);
      const Member* member = node.find(axis.name);
      selection.per_axis.emplace_back();
      if (member != nullptr) selection.per_axis.back() = indices(axis, member->value);
    }
    for (const Member& member : node.members) {
      if (std::find(names.begin(), names.end(), member.key) != names.end()) continue;
      const std::string meant = nearest_name(member.key, names);
      std::string message = std::string(path) + ": there is no axis " + quoted(member.key);
      if (!meant.empty()) {
        message += "; did you mean " + quoted(meant) + "?";
      } else if (!names.empty()) {
        message += "; there is " + list_of(names, "and");
      }
      draft_.diagnostics.error(member.key_at, message);
    }
    selection.all = selection.per_axis.empty();
  }

  std::vector<std::uint64_t> indices(const Axis& axis, const Node& node) {
    const std::string name = std::string(path) + "." + axis.name;
    std::vector<std::uint64_t> chosen;
    std::vector<const Node*> wanted;
    if (node.type == Node::Type::array) {
      for (const Node& item : node.items) wanted.push_back(&item);
    } else {
      wanted.push_back(&node);
    }
    if (wanted.empty()) {
      draft_.diagnostics.error(node.at, name + " is empty; leave the axis out to trace all of it");
    }
    for (const Node* item : wanted) {
      if (const auto index = index_of(axis, *item, name)) chosen.push_back(*index);
    }
    sort_unique(chosen);
    return chosen;
  }

  std::optional<std::uint64_t> index_of(const Axis& axis, const Node& node,
                                        const std::string& name) {
    if (!axis.indexed) {
      const auto wanted = finite_number(node, name, draft_.diagnostics);
      if (!wanted) return std::nullopt;
      return nearest_index(draft_.sweep, axis, *wanted);
    }
    const auto index = whole_number(node, name, 0, draft_.diagnostics);
    if (!index) return std::nullopt;
    if (static_cast<std::uint64_t>(*index) < axis.length) return static_cast<std::uint64_t>(*index);
    draft_.diagnostics.error(node.at, name + " = " + std::to_string(*index) +
                                          " is outside the axis (0 to " +
                                          std::to_string(axis.length - 1) + ")");
    return std::nullopt;
  }

  void read_numbers(const Node& node, TraceSelection& selection) {
    const std::uint64_t size = neuron_count();
    if (node.items.empty()) {
      draft_.diagnostics.error(
          node.at, std::string(path) + " is empty; leave out [record.trace] for no traces");
    }
    for (const Node& item : node.items) {
      const auto number = whole_number(item, path, 0, draft_.diagnostics);
      if (!number) continue;
      if (static_cast<std::uint64_t>(*number) >= size) {
        draft_.diagnostics.error(item.at, std::string(path) + ": there is no neuron " +
                                              std::to_string(*number) + " (they are 0 to " +
                                              std::to_string(size - 1) + ")");
        continue;
      }
      selection.neurons.push_back(static_cast<std::uint64_t>(*number));
    }
    sort_unique(selection.neurons);
  }

  static void sort_unique(std::vector<std::uint64_t>& numbers) {
    std::sort(numbers.begin(), numbers.end());
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  }

  [[nodiscard]] std::uint64_t neuron_count() const {
    std::uint64_t count = 1;
    for (const Axis& axis : draft_.sweep.axes) count *= axis.length;
    return count;
  }

  void check_count(const TraceSelection& selection) {
    std::uint64_t count = selection.all ? neuron_count() : selection.neurons.size();
    if (!selection.per_axis.empty()) {
      count = 1;
      for (std::size_t i = 0; i < selection.per_axis.size(); ++i) {
        const auto& chosen = selection.per_axis[i];
        count *= chosen.empty() ? draft_.sweep.axes[i].length : chosen.size();
      }
    }
    if (count <= most_traces) return;
    draft_.diagnostics.error(at_, "record.trace would hold " + std::to_string(count) +
                                      " traces (at most 2^31); choose some, as in neurons = { " +
                                      draft_.sweep.axes.front().name + " = [...] }");
  }

  Draft& draft_;
  Position at_;
};

}  // namespace

void read_trace_neurons(Draft& draft) {
  if (!draft.sweep.job.record.trace || !draft.population_sound) return;
  const Node& trace = draft.table("record").find("trace")->value;
  const TableReader table(trace, "record.trace", draft.diagnostics);
  draft.sweep.job.record.trace->selection =
      NeuronReader(draft, table.at("neurons")).read(table.value("neurons"));
}

}  // namespace hhsweep::io
