// SPDX-License-Identifier: MIT
#include "hhsweep/parameters.hpp"

#include <algorithm>
#include <cmath>

namespace hhsweep {
namespace {

using Values = std::array<double, parameter::stimulus_parameters>;
using Forms = std::array<RateForm, rate_count>;

constexpr Forms classic_forms{RateForm::linoid,  RateForm::exponential, RateForm::exponential,
                              RateForm::sigmoid, RateForm::linoid,      RateForm::exponential};

/// Rates with their potentials counted from `shift` above those of 1952.
Values with_shifted_rates(Values values, double shift) {
  const double rates[rate_count][3] = {{1, 25, 10}, {4, 0, 18},    {0.07, 0, 20},
                                       {1, 30, 10}, {0.1, 10, 10}, {0.125, 0, 80}};
  for (int i = 0; i < rate_count; ++i) {
    double* rate = values.data() + parameter::rate(i, 0);
    rate[0] = rates[i][0];
    rate[1] = rates[i][1] + shift;
    rate[2] = rates[i][2];
  }
  return values;
}

void set_reversals(Values& values, double E_Na, double E_K, double E_L) {
  values[parameter::E_Na] = E_Na;
  values[parameter::E_K] = E_K;
  values[parameter::E_L] = E_L;
}

void set_initial(Values& values, double V, double m, double h, double n) {
  values[parameter::initial_V] = V;
  values[parameter::initial_m] = m;
  values[parameter::initial_h] = h;
  values[parameter::initial_n] = n;
}

void set_spike_level(Values& values, double level) {
  values[parameter::spike_threshold] = level;
  values[parameter::spike_rearm] = level;
}

Values squid_values() {
  Values values{};
  values[parameter::C_m] = 1;
  values[parameter::g_Na] = 120;
  values[parameter::g_K] = 36;
  values[parameter::g_L] = 0.3;
  values[parameter::temperature] = 6.3;
  values[parameter::q10] = 3;
  values = with_shifted_rates(values, -65);
  set_reversals(values, 50, -77, -54.387);
  set_initial(values, -65, 0.05, 0.6, 0.317);
  set_spike_level(values, 0);
  return values;
}

Values slides_values() {
  Values values = squid_values();
  values[parameter::rate(beta_h, 2)] = 1;
  return values;
}

Values blog_values() {
  Values values = with_shifted_rates(squid_values(), 0);
  set_reversals(values, 120, -77, -54.387);
  set_initial(values, -54.387000012713244, 3.26471634e-05, 0.999807847, 0.004008396);
  set_spike_level(values, 50);
  return values;
}

Values hh1952_values() {
  Values values = with_shifted_rates(squid_values(), 0);
  set_reversals(values, 115, -12, 10.613);
  set_initial(values, 0, 0.05, 0.6, 0.317);
  set_spike_level(values, 50);
  return values;
}

constexpr std::string_view rate_names[rate_count] = {"alpha_m", "beta_m",  "alpha_h",
                                                     "beta_h",  "alpha_n", "beta_n"};

std::vector<ParameterInfo> membrane_catalogue() {
  std::vector<ParameterInfo> list = {
      {"model.C_m", "uF/cm^2", "membrane capacitance"},
      {"model.g_Na", "mS/cm^2", "maximal sodium conductance"},
      {"model.g_K", "mS/cm^2", "maximal potassium conductance"},
      {"model.g_L", "mS/cm^2", "leak conductance"},
      {"model.E_Na", "mV", "sodium reversal potential"},
      {"model.E_K", "mV", "potassium reversal potential"},
      {"model.E_L", "mV", "leak reversal potential"},
      {"model.temperature", "degC", "temperature"},
      {"model.q10", "", "factor of the gates' rates for 10 degC"},
  };
  for (const std::string_view rate : rate_names) {
    const std::string path = "model." + std::string(rate);
    list.push_back({path + ".rate", "1/ms", "rate of " + std::string(rate)});
    list.push_back({path + ".midpoint", "mV", "midpoint of " + std::string(rate)});
    list.push_back({path + ".scale", "mV", "voltage scale of " + std::string(rate)});
  }
  list.push_back({"initial.V", "mV", "membrane potential at the start"});
  list.push_back({"initial.m", "", "sodium activation at the start"});
  list.push_back({"initial.h", "", "sodium inactivation at the start"});
  list.push_back({"initial.n", "", "potassium activation at the start"});
  list.push_back({"spike.threshold", "mV", "potential whose upward crossing is a spike"});
  list.push_back({"spike.rearm", "mV", "potential below which the next spike can come"});
  return list;
}

ParameterInfo stop_parameter(const StimulusSpec& spec) {
  switch (spec.stop_meaning) {
    case StopMeaning::width:
      return {"width", "ms", "duration of the stimulus"};
    case StopMeaning::count:
      return {"count", "", "number of pulses"};
    case StopMeaning::stop:
      break;
  }
  if (spec.kind == StimulusKind::train) return {"stop", "ms", "time before which pulses begin"};
  return {"stop", "ms", "end of the stimulus"};
}

ParameterInfo train_parameter(const StimulusSpec& spec, int index) {
  if (index == slot::train_width) return {"width", "ms", "duration of a pulse"};
  if (index != slot::train_period) return {};
  if (spec.period_is_frequency) return {"frequency", "Hz", "frequency of the pulses"};
  return {"period", "ms", "time from pulse to pulse"};
}

ParameterInfo ramp_parameter(const StimulusSpec& spec, int index) {
  if (index != slot::ramp_end) return {};
  if (spec.end_is_rise) return {"rise", "ms", "duration of the rise"};
  return {"end", "ms", "end of the rise"};
}

ParameterInfo sine_parameter(int index) {
  switch (index) {
    case slot::sine_frequency:
      return {"frequency", "Hz", "frequency"};
    case slot::sine_phase:
      return {"phase", "degree", "phase at the start"};
    case slot::sine_offset:
      return {"offset", "uA/cm^2", "current about which the sine swings"};
    default:
      return {};
  }
}

ParameterInfo chirp_parameter(int index) {
  if (index == slot::chirp_frequency_start) return {"frequency_start", "Hz", "frequency at start"};
  if (index == slot::chirp_frequency_end) return {"frequency_end", "Hz", "frequency at stop"};
  return {};
}

ParameterInfo ou_parameter(int index) {
  switch (index) {
    case slot::amplitude:
      return {"sigma", "uA/cm^2", "stationary standard deviation of the noise"};
    case slot::ou_mean:
      return {"mean", "uA/cm^2", "mean of the noise"};
    case slot::ou_tau:
      return {"tau", "ms", "correlation time of the noise"};
    case slot::sample_dt:
      return {"sample_dt", "ms", "time from sample to sample of the noise"};
    default:
      return {};
  }
}

ParameterInfo waveform_parameter(int index) {
  switch (index) {
    case slot::start:
      return {"start", "ms", "time of the first sample"};
    case slot::amplitude:
      return {"gain", "", "factor of the samples"};
    case slot::waveform_column:
      return {"column", "", "column of the file, from 1"};
    case slot::sample_dt:
      return {"sample_dt", "ms", "time from sample to sample"};
    default:
      return {};
  }
}

bool is_rate_part(int index, int part) {
  return index >= parameter::rates && index < parameter::model_count &&
         (index - parameter::rates) % 3 == part;
}

std::string not_negative(double value) { return value >= 0 ? "" : "must be at least 0"; }
std::string positive(double value) { return value > 0 ? "" : "must be above 0"; }

}  // namespace

const std::vector<Preset>& presets() {
  static const std::vector<Preset> list = [] {
    return std::vector<Preset>{
        {"squid", squid_values(), classic_forms, Start::rest},
        {"slides", slides_values(), classic_forms, Start::state},
        {"blog", blog_values(), classic_forms, Start::state},
        {"hh1952", hh1952_values(), classic_forms, Start::rest},
    };
  }();
  return list;
}

const Preset* find_preset(std::string_view name) {
  const auto found = std::find_if(presets().begin(), presets().end(),
                                  [&](const Preset& preset) { return preset.name == name; });
  return found == presets().end() ? nullptr : &*found;
}

const ParameterInfo& membrane_parameter(int index) {
  static const std::vector<ParameterInfo> list = membrane_catalogue();
  return list.at(static_cast<std::size_t>(index));
}

ParameterInfo stimulus_parameter(const StimulusSpec& spec, int slot) {
  if (spec.kind == StimulusKind::waveform) return waveform_parameter(slot);
  if (spec.kind == StimulusKind::ou && slot >= slot::amplitude) return ou_parameter(slot);
  if (slot == slot::amplitude) return {"amplitude", "uA/cm^2", "amplitude of the current"};
  if (spec.kind == StimulusKind::pulses) return {};
  if (slot == slot::start) return {"start", "ms", "start of the stimulus"};
  if (slot == slot::stop) return stop_parameter(spec);
  switch (spec.kind) {
    case StimulusKind::train:
      return train_parameter(spec, slot);
    case StimulusKind::ramp:
      return ramp_parameter(spec, slot);
    case StimulusKind::sine:
      return sine_parameter(slot);
    case StimulusKind::chirp:
      return chirp_parameter(slot);
    default:
      return {};
  }
}

std::optional<int> find_membrane_parameter(std::string_view path) {
  for (int i = 0; i < parameter::stimulus_parameters; ++i) {
    if (membrane_parameter(i).path == path) return i;
  }
  return std::nullopt;
}

std::string violation(int index, double value) {
  if (!std::isfinite(value)) return "must be a finite number";
  if (index == parameter::C_m || index == parameter::q10) return positive(value);
  if (index >= parameter::g_Na && index <= parameter::g_L) return not_negative(value);
  if (index == parameter::temperature) return value > -273.15 ? "" : "must be above -273.15";
  if (is_rate_part(index, 0)) return not_negative(value);
  if (is_rate_part(index, 2)) return value != 0 ? "" : "must be nonzero";
  if (index == parameter::initial_V) {
    return value > -2000 && value < 2000 ? "" : "must lie above -2000 and below 2000";
  }
  if (index >= parameter::initial_m && index <= parameter::initial_n) {
    return value >= 0 && value <= 1 ? "" : "must lie in [0, 1]";
  }
  return "";
}

std::string stimulus_violation(const StimulusSpec& spec, int slot, double value) {
  if (slot == slot::stop && spec.stop_meaning == StopMeaning::stop) {
    if (std::isnan(value) || value < 0) return "must be at least 0";
    return "";
  }
  if (!std::isfinite(value)) return "must be a finite number";
  const std::string key = stimulus_parameter(spec, slot).path;
  if (key == "start" || key == "width" || key == "end" || key == "rise") return not_negative(value);
  if (key == "count") {
    return value >= 0 && value == std::floor(value) ? "" : "must be a whole number of at least 0";
  }
  if (key == "period" || key == "tau" || key == "sample_dt") return positive(value);
  if (key == "sigma") return not_negative(value);
  if (key == "column" && spec.column_count > 0) {
    const bool whole = value == std::floor(value);
    return whole && value >= 1 && value <= spec.column_count
               ? ""
               : "must be a whole number from 1 to " + std::to_string(spec.column_count);
  }
  if (key == "frequency" && spec.kind == StimulusKind::train) return positive(value);
  if (key.starts_with("frequency")) return not_negative(value);
  return "";
}

std::string_view to_string(RateForm form) {
  switch (form) {
    case RateForm::linoid:
      return "linoid";
    case RateForm::exponential:
      return "exponential";
    case RateForm::sigmoid:
      break;
  }
  return "sigmoid";
}

std::optional<RateForm> parse_rate_form(std::string_view text) {
  for (const RateForm form : {RateForm::linoid, RateForm::exponential, RateForm::sigmoid}) {
    if (text == to_string(form)) return form;
  }
  return std::nullopt;
}

std::string_view rate_name(int index) { return rate_names[index]; }

}  // namespace hhsweep
