// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>

#include "audit.hpp"
#include "chunk_text.hpp"
#include "commands.hpp"
#include "hhsweep/membrane.hpp"
#include "io/result_file.hpp"
#include "io/result_reader.hpp"
#include "io/sweep_file.hpp"
#include "messages.hpp"
#include "progress.hpp"
#include "run_options.hpp"
#include "shard_option.hpp"
#include "stop_request.hpp"
#include "text.hpp"

namespace hhsweep::cli {

namespace {

using Clock = StopRequest::Clock;

constexpr const char* example =
    "Examples:\n"
    "  hhsweep run fi.toml\n"
    "  hhsweep run fi.toml -o cold.nc --set model.temperature=5 --set 'axis.I.linspace=[0,20,11]'\n"
    "Ctrl-C, SIGTERM, SIGUSR1 and --max-time stop a run with exit 75; the same command goes on.";

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// One `run`, from a sweep that is understood to its result.
class Run {
 public:
  Run(const RunArguments& arguments, Context& context)
      : arguments_(arguments),
        context_(context),
        options_(engine_options(arguments)),
        shard_(parse_shard(arguments.shard)),
        sweep_(read_sweep(arguments)),
        path_(output_path(arguments, sweep_)) {
    nlohmann::ordered_json& report = context.report;
    report["neurons"] = sweep_.job.population.size();
    report["steps"] = step_count(sweep_.job);
    report["precision"] = precision_name(sweep_.job.precision);
    report["output"] = path_;
    if (!arguments.shard.empty()) report["shard"] = shard_.text();
  }

  ExitCode operator()() {
    for (const std::string& remark : io::warnings(sweep_)) warn(remark);
    // A device that was asked for and is absent is an error whatever lies in OUT.nc.
    if (options_.backend == "cuda" || !options_.isa.empty()) Engine probe(options_);
    if (!arguments_.overwrite && io::is_result_of(path_, sweep_)) return report_existing();
    return compute();
  }

 private:
  /// Throws OutputError when the result that is there is damaged.
  ExitCode report_existing() {
    const std::vector<std::string> problems = io::unsoundness(path_);
    if (!problems.empty()) {
      throw OutputError(path_ + " is a damaged result of this sweep (" + problems.front() +
                        "); compute it again with --overwrite");
    }
    io::remove_leftover_parts(path_, sweep_, plan_chunks(sweep_.job));
    const io::ResultSummary summary = io::summarize(path_);
    for (const char* name : {"backend", "device"}) {
      const auto found = summary.attributes.find(name);
      if (found != summary.attributes.end()) context_.report[name] = found->second;
    }
    context_.report["compute_s"] = 0.0;
    const std::string remark =
        path_ + " is already the complete result of this sweep; nothing was computed";
    context_.json ? note(remark) : print(remark + "\n");
    return conclude(summary, summary.content_hash, "");
  }

  ExitCode compute() {
    if (sweep_.job.math != Math::exact) Engine(options_).expect_offered(sweep_.job);
    const StopRequest stop(started_, arguments_.max_time_s);
    try {
      return compute(stop);
    } catch (const Error& error) {
      if (error.code() != ExitCode::incomplete || !stop.requested()) throw;
      throw Error(ExitCode::incomplete,
                  "stopped by " + stop.reason() + "; the same command goes on");
    }
  }

  ExitCode compute(const StopRequest& stop) {
    io::ResultWriter writer(sweep_, path_, arguments_.overwrite, shard_,
                            [&stop] { return stop.requested(); });
    // Another process may have finished it until the output was ours.
    if (!arguments_.overwrite && io::is_result_of(path_, sweep_)) return report_existing();
    options_.chunks = writer.missing_chunks();
    if (!arguments_.quiet) note_what_is_there(tally(options_.chunks.size(), writer.states_there()));
    Engine engine(options_);
    if (!engine.notice().empty()) note(engine.notice());
    context_.report["backend"] = engine.backend();
    context_.report["device"] = engine.device();
    writer.computing_on(engine.backend(), engine.device());

    const std::string start_time = utc_now();
    const RunSummary done = advance(engine, writer, stop);
    report_speed(done);
    for (const std::string& failure : done.device_failures) {
      warn("a device failed and was left out; the others did its part: " + failure);
    }
    warn_of_rates(done.beyond_rates);
    if (!done.complete) return report_stopped(writer, stop);

    const auto provenance = [&] {
      const auto figures = audited(sweep_, options_, progress_style(arguments_.quiet),
                                   [&stop] { return stop.requested(); });
      return io::Provenance{.command_line = context_.command_line,
                            .started = start_time,
                            .finished = utc_now(),
                            .wall_s = seconds_since(started_),
                            .compute_s = done.compute_s,
                            .neuron_steps = done.neuron_steps,
                            .audit = figures};
    };
    const std::string speed = speed_text(engine, done);
    io::Outcome outcome;
    if (shard_.whole()) {
      outcome.content_hash = writer.finish(provenance());
    } else {
      outcome = writer.finish_shard(provenance);
    }
    if (outcome.content_hash.empty()) return conclude_shard(outcome, done, speed);
    return conclude(io::summarize(path_), outcome.content_hash, speed);
  }

