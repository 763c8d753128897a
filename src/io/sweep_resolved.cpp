// SPDX-License-Identifier: MIT
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "sweep_draft.hpp"
#include "sweep_stimuli.hpp"

namespace hhsweep::io {
namespace {

using Json = nlohmann::ordered_json;

class Resolver {
 public:
  explicit Resolver(const Draft& draft) : draft_(draft), job_(draft.sweep.job) {}

  [[nodiscard]] Json all() const {
    Json json;
    json["title"] = draft_.sweep.title;
    json["seed"] = draft_.sweep.seed;
    json["model"] = model();
    json["initial"] = initial();
    json["run"] = run();
    json["stimulus"] = stimuli();
    json["axis"] = axes();
    json["spike"] = spike();
    json["record"] = record();
    if (job_.search) json["search"] = search();
    if (draft_.sweep.audit_neurons > 0) json["audit"] = {{"neurons", draft_.sweep.audit_neurons}};
    return json;
  }

 private:
  /// Value of a parameter, or what sets it.
  [[nodiscard]] Json value(int index) const {
    const std::string path = parameter_path(draft_, index).path;
    for (const Axis& axis : draft_.sweep.axes) {
      for (const AxisEntry& entry : axis.entries) {
        if (entry.path == path) return Json{{"axis", axis.name}};
      }
    }
    if (path == draft_.sweep.search_path) return Json{{"search", true}};
    const double number = job_.population.base[static_cast<std::size_t>(index)];
    if (std::isinf(number)) return "end";
    return number;
  }

  [[nodiscard]] Json model() const {
    Json json;
    json["preset"] = draft_.preset->name;
    for (int i = parameter::C_m; i < parameter::rates; ++i) {
      json[membrane_parameter(i).path.substr(std::string("model.").size())] = value(i);
    }
    for (int rate = 0; rate < rate_count; ++rate) {
      const RateForm form = job_.population.forms[static_cast<std::size_t>(rate)];
      json[std::string(rate_name(rate))] = {{"form", to_string(form)},
                                            {"rate", value(parameter::rate(rate, 0))},
                                            {"midpoint", value(parameter::rate(rate, 1))},
                                            {"scale", value(parameter::rate(rate, 2))}};
    }
    return json;
  }

  [[nodiscard]] Json initial() const {
    switch (job_.population.start) {
      case Start::rest:
        return {{"at", "rest"}};
      case Start::steady:
        return {{"V", value(parameter::initial_V)}};
      case Start::state:
        break;
    }
    return {{"V", value(parameter::initial_V)},
            {"m", value(parameter::initial_m)},
            {"h", value(parameter::initial_h)},
            {"n", value(parameter::initial_n)}};
  }

  [[nodiscard]] Json run() const {
    return {{"duration", job_.duration_ms},
            {"dt", job_.dt_ms},
            {"precision", to_string(job_.precision)},
            {"math", to_string(job_.math)}};
  }

  [[nodiscard]] Json stimuli() const {
    Json json = Json::object();
    for (const StimulusDraft& stimulus : draft_.stimuli) {
      Json keys;
      keys["kind"] = stimulus.kind;
      if (!stimulus.after.empty()) keys["after"] = stimulus.after;
      for (int i = 0; i < slot::count; ++i) {
        const std::string key = stimulus_parameter(stimulus.spec, i).path;
        if (!key.empty()) keys[key] = value(stimulus.spec.first_parameter + i);
      }
      if (stimulus.spec.kind == StimulusKind::waveform) {
        keys["file"] = stimulus.file;
        keys["file_sha256"] = stimulus.file_sha256;
      }
      if (stimulus.spec.kind == StimulusKind::ou) {
        keys["redraw"] = stimulus.redraw.value_or(std::vector<std::string>{});
      }
      if (stimulus.spec.kind == StimulusKind::pulses) {
        keys["intervals"] = Json::array();
        for (std::size_t i = 0; i < stimulus.intervals.size(); i += 2) {
          keys["intervals"].push_back({stimulus.intervals[i], stimulus.intervals[i + 1]});
        }
      }
      json[stimulus.name] = keys;
    }
    return json;
  }

