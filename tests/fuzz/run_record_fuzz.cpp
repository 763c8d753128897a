// SPDX-License-Identifier: MIT
// Any bytes as the record of a folder of parts.
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "fuzz.hpp"
#include "io/run_record.hpp"
#include "io/sweep_difference.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const int fd = ::memfd_create("record", 0);
  hhsweep::fuzz::require(fd >= 0, "no file in memory");
  hhsweep::fuzz::require(::write(fd, data, size) == static_cast<ssize_t>(size), "no room");
  const auto record = hhsweep::io::read_record("/proc/self/fd/" + std::to_string(fd));
  if (record) hhsweep::io::sweep_differences(record->resolved, "{}");
  hhsweep::io::sweep_differences(std::string(reinterpret_cast<const char*>(data), size),
                                 R"({"run": {"dt": 0.01}})");
  ::close(fd);
  return 0;
}
