// SPDX-License-Identifier: MIT
#include "apart.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "hhsweep/error.hpp"
#include "netcdf.hpp"

namespace hhsweep::io {
namespace {

[[noreturn]] void run_child(const std::function<std::string()>& work, int output) {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  // What the C library says on its way down is no message for the user.
  const int null = ::open("/dev/null", O_WRONLY);
  if (null >= 0) ::dup2(null, STDERR_FILENO);
  const std::string text = work();
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t written = ::write(output, rest.data(), rest.size());
    if (written < 0 && errno != EINTR) ::_exit(1);
    if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
  }
  ::_exit(0);
}

std::string read_all(int input) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t length = ::read(input, buffer.data(), buffer.size());
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(length));
  }
}

std::string everything_it_says(const std::string& path) {
  const NcFile file = NcFile::open(path);
  for (const std::string& name : file.global_attributes()) {
    static_cast<void>(file.global_attribute(name));
  }
  for (const VariableInfo& variable : file.variables()) {
    static_cast<void>(file.attribute(variable, "units"));
    if (variable.type == Type::text) static_cast<void>(file.read_text(variable));
  }
  return "";
}

}  // namespace

std::optional<std::string> run_apart(const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return work();
  const pid_t child = ::fork();
  if (child == 0) run_child(work, ends[1]);
  ::close(ends[1]);
  if (child < 0) {
    ::close(ends[0]);
    return work();
  }
  std::string text = read_all(ends[0]);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
  return text;
}

void require_opens(const std::string& path) {
  const std::optional<std::string> problem = run_apart([&path]() -> std::string {
    try {
      return everything_it_says(path);
    } catch (const IoError& error) {
      return error.what();
    }
  });
  if (!problem) throw IoError("cannot read " + path + ": it is damaged");
  if (!problem->empty()) throw IoError(*problem);
}

}  // namespace hhsweep::io
