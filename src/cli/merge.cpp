// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <memory>

#include "commands.hpp"

namespace hhsweep::cli {

Command add_merge(CLI::App& program) {
  CLI::App* command = program.add_subcommand("merge", "(not yet) join the parts of a sharded run");
  command->footer("Not there yet: this version runs a sweep in one process.");
  const auto path = std::make_shared<std::string>();
  const auto partial = std::make_shared<bool>(false);
  command->add_option("OUT.nc", *path, "result to make")->required()->type_name("");
  command->add_flag("--partial", *partial, "join what is there")->disable_flag_override();
  return {command, [path, partial](Context&) -> ExitCode {
            throw UsageError(
                "'merge' is not there yet: this version runs a sweep in one process, "
                "and 'hhsweep run' joins its parts by itself");
          }};
}

}  // namespace hhsweep::cli
