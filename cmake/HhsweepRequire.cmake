# SPDX-License-Identifier: MIT

# hhsweep_require(PACKAGE TARGET target [PKG_CONFIG module] APT package)
# Finds PACKAGE through its CMake files, or else through pkg-config, so that `target` exists; names
# the Debian package when it is missing.
function(hhsweep_require package)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TARGET;PKG_CONFIG;APT" "")
  if(TARGET ${arg_TARGET})
    return()
  endif()
  find_package(${package} QUIET GLOBAL)
  if(TARGET ${arg_TARGET})
    return()
  endif()
  if(arg_PKG_CONFIG)
    find_package(PkgConfig QUIET)
    if(PkgConfig_FOUND)
      pkg_check_modules(${package} QUIET IMPORTED_TARGET GLOBAL ${arg_PKG_CONFIG})
    endif()
    if(TARGET PkgConfig::${package})
      add_library(${arg_TARGET} ALIAS PkgConfig::${package})
      return()
    endif()
  endif()
  message(FATAL_ERROR
    "hhsweep: ${package} is missing. On Debian and Ubuntu: apt install ${arg_APT}; where it is "
    "installed elsewhere, add -DCMAKE_PREFIX_PATH=FOLDER. -DHHSWEEP_IO=OFF builds the library "
    "without sweep files and results, -DHHSWEEP_TESTS=OFF without tests.")
endfunction()
