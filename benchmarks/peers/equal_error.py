#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What 1 s of 10 000 neurons of the standard load takes when every spike time is to lie within 0.01 ms of a
reference: each tool at the largest of ten steps (or the loosest of three tolerances) a decade that achieves it.

The reference is SciPy's DOP853 at tolerances of 1e-12, its events from the dense output, for currents spread
over the range; a tool must give as many spikes as it for each of them. The order of its method says which step to
try next, until one is accurate enough and the one before it is not. A tool is then timed with spike times on, one
thread pinned to one CPU; slow tools with fewer neurons, and the time is scaled in proportion. Tools are compared by
CPU time, which other load disturbs least; hhsweep's includes its start and writing the result, the others' only
their integration and finding spike times (Brian2's also the start of its program)."""

import argparse
import json
import math
import pathlib
import statistics
import subprocess
import sys

import catalogue
import product

import measuring  # noqa: I001

NEURONS, DURATION, TOLERANCE_MS = 10_000, 1000.0, 0.01
SAMPLED = 26
LONGEST_TRIAL_S, LONGEST_REFINEMENT_S = 300, 30

# All divide the 5 ms before the current's onset.
STEPS = [float(f"{digits}e{exponent}") for exponent in range(-1, -7, -1)
         for digits in (1, 0.78125, 0.625, 0.5, 0.4, 0.3125, 0.25, 0.2, 0.15625, 0.125)]
RELATIVE = [float(f"{digits}e{exponent}") for exponent in range(-3, -11, -1) for digits in (1, 0.5, 0.2)]
FIRST_STEP = {1: 0.00025, 2: 0.0125, 4: 0.078125}  # by order, where to start the search


class Tool:
    """A peer with a method, or hhsweep when `peer` is None. Its error grows with the `order` of its step, or of its
    tolerance when it chooses its steps itself and `first_tolerance` says where to start."""

    def __init__(self, name, precision, peer=None, method="", order=4, first_tolerance=None):
        self.name, self.precision, self.peer, self.method = name, precision, peer, method
        self.order, self.adaptive = order, first_tolerance is not None
        self.sizes = RELATIVE if self.adaptive else STEPS
        self.start = self.sizes.index(first_tolerance or FIRST_STEP[order])

    def setting(self, size):
        """(dt, method) for a step or a tolerance."""
        return (0.01, f"{self.method}/{size}") if self.adaptive else (size, self.method)


def tools():
    by_name = {peer.name: peer for peer in catalogue.PEERS}
    for precision in catalogue.BOTH:
        yield Tool("hhsweep", precision)
        for name in ("C++ SoA", "C++ SoA, shared exponentials", "Boost.odeint", "JAX", "Brian2 rk4"):
            yield Tool(name, precision, by_name[name])
    double = "float64"
    yield Tool("Brian2 exponential_euler", double, by_name["Brian2 exponential_euler"], "exponential_euler", order=1)
    yield Tool("NEURON, implicit Euler", double, by_name["NEURON"], "euler", order=1)
    yield Tool("NEURON, Crank-Nicolson", double, by_name["NEURON"], "crank_nicolson", order=2)
    yield Tool("NEURON, CVODE", double, by_name["NEURON"], "cvode", order=1, first_tolerance=1e-5)
    yield Tool("SciPy LSODA", double, by_name["SciPy LSODA"], "LSODA", order=1, first_tolerance=2e-7)


class Runner:
    def __init__(self, arguments):
        self.workshop = catalogue.Workshop(arguments.work, arguments.python)
        self.product = product.Product(arguments.hhsweep, arguments.work)

    def run(self, tool, neurons, size):
        """((seconds, CPU seconds), spike times) of one run; raises NotAvailable, and Incomplete for hhsweep."""
        dt, method = tool.setting(size)
        if tool.peer is None:
            report = self.product.run(tool.precision, neurons, DURATION, dt, times=True)
            return (report["compute_s"], report["cpu_s"]), self.product.spike_times()
        report = self.workshop.run(tool.peer, tool.precision, neurons, DURATION, dt, times=True, method=method)
        return (report["seconds"], report["cpu_seconds"]), report["spike_times"]


def reference(python, cache):
    """Spike times of the sampled currents in ms."""
    if not cache.exists():
        command = [python, catalogue.FOLDER / "python" / "scipy_ivp.py", "float64", str(SAMPLED), str(DURATION), "0.01",
                   "times", "--method", "DOP853/1e-12"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"no reference: {done.stderr}")
        cache.write_text(json.dumps(json.loads(done.stdout)["spike_times"]))
    return json.loads(cache.read_text())


def largest_error(found, expected):
    """ms over all spikes; infinite when a neuron has another number of them."""
    if [len(row) for row in found] != [len(row) for row in expected]:
        return float("inf")
    return max(abs(a - b) for ours, theirs in zip(found, expected) for a, b in zip(ours, theirs))


def try_size(runner, tool, size, expected):
    """What a run of the sampled currents gives: its error in ms and how long it took."""
    try:
        (seconds, cpu_s), found = runner.run(tool, SAMPLED, size)
        error = largest_error(found, expected)
    except measuring.Incomplete:
        seconds, cpu_s, error = 0.0, 0.0, math.inf
    print(f"{tool.name}, {tool.precision}: {error:.2g} ms at {size:g}", file=sys.stderr)
    return {"size": size, "error_ms": error, "seconds": seconds, "cpu_s": cpu_s}


def promised(tool, trial):
    """The size at which the order of the method promises the tolerance; half of one that loses spikes."""
    if math.isinf(trial["error_ms"]):
        return trial["size"] / 2
    return trial["size"] * (TOLERANCE_MS / max(trial["error_ms"], 1e-9)) ** (1 / tool.order)


def next_index(tool, trials):
    """Which size to try after `trials` ({index: trial}), between the smallest that failed and the largest that did
    not; None when these are neighbours."""
    good = min((k for k, trial in trials.items() if trial["error_ms"] <= TOLERANCE_MS), default=len(tool.sizes))
    bad = max((k for k in trials if k < good), default=-1)
    if good - bad == 1:
        return None
    size = promised(tool, trials[good if good in trials else bad])
    index = next((k for k, candidate in enumerate(tool.sizes) if candidate <= size * (1 + 1e-9)), len(tool.sizes))
    return min(max(index, bad + 1), good - 1)


def too_long(tool, trial, size, reached):
    """Whether the next trial would take longer than it is worth."""
    seconds = trial["cpu_s"] * (2 if tool.adaptive else trial["size"] / size)
    return seconds > (LONGEST_REFINEMENT_S if reached else LONGEST_TRIAL_S)


def search(tool, attempt):
    """All trials, the last tried last, and the best of them: that with the largest size that is accurate enough, or
    None."""
    trials, index, best = {}, tool.start, None
    while index is not None:
        trials[index] = attempt(tool.sizes[index])
        best = max((trial for trial in trials.values() if trial["error_ms"] <= TOLERANCE_MS),
                   key=lambda trial: trial["size"], default=None)
        last, index = trials[index], next_index(tool, trials)
        if index is not None and too_long(tool, last, tool.sizes[index], best):
            break
    return list(trials.values()), best


def timed_runs(runner, tool, best, arguments):
    """(neurons, clocks of each run): as many neurons, up to all, as the budget allows. A trial that exceeded it is not
    repeated."""
    neurons, clocks = SAMPLED, (best["seconds"], best["cpu_s"])
    if clocks[1] > arguments.budget:
        return neurons, [clocks]
    while neurons < NEURONS and clocks[1] < arguments.budget / 2:
        neurons = min(NEURONS, math.ceil(neurons * arguments.budget / max(clocks[1], 1e-3)))
        clocks = runner.run(tool, neurons, best["size"])[0]
    return neurons, [clocks] + [runner.run(tool, neurons, best["size"])[0] for _ in range(arguments.rounds - 1)]


def finite(trial):
    return {"size": trial["size"], "error_ms": trial["error_ms"] if math.isfinite(trial["error_ms"]) else None}


def measure(runner, tool, expected, arguments):
    row = {"tool": tool.name, "precision": tool.precision, "size_is": "tolerance" if tool.adaptive else "dt_ms"}
    try:
        trials, best = search(tool, lambda size: try_size(runner, tool, size, expected))
        row["tried"] = [finite(trial) for trial in trials]
        if best is None:
            return {**row, "promised": promised(tool, trials[-1])}
        neurons, runs = timed_runs(runner, tool, best, arguments)
    except catalogue.NotAvailable as reason:
        return {**row, "not_available": str(reason)}
    return {**row, **finite(best), "neurons": neurons, "runs": runs,
            **{f"{clock}_of_10000": statistics.median(column) * NEURONS / neurons
               for clock, column in zip(("seconds", "cpu_seconds"), zip(*runs))}}


def figure(value):
    """Three digits, without an exponent."""
    return f"{float(f'{value:.3g}'):.0f}" if value >= 100 else f"{value:.3g}"


def cells(row, own):
    """Of one row of the table, in Markdown."""
    unit = "" if row["size_is"] == "tolerance" else " ms"
    head = [row["tool"], row["precision"]]
    if "not_available" in row:
        return [*head, f"not available here: {row['not_available']}", "", "", "", ""]
    if "runs" not in row:
        last = row["tried"][-1]
        error = "another count" if last["error_ms"] is None else f"{last['error_ms']:.2g}"
        return [*head, f"not reached, {last['size']:g}{unit} tried", error, "", "", ""]
    seconds = row["cpu_seconds_of_10000"]
    times = "" if row["tool"] == "hhsweep" or math.isnan(own) else f"{figure(seconds / own)} x"
    return [*head, f"{row['size']:g}{unit}", f"{row['error_ms']:.2g}", figure(seconds), times, str(row["neurons"])]


def print_row(columns):
    print(f"| {' | '.join(columns)} |", flush=True)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hhsweep", required=True, help="the program")
    parser.add_argument("--python", default=catalogue.default_python(), help="that has the Python peers (setup.sh)")
    parser.add_argument("--work", default="build/peers", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--budget", type=float, default=6, help="CPU seconds of a timed run, about")
    parser.add_argument("--only", action="append", help="a tool by name; repeatable")
    parser.add_argument("-o", "--output", help="JSON; `results` for this machine's folder")
    return parser.parse_args()


def main():
    arguments = parse()
    measuring.pin()
    runner = Runner(arguments)
    expected = reference(arguments.python, arguments.work / "reference.json")
    print_row(["tool", "precision", "step or tolerance", "error, ms", "CPU s", "hhsweep is", "neurons timed"])
    print_row(["---"] * 7)
    rows, own = [], {}
    for tool in tools():
        if arguments.only and tool.name not in arguments.only:
            continue
        row = measure(runner, tool, expected, arguments)
        if tool.peer is None:
            own[tool.precision] = row.get("cpu_seconds_of_10000", math.nan)
        rows.append(row)
        print_row(cells(row, own.get(tool.precision, math.nan)))
    if arguments.output:
        path = measuring.results_path("equal_error") if arguments.output == "results" else arguments.output
        measuring.save(path, "equal_error", arguments.hhsweep, {
            "neurons": NEURONS, "duration_ms": DURATION, "tolerance_ms": TOLERANCE_MS, "sampled": SAMPLED,
            "rounds": arguments.rounds, "rows": rows})


if __name__ == "__main__":
    main()
