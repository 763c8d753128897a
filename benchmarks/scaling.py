#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scaling.py PROGRAM [-o FILE]: throughput of the standard load over the number of neurons and the duration, and
how much memory a run takes. Whatever is longer than about a minute on one core is left out unless --long."""

import argparse
import os
import pathlib
import statistics
import tempfile

import measuring

SWEEP = """
[run]
duration = {duration}
[stimulus.step]
kind = "step"
start = 5.0
[[axis]]
name = "I"
parameter = "stimulus.step.amplitude"
linspace = [0.0, 50.0, {neurons}]
"""
# (neurons, ms); from 10^6 neurons on one run is enough to tell.
QUICK = [(1, 1000), (10, 1000), (100, 1000), (1000, 500), (4608, 50), (4608, 500), (10**4, 100), (10**5, 50),
         (10**6, 10), (100, 10_000)]
LONG = [(10**6, 50), (10**7, 10), (100, 100_000), (10**4, 10_000)]
HUGE = [(10**8, 6)]


def measure(program, folder, neurons, duration, threads):
    """(neuron-steps/s while computing, neuron-steps/s end to end, peak memory of the program in MB)."""
    sweep = folder / "scaling.toml"
    axis = SWEEP.format(duration=float(duration), neurons=neurons)
    sweep.write_text(axis if neurons > 1 else axis.replace("[0.0, 50.0, 1]", "[10.0, 10.0, 1]"))
    report = measuring.run_hhsweep(program, sweep, threads=threads)
    work = report["neurons"] * report["steps"]
    return report["neuron_steps_per_s"], work / report["wall_s"], report["peak_MB"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--long", action="store_true", help="also 10^7 neurons and 100 s")
    parser.add_argument("--huge", action="store_true", help="also 10^8 neurons")
    parser.add_argument("-o", "--output", help="JSON; `results` for this machine's folder")
    arguments = parser.parse_args()
    points = QUICK + LONG * arguments.long + HUGE * arguments.huge
    rows = []
    print(f"{arguments.threads} threads, float32, median of {arguments.rounds} runs (1 from 10^6 neurons or 10 s on)\n"
          f"{'neurons':>10}{'ms':>9}{'million/s':>11}{'end to end':>12}{'peak MB':>9}")
    with tempfile.TemporaryDirectory() as name:
        for neurons, duration in points:
            runs = 1 if neurons >= 10**6 or duration >= 10_000 else arguments.rounds
            found = [measure(arguments.program, pathlib.Path(name), neurons, duration, arguments.threads)
                     for _ in range(runs)]
            rate, whole, memory = (statistics.median(column) for column in zip(*found))
            rows.append({"neurons": neurons, "duration_ms": duration, "neuron_steps_per_s": rate,
                         "neuron_steps_per_s_wall": whole, "peak_MB": memory, "runs": found})
            print(f"{neurons:10}{duration:9}{rate / 1e6:11.2f}{whole / 1e6:12.2f}{memory:9.0f}", flush=True)
    if arguments.output:
        path = measuring.results_path("scaling") if arguments.output == "results" else arguments.output
        measuring.save(path, "scaling", arguments.program, {"threads": arguments.threads, "rows": rows})


if __name__ == "__main__":
    main()
