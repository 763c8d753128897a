#!/usr/bin/python3
"""Writes reference.json: Hodgkin-Huxley numbers to check the simulator against.

    /usr/bin/python3 tests/reference/make_reference.py        (5 minutes, one core)

needs the Debian packages python3-mpmath and python3-scipy. Options: see --help.

Method: Taylor series of high order, in automatic-differentiation form, with a step chosen from the
last coefficients and ended at every stimulus edge. The same series are summed in double and in
25-digit arithmetic; scipy's DOP853 on a plainly written right-hand side is the second opinion.
"""

import argparse
import copy
import json
import math
import os
import re
import sys
import textwrap
import time
from collections import namedtuple
from operator import mul

import mpmath
import numpy
import scipy
from mpmath import mp, mpf
from scipy.integrate import DOP853

mp.dps = 25

Rate = namedtuple("Rate", "form rate midpoint scale")
Model = namedtuple("Model", "c_m g_na g_k g_l e_na e_k e_l am bm ah bh an bn phi level start")

SQUID = Model(
    1.0, 120.0, 36.0, 0.3, 50.0, -77.0, -54.387,
    Rate("linoid", 1.0, -40.0, 10.0), Rate("exponential", 4.0, -65.0, 18.0),
    Rate("exponential", 0.07, -65.0, 20.0), Rate("sigmoid", 1.0, -35.0, 10.0),
    Rate("linoid", 0.1, -55.0, 10.0), Rate("exponential", 0.125, -65.0, 80.0),
    None, 0.0, None)
SLIDES = SQUID._replace(bh=Rate("sigmoid", 1.0, -35.0, 1.0), start=(-65.0, 0.05, 0.6, 0.317))
BLOG = SQUID._replace(
    e_na=120.0,
    am=Rate("linoid", 1.0, 25.0, 10.0), bm=Rate("exponential", 4.0, 0.0, 18.0),
    ah=Rate("exponential", 0.07, 0.0, 20.0), bh=Rate("sigmoid", 1.0, 30.0, 10.0),
    an=Rate("linoid", 0.1, 10.0, 10.0), bn=Rate("exponential", 0.125, 0.0, 80.0),
    level=50.0, start=(-54.387000012713244, 3.26471634e-05, 0.999807847, 0.004008396))
HH1952 = BLOG._replace(e_na=115.0, e_k=-12.0, e_l=10.613, start=None)
PRESETS = {"squid": SQUID, "slides": SLIDES, "blog": BLOG, "hh1952": HH1952}


def precise(x):
    """The decimal number that was written, not the double nearest to it."""
    return x if isinstance(x, mpf) else mpf(repr(x))


def rate_value(r, v, num, exp):
    x = (v - num(r.midpoint)) / num(r.scale)
    if r.form == "linoid":
        return num(r.rate) * (x / (1 - exp(-x)) if x else 1)
    e = exp(-x)
    return num(r.rate) * e if r.form == "exponential" else num(r.rate) / (1 + e)


def temperature_factor(celsius, num):
    return num(3.0) ** ((num(celsius) - num(6.3)) / 10)


def slope(model, y, phi, current, num, exp):
    v, m, h, n = y
    rate = {k: rate_value(getattr(model, k), v, num, exp) for k in ("am", "bm", "ah", "bh", "an", "bn")}
    ionic = (num(model.g_na) * m ** 3 * h * (v - num(model.e_na))
             + num(model.g_k) * n ** 4 * (v - num(model.e_k)) + num(model.g_l) * (v - num(model.e_l)))
    return [(current - ionic) / num(model.c_m)] + [
        phi * (rate["a" + p] * (1 - x) - rate["b" + p] * x) for p, x in (("m", m), ("h", h), ("n", n))]


def rest_state(model):
    def gates(v):
        out = []
        for p in "mhn":
            a = rate_value(getattr(model, "a" + p), v, precise, mp.exp)
            out.append(a / (a + rate_value(getattr(model, "b" + p), v, precise, mp.exp)))
        return out

    def drift(v):
        return slope(model, [v] + gates(v), 1, 0, precise, mp.exp)[0]

    # No equilibrium lies outside the reversal potentials. The odd divisor keeps the grid off the
    # midpoints, where x/(1 - exp(-x)) loses its digits.
    low, high = precise(model.e_k), precise(model.e_na)
    grid = [low + (high - low) * i / 1013 for i in range(1014)]
    roots = [(a, b) for a, b in zip(grid, grid[1:]) if drift(a) > 0 >= drift(b) or drift(a) < 0 <= drift(b)]
    v = mpmath.findroot(drift, roots[0], solver="anderson", tol=mpf(10) ** (8 - 2 * mp.dps))
    return [v] + gates(v), len(roots)


