#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# gpu_build.sh BUILD_DIR [STANDIN]: builds the library, `throughput` and, with GoogleTest, the engine suite for the
# GPU that is here, with a compiler and nvcc alone. See gpu.sh for STANDIN and HHSWEEP_GOOGLETEST.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$1 standin=${2-}
jobs=$(nproc)

options=(-DCMAKE_BUILD_TYPE=Release -DHHSWEEP_IO=OFF -DHHSWEEP_CUDA=ON)
if command -v ninja >/dev/null; then
  options+=(-G Ninja)
fi
if [[ -n $standin ]]; then
  options+=(-DCMAKE_CUDA_ARCHITECTURES=90 -DCMAKE_CUDA_RUNTIME_LIBRARY=Shared
    "-DCUDA_cudart_static_LIBRARY=$standin")
else
  options+=(-DCMAKE_CUDA_ARCHITECTURES=native)
fi
if [[ -n ${HHSWEEP_GOOGLETEST-} ]]; then
  cmake -S "$HHSWEEP_GOOGLETEST" -B "$build/googletest" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_INSTALL_PREFIX="$build/googletest/installed" -DBUILD_GMOCK=OFF
  cmake --build "$build/googletest" --target install --parallel "$jobs"
  options+=("-DGTest_ROOT=$build/googletest/installed")
fi
cmake -S "$root" -B "$build" "${options[@]}"
targets=(throughput)
if grep -q '^HHSWEEP_TESTS:BOOL=ON' "$build/CMakeCache.txt"; then
  targets+=(cuda_engine_test)
fi
cmake --build "$build" --parallel "$jobs" --target "${targets[@]}"
