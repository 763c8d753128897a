#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""extras_cost.py PROGRAM [-o FILE]: what spike times, trains, sines, swept models and traces cost over constant
currents, as ratios of one run.

Each round runs the constant currents of the standard load and then each of them with one thing more, on one
thread pinned to one CPU; a line gives the median over the rounds of its rate and of the extra time over the
constant currents of the same round: of the time spent computing, and of the CPU time of the whole program, which
other load on the machine disturbs less and to which writing the result belongs. Every run must be complete
without a diverged neuron, and must have done the thing: spike times that were counted, traces that were asked
for, a current that moves.
"""

import argparse
import csv
import io
import pathlib
import statistics
import subprocess
import sys
import tempfile

import measuring

STEP = """
[stimulus.step]
kind = "step"
start = 5.0
"""
TRAIN = """
[stimulus.step]
kind = "train"
period = {period}
width = {width}
"""
SINE = STEP + """
[stimulus.sine]
kind = "sine"
amplitude = 1.0
frequency = 50.0
start = 5.0
"""
AXIS = """
[[axis]]
name = "I"
parameter = "stimulus.step.amplitude"
linspace = [0.0, 50.0, {neurons}]
"""
# No neuron has an edge on the grid of dt, and each has its own.
OWN_EDGES = """
[[axis]]
name = "cell"
zip = [
  {{ parameter = "stimulus.step.amplitude", linspace = [0.0, 50.0, {neurons}] }},
  {{ parameter = "stimulus.step.start", linspace = [5.0007, 5.0093, {neurons}] }},
]
"""
SWEPT = """
[[axis]]
name = "cell"
zip = [
  {{ parameter = "stimulus.step.amplitude", linspace = [0.0, 50.0, {neurons}] }},
  {{ parameter = "model.g_Na", linspace = [110.0, 130.0, {neurons}] }},
  {{ parameter = "model.g_K", linspace = [33.0, 39.0, {neurons}] }},
  {{ parameter = "model.E_Na", linspace = [45.0, 55.0, {neurons}] }},
]
"""
TIMES = """
[record]
spike_times = true
"""
TRACES = """
[record.trace]
variables = ["V"]
every = 0.1
neurons = [{traced}]
"""
PRECISIONS = ("float32", "float64")
SMALL, LARGE, TRACED = 4608, 100_000, 1000
TRAIN_10, TRAIN_2 = TRAIN.format(period=10.0, width=2.0), TRAIN.format(period=2.0, width=1.0)

# case: (text, neurons, ms, base case, target in percent or None)
BASE, LARGE_BASE = "constant currents", "constant currents, 10^5 neurons"
CASES = {
    BASE: (STEP + AXIS, SMALL, 500, None, None),
    "spike times": (STEP + AXIS + TIMES, SMALL, 500, BASE, 5),
    "train, period 10 ms, width 2 ms": (TRAIN_10 + OWN_EDGES, SMALL, 500, BASE, 10),
    "train, period 2 ms, width 1 ms": (TRAIN_2 + OWN_EDGES, SMALL, 500, BASE, 20),
    "sine": (SINE + AXIS, SMALL, 500, BASE, 20),
    "g_Na, g_K, E_Na swept": (STEP + SWEPT, SMALL, 500, BASE, None),
    LARGE_BASE: (STEP + AXIS, LARGE, 50, None, None),
    "1000 of 10^5 neurons traced": (STEP + AXIS + TRACES, LARGE, 50, LARGE_BASE, 5),
}


class Bench:
    def __init__(self, program, folder):
        self.program, self.folder, self.sweeps = program, folder, {}
        for number, (case, (text, neurons, duration, _, _)) in enumerate(CASES.items()):
            traced = ", ".join(str(k * (LARGE // TRACED)) for k in range(TRACED))
            self.sweeps[case] = folder / f"{number}.toml"
            self.sweeps[case].write_text(
                f"[run]\nduration = {duration:.1f}\n" + text.format(neurons=neurons, traced=traced))

    def run(self, case, precision):
        """Seconds of computing and CPU seconds of the whole program, of one run."""
        report = measuring.run_hhsweep(self.program, self.sweeps[case], [f"run.precision={precision}"])
        return {"compute_s": report["compute_s"], "cpu_s": report["cpu_s"],
                "neuron_steps": report["neurons"] * report["steps"]}

    def check(self):
        """Ends the program when a case does not do what its name says."""
        import netCDF4

        counts = {}
        for case, sweep in self.sweeps.items():
            self.run(case, "float32")
            with netCDF4.Dataset(sweep.with_suffix(".nc")) as result:
                counts[case] = int(result["spike_count"][:].sum())
                if case == "spike times" and result.dimensions["spike"].size != counts[case]:
                    sys.exit(f"{case}: not as many times as spikes")
                if "traced" in case and TRACED not in (d.size for d in result.dimensions.values()):
                    sys.exit(f"{case}: not {TRACED} traces")
        if counts["spike times"] != counts[BASE] or not counts[BASE]:
            sys.exit("spike times: not the spikes of the constant currents")
        for case in CASES:
            if "train" in case or case == "sine":
                self.check_moves(case)

    def check_moves(self, case):
        """The current of a neuron changes after its onset."""
        shown = subprocess.run([self.program, "stimulus", self.sweeps[case], "--neuron", "4000", "--every", "0.25"],
                               capture_output=True, text=True, check=True)
        current = {float(row["I"]) for row in csv.DictReader(io.StringIO(shown.stdout)) if float(row["t"]) > 6}
        if len(current) < 2:
            sys.exit(f"{case}: the current does not change")


def rows_of(precision, found):
    for case, (_, neurons, duration, base, target) in CASES.items():
        row = {"case": case, "precision": precision, "neurons": neurons, "duration_ms": duration, "runs": found[case],
               "neuron_steps_per_s": statistics.median(run["neuron_steps"] / run["compute_s"] for run in found[case])}
        if base:
            row.update(base=base, target_percent=target)
            for clock in ("compute_s", "cpu_s"):
                ours, theirs = ([run[clock] for run in found[name]] for name in (case, base))
                row[f"extra_{clock}"] = measuring.extra_time(theirs, ours)
        yield row


def line(row):
    text = f"  {row['case']:34}{row['neuron_steps_per_s'] / 1e6:8.1f}"
    if "base" in row:
        text += f"{100 * row['extra_compute_s']:+9.1f} %{100 * row['extra_cpu_s']:+9.1f} %"
        text += f"  (aim {row['target_percent']} %)" if row["target_percent"] else ""
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--precision", choices=PRECISIONS, help="default: both")
    parser.add_argument("-o", "--output", help="JSON of all rounds; `results` for this machine's folder")
    arguments = parser.parse_args()
    measuring.pin()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(arguments.program, pathlib.Path(name))
        bench.check()
        for precision in [arguments.precision] if arguments.precision else PRECISIONS:
            runs = measuring.take_turns(CASES, lambda case: bench.run(case, precision), arguments.rounds)
            found = list(rows_of(precision, runs))
            print(f"{precision}, one thread, median of {arguments.rounds} rounds\n"
                  f"  {'':34}million/s  computing  CPU time")
            print("\n".join(line(row) for row in found), flush=True)
            rows += found
    if arguments.output:
        path = measuring.results_path("extras") if arguments.output == "results" else arguments.output
        measuring.save(path, "extras", arguments.program, {"rounds": arguments.rounds, "rows": rows})


if __name__ == "__main__":
    main()
