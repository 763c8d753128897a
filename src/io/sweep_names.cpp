// SPDX-License-Identifier: MIT
#include "sweep_names.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

#include "diagnostics.hpp"

namespace hhsweep::io {
namespace {

/// Names in NEURON, Brian2, numpy and everyday use, and what they are called here. A right name
/// with a table in it is meant in that table only; the first that fits the place counts.
struct Foreign {
  std::string_view name;
  std::string_view right;
};

constexpr Foreign foreign_names[] = {
    {"amp", "amplitude"},
    {"i0", "amplitude"},
    {"i", "amplitude"},
    {"current", "amplitude"},
    {"strength", "amplitude"},
    {"dur", "run.duration"},
    {"dur", "width"},
    {"duration", "width"},
    {"pw", "width"},
    {"pulsewidth", "width"},
    {"del", "start"},
    {"delay", "start"},
    {"onset", "start"},
    {"begin", "start"},
    {"tstart", "start"},
    {"t0", "start"},
    {"gap", "start"},
    {"tend", "stop"},
    {"toff", "stop"},
    {"off", "stop"},
    {"end", "stop"},
    {"t1", "stop"},
    {"interval", "period"},
    {"ipi", "period"},
    {"isi", "period"},
    {"freq", "frequency"},
    {"f", "frequency"},
    {"hz", "frequency"},
    {"rate", "frequency"},
    {"f0", "frequency_start"},
    {"f1", "frequency_end"},
    {"number", "count"},
    {"npulses", "count"},
    {"pulses", "count"},
    {"n", "count"},
    {"tau", "rise"},
    {"trise", "rise"},
    {"bias", "offset"},
    {"dc", "offset"},
    {"phi", "phase"},
    {"type", "kind"},
    {"shape", "kind"},
    {"times", "intervals"},
    {"tstop", "run.duration"},
    {"tmax", "run.duration"},
    {"tend", "run.duration"},
    {"tfinal", "run.duration"},
    {"runtime", "run.duration"},
    {"simtime", "run.duration"},
    {"stop", "run.duration"},
    {"time", "run.duration"},
    {"timestep", "run.dt"},
    {"deltat", "run.dt"},
    {"step", "run.dt"},
    {"dtype", "run.precision"},
    {"gnabar", "model.g_Na"},
    {"gnamax", "model.g_Na"},
    {"gkbar", "model.g_K"},
    {"gkdbar", "model.g_K"},
    {"gkmax", "model.g_K"},
    {"gl", "model.g_L"},
    {"glbar", "model.g_L"},
    {"gleak", "model.g_L"},
    {"gpas", "model.g_L"},
    {"ena", "model.E_Na"},
    {"vna", "model.E_Na"},
    {"ek", "model.E_K"},
    {"vk", "model.E_K"},
    {"el", "model.E_L"},
    {"eleak", "model.E_L"},
    {"epas", "model.E_L"},
    {"vl", "model.E_L"},
    {"cm", "model.C_m"},
    {"c", "model.C_m"},
    {"capacitance", "model.C_m"},
    {"celsius", "model.temperature"},
    {"temp", "model.temperature"},
    {"t", "model.temperature"},
    {"vinit", "initial.V"},
    {"v0", "initial.V"},
    {"vrest", "initial.V"},
    {"m0", "initial.m"},
    {"h0", "initial.h"},
    {"n0", "initial.n"},
    {"vthreshold", "spike.threshold"},
    {"thresh", "spike.threshold"},
    {"vth", "spike.threshold"},
    {"vt", "spike.threshold"},
    {"level", "spike.threshold"},
    {"reset", "spike.rearm"},
    {"refractory", "spike.rearm"},
    {"hysteresis", "spike.rearm"},
    {"logspace", "geomspace"},
    {"arange", "range"},
    {"step", "range"},
    {"stop", "range"},
    {"list", "values"},
    {"array", "values"},
    {"param", "parameter"},
    {"variable", "parameter"},
    {"path", "parameter"},
    {"path", "file"},
    {"filename", "file"},
    {"csv", "file"},
    {"dt", "sample_dt"},
    {"scale", "gain"},
    {"factor", "gain"},
    {"correlationtime", "tau"},
    {"timeconstant", "tau"},
    {"trials", "repeat"},
    {"replicates", "repeat"},
    {"n", "repeat"},
    {"n", "size"},
    {"count", "size"},
    {"number", "size"},
    {"samples", "size"},
    {"nsamples", "size"},
    {"distribution", "dist"},
    {"kind", "dist"},
    {"type", "dist"},
    {"mu", "mean"},
    {"loc", "mean"},
    {"average", "mean"},
    {"std", "sd"},
    {"stdev", "sd"},
    {"stddev", "sd"},
    {"sigma", "sd"},
    {"scale", "sd"},
    {"mean", "median"},
    {"mu", "median"},
    {"scale", "median"},
    {"s", "sigma"},
    {"sd", "sigma"},
    {"std", "sigma"},
    {"shape", "sigma"},
    {"a", "low"},
    {"lower", "low"},
    {"left", "low"},
    {"first", "low"},
    {"b", "high"},
    {"upper", "high"},
    {"right", "high"},
    {"last", "high"},
    {"lower", "min"},
    {"upper", "max"},
    {"gaussian", "normal"},
    {"gauss", "normal"},
    {"norm", "normal"},
    {"randn", "normal"},
    {"rand", "uniform"},
    {"lognorm", "lognormal"},
    {"reciprocal", "loguniform"},
    {"lhs", "latin"},
    {"lhc", "latin"},
    {"latinhypercube", "latin"},
    {"hypercube", "latin"},
    {"independent", "random"},
    {"iid", "random"},
    {"montecarlo", "random"},
    {"csv", "table"},
    {"file", "table"},
    {"filename", "table"},
    {"col", "column"},
    {"header", "column"},
    {"field", "column"},
    {"spikes", "record.spike_times"},
    {"raster", "record.spike_times"},
    {"stats", "record.statistics"},
    {"dt", "record.trace.every"},
    {"sampledt", "record.trace.every"},
    {"sampling", "record.trace.every"},
    {"interval", "record.trace.every"},
    {"vars", "record.trace.variables"},
    {"cells", "record.trace.neurons"},
    {"indices", "record.trace.neurons"},
    {"bounds", "search.bracket"},
    {"limits", "search.bracket"},
    {"range", "search.bracket"},
    {"tol", "search.tolerance"},
    {"xtol", "search.tolerance"},
    {"eps", "search.tolerance"},
    {"nspikes", "search.spikes"},
    {"iclamp", "step"},
    {"pulse", "step"},
    {"square", "step"},
    {"rect", "step"},
    {"constant", "step"},
    {"dc", "step"},
    {"sin", "sine"},
    {"sinusoid", "sine"},
    {"ac", "sine"},
    {"zap", "chirp"},
    {"noise", "ou"},
    {"pulsetrain", "train"},
    {"hh", "squid"},
    {"single", "float32"},
    {"float", "float32"},
    {"fp32", "float32"},
    {"f32", "float32"},
    {"double", "float64"},
    {"fp64", "float64"},
    {"f64", "float64"},
    {"v", "V"},
    {"istim", "I_stim"},
    {"count", "spike_count"},
    {"spikes", "spike_count"},
    {"rate", "firing_rate"},
    {"isi", "mean_isi"},
    {"cv", "cv_isi"},
    {"vpeak", "V_max"},
    {"peak", "V_max"},
    {"latency", "first_spike_time"},
};

bool contains(std::span<const std::string> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::pair<std::string, std::string> split_last(std::string_view path) {
  const auto dot = path.rfind('.');
  if (dot == std::string_view::npos) return {"", std::string(path)};
  return {std::string(path.substr(0, dot)), std::string(path.substr(dot + 1))};
}

std::map<std::string, std::vector<std::string>, std::less<>> fixed_keys() {
  return {
      {"",
       {"title", "seed", "model", "initial", "run", "stimulus", "axis", "spike", "record", "search",
        "audit"}},
      {"model",
       {"preset", "C_m", "g_Na", "g_K", "g_L", "E_Na", "E_K", "E_L", "temperature", "q10",
        "alpha_m", "beta_m", "alpha_h", "beta_h", "alpha_n", "beta_n"}},
      {"model.RATE", {"form", "rate", "midpoint", "scale"}},
      {"initial", {"at", "V", "m", "h", "n"}},
      {"run", {"duration", "dt", "precision", "math"}},
      {"axis",
       {"name", "parameter", "values", "linspace", "geomspace", "range", "repeat", "zip", "draw",
        "size", "sampling", "table", "columns"}},
      {"axis.zip", {"name", "parameter", "values", "linspace", "geomspace", "range"}},
      {"axis.draw",
       {"name", "parameter", "dist", "low", "high", "mean", "sd", "median", "sigma", "min", "max"}},
      {"axis.columns", {"name", "parameter", "column"}},
      {"spike", {"threshold", "rearm"}},
      {"record", {"window", "spike_times", "statistics", "trace"}},
      {"record.trace", {"variables", "every", "neurons"}},
      {"search", {"parameter", "bracket", "tolerance", "spikes", "scan"}},
      {"audit", {"neurons"}},
  };
}

const auto& all_fixed_keys() {
  static const auto keys = fixed_keys();
  return keys;
}

/// One of `known` that is `key` but for a single slip; a slip that makes one letter another does
/// not count in names of two letters, most of which are a letter apart.
std::string with_one_slip(std::string_view key, std::span<const std::string> known) {
  constexpr std::size_t longest = 64;
  if (key.size() > longest) return "";
  for (const std::string& candidate : known) {
    const std::size_t letters =
        std::max(simplified_name(key).size(), simplified_name(candidate).size());
    if (letters > 2 && name_distance(key, candidate) == 1) return candidate;
  }
  return "";
}

/// One of `known` whose name elsewhere is `key` but for a single slip.
std::string foreign_with_one_slip(std::string_view table, std::string_view key,
                                  std::span<const std::string> known) {
  for (const auto& [name, right] : foreign_names) {
    const auto [home, right_key] = split_last(right);
    const bool fits = (home.empty() || home == table) && contains(known, right_key);
    const std::string foreign(name);
    if (fits && !with_one_slip(key, {&foreign, 1}).empty()) return right_key;
  }
  return "";
}

/// Path of this key in the table other than `table` that has it, when there is only one.
std::string path_elsewhere(std::string_view table, std::string_view key) {
  const std::string given = simplified_name(key);
  std::string path;
  for (const auto& [name, keys] : all_fixed_keys()) {
    if (name == table || name.empty() || name.starts_with("axis") || name == "model.RATE") continue;
    for (const std::string& candidate : keys) {
      if (simplified_name(candidate) != given) continue;
      if (!path.empty()) return "";
      path = name + "." + candidate;
    }
  }
  return path;
}

}  // namespace

const std::vector<std::string>& keys_of(std::string_view table) {
  const auto found = all_fixed_keys().find(table);
  if (found == all_fixed_keys().end()) throw std::out_of_range("no such table");
  return found->second;
}

std::string meant_name(std::string_view table, std::string_view key,
                       std::span<const std::string> known) {
  const std::string given = simplified_name(key);
  for (const std::string& candidate : known) {
    if (simplified_name(candidate) == given) return candidate;
  }
  for (const auto& [name, right] : foreign_names) {
    if (name != given) continue;
    const auto [home, right_key] = split_last(right);
    if ((home.empty() || home == table) && contains(known, right_key)) return right_key;
  }
  if (std::string slip = with_one_slip(key, known); !slip.empty()) return slip;
  if (std::string path = path_elsewhere(table, key); !path.empty()) return path;
  for (const auto& [name, right] : foreign_names) {
    if (name == given && right.find('.') != std::string_view::npos) return std::string(right);
  }
  if (std::string near = nearest_name(key, known); !near.empty()) return near;
  return foreign_with_one_slip(table, key, known);
}

std::string meant_path(std::string_view path, std::span<const std::string> candidates) {
  const auto [table, key] = split_last(path);
  std::vector<std::string> siblings;
  for (const std::string& candidate : candidates) {
    const auto [home, name] = split_last(candidate);
    if (home == table) siblings.push_back(name);
  }
  const std::string name = meant_name(table, key, siblings);
  if (contains(siblings, name)) return table + "." + name;
  if (contains(candidates, name)) return name;
  const std::string tail = "." + std::string(path);
  for (const std::string& candidate : candidates) {
    if (candidate.ends_with(tail)) return candidate;
  }
  return nearest_name(path, candidates);
}

std::string suggestion(std::string_view table, std::string_view key,
                       std::span<const std::string> known) {
  const std::string meant = meant_name(table, key, known);
  if (!meant.empty()) return "; did you mean " + quoted(meant) + "?";
  if (known.empty()) return "";
  return "; there is " + list_of(known, "and");
}

}  // namespace hhsweep::io
