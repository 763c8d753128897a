// SPDX-License-Identifier: MIT
#include "lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "disk.hpp"
#include "hhsweep/error.hpp"

namespace hhsweep::io {
namespace {

std::string this_process() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return "process " + std::to_string(::getpid()) + " on " + host.data();
}

std::string content(int fd) {
  std::array<char, 512> text{};
  const ssize_t length = ::pread(fd, text.data(), text.size(), 0);
  return length > 0 ? std::string(text.data(), static_cast<std::size_t>(length))
                    : "another process";
}

int lock_file(int fd) {
  int code = 0;
  do {
    code = ::flock(fd, LOCK_EX | LOCK_NB);
  } while (code != 0 && errno == EINTR);
  const bool no_locks_here =
      code != 0 && (errno == ENOSYS || errno == ENOLCK || errno == EOPNOTSUPP);
  return no_locks_here ? 0 : code;
}

/// The holder before may have removed the file between our opening and locking it.
bool still_at(const std::string& path, int fd) {
  struct stat opened {};
  struct stat there {};
  return ::fstat(fd, &opened) == 0 && ::stat(path.c_str(), &there) == 0 &&
         opened.st_ino == there.st_ino && opened.st_dev == there.st_dev;
}

}  // namespace

OutputLock::OutputLock(std::string path, const std::string& output) : path_(std::move(path)) {
  for (;;) {
    const int fd = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
      const int cause = errno;
      throw IoError("cannot write " + path_ + disk_remark(path_, 0, cause));
    }
    if (lock_file(fd) != 0) {
      const std::string holder = content(fd);
      ::close(fd);
      throw OutputError(output + " is being written by " + holder +
                        "; wait for it, or choose another file with -o");
    }
    if (still_at(path_, fd)) {
      fd_ = fd;
      break;
    }
    ::close(fd);
  }
  // The text is for whoever meets the lock; the lock holds without it.
  const std::string text = this_process();
  if (::ftruncate(fd_, 0) == 0) {
    [[maybe_unused]] const ssize_t written = ::pwrite(fd_, text.data(), text.size(), 0);
  }
}

OutputLock::~OutputLock() {
  ::unlink(path_.c_str());
  ::close(fd_);
}

}  // namespace hhsweep::io
