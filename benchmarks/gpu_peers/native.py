#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A program of nvcc (native.cu): Thrust's for_each once a step, or the whole run in one kernel.

NATIVE names the program.
"""

import os
import subprocess
import tempfile
from pathlib import Path

import load

NAMES = {"thrust": "Thrust, for_each once a step", "kernel": "nvcc, one kernel"}

benchmark = load.Benchmark(__doc__, variants=tuple(NAMES))

import numpy  # noqa: E402

arguments = benchmark.arguments
if not Path(os.environ["NATIVE"]).exists():
    benchmark.absent("native.cu is not compiled")
with tempfile.TemporaryDirectory() as name:
    currents, spikes = Path(name, "currents"), Path(name, "spikes")
    benchmark.currents.tofile(currents)
    command = [os.environ["NATIVE"], arguments.variant, arguments.precision, arguments.neurons,
               benchmark.steps, load.ONSET_STEP, load.DT, arguments.runs, currents, spikes, *load.rest()]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode == load.ABSENT:
        benchmark.absent("no GPU")
    if done.returncode:
        raise SystemExit(f"{command[0]} ended with {done.returncode}: {done.stderr}")
    times = [float(line) for line in done.stdout.split()]
    benchmark.report_times(NAMES[arguments.variant], numpy.fromfile(spikes, dtype="<i4"), times)