def eigenvalues(model, y):
    def entry(i, j):
        def f(x):
            z = list(y)
            z[j] = x
            return slope(model, z, 1, 0, precise, mp.exp)[i]
        return mpmath.diff(f, y[j])
    jacobian = mpmath.matrix([[entry(i, j) for j in range(4)] for i in range(4)])
    # Rounded, so that noise in the real parts does not order a conjugate pair.
    return sorted(map(mpmath.chop, mpmath.eig(jacobian)[0]), key=lambda z: (round(float(z.real), 12), z.imag))


def stimulus(kind, **keys):
    return dict(kind=kind, **keys)


def step(amplitude, start, stop):
    return stimulus("step", start_ms=start, stop_ms=stop, amplitude_uA_cm2=amplitude)


def pulse(amplitude, start, width):
    return stimulus("step", start_ms=start, width_ms=width, amplitude_uA_cm2=amplitude)


def edges(s, duration, num):
    """Times at which the current is not smooth; between them `series` holds."""
    start = num(s["start_ms"])
    if s["kind"] == "train":
        period, width, out = num(s["period_ms"]), num(s["width_ms"]), []
        while start + len(out) // 2 * period < duration:
            begin = start + len(out) // 2 * period
            out += [begin, begin + width]
        return out
    stop = start + num(s["width_ms"]) if "width_ms" in s else num(s["stop_ms"])
    return [start, start + num(s["rise_ms"]), stop] if s["kind"] == "ramp" else [start, stop]


def sine_series(p, arith):
    """Taylor coefficients of sin(p0 + p1 u + p2 u^2)."""
    s, c = [arith.sin(p[0])], [arith.cos(p[0])]
    for k in range(1, arith.order + 1):
        dp = (p[1], 2 * p[2])[:k]
        s.append(arith.dot(dp, reversed(c)) / k)
        c.append(-arith.dot(dp, reversed(s[:k])) / k)
    return s


def series(s, t, middle, arith):
    """Taylor coefficients of the current at t, for the smooth piece that contains `middle`."""
    num = arith.num
    amplitude, start = num(s["amplitude_uA_cm2"]), num(s["start_ms"])
    on = sum(1 for e in edges(s, middle + 1, num) if e <= middle) if middle >= start else 0
    flat = [num(0.0)] * (arith.order + 1)
    if s["kind"] in ("step", "train"):
        return [amplitude] + flat[1:] if on % 2 else flat
    if s["kind"] == "ramp":
        rise = num(s["rise_ms"])
        if on == 1:
            return [amplitude * (t - start) / rise, amplitude / rise] + flat[2:]
        return [amplitude] + flat[1:] if on == 2 else flat
    if on != 1:
        return flat
    turn, u = 2 * arith.pi / 1000, t - start
    if s["kind"] == "sine":
        w = turn * num(s["frequency_Hz"])
        phase = [w * u, w, num(0.0)]
    else:
        f0, f1 = num(s["frequency_start_Hz"]), num(s["frequency_stop_Hz"])
        bend = (f1 - f0) / (2 * (num(s["stop_ms"]) - start))
        phase = [turn * (f0 * u + bend * u * u), turn * (f0 + 2 * bend * u), turn * bend]
    out = [amplitude * x for x in sine_series(phase, arith)]
    out[0] += num(s.get("offset_uA_cm2", 0.0))
    return out


Arithmetic = namedtuple("Arithmetic", "num exp sin cos dot pi order tolerance eps gauss")


def gauss_rule(n):
    """Gauss-Legendre on [0, 1]."""
    legendre = [[mpf(1)], [mpf(1), mpf(0)]]
    for k in range(1, n):
        up = [(2 * k + 1) * x for x in legendre[k]] + [mpf(0)]
        down = [mpf(0), mpf(0)] + [k * x for x in legendre[k - 1]]
        legendre.append([(a - b) / (k + 1) for a, b in zip(up, down)])
    nodes = mpmath.polyroots(legendre[n], maxsteps=200, extraprec=200)
    return [((1 + x) / 2, (1 - x * x) / (n * mpmath.legendre(n - 1, x)) ** 2) for x in nodes]


