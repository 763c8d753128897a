// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>

/// What the fuzzer calls with any bytes; it must return 0.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size);

namespace hhsweep::fuzz {

/// Ends the process with a message unless `condition` holds.
inline void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

}  // namespace hhsweep::fuzz
