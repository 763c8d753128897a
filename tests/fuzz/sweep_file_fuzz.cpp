// SPDX-License-Identifier: MIT
// Any bytes as a sweep file: it is read, or refused with a message.
#include <string>

#include "fuzz.hpp"
#include "hhsweep/error.hpp"
#include "io/sweep_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    const hhsweep::Sweep sweep = hhsweep::io::read_sweep_text(text, "fuzz.toml", {});
    hhsweep::fuzz::require(!sweep.resolved.empty(), "a sweep without settings");
    hhsweep::io::warnings(sweep);
  } catch (const hhsweep::SweepError& error) {
    hhsweep::fuzz::require(std::string(error.what()).find("error: ") != std::string::npos,
                           "a refusal without a message");
  } catch (const hhsweep::IoError&) {  // a file that the sweep names
  }
  return 0;
}