def double_arithmetic():
    gauss = [(float(s), float(w)) for s, w in gauss_rule(8)]
    return Arithmetic(float, math.exp, math.sin, math.cos, lambda a, b: sum(map(mul, a, b)),
                      math.pi, 24, 1e-18, 2e-16, gauss)


def precise_arithmetic(order, tolerance):
    return Arithmetic(precise, mp.exp, mp.sin, mp.cos, mp.fdot, +mp.pi, order, mpf(tolerance), mpf("1e-24"),
                      gauss_rule(12))


class RateSeries:
    """Taylor coefficients of one rate along V(t), one more per call of `extend`."""

    def __init__(self, r, v, arith):
        self.dot, num = arith.dot, arith.num
        self.rate, scale = num(r.rate), num(r.scale)
        x = (v - num(r.midpoint)) / scale
        self.reach = None
        if r.form == "linoid" and abs(x) < 1:
            # (1 - exp(-x))/x as the integral of exp(-x s) over s in (0, 1): no 0/0 anywhere. The rule
            # is exact to the working precision for |x| up to 2.
            self.kind, self.reach = "smooth", scale
            self.factors = [-s / scale for s, _ in arith.gauss]
            self.exps = [[w * arith.exp(-x * s)] for s, w in arith.gauss]
            self.below = [sum(e[0] for e in self.exps)]
            self.out = [self.rate / self.below[0]]
            return
        self.kind = r.form
        self.factors, self.exps = [-1 / scale], [[arith.exp(-x)]]
        if r.form == "linoid":
            # Dividing by a series amplifies rounding errors once the step reaches its zero.
            self.reach = abs(v - num(r.midpoint)) * 4 / 5
            self.above = [self.rate * x, self.rate / scale]
            self.below = [1 - self.exps[0][0]]
            self.out = [self.above[0] / self.below[0]]
        elif r.form == "sigmoid":
            self.below = [1 + self.exps[0][0]]
            self.out = [self.rate / self.below[0]]
        else:
            self.exps[0][0] *= self.rate
            self.out = self.exps[0]

    def extend(self, dv):
        """dv holds j V_j for j = 1 .. k."""
        k = len(dv)
        for e, f in zip(self.exps, self.factors):
            e.append(f * self.dot(dv, reversed(e)) / k)
        if self.kind == "exponential":
            return
        if self.kind == "smooth":
            self.below.append(sum(e[k] for e in self.exps))
        else:
            self.below.append(-self.exps[0][k] if self.kind == "linoid" else self.exps[0][k])
        top = self.above[1] * dv[-1] / k if self.kind == "linoid" else 0
        self.out.append((top - self.dot(self.below[1:], reversed(self.out))) / self.below[0])


def taylor(model, y, phi, current, arith):
    """Coefficients of V, m, h, n and the radius within which the rates' series may be used."""
    num, dot, order = arith.num, arith.dot, arith.order
    g_na, g_k, g_l = num(model.g_na), num(model.g_k), num(model.g_l)
    drive_na, drive_k = g_na * num(model.e_na), g_k * num(model.e_k)
    drive_l, c_m = g_l * num(model.e_l), num(model.c_m)
    v, m, h, n = [[x] for x in y]
    dv = []
    rates = [RateSeries(r, y[0], arith) for r in (model.am, model.bm, model.ah, model.bh, model.an, model.bn)]
    sums = [[], [], []]
    m2, m3, m3h, n2, n4, g = [], [], [], [], [], []
    for k in range(order):
        for p, alpha, beta, s in zip((m, h, n), rates[0::2], rates[1::2], sums):
            s.append(alpha.out[k] + beta.out[k])
            p.append(phi * (alpha.out[k] - dot(s, reversed(p))) / (k + 1))
        # The gates already carry coefficient k + 1; products up to k must not see it.
        m2.append(dot(m[:k + 1], reversed(m[:k + 1])))
        m3.append(dot(m2, reversed(m[:k + 1])))
        m3h.append(dot(m3, reversed(h[:k + 1])))
        n2.append(dot(n[:k + 1], reversed(n[:k + 1])))
        n4.append(dot(n2, reversed(n2)))
        g.append(g_na * m3h[k] + g_k * n4[k] + (g_l if k == 0 else 0))
        ionic = dot(g, reversed(v)) - drive_na * m3h[k] - drive_k * n4[k] - (drive_l if k == 0 else 0)
        v.append((current[k] - ionic) / (c_m * (k + 1)))
        dv.append((k + 1) * v[-1])
        if k + 1 < order:
            for r in rates:
                r.extend(dv)
    return (v, m, h, n), [r.reach for r in rates if r.reach is not None]


