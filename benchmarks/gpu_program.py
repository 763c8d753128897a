#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""gpu_program.py HHSWEEP NEURONS MS [BACKEND]: whole runs of the program with sweep files on a GPU, as JSON.

For the standard load, with the times of all spikes, and with traces of one neuron in 64: neuron-steps/s of
computing and of the wall, which also reads the file, checks it, starts the device and writes the result. A run
must be complete without a diverged neuron.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import measuring

SWEEP = """
[run]
duration = {duration}
precision = "{precision}"
[stimulus.step]
kind = "step"
start = 5.0
[[axis]]
name = "I"
parameter = "stimulus.step.amplitude"
linspace = [0.0, 50.0, {neurons}]
"""
TRACED = 64
LOADS = {
    "counts": "",
    "spike times": "[record]\nspike_times = true\n",
    "traces": "[record.trace]\nneurons = {numbers}\n",
}


def main():
    program, neurons, duration = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    backend = sys.argv[4] if len(sys.argv) > 4 else "cuda"
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for load, text in LOADS.items():
            for precision in ("float32", "float64"):
                sweep = Path(folder, f"{load.replace(' ', '_')}_{precision}.toml")
                numbers = list(range(0, neurons, TRACED))
                sweep.write_text(SWEEP.format(duration=duration, precision=precision, neurons=neurons)
                                 + text.format(numbers=numbers))
                report = measuring.run_hhsweep(program, sweep, threads=len(os.sched_getaffinity(0)), backend=backend)
                rows.append({"load": load, "precision": precision, "neurons": neurons,
                             "neuron_steps_per_s": report["neuron_steps_per_s"],
                             "end_to_end": neurons * report["steps"] / report["wall_s"],
                             "wall_s": report["wall_s"], "compute_s": report["compute_s"],
                             "output_bytes": sweep.with_suffix(".nc").stat().st_size})
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
