#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""hhsweep beside other tools on the standard load: same model, currents, dt and duration, one thread each, all
pinned to one CPU, in rounds that take turns. Spike counts must agree with hhsweep's in every run, or a tool is
listed as failed and without a rate. The first round is dropped; a rate is neuron-steps over the median of
the seconds that a tool spends integrating, its compilation and start not counted."""

import argparse
import statistics
import sys
import time

import catalogue
import product

import measuring  # noqa: I001  (product puts its folder on the path)

DT = 0.01
PRODUCT = "hhsweep"
PRODUCT_NEURONS = 18432


class Failed(Exception):
    """A tool whose spike counts are not those of hhsweep."""


def differing(counts, expected, low_order=False):
    """How many counts differ; raises Failed when one does by more than a spike. A method of low order shifts the
    current from which a neuron fires on, and near it another count can be any."""
    if len(counts) != len(expected):
        raise Failed("not as many counts as neurons")
    if not low_order and any(abs(a - b) > 1 for a, b in zip(counts, expected)):
        raise Failed("a neuron's count is off by more than one spike")
    return sum(a != b for a, b in zip(counts, expected))


class Comparison:
    def __init__(self, arguments):
        self.duration, self.scale = arguments.duration, arguments.scale
        self.workshop = catalogue.Workshop(arguments.work, arguments.python)
        self.product = product.Product(arguments.hhsweep, arguments.work)
        self.expected = {}

    def measure_product(self, precision, neurons):
        start = time.perf_counter()
        report = self.product.run(precision, neurons, self.duration, DT)
        wall = time.perf_counter() - start
        self.expected[precision, neurons] = self.product.counts()
        return {"seconds": report["compute_s"], "cpu_seconds": report["cpu_s"], "wall_s": wall,
                "steps": report["steps"], "neurons": neurons, "differing": 0, "version": report["device"]}

    def measure_peer(self, peer, precision):
        """One run; raises NotAvailable or Failed."""
        neurons = self.neurons(peer)
        start = time.perf_counter()
        report = self.workshop.run(peer, precision, neurons, self.duration, DT)
        wall = time.perf_counter() - start
        if (precision, neurons) not in self.expected:
            self.measure_product(precision, neurons)
        off = differing(report.pop("spike_counts"), self.expected[precision, neurons], peer.low_order)
        if off > peer.allowance(precision) * neurons:
            raise Failed(f"{off} of {neurons} spike counts are not hhsweep's")
        return {**report, "wall_s": wall, "differing": off}

    def neurons(self, peer):
        return max(6, peer.neurons // self.scale)

    def measure(self, tool, precision):
        if tool == PRODUCT:
            return self.measure_product(precision, max(6, PRODUCT_NEURONS // self.scale))
        try:
            return self.measure_peer(tool, precision)
        except catalogue.NotAvailable as reason:
            return {"not_available": str(reason)}
        except Failed as reason:
            return {"failed": str(reason)}


def summary(tool, precision, runs):
    """One row of the results: the medians and the runs they come from."""
    row = {"tool": tool if tool == PRODUCT else tool.name, "precision": precision,
           "note": "statistics on" if tool == PRODUCT else tool.note}
    for run in runs:
        for reason in ("not_available", "failed"):
            if reason in run:
                return {**row, reason: run[reason]}
    first = runs[0]
    seconds = [run["seconds"] for run in runs]
    work = first["neurons"] * first["steps"]
    return {**row, "version": first["version"], "neurons": first["neurons"], "steps": first["steps"],
            "differing": max(run["differing"] for run in runs), "seconds": seconds,
            "cpu_seconds": [run["cpu_seconds"] for run in runs],
            "wall_s": [run["wall_s"] for run in runs],
            "neuron_steps_per_s": work / statistics.median(seconds),
            "neuron_steps_per_s_wall": work / statistics.median(run["wall_s"] for run in runs)}


def add_ratios(rows):
    """How many times hhsweep's rate a tool's is: the median over the rounds of the ratio within a round, by the
    clock and by CPU time, in which hhsweep's start and writing are included and a peer's are not."""
    for row in rows:
        if "seconds" in row:
            own = next(r for r in rows if r["tool"] == PRODUCT and r["precision"] == row["precision"])
            scale = own["neurons"] * own["steps"] / (row["neurons"] * row["steps"])
            for name, clock in (("hhsweep_is_times", "seconds"), ("hhsweep_is_times_cpu", "cpu_seconds")):
                row[name] = statistics.median(scale * theirs / ours for ours, theirs in zip(own[clock], row[clock]))


def table(rows):
    """The rows as text."""
    lines = [f"{'tool':31}{'precision':10}{'neurons':>8}{'million/s':>11}{'hhsweep is':>12}{'by CPU time':>13}"
             f"{'with start':>12}  counts"]
    for row in rows:
        head = f"{row['tool']:31}{row['precision']:10}"
        if "not_available" in row:
            lines.append(f"{head}  not available here: {row['not_available']}")
        elif "failed" in row:
            lines.append(f"{head}  FAILED: {row['failed']}")
        else:
            agree = f"{row['differing']} differ" if row["differing"] else "equal"
            lines.append(f"{head}{row['neurons']:8}{row['neuron_steps_per_s'] / 1e6:11.3f}"
                         f"{row['hhsweep_is_times']:10.2f} x{row['hhsweep_is_times_cpu']:11.2f} x"
                         f"{row['neuron_steps_per_s_wall'] / 1e6:12.3f}  {agree}")
    return "\n".join(lines)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hhsweep", required=True, help="the program")
    parser.add_argument("--python", default=catalogue.default_python(), help="that has the Python peers (setup.sh)")
    parser.add_argument("--work", default="build/peers", help="folder for what is built and run")
    parser.add_argument("--duration", type=float, default=200.0, help="ms")
    parser.add_argument("--rounds", type=int, default=5, help="0: the first run of each is its only one")
    parser.add_argument("--scale", type=int, default=1, help="divides all numbers of neurons")
    parser.add_argument("--only", action="append", help="a peer by name; repeatable")
    parser.add_argument("--agreement", action="store_true", help="one round, spike counts alone, no rate")
    parser.add_argument("-o", "--output", help="JSON of all rounds; `results` for this machine's folder")
    return parser.parse_args()


def report_agreement(rows):
    """Prints who agrees; exit code 1 when one does not, 77 when none could be asked."""
    for row in rows:
        state = row.get("failed") or row.get("not_available") or f"{row['differing']} of {row['neurons']} counts differ"
        print(f"{row['tool']:31}{row['precision']:10}{state}")
    peers = [row for row in rows if row["tool"] != PRODUCT]
    if any("failed" in row for row in peers):
        return 1
    return 0 if any("version" in row for row in peers) else 77


def main():
    arguments = parse()
    cpu = measuring.pin()
    comparison = Comparison(arguments)
    chosen = [peer for peer in catalogue.PEERS if not arguments.only or peer.name in arguments.only]
    cases = [(tool, precision) for tool in [PRODUCT, *chosen]
             for precision in (catalogue.BOTH if tool == PRODUCT else tool.precisions)]
    indices = range(len(cases))
    rounds = 0 if arguments.agreement else arguments.rounds
    first = []
    for case in cases:
        first.append(comparison.measure(*case))
        print(f"counts of {getattr(case[0], 'name', case[0])}, {case[1]}", file=sys.stderr)
    usable = [k for k in indices if "seconds" in first[k]]
    runs = measuring.take_turns(usable, lambda k: comparison.measure(*cases[k]), rounds, drop_first=False)
    rows = [summary(*cases[k], runs.get(k) or [first[k]]) for k in indices]
    if arguments.agreement:
        return report_agreement(rows)
    add_ratios(rows)
    if arguments.output:
        path = measuring.results_path("peers") if arguments.output == "results" else arguments.output
        measuring.save(path, "peers", arguments.hhsweep, {
            "load": "S", "dt_ms": DT, "duration_ms": arguments.duration, "rounds": rounds, "threads": 1,
            "vector_functions": comparison.workshop.vector_functions(chosen), "rows": rows})
    print(f"standard load of {arguments.duration:g} ms at dt {DT} ms, one thread on CPU {cpu}, "
          f"median of {max(rounds, 1)} rounds;\n"
          "`hhsweep is`: times the rate of the row; `with start`: end to end, million neuron-steps/s\n")
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
