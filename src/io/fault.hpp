// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace hhsweep::io {

/// What one of the process's operations on files does instead of its work, so that tests can break
/// a run at each of them in turn.
struct Fault {
  enum class Kind {
    none,
    crash,  ///< the process is killed before the operation
    torn,   ///< the same, but a write leaves the first half of its bytes
    error   ///< the operation fails with error_number, and so does every later one if `lasting`
  };
  Kind kind = Kind::none;
  std::uint64_t operation = 0;  ///< counted from 1
  int error_number = 0;
  bool lasting = false;
};

/// Sets the fault and counts operations anew. Until then it is what the environment variable
/// HHSWEEP_FAULT says: "crash:7", "torn:7", "ENOSPC:7", "EIO:7", or "ENOSPC:7+" for a lasting one;
/// none when that is unset.
void set_fault(const Fault& fault);

/// Operations counted since the start or set_fault().
std::uint64_t operation_count();

/// Counts one operation. Sets errno and returns true when it has to fail; ends the process when it
/// is to be killed here.
bool fails_here();

/// The same for a write: returns `torn` when half of the bytes are to be written before
/// end_process().
Fault::Kind fault_of_write();

/// Kills the process, as a failure of power would.
[[noreturn]] void end_process();

}  // namespace hhsweep::io
