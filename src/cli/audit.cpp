// SPDX-License-Identifier: MIT
#include "audit.hpp"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "hhsweep/error.hpp"
#include "text.hpp"

namespace hhsweep::cli {

namespace {

constexpr std::string_view prefix = "audit_";

/// The figures of a result's audit.
class Figures {
 public:
  explicit Figures(const io::ResultSummary& summary) : summary_(summary) {}

  [[nodiscard]] bool has(const std::string& name) const {
    return summary_.attributes.contains(std::string(prefix) + name);
  }
  /// NaN when it is absent.
  [[nodiscard]] double number(const std::string& name) const {
    const auto found = summary_.attributes.find(std::string(prefix) + name);
    if (found == summary_.attributes.end()) return std::nan("");
    return std::strtod(found->second.c_str(), nullptr);
  }
  [[nodiscard]] std::uint64_t count(const std::string& name) const {
    return has(name) ? static_cast<std::uint64_t>(number(name)) : 0;
  }

 private:
  const io::ResultSummary& summary_;
};

/// Two digits, never less than the value.
std::string rounded_up(double value) {
  const double unit = std::pow(10, std::floor(std::log10(value)) - 1);
  return format("%.2g", std::ceil(value / unit * (1 - 1e-12)) * unit);
}

/// "spike times within 0.0003 ms (neuron 12)".
std::string shift_text(const Figures& figures, const std::string& name, const std::string& what,
                       const std::string& units) {
  const double shift = figures.number(name);
  if (shift == 0) return what + " equal";
  const std::string text =
      what + " within " + rounded_up(shift) + (units.empty() ? "" : " " + units);
  return text + " (neuron " + std::to_string(figures.count(name + "_neuron")) + ")";
}

}  // namespace

std::optional<AuditFigures> audited(const Sweep& sweep, RunOptions where, ProgressStyle style,
                                    const std::function<bool()>& stop) {
  if (sweep.audit_neurons == 0) return std::nullopt;
  where.chunks.clear();
  Engine engine(where);
  ProgressDisplay display(style, stderr, "auditing, ");
  auto figures = audit(
      engine, sweep.job, sweep.audit_neurons,
      [&](const Progress& progress) { display.update(progress); }, stop);
  if (!figures) throw Error(ExitCode::incomplete, "stopped; the same command goes on");
  return figures;
}

std::string audit_text(const io::ResultSummary& summary, const std::string& threshold_units) {
  const Figures figures(summary);
  if (!figures.has("neurons")) return "";
  std::string text = plural(figures.count("neurons"), "neuron") + " again in float64 at " +
                     number(figures.number("dt")) + " ms: ";
  if (figures.has("threshold_shift") && !std::isnan(figures.number("threshold_shift"))) {
    text += shift_text(figures, "threshold_shift", "thresholds", threshold_units) + ", ";
  }
  text += std::isnan(figures.number("spike_time_shift"))
              ? "no spikes to compare"
              : shift_text(figures, "spike_time_shift", "spike times", "ms");
  text += ", " + plural(figures.count("count_mismatches"), "count") + " differ";
  if (figures.count("count_mismatches") == 1) text += "s";
  const std::pair<const char*, const char*> rare[] = {
      {"status_mismatches", " diverged in one run only"},
      {"threshold_mismatches", " with another end of the search"}};
  for (const auto& [name, what] : rare) {
    if (figures.count(name) > 0) text += ", " + plural(figures.count(name), "neuron") + what;
  }
  return text;
}

nlohmann::ordered_json audit_json(const io::ResultSummary& summary) {
  nlohmann::ordered_json json;
  const Figures figures(summary);
  for (const auto& [attribute, text] : summary.attributes) {
    if (!attribute.starts_with(prefix)) continue;
    const std::string name = attribute.substr(prefix.size());
    const bool whole = text.find_first_not_of("0123456789") == std::string::npos;
    if (whole) {
      json[name] = figures.count(name);
    } else {
      json[name] = figures.number(name);
    }
  }
  return json;
}

}  // namespace hhsweep::cli
