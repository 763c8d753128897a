// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace hhsweep::io {

enum class LockKind { exclusive, shared };

/// Holds a file locked for this process, alone or together with others that hold it shared. The
/// file exists as long as somebody holds it; one left by a process that was killed is free. On a
/// file system that has no locks nothing is held.
class FileLock {
 public:
  /// The lock, or nothing when another process holds one that excludes it. An exclusive lock
  /// writes `text` into the file, for whoever meets it. Throws IoError when the file cannot be
  /// made.
  static std::optional<FileLock> take(const std::string& path, LockKind kind,
                                      const std::string& text);
  /// The same, but waits until it can be had.
  static FileLock wait_for(const std::string& path, const std::string& text);
  ~FileLock();
  FileLock(FileLock&& other) noexcept
      : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(fd_, other.fd_);
    return *this;
  }

 private:
  FileLock(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  std::string path_;
  int fd_ = -1;
};

/// "process 123 on HOST".
std::string this_process();

/// The text of a lock that somebody holds exclusively; nothing when nobody does.
std::optional<std::string> lock_holder(const std::string& path);

}  // namespace hhsweep::io
