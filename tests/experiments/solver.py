# SPDX-License-Identifier: MIT
"""Hodgkin-Huxley written down a second time, for the recorded numbers of the experiments: plain
equations, DOP853 of SciPy, spikes and extrema from its dense output. Shares nothing with hhsweep."""

import math
from dataclasses import dataclass, field

import numpy
from scipy.integrate import DOP853
from scipy.optimize import brentq

TOLERANCE = 1e-12
LEAK = (0.3, -54.387)


def exp(x):
    """Never overflows: a trial step may be absurd before the solver rejects it."""
    return math.exp(min(x, 60.0))


def linoid(v, rate, midpoint, scale):
    x = (v - midpoint) / scale
    if abs(x) < 1e-6:
        return rate * (1 + x / 2)
    return rate * x / -math.expm1(min(-x, 60.0))


def squid_rates(v):
    """(alpha_m, beta_m, alpha_h, beta_h, alpha_n, beta_n) in 1/ms at v mV."""
    return (linoid(v, 1.0, -40, 10), 4 * exp(-(v + 65) / 18),
            0.07 * exp(-(v + 65) / 20), 1 / (1 + exp(-(v + 35) / 10)),
            linoid(v, 0.1, -55, 10), 0.125 * exp(-(v + 65) / 80))


def slides_code_rates(v):
    """As the slides' listing computes them: no /10 in beta_h."""
    am, bm, ah, _, an, bn = squid_rates(v)
    return am, bm, ah, 1 / (1 + exp(-(v + 35))), an, bn


def slides_formula_rates(v):
    """As the slides print them: alpha_h grows with v."""
    am, bm, _, bh, an, bn = squid_rates(v)
    return am, bm, 0.07 * exp((v + 65) / 20), bh, an, bn


def blog_rates(v):
    return (linoid(v, 1.0, 25, 10), 4 * exp(-v / 18),
            0.07 * exp(-v / 20), 1 / (exp((30 - v) / 10) + 1),
            linoid(v, 0.1, 10, 10), 0.125 * exp(-v / 80))


@dataclass
class Cell:
    """Rates, sodium reversal potential (mV) and the spike level (mV) of one model."""
    rates: callable
    e_na: float
    level: float

    def currents(self, v, m, h, n):
        """Ionic current in uA/cm^2."""
        return (120 * m * m * m * h * (v - self.e_na) + 36 * n * n * n * n * (v + 77) + LEAK[0] * (v - LEAK[1]))

    def slope(self, y, current):
        v, m, h, n = y
        am, bm, ah, bh, an, bn = self.rates(v)
        return [current - self.currents(v, m, h, n),
                am * (1 - m) - bm * m, ah * (1 - h) - bh * h, an * (1 - n) - bn * n]

    def gates(self, v):
        """Steady m, h, n at v mV."""
        am, bm, ah, bh, an, bn = self.rates(v)
        return am / (am + bm), ah / (ah + bh), an / (an + bn)

    def rest(self, current=0.0, low=-76.999, high=49.0):
        """The equilibrium of lowest V at a constant current."""
        def net(v):
            return current - self.currents(v, *self.gates(v))
        grid = numpy.linspace(low, high, 2003)
        for a, b in zip(grid, grid[1:]):
            if net(a) > 0 >= net(b) or net(a) < 0 <= net(b):
                v = brentq(net, a, b, xtol=1e-14, rtol=1e-15)
                return [v, *self.gates(v)]
        raise ValueError("no equilibrium")


SQUID = Cell(squid_rates, 50.0, 0.0)
SLIDES = Cell(slides_code_rates, 50.0, 0.0)
SLIDES_FORMULA = Cell(slides_formula_rates, 50.0, 0.0)
BLOG = Cell(blog_rates, 120.0, 50.0)
SLIDES_START = [-65.0, 0.05, 0.6, 0.317]
BLOG_START = [-54.387000012713244, 3.26471634e-05, 0.999807847, 0.004008396]


@dataclass
class Run:
    """Spike times (ms), maxima of V as (ms, mV) and the extrema of the window, states at `samples`."""
    spikes: list = field(default_factory=list)
    peaks: list = field(default_factory=list)
    v_max: float = -math.inf
    v_max_time: float = math.nan
    v_min: float = math.inf
    states: list = field(default_factory=list)
    end: list = None


