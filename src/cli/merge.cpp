// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>

#include "audit.hpp"
#include "chunk_text.hpp"
#include "commands.hpp"
#include "io/result_file.hpp"
#include "messages.hpp"
#include "run_options.hpp"
#include "stop_request.hpp"
#include "text.hpp"

namespace hhsweep::cli {

namespace {

constexpr const char* description_of_use =
    "Examples:\n"
    "  hhsweep merge fi.nc\n"
    "  hhsweep merge fi.nc --partial\n"
    "Reads the parts in OUT.nc.parts. The last shard of a run joins them by itself; this command\n"
    "does it when that shard was stopped. Exit 75 when parts are missing; the same 'run' commands\n"
    "compute them.";

struct MergeArguments {
  std::string path;
  bool partial = false;
  bool overwrite = false;
};

/// A complete result without parts, so that merging twice is no error.
bool is_merged_already(const std::string& path) {
  try {
    io::sweep_of_parts(path);
    return false;
  } catch (const IoError&) {
    try {
      return io::summarize(path).not_run == 0;
    } catch (const Error&) {
      return false;
    }
  }
}

std::string how_to_go_on(const Sweep& sweep, const std::string& path) {
  std::string command = "hhsweep run " + shell_quoted(sweep.path) + " -o " + shell_quoted(path);
  for (const std::string& setting : sweep.settings) command += " --set " + shell_quoted(setting);
  return "'" + command + "' computes what is missing (with --shard i/n to share it)";
}

/// What an audit finds on the backend that is here.
std::optional<AuditFigures> audited_here(const Sweep& sweep, const StopRequest& stop) {
  try {
    return audited(sweep, engine_options(BackendArguments()), progress_style(false),
                   [&stop] { return stop.requested(); });
  } catch (const DeviceError& error) {
    throw DeviceError(
        std::string("the audit of this sweep cannot be made here, and all parts are kept: ") +
        error.what());
  }
}

ExitCode merge(const MergeArguments& arguments, const Context& context) {
  const auto started = StopRequest::Clock::now();
  const std::string nothing_to_do = arguments.path + " is complete; there is nothing to join\n";
  if (is_merged_already(arguments.path)) {
    print(nothing_to_do);
    return ExitCode::ok;
  }
  const Sweep sweep = io::sweep_of_parts(arguments.path);
  if (io::is_result_of(arguments.path, sweep)) {
    io::remove_leftover_parts(arguments.path, sweep, plan_chunks(sweep.job));
    print(nothing_to_do);
    return ExitCode::ok;
  }
  const StopRequest stop(started, -1);
  const std::string start_time = utc_now();
  io::ResultWriter writer(sweep, arguments.path, arguments.overwrite, io::Shard{},
                          [&stop] { return stop.requested(); });
  const std::vector<std::uint64_t> missing = writer.missing_chunks();
  const std::string lacking =
      missing.empty() ? "" : chunks_text(missing, plan_chunks(sweep.job)) + " are missing";
  if (!missing.empty() && !arguments.partial) {
    throw Error(ExitCode::incomplete, arguments.path + ": " + lacking + "; " +
                                          how_to_go_on(sweep, arguments.path) +
                                          ", or join what is there with --partial");
  }
  std::optional<AuditFigures> figures;
  if (missing.empty()) figures = audited_here(sweep, stop);
  const std::chrono::duration<double> wall = StopRequest::Clock::now() - started;
  const std::string digest = writer.finish_partially({.command_line = context.command_line,
                                                      .started = start_time,
                                                      .finished = utc_now(),
                                                      .wall_s = wall.count(),
                                                      .audit = figures});
  if (!missing.empty()) {
    warn(arguments.path + ": " + lacking + ", their neurons have status 2; " +
         how_to_go_on(sweep, arguments.path));
  }
  Table table;
  table.add({"result", arguments.path + (missing.empty() ? "" : " (not complete)")});
  const std::string audit = audit_text(io::summarize(arguments.path), sweep.search_units);
  if (!audit.empty()) table.add({"audit", audit});
  table.add({"content_hash", digest});
  print(table.text());
  return ExitCode::ok;
}

}  // namespace

Command add_merge(CLI::App& program) {
  CLI::App* command = program.add_subcommand("merge", "join the parts of a run of several shards");
  command->footer(description_of_use);
  const auto arguments = std::make_shared<MergeArguments>();
  command->add_option("OUT.nc", arguments->path, "result to make")->required()->type_name("");
  command
      ->add_flag("--partial", arguments->partial,
                 "join what is there; neurons that were not run have status 2")
      ->disable_flag_override();
  command->add_flag("--overwrite", arguments->overwrite, "replace what OUT.nc is")
      ->disable_flag_override();
  return {command, [arguments](Context& context) { return merge(*arguments, context); }};
}

}  // namespace hhsweep::cli
