// SPDX-License-Identifier: MIT
// Any bytes as the KEY=VALUE of --set, one a line.
#include <sstream>
#include <string>
#include <vector>

#include "fuzz.hpp"
#include "hhsweep/error.hpp"
#include "io/sweep_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string sweep =
      "[run]\nduration = 1\n[stimulus.s]\nkind = \"step\"\n[[axis]]\nname = \"I\"\n"
      "parameter = \"stimulus.s.amplitude\"\nvalues = [1, 2]\n";
  std::istringstream lines(std::string(reinterpret_cast<const char*>(data), size));
  std::vector<std::string> settings;
  for (std::string line; std::getline(lines, line);) settings.push_back(line);
  try {
    hhsweep::io::read_sweep_text(sweep, "fuzz.toml", settings);
  } catch (const hhsweep::SweepError&) {
  } catch (const hhsweep::UsageError&) {
  } catch (const hhsweep::IoError&) {
  }
  return 0;
}