  static void add_values(Json& json, const EntryDraft& entry) {
    if (entry.form == "draw") {
      json["dist"] = entry.form_node->text;
      for (const auto& [key, number] : entry.numbers) json[key] = number;
      return;
    }
    if (entry.form == "table") {
      json["column"] = entry.column + 1;
      return;
    }
    if (entry.form == "values") {
      json["values"] = entry.values;
      return;
    }
    json[entry.form] = Json::array();
    for (const Node& item : entry.form_node->items) json[entry.form].push_back(item.number);
    if (entry.form != "range") json[entry.form].back() = entry.source.count;
  }

  [[nodiscard]] Json axes() const {
    Json list = Json::array();
    for (const AxisDraft& axis : draft_.axes) {
      Json json;
      json["name"] = axis.name;
      if (axis.form == "repeat") {
        json["repeat"] = axis.length;
      } else if (axis.is_indexed()) {
        if (axis.form == "draw") {
          json["size"] = axis.length;
          json["sampling"] = axis.sampling;
        }
        if (axis.form == "table") {
          json["table"] = axis.file;
          json["table_sha256"] = axis.csv->sha256;
        }
        const std::string list = axis.form == "table" ? "columns" : axis.form;
        json[list] = Json::array();
        for (const EntryDraft& entry : axis.entries) {
          Json item{{"name", entry.name}, {"parameter", entry.path}};
          add_values(item, entry);
          json[list].push_back(item);
        }
      } else {
        json["parameter"] = axis.entries.front().path;
        add_values(json, axis.entries.front());
      }
      list.push_back(json);
    }
    return list;
  }

  [[nodiscard]] Json spike() const {
    const bool follows = job_.population.rearm_follows_threshold;
    const int rearm = follows ? parameter::spike_threshold : parameter::spike_rearm;
    return {{"threshold", value(parameter::spike_threshold)}, {"rearm", value(rearm)}};
  }

  [[nodiscard]] Json record() const {
    const RecordSettings& record = job_.record;
    Json json;
    json["window"] = {record.window_start_ms, record.window_stop_ms};
    json["spike_times"] = record.spike_times;
    json["statistics"] = draft_.sweep.statistics;
    if (record.trace) json["trace"] = trace(*record.trace);
    return json;
  }

  [[nodiscard]] Json trace(const TraceSettings& trace) const {
    Json json;
    json["variables"] = Json::array();
    for (const TraceVariable variable : trace.variables) {
      json["variables"].push_back(name_of(variable));
    }
    json["every"] = static_cast<double>(trace.every_steps) * job_.dt_ms;
    json["every_steps"] = trace.every_steps;
    const TraceSelection& chosen = trace.selection;
    if (chosen.all) {
      json["neurons"] = "all";
    } else if (chosen.per_axis.empty()) {
      json["neurons"] = chosen.neurons;
    } else {
      json["neurons"] = traced_values(chosen);
    }
    return json;
  }

  static std::string_view name_of(TraceVariable variable) {
    constexpr std::string_view names[] = {"V", "m", "h", "n", "I_stim", "I_Na", "I_K", "I_L"};
    return names[static_cast<int>(variable)];
  }

  /// The traced values along each axis; indices along one with several parameters or none.
  [[nodiscard]] Json traced_values(const TraceSelection& chosen) const {
    Json json = Json::object();
    for (std::size_t i = 0; i < draft_.sweep.axes.size(); ++i) {
      const Axis& axis = draft_.sweep.axes[i];
      if (chosen.per_axis[i].empty()) continue;
      json[axis.name] = Json::array();
      for (const std::uint64_t index : chosen.per_axis[i]) {
        if (axis.indexed) {
          json[axis.name].push_back(index);
        } else {
          json[axis.name].push_back(axis_value(draft_.sweep, axis.entries.front(), index));
        }
      }
    }
    return json;
  }

  [[nodiscard]] Json search() const {
    const SearchSettings& search = *job_.search;
    return {{"parameter", draft_.sweep.search_path},
            {"bracket", {search.low, search.high}},
            {"tolerance", search.tolerance},
            {"spikes", search.spikes},
            {"scan", search.scan}};
  }

  const Draft& draft_;
  const Job& job_;
};

}  // namespace

std::string resolved_json(const Draft& draft) { return Resolver(draft).all().dump(); }

}  // namespace hhsweep::io
