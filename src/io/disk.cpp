// SPDX-License-Identifier: MIT
#include "disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "fault.hpp"
#include "hhsweep/error.hpp"

namespace hhsweep::io {
namespace {

[[noreturn]] void fail(const std::string& what, int error_number) {
  throw IoError(what + ": " + std::strerror(error_number));
}

[[noreturn]] void fail_to_write(const std::string& path, std::uint64_t wanted, int error_number) {
  throw IoError("cannot write " + path + disk_remark(path, wanted, error_number));
}

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags)
      : fd_(fails_here() ? -1 : ::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;  // owns the descriptor
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] int get() const { return fd_; }
  bool close() {
    if (fails_here()) return false;
    return ::close(std::exchange(fd_, -1)) == 0;
  }

 private:
  int fd_;
};

/// Some file systems know no fsync of this kind of file; there is nothing to wait for there.
bool synced(int fd) {
  return !fails_here() && (::fsync(fd) == 0 || errno == EINVAL || errno == EROFS);
}

/// Brings a file or folder to the disk; `written` is what the message is about.
void sync(const std::string& path, int flags, const std::string& written) {
  Descriptor file(path, flags);
  if (file.get() < 0 || !synced(file.get())) fail_to_write(written, 0, errno);
}

bool write_some(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

bool write_all(int fd, std::span<const std::byte> bytes) {
  switch (fault_of_write()) {
    case Fault::Kind::error:
      return false;
    case Fault::Kind::torn:
      write_some(fd, bytes.first(bytes.size() / 2));
      end_process();
    default:
      return write_some(fd, bytes);
  }
}

}  // namespace

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 7> units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  auto value = static_cast<double>(bytes);
  for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text.data();
}

std::string disk_remark(const std::string& path, std::uint64_t wanted, int error_number) {
  std::string remark;
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EIO:
    case EROFS:
    case EACCES:
    case EPERM:
    case ENOENT:
    case ENAMETOOLONG:
    case EMFILE:
      remark += std::string("; ") + std::strerror(error_number);
      break;
    default:
      break;
  }
  struct statvfs disk {};
  if (::statvfs(folder_of(path).c_str(), &disk) != 0) return remark;
  remark += "; ";
  if (wanted > 0) remark += "about " + format_bytes(wanted) + " wanted, ";
  return remark + format_bytes(std::uint64_t{disk.f_bavail} * disk.f_frsize) + " free on the disk";
}

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

std::string this_host() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  std::string name = host.data();
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

std::string temporary_name(const std::string& path) {
  std::string host = this_host();
  std::replace(host.begin(), host.end(), '.', '_');
  return path + '.' + host + '-' + std::to_string(::getpid()) + ".tmp";
}

bool is_temporary_name(std::string_view name, std::string_view path) {
  constexpr std::string_view end = ".tmp";
  if (name.size() <= path.size() + end.size()) return false;
  if (!name.starts_with(path) || name[path.size()] != '.' || !name.ends_with(end)) return false;
  name.remove_prefix(path.size() + 1);
  name.remove_suffix(end.size());
  const std::size_t dash = name.rfind('-');
  return name.find('.') == std::string_view::npos && dash != std::string_view::npos &&
         dash + 1 < name.size() &&
         name.find_first_not_of("0123456789", dash + 1) == std::string_view::npos;
}

void write_file(const std::string& path, std::span<const std::span<const std::byte>> pieces) {
  std::uint64_t size = 0;
  for (const auto piece : pieces) size += piece.size();
  Descriptor file(path, O_WRONLY | O_CREAT | O_TRUNC);
  bool good = file.get() >= 0;
  for (const auto piece : pieces) good = good && write_all(file.get(), piece);
  if (good && file.close()) return;

  const int cause = errno;
  ::unlink(path.c_str());
  fail_to_write(path, size, cause);
}

void publish_file(const std::string& path, const std::string& target) {
  sync(path, O_RDONLY, path);
  if (fails_here() || ::rename(path.c_str(), target.c_str()) != 0) {
    fail("cannot rename " + path + " to " + target, errno);
  }
  sync(folder_of(target), O_RDONLY | O_DIRECTORY, target);
}

void put_file(const std::string& path, std::span<const std::span<const std::byte>> pieces) {
  const std::string temporary = temporary_name(path);
  write_file(temporary, pieces);
  try {
    publish_file(temporary, path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

void make_folder(const std::string& path) {
  if (!fails_here() && ::mkdir(path.c_str(), 0777) == 0) return;
  const int cause = errno;
  if (cause == EEXIST) return;
  throw IoError("cannot make the folder " + path + disk_remark(path, 0, cause));
}

void remove_file(const std::string& path) {
  if (!fails_here() && (::unlink(path.c_str()) == 0 || errno == ENOENT)) return;
  fail("cannot remove " + path, errno);
}

void empty_file(const std::string& path) noexcept {
  if (!fails_here()) static_cast<void>(::truncate(path.c_str(), 0) == 0);
}

void discard_file(const std::string& path) noexcept {
  if (!fails_here()) ::unlink(path.c_str());
}

void discard_folder(const std::string& path) noexcept {
  if (!fails_here()) ::rmdir(path.c_str());
}

void require_readable(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) fail("cannot read " + path, errno);
  if (!S_ISREG(status.st_mode)) throw IoError("cannot read " + path + ": it is not a file");
  if (::access(path.c_str(), R_OK) != 0) fail("cannot read " + path, errno);
}

}  // namespace hhsweep::io
