// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <sstream>

#include "audit.hpp"
#include "commands.hpp"
#include "io/result_file.hpp"
#include "io/result_reader.hpp"
#include "messages.hpp"
#include "text.hpp"

namespace hhsweep::cli {

namespace {

using io::ResultVariable;

constexpr std::uint64_t most_rows = 24;
constexpr std::uint64_t first_rows = 12;
constexpr std::uint64_t last_rows = 6;
// By threshold_status.
constexpr const char* threshold_meanings[] = {"found",
                                              "no event in the bracket",
                                              "event in the whole bracket",
                                              "several changes, the lowest given",
                                              "diverged",
                                              "not run"};

constexpr std::size_t most_diverged_listed = 5;
constexpr std::uint64_t most_values_for_median = std::uint64_t{1} << 24;

/// An axis of a result and the coordinates along it: its own, or the auxiliary ones of zip and
/// repeat.
struct AxisView {
  std::string name;
  std::uint64_t length = 0;
  std::vector<const ResultVariable*> coordinates;
};

struct Range {
  double low = std::numeric_limits<double>::quiet_NaN();
  double median = std::numeric_limits<double>::quiet_NaN();  ///< NaN above most_values_for_median
  double high = std::numeric_limits<double>::quiet_NaN();
  std::uint64_t undefined = 0;
};

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::string with_units(const std::string& name, const std::string& units) {
  return units.empty() || units == "1" ? name : name + " (" + units + ")";
}

std::string shape_text(const ResultVariable& variable) {
  std::string text;
  for (std::size_t i = 0; i < variable.info.shape.size(); ++i) {
    text += (i > 0 ? ", " : "(") + variable.info.dimensions[i] + ": " +
            std::to_string(variable.info.shape[i]);
  }
  return text.empty() ? "" : text + ")";
}

/// A result, opened and understood as far as `show` needs it.
class ResultView {
 public:
  explicit ResultView(const std::string& path)
      : summary_(io::summarize(path)), result_(path), counts_(result_.find("spike_count")) {
    if (counts_ == nullptr) throw OutputError(path + ": there is no variable spike_count");
    const std::vector<std::string> auxiliary = words(counts_->coordinates);
    for (std::size_t i = 0; i < counts_->info.shape.size(); ++i) {
      AxisView axis{counts_->info.dimensions[i], counts_->info.shape[i], {}};
      for (const std::string& name : auxiliary) {
        const ResultVariable* variable = result_.find(name);
        const bool along = variable != nullptr && variable->info.dimensions.size() == 1 &&
                           variable->info.dimensions.front() == axis.name && name != axis.name;
        if (along) axis.coordinates.push_back(variable);
      }
      const ResultVariable* own = result_.find(axis.name);
      if (axis.coordinates.empty() && own != nullptr) axis.coordinates.push_back(own);
      axes_.push_back(axis);
    }
  }

  [[nodiscard]] const io::ResultSummary& summary() const { return summary_; }
  [[nodiscard]] const std::vector<AxisView>& axes() const { return axes_; }
  [[nodiscard]] const std::vector<ResultVariable>& variables() const { return result_.variables(); }

  [[nodiscard]] double at(const ResultVariable& variable, std::uint64_t index) const {
    return result_.values(variable, index, 1).front();
  }

  /// Variables with a value for each neuron, status left out.
  [[nodiscard]] std::vector<const ResultVariable*> per_neuron() const {
    std::vector<const ResultVariable*> found;
    for (const ResultVariable& variable : result_.variables()) {
      const bool number = variable.info.type && *variable.info.type != io::Type::text;
      const bool over_axes = variable.info.dimensions == counts_->info.dimensions;
      const bool coordinate = is_coordinate(variable);
      const bool flag = variable.name().ends_with("status");
      if (number && over_axes && !coordinate && !flag) found.push_back(&variable);
    }
    return found;
  }

