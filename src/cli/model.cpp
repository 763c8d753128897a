// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include "commands.hpp"
#include "hhsweep/equilibrium.hpp"
#include "hhsweep/parameters.hpp"
#include "messages.hpp"
#include "text.hpp"

namespace hhsweep::cli {

namespace {

constexpr const char* example =
    "Examples:\n"
    "  hhsweep model hh1952\n"
    "  hhsweep model --set model.temperature=18.5 --curves rates.csv";

constexpr const char* curves_header = "V_mV,m_inf,h_inf,n_inf,tau_m_ms,tau_h_ms,tau_n_ms\n";
constexpr int curve_points_per_mV = 10;

struct ModelArguments {
  std::string preset = "squid";
  std::vector<std::string> settings;
  std::string curves;
  bool overwrite = false;
};

const Preset& preset_named(const std::string& name) {
  if (const Preset* preset = find_preset(name)) return *preset;
  std::vector<std::string> names;
  std::string list;
  for (const Preset& preset : presets()) {
    names.push_back(preset.name);
    list += list.empty() ? "" : ", ";
    list += preset.name;
  }
  throw UsageError("there is no preset '" + name + "'" + suggestion(name, names) +
                   "\nThe presets are " + list + ".");
}

std::vector<std::string> settable_paths() {
  std::vector<std::string> paths;
  paths.reserve(parameter::model_count + rate_count);
  for (int i = 0; i < parameter::model_count; ++i) paths.push_back(membrane_parameter(i).path);
  for (int i = 0; i < rate_count; ++i) {
    paths.push_back("model." + std::string(rate_name(i)) + ".form");
  }
  return paths;
}

double number_in(const std::string& key, const std::string& text) {
  double value = 0;
  const char* begin = text.data() + (text.starts_with("+") ? 1 : 0);
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value)) {
    throw UsageError("--set: '" + text + "' is no number for " + key);
  }
  return value;
}

std::string unquoted(const std::string& text) {
  const bool quoted = text.size() >= 2 && text.front() == text.back() &&
                      (text.front() == '"' || text.front() == '\'');
  return quoted ? text.substr(1, text.size() - 2) : text;
}

/// Sets `model.alpha_m.form`; false when `key` is no such key.
bool set_form(Preset& model, const std::string& key, const std::string& value) {
  for (int i = 0; i < rate_count; ++i) {
    if (key != "model." + std::string(rate_name(i)) + ".form") continue;
    const auto form = parse_rate_form(unquoted(value));
    if (!form) {
      throw UsageError("--set: " + key + " is linoid, exponential or sigmoid, not '" + value + "'" +
                       suggestion(value, {"linoid", "exponential", "sigmoid"}));
    }
    model.forms[static_cast<std::size_t>(i)] = *form;
    return true;
  }
  return false;
}

void apply(Preset& model, const std::string& setting) {
  const std::size_t equals = setting.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw UsageError("--set: '" + setting + "' is not KEY=VALUE (e.g. --set model.g_K=40)");
  }
  const std::string key = setting.substr(0, equals);
  const std::string value = setting.substr(equals + 1);
  if (set_form(model, key, value)) return;
  const auto index = find_membrane_parameter(key);
  if (!index || *index >= parameter::model_count) {
    throw UsageError(
        "--set: there is no model parameter '" + key + "'" +
        suggestion(key.starts_with("model.") ? key : "model." + key, settable_paths()));
  }
  const double number = number_in(key, value);
  const std::string wrong = violation(*index, number);
  if (!wrong.empty()) throw UsageError("--set: " + key + " " + wrong);
  model.values[static_cast<std::size_t>(*index)] = number;
}

std::string precise(double value) { return format("%.17g", value); }

std::string parameters_text(const Preset& model) {
  Table table;
  for (int i = 0; i < parameter::rates; ++i) {
    const ParameterInfo& info = membrane_parameter(i);
    table.add({info.path.substr(info.path.find('.') + 1),
               number(model.values[static_cast<std::size_t>(i)]),
               info.units == "1" ? "" : info.units, info.description});
  }
  return "model " + model.name + "\n" + table.text("  ");
}

std::string rates_text(const Preset& model) {
  Table table;
  table.add({"rate", "form", "rate (1/ms)", "midpoint (mV)", "scale (mV)"});
  for (int i = 0; i < rate_count; ++i) {
    const auto part = [&](int p) {
      return number(model.values[static_cast<std::size_t>(parameter::rate(i, p))]);
    };
    table.add({std::string(rate_name(i)),
               std::string(to_string(model.forms[static_cast<std::size_t>(i)])), part(0), part(1),
               part(2)});
  }
  return "rates, x = (V - midpoint)/scale: linoid rate x/(1 - exp(-x)), exponential rate exp(-x),\n"
         "sigmoid rate/(1 + exp(-x)); all times q10^((temperature - 6.3)/10)\n" +
         table.text("  ");
}

