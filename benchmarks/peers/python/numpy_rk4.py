# SPDX-License-Identifier: MIT
"""NumPy: all neurons in one array, a Python loop over the steps."""

import load
import numpy


def advanced(state, k, h):
    return tuple(y + h * slope for y, slope in zip(state, k))


def rk4_step(state, current, dt):
    def slope(y):
        return load.slope(y, current, numpy.exp, numpy.where)

    k1 = slope(state)
    k2 = slope(advanced(state, k1, dt / 2))
    k3 = slope(advanced(state, k2, dt / 2))
    k4 = slope(advanced(state, k3, dt))
    return tuple(y + dt / 6 * (a + 2 * (b + c) + d) for y, a, b, c, d in zip(state, k1, k2, k3, k4))


def simulate(task):
    """(counts, spike times) of all neurons."""
    current = numpy.array(task.currents(), task.precision)
    state = tuple(numpy.full(task.neurons, value, task.precision) for value in load.rest())
    counts = numpy.zeros(task.neurons, int)
    times = [[] for _ in range(task.neurons)]
    for step in range(task.steps):
        before = state[0]
        state = rk4_step(state, current if step >= task.onset_step else 0 * current, task.dt)
        spiked = (before < 0) & (state[0] >= 0)
        counts += spiked
        if task.times:
            for k in numpy.flatnonzero(spiked):
                times[k].append(load.crossing_times(step, task.dt, float(before[k]), float(state[0][k])))
    return counts, times


if __name__ == "__main__":
    task = load.Load()
    with load.Stopwatch() as watch:
        found = simulate(task)
    task.report(f"NumPy {numpy.__version__}", watch, *found)
