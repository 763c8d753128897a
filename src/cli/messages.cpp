// SPDX-License-Identifier: MIT
#include "messages.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "hhsweep/error.hpp"

namespace hhsweep::cli {

namespace {

bool reader_gone = false;

void check_output(bool written) {
  if (written || reader_gone) return;
  const int reason = errno;
  if (reason != EPIPE) {
    throw IoError(std::string("cannot write to standard output: ") + std::strerror(reason));
  }
  reader_gone = true;
}

bool coloured_errors() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool plain = (no_color && *no_color) || (terminal && std::strcmp(terminal, "dumb") == 0);
  return !plain && isatty(STDERR_FILENO) != 0;
}

void say(std::string_view kind, const char* colour, std::string_view text) {
  std::string line = "hhsweep: ";
  if (!kind.empty()) {
    const bool coloured = coloured_errors();
    line.append(coloured ? colour : "").append(kind).append(coloured ? "\033[0m " : " ");
  }
  complain_verbatim(line.append(text));
}

}  // namespace

void print(std::string_view text) {
  if (reader_gone) return;
  check_output(std::fwrite(text.data(), 1, text.size(), stdout) == text.size());
}

void flush_output() {
  if (!reader_gone) check_output(std::fflush(stdout) == 0);
}

void note(std::string_view text) { say("", "", text); }
void warn(std::string_view text) { say("warning:", "\033[1;33m", text); }
void complain(std::string_view text) { say("error:", "\033[1;31m", text); }

void complain_verbatim(std::string_view text) {
  std::string lines(text);
  if (lines.empty() || lines.back() != '\n') lines += '\n';
  std::fwrite(lines.data(), 1, lines.size(), stderr);
}

}  // namespace hhsweep::cli
