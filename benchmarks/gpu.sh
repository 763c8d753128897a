#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# gpu.sh OUTDIR: what only a GPU can tell, in less than nine minutes: builds the library for the device, runs the
# engine suite and compute-sanitizer on it, compares it with the CPU bit for bit, measures its rates and those of
# other programs. Writes OUTDIR/gpu.json and OUTDIR/logs.tar.gz and prints a table last. Every stage has a time
# limit, and one that fails stops nothing but makes the script end with 1.
#
# Needs a driver, nvcc, cmake and python3; neither network nor netCDF. What else is there is used:
#   HHSWEEP_GOOGLETEST=DIR    source of GoogleTest, for the engine suite where GoogleTest is not installed
#                             (Debian's libgtest-dev puts it into /usr/src/googletest)
#   HHSWEEP_PROGRAM=DIR       a bundle made by scripts/bundle.sh, for whole runs with sweep files
#   PYTHON=python3            one that has NumPy, and JAX, Diffrax, CuPy, PyTorch as far as they are to be measured
#   HHSWEEP_GPU_NEURONS=N     neurons of a run (2^20); other programs get a quarter
#   HHSWEEP_GPU_DURATION=MS   simulated time (100)
#   HHSWEEP_GPU_SECONDS=S     after which no stage goes on (520)
#   HHSWEEP_GPU_STANDIN=FILE  a libcudart.so that stands in for CUDA's own: tries the script without a GPU
#   HHSWEEP_GPU_BUILD=DIR     build folder (build/gpu); with HHSWEEP_GPU_BUILT=1 it is taken as it is
#   HHSWEEP_GPU_TESTS=FILTER  tests of the engine suite (all)
#   HHSWEEP_GPU_PATIENCE=N    times the limits of the stages (1)
set -euo pipefail

