// SPDX-License-Identifier: MIT
// Any bytes as a part: it is found to be damaged, or its last line is true.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "fuzz.hpp"
#include "io/part_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const int fd = ::memfd_create("part", 0);
  hhsweep::fuzz::require(fd >= 0, "no file in memory");
  hhsweep::fuzz::require(::write(fd, data, size) == static_cast<ssize_t>(size), "no room");
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  hhsweep::io::PartInfo info;
  hhsweep::io::PartInfo told;
  const auto state = hhsweep::io::read_part_info(path, info);
  const auto line = hhsweep::io::read_part_line(path, told);
  if (state == hhsweep::io::PartState::sound) {
    hhsweep::fuzz::require(line == hhsweep::io::PartState::sound && told.chunk == info.chunk,
                           "a sound part whose last line is none");
  }
  ::close(fd);
  return 0;
}
