# SPDX-License-Identifier: MIT
"""SciPy: solve_ivp for each neuron, an event at 0 mV; `--method` is LSODA/TOLERANCE, RK45/TOLERANCE or
DOP853/TOLERANCE. Its steps are its own, so a rate counts the steps of the standard load."""

import math

import load
import scipy
from scipy.integrate import solve_ivp


def upward(t, y, current):
    return y[0]


upward.direction = 1


def derivative(t, y, current):
    return load.slope(y, current, math.exp, load.choose)


def spike_times(current, duration, method, tolerance):
    """ms, of one neuron; what comes before the current's onset is rest."""
    solution = solve_ivp(derivative, (load.ONSET, duration), load.rest(), method=method, events=upward,
                         args=(current,), rtol=tolerance, atol=tolerance)
    return solution.t_events[0].tolist()


def main():
    task = load.Load()
    method, _, tolerance = (task.method or "LSODA/1e-6").partition("/")
    with load.Stopwatch() as watch:
        times = [spike_times(current, task.duration, method, float(tolerance)) for current in task.currents()]
    task.report(f"SciPy {scipy.__version__}", watch, [len(row) for row in times], times)


if __name__ == "__main__":
    main()
