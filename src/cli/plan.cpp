// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>

#include "commands.hpp"
#include "hhsweep/audit.hpp"
#include "io/result_file.hpp"
#include "io/sweep_file.hpp"
#include "messages.hpp"
#include "run_options.hpp"
#include "shard_option.hpp"
#include "standard_load.hpp"
#include "text.hpp"

namespace hhsweep::cli {

namespace {

constexpr const char* example =
    "Example:\n"
    "  hhsweep plan fi.toml --set run.dt=0.005\n"
    "The time is extrapolated from a verified run of a fraction of a second (see 'hhsweep bench').";

constexpr std::uint64_t most_calibration_neurons = 8192;
constexpr double program_bytes = 25e6;  // code and libraries
constexpr double calibration_ms = 20;
constexpr double assumed_firing_rate_hz = 100;

/// Everything `plan` says, worked out.
struct Plan {
  Sweep sweep;
  std::string output, output_state, backend, device;
  ChunkPlan chunks;
  io::Shard shard;
  std::uint64_t traces = 0;
  double neuron_steps = 0;  ///< searches at their upper bound
  double memory_bytes = 0;
  double output_bytes = 0;
  double steps_per_s = 0;
  std::uint64_t audited = 0;  ///< neurons
  double audit_steps = 0;
  double audit_s = 0;
  std::vector<std::string> warnings;