def step_size(coefficients, reaches, arith):
    h = None
    for k in (arith.order - 1, arith.order):
        norm = max(abs(c[k]) / s for c, s in zip(coefficients, (100, 1, 1, 1)))
        if norm > 0:
            candidate = (arith.tolerance / norm) ** (arith.num(1.0) / k)
            h = candidate if h is None else min(h, candidate)
    h = min(h, arith.num(2.0)) if h is not None else arith.num(2.0)
    while any(value([abs(x) for x in coefficients[0][1:]], h) * h > r for r in reaches):
        h = h / 2
    return h


def value(c, u):
    total = c[-1]
    for x in reversed(c[:-1]):
        total = total * u + x
    return total


def root(c, a, b, arith):
    """The zero of polynomial c between a and b, where its signs differ: Newton kept inside its bracket."""
    d = [k * x for k, x in enumerate(c)][1:]
    rising = value(c, a) < 0
    x = (a + b) / 2
    for _ in range(200):
        f, df = value(c, x), value(d, x)
        if (f < 0) == rising:
            a = x
        else:
            b = x
        y = x - f / df if df else a
        if not a < y < b:
            y = (a + b) / 2
        if abs(y - x) <= arith.eps * max(abs(x), arith.eps):
            return y
        x = y
    return x


def simulate(model, start, stimuli, duration, arith, samples=(), celsius=6.3, spikes_wanted=None):
    """Spike times, local maxima of V, extrema of V and states at the sample times."""
    num = arith.num
    level, duration = num(model.level), num(duration)
    phi = temperature_factor(celsius, num)
    y = [num(x) for x in start]
    cuts = sorted({e for s in stimuli for e in edges(s, duration, num) if 0 < e < duration} | {duration})
    wanted = sorted(num(x) for x in samples)
    out = dict(spikes=[], peaks=[], states=[], v_max=(y[0], num(0.0)), v_min=(y[0], num(0.0)), steps=0)

    def see(v, t):
        if v > out["v_max"][0]:
            out["v_max"] = (v, t)
        if v < out["v_min"][0]:
            out["v_min"] = (v, t)

    t = num(0.0)
    for cut in cuts:
        middle = (t + cut) / 2
        while t < cut:
            current = [sum(x) for x in zip(*(series(s, t, middle, arith) for s in stimuli))]
            if not stimuli:
                current = [num(0.0)] * (arith.order + 1)
            c, reaches = taylor(model, y, phi, current, arith)
            h = step_size(c, reaches, arith)
            # t + h is rounded; h is made to fit, so that the clock never drifts.
            after = t + h if t + h < cut else cut
            h = after - t
            while len(out["states"]) < len(wanted) and wanted[len(out["states"])] <= after:
                u = wanted[len(out["states"])] - t
                out["states"].append([value(x, u) for x in c])
            d = [k * x for k, x in enumerate(c[0])][1:]
            nodes = [h * i / 8 for i in range(9)]
            signs = [value(d, u) > 0 for u in nodes]
            points = [nodes[0]]
            for i in range(8):
                if signs[i] != signs[i + 1]:
                    u = root(d, nodes[i], nodes[i + 1], arith)
                    points.append(u)
                    see(value(c[0], u), t + u)
                    if signs[i]:
                        out["peaks"].append((value(c[0], u), t + u))
            points.append(nodes[8])
            heights = [value(c[0], u) - level for u in points]
            for i in range(len(points) - 1):
                if heights[i] < 0 <= heights[i + 1]:
                    shifted = [c[0][0] - level] + list(c[0][1:])
                    out["spikes"].append(t + root(shifted, points[i], points[i + 1], arith))
            y = [value(x, h) for x in c]
            see(y[0], after)
            t = after
            out["steps"] += 1
            if spikes_wanted is not None and len(out["spikes"]) >= spikes_wanted:
                return out
    return out


