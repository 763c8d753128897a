// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hhsweep/stimulus_spec.hpp"

namespace hhsweep {

/// Shape of a rate alpha(V) or beta(V) with x = (V - midpoint)/scale:
/// linoid rate x/(1 - exp(-x)), exponential rate exp(-x), sigmoid rate/(1 + exp(-x)).
enum class RateForm : int { linoid, exponential, sigmoid };

/// Order of the six rates wherever they are listed.
enum RateIndex : int { alpha_m, beta_m, alpha_h, beta_h, alpha_n, beta_n, rate_count };

/// Places in a flat parameter vector: first the membrane, then the start, the spike rule, and
/// after `stimulus_parameters` the numbers of each stimulus (StimulusSpec::first_parameter).
namespace parameter {
inline constexpr int C_m = 0;          // uF/cm^2
inline constexpr int g_Na = 1;         // mS/cm^2
inline constexpr int g_K = 2;          // mS/cm^2
inline constexpr int g_L = 3;          // mS/cm^2
inline constexpr int E_Na = 4;         // mV
inline constexpr int E_K = 5;          // mV
inline constexpr int E_L = 6;          // mV
inline constexpr int temperature = 7;  // degC
inline constexpr int q10 = 8;
inline constexpr int rates = 9;  // 3 numbers a rate: rate (1/ms), midpoint (mV), scale (mV)
inline constexpr int model_count = rates + 3 * rate_count;
inline constexpr int initial_V = model_count;  // mV
inline constexpr int initial_m = initial_V + 1;
inline constexpr int initial_h = initial_V + 2;
inline constexpr int initial_n = initial_V + 3;
inline constexpr int spike_threshold = initial_V + 4;  // mV
inline constexpr int spike_rearm = initial_V + 5;      // mV
inline constexpr int stimulus_parameters = initial_V + 6;

/// Place of one number of a rate; `part` is 0 for rate, 1 for midpoint, 2 for scale.
constexpr int rate(int index, int part) { return rates + 3 * index + part; }
}  // namespace parameter

/// How a neuron starts.
enum class Start : int {
  rest,    ///< equilibrium without stimulus
  steady,  ///< initial.V, gates steady there
  state    ///< initial.V, m, h and n as given
};

/// A named set of model parameters (CONTRACT: squid, slides, blog, hh1952).
struct Preset {
  std::string name;
  std::array<double, parameter::stimulus_parameters> values;  ///< in the order of `parameter`
  std::array<RateForm, rate_count> forms;
  Start start;
};

/// The presets, `squid` first.
const std::vector<Preset>& presets();

/// The preset of that name, or nullptr.
const Preset* find_preset(std::string_view name);

/// What is known of one sweepable number.
struct ParameterInfo {
  std::string path;         ///< as in a sweep file, e.g. "model.alpha_m.scale"
  std::string units;        ///< "" for a pure number
  std::string description;  ///< a few words, for long_name
};

/// Facts of the parameter at `index` < stimulus_parameters.
const ParameterInfo& membrane_parameter(int index);

/// Units and description of slot `slot` of a stimulus (see StimulusSpec); `path` holds the key
/// alone.
ParameterInfo stimulus_parameter(const StimulusSpec& spec, int slot);

/// Index of "model.g_Na", "initial.V", "spike.threshold", ...; nothing when there is none.
std::optional<int> find_membrane_parameter(std::string_view path);

/// Why `value` is impossible for the parameter at `index` < stimulus_parameters, as words that
/// follow the parameter's name ("must be above 0"); empty when it is possible.
std::string violation(int index, double value);

/// The same for slot `slot` of a stimulus.
std::string stimulus_violation(const StimulusSpec& spec, int slot, double value);

std::string_view to_string(RateForm form);
std::optional<RateForm> parse_rate_form(std::string_view text);
std::string_view rate_name(int index);  ///< "alpha_m", ...

}  // namespace hhsweep
