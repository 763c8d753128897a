// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <sstream>

#include "apart.hpp"
#include "audit_check.hpp"
#include "column.hpp"
#include "disk.hpp"
#include "hhsweep/content_hash.hpp"
#include "hhsweep/error.hpp"
#include "hyperslab.hpp"
#include "netcdf.hpp"
#include "result_file.hpp"
#include "result_layout.hpp"

namespace hhsweep::io {
namespace {

/// How many neurons break one rule, and the first of them.
class Offenders {
 public:
  explicit Offenders(std::string rule) : rule_(std::move(rule)) {}

  void note(bool broken, std::uint64_t neuron) {
    if (broken && count_++ == 0) first_ = neuron;
  }
  void report(std::vector<std::string>& findings) const {
    if (count_ == 0) return;
    findings.push_back(rule_ + ": broken by " + std::to_string(count_) +
                       (count_ == 1 ? " neuron, number " : " neurons, the first is number ") +
                       std::to_string(first_));
  }

 private:
  std::string rule_;
  std::uint64_t count_ = 0;
  std::uint64_t first_ = 0;
};

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> list;
  for (std::string word; stream >> word;) list.push_back(word);
  return list;
}

/// Everything that can be wrong with a result that netCDF can open. Each check adds its findings.
class ResultCheck {
 public:
  explicit ResultCheck(const std::string& path) : file_(NcFile::open(path)) {
    for (VariableInfo& variable : file_.variables()) {
      variables_.emplace(variable.name, std::move(variable));
    }
  }

  std::vector<std::string> findings() {
    if (!file_.global_attribute("hhsweep_version")) {
      return {"it is not a result of hhsweep: there is no attribute hhsweep_version"};
    }
    const auto layout = file_.global_attribute("hhsweep_layout");
    if (layout && *layout != std::to_string(layout_version)) {
      return {"it has layout " + *layout + ", and this version of hhsweep checks layout " +
              std::to_string(layout_version)};
    }
    using Step = void (ResultCheck::*)();
    // Each needs what the ones before it have found in order.
    for (const Step step :
         {&ResultCheck::check_attributes, &ResultCheck::check_shapes, &ResultCheck::check_values}) {
      (this->*step)();
      if (!findings_.empty()) break;
    }
    attempt(&ResultCheck::check_hash);
    attempt(&ResultCheck::check_sweep);
    return std::move(findings_);
  }

 private:
  using Method = void (ResultCheck::*)();

  void attempt(Method method) {
    try {
      (this->*method)();
    } catch (const IoError& error) {
      findings_.emplace_back(error.what());
    }
  }

  void check_values() {
    attempt(&ResultCheck::check_status);
    attempt(&ResultCheck::check_statistics);
    if (variables_.contains("threshold")) attempt(&ResultCheck::check_search);
    if (variables_.contains("spike_time") && findings_.empty()) attempt(&ResultCheck::check_spikes);
    if (variables_.contains("V_min") && variables_.contains("V_max")) {
      attempt(&ResultCheck::check_extrema);
    }
    if (variables_.contains("firing_rate")) attempt(&ResultCheck::check_firing_rate);
    attempt(&ResultCheck::check_audit);
  }

  void check_attributes() {
    for (const char* name : {"content_hash", "hhsweep_axes", "hhsweep_fingerprint",
                             "hhsweep_layout", "precision", "seed", "duration", "window"}) {
      if (!file_.global_attribute(name)) {
        findings_.push_back(std::string("the attribute ") + name + " is missing");
      }
    }
  }

  const VariableInfo* require(const std::string& name, Type type,
                              const std::vector<std::string>& dimensions) {
    const auto found = variables_.find(name);
    if (found == variables_.end()) {
      findings_.push_back("the variable " + name + " is missing");
    } else if (found->second.type != type) {
      findings_.push_back("the variable " + name + " is not of type " +
                          std::string(to_string(type)));
    } else if (found->second.dimensions != dimensions) {
      findings_.push_back("the variable " + name + " lies over other dimensions than it should");
    } else {
      return &found->second;
    }
    return nullptr;
  }

