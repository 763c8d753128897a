// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace hhsweep::io {

/// Holds a file locked for this process, so that two runs never write one output. The file exists
/// as long as the lock; one left by a process that was killed is free. On a file system that has no
/// locks nothing is held.
class OutputLock {
 public:
  /// Throws OutputError naming the process that holds `path` for `output`, IoError when the file
  /// cannot be made.
  OutputLock(std::string path, const std::string& output);
  ~OutputLock();
  OutputLock(const OutputLock&) = delete;  // owns the file
  OutputLock& operator=(const OutputLock&) = delete;

 private:
  std::string path_;
  int fd_ = -1;
};

}  // namespace hhsweep::io
