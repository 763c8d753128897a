#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""noise_cost.py PROGRAM [ROUNDS]: what samples cost over constant currents, as ratios of one run.

Each round runs the constant currents of the standard load and then the same with an ou or a waveform, on
one thread; a line for each gives the median over the rounds of its rate and of the extra time over the
constant currents of the same round. Before a rate is printed the current of a neuron must have the noise's
standard deviation, and every run must be complete without a diverged neuron.
"""

import csv
import io
import pathlib
import statistics
import subprocess
import sys
import tempfile

import measuring

LOAD = """
seed = 1
[run]
duration = 500.0
[stimulus.step]
kind = "step"
start = 5.0
[[axis]]
name = "I"
parameter = "stimulus.step.amplitude"
linspace = [0.0, 50.0, 4608]
"""
NOISE = """
[stimulus.noise]
kind = "ou"
sigma = 1.0
tau = 5.0
redraw = ["I"]
sample_dt = {}
"""
WAVEFORM = """
[stimulus.recording]
kind = "waveform"
file = "recording.csv"
sample_dt = 0.1
"""
CASES = {
    "constant currents": "",
    "ou, sample_dt 0.01 ms = dt": NOISE.format(0.01),
    "ou, sample_dt 0.1 ms": NOISE.format(0.1),
    "waveform, sample_dt 0.1 ms": WAVEFORM,
}


def rate(program, sweep, precision):
    """Million neuron-steps/s of one run."""
    return measuring.run_hhsweep(program, sweep, [f"run.precision={precision}"])["neuron_steps_per_s"] / 1e6


def check(program, folder):
    """Ends the program when the noise is not what it is meant to be."""
    for name, text in CASES.items():
        if "ou" not in name:
            continue
        sweep = folder / "check.toml"
        sweep.write_text(LOAD.replace("500.0", "20000.0") + text)
        shown = subprocess.run([program, "stimulus", sweep, "--neuron", "7", "--every", "1"],
                               capture_output=True, text=True, check=True)
        current = [float(row["I"]) for row in csv.DictReader(io.StringIO(shown.stdout))][10:-1]
        deviation = statistics.stdev(current)
        if abs(deviation - 1) > 0.1:
            sys.exit(f"{name}: standard deviation {deviation} instead of 1")


def main():
    program = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        samples = "\n".join(f"{2 * (k % 50) / 50:.2f}" for k in range(5001))
        (folder / "recording.csv").write_text("I\n" + samples + "\n")
        check(program, folder)
        sweeps = {}
        for number, (case, text) in enumerate(CASES.items()):
            sweeps[case] = folder / f"{number}.toml"
            sweeps[case].write_text(LOAD + text)
        for precision in ("float32", "float64"):
            rates = measuring.take_turns(CASES, lambda case: rate(program, sweeps[case], precision), rounds)
            base = rates["constant currents"]
            print(f"{precision}, median of {rounds} rounds")
            for case, values in rates.items():
                extra = measuring.extra_time([1 / r for r in base], [1 / r for r in values])
                print(f"  {case:28}{statistics.median(values):7.1f} million neuron-steps/s  {100 * extra:+5.1f} %")


if __name__ == "__main__":
    main()
