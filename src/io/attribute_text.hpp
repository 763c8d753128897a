// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace hhsweep::io {

/// `text` as every reader of netCDF attributes takes it: valid UTF-8 without NUL ("?" for each byte
/// that is not), and short enough for an attribute, whose limit is 64 kB ("..." for the rest).
std::string attribute_text(std::string_view text);

}  // namespace hhsweep::io
