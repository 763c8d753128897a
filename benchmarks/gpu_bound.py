#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""gpu_bound.py [BUDGET.json] [--check README.md]: how fast the time loop can be on a GPU of compute
capability 9.0, from the instructions of one step that kernels/budget.json holds.

A multiprocessor starts 4 warps of 32 lanes a clock, whatever they do; its units take fewer lanes. The
bound is that of the unit that is busy longest, or of starting them all. It leaves out the rare paths,
latency, and what fits beside the registers, so no run reaches it. With --check the table must stand
in README.md as it is printed.
"""

import json
import sys
from pathlib import Path

BUDGET = Path(__file__).resolve().parent.parent / "kernels" / "budget.json"

# Lanes a clock and multiprocessor: CUDA C++ Programming Guide, throughput of native arithmetic
# instructions, compute capability 9.0. Integers, comparisons and selects share one unit.
UNITS = {
    "starting": (128, ("instructions",)),
    "FP32": (128, ("FP32",)),
    "FP64": (64, ("FP64",)),
    "integer, compare": (64, ("integer", "compare and select")),
    "IMAD": (64, ("IMAD",)),
    "MUFU": (16, ("MUFU",)),
}
COLUMNS = ("instructions", "FP32", "FP64", "MUFU", "IMAD", "integer", "compare and select", "uniform",
           "control", "memory")
H200 = {"multiprocessors": 132, "clock_hz": 1.755e9}

REGISTERS, WARPS, BLOCK_WARPS, GRANULE = 65536, 64, 4, 8


def clocks(figures):
    """Clocks that one step of 1 neuron keeps each unit of a multiprocessor busy."""
    return {
        unit: sum(figures[f"{name} a step"] for name in names) / lanes
        for unit, (lanes, names) in UNITS.items()
    }


def rate(figures, multiprocessors, clock_hz):
    """The bound in neuron-steps/s, and the unit that sets it."""
    busy = clocks(figures)
    unit = max(busy, key=busy.get)
    return multiprocessors * clock_hz / busy[unit], unit


def resident_warps(registers):
    """Warps that a multiprocessor holds, in whole blocks, as far as registers go."""
    of_warp = -(-registers // GRANULE) * GRANULE * 32
    return min(REGISTERS // of_warp, WARPS) // BLOCK_WARPS * BLOCK_WARPS


def table(kernels):
    lines = ["| kernel | " + " | ".join(COLUMNS) + " | registers | warps of 64 | bound | set by |",
             "|---" * (len(COLUMNS) + 5) + "|"]
    for label, figures in kernels.items():
        bound, unit = rate(figures, **H200)
        cells = [label, *(figures[f"{name} a step"] for name in COLUMNS), figures["registers"],
                 resident_warps(figures["registers"]), f"{bound / 1e9:.1f}", unit]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def main():
    words = sys.argv[1:]
    readme = Path(words[words.index("--check") + 1]) if "--check" in words else None
    budget = Path(words[0]) if words and words[0] != "--check" else BUDGET
    text = table(json.loads(budget.read_text())["kernels"])
    print(text)
    if readme is not None and text not in readme.read_text():
        sys.exit(f"{readme} does not hold this table")


if __name__ == "__main__":
    main()
