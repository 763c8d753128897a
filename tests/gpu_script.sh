#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# gpu_script.sh SOURCE_DIR BUILD_DIR PYTHON [CUDART]: whether benchmarks/gpu.sh goes through on the device that is
# here, or on a CUDART that stands in for one, with sizes that show no speed. Skipped (77) without a device.
set -euo pipefail

source=$1 build=$2 python=$3 cudart=${4-}
if [[ -n $cudart ]]; then
  LD_LIBRARY_PATH=$(dirname "$cudart")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  export LD_LIBRARY_PATH
fi
"$build/benchmarks/throughput" cuda 2 --duration 0.01 --runs 1 >/dev/null || exit 77

out=$build/gpu-script
rm -rf "$out"
HHSWEEP_GPU_STANDIN=$cudart HHSWEEP_GPU_BUILD=$build HHSWEEP_GPU_BUILT=1 HHSWEEP_GPU_PATIENCE=10 \
  HHSWEEP_GPU_NEURONS=64 HHSWEEP_GPU_DURATION=10 HHSWEEP_GPU_SECONDS=800 PYTHON=$python \
  HHSWEEP_GPU_TESTS='CudaDevice.*' "$source/benchmarks/gpu.sh" "$out"
tar -tzf "$out/logs.tar.gz" | grep stages.tsv >/dev/null
"$python" - "$out/gpu.json" <<'PYTHON'
import json, sys

found = json.load(open(sys.argv[1]))
loads = {(row["load"], row["precision"]) for row in found["rates"]}
assert len(loads) == 15, loads
assert found["fast"]["other_counts"] == 0 and found["fast"]["speedup"] > 0, found["fast"]
assert all(row["neuron_steps_per_s"] > 0 and row["time_loop"] > 0 for row in found["rates"])
assert found["checks"]["bits"] == found["checks"]["engine_suite"] == "passed", found["checks"]
assert {"nvcc, one kernel", "Thrust, for_each once a step"} <= {row["peer"] for row in found["peers"]}
PYTHON