  [[nodiscard]] double time_s() const { return neuron_steps / steps_per_s; }
};

double statistics_bytes(const Sweep& sweep) {
  double bytes = 0;
  for (const std::string& name : sweep.statistics) {
    bytes += name == "status" ? 1 : name == "spike_count" ? 4 : 8;
  }
  if (sweep.job.search) bytes += 3 * 8 + 1;
  if (sweep.job.record.spike_times) {
    bytes += 4 + 8 * assumed_firing_rate_hz * sweep.job.duration_ms / 1000;
  }
  return bytes;
}

/// Bytes of the result before compression, with spike times counted at assumed_firing_rate_hz.
double output_size(const Sweep& sweep, std::uint64_t traces) {
  const Job& job = sweep.job;
  double bytes = static_cast<double>(job.population.size()) * statistics_bytes(sweep);
  for (const Axis& axis : sweep.axes) {
    bytes += static_cast<double>(axis.length) * (4 + 8 * static_cast<double>(axis.entries.size()));
  }
  if (job.record.trace) {
    bytes += static_cast<double>(traces) * static_cast<double>(trace_bytes(job));
  }
  return bytes + static_cast<double>(sweep.text.size() + sweep.resolved.size());
}

/// Bytes of a neuron's statistics that are computed but not written: a part holds no copy of them.
double unwritten_bytes(const Sweep& sweep) {
  double bytes = 0;
  for (const StatisticInfo& statistic : statistics()) {
    const auto& written = sweep.statistics;
    const bool is_number = statistic.name != "status" && statistic.name != "spike_count";
    if (is_number && std::find(written.begin(), written.end(), statistic.name) == written.end()) {
      bytes += 8;
    }
  }
  return bytes;
}

std::string state_of_output(const std::string& path, const Sweep& sweep) {
  if (std::filesystem::exists(path)) {
    return io::is_result_of(path, sweep) ? "complete already, 'run' has nothing to compute"
                                         : "exists and is something else, 'run' needs --overwrite";
  }
  return std::filesystem::exists(path + ".parts") ? "begun, 'run' goes on" : "new";
}

/// Neurons that the shard has to see to.
std::uint64_t shard_neurons(const Plan& plan) {
  std::uint64_t neurons = 0;
  for (const std::uint64_t c : plan.shard.chunks_of(plan.chunks)) neurons += plan.chunks.size(c);
  return neurons;
}

/// The audit, as if all of it were in float64. As few neurons as it has do not fill a processor.
void plan_audit(Plan& plan, Engine& engine) {
  const Job& job = plan.sweep.job;
  plan.audited = std::min(plan.sweep.audit_neurons, job.population.size());
  plan.audit_steps = audit_steps(job, plan.audited);
  const std::uint64_t load = std::clamp<std::uint64_t>(plan.audited, 2, most_calibration_neurons);
  plan.audit_s = plan.audit_steps /
                 measure_rate(engine, standard_load(Precision::float64, load, calibration_ms));
}

/// Bytes that joining the parts takes beside the results themselves. What the libraries keep of
/// each part, and the heap of results that come and go, are measured.
double merging_bytes(const Plan& plan) {
  constexpr double bytes_of_part = 7e3;
  const auto chunks = static_cast<double>(plan.chunks.chunk_count);
  const double heap_bytes = 1e6 * std::clamp(chunks - 2, 0.0, 4.0);
  return static_cast<double>(io::merging_bytes(plan.sweep)) + chunks * bytes_of_part + heap_bytes;
}

/// Bytes of the run or of its audit, whichever takes more: one follows the other.
double memory(const Plan& plan, const Engine& engine) {
  const Job& job = plan.sweep.job;
  const auto held = static_cast<double>(std::min(plan.chunks.chunk_size, job.population.size()));
  const auto data = static_cast<double>(job.population.data_bytes());
  double bytes =
      static_cast<double>(engine.memory_needed(job)) - held * unwritten_bytes(plan.sweep);
  if (plan.sweep.audit_neurons > 0) {
    const auto of_audit =
        static_cast<double>(audit_memory_needed(engine, job, plan.sweep.audit_neurons));
    bytes = std::max(bytes, data + of_audit);
  }
  // Who writes the result has a copy of the sweep.
  return program_bytes + data + merging_bytes(plan) + bytes;
}

Plan make_plan(const RunArguments& arguments) {
  const RunOptions options = engine_options(arguments.where);
  Plan plan;
  plan.shard = parse_shard(arguments.shard);
  plan.sweep = read_sweep(arguments);
  const Job& job = plan.sweep.job;
  const std::uint64_t neurons = job.population.size();
  plan.output = output_path(arguments, plan.sweep);
  plan.output_state = state_of_output(plan.output, plan.sweep);
  plan.chunks = plan_chunks(job);
  plan.traces = traced_neuron_count(job);
  const std::uint64_t own = plan.shard.whole() ? neurons : shard_neurons(plan);
  plan.neuron_steps = static_cast<double>(own) * static_cast<double>(step_count(job)) *
                      static_cast<double>(population_runs(job));
  plan.output_bytes = output_size(plan.sweep, plan.traces);
  plan.warnings = io::warnings(plan.sweep);

  Engine engine(options);
  if (!engine.notice().empty()) note(engine.notice());
  plan.backend = engine.backend();
  plan.device = engine.device();
  plan.memory_bytes = memory(plan, engine);
  verify_standard_load(engine, job.precision);
  const std::uint64_t load = std::clamp<std::uint64_t>(neurons, 2, most_calibration_neurons);
  Job calibration = standard_load(job.precision, load, calibration_ms);
  try {
    engine.expect_offered(job);
    calibration.math = job.math;
  } catch (const DeviceError& not_offered) {
    plan.warnings.emplace_back(not_offered.what());
  }
  plan.steps_per_s = measure_rate(engine, calibration);
  if (plan.sweep.audit_neurons > 0) plan_audit(plan, engine);
  return plan;
}

std::string drawn_text(const Draw& draw, const std::string& units) {
  const double low = quantile(draw, {0.001, 0.999});
  const double high = quantile(draw, {0.999, 0.001});
  return "drawn, 99.8 % from " + rounded(low) + " to " + rounded(high) + units;
}

std::string range_text(const Sweep& sweep, const Axis& axis, const AxisEntry& entry) {
  const std::string units = entry.units.empty() ? "" : " " + entry.units;
  const auto& source = sweep.job.population.sources[static_cast<std::size_t>(entry.source)];
  if (source.form == SourceForm::draw) return drawn_text(source.draw, units);
  const std::string first = rounded(axis_value(sweep, entry, 0));
  const std::string last = rounded(axis_value(sweep, entry, axis.length - 1));
  return (axis.length == 1 ? first : first + " to " + last) + units;
}

std::string axes_text(const Sweep& sweep) {
  Table table;
  for (const Axis& axis : sweep.axes) {
    const std::string length = grouped(axis.length);
    if (axis.entries.empty()) table.add({axis.name, length, "repeated", ""});
    for (const AxisEntry& entry : axis.entries) {
      const bool first = &entry == &axis.entries.front();
      table.add({first ? axis.name : "", first ? length : "", range_text(sweep, axis, entry),
                 entry.path});
    }
  }
  return sweep.axes.empty() ? "axes: none, a single neuron\n" : "axes\n" + table.text("  ");
}

std::string plan_text(const Plan& plan) {
  const Job& job = plan.sweep.job;
  const auto whole = [](std::int64_t value) { return grouped(static_cast<std::uint64_t>(value)); };
  Table table;
  table.add({"neurons", grouped(job.population.size())});
  table.add({"steps", format("%s of %s ms to %s ms, %s", whole(step_count(job)).c_str(),
                             number(job.dt_ms).c_str(), number(job.duration_ms).c_str(),
                             arithmetic_text(job).c_str())});
  if (job.search) {
    table.add(
        {"search",
         format("%s for %s, at most %s runs of the population",
                plural(static_cast<std::uint64_t>(search_rounds(*job.search)), "round").c_str(),
                plan.sweep.search_path.c_str(), whole(population_runs(job)).c_str())});
  }
  table.add({"chunks", format("%s of up to %s neurons", grouped(plan.chunks.chunk_count).c_str(),
                              grouped(plan.chunks.chunk_size).c_str())});
  if (!plan.shard.whole()) {
    table.add(
        {"shard", format("%s: %s, %s", plan.shard.text().c_str(),
                         plural(plan.shard.share_of(plan.chunks.chunk_count), "chunk").c_str(),
                         plural(shard_neurons(plan), "neuron").c_str())});
  }
  if (job.record.trace) {
    table.add({"traces", format("%s, %s samples each", plural(plan.traces, "neuron").c_str(),
                                whole(sample_count(job)).c_str())});
  }
  table.add({"memory", bytes_text(plan.memory_bytes)});
  table.add({"output", format("%s (%s)", plan.output.c_str(), plan.output_state.c_str())});
  const bool times = job.record.spike_times;
  table.add(
      {"output size", format("about %s before compression%s", bytes_text(plan.output_bytes).c_str(),
                             times ? ", if neurons fire at 100 Hz" : "")});
  table.add({"time", format("about %s of computing%s", duration_text(plan.time_s()).c_str(),
                            plan.shard.whole() ? "" : " by this shard")});
  table.add(
      {"", format("at %s neuron-steps/s, measured with the standard load on %s (%s)",
                  rate_text(plan.steps_per_s).c_str(), plan.backend.c_str(), plan.device.c_str())});
  if (plan.audited > 0) {
    table.add(
        {"audit", format("%s again in float64 at %s ms, about %s more",
                         plural(plan.audited, "neuron").c_str(), number(job.dt_ms / 2).c_str(),
                         duration_text(plan.audit_s).c_str())});
  }
  std::string text = plan.sweep.title.empty() ? "" : plan.sweep.title + "\n";
  text += axes_text(plan.sweep) + table.text();
  for (const std::string& warning : plan.warnings) text += "warning: " + warning + "\n";
  return text + (plan.warnings.empty() ? "warnings: none\n" : "");
}

nlohmann::ordered_json axis_json(const Sweep& sweep, const Axis& axis) {
  nlohmann::ordered_json entries = nlohmann::ordered_json::array();
  for (const AxisEntry& entry : axis.entries) {
    entries.push_back({{"parameter", entry.path},
                       {"units", entry.units},
                       {"first", axis_value(sweep, entry, 0)},
                       {"last", axis_value(sweep, entry, axis.length - 1)}});
  }
  return {{"name", axis.name}, {"length", axis.length}, {"parameters", entries}};
}

void fill_report(const Plan& plan, nlohmann::ordered_json& report) {
  const Job& job = plan.sweep.job;
  report["title"] = plan.sweep.title;
  report["axes"] = nlohmann::ordered_json::array();
  for (const Axis& axis : plan.sweep.axes) report["axes"].push_back(axis_json(plan.sweep, axis));
  report["neurons"] = job.population.size();
  report["steps"] = step_count(job);
  report["dt_ms"] = job.dt_ms;
  report["duration_ms"] = job.duration_ms;
  report["precision"] = precision_name(job.precision);
  report["population_runs"] = population_runs(job);
  report["neuron_steps"] = plan.neuron_steps;
  report["chunks"] = plan.chunks.chunk_count;
  if (!plan.shard.whole()) report["shard"] = plan.shard.text();
  report["chunk_neurons"] = plan.chunks.chunk_size;
  report["traces"] = plan.traces;
  report["samples"] = sample_count(job);
  report["memory_bytes"] = plan.memory_bytes;
  report["output"] = plan.output;
  report["output_state"] = plan.output_state;
  report["output_bytes"] = plan.output_bytes;
  report["time_s"] = plan.time_s();
  report["neuron_steps_per_s"] = plan.steps_per_s;
  if (plan.audited > 0) {
    report["audit"] = {
        {"neurons", plan.audited}, {"neuron_steps", plan.audit_steps}, {"time_s", plan.audit_s}};
  }
  report["backend"] = plan.backend;
  report["device"] = plan.device;
  report["warnings"] = plan.warnings;
}

}  // namespace

Command add_plan(CLI::App& program) {
  CLI::App* command = program.add_subcommand("plan", "what a run would take; runs nothing");
  command->footer(example);
  const auto arguments = std::make_shared<RunArguments>();
  add_run_options(*command, *arguments);
  return {command, [arguments](Context& context) {
            const Plan plan = make_plan(*arguments);
            fill_report(plan, context.report);
            if (!context.json) print(plan_text(plan));
            return ExitCode::ok;
          }};
}

}  // namespace hhsweep::cli
