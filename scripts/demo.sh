#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# demo.sh: installs what is missing, builds hhsweep into build/release, runs the F-I curve of the
# squid axon and shows the result.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
hhsweep=$root/build/release/hhsweep
result=$root/build/demo/fi.nc

bash "$root/scripts/install-dependencies.sh"

echo "== Building into build/release (a few minutes the first time)" >&2
cmake -S "$root" -B "$root/build/release" -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DHHSWEEP_TESTS=OFF -DHHSWEEP_BENCHMARKS=OFF >&2
cmake --build "$root/build/release" >&2

echo "== hhsweep run examples/fi.toml" >&2
mkdir -p "$root/build/demo"
# --overwrite, because the result of an earlier version is another file.
"$hhsweep" run "$root/examples/fi.toml" -o "$result" --overwrite

echo "== hhsweep show build/demo/fi.nc" >&2
"$hhsweep" show "$result"
echo
echo "The result is $result"
