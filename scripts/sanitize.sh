#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# sanitize.sh [address|thread]...: builds hhsweep with sanitizers into build/address (address and
# undefined behaviour) and build/thread, and runs the tests there. Both without arguments.
#
# Half an hour each on two cores. The code of vector instructions is the same source as the scalar
# one and takes many times as long to compile, so it is left out, and so are tests that take minutes
# even without sanitizers or gather statistics over millions of samples.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
declare -A flags=(
  [address]="-fsanitize=address,undefined -fno-sanitize-recover=all"
  [thread]="-fsanitize=thread"
)
slow='^(experiments|same_hash|python\.(same_bits|package)|bundle|installed_package|without_io|accuracy|benchmarks|sampled_test.*(OuStatistics|IsIndependent|AMillion))'
export ASAN_OPTIONS=detect_stack_use_after_return=1:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1

for kind in "${@:-address thread}"; do
  for name in $kind; do
    if [[ -z ${flags[$name]-} ]]; then
      echo "sanitize.sh: '$name' is none of: ${!flags[*]}" >&2
      exit 2
    fi
    build=$root/build/$name
    cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=None -DHHSWEEP_CUDA=OFF \
      -DHHSWEEP_SCALAR_ONLY=ON "-DCMAKE_CXX_FLAGS=-O1 -g1 ${flags[$name]}"
    cmake --build "$build"
    ctest --test-dir "$build" --parallel 2 --output-on-failure --no-tests=error \
      --exclude-regex "$slow"
  done
done