def plain_current(s, t, middle):
    """The current at t, written without series, for the smooth piece that contains `middle`."""
    on = sum(1 for e in edges(s, middle + 1, float) if e <= middle)
    amplitude, u = s["amplitude_uA_cm2"], t - s["start_ms"]
    if s["kind"] in ("step", "train"):
        return amplitude * (on % 2)
    if s["kind"] == "ramp":
        return (0.0, amplitude * u / s["rise_ms"], amplitude, 0.0)[on]
    if on != 1:
        return 0.0
    if s["kind"] == "sine":
        return s.get("offset_uA_cm2", 0.0) + amplitude * math.sin(2e-3 * math.pi * s["frequency_Hz"] * u)
    f0, f1 = s["frequency_start_Hz"], s["frequency_stop_Hz"]
    mean = f0 + (f1 - f0) * u / (2 * (s["stop_ms"] - s["start_ms"]))
    return amplitude * math.sin(2e-3 * math.pi * mean * u)


def dop853_steps(model, start, stimuli, times, celsius):
    """Time and state after every step. Every given time ends a step, so nothing is interpolated."""
    phi = temperature_factor(celsius, float)
    cuts = {e for s in stimuli for e in edges(s, times[-1], float) if 0 < e < times[-1]}
    t, y = 0.0, numpy.array(start)
    yield t, y
    for stop in sorted(cuts | {x for x in times if x > 0}):
        middle = (t + stop) / 2

        def f(x, z):
            current = sum(plain_current(s, x, middle) for s in stimuli)
            return slope(model, z.tolist(), phi, current, float, math.exp)
        solver = DOP853(f, t, y, stop, rtol=1e-13, atol=1e-13)
        while solver.status == "running":
            solver.step()
            yield solver.t, solver.y
        if solver.status == "failed":
            raise RuntimeError("DOP853 failed at %r ms" % solver.t)
        t, y = stop, solver.y


def largest_gap(a, b):
    return max((abs(float(x - y)) for x, y in zip(a, b)), default=0.0)