  void check_shapes() {
    const std::vector<std::string> axes = words(*file_.global_attribute("hhsweep_axes"));
    for (const std::string& axis : axes) {
      const auto found = variables_.find(axis);
      if (found == variables_.end() || found->second.dimensions != std::vector{axis}) {
        findings_.push_back("the axis " + axis + " has no coordinate");
      }
    }
    const VariableInfo* count = require("spike_count", Type::int32, axes);
    require("status", Type::int8, axes);
    for (const StatisticInfo& statistic : statistics()) {
      if (statistic.name == "spike_count" || statistic.name == "status") continue;
      if (!variables_.contains(statistic.name)) continue;
      require(statistic.name, Type::float64, axes);
      floats_.push_back(statistic.name);
    }
    if (variables_.contains("threshold")) {
      for (const char* name : {"threshold", "threshold_lower", "threshold_upper"}) {
        require(name, Type::float64, axes);
      }
      require("threshold_status", Type::int8, axes);
    }
    require(std::string(names::sweep_file), Type::text, {});
    require(std::string(names::sweep_resolved), Type::text, {});
    for (const auto& [name, variable] : variables_) {
      if (variable.type != Type::text && !file_.attribute(variable, "units")) {
        findings_.push_back("the variable " + name + " has no units");
      }
    }
    if (!variables_.contains("spike_time") && !variables_.contains("row_size")) return;
    require("spike_time", Type::float64, {std::string(names::spike)});
    const VariableInfo* rows = require("row_size", Type::int32, {std::string(names::neuron)});
    if (rows != nullptr && count != nullptr &&
        element_count(rows->shape) != element_count(count->shape)) {
      findings_.emplace_back("row_size and spike_count are for different numbers of neurons");
    }
  }

  void check_status() {
    auto status = column<std::int8_t>("status");
    auto count = column<std::int32_t>("spike_count");
    Offenders unknown("status is 0, 1 or 2");
    Offenders negative("spike_count is not negative where status is 0");
    Offenders counted("spike_count is -1 where status is not 0");
    for (std::uint64_t neuron = 0; status.rest() > 0; ++neuron) {
      const std::int8_t state = status.next();
      const std::int32_t spikes = count.next();
      unknown.note(state < 0 || state > 2, neuron);
      negative.note(state == 0 && spikes < 0, neuron);
      counted.note(state != 0 && spikes != -1, neuron);
    }
    for (const auto* rule : {&unknown, &negative, &counted}) rule->report(findings_);
  }

  void check_statistics() {
    for (const std::string& name : floats_) {
      auto status = column<std::int8_t>("status");
      auto values = column<double>(name);
      const bool of_diverged = name == "diverged_time";
      Offenders set(name + (of_diverged ? " is a time exactly where status is 1"
                                        : " is NaN where status is not 0"));
      Offenders infinite(name + " is finite or NaN");
      for (std::uint64_t neuron = 0; status.rest() > 0; ++neuron) {
        const std::int8_t state = status.next();
        const double value = values.next();
        set.note(of_diverged ? (state == 1) == std::isnan(value) : state != 0 && !std::isnan(value),
                 neuron);
        infinite.note(std::isinf(value), neuron);
      }
      for (const auto* rule : {&set, &infinite}) rule->report(findings_);
    }
  }

  void check_extrema() {
    auto lowest = column<double>("V_min");
    auto highest = column<double>("V_max");
    Offenders order("V_min is not above V_max");
    for (std::uint64_t neuron = 0; lowest.rest() > 0; ++neuron) {
      order.note(lowest.next() > highest.next(), neuron);
    }
    order.report(findings_);
  }

  void check_firing_rate() {
    const RunTimes times = run_times();
    auto count = column<std::int32_t>("spike_count");
    auto rate = column<double>("firing_rate");
    Offenders differing("firing_rate is spike_count over the window");
    for (std::uint64_t neuron = 0; count.rest() > 0; ++neuron) {
      const double expected = 1000.0 * count.next() / (times.window_stop - times.window_start);
      const double stored = rate.next();
      differing.note(std::abs(stored - expected) > 1e-9 * std::abs(expected), neuron);
    }
    differing.report(findings_);
  }

  void check_search() {
    auto status = column<std::int8_t>("threshold_status");
    auto lower = column<double>("threshold_lower");
    auto middle = column<double>("threshold");
    auto upper = column<double>("threshold_upper");
    Offenders unknown("threshold_status is 0 to 5");
    Offenders order(
        "threshold lies between threshold_lower and threshold_upper where one was found");
    Offenders set("threshold is NaN where none was found");
    for (std::uint64_t neuron = 0; status.rest() > 0; ++neuron) {
      const std::int8_t state = status.next();
      const double low = lower.next();
      const double value = middle.next();
      const double high = upper.next();
      const bool found = state == 0 || state == 3;
      unknown.note(state < 0 || state > threshold_not_run, neuron);
      order.note(found && !(low <= value && value <= high), neuron);
      set.note(!found && !std::isnan(value), neuron);
    }
    for (const auto* rule : {&unknown, &order, &set}) rule->report(findings_);
  }

