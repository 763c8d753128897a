#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# without_io.sh CMAKE SOURCE_DIR BUILD_DIR: whether HHSWEEP_IO=OFF builds with a compiler and
# nothing else, and what it builds runs.
set -euo pipefail

cmake=$1 source=$2 build=$3
work=$build/without-io

absent=()
for package in netCDF tomlplusplus nlohmann_json CLI11 GTest benchmark PkgConfig CUDAToolkit; do
  absent+=("-DCMAKE_DISABLE_FIND_PACKAGE_$package=ON")
done
"$cmake" -S "$source" -B "$work" -DCMAKE_BUILD_TYPE=Debug -DHHSWEEP_CUDA=OFF \
  -DHHSWEEP_IO=OFF "${absent[@]}"
"$cmake" --build "$work" --parallel 2
"$work/benchmarks/throughput" cpu 16 --duration 10 --runs 1