  /// Extent of a variable over the neurons where it is defined.
  [[nodiscard]] Range range(const ResultVariable& variable) const {
    const bool keep = variable.size() <= most_values_for_median;
    const bool count = variable.name() == "spike_count";
    std::vector<double> kept;
    Range range;
    std::uint64_t defined = 0;
    result_.for_each_block(variable, [&](std::span<const double> values) {
      for (const double value : values) {
        if (std::isnan(value) || (count && value < 0)) continue;
        range.low = defined == 0 || value < range.low ? value : range.low;
        range.high = defined == 0 || value > range.high ? value : range.high;
        ++defined;
        if (keep) kept.push_back(value);
      }
    });
    range.undefined = variable.size() - defined;
    if (!kept.empty()) {
      const auto middle = kept.begin() + static_cast<std::ptrdiff_t>(kept.size() / 2);
      std::nth_element(kept.begin(), middle, kept.end());
      range.median = *middle;
      if (kept.size() % 2 == 0) {
        range.median = 0.5 * (*middle + *std::max_element(kept.begin(), middle));
      }
    }
    return range;
  }

  /// How many neurons have each threshold_status 0 .. 5; empty without a search.
  [[nodiscard]] std::vector<std::uint64_t> threshold_counts() const {
    const ResultVariable* status = result_.find("threshold_status");
    if (status == nullptr) return {};
    std::vector<std::uint64_t> counts(std::size(threshold_meanings));
    result_.for_each_block(*status, [&](std::span<const double> values) {
      for (const double value : values) {
        if (value >= 0 && value < static_cast<double>(counts.size())) {
          ++counts[static_cast<std::size_t>(value)];
        }
      }
    });
    return counts;
  }

  /// "" without a search.
  [[nodiscard]] std::string threshold_units() const {
    const ResultVariable* threshold = result_.find("threshold");
    return threshold == nullptr ? "" : threshold->units;
  }

  /// Numbers of the first diverged neurons.
  [[nodiscard]] std::vector<std::uint64_t> diverged() const {
    std::vector<std::uint64_t> found;
    const ResultVariable* status = result_.find("status");
    if (status == nullptr || summary_.diverged == 0) return found;
    std::uint64_t neuron = 0;
    result_.for_each_block(*status, [&](std::span<const double> values) {
      for (const double value : values) {
        if (value == 1 && found.size() < most_diverged_listed) found.push_back(neuron);
        ++neuron;
      }
    });
    return found;
  }

  /// "I = 10 uA/cm^2, g_Na = 120 mS/cm^2".
  [[nodiscard]] std::string place(std::uint64_t neuron) const {
    std::vector<std::uint64_t> indices(axes_.size());
    for (std::size_t i = axes_.size(); i-- > 0;) {
      indices[i] = neuron % axes_[i].length;
      neuron /= axes_[i].length;
    }
    std::string text;
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      for (const ResultVariable* coordinate : axes_[i].coordinates) {
        text += (text.empty() ? "" : ", ") + coordinate->name() + " = " +
                rounded(at(*coordinate, indices[i]));
        if (!coordinate->units.empty() && coordinate->units != "1") text += " " + coordinate->units;
      }
    }
    return text;
  }

  [[nodiscard]] std::string diverged_time(std::uint64_t neuron) const {
    const ResultVariable* time = result_.find("diverged_time");
    return time == nullptr ? "" : " at " + rounded(at(*time, neuron)) + " ms";
  }

 private:
  [[nodiscard]] bool is_coordinate(const ResultVariable& variable) const {
    return std::any_of(axes_.begin(), axes_.end(), [&](const AxisView& axis) {
      const auto& all = axis.coordinates;
      return variable.name() == axis.name ||
             std::find(all.begin(), all.end(), &variable) != all.end();
    });
  }

