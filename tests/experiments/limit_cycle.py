# SPDX-License-Identifier: MIT
"""Where the states of a cell under constant current appear and lose stability: Hopf points from the
eigenvalues of the rest state, the fold of limit cycles by shooting and pseudo-arclength continuation."""

import numpy
from scipy.integrate import DOP853
from scipy.optimize import brentq

from solver import pulses, simulate

SECTION = -40.0                                   # mV; cycles are followed from their way up through it
SCALE = numpy.array([0.1, 0.1, 0.1, 10.0, 1.0])   # of m, h, n, period (ms), current (uA/cm^2)


def jacobian(cell, state, current):
    columns = []
    for i, x in enumerate(state):
        step = 1e-5 * max(1.0, abs(x))
        above, below = list(state), list(state)
        above[i], below[i] = x + step, x - step
        columns.append((numpy.array(cell.slope(above, current)) - cell.slope(below, current)) / (2 * step))
    return numpy.array(columns).T


def hopf(cell, low, high):
    """The current between low and high at which the rest state's stability changes."""
    def growth(current):
        return max(numpy.linalg.eigvals(jacobian(cell, cell.rest(current), current)).real)
    return brentq(growth, low, high, xtol=1e-10)


def returned(cell, point):
    """How far the flow of one period is from closing, at (m, h, n, period, current)."""
    *gates, period, current = point
    start = numpy.array([SECTION, *gates])
    solver = DOP853(lambda t, y: cell.slope(y.tolist(), current), 0.0, start, period, rtol=1e-12, atol=1e-13)
    while solver.status == "running":
        solver.step()
    return solver.y - start


def corrected(cell, guess, tangent):
    """The cycle next to `guess` in the plane across `tangent`, and the branch's tangent there."""
    point = guess.copy()
    for _ in range(12):
        across = []
        for i in range(5):
            step = numpy.zeros(5)
            step[i] = 1e-6 * SCALE[i]
            across.append((returned(cell, point + step) - returned(cell, point - step)) / 2e-6)
        matrix = numpy.vstack([numpy.array(across).T, tangent])
        miss = numpy.append(returned(cell, point), tangent @ ((point - guess) / SCALE))
        change = numpy.linalg.solve(matrix, -miss)
        point = point + change * SCALE
        if max(abs(change)) < 1e-9:
            break
    along = numpy.linalg.svd(matrix[:4])[2][-1]
    return point, along if along @ tangent > 0 else -along


def fold(cell, current, step=0.05):
    """(current, period) of the fold below `current`, at which the cell fires from rest."""
    held = pulses((0, 1000, current))
    spikes = simulate(cell, cell.rest(), held, 500, level=SECTION, tolerance=1e-11).spikes
    state = simulate(cell, cell.rest(), held, 500, samples=(spikes[-1],)).states[0]
    point = numpy.array([*state[1:], spikes[-1] - spikes[-2], current])
    tangent = numpy.array([0.0, 0.0, 0.0, 0.0, -1.0])
    point, tangent = corrected(cell, point, tangent)
    for _ in range(60):
        following = corrected(cell, point + step * tangent * SCALE, tangent)
        if following[1][4] > 0:
            break
        point, tangent = following
    else:
        raise RuntimeError("no fold on the way down")
    length = brentq(lambda s: corrected(cell, point + s * tangent * SCALE, tangent)[1][4], 0.0, step, xtol=1e-8)
    *_, period, turned = corrected(cell, point + length * tangent * SCALE, tangent)[0]
    return turned, period


def landmarks(cell):
    """Currents of the squid axon at which its states change."""
    current, period = fold(cell, 6.6)
    return dict(fold=current, fold_period=period, hopf=hopf(cell, 8.0, 11.0), second_hopf=hopf(cell, 140.0, 170.0))