class Reference:
    def __init__(self):
        self.double = double_arithmetic()
        # The comparison runs differ in order and in step, so that an error of the method would show.
        self.double_other = self.double._replace(order=30, tolerance=1e-19)
        self.precise = precise_arithmetic(36, "1e-24")
        self.precise_other = precise_arithmetic(28, "1e-23")
        self.rest = {name: rest_state(model)[0] for name, model in PRESETS.items()}
        self.began = time.time()

    def say(self, text):
        print("%6.1f s  %s" % (time.time() - self.began, text), file=sys.stderr, flush=True)

    def start_of(self, preset, start):
        if start is not None:
            return list(start)
        return list(PRESETS[preset].start or self.rest[preset])

    def describe(self, preset, start, stimuli, duration, celsius=6.3):
        given = start or PRESETS[preset].start
        return dict(preset=preset, temperature_degC=celsius, level_mV=PRESETS[preset].level,
                    start=dict(zip(("v_mV", "m", "h", "n"), given)) if given else {"at": "rest"},
                    stimuli=stimuli, duration_ms=duration)

    def run(self, preset, start, stimuli, duration, arith, **more):
        start = [arith.num(x) if arith.num is precise else float(x) for x in self.start_of(preset, start)]
        return simulate(PRESETS[preset], start, stimuli, duration, arith, **more)

    def rests(self):
        out = {}
        for name, model in PRESETS.items():
            with mpmath.workdps(40):
                y, roots = rest_state(model)
                values = eigenvalues(model, y)
            out[name] = dict(
                v_mV=float(y[0]), m=float(y[1]), h=float(y[2]), n=float(y[3]),
                digits={k: mpmath.nstr(x, 25) for k, x in zip(("v_mV", "m", "h", "n"), y)},
                eigenvalues_per_ms=[dict(re=float(z.real), im=float(z.imag)) for z in values],
                eigenvalue_digits=[mpmath.nstr(z, 22) for z in values],
                equilibria=roots)
        return out

    def trajectory(self, preset, start, stimuli, duration, samples=(), celsius=6.3, first=None):
        """Everything recorded of one neuron, from the 25-digit run, with what the other runs say."""
        more = dict(samples=samples, celsius=celsius, spikes_wanted=first)
        best = self.run(preset, start, stimuli, duration, self.precise, **more)
        double = self.run(preset, start, stimuli, duration, self.double, **more)
        if len(best["spikes"]) != len(double["spikes"]):
            raise RuntimeError("spike counts differ")

        out = self.describe(preset, start, stimuli, duration, celsius)
        spikes = [float(x) for x in best["spikes"]]
        out["spike_t_ms"] = spikes
        if first is not None:
            out["only_the_first"] = first
        else:
            for key in ("v_max", "v_min"):
                out[key + "_mV"], out[key + "_t_ms"] = map(float, best[key])
        if samples:
            out["t_ms"] = list(samples)
            for i, key in enumerate(("v_mV", "m", "h", "n")):
                out[key] = [float(y[i]) for y in best["states"]]

        difference = dict(spike_t_ms=largest_gap(best["spikes"], double["spikes"]))
        if first is None:
            difference["v_max_mV"] = abs(float(best["v_max"][0] - double["v_max"][0]))
            difference["v_min_mV"] = abs(float(best["v_min"][0] - double["v_min"][0]))
            difference["v_max_t_ms"] = abs(float(best["v_max"][1] - double["v_max"][1]))
        if samples:
            gaps = [[abs(float(a - b)) for a, b in zip(p, q)] for p, q in zip(best["states"], double["states"])]
            difference["v_mV"] = max(g[0] for g in gaps)
            difference["gates"] = max(max(g[1:]) for g in gaps)
        out["double_run_differs_by"] = difference
        out["dop853_differs_by"] = self.second_opinion(preset, start, stimuli, celsius, spikes, samples, best)
        return out

    def second_opinion(self, preset, start, stimuli, celsius, spikes, samples, best):
        model = PRESETS[preset]
        times = sorted(set(spikes) | set(samples))
        if not times:
            return {}
        begin = [float(x) for x in self.start_of(preset, start)]
        states = dict(dop853_steps(model, begin, stimuli, times, celsius))
        out = {}
        if spikes:
            # V at the recorded crossing minus the level, as a time.
            phi, worst = temperature_factor(celsius, float), 0.0
            for t in spikes:
                current = sum(plain_current(s, t, t) for s in stimuli)
                rise = slope(model, states[t].tolist(), phi, current, float, math.exp)[0]
                worst = max(worst, abs(states[t][0] - model.level) / rise)
            out["spike_t_ms"] = worst
        if samples:
            gaps = [[abs(float(a) - b) for a, b in zip(p, states[t])] for t, p in zip(samples, best["states"])]
            out["v_mV"] = max(g[0] for g in gaps)
            out["gates"] = max(max(g[1:]) for g in gaps)
        return out

    def traces(self):
        fine = [i / 10 for i in range(31)] + [3.5 + i / 2 for i in range(34)]
        brief, weak = [step(10.0, 1.0, 3.0)], [step(1.0, 5.0, 25.0)]
        cases = {
            "squid_rest_pulse": ("squid", None, brief, 20.0, fine),
            "squid_given_start_pulse": ("squid", (-65.0, 0.05, 0.6, 0.317), brief, 20.0, fine),
            "slides_pulse": ("slides", None, brief, 20.0, fine),
            "blog_pulse": ("blog", None, brief, 20.0, fine),
            "hh1952_rest_pulse": ("hh1952", None, brief, 20.0, fine),
            "squid_rest_weak_step": ("squid", None, weak, 60.0, [2.0 * i for i in range(31)]),
            "blog_strong_pulse": ("blog", None, [step(100.0, 1.0, 3.0)], 20.0, fine),
        }
        return {name: self.trajectory(*case) for name, case in cases.items()}

    def spike_times(self):
        def held(amplitude, start, end):
            return [step(amplitude, start, end)]

        cases = {"squid_step_%d" % i: (("squid", None, held(float(i), 5.0, 150.0), 150.0), dict(first=10))
                 for i in range(10, 61, 10)}
        cases["squid_step_10_off_grid"] = (("squid", None, held(10.0, 5.00371, 150.0), 150.0), dict(first=10))
        cases["squid_train"] = (("squid", None, [stimulus(
            "train", start_ms=5.0013, width_ms=1.7, period_ms=13.37, amplitude_uA_cm2=20.0)], 100.0), {})
        cases["squid_ramp"] = (("squid", None, [stimulus(
            "ramp", start_ms=5.0, rise_ms=42.5, stop_ms=100.0, amplitude_uA_cm2=15.0)], 110.0), {})
        cases["squid_sine"] = (("squid", None, [stimulus(
            "sine", start_ms=5.0, stop_ms=205.0, amplitude_uA_cm2=6.0, frequency_Hz=60.0,
            offset_uA_cm2=5.0)], 220.0), {})
        cases["squid_chirp"] = (("squid", None, [stimulus(
            "chirp", start_ms=5.0, stop_ms=505.0, amplitude_uA_cm2=8.0, frequency_start_Hz=1.0,
            frequency_stop_Hz=100.0)], 520.0), {})
        cases["squid_18.5_degC"] = (("squid", None, held(20.0, 5.0, 100.0), 100.0), dict(celsius=18.5))
        cases["hh1952_step_10"] = (("hh1952", None, held(10.0, 5.0, 100.0), 100.0), {})
        out = {}
        for name, (case, more) in cases.items():
            self.say("spike times: " + name)
            out[name] = self.trajectory(*case, **more)
        return out

    def counted(self, preset, amplitudes, duration, stop):
        out = self.describe(preset, None, [step(None, 5.0, stop)], duration)
        out.update(amplitude_uA_cm2=amplitudes, count=[], first_spike_t_ms=[], last_spike_t_ms=[],
                   second_run_differs_by_ms=[], nearest_peak_to_level_mV=[])
        level = PRESETS[preset].level
        for amplitude in amplitudes:
            stimuli = [step(amplitude, 5.0, stop)]
            run = self.run(preset, None, stimuli, duration, self.double)
            other = self.run(preset, None, stimuli, duration, self.double_other)
            spikes = run["spikes"]
            if len(spikes) != len(other["spikes"]):
                raise RuntimeError("spike counts differ")
            out["count"].append(len(spikes))
            out["first_spike_t_ms"].append(spikes[0] if spikes else None)
            out["last_spike_t_ms"].append(spikes[-1] if spikes else None)
            out["second_run_differs_by_ms"].append(largest_gap(spikes, other["spikes"]))
            out["nearest_peak_to_level_mV"].append(min([abs(v - level) for v, _ in run["peaks"]], default=None))
        return out

    def counts(self):
        out = {}
        self.say("counts: squid")
        out["squid"] = self.counted("squid", [10.0 * i for i in range(7)], 500.0, 495.0)
        self.say("counts: blog")
        out["blog"] = self.counted("blog", [10.0 * i for i in range(20)], 500.0, 495.0)
        self.say("counts: squid, 10 s")
        out["squid_10_s"] = self.counted("squid", [10.0], 10000.0, 10000.0)
        return out

    def threshold(self, name, preset, stimuli, parameter, bracket, duration, spikes, rising):
        """Where the event switches on (rising) or off; `parameter` is (stimulus number, key)."""
        self.say("threshold: " + name)

        def placed(x):
            result = copy.deepcopy(stimuli)
            if parameter[1] == "gap_ms":
                first = result[0]
                result[1]["start_ms"] = first["start_ms"] + first["width_ms"] + x
            else:
                result[parameter[0]][parameter[1]] = x
            return result

        def run(x, arith):
            return self.run(preset, None, placed(x), duration, arith, spikes_wanted=spikes)

        def fires(x, arith):
            return len(run(x, arith)["spikes"]) >= spikes

        low, high = bracket
        grid = [low + (high - low) * i / 40 for i in range(41)]
        scan = [fires(x, self.double) == rising for x in grid]
        changes = sum(a != b for a, b in zip(scan, scan[1:]))
        first = next(i for i in range(40) if scan[i] != scan[i + 1])
        if scan[first]:
            raise RuntimeError(name + ": the event has the wrong sense")
        low, high = grid[first], grid[first + 1]
        while high - low > 2e-13 * high:
            middle = (low + high) / 2
            if fires(middle, self.double) == rising:
                high = middle
            else:
                low = middle
        found = (low + high) / 2
        bound = next(b for b in (1e-12, 1e-11, 1e-10, 1e-9, 1e-8)
                     if fires(precise(found) * (1 + precise(b)), self.precise) == rising
                     and fires(precise(found) * (1 - precise(b)), self.precise) != rising)
        for x, expected in ((found * (1 + 1e-10), rising), (found * (1 - 1e-10), not rising)):
            # Near the threshold V turns back far below the level, so looking at the steps is enough.
            heights = [y[0] - PRESETS[preset].level for _, y in dop853_steps(
                PRESETS[preset], [float(z) for z in self.start_of(preset, None)], placed(x), [duration], 6.3)]
            if (sum(a < 0 <= b for a, b in zip(heights, heights[1:])) >= spikes) != expected:
                raise RuntimeError(name + ": DOP853 does not confirm the threshold")
        silent = run(found * (1 - 1e-6 if rising else 1 + 1e-6), self.double)
        heights = sorted((float(v) for v, _ in silent["peaks"]), reverse=True)

        out = self.describe(preset, None, placed(None) if parameter[1] != "gap_ms" else stimuli, duration)
        out.update(parameter=("stimuli[%d]." % parameter[0] if parameter[1] != "gap_ms" else "") + parameter[1],
                   bracket=list(bracket), changes_in_scan_of_41=changes, spikes_needed=spikes,
                   fires="above" if rising else "below", relative_error_below=bound, dop853_confirms_within=1e-10,
                   highest_silent_peak_1e6_away_mV=heights[spikes - 1] if len(heights) >= spikes else None)
        out["value_ms" if parameter[1].endswith("_ms") else "value_uA_cm2"] = found
        return out

    def thresholds(self):
        amplitude = (0, "amplitude_uA_cm2")
        out = {}

        def add(name, *case):
            out[name] = self.threshold(name, *case)

        for width, high in ((0.1, 100.0), (0.5, 20.0), (2.0, 6.0), (20.0, 4.0)):
            add("squid_pulse_%g_ms" % width, "squid", [pulse(None, 5.0, width)], amplitude,
                (0.0, high), 100.0, 1, True)
        for width, high in ((1.0, 100.0), (5.0, 40.0), (15.0, 40.0)):
            add("blog_pulse_%g_ms" % width, "blog", [pulse(None, 5.0, width)], amplitude,
                (0.0, high), 100.0, 1, True)
        for size in (50.0, 100.0):
            add("blog_pair_%g" % size, "blog", [pulse(size, 5.0, 2.0), pulse(size, None, 2.0)], (1, "gap_ms"),
                (0.0, 20.0), 100.0, 2, True)
        ramp = stimulus("ramp", start_ms=5.0, rise_ms=None, stop_ms=200.0, amplitude_uA_cm2=19.0)
        add("blog_ramp_19", "blog", [ramp], (0, "rise_ms"), (0.0, 40.0), 200.0, 1, False)
        return out

    def precise_check(self):
        """What the 25-digit run itself is good for: two orders and tolerances of it."""
        stimuli = [step(10.0, 5.0, 150.0)]
        a, b = (self.run("squid", None, stimuli, 150.0, arith, spikes_wanted=10)["spikes"]
                for arith in (self.precise, self.precise_other))
        return max(abs(float(x - y)) for x, y in zip(a, b))


