// SPDX-License-Identifier: MIT
#include "audit_check.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "hhsweep/audit.hpp"
#include "result_layout.hpp"

namespace hhsweep::io {
namespace {

/// Neurons that the sweep asks to audit; 0 when it asks for none or cannot be read.
std::uint64_t asked_for(const std::string& sweep_resolved) {
  const auto sweep = nlohmann::json::parse(sweep_resolved, nullptr, false);
  const auto neurons = nlohmann::json::json_pointer("/audit/neurons");
  if (!sweep.is_object() || !sweep.contains(neurons)) return 0;
  return sweep[neurons].is_number_unsigned() ? sweep[neurons].get<std::uint64_t>() : 0;
}

/// Whether it is among `audited` neurons that lie evenly among `neurons`.
bool is_audited(std::int64_t number, std::uint64_t neurons, std::uint64_t audited) {
  if (number < 0 || static_cast<std::uint64_t>(number) >= neurons) return false;
  const double gap = static_cast<double>(neurons - 1) /
                     static_cast<double>(std::max<std::uint64_t>(audited, 2) - 1);
  const double place = static_cast<double>(number) / std::max(gap, 1.0);
  const std::uint64_t first = static_cast<std::uint64_t>(std::max(place, 1.0)) - 1;
  // The place is exact to one.
  const auto near =
      evenly_spread(neurons, audited, first, std::min<std::uint64_t>(3, audited - first));
  return std::find(near.begin(), near.end(), static_cast<std::uint64_t>(number)) != near.end();
}

class AuditCheck {
 public:
  AuditCheck(const NcFile& file, const AuditedResult& result)
      : file_(file), result_(result), asked_for_(asked_for(result.sweep_resolved)) {
    if (!result.search) return;
    shifts_.emplace_back("threshold_shift");
    mismatches_.emplace_back("threshold_mismatches");
  }

  std::vector<std::string> findings() {
    for (const std::string& name : file_.global_attributes()) {
      if (name.starts_with(prefix)) there_.insert(name.substr(prefix.size()));
    }
    const bool complete = !file_.global_attribute(std::string(names::neurons_not_run));
    if (there_.empty()) {
      expect(!complete || asked_for_ == 0, "the audit that the sweep asks for is missing");
      return std::move(findings_);
    }
    expect(complete, "there is an audit of a result that is not complete");
    check_names_and_types();
    if (findings_.empty()) check_figures();
    return std::move(findings_);
  }

 private:
  void expect(bool met, const std::string& fault) {
    if (!met) findings_.push_back(fault);
  }

  void require(const std::string& name, Type type) {
    if (there_.contains(name)) {
      expect(file_.global_number_type(attribute(name)) == type, "the attribute " + attribute(name) +
                                                                    " is not one number of type " +
                                                                    std::string(to_string(type)));
    } else {
      findings_.push_back("the attribute " + attribute(name) + " is missing");
    }
    there_.erase(name);
  }

  void check_names_and_types() {
    for (const char* name : {"neurons", "spikes"}) require(name, Type::int64);
    for (const std::string& name : mismatches_) require(name, Type::int64);
    require("dt", Type::float64);
    for (const std::string& name : shifts_) {
      if (there_.contains(neuron_of(name))) require(neuron_of(name), Type::int64);
      require(name, Type::float64);
    }
    for (const std::string& name : there_) {
      findings_.push_back("the attribute " + attribute(name) + " is none of the result's audit");
    }
  }

  void check_figures() {
    const std::int64_t neurons = count("neurons");
    if (neurons < 1 || static_cast<std::uint64_t>(neurons) > result_.neurons) {
      findings_.emplace_back("audit_neurons is not from 1 to the number of neurons");
      return;
    }
    const auto audited = static_cast<std::uint64_t>(neurons);
    expect(asked_for_ == 0 || audited == std::min(asked_for_, result_.neurons),
           "audit_neurons is not what the sweep asks for");
    const auto dt = file_.global_attribute("dt");
    expect(!dt || real("dt") == std::strtod(dt->c_str(), nullptr) / 2,
           "audit_dt is not half of dt");
    for (const std::string& name : mismatches_) {
      expect(count(name) >= 0 && count(name) <= neurons,
             attribute(name) + " is not from 0 to audit_neurons");
    }
    expect(count("count_mismatches") <= neurons - count("status_mismatches"),
           "audit_count_mismatches and audit_status_mismatches are more than audit_neurons");
    expect(count("spikes") >= 0, "audit_spikes is negative");
    expect((count("spikes") == 0) == std::isnan(real("spike_time_shift")),
           "audit_spike_time_shift is NaN and audit_spikes not 0, or the other way round");
    for (const std::string& name : shifts_) check_shift(name, audited);
  }

  void check_shift(const std::string& name, std::uint64_t audited) {
    const double shift = real(name);
    expect(!(shift < 0 || std::isinf(shift)), attribute(name) + " is negative or infinite");
    const std::string neuron = neuron_of(name);
    const bool named = file_.global_attribute(attribute(neuron)).has_value();
    expect(named || std::isnan(shift), "the attribute " + attribute(neuron) + " is missing");
    expect(!named || !std::isnan(shift), attribute(neuron) + " is there without a shift");
    expect(!named || is_audited(count(neuron), result_.neurons, audited),
           attribute(neuron) + " is none of the neurons audited");
  }

  static std::string attribute(const std::string& name) { return std::string(prefix) + name; }
  static std::string neuron_of(const std::string& shift) { return shift + "_neuron"; }
  [[nodiscard]] std::string text(const std::string& name) const {
    return file_.global_attribute(attribute(name)).value_or("");
  }
  [[nodiscard]] std::int64_t count(const std::string& name) const {
    return std::strtoll(text(name).c_str(), nullptr, 10);
  }
  [[nodiscard]] double real(const std::string& name) const {
    return std::strtod(text(name).c_str(), nullptr);
  }

  static constexpr std::string_view prefix = "audit_";

  const NcFile& file_;
  const AuditedResult& result_;
  std::uint64_t asked_for_;
  std::vector<std::string> shifts_ = {"spike_time_shift", "V_max_shift"};
  std::vector<std::string> mismatches_ = {"count_mismatches", "status_mismatches"};
  std::set<std::string> there_;
  std::vector<std::string> findings_;
};

}  // namespace

std::vector<std::string> audit_unsoundness(const NcFile& file, const AuditedResult& result) {
  return AuditCheck(file, result).findings();
}

}  // namespace hhsweep::io
