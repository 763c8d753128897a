# SPDX-License-Identifier: MIT

# cmake -Dsource_dir=... -Doutput=... -Dbuild_compiler=... -Dbuild_type=... -P write_version.cmake
# Writes version.cpp, and only when it changes.
set(build_commit "unknown")
if(EXISTS "${source_dir}/.git")
  execute_process(
    COMMAND git -C "${source_dir}" describe --always --dirty --abbrev=12 --exclude=*
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed AND commit)
    set(build_commit "${commit}")
  endif()
endif()
configure_file("${CMAKE_CURRENT_LIST_DIR}/version.cpp.in" "${output}" @ONLY)