  void note_what_is_there(const ChunkTally& found) const {
    if (found.there == 0 && found.begun == 0) return;
    note("going on with " + path_ + ": " + there_text(found));
  }

  /// Chunks that this process has to see to.
  [[nodiscard]] std::uint64_t own_chunks() const {
    return shard_.share_of(plan_chunks(sweep_.job).chunk_count);
  }

  [[nodiscard]] ChunkTally tally(std::uint64_t missing, std::uint64_t begun = 0) const {
    return {.all = own_chunks(),
            .there = own_chunks() - missing,
            .begun = begun,
            .of_whom = shard_.whole() ? "" : " of shard " + shard_.text()};
  }

  /// The shard has done its part, and the result is not there yet.
  ExitCode conclude_shard(const io::Outcome& outcome, const RunSummary& done,
                          const std::string& speed) {
    std::string rest = "parts are being joined by " + outcome.joined_by;
    if (outcome.joined_by.empty()) {
      rest = "still missing are " + chunks_text(outcome.missing, plan_chunks(sweep_.job)) +
             " of other shards; the last one joins all parts";
    }
    context_.report["wall_s"] = seconds_since(started_);
    context_.report["complete"] = false;
    if (!context_.json) {
      Table table;
      table.add({"shard", format("%s, %s: its part is complete", shard_.text().c_str(),
                                 plural(own_chunks(), "chunk").c_str())});
      table.add(
          {"time", duration_text(seconds_since(started_)) + (speed.empty() ? "" : "; " + speed)});
      table.add({"result", path_ + ": " + rest});
      print(table.text());
    }
    context_.report["diverged"] = done.diverged;
    return verdict(done.diverged, "of this shard's neurons ");
  }

  RunSummary advance(Engine& engine, io::ResultWriter& writer, const StopRequest& stop) const {
    RunSummary nothing_left;
    nothing_left.complete = true;
    if (options_.chunks.empty()) return nothing_left;
    ProgressDisplay display(progress_style(arguments_.quiet), stderr);
    return engine.run(
        sweep_.job,
        [&](std::uint64_t chunk, const Results& results) { writer.write_chunk(chunk, results); },
        [&](const Progress& progress) { display.update(progress); },
        [&] { return stop.requested(); }, &writer.states());
  }

  void report_speed(const RunSummary& done) {
    context_.report["compute_s"] = done.compute_s;
    if (done.compute_s > 0) {
      context_.report["neuron_steps_per_s"] = done.neuron_steps / done.compute_s;
    }
    context_.report["wall_s"] = seconds_since(started_);
  }

  static void warn_of_rates(std::uint64_t neurons) {
    if (neurons == 0) return;
    warn(
        format("%s fell below %g mV, where rates are held constant in float32; precision = "
               "\"float64\" follows them further",
               plural(neurons, "neuron").c_str(), ClassicMembrane<float>::v_low));
  }

  ExitCode report_stopped(const io::ResultWriter& writer, const StopRequest& stop) {
    const std::string message = "stopped by " + stop.reason() + ' ' +
                                reached_text(tally(writer.missing_chunks().size())) +
                                "; the same command goes on from there";
    note(message);
    context_.report["error"] = message;
    context_.report["complete"] = false;
    return ExitCode::incomplete;
  }

