# SPDX-License-Identifier: MIT

# hhsweep_add_version(TARGET): gives TARGET the header hhsweep/version.hpp and its source, whose
# commit is read anew by every build.
function(hhsweep_add_version target)
  configure_file("${PROJECT_SOURCE_DIR}/cmake/version.hpp.in"
                 "${PROJECT_BINARY_DIR}/include/hhsweep/version.hpp" @ONLY)

  set(build_compiler "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
  if(HHSWEEP_CUDA)
    string(APPEND build_compiler ", CUDA ${CMAKE_CUDA_COMPILER_VERSION}")
  endif()
  set(source "${PROJECT_BINARY_DIR}/version.cpp")
  add_custom_target(hhsweep_version
    COMMAND "${CMAKE_COMMAND}"
      "-Dsource_dir=${PROJECT_SOURCE_DIR}" "-Doutput=${source}"
      "-Dbuild_compiler=${build_compiler}" "-Dbuild_type=$<CONFIG>"
      -P "${PROJECT_SOURCE_DIR}/cmake/write_version.cmake"
    BYPRODUCTS "${source}"
    COMMENT "Reading the commit"
    VERBATIM)
  target_sources(${target} PRIVATE "${source}")
  add_dependencies(${target} hhsweep_version)
endfunction()
