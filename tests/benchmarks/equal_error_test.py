# SPDX-License-Identifier: MIT
"""How equal_error.py compares spike times and looks for the largest step, with methods whose error is a formula."""

import math
import os
import pathlib
import sys

PEERS = pathlib.Path(os.environ["HHSWEEP_SOURCE_DIR"]) / "benchmarks" / "peers"
sys.path.insert(0, str(PEERS))

try:
    import netCDF4  # noqa: F401
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

import equal_error  # noqa: E402


def searched(order, factor, unstable_from=math.inf, cpu_s_times_step=0.0):
    """(sizes tried, best trial) for a method whose error is factor size^order and infinite at large sizes."""
    tool = equal_error.Tool("a method", "float64", order=order)

    def attempt(size):
        error = math.inf if size >= unstable_from else factor * size**order
        return {"size": size, "error_ms": error, "seconds": 0.0, "cpu_s": cpu_s_times_step / size}

    trials, best = equal_error.search(tool, attempt)
    return [trial["size"] for trial in trials], best


def is_largest(best, right):
    """Whether `best` is the last of the steps from which on they are `right`."""
    sizes = equal_error.STEPS
    index = sizes.index(best["size"])
    return right(sizes[index]) and (index == 0 or not right(sizes[index - 1]))


for step in equal_error.STEPS:
    steps_before_onset = 5 / step
    assert abs(steps_before_onset - round(steps_before_onset)) < 1e-6 * steps_before_onset, step

expected = [[1.0, 2.0], []]
assert equal_error.largest_error([[1.0, 2.5], []], expected) == 0.5
assert equal_error.largest_error([[1.0], []], expected) == math.inf
assert equal_error.largest_error([[1.0], [2.0]], expected) == math.inf

for order in (1, 2, 4):
    for factor in (1e-3, 0.3, 7.0, 290.0):
        tried, best = searched(order, factor)
        assert is_largest(best, lambda size: factor * size**order <= equal_error.TOLERANCE_MS), (order, factor, best)
        assert len(tried) == len(set(tried)) <= 5, (order, factor, tried)

tried, best = searched(4, 100.0, unstable_from=0.03)
assert is_largest(best, lambda size: size < 0.03), best

# Where every step that is left would take too long, the last error is all there is, or the best so far.
tried, best = searched(1, 1e4, cpu_s_times_step=0.1)
assert best is None and 0 < len(tried) < 10, tried
tried, best = searched(1, 300.0, cpu_s_times_step=2e-3)
assert best["size"] == tried[-1] and best["error_ms"] <= equal_error.TOLERANCE_MS, tried
assert not is_largest(best, lambda size: 0 < size) and len(tried) == 2
