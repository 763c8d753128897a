#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""budget_test.py DIR BUDGET.json [--record]: instructions of the hot loop, by the unit that executes
them, and registers of the kernels for sm_90 against recorded figures; what grew is an error, what
shrank is told.

The figures belong to one release of nvcc; with another the test is skipped (77).
"""

import json
import re
import sys
from pathlib import Path

import cubin

KERNELS = {
    "float32, shared membrane": ("advance_float32", "advance_shared", "DriveKindE0"),
    "float32, own membrane": ("advance_float32", "7advanceI", "DriveKindE0"),
    "float32, shared membrane, varying drive": ("advance_float32", "advance_shared", "DriveKindE1"),
    "float32, shared membrane, sampled drive": ("advance_float32", "advance_shared", "DriveKindE2"),
    "float32, shared membrane, fast": ("advance_fast", "advance_shared", "DriveKindE0"),
    "float32, own membrane, fast": ("advance_fast", "7advanceI", "DriveKindE0"),
    "float64, shared membrane": ("advance_float64", "advance_shared", "DriveKindE0"),
    "float64, own membrane": ("advance_float64", "7advanceI", "DriveKindE0"),
    "float64, shared membrane, varying drive": ("advance_float64", "advance_shared", "DriveKindE1"),
    "float64, shared membrane, sampled drive": ("advance_float64", "advance_shared", "DriveKindE2"),
}

# What must not grow. How the other instructions divide among the units may shift.
HELD = ("instructions a step", "FP64 a step", "MUFU a step", "fused multiply-adds a step",
        "local memory accesses a step", "registers")


def release(directory):
    return re.search(r"release (\S+),", (directory / "nvcc.txt").read_text()).group(1)


def registers(report, kernel):
    """What ptxas says of a kernel: registers a thread."""
    part = report[report.index(f"Compiling entry function '{kernel}'") :]
    return int(re.search(r"Used (\d+) registers", part).group(1))


def measure(directory):
    figures = {}
    for label, (file, name, drive) in KERNELS.items():
        kernels = cubin.kernels((directory / f"{file}.cubin").read_bytes())
        found = [k for k in kernels if name in k and drive in k and re.search("ClassicMembrane|FastMembrane", k)]
        if len(found) != 1:
            sys.exit(f"{label}: {len(found)} kernels instead of one")
        loop = cubin.hot_loop(kernels[found[0]])
        names = cubin.names(loop)
        report = (directory / f"{file}.txt").read_text()
        figures[label] = {
            "instructions a step": len(loop),
            **{f"{name} a step": count for name, count in cubin.classes(loop).items()},
            "fused multiply-adds a step": names["FFMA"] + names["DFMA"],
            "local memory accesses a step": names["LDL"] + names["STL"],
            "registers": registers(report, found[0]),
        }
    return figures


def compare(figures, recorded):
    grown = 0
    for label, figure in figures.items():
        for what, value in figure.items():
            before = recorded[label][what]
            if value != before:
                print(f"{label}: {what}: {value}, recorded {before}")
                grown += what in HELD and value > before
    return grown


def main():
    directory, budget = Path(sys.argv[1]), Path(sys.argv[2])
    figures = measure(directory)
    if "--record" in sys.argv:
        budget.write_text(json.dumps({"nvcc": release(directory), "kernels": figures}, indent=2) + "\n")
        return
    recorded = json.loads(budget.read_text())
    for label, figure in figures.items():
        print(f"{label}: " + ", ".join(f"{value} {what}" for what, value in figure.items()))
        if figure["fused multiply-adds a step"] < 100:
            sys.exit(f"{label}: the hot loop was not found")
    if recorded["nvcc"] != release(directory):
        print(f"figures are recorded for nvcc {recorded['nvcc']}, this is {release(directory)}")
        sys.exit(77)
    sys.exit(1 if compare(figures, recorded["kernels"]) else 0)


if __name__ == "__main__":
    main()
