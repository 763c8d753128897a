// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>

#include "commands.hpp"

namespace hhsweep::cli {

Command add_stimulus(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("stimulus", "(not yet) the current that one neuron sees, as CSV");
  command->footer("Not there yet: until then record the trace variable I_stim.");
  struct Arguments {
    std::string file;
    std::uint64_t neuron = 0;
    double every_ms = 0;
  };
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("FILE", arguments->file, "sweep file (TOML)")->required()->type_name("");
  command->add_option("--neuron", arguments->neuron, "its number")->required()->type_name("K");
  command->add_option("--every", arguments->every_ms, "sampling interval")->type_name("MS");
  return {command, [arguments](Context&) -> ExitCode {
            throw UsageError(
                "'stimulus' is not there yet; until then record the trace variable "
                "I_stim ([record.trace] variables = [\"V\", \"I_stim\"])");
          }};
}

}  // namespace hhsweep::cli