if (($# != 1)); then
  sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
build=${HHSWEEP_GPU_BUILD:-$root/build/gpu}
python=${PYTHON:-python3}
neurons=${HHSWEEP_GPU_NEURONS:-1048576}
duration=${HHSWEEP_GPU_DURATION:-100}
displaced=$((10 * duration))
deadline=$((SECONDS + ${HHSWEEP_GPU_SECONDS:-520}))
standin=${HHSWEEP_GPU_STANDIN-}
logs=$(mktemp -d)
export PYTHONDONTWRITEBYTECODE=1
if [[ -n $standin ]]; then
  LD_LIBRARY_PATH=$(dirname "$standin")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  export LD_LIBRARY_PATH
fi

sampler=
finish() {
  local status=0
  if [[ -n $sampler ]]; then
    kill "$sampler" 2>/dev/null || true
  fi
  "$python" "$root/benchmarks/gpu_summary.py" "$logs" "$out/gpu.json" || status=$?
  tar -czf "$out/logs.tar.gz" -C "$logs" .
  rm -rf "$logs"
  exit "$status"
}
trap finish EXIT

# stage NAME SECONDS COMMAND...: runs it, its output in NAME.out and NAME.log, and notes how it ended.
stage() {
  local name=$1 limit=$2 status=0 started=$SECONDS left=$((deadline - SECONDS))
  shift 2
  echo "$name" >&2
  limit=$((limit * ${HHSWEEP_GPU_PATIENCE:-1}))
  limit=$((limit < left ? limit : left))
  if ((limit > 2)); then
    timeout --kill-after=5 "$limit" "$@" >"$logs/$name.out" 2>"$logs/$name.log" || status=$?
  else
    status=124
  fi
  printf '%s\t%s\t%s\n' "$name" "$status" "$((SECONDS - started))" >>"$logs/stages.tsv"
}

# optional NAME TOOL SECONDS COMMAND...: a stage if there is such a program or file.
optional() {
  local name=$1 tool=$2
  shift 2
  if command -v "$tool" >/dev/null; then
    stage "$name" "$@"
  else
    printf '%s\t77\t0\n' "$name" >>"$logs/stages.tsv"
    echo "no $tool" >"$logs/$name.log"
  fi
}

printf '%s\n' "$0 $*" >"$logs/command"
optional device nvidia-smi 20 nvidia-smi --format=csv \
  --query-gpu=name,driver_version,compute_cap,memory.total,clocks.max.sm,clocks.max.mem,power.limit
if [[ -z ${HHSWEEP_GPU_BUILT-} ]]; then
  stage build 200 "$root/benchmarks/gpu_build.sh" "$build" "$standin"
fi

throughput=$build/benchmarks/throughput
if command -v nvidia-smi >/dev/null; then
  nvidia-smi --query-gpu=utilization.gpu,clocks.sm,clocks.mem,power.draw,temperature.gpu \
    --format=csv,noheader,nounits --loop-ms=100 >"$logs/clocks.csv" 2>/dev/null &
  sampler=$!
fi
stage rates.standard 60 "$throughput" cuda "$neurons" --duration "$duration" --json
if [[ -n $sampler ]]; then
  kill "$sampler" 2>/dev/null || true
  sampler=
fi
for load in fast spike_times trains sine noise conductances traces; do
  stage "rates.$load" 40 "$throughput" cuda "$neurons" --duration "$duration" --runs 3 --json \
    --load "$load"
done

stage fast_displacement 30 "$throughput" cuda "$((neurons / 16))" --duration "$displaced" --displacement

suite=$build/tests/cuda_engine_test
tests=${HHSWEEP_GPU_TESTS:-*}
optional check.engine_suite "$suite" 60 "$suite" --gtest_brief=1 --gtest_filter="$tests"
stage check.bits 40 "$throughput" cuda --load all --verify

export NATIVE=$logs/native
peers=$root/benchmarks/gpu_peers
sizes=("$((neurons / 4))" "$((neurons / 16))")
for size in "${sizes[@]}"; do
  stage "counts.$size" 30 "$throughput" cuda "$size" --duration "$duration" \
    --counts "$logs/counts.$size"
done
architecture=(-arch=native)
if [[ -n $standin ]]; then
  architecture=(-arch=sm_90 -cudart shared)
fi
stage build_native 60 nvcc -std=c++17 -O3 "${architecture[@]}" -o "$NATIVE" "$peers/native.cu"

# peer NAME SIZE PRECISION SCRIPT [OPTION...]
peer() {
  local name=$1 size=$2 precision=$3 script=$4
  shift 4
  stage "peer.$name.$precision" 40 "$python" "$peers/$script" --neurons "$size" \
    --duration "$duration" --precision "$precision" --counts "$logs/counts.$size" "$@"
}
for precision in float32 float64; do
  peer nvcc_kernel "${sizes[0]}" "$precision" native.py --variant kernel
  peer cupy "${sizes[0]}" "$precision" cupy_raw_kernel.py
  peer thrust "${sizes[0]}" "$precision" native.py --variant thrust
  peer jax_fori_loop "${sizes[0]}" "$precision" jax_vmap.py --variant fori_loop
  peer torch "${sizes[0]}" "$precision" torch_compiled.py
done
peer cupy_fast_math "${sizes[0]}" float32 cupy_raw_kernel.py --variant fast_math
peer jax_scan "${sizes[0]}" float32 jax_vmap.py --variant scan
peer diffrax "${sizes[1]}" float32 diffrax_solve.py

if [[ -n ${HHSWEEP_PROGRAM-} ]]; then
  program=$HHSWEEP_PROGRAM/hhsweep
  stage check.program_hashes 90 "$python" "$root/tests/same_hash_test.py" "$program" \
    "$root/examples" --backend cuda
  stage program 60 "$python" "$root/benchmarks/gpu_program.py" "$program" "$neurons" "$duration"
fi

for tool in memcheck racecheck initcheck; do
  optional "check.$tool" compute-sanitizer 40 compute-sanitizer --tool "$tool" --error-exitcode 9 \
    "$throughput" cuda --load all --verify
done