  io::ResultSummary summary_;
  io::ResultReader result_;
  const ResultVariable* counts_;
  std::vector<AxisView> axes_;
};

std::string attribute(const io::ResultSummary& summary, const std::string& name) {
  const auto found = summary.attributes.find(name);
  return found == summary.attributes.end() ? "" : found->second;
}

std::string axes_text(const ResultView& view) {
  if (view.axes().empty()) return "axes: none, a single neuron\n";
  Table table;
  for (const AxisView& axis : view.axes()) {
    const std::string length = grouped(axis.length);
    if (axis.coordinates.empty()) table.add({axis.name, length});
    for (const ResultVariable* coordinate : axis.coordinates) {
      const bool first = coordinate == axis.coordinates.front();
      const Range range = view.range(*coordinate);
      const std::string extent = range.low == range.high
                                     ? rounded(range.low)
                                     : rounded(range.low) + " to " + rounded(range.high);
      const std::string units = coordinate->units == "1" ? "" : " " + coordinate->units;
      table.add(
          {first ? axis.name : "", first ? length : "", extent + units, coordinate->parameter});
    }
  }
  return "axes\n" + table.text("  ");
}

std::string variables_text(const ResultView& view) {
  Table table;
  for (const ResultVariable& variable : view.variables()) {
    table.add({variable.name(), variable.type, variable.units == "1" ? "" : variable.units,
               shape_text(variable)});
  }
  return "variables\n" + table.text("  ");
}

/// A value for reading; thresholds are known to more digits than others.
std::string cell(const ResultVariable& variable, double value) {
  const bool precise = variable.name().starts_with("threshold") && !std::isnan(value);
  return precise ? format("%.9g", value) : rounded(value);
}

/// The columns of a one-dimensional sweep's table.
std::vector<const ResultVariable*> table_columns(const ResultView& view) {
  std::vector<const ResultVariable*> columns = view.axes().front().coordinates;
  const std::vector<const ResultVariable*> all = view.per_neuron();
  for (const char* name : {"threshold", "spike_count", "firing_rate", "first_spike_time"}) {
    for (const ResultVariable* variable : all) {
      if (variable->name() == name) columns.push_back(variable);
    }
  }
  return columns;
}

std::string row_table(const ResultView& view) {
  const std::vector<const ResultVariable*> columns = table_columns(view);
  const std::uint64_t length = view.axes().front().length;
  Table table(true);
  std::vector<std::string> head;
  head.reserve(columns.size());
  for (const ResultVariable* column : columns) {
    head.push_back(with_units(column->name(), column->units));
  }
  table.add(head);
  for (std::uint64_t i = 0; i < length; ++i) {
    if (length > most_rows && i == first_rows) {
      table.add(std::vector<std::string>(columns.size(), "..."));
      i = length - last_rows;
    }
    std::vector<std::string> row;
    row.reserve(columns.size());
    for (const ResultVariable* column : columns) row.push_back(cell(*column, view.at(*column, i)));
    table.add(row);
  }
  return table.text("  ");
}

std::string range_table(const ResultView& view) {
  Table table(true);
  table.add({"", "min", "median", "max", "undefined"});
  for (const ResultVariable* variable : view.per_neuron()) {
    const Range range = view.range(*variable);
    table.add({with_units(variable->name(), variable->units), cell(*variable, range.low),
               cell(*variable, range.median), cell(*variable, range.high),
               range.undefined == 0 ? "" : grouped(range.undefined)});
  }
  return table.text("  ");
}

std::string values_table(const ResultView& view) {
  Table table;
  for (const ResultVariable* variable : view.per_neuron()) {
    table.add({variable->name(), cell(*variable, view.at(*variable, 0)),
               variable->units == "1" ? "" : variable->units});
  }
  return table.text("  ");
}

std::string diverged_text(const ResultView& view) {
  const std::vector<std::uint64_t> listed = view.diverged();
  if (listed.empty()) return "diverged: none\n";
  const std::uint64_t count = view.summary().diverged;
  std::string text = "diverged: " + plural(count, "neuron") + "\n";
  for (const std::uint64_t neuron : listed) {
    const std::string place = view.place(neuron);
    text += "  neuron " + std::to_string(neuron) + (place.empty() ? "" : ": " + place) +
            view.diverged_time(neuron) + "\n";
  }
  return text + (count > listed.size() ? "  ...\n" : "");
}

std::string not_run_text(const io::ResultSummary& summary) {
  if (summary.not_run == 0) return "";
  return "not run: " + plural(summary.not_run, "neuron") +
         " (status 2); the result is not complete\n";
}

std::string thresholds_text(const ResultView& view) {
  const std::vector<std::uint64_t> counts = view.threshold_counts();
  std::string text;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    text +=
        (text.empty() ? "thresholds: " : "; ") + grouped(counts[i]) + " " + threshold_meanings[i];
  }
  return text.empty() ? "" : text + "\n";
}

