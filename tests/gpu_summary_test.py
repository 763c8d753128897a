#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What benchmarks/gpu_summary.py makes of logs that are made up: rates against the bound, checks, peers."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent
DEVICE = "A GPU (device 0, compute capability 9.0, 100 multiprocessors, 1024 MiB)"


def rates(load, time_loop, device=DEVICE):
    row = {"load": load, "precision": "float32", "neuron_steps_per_s": 1e9, "min": 1e9, "max": 1e9,
           "time_loop": time_loop}
    return {"device": device, "commit": "abc", "compiler": "GNU", "neurons": 8, "duration_ms": 1.0, "runs": 3,
            "rates": [row]}


def summary(logs, stages):
    """gpu.json, the table and the exit status."""
    (logs / "command").write_text("gpu.sh out\n")
    (logs / "stages.tsv").write_text("".join(f"{name}\t{status}\t3\n" for name, status in stages.items()))
    done = subprocess.run([sys.executable, SOURCE / "benchmarks" / "gpu_summary.py", logs, logs / "gpu.json"],
                          capture_output=True, text=True, check=False)
    assert (logs / "gpu.json").exists(), done.stderr
    return json.loads((logs / "gpu.json").read_text()), done.stdout, done.returncode


def main():
    budget = json.loads((SOURCE / "kernels" / "budget.json").read_text())["kernels"]
    instructions = budget["float32, shared membrane"]["instructions a step"]
    bound = 100 * 2e9 * 128 / instructions  # 100 multiprocessors start 128 lanes a clock of 2 GHz
    with tempfile.TemporaryDirectory() as folder:
        logs = Path(folder)
        (logs / "device.out").write_text("name, driver_version, clocks.max.sm [MHz]\nA GPU, 580.1, 2100 MHz\n")
        (logs / "clocks.csv").write_text("0, 300, 100, 70.0, 30\n99, 1900, 100, 500.0, 60\n"
                                         "100, 2000, 100, 510.0, 61\n100, 2000, 100, 520.0, 62\n[N/A], 1\n")
        (logs / "rates.standard.out").write_text(json.dumps(rates("S", bound / 2)))
        (logs / "rates.trains.out").write_text("{")  # of a stage that failed: not looked at
        (logs / "peer.jax.float32.out").write_text(json.dumps(
            {"peer": "JAX", "precision": "float32", "neuron_steps_per_s": 2.5e8}))
        stages = {"device": 0, "rates.standard": 0, "check.bits": 0, "peer.jax.float32": 0,
                  "peer.torch.float32": 77}
        found, text, status = summary(logs, stages)
        assert status == 0, text
        assert found["kind"] == "gpu" and found["driver"] == "580.1" and found["commit"] == "abc"
        assert found["clocks"]["sm_median"] == 2000 and found["clocks"]["samples"] == 3
        assert abs(found["rates"][0]["fraction_of_bound"] - 0.5) < 1e-9
        assert found["checks"] == {"bits": "passed"} and len(found["peers"]) == 1
        assert "hhsweep 4 times" in text and "50 %" in text and "torch" in text

        found, text, status = summary(logs, {**stages, "rates.trains": 124, "check.memcheck": 9})
        assert status == 1
        assert found["checks"]["memcheck"] == "failed" and len(found["rates"]) == 1
        assert "out of time" in text

        other = DEVICE.replace("9.0", "8.0")
        (logs / "rates.standard.out").write_text(json.dumps(rates("S", bound, other)))
        found, _, _ = summary(logs, stages)
        assert found["rates"][0]["fraction_of_bound"] is None


if __name__ == "__main__":
    main()
