#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test.sh [CMAKE_OPTION...]: installs what is missing, builds hhsweep and its tests into build/test,
# and runs every test. Ends with ctest's summary, after what was skipped and why.
#
# HHSWEEP_STANDIN_CUDART=FILE  a libcudart.so that stands in for CUDA's own, so that the tests of the
#                              CUDA backend run without a GPU
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build/test
log=$build/ctest.log

bash "$root/scripts/install-dependencies.sh" --tests

options=(-DCMAKE_BUILD_TYPE=Release -DHHSWEEP_TESTS=ON -DHHSWEEP_IO=ON)
if [[ -n ${HHSWEEP_STANDIN_CUDART-} ]]; then
  options+=(-DHHSWEEP_CUDA=ON -DCMAKE_CUDA_ARCHITECTURES=90 -DCMAKE_CUDA_RUNTIME_LIBRARY=Shared
    "-DCUDA_cudart_static_LIBRARY=$HHSWEEP_STANDIN_CUDART")
  LD_LIBRARY_PATH=$(dirname "$HHSWEEP_STANDIN_CUDART")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  export LD_LIBRARY_PATH
fi

# Fresh, since what was found by an earlier run (nvcc, say) need not be what is here now.
cmake --fresh -S "$root" -B "$build" -G Ninja "${options[@]}" "$@"
cmake --build "$build"

status=0
ctest --test-dir "$build" --parallel 2 --output-on-failure --no-tests=error \
  --output-junit "$build/ctest.xml" 2>&1 | tee "$log" || status=$?

echo
grep -q '^HHSWEEP_CUDA:BOOL=ON' "$build/CMakeCache.txt" ||
  echo "Not built: the CUDA backend, for want of a CUDA Toolkit 12 or later (nvcc)."
python3 "$root/scripts/skipped-tests.py" "$build/ctest.xml"
grep -E '^[0-9]+% tests passed' "$log" || echo "ctest did not finish"
exit "$status"