  void check_spikes() {
    if (!rows_fill_spikes()) return;
    auto status = column<std::int8_t>("status");
    auto count = column<std::int32_t>("spike_count");
    auto rows = column<std::int32_t>("row_size");
    auto times = column<double>("spike_time");
    const auto [duration, start, stop] = run_times();
    // Times are rounded to double after the window was applied to exact ones.
    const double slack = 1e-12 * duration;

    Offenders dropped("row_size is 0 where status is not 0");
    Offenders order("spike_time ascends within a neuron");
    Offenders range("spike_time lies between 0 and the duration");
    Offenders counts("spike_count is the number of spike times in the window");
    for (std::uint64_t neuron = 0; rows.rest() > 0; ++neuron) {
      const bool ok = status.next() == 0;
      const std::int32_t row = rows.next();
      const std::int32_t spikes = count.next();
      dropped.note(!ok && row != 0, neuron);
      std::int32_t surely_inside = 0;
      std::int32_t perhaps_inside = 0;
      double last = -1;
      for (std::int32_t i = 0; i < row; ++i) {
        const double time = times.next();
        order.note(!(time > last), neuron);
        range.note(!(time >= 0 && time <= duration + slack), neuron);
        surely_inside += time >= start + slack && time < stop - slack ? 1 : 0;
        perhaps_inside += time >= start - slack && time < stop + slack ? 1 : 0;
        last = time;
      }
      counts.note(ok && (spikes < surely_inside || spikes > perhaps_inside), neuron);
    }
    for (const auto* rule : {&dropped, &order, &range, &counts}) rule->report(findings_);
  }

  void check_audit() {
    const AuditedResult result{
        .neurons = element_count(variables_.at("spike_count").shape),
        .search = variables_.contains("threshold"),
        .sweep_resolved = file_.read_text(variables_.at(std::string(names::sweep_resolved)))};
    for (std::string& finding : audit_unsoundness(file_, result)) {
      findings_.push_back(std::move(finding));
    }
  }

  struct RunTimes {
    double duration, window_start, window_stop;
  };

  RunTimes run_times() const {
    std::istringstream text(*file_.global_attribute("duration") + ' ' +
                            *file_.global_attribute("window"));
    RunTimes times{};
    text >> times.duration >> times.window_start >> times.window_stop;
    if (!text) throw IoError("the attributes duration and window are not numbers");
    return times;
  }

  bool rows_fill_spikes() {
    auto rows = column<std::int32_t>("row_size");
    std::uint64_t sum = 0;
    while (rows.rest() > 0) {
      const std::int32_t row = rows.next();
      if (row < 0) {
        findings_.emplace_back("row_size is negative");
        return false;
      }
      sum += static_cast<std::uint64_t>(row);
    }
    const std::uint64_t there = element_count(variables_.at("spike_time").shape);
    if (sum == there) return true;
    findings_.push_back("row_size adds up to " + std::to_string(sum) +
                        " spikes, but spike_time has " + std::to_string(there));
    return false;
  }

  void check_hash() {
    ContentHash hash;
    std::vector<std::byte> piece;
    for (const auto& [name, variable] : variables_) {
      if (name == names::sweep_file || name == names::sweep_resolved) continue;
      if (!variable.type || variable.type == Type::text) {
        findings_.push_back("the variable " + name + " is none of a result");
        return;
      }
      Sha256 values;
      const std::uint64_t total = element_count(variable.shape);
      for (std::uint64_t first = 0, count = 0; first < total; first += count) {
        count = std::min(total - first, std::uint64_t{1} << 18);
        piece.resize(count * size_of(*variable.type));
        file_.read(variable, first, count, piece.data());
        values.update(piece);
      }
      hash.add(name, to_string(*variable.type), variable.shape, values.hex_digest());
    }
    const std::string stored = file_.global_attribute("content_hash").value_or("");
    const std::string computed = hash.hex_digest();
    if (stored != computed) {
      findings_.push_back("content_hash is " + stored + ", but the values give " + computed);
    }
  }

  void check_sweep() {
    const auto text = variables_.find(std::string(names::sweep_resolved));
    if (text == variables_.end()) return;
    const std::string expected = fingerprint(file_.global_attribute("hhsweep_version").value_or(""),
                                             file_.global_attribute("hhsweep_layout").value_or(""),
                                             file_.read_text(text->second));
    if (expected != file_.global_attribute("hhsweep_fingerprint")) {
      findings_.emplace_back("hhsweep_fingerprint is not that of sweep_resolved");
    }
  }

  template <class T>
  Column<T> column(const std::string& name) {
    return Column<T>(file_, variables_.at(name));
  }

  NcFile file_;
  std::map<std::string, VariableInfo> variables_;
  std::vector<std::string> floats_;
  std::vector<std::string> findings_;
};

std::string findings_text(const std::string& path) {
  std::string text;
  try {
    for (const std::string& finding : ResultCheck(path).findings()) text += finding + '\n';
  } catch (const IoError& error) {
    text = std::string("it is no netCDF file, or it is damaged: ") + error.what() + '\n';
  }
  return text;
}

}  // namespace

std::vector<std::string> unsoundness(const std::string& path) {
  require_readable(path);
  const auto text = run_apart([&path] { return findings_text(path); });
  if (!text) return {"it is damaged: the netCDF library fails on it"};
  std::vector<std::string> findings;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) findings.push_back(line);
  return findings;
}

}  // namespace hhsweep::io
