// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "hhsweep/error.hpp"

namespace CLI {
class App;
}

namespace hhsweep::cli {

/// What a command shares with the program around it.
struct Context {
  std::string command_line;  ///< as typed, quoted for a shell
  bool json = false;         ///< print `report` as one object at the end, whatever happens
  nlohmann::ordered_json report = nlohmann::ordered_json::object();
};

/// A subcommand: its arguments, and what it does once they are parsed. Errors are thrown.
struct Command {
  CLI::App* arguments = nullptr;
  std::function<ExitCode(Context&)> action;
};

/// Each adds its subcommand to the program, in a file of its name.
Command add_run(CLI::App& program);
Command add_plan(CLI::App& program);
Command add_show(CLI::App& program);
Command add_check(CLI::App& program);
Command add_merge(CLI::App& program);
Command add_model(CLI::App& program);
Command add_stimulus(CLI::App& program);
Command add_example(CLI::App& program);
Command add_devices(CLI::App& program);
Command add_bench(CLI::App& program);

/// The keys of `run --json`, all null: what is printed when nothing is known.
nlohmann::ordered_json unknown_run_report();

}  // namespace hhsweep::cli