std::string audited_text(const ResultView& view) {
  const std::string text = audit_text(view.summary(), view.threshold_units());
  return text.empty() ? "" : "audit: " + text + "\n";
}

std::string provenance_text(const io::ResultSummary& summary) {
  Table table;
  for (const auto& [name, value] : summary.attributes) {
    if (name != "title" && name != "content_hash") table.add({name, printable(value)});
  }
  return "made by\n" + table.text("  ");
}

std::string show_text(const ResultView& view, const std::string& path) {
  const io::ResultSummary& summary = view.summary();
  const std::string title = printable(attribute(summary, "title"));
  std::string text = path + (title.empty() ? "" : ": " + title) + "\n" + axes_text(view);
  text += plural(summary.neurons, "neuron") + ", " + plural(summary.spikes, "spike") + "\n";
  text += view.axes().empty() ? values_table(view) : view.axes().size() == 1 ? row_table(view) : "";
  if (view.axes().size() > 1 || summary.neurons > most_rows) text += range_table(view);
  text += thresholds_text(view) + audited_text(view) + diverged_text(view) + not_run_text(summary) +
          variables_text(view) + provenance_text(summary);
  return text + "content_hash " + summary.content_hash + "\n";
}

void fill_report(const ResultView& view, const std::string& path, nlohmann::ordered_json& report) {
  const io::ResultSummary& summary = view.summary();
  report["path"] = path;
  report["title"] = attribute(summary, "title");
  report["neurons"] = summary.neurons;
  report["spikes"] = summary.spikes;
  report["diverged"] = summary.diverged;
  report["not_run"] = summary.not_run;
  report["content_hash"] = summary.content_hash;
  report["axes"] = nlohmann::ordered_json::array();
  for (const AxisView& axis : view.axes()) {
    nlohmann::ordered_json coordinates = nlohmann::ordered_json::array();
    for (const ResultVariable* coordinate : axis.coordinates) {
      const Range range = view.range(*coordinate);
      coordinates.push_back({{"name", coordinate->name()},
                             {"parameter", coordinate->parameter},
                             {"units", coordinate->units},
                             {"min", range.low},
                             {"max", range.high}});
    }
    report["axes"].push_back(
        {{"name", axis.name}, {"length", axis.length}, {"coordinates", coordinates}});
  }
  for (const ResultVariable& variable : view.variables()) {
    report["variables"][variable.name()] = {{"type", variable.type},
                                            {"units", variable.units},
                                            {"dimensions", variable.info.dimensions},
                                            {"shape", variable.info.shape}};
  }
  for (const ResultVariable* variable : view.per_neuron()) {
    const Range range = view.range(*variable);
    report["ranges"][variable->name()] = {{"min", range.low},
                                          {"median", range.median},
                                          {"max", range.high},
                                          {"undefined", range.undefined}};
  }
  const std::vector<std::uint64_t> thresholds = view.threshold_counts();
  if (!thresholds.empty()) report["threshold_status"] = thresholds;
  const nlohmann::ordered_json audit = audit_json(summary);
  if (!audit.is_null()) report["audit"] = audit;
  report["first_diverged"] = view.diverged();
  report["attributes"] = summary.attributes;
}

}  // namespace

Command add_show(CLI::App& program) {
  CLI::App* command = program.add_subcommand("show", "what is in a result, readable");
  command->footer("Example:\n  hhsweep show fi.nc");
  const auto path = std::make_shared<std::string>();
  const auto json = std::make_shared<bool>(false);
  command->add_option("OUT.nc", *path, "result")->required()->type_name("");
  command->add_flag("--json", *json, "print one JSON object")->disable_flag_override();
  return {command, [path, json](Context& context) {
            const ResultView view(*path);
            if (context.json) {
              fill_report(view, *path, context.report);
            } else {
              print(show_text(view, *path));
            }
            return ExitCode::ok;
          }};
}

}  // namespace hhsweep::cli
