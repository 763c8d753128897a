# SPDX-License-Identifier: MIT

# cmake -Dfolder=... -Doutput=... -P embed_examples.cmake
# Writes the source that holds every sweep file of `folder` and the CSV files that they name, for
# src/cli/examples.hpp.
file(GLOB files "${folder}/*.toml" "${folder}/*.csv")
list(SORT files)
set(entries "")
foreach(file IN LISTS files)
  cmake_path(GET file FILENAME name)
  # In hexadecimal, which no character of the text can break.
  file(READ "${file}" bytes HEX)
  string(REGEX REPLACE "(..)" "\\\\x\\1" bytes "${bytes}")
  string(REGEX REPLACE "(................................................................................)"
                       "\\1\"\n     \"" bytes "${bytes}")
  file(SIZE "${file}" size)
  string(APPEND entries "    {\"${name}\", {\"${bytes}\", ${size}}},\n")
endforeach()
file(CONFIGURE OUTPUT "${output}" @ONLY CONTENT [[
// SPDX-License-Identifier: MIT
#include "cli/examples.hpp"

namespace hhsweep::cli {

const std::vector<Example>& examples() {
  static const std::vector<Example> all = {
@entries@  };
  return all;
}

}  // namespace hhsweep::cli
]])
