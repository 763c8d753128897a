// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <memory>

#include "commands.hpp"
#include "io/result_file.hpp"
#include "messages.hpp"
#include "text.hpp"

namespace hhsweep::cli {

Command add_check(CLI::App& program) {
  CLI::App* command = program.add_subcommand("check", "is a result sound (exit 0) or not (exit 5)");
  command->footer(
      "Example:\n"
      "  hhsweep check fi.nc\n"
      "Reads everything: checksums, shapes, counts against spike times, and content_hash anew.");
  const auto path = std::make_shared<std::string>();
  command->add_option("OUT.nc", *path, "result")->required()->type_name("");
  return {command, [path](Context&) {
            const io::ResultSummary summary = io::summarize(*path);
            const std::vector<std::string> faults = io::unsoundness(*path);
            for (const std::string& fault : faults) print(*path + ": " + fault + "\n");
            if (!faults.empty()) {
              throw OutputError(*path + " is not sound: " + plural(faults.size(), "fault"));
            }
            print(format("%s is sound: %s, content_hash %s\n", path->c_str(),
                         plural(summary.neurons, "neuron").c_str(), summary.content_hash.c_str()));
            return ExitCode::ok;
          }};
}

}  // namespace hhsweep::cli
