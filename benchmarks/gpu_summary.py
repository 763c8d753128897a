#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""gpu_summary.py LOGS JSON: what gpu.sh found, as JSON and as a table. Ends with 1 when a stage failed.

The fraction of the bound (gpu_bound.py) is that of the time loop, at the median clock under the standard load;
there is one for compute capability 9.0 only.
"""

import csv
import json
import re
import statistics
import sys
from pathlib import Path

import gpu_bound

ABSENT, LATE, KILLED = 77, 124, 137
BUSY_PERCENT = 90

# The kernel that runs a load, as named in kernels/budget.json.
KERNELS = {
    "S": "shared membrane", "spike_times": "shared membrane", "trains": "shared membrane",
    "traces": "shared membrane", "fast": "shared membrane, fast", "sine": "shared membrane, varying drive",
    "noise": "shared membrane, sampled drive", "conductances": "own membrane",
}


def ending(status):
    return {0: "passed", ABSENT: "absent", LATE: "out of time", KILLED: "out of time"}.get(status, "failed")


def stages(logs):
    """Name, how it ended and seconds of each stage, in order."""
    for line in (logs / "stages.tsv").read_text().splitlines():
        name, status, seconds = line.split("\t")
        yield name, ending(int(status)), int(seconds)


def load_json(logs, name):
    return json.loads((logs / f"{name}.out").read_text())


def device_facts(logs):
    """The first line of nvidia-smi's CSV, by its heads without units."""
    file = logs / "device.out"
    rows = list(csv.DictReader(file.open(), skipinitialspace=True)) if file.exists() else []
    return {re.sub(r" \[.*", "", head): text for head, text in rows[0].items()} if rows else {}


def busy_clocks(logs):
    """Clocks (MHz), power (W) and temperature (degC) while the standard load kept the GPU busy."""
    file = logs / "clocks.csv"
    rows = []
    for row in csv.reader(file.open()) if file.exists() else ():
        try:
            rows.append([float(cell) for cell in row])
        except ValueError:
            continue
    busy = [row for row in rows if len(row) == 5 and row[0] >= BUSY_PERCENT]
    if not busy:
        return {}
    columns = list(zip(*busy))
    return {"samples": len(busy), "sm_min": min(columns[1]), "sm_median": statistics.median(columns[1]),
            "sm_max": max(columns[1]), "memory_median": statistics.median(columns[2]),
            "power_median": statistics.median(columns[3]), "temperature_max": max(columns[4])}


def fraction_of_bound(row, report, clocks, kernels):
    """Of the time loop's rate, or None where there is no bound."""
    device = report["device"]
    capability = re.search(r"compute capability ([\d.]+)", device)
    multiprocessors = re.search(r"(\d+) multiprocessors", device)
    if not clocks or not multiprocessors or capability.group(1) != "9.0":
        return None
    figures = kernels[f"{row['precision']}, {KERNELS[row['load']]}"]
    bound, _ = gpu_bound.rate(figures, int(multiprocessors.group(1)), clocks["sm_median"] * 1e6)
    return row["time_loop"] / bound


def summary(logs):
    kernels = json.loads(gpu_bound.BUDGET.read_text())["kernels"]
    clocks = busy_clocks(logs)
    facts = device_facts(logs)
    found = {"kind": "gpu", "device": facts.get("name"), "driver": facts.get("driver_version"),
             "facts": facts, "clocks": clocks, "commit": None,
             "command": (logs / "command").read_text().strip(),
             "rates": [], "checks": {}, "peers": [], "program": [], "stages": []}
    for name, how, seconds in stages(logs):
        found["stages"].append({"stage": name, "ended": how, "seconds": seconds})
        group, _, rest = name.partition(".")
        if group == "check":
            found["checks"][rest] = how
        elif group == "rates" and how == "passed":
            report = load_json(logs, name)
            found["device"] = report["device"]
            found["commit"], found["compiler"] = report["commit"], report["compiler"]
            for row in report["rates"]:
                found["rates"].append({**row, "neurons": report["neurons"],
                                       "duration_ms": report["duration_ms"], "runs": report["runs"],
                                       "fraction_of_bound": fraction_of_bound(row, report, clocks, kernels)})
        elif group == "peer" and how == "passed":
            found["peers"].append(load_json(logs, name))
        elif group == "program" and how == "passed":
            found["program"] = load_json(logs, name)
    found["fast"] = fast_math(logs, found["rates"])
    return found


def fast_math(logs, rates):
    """How far fast math displaces spikes, and how many times the rate of exact arithmetic its time loop makes."""
    loops = {row["load"]: row["time_loop"] for row in rates if row["precision"] == "float32"}
    try:
        return {**load_json(logs, "fast_displacement"), "speedup": loops["fast"] / loops["S"]}
    except (OSError, ValueError, KeyError):
        return None


def billions(rate):
    return f"{rate / 1e9:.4g}"


def table(found):
    yield f"{found['device']}, driver {found['driver']}, commit {found['commit']}"
    if found["clocks"]:
        yield "SM clock under the standard load: {sm_median:.0f} MHz ({sm_min:.0f} to {sm_max:.0f})".format(
            **found["clocks"])
    yield "\nbillion neuron-steps/s         float  whole run  time loop  of bound"
    for row in found["rates"]:
        fraction = row["fraction_of_bound"]
        share = f"{100 * fraction:.0f} %" if fraction else "-"
        yield (f"  {row['load']:26} {row['precision'][5:]:>6} {billions(row['neuron_steps_per_s']):>10}"
               f" {billions(row['time_loop']):>10} {share:>9}")
    standard = {row["precision"]: row["neuron_steps_per_s"] for row in found["rates"] if row["load"] == "S"}
    for peer in found["peers"]:
        own = standard.get(peer["precision"])
        ratio = f"hhsweep {own / peer['neuron_steps_per_s']:.3g} times" if own else ""
        yield (f"  {peer['peer'][:38]:38} {peer['precision'][5:]:>6}"
               f" {billions(peer['neuron_steps_per_s']):>10}  {ratio}")
    if found["fast"]:
        yield ("  fast math: {speedup:.3g} times the time loop of exact arithmetic (worth keeping from 1.3 on); spikes"
               " of {duration_ms:g} ms within {largest_ms:.2g} ms, {other_counts} of {neurons} counts differ").format(
                   **found["fast"])
    for row in found["program"]:
        yield (f"  program, {row['load']:20} {row['precision'][5:]:>6}"
               f" {billions(row['neuron_steps_per_s']):>10}, end to end {billions(row['end_to_end'])}")
    yield ""
    for stage in found["stages"]:
        if stage["ended"] != "passed" or stage["stage"].startswith("check."):
            yield f"  {stage['stage']:26} {stage['ended']}, {stage['seconds']} s"


def main():
    logs, output = Path(sys.argv[1]), Path(sys.argv[2])
    found = summary(logs)
    output.write_text(json.dumps(found, indent=1) + "\n")
    print("\n".join(table(found)))
    sys.exit(any(stage["ended"] in ("failed", "out of time") for stage in found["stages"]))


if __name__ == "__main__":
    main()
