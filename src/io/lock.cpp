// SPDX-License-Identifier: MIT
#include "lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <thread>

#include "disk.hpp"
#include "fault.hpp"
#include "hhsweep/error.hpp"

namespace hhsweep::io {
namespace {

/// A process that only looks who holds a lock holds it for a moment itself.
constexpr int attempts = 5;
constexpr std::chrono::milliseconds pause_between{10};

std::string content(int fd) {
  std::array<char, 512> text{};
  const ssize_t length = ::pread(fd, text.data(), text.size(), 0);
  return length > 0 ? std::string(text.data(), static_cast<std::size_t>(length))
                    : "another process";
}

/// Whether the lock is held now, or the file system knows none.
bool locked(int fd, int operation) {
  int code = 0;
  do {
    code = ::flock(fd, operation);
  } while (code != 0 && errno == EINTR);
  return code == 0 || errno == ENOSYS || errno == ENOLCK || errno == EOPNOTSUPP;
}

/// The holder before may have removed the file between our opening and locking it.
bool still_at(const std::string& path, int fd) {
  struct stat opened {};
  struct stat there {};
  return ::fstat(fd, &opened) == 0 && ::stat(path.c_str(), &there) == 0 &&
         opened.st_ino == there.st_ino && opened.st_dev == there.st_dev;
}

/// The file, locked; -1 when another process excludes that.
int open_locked(const std::string& path, int operation) {
  for (;;) {
    const int fd = fails_here() ? -1 : ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
      const int cause = errno;
      throw IoError("cannot write " + path + disk_remark(path, 0, cause));
    }
    const bool held = locked(fd, operation);
    if (held && still_at(path, fd)) return fd;
    ::close(fd);
    if (!held) return -1;
  }
}

/// The text is for whoever meets the lock; the lock holds without it.
void leave_text(int fd, const std::string& text) {
  if (::ftruncate(fd, 0) != 0) return;
  [[maybe_unused]] const ssize_t written = ::pwrite(fd, text.data(), text.size(), 0);
}

}  // namespace

std::optional<FileLock> FileLock::take(const std::string& path, LockKind kind,
                                       const std::string& text) {
  const int operation = (kind == LockKind::exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB;
  for (int attempt = 1;; ++attempt) {
    const int fd = open_locked(path, operation);
    if (fd >= 0) {
      if (kind == LockKind::exclusive) leave_text(fd, text);
      return FileLock(path, fd);
    }
    if (attempt == attempts) return std::nullopt;
    std::this_thread::sleep_for(pause_between);
  }
}

FileLock FileLock::wait_for(const std::string& path, const std::string& text) {
  const int fd = open_locked(path, LOCK_EX);
  leave_text(fd, text);
  return {path, fd};
}

FileLock::~FileLock() {
  if (fd_ < 0) return;
  // The last one to hold it removes the file.
  if (locked(fd_, LOCK_EX | LOCK_NB)) ::unlink(path_.c_str());
  ::close(fd_);
}

std::string this_process() {
  return "process " + std::to_string(::getpid()) + " on " + this_host();
}

std::optional<std::string> lock_holder(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::optional<std::string> holder;
  if (!locked(fd, LOCK_SH | LOCK_NB)) holder = content(fd);
  ::close(fd);
  return holder;
}

}  // namespace hhsweep::io
