// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>

#include "commands.hpp"
#include "hhsweep/engine.hpp"
#include "messages.hpp"
#include "text.hpp"

namespace hhsweep::cli {

Command add_devices(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("devices", "what it can run on, and why not where it cannot");
  command->footer("Example:\n  hhsweep devices");
  return {command, [](Context&) {
            Table table;
            for (const DeviceInfo& device : list_devices()) {
              table.add({device.backend, device.name,
                         device.available ? "available" : "not available: " + device.reason});
            }
            print(table.text());
            return ExitCode::ok;
          }};
}

}  // namespace hhsweep::cli