def pulses(*intervals):
    """(edges, current) of pulses given as (start, stop, amplitude)."""
    def current(t):
        return sum(a for start, stop, a in intervals if start <= t < stop)
    return sorted({x for start, stop, _ in intervals for x in (start, stop)}), current


def ramp(amplitude, start, end, stop):
    """(edges, current): linear from 0 at start to amplitude at end, held until stop."""
    def current(t):
        if not start <= t < stop:
            return 0.0
        return amplitude * min(1.0, (t - start) / (end - start))
    return [start, end, stop], current


def simulate(cell, start, stimulus, duration, window=None, samples=(), level=None,
             enough=None, tolerance=TOLERANCE, begin=0.0):
    """Integrates from `begin` to `duration`, every edge of the stimulus ending a step. `stimulus` is
    (edges, current of t); within a piece the current is looked up at most half-way to its right end,
    so that an edge belongs to the piece after it. Stops after `enough` spikes in the window."""
    edges, current = stimulus
    level = cell.level if level is None else level
    a, b = window or (begin, duration)
    run, y, t = Run(), list(start), begin
    stops = sorted({e for e in edges if begin < e < duration} | {x for x in (a, b, *samples) if x > begin} | {duration})
    if samples and samples[0] == begin:
        run.states.append(list(y))
    for stop in stops:
        last = math.nextafter(stop, begin)
        solver = DOP853(lambda x, z: cell.slope(z.tolist(), current(min(x, last))), t,
                        numpy.array(y), stop, rtol=tolerance, atol=tolerance)
        inside = a <= t and stop <= b
        while solver.status == "running":
            before = solver.y[0]
            solver.step()
            if inside:
                _look(run, solver, before, level)
        if solver.status == "failed":
            raise RuntimeError(f"DOP853 failed at {solver.t} ms")
        t, y = stop, solver.y.tolist()
        # A maximum that the current's edge makes is a corner, not a zero of the slope.
        if inside and cell.slope(y, current(last))[0] > 0 >= cell.slope(y, current(stop))[0]:
            run.peaks.append((stop, y[0]))
        if stop in samples:
            run.states.append(list(y))
        if enough is not None and len(run.spikes) >= enough:
            break
    run.end = y
    return run


def _look(run, solver, before, level):
    """Spikes and extrema of the step that the solver has just made."""
    dense = None

    def v(t):
        return dense(t)[0]

    def slope(t):
        return (v(t + 1e-5) - v(t - 1e-5))

    t0, t1, after = solver.t_old, solver.t, solver.y[0]
    for value, t in ((before, t0), (after, t1)):
        if value > run.v_max:
            run.v_max, run.v_max_time = value, t
        run.v_min = min(run.v_min, value)
    dense = solver.dense_output()
    nodes = numpy.linspace(t0, t1, 5)
    values = [before, *(v(t) for t in nodes[1:-1]), after]
    points = list(zip(nodes, values))
    # The extremum inside a step, where the slope at the ends differs in sign.
    width = t1 - t0
    if width > 1e-4:
        left, right = slope(t0 + 1e-5), slope(t1 - 1e-5)
        if left * right < 0:
            t = brentq(slope, t0 + 1e-5, t1 - 1e-5, xtol=1e-12)
            points = sorted([*points, (t, v(t))])
            if v(t) > run.v_max:
                run.v_max, run.v_max_time = v(t), t
            run.v_min = min(run.v_min, v(t))
            if left > 0:
                run.peaks.append((t, v(t)))
    for (ta, va), (tb, vb) in zip(points, points[1:]):
        if va < level <= vb:
            run.spikes.append(brentq(lambda t: v(t) - level, ta, tb, xtol=1e-13))


def threshold(event, low, high, tolerance):
    """Where event(x) switches between low and high: (lower, upper)."""
    at_low = event(low)
    if event(high) == at_low:
        raise ValueError("the event does not switch in the bracket")
    while high - low > tolerance:
        middle = (low + high) / 2
        if event(middle) == at_low:
            low = middle
        else:
            high = middle
    return (low + high) / 2