std::string start_text(const Preset& model) {
  const auto value = [&](int i) { return number(model.values[static_cast<std::size_t>(i)]); };
  std::string text = "starts at rest";
  if (model.start != Start::rest) text = "starts at V = " + value(parameter::initial_V) + " mV";
  if (model.start == Start::steady) text += ", gates steady there";
  if (model.start == Start::state) {
    text += ", m = " + value(parameter::initial_m) + ", h = " + value(parameter::initial_h) +
            ", n = " + value(parameter::initial_n);
  }
  return text + "; a spike crosses " + value(parameter::spike_threshold) + " mV upwards\n";
}

/// In words, from the eigenvalues by descending real part.
std::string stability(const Eigenvalues& eigenvalues) {
  const bool oscillates = eigenvalues[0].imag() != 0;
  const double growth = eigenvalues[0].real();
  if (growth == 0) return "undecided to first order: an eigenvalue has no real part";
  std::string text =
      growth < 0 ? "stable: a small disturbance decays" : "unstable: a small disturbance grows";
  text += format(" with a time constant of %.4g ms", 1 / std::fabs(growth));
  if (oscillates) {
    const double turns_per_ms = std::fabs(eigenvalues[0].imag()) / 6.283185307179586;
    text += format(", oscillating at %.4g Hz", 1000 * turns_per_ms);
  }
  return text;
}

std::string eigenvalues_text(const Preset& model, double V) {
  const auto eigenvalues = eigenvalues_at(model.values.data(), model.forms.data(), V);
  if (!eigenvalues) return "eigenvalues there: none were found (rates too steep or too fast)\n";
  Table table;
  for (const std::complex<double>& value : *eigenvalues) {
    const std::string imaginary = precise(std::fabs(value.imag()));
    table.add({precise(value.real()),
               value.imag() == 0 ? "" : (value.imag() < 0 ? "- " : "+ ") + imaginary + " i"});
  }
  return "eigenvalues there (1/ms)\n" + table.text("  ") + stability(*eigenvalues) + "\n";
}

std::string rest_text(const Preset& model) {
  const State<double> rest = rest_state(model.values.data(), model.forms.data());
  if (!std::isfinite(rest.V) || !std::isfinite(rest.m + rest.h + rest.n)) {
    return "rest state: none was found\n";
  }
  Table state;
  state.add({"V", precise(rest.V), "mV"});
  state.add({"m", precise(rest.m)});
  state.add({"h", precise(rest.h)});
  state.add({"n", precise(rest.n)});
  return "rest state: equilibrium without stimulus\n" + state.text("  ") +
         eigenvalues_text(model, rest.V);
}

/// Highest V of the curves: the presets whose V counts from rest go further up.
int highest_V(const Preset& model) {
  return model.name == "blog" || model.name == "hh1952" ? 150 : 100;
}

std::string curves_text(const Preset& model) {
  std::string text = curves_header;
  for (int i = -100 * curve_points_per_mV; i <= highest_V(model) * curve_points_per_mV; ++i) {
    const double V = static_cast<double>(i) / curve_points_per_mV;
    const GateCurve curve = gate_curve(model.values.data(), model.forms.data(), V);
    text += number(V);
    for (const double value : curve.infinity) text += "," + number(value);
    for (const double value : curve.tau_ms) text += "," + number(value);
    text += "\n";
  }
  return text;
}

void write_curves(const Preset& model, const ModelArguments& arguments) {
  const std::filesystem::path path(arguments.curves);
  if (!arguments.overwrite && std::filesystem::exists(path)) {
    throw OutputError(path.string() + " exists; --overwrite replaces it");
  }
  const std::filesystem::path unfinished(path.string() + ".tmp");
  errno = 0;
  std::ofstream file(unfinished, std::ios::binary);
  file << curves_text(model);
  file.close();
  std::error_code failure(errno, std::generic_category());
  if (file) std::filesystem::rename(unfinished, path, failure);
  if (!file || failure) {
    std::error_code ignored;
    std::filesystem::remove(unfinished, ignored);
    throw IoError("cannot write " + path.string() + ": " + failure.message());
  }
}

ExitCode show_model(const ModelArguments& arguments) {
  Preset model = preset_named(arguments.preset);
  for (const std::string& setting : arguments.settings) apply(model, setting);
  if (!arguments.curves.empty()) write_curves(model, arguments);
  print(parameters_text(model) + rates_text(model) + start_text(model) + rest_text(model));
  if (!arguments.curves.empty())
    note("steady states and time constants are in " + arguments.curves);
  return ExitCode::ok;
}

}  // namespace

Command add_model(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("model", "parameters, rest state, eigenvalues there, and curves");
  command->footer(example);
  const auto arguments = std::make_shared<ModelArguments>();
  command->add_option("PRESET", arguments->preset, "squid (default), slides, blog or hh1952")
      ->type_name("");
  command->add_option("--set", arguments->settings, "set a parameter; repeatable")
      ->type_name("model.X=V")
      ->allow_extra_args(false);
  command->add_option("--curves", arguments->curves, "write m, h, n inf and tau over V as CSV")
      ->type_name("FILE.csv");
  command->add_flag("--overwrite", arguments->overwrite, "replace FILE.csv when it exists")
      ->disable_flag_override();
  return {command, [arguments](Context&) { return show_model(*arguments); }};
}

}  // namespace hhsweep::cli
