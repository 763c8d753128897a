// SPDX-License-Identifier: MIT
// Any bytes as the CSV file of an axis that is a table.
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "fuzz.hpp"
#include "hhsweep/error.hpp"
#include "io/sweep_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const int fd = ::memfd_create("table", 0);
  hhsweep::fuzz::require(fd >= 0, "no file in memory");
  hhsweep::fuzz::require(::write(fd, data, size) == static_cast<ssize_t>(size), "no room");
  const std::string sweep =
      "[run]\nduration = 1\n[stimulus.s]\nkind = \"step\"\n[[axis]]\nname = \"cell\"\n"
      "table = \"/proc/self/fd/" +
      std::to_string(fd) +
      "\"\ncolumns = [{parameter = \"stimulus.s.amplitude\", column = 1},"
      " {parameter = \"model.g_K\", column = \"g_K\"}]\n";
  try {
    const hhsweep::Sweep read = hhsweep::io::read_sweep_text(sweep, "fuzz.toml", {});
    hhsweep::fuzz::require(read.axes.front().length > 0, "a table without rows");
  } catch (const hhsweep::SweepError&) {
  } catch (const hhsweep::IoError&) {
  }
  ::close(fd);
  return 0;
}
