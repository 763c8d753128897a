// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace hhsweep::cli {

/// Writes a result to standard output. A reader that has gone away (`| head`) is no error and later
/// output is dropped; any other failure throws IoError.
void print(std::string_view text);

/// Hands everything printed so far to the system; fails like print().
void flush_output();

/// One message on standard error: "hhsweep: TEXT", "hhsweep: warning: TEXT", "hhsweep: error:
/// TEXT". The kind is coloured on a terminal unless NO_COLOR is set.
void note(std::string_view text);
void warn(std::string_view text);
void complain(std::string_view text);

/// Text for standard error as it is, a line end added when missing.
void complain_verbatim(std::string_view text);

}  // namespace hhsweep::cli
