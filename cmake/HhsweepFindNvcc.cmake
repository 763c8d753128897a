# SPDX-License-Identifier: MIT
include(CheckLanguage)

# Names nvcc to CMake where nothing else does. The toolkit's installer leaves it out of PATH, so its
# usual place is looked at too.
function(hhsweep_name_nvcc)
  if(CMAKE_CUDA_COMPILER OR NOT "$ENV{CUDACXX}" STREQUAL "")
    return()
  endif()
  find_program(nvcc nvcc HINTS ENV CUDA_HOME ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin
               NO_CACHE)
  if(nvcc)
    set(ENV{CUDACXX} "${nvcc}")
  endif()
endfunction()

# hhsweep_find_nvcc(RESULT): sets RESULT to whether there is an nvcc that works and is new enough,
# and says why not otherwise.
function(hhsweep_find_nvcc result)
  set(${result} OFF PARENT_SCOPE)
  check_language(CUDA)
  if(NOT CMAKE_CUDA_COMPILER)
    # Else an explicit -DHHSWEEP_CUDA=ON in the same folder would find nothing.
    unset(CMAKE_CUDA_COMPILER CACHE)
    message(STATUS "hhsweep: no CUDA backend, for want of a working nvcc (CUDA Toolkit 12 or later)")
    return()
  endif()
  execute_process(COMMAND "${CMAKE_CUDA_COMPILER}" --version OUTPUT_VARIABLE text ERROR_QUIET)
  if(text MATCHES "release ([0-9]+)\\." AND CMAKE_MATCH_1 LESS 12)
    message(STATUS "hhsweep: no CUDA backend, since ${CMAKE_CUDA_COMPILER} is older than CUDA 12")
    return()
  endif()
  set(${result} ON PARENT_SCOPE)
endfunction()
