// SPDX-License-Identifier: MIT
#include "fault.hpp"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "hhsweep/error.hpp"

namespace hhsweep::io {
namespace {

struct Word {
  std::string_view text;
  Fault::Kind kind;
  int error_number;
};

constexpr Word words[] = {
    {"crash", Fault::Kind::crash, 0},       {"torn", Fault::Kind::torn, 0},
    {"ENOSPC", Fault::Kind::error, ENOSPC}, {"EDQUOT", Fault::Kind::error, EDQUOT},
    {"EIO", Fault::Kind::error, EIO},       {"EROFS", Fault::Kind::error, EROFS}};

Fault parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  for (const Word& word : words) {
    if (colon == std::string_view::npos || text.substr(0, colon) != word.text) continue;
    Fault fault{word.kind, 0, word.error_number, text.back() == '+'};
    const char* begin = text.data() + colon + 1;
    const char* end = text.data() + text.size() - (fault.lasting ? 1 : 0);
    const auto [stop, error] = std::from_chars(begin, end, fault.operation);
    if (error == std::errc() && stop == end) return fault;
  }
  throw UsageError("HHSWEEP_FAULT: '" + std::string(text) + "' is no fault (e.g. crash:7, EIO:7)");
}

Fault from_environment() {
  const char* text = std::getenv("HHSWEEP_FAULT");
  return text == nullptr || *text == '\0' ? Fault() : parse(text);
}

Fault& current() {
  static Fault fault = from_environment();
  return fault;
}

std::atomic<std::uint64_t> operations{0};

Fault::Kind next_operation() {
  const Fault& fault = current();
  const std::uint64_t number = ++operations;
  const bool now = number == fault.operation || (fault.lasting && number > fault.operation);
  if (!now) return Fault::Kind::none;
  if (fault.kind == Fault::Kind::error) errno = fault.error_number;
  return fault.kind;
}

}  // namespace

void set_fault(const Fault& fault) {
  current() = fault;
  operations = 0;
}

std::uint64_t operation_count() { return operations; }

bool fails_here() {
  const Fault::Kind kind = fault_of_write();
  if (kind == Fault::Kind::torn) end_process();
  return kind == Fault::Kind::error;
}

Fault::Kind fault_of_write() {
  const Fault::Kind kind = next_operation();
  if (kind == Fault::Kind::crash) end_process();
  return kind;
}

void end_process() {
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

}  // namespace hhsweep::io
