#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""speed_table.py [--check] [--readme FILE] [--results FOLDER]: writes the table of measured rates into the
README, between its marks, from benchmarks/results/*/*.json; with --check only says whether it is up to date."""

import argparse
import json
import pathlib
import statistics
import sys

import gpu_bound

ROOT = pathlib.Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- speed:begin -->", "<!-- speed:end -->"
PRECISIONS = ("float32", "float64")

ESTIMATED_GPU = "NVIDIA H200"

# Rates are by the clock when hhsweep's one thread had its CPU for itself: no run took this much longer
# than its CPU time.
QUIET = 1.03


def load_results(folder):
    """All results, in the order of their paths."""
    return [json.loads(path.read_text()) for path in sorted(pathlib.Path(folder).glob("*/*.json"))]


def estimates(root):
    """{precision: neuron-steps/s} that the instruction counts of the kernels allow at most."""
    budget = json.loads((root / "kernels" / "budget.json").read_text())["kernels"]
    return {p: gpu_bound.rate(budget[f"{p}, shared membrane"], **gpu_bound.H200)[0] for p in PRECISIONS}


def million(rate):
    """A rate in million/s to three digits, as 69 900."""
    digits = f"{rate / 1e6:.3g}"
    return f"{float(digits):,.0f}".replace(",", " ") if rate >= 100e6 else digits


def is_quiet(result):
    runs = [run for row in result["rows"] if row["tool"] == "hhsweep"
            for run in zip(row["wall_s"], row["cpu_seconds"])]
    return all(wall <= QUIET * cpu for wall, cpu in runs)


def conditions(result):
    load = "" if is_quiet(result) else ", with other load on the machine"
    return f"{result['date'][:10]}{load}"


def own_rate(row, quiet):
    """hhsweep's neuron-steps/s by the clock, or a CPU second's where others took part of it."""
    if quiet:
        return row["neuron_steps_per_s"]
    return row["neurons"] * row["steps"] / statistics.median(row["cpu_seconds"])


def batch_text(own):
    """What ran, and the rates of the time loop alone, as far as they are known."""
    if not all("time_loop" in rate for rate in own.values()):
        return ""
    rate = next(iter(own.values()))
    loops = " and ".join(million(own[p]["time_loop"]) for p in PRECISIONS if p in own)
    return (f", {rate['neurons']:,} neurons for {rate['duration_ms']:g} ms from start to statistics; "
            f"the time loop alone {loops}")


def rate_rows(results, root):
    for result in (r for r in results if r["kind"] == "peers"):
        own = {row["precision"]: row for row in result["rows"] if row["tool"] == "hhsweep"}
        rates = [million(own_rate(own[p], is_quiet(result))) if p in own else "-" for p in PRECISIONS]
        clock = "" if is_quiet(result) else ", by CPU time, start and writing included"
        yield f"{result['device']}, one thread", *rates, f"measured {conditions(result)}{clock}"
    gpus = [result for result in results if result["kind"] in ("gpu", "gpu_long")]
    for result in gpus:
        own = {rate["precision"]: rate for rate in result["rates"] if rate["load"] == "S"}
        cells = (million(own[p]["neuron_steps_per_s"]) if p in own else "-" for p in PRECISIONS)
        yield result["device"].partition(" (")[0], *cells, f"measured{batch_text(own)}"
    if not gpus:
        bound = estimates(root)
        yield (ESTIMATED_GPU, *(f"not measured (at most {million(bound[p])})" for p in PRECISIONS),
               "estimate from instruction counts, no measurement")


def peer_cell(row, key):
    if row is None:
        return "-"
    if "failed" in row:
        return "failed"
    if "not_available" in row:
        return "not available"
    return f"{row[key]:.3g} x"


def peer_rows(result):
    key = "hhsweep_is_times" if is_quiet(result) else "hhsweep_is_times_cpu"
    by = {(row["tool"], row["precision"]): row for row in result["rows"]}
    for tool in dict.fromkeys(row["tool"] for row in result["rows"] if row["tool"] != "hhsweep"):
        rows = [by.get((tool, p)) for p in PRECISIONS]
        note = next(row["note"] for row in rows if row)
        yield tool, *(peer_cell(row, key) for row in rows), note


def markdown(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def table(results, root):
    """The text between the marks."""
    parts = ["Million neuron-steps/s of the standard load:",
             markdown(["", "float32", "float64", ""], list(rate_rows(results, root)))]
    for result in (r for r in results if r["kind"] == "peers"):
        clock = "" if is_quiet(result) else ", by CPU time"
        parts += [f"How many times the rate of other tools that is, same load and dt, spike counts compared first, one thread "
                  f"each on the same CPU ({result['device']}, {conditions(result)}{clock}):",
                  markdown(["", "float32", "float64", ""], list(peer_rows(result)))]
    return "\n\n".join(parts)


def with_table(text, generated):
    """The README's text with the table in it."""
    before, mark, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        sys.exit(f"the README lacks {BEGIN} or {END}")
    return f"{before}{BEGIN}\n{generated}\n{END}{after}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--readme", type=pathlib.Path, default=ROOT / "README.md")
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "benchmarks" / "results")
    arguments = parser.parse_args()
    text = arguments.readme.read_text()
    wanted = with_table(text, table(load_results(arguments.results), ROOT))
    if not arguments.check:
        arguments.readme.write_text(wanted)
    elif text != wanted:
        sys.exit(f"{arguments.readme} is out of date: run benchmarks/speed_table.py")


if __name__ == "__main__":
    main()
