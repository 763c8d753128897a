#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh CMAKE BUILD_DIR: installs BUILD_DIR into a folder, then builds and runs the consumer
# against it.
set -euo pipefail

cmake=$1 build=$2
source=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$build/consumer
rm -rf "$work"

"$cmake" --install "$build" --prefix "$work/prefix" >/dev/null
"$cmake" -S "$source" -B "$work/build" -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_PREFIX_PATH="$work/prefix"
"$cmake" --build "$work/build"
"$work/build/consumer"