  static std::string speed_text(const Engine& engine, const RunSummary& done) {
    if (done.compute_s <= 0) return "";
    return format("%s computing, %s neuron-steps/s on %s (%s)",
                  duration_text(done.compute_s).c_str(),
                  rate_text(done.neuron_steps / done.compute_s).c_str(), engine.backend().c_str(),
                  engine.device().c_str());
  }

  ExitCode conclude(const io::ResultSummary& summary, const std::string& hash,
                    const std::string& speed) {
    context_.report["wall_s"] = seconds_since(started_);
    context_.report["diverged"] = summary.diverged;
    context_.report["content_hash"] = hash;
    const nlohmann::ordered_json audit = audit_json(summary);
    if (!audit.is_null()) context_.report["audit"] = audit;
    context_.report["complete"] = true;
    if (!context_.json) print(summary_text(summary, hash, speed));
    return verdict(summary.diverged, format("of %s ", plural(summary.neurons, "neuron").c_str()));
  }

  /// Exit code 7 when neurons diverged and --strict was given; else a warning about them.
  ExitCode verdict(std::uint64_t diverged, const std::string& of_how_many) {
    if (diverged == 0) return ExitCode::ok;
    const std::string message = format(
        "%s %sdiverged (status 1 in the result); 'hhsweep show %s' lists them, a smaller "
        "dt may help",
        grouped(diverged).c_str(), of_how_many.c_str(), path_.c_str());
    if (!arguments_.strict) {
      warn(message);
      return ExitCode::ok;
    }
    complain(message);
    context_.report["error"] = message;
    return ExitCode::diverged;
  }

  [[nodiscard]] std::string summary_text(const io::ResultSummary& summary, const std::string& hash,
                                         const std::string& speed) const {
    const Job& job = sweep_.job;
    Table table;
    table.add({"neurons", format("%s, %s steps of %s ms in %s", grouped(summary.neurons).c_str(),
                                 grouped(static_cast<std::uint64_t>(step_count(job))).c_str(),
                                 number(job.dt_ms).c_str(), arithmetic_text(job).c_str())});
    if (job.search) table.add({"threshold", threshold_text()});
    table.add({"spikes", grouped(summary.spikes)});
    table.add({"diverged", summary.diverged == 0 ? "none" : grouped(summary.diverged)});
    const std::string audit = audit_text(summary, sweep_.search_units);
    if (!audit.empty()) table.add({"audit", audit});
    table.add(
        {"time", duration_text(seconds_since(started_)) + (speed.empty() ? "" : "; " + speed)});
    table.add({"result", path_});
    table.add({"content_hash", hash});
    return table.text();
  }

  /// "2.24 to 65.1 uA/cm^2, found for 18 of 20 neurons".
  [[nodiscard]] std::string threshold_text() const {
    const io::ResultReader result(path_);
    const io::ResultVariable* threshold = result.find("threshold");
    if (threshold == nullptr) return "-";
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    std::uint64_t found = 0;
    result.for_each_block(*threshold, [&](std::span<const double> values) {
      for (const double value : values) {
        if (std::isnan(value)) continue;
        low = std::min(low, value);
        high = std::max(high, value);
        ++found;
      }
    });
    std::string counted = format("found for %s of %s", grouped(found).c_str(),
                                 plural(threshold->size(), "neuron").c_str());
    if (found == 0) return counted;
    const std::string range = low == high ? number(low) : number(low) + " to " + number(high);
    return range + (sweep_.search_units.empty() ? "" : " " + sweep_.search_units) + ", " + counted;
  }

  Clock::time_point started_ = Clock::now();
  const RunArguments& arguments_;
  Context& context_;
  RunOptions options_;
  io::Shard shard_;
  Sweep sweep_;
  std::string path_;
};

}  // namespace

nlohmann::ordered_json unknown_run_report() {
  nlohmann::ordered_json report;
  for (const char* key :
       {"neurons", "steps", "wall_s", "compute_s", "neuron_steps_per_s", "backend", "device",
        "precision", "output", "diverged", "content_hash", "exit_code", "complete"}) {
    report[key] = nullptr;
  }
  return report;
}

Command add_run(CLI::App& program) {
  CLI::App* command = program.add_subcommand("run", "run a sweep file and write its result");
  command->footer(example);
  const auto arguments = std::make_shared<RunArguments>();
  add_run_options(*command, *arguments);
  return {command, [arguments](Context& context) { return Run(*arguments, context)(); }};
}

}  // namespace hhsweep::cli
