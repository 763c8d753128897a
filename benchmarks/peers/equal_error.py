#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What 1 s of 10 000 neurons of the standard load takes when every spike time is to lie within 0.01 ms of a
reference: each tool at the largest step of a list (or the loosest tolerance) that achieves it.

The reference is SciPy's DOP853 at tolerances of 1e-12, its events from the dense output, for currents spread
over the range; a tool must give as many spikes as it for each of them. A tool is then timed with spike times
on, one thread pinned to one CPU; slow tools with fewer neurons, and the time is scaled in proportion. Tools
are compared by CPU time, which other load disturbs least; hhsweep's includes its start and writing the result,
the others' only their integration (Brian2's also the start of its program)."""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

import catalogue
import product

import measuring  # noqa: I001

NEURONS, DURATION, TOLERANCE_MS = 10_000, 1000.0, 0.01
SAMPLED = 26
BUDGET_S = 60

STEPS = [0.0625, 0.05, 0.04, 0.025, 0.02, 0.0125, 0.01, 0.005, 0.0025, 0.00125, 0.000625, 0.0003125, 0.00015625]
# Each of the methods without steps of its own choosing gets STEPS; the others their tolerances.
TOLERANCES = {"cvode": ["cvode/1e-3", "cvode/1e-4", "cvode/1e-5", "cvode/1e-6", "cvode/1e-7"],
              "LSODA": ["LSODA/1e-4", "LSODA/1e-5", "LSODA/1e-6", "LSODA/1e-7", "LSODA/1e-8", "LSODA/1e-9"]}


class Tool:
    """A peer with a method, or hhsweep when `peer` is None."""

    def __init__(self, name, precision, peer=None, method=""):
        self.name, self.precision, self.peer, self.method = name, precision, peer, method
        family = TOLERANCES.get(method)
        self.settings = [(0.01, m) for m in family] if family else [(dt, method) for dt in STEPS]


def tools():
    by_name = {peer.name: peer for peer in catalogue.PEERS}
    for precision in catalogue.BOTH:
        yield Tool("hhsweep", precision)
        for name in ("C++ SoA", "C++ SoA, shared exponentials", "Boost.odeint", "JAX", "Brian2 rk4"):
            yield Tool(name, precision, by_name[name])
    double = "float64"
    yield Tool("Brian2 exponential_euler", double, by_name["Brian2 exponential_euler"], "exponential_euler")
    yield Tool("NEURON, implicit Euler", double, by_name["NEURON"], "euler")
    yield Tool("NEURON, Crank-Nicolson", double, by_name["NEURON"], "crank_nicolson")
    yield Tool("NEURON, CVODE", double, by_name["NEURON"], "cvode")
    yield Tool("SciPy LSODA", double, by_name["SciPy LSODA"], "LSODA")


class Runner:
    def __init__(self, arguments):
        self.workshop = catalogue.Workshop(arguments.work, arguments.python)
        self.product = product.Product(arguments.hhsweep, arguments.work)

    def run(self, tool, neurons, setting):
        """((seconds, CPU seconds), spike times) of one run; raises NotAvailable."""
        dt, method = setting
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


def find_setting(runner, tool, expected):
    """{setting, error_ms, seconds} of the first setting that is accurate enough, and all errors on the way."""
    tried = []
    for setting in tool.settings:
        (_, seconds), found = runner.run(tool, SAMPLED, setting)
        error = largest_error(found, expected)
        tried.append({"dt_ms": setting[0], "method": setting[1], "error_ms": error if error < 1e9 else None})
        if error <= TOLERANCE_MS:
            return {"setting": setting, "error_ms": error, "seconds": seconds, "tried": tried}
        if seconds > BUDGET_S:
            break
    return {"tried": tried}


def neurons_within_budget(tool, seconds, budget):
    """As many neurons as the time of the sampled ones promises to keep within the budget, up to all."""
    if tool.peer is None:
        return NEURONS
    return max(SAMPLED, min(NEURONS, int(SAMPLED * budget / max(seconds, 1e-3))))


def measure(runner, tool, expected, arguments):
    row = {"tool": tool.name, "precision": tool.precision}
    try:
        found = find_setting(runner, tool, expected)
        row["tried"] = found["tried"]
        if "setting" not in found:
            return row
        neurons = neurons_within_budget(tool, found["seconds"], arguments.budget)
        runs = [runner.run(tool, neurons, found["setting"])[0] for _ in range(arguments.rounds)]
    except catalogue.NotAvailable as reason:
        return {**row, "not_available": str(reason)}
    dt, method = found["setting"]
    return {**row, "dt_ms": dt, "method": method, "error_ms": found["error_ms"], "neurons": neurons,
            "runs": runs, **{f"{clock}_of_10000": statistics.median(column) * NEURONS / neurons
                               for clock, column in zip(("seconds", "cpu_seconds"), zip(*runs))}}


def line(row, own):
    head = f"{row['tool']:31}{row['precision']:10}"
    if "not_available" in row:
        return f"{head}not available here: {row['not_available']}"
    if "runs" not in row:
        last = row["tried"][-1]
        error = "another count" if last["error_ms"] is None else f"{last['error_ms']:.2g} ms"
        return f"{head}not reached; at {last['method'] or ''} dt {last['dt_ms']} ms: {error}"
    setting = row["method"] if "/" in row["method"] else f"{row['dt_ms']:g} ms"
    whole = row["cpu_seconds_of_10000"]
    return (f"{head}{setting:>12}{row['error_ms']:10.2g}{row['seconds_of_10000']:12.2f}{whole:12.2f}"
            f"{whole / own:9.1f} x   {row['neurons']} neurons")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hhsweep", required=True, help="the program")
    parser.add_argument("--python", default=catalogue.default_python(), help="that has the Python peers (setup.sh)")
    parser.add_argument("--work", default="build/peers", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--budget", type=float, default=8, help="seconds of a timed run, about")
    parser.add_argument("--only", action="append", help="a tool by name; repeatable")
    parser.add_argument("-o", "--output", help="JSON; `results` for this machine's folder")
    return parser.parse_args()


def main():
    arguments = parse()
    measuring.pin()
    runner = Runner(arguments)
    expected = reference(arguments.python, arguments.work / "reference.json")
    print(f"{NEURONS} neurons for {DURATION:g} ms, every spike within {TOLERANCE_MS} ms; one thread, median of "
          f"{arguments.rounds} runs\n{'tool':31}{'precision':10}{'step':>12}{'error ms':>10}{'seconds':>12}"
          f"{'CPU s':>12}{'to hhsweep':>11}   timed with")
    rows, own = [], {}
    for tool in tools():
        if arguments.only and tool.name not in arguments.only:
            continue
        row = measure(runner, tool, expected, arguments)
        if tool.peer is None:
            own[tool.precision] = row["cpu_seconds_of_10000"]
        rows.append(row)
        print(line(row, own.get(tool.precision, float("nan"))), flush=True)
    if arguments.output:
        path = measuring.results_path("equal_error") if arguments.output == "results" else arguments.output
        measuring.save(path, "equal_error", arguments.hhsweep, {
            "neurons": NEURONS, "duration_ms": DURATION, "tolerance_ms": TOLERANCE_MS, "sampled": SAMPLED,
            "rounds": arguments.rounds, "rows": rows})


if __name__ == "__main__":
    main()
