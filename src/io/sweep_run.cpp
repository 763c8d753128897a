// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "sweep_draft.hpp"
#include "sweep_names.hpp"
#include "sweep_table.hpp"

namespace hhsweep::io {
namespace {

/// A time that must be above 0; nothing when it is absent or wrong, which is noted.
std::optional<double> positive_time(Draft& draft, const TableReader& table, std::string_view key) {
  const auto value = table.number(key);
  if (!value || *value > 0) return value;
  draft.diagnostics.error(table.at(key),
                          table.path_of(key) + " must be above 0 ms, not " + format_number(*value));
  return std::nullopt;
}

void check_steps(Draft& draft, const Position& at) {
  constexpr double most_steps = 9007199254740992.0;
  const Job& job = draft.sweep.job;
  const double steps = job.duration_ms / job.dt_ms;
  if (steps <= most_steps) return;
  draft.diagnostics.error(at, "run.duration = " + format_number(job.duration_ms) + " ms takes " +
                                  format_number(steps) +
                                  " steps of dt = " + format_number(job.dt_ms) +
                                  " ms (at most 2^53 can be counted); choose a longer dt");
}

/// The window [a, b) inside the run.
void read_window(Draft& draft, const TableReader& table) {
  RecordSettings& record = draft.sweep.job.record;
  const double duration = draft.sweep.job.duration_ms;
  record.window_start_ms = 0;
  record.window_stop_ms = duration;
  const auto window = table.numbers("window", 2);
  if (!window || duration <= 0) return;
  const double start = (*window)[0];
  const double stop = (*window)[1];
  const std::string text =
      "record.window = [" + format_number(start) + ", " + format_number(stop) + "]";
  if (start >= stop) {
    draft.diagnostics.error(table.at("window"), text + " must be [start, stop] with start < stop");
  } else if (start < 0 || stop > duration) {
    draft.diagnostics.error(
        table.at("window"),
        text + " leaves the run (from 0 to run.duration = " + format_number(duration) + " ms)");
  }
  record.window_start_ms = start;
  record.window_stop_ms = stop;
}

void read_statistics(Draft& draft, const TableReader& table) {
  std::vector<std::string> names;
  for (const StatisticInfo& statistic : statistics()) names.push_back(statistic.name);
  const auto chosen = table.choices("statistics", names);
  if (!chosen) {
    draft.sweep.statistics = names;
    return;
  }
  for (const std::string& name : names) {
    const bool always = name == "spike_count" || name == "status";
    if (always || std::find(chosen->begin(), chosen->end(), name) != chosen->end()) {
      draft.sweep.statistics.push_back(name);
    }
  }
}

/// The trace interval in steps; 1 when it is wrong, which is noted.
std::int64_t steps_of_every(Draft& draft, const TableReader& table) {
  constexpr double default_every = 0.1;
  constexpr double most_steps = 9007199254740992.0;
  if (table.has("every") && !positive_time(draft, table, "every")) return 1;
  const double dt = draft.sweep.job.dt_ms;
  const double every = table.number("every").value_or(default_every);
  if (const auto steps = whole_steps(every, dt)) return *steps;
  std::string message = "record.trace.every = " + format_number(every) + " ms";
  if (!table.has("every")) message += " (the default)";
  message += " is not a multiple of run.dt = " + format_number(dt) + " ms";
  if (every / dt < most_steps) {
    message += "; the nearest is " + format_number(std::max(std::rint(every / dt), 1.0) * dt);
  }
  draft.diagnostics.error(table.at("every"), message);
  return 1;
}

void read_trace(Draft& draft, const Node& node) {
  const TableReader table(node, "record.trace", draft.diagnostics);
  table.expect_keys(keys_of("record.trace"));
  TraceSettings trace;
  const std::vector<std::string> names{"V", "m", "h", "n", "I_stim", "I_Na", "I_K", "I_L"};
  const auto chosen = table.choices("variables", names);
  if (chosen && chosen->empty()) {
    draft.diagnostics.error(table.at("variables"),
                            "record.trace.variables is empty; give at least one, such as \"V\"");
  }
  for (const std::string& name : chosen.value_or(std::vector<std::string>{"V"})) {
    const auto place = std::find(names.begin(), names.end(), name) - names.begin();
    trace.variables.push_back(static_cast<TraceVariable>(place));
  }
  trace.every_steps = steps_of_every(draft, table);
  draft.sweep.job.record.trace = std::move(trace);
}

/// Doubles near the ends of the bracket are further apart than the tolerance.
bool is_below_resolution(const SearchSettings& search) {
  const double largest = std::max(std::fabs(search.low), std::fabs(search.high));
  return search.tolerance < largest * std::numeric_limits<double>::epsilon();
}

void read_bracket(Draft& draft, const TableReader& table, SearchDraft& search) {
  SearchSettings& settings = search.settings;
  search.bracket_at = table.at("bracket");
  if (!table.has("bracket")) {
    if (table.has_misspelt("bracket", keys_of("search"))) return;
    draft.diagnostics.error(table.at(""),
                            "search has no bracket (the two values between which it "
                            "looks, bracket = [low, high])");
    return;
  }
  const auto bracket = table.numbers("bracket", 2);
  if (!bracket) return;
  settings.low = (*bracket)[0];
  settings.high = (*bracket)[1];
  if (settings.low >= settings.high || !std::isfinite(settings.high - settings.low)) {
    draft.diagnostics.error(search.bracket_at, "search.bracket = [" + format_number(settings.low) +
                                                   ", " + format_number(settings.high) +
                                                   "] must be [low, high] with low < high");
    return;
  }
  settings.tolerance = 1e-6 * (settings.high - settings.low);
  if (const auto tolerance = table.number("tolerance")) settings.tolerance = *tolerance;
  if (settings.tolerance <= 0) {
    draft.diagnostics.error(table.at("tolerance"), "search.tolerance must be above 0, not " +
                                                       format_number(settings.tolerance));
  } else if (is_below_resolution(settings)) {
    draft.diagnostics.error(table.at(table.has("tolerance") ? "tolerance" : "bracket"),
                            "search.tolerance = " + format_number(settings.tolerance) +
                                " is below the spacing of float64 numbers in the bracket");
  }
}

int bounded_count(Draft& draft, const TableReader& table, std::string_view key, int lowest,
                  int otherwise) {
  const auto value = table.whole(key, lowest);
  if (!value) return otherwise;
  if (*value <= std::numeric_limits<std::int32_t>::max()) return static_cast<int>(*value);
  draft.diagnostics.error(table.at(key), table.path_of(key) + " must be below 2^31");
  return otherwise;
}

}  // namespace

void read_run(Draft& draft) {
  if (draft.is_misused("run")) return;
  const TableReader table(draft.table("run"), "run", draft.diagnostics);
  table.expect_keys(keys_of("run"));
  Job& job = draft.sweep.job;
  if (!table.has("duration") && !table.has_misspelt("duration", keys_of("run"))) {
    draft.diagnostics.error(
        table.at(""), "run.duration is missing (how long to simulate, in ms); add it to [run]");
  }
  if (const auto duration = positive_time(draft, table, "duration")) job.duration_ms = *duration;
  const auto dt = positive_time(draft, table, "dt");
  if (dt) job.dt_ms = *dt;
  if (job.duration_ms > 0) check_steps(draft, table.at(table.has("dt") ? "dt" : "duration"));

  const std::vector<std::string> precisions{"float32", "float64"};
  if (table.choice("precision", precisions) == "float64") job.precision = Precision::float64;
  const std::vector<std::string> maths{"exact", "fast"};
  if (table.choice("math", maths) == "fast") job.math = Math::fast;
  if (job.math == Math::fast && job.precision == Precision::float64) {
    draft.diagnostics.error(table.at("math"),
                            "math = \"fast\" is offered in float32 alone; write \"exact\", or "
                            "precision = \"float32\"");
  }
}

void read_record(Draft& draft) {
  const TableReader table(draft.table("record"), "record", draft.diagnostics);
  table.expect_keys(keys_of("record"));
  read_window(draft, table);
  draft.sweep.job.record.spike_times = table.flag("spike_times").value_or(false);
  read_statistics(draft, table);
  if (const Node* trace = table.table("trace")) read_trace(draft, *trace);
}

void read_audit(Draft& draft) {
  if (draft.root.find("audit") == nullptr || draft.is_misused("audit")) return;
  const TableReader table(draft.table("audit"), "audit", draft.diagnostics);
  table.expect_keys(keys_of("audit"));
  if (!table.has("neurons") && !table.has_misspelt("neurons", keys_of("audit"))) {
    draft.diagnostics.error(table.at(""),
                            "audit has no neurons (how many of them to run again in float64 at "
                            "dt/2, as in neurons = 64)");
  }
  draft.sweep.audit_neurons = static_cast<std::uint64_t>(table.whole("neurons", 1).value_or(1));
}

void read_search(Draft& draft) {
  if (draft.root.find("search") == nullptr || draft.is_misused("search")) return;
  const TableReader table(draft.table("search"), "search", draft.diagnostics);
  table.expect_keys(keys_of("search"));
  SearchDraft search;
  search.path_at = table.at("parameter");
  if (!table.has("parameter") && !table.has_misspelt("parameter", keys_of("search"))) {
    draft.diagnostics.error(table.at(""),
                            "search has no parameter (which number it looks for, as "
                            "in \"stimulus.NAME.amplitude\")");
  }
  search.path = table.text("parameter").value_or("");
  read_bracket(draft, table, search);
  search.settings.spikes = bounded_count(draft, table, "spikes", 1, 1);
  search.settings.scan = bounded_count(draft, table, "scan", 0, 0);
  if (search.settings.scan == 1) {
    draft.diagnostics.error(table.at("scan"),
                            "search.scan must be 0 (no scan) or at least 2 values, not 1");
  }
  draft.search = std::move(search);
}

}  // namespace hhsweep::io
