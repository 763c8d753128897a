#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""accuracy_reference.py: writes accuracy_reference.json, what accuracy.py compares with.

Spikes and peaks of `squid` from rest over up to 10 s, by the Taylor series of tests/reference in double
precision (order 24, and again with order 30 and other steps: the larger of their differences is written
beside the numbers). Shares nothing with hhsweep. Ten minutes on one core; apt: python3-mpmath python3-scipy.
"""

import json
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "tests" / "reference"))
import make_reference as taylor  # noqa: E402

ENDLESS_MS = 1e9  # a step that is on to the end of the run, whatever that is
TRAIN = {"start_ms": 5.0037, "period_ms": 12.513, "width_ms": 1.003, "amplitude_uA_cm2": 25.0}
CASES = {f"step {amplitude:g}": (taylor.step(amplitude, 5.0, ENDLESS_MS), duration)
         for amplitude, duration in ((7.0, 1e3), (10.0, 1e4), (20.0, 1e3), (60.0, 1e4))}
CASES["train"] = (taylor.stimulus("train", **TRAIN), 1e4)


def run(stimulus, duration, start, arithmetic):
    found = taylor.simulate(taylor.SQUID, start, [stimulus], duration, arithmetic)
    return found["spikes"], found["peaks"]


def main():
    rest = [float(x) for x in taylor.rest_state(taylor.SQUID)[0]]
    double = taylor.double_arithmetic()
    other = double._replace(order=30, tolerance=1e-19)
    cases = {}
    for name, (stimulus, duration) in CASES.items():
        spikes, peaks = run(stimulus, duration, rest, double)
        again, peaks_again = run(stimulus, duration, rest, other)
        if len(spikes) != len(again) or len(peaks) != len(peaks_again):
            raise RuntimeError(f"{name}: the two series disagree on the number of spikes or peaks")
        cases[name] = {
            "stimulus": stimulus, "duration_ms": duration, "spike_t_ms": spikes,
            "highest_mV": max(v for v, _ in peaks),
            "uncertainty": {"spike_t_ms": max(abs(a - b) for a, b in zip(spikes, again)),
                            "highest_mV": max(abs(a[0] - b[0]) for a, b in zip(peaks, peaks_again))}}
        print(name, len(spikes), cases[name]["uncertainty"], flush=True)
    made_by = "benchmarks/accuracy_reference.py"
    with open(FOLDER / "accuracy_reference.json", "w", encoding="utf-8") as file:
        json.dump({"made_by": made_by, "model": "squid", "start": rest, "cases": cases}, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
