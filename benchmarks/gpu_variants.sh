#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# gpu_variants.sh build|run DIR [VARIANT...]: builds copies of the library whose kernels have other threads in a block
# or other bounds of registers, side by side, or measures the standard load with them, one JSON object a line.
# A VARIANT is THREADS:BLOCKS32:BLOCKS64, of which a multiprocessor must hold that many blocks (kernels/README.md:
# what is shipped is 128:8:4). gpu_build.sh says what else is needed; HHSWEEP_GPU_STANDIN as in gpu.sh, and
# HHSWEEP_GPU_NEURONS, HHSWEEP_GPU_DURATION.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
what=$1 folder=$2
shift 2
variants=("$@")
if (($# == 0)); then
  variants=(128:8:4 128:10:5 128:6:3 128:5:2 64:16:8 256:4:2)
fi

# copy VARIANT TO: the source with the kernels of a variant. Fails where there is nothing to replace.
copy() {
  local threads blocks32 blocks64
  IFS=: read -r threads blocks32 blocks64 <<<"$1"
  mkdir -p "$2"
  cp -r "$root"/{CMakeLists.txt,benchmarks,cmake,include,kernels,src,tests} "$2"
  local kernels=$2/kernels/advance.cuh
  grep -q 'block_threads = 128;' "$kernels"
  grep -q 'return single ? 8 : 4;' "$kernels"
  sed -i -e "s/block_threads = 128;/block_threads = $threads;/" \
    -e "s/return single ? 8 : 4;/return single ? $blocks32 : $blocks64;/" "$kernels"
}

build() {
  local place=$folder/${1//:/_}
  rm -rf "$place"
  copy "$1" "$place/source"
  HHSWEEP_GOOGLETEST='' "$place/source/benchmarks/gpu_build.sh" "$place/build" \
    "${HHSWEEP_GPU_STANDIN-}" >"$place/log" 2>&1
}

run() {
  local throughput=$folder/${1//:/_}/build/benchmarks/throughput
  if [[ ! -x $throughput ]]; then
    echo "$1 was not built: $folder/${1//:/_}/log" >&2
    return
  fi
  printf '{"variant": "%s", "measured": ' "$1"
  "$throughput" cuda "${HHSWEEP_GPU_NEURONS:-1048576}" --json --runs 3 \
    --duration "${HHSWEEP_GPU_DURATION:-100}" | tr -d '\n'
  echo '}'
}

for variant in "${variants[@]}"; do
  if [[ $what == build ]]; then
    build "$variant" &
  else
    run "$variant"
  fi
done
wait