def worst(cases, run):
    out = {}
    for case in cases:
        for key, x in case[run].items():
            out[key] = max(out.get(key, 0.0), x)
    return out


def laid_out(result):
    """JSON with the numbers of an array side by side instead of one a line."""
    def joined(match):
        indent, text = match.group(1), " ".join(match.group(2).split())
        if len(text) > 90:
            text = textwrap.fill(text, 100, initial_indent="\n" + indent + " ", subsequent_indent=indent + " ",
                                 break_on_hyphens=False)
            text += "\n" + indent
        return indent + match.group(0)[len(indent):match.start(2) - match.start(0)] + text + "]"
    return re.sub(r'(?m)^( *)(?:"[^"]*": )?\[([^][{}"]*)\]', joined, json.dumps(result, indent=1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("-o", default=os.path.join(here, "reference.json"), help="where to write")
    parser.add_argument("--only", nargs="*", default=["rest", "traces", "spike_times", "counts", "thresholds"],
                        help="sections to compute, to try a change; the file then holds no others")
    arguments = parser.parse_args()

    reference = Reference()
    sections = dict(rest=reference.rests, traces=reference.traces, spike_times=reference.spike_times,
                    counts=reference.counts, thresholds=reference.thresholds)
    result = {}
    for name in arguments.only:
        reference.say(name)
        result[name] = sections[name]()
    measured = [x for name in ("traces", "spike_times") for x in result.get(name, {}).values()]
    result = {"about": {
        "made_by": "tests/reference/make_reference.py",
        "with": "Python %d.%d, mpmath %s, scipy %s, numpy %s" % (
            *sys.version_info[:2], mpmath.__version__, scipy.__version__, numpy.__version__),
        "accuracy": {
            "two_25_digit_runs_differ_by_ms": reference.precise_check(),
            "double_run_differs_by_at_most": worst(measured, "double_run_differs_by"),
            "dop853_differs_by_at_most": worst(measured, "dop853_differs_by"),
        }}, **result}
    with open(arguments.o, "w") as f:
        f.write(laid_out(result) + "\n")
    reference.say("done")


if __name__ == "__main__":
    main()
