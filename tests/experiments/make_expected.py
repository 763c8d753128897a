#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes expected.json: the numbers of docs/experiments.md, computed without hhsweep.

    /usr/bin/python3 tests/experiments/make_expected.py [-o FILE] [SECTION...]

needs the Debian package python3-scipy and some 10 minutes on one core. Method: solver.py. With names
of sections (`slides blog ...`) it computes only these and keeps the rest of the file.
"""

import argparse
import json
import math
import sys
import time
from pathlib import Path

import numpy
from scipy.optimize import brentq, curve_fit

import limit_cycle
from solver import (BLOG, BLOG_START, SLIDES, SLIDES_FORMULA, SLIDES_START, SQUID, Cell, pulses, ramp,
                    simulate, threshold)

HERE = Path(__file__).resolve().parent
RINGING = 55.43549392266873   # Hz, a point of resonance-threshold.toml, the one of the smallest threshold


def described(run, *more):
    """What the tests compare of a run."""
    out = dict(count=len(run.spikes), spikes=run.spikes, v_max=run.v_max, v_max_time=run.v_max_time,
               v_min=run.v_min)
    return {**out, "end": run.end} if "end" in more else out


def smallest(event, low, high, tolerance=1e-8):
    """The value in [low, high] at which event(value) switches, with a coarse look first: it switches
    once only."""
    grid = numpy.linspace(low, high, 21)
    seen = [event(x) for x in grid]
    changes = [i for i in range(20) if seen[i] != seen[i + 1]]
    if len(changes) != 1:
        raise RuntimeError(f"the event switches {len(changes)} times between {low} and {high}")
    return threshold(event, grid[changes[0]], grid[changes[0] + 1], tolerance)


def blog_fires(intervals, duration, start=None, spikes=1):
    run = simulate(BLOG, start or BLOG_START, pulses(*intervals), duration, enough=spikes, tolerance=1e-10)
    return len(run.spikes) >= spikes


def slides():
    pulse = pulses((1, 3, 10.0))
    printed = simulate(SLIDES_FORMULA, SLIDES_START, pulse, 50)
    latched = numpy.linspace(15, 30, 301)
    net = lambda v: -SLIDES_FORMULA.currents(v, *SLIDES_FORMULA.gates(v))
    roots = [brentq(net, a, b) for a, b in zip(latched, latched[1:]) if net(a) * net(b) < 0]
    squid = simulate(SQUID, SLIDES_START, pulse, 50, samples=[x / 100 for x in range(250, 600)])
    opening = [120 * m**3 * h for _, m, h, _ in squid.states]
    wide = [2.5 + i / 100 for i, g in enumerate(opening) if g > max(opening) / 2]
    # 2.3e-6 below the threshold of a 2 ms pulse from rest (3.8593588).
    just_below = simulate(SQUID, SQUID.rest(), pulses((1, 3, 3.85935)), 50)
    spontaneous = simulate(SLIDES, SLIDES_START, pulse, 6000)
    return dict(
        code=described(simulate(SLIDES, SLIDES_START, pulse, 50)),
        right=described(squid),
        right_from_rest=described(simulate(SQUID, SQUID.rest(), pulse, 50)),
        printed=described(printed, "end"), printed_equilibrium_v=roots,
        just_below=described(just_below), sodium_open_half=[wide[0], wide[-1]],
        rest=SLIDES.rest(), squid_rest=SQUID.rest(),
        spontaneous_spikes=spontaneous.spikes,
        rest_growth=float(max(numpy.linalg.eigvals(limit_cycle.jacobian(SLIDES, SLIDES.rest(), 0.0)).real)))


def blog_rest():
    n = BLOG.gates(-65.0)[2]
    estimate = (36 * n**4 * -77 + 0.3 * -54.387) / (36 * n**4 + 0.3)
    grid = numpy.linspace(-100, 100, 200)
    nearest = float(grid[numpy.argmin(abs(grid - estimate))])
    rest = BLOG.rest()
    at = [-100.0, -54.4, -20.0, 0.0, 10.0, 25.0, 30.0, 60.0, 100.0]
    curves = []
    for v in at:
        am, bm, ah, bh, an, bn = BLOG.rates(v)
        curves.append([v, *BLOG.gates(v), 1 / (am + bm), 1 / (ah + bh), 1 / (an + bn)])
    return dict(estimate=estimate, rest=rest, grid_point=nearest, at_grid_point=BLOG.gates(nearest),
                at_estimate=BLOG.gates(estimate), curves=curves,
                conductance_k=36 * rest[3]**4, conductance_na=120 * rest[1]**3 * rest[2])


def blog_steps():
    steps = {a: simulate(BLOG, BLOG_START, pulses((5, 20, a)), 50) for a in range(3, 31)}
    fires = lambda width: lambda a: blog_fires([(5, 5 + width, a)], 5 + width + 30)
    widths = {0.15: 600, 0.5: 250, 1.5: 100, 5.0: 40, 15.0: 40, 150.0: 40}
    thresholds = {w: smallest(fires(w), 0.0, high) for w, high in widths.items()}
    rheobase = thresholds[150.0]
    return dict(
        steps={str(a): described(run) for a, run in steps.items()},
        thresholds=[[w, x] for w, x in thresholds.items()],
        chronaxie=smallest(lambda w: blog_fires([(5, 5 + w, 2 * rheobase)], 60), 0.5, 10.0),
        shortest_width_at_19=smallest(lambda w: blog_fires([(5, 5 + w, 19.0)], 60), 2.0, 15.0))


def blog_action_potential():
    cases = [(19, 15), (50, 2), (19, 5)]
    times = [x / 100 for x in range(500, 5001)]
    runs = [simulate(BLOG, BLOG_START, pulses((5, 5 + w, a)), 50, samples=times) for a, w in cases]
    states = numpy.array(runs[0].states)
    out = dict(pulses=[described(run) for run in runs])
    v, m, h, n = states.T
    out["gates"] = dict(m_max_time=times[m.argmax()], h_min_time=times[h.argmin()], n_max_time=times[n.argmax()],
                        h_min=h.min(), n_max=n.max(), v_at_n_max=v[n.argmax()],
                        back_at_rest=next(t for t, a, b in zip(times, v, v[1:]) if t > 14 and a > -54.387 >= b))
    return out


def blog_refractory():
    pairs = [(0.5, 19), (3.0, 19), (3.0, 25), (15.0, 19)]
    out = dict(pairs=[described(simulate(BLOG, BLOG_START, pulses((5, 20, 19), (20 + g, 35 + g, a)), 70))
                      for g, a in pairs])
    v, m, h, n = simulate(BLOG, BLOG_START, pulses((5, 20, 19)), 20.5, samples=(20.5,)).states[0]
    out["state_after_gap"] = [v, m, h, n]
    rest_h, rest_n = BLOG_START[2:]
    states = [[v, m, h, n], [v, m, rest_h, n], [v, m, h, rest_n], [v, m, rest_h, rest_n]]
    out["block"] = [dict(described(simulate(BLOG, y, pulses((0, 15, 19)), 40)),
                         threshold=smallest(lambda a: blog_fires([(0, 15, a)], 40, y), 10.0, 30.0)) for y in states]
    out["gap_at_19"] = smallest(lambda g: blog_fires([(5, 20, 19), (20 + g, 35 + g, 19)], 70, spikes=2), 0.0, 20.0)
    out["map"] = []
    for gap, width, high in ((3.0, 2, 200), (5.0, 2, 150), (10.0, 2, 150), (20.0, 2, 150),
                             (1.0, 15, 60), (5.0, 15, 60), (20.0, 15, 60)):
        start = 7 + gap
        found = smallest(lambda a: blog_fires([(5, 7, 50), (start, start + width, a)], 60, spikes=2), 10.0, high)
        out["map"].append([gap, width, found])
    out["gaps"] = [[a, smallest(lambda g: blog_fires([(5, 7, a), (7 + g, 9 + g, a)], 60, spikes=2), 0.0, 20.0)]
                   for a in (45.0, 50.0, 75.0, 100.0)]
    return out


def blog_constant():
    out = dict(runs=[[a, stop, described(simulate(BLOG, BLOG_START, pulses((5, stop, a)), 120))]
                     for a in (19, 25, 50) for stop in (95, 100)])
    held = pulses((0, 1000, 19.0))
    v, m, h, n = simulate(BLOG, BLOG_START, held, 300, tolerance=1e-11).end
    rest_h, rest_n = BLOG_START[2:]
    out["plateau_at_19"] = [v, m, h, n]
    out["block"] = [described(simulate(BLOG, y, held, 60)) for y in (
        [v, m, h, n], [v, m, rest_h, n], [v, m, h, rest_n], [v, m, rest_h, rest_n])]
    return out


def sigmoid(x, top, steepness, middle):
    return top / (1 + numpy.exp(-steepness * (x - middle)))


def blog_fi():
    current = [10.0 * i for i in range(20)]
    at_50, at_0, humps = [], [], []
    for a in current:
        run = simulate(BLOG, BLOG_START, pulses((5, 495, a)), 500, level=0.0, tolerance=1e-10)
        at_0.append(len(run.spikes))
        # V falls far below 50 mV after every spike, so that each maximum above it is one crossing.
        at_50.append(sum(int(v > 50) for _, v in run.peaks))
        humps.append(sum(int(v > 0) for _, v in run.peaks))
    x, y = numpy.array(current[3:]), numpy.array(at_0[3:], float)
    fit, _ = curve_fit(sigmoid, x, y, bounds=(0, [100.0, 0.1, 200.0]))
    design = numpy.c_[numpy.ones_like(x), numpy.log(x)]
    log_fit = numpy.linalg.lstsq(design, y, rcond=None)[0]
    return dict(current=current, at_50_mV=at_50, at_0_mV=at_0, maxima_above_0_mV=humps, sigmoid=list(fit),
                sigmoid_rss=float(sum((sigmoid(x, *fit) - y)**2)), log=list(log_fit),
                log_rss=float(sum((design @ log_fit - y)**2)))


def squid_fi():
    out = dict(limit_cycle.landmarks(SQUID), rates=[])
    for a in (3.0, 6.0, 6.5, 10.0, 30.0, 60.0, 100.0, 140.0):
        run = simulate(SQUID, SQUID.rest(), pulses((5, 2000, a)), 1000, window=(500, 1000), level=-40.0,
                       tolerance=1e-10)
        gaps = numpy.diff(run.spikes)
        out["rates"].append(dict(current=a, count=len(run.spikes), v_max=run.v_max, v_min=run.v_min,
                                 mean_isi=float(gaps.mean()) if len(gaps) else None))
    return out


def train(width, period, amplitude, start, stop=math.inf, count=math.inf):
    """Intervals of a train: `count` pulses, or those that begin before `stop`."""
    out = []
    while len(out) < count and start + len(out) * period < stop:
        begin = start + len(out) * period
        out.append((begin, begin + width, amplitude))
    return out


def trains():
    cases = [(15, 25), (4, 19), (4, 15), (4, 14), (2, 12)]
    out = dict(blog=[described(simulate(BLOG, BLOG_START, pulses(*train(w, p, 50.0, 5, 150)), 165))
                     for w, p in cases])
    out["squid"] = []
    for frequency, amplitude in ((50.0, 10.0), (80.0, 20.0), (110.0, 20.0), (140.0, 30.0), (200.0, 30.0)):
        run = simulate(SQUID, SQUID.rest(), pulses(*train(1, 1000 / frequency, amplitude, 0, 1000)), 1000,
                       window=(200, 1000), tolerance=1e-9)
        out["squid"].append([frequency, amplitude, len(run.spikes)])
    return out


def frozen(cell, gate):
    """The cell with the rates of one gate at 0."""
    def rates(v):
        r = list(cell.rates(v))
        i = 2 * "mhn".index(gate)
        r[i] = r[i + 1] = 0.0
        return r
    return Cell(rates, cell.e_na, cell.level)


def ramps():
    cases = [(19.0, 10, 20), (19.0, 40, 100), (19.0, 40, 20), (10.0, 10, 20)]
    def longest(amplitude):
        def fires(rise):
            run = simulate(BLOG, BLOG_START, ramp(amplitude, 5, 5 + rise, 300), 120, enough=1, tolerance=1e-10)
            return bool(run.spikes)
        return smallest(fires, 1.0, 60.0)
    def listing(a, end, stop):
        edges, current = ramp(a, 5, end, stop)
        return [e for e in edges if e <= stop] + [stop], current
    return dict(
        ramps=[described(simulate(BLOG, BLOG_START, listing(*case), 120)) for case in cases],
        longest=[[a, longest(a)] for a in (18.5, 19.0, 22.0, 26.0)],
        held=[described(simulate(cell, BLOG_START, ramp(19.0, 5, 40, 100), 120))
              for cell in (BLOG, frozen(BLOG, "h"), frozen(BLOG, "n"))])


def left_to_the_reader():
    def sine(amplitude, frequency):
        return [], lambda t: amplitude * math.sin(2e-3 * math.pi * frequency * t)

    def chirp(amplitude):
        return [], lambda t: amplitude * math.sin(2e-3 * math.pi * (t + 199 * t * t / 2000))

    def driven(stimulus, window):
        return described(simulate(SQUID, SQUID.rest(), stimulus, 1000, window=window, tolerance=1e-9))

    out = dict(sine=[], variable=[])
    for frequency, amplitude in ((3.0, 0.3), (67.0, 0.3), (60.0, 1.4), (30.0, 3.0), (30.0, 10.0), (300.0, 5.0),
                                 (RINGING, 1.479), (RINGING, 1.484), (3.0, 12.32), (3.0, 12.34)):
        out["sine"].append([frequency, amplitude, driven(sine(amplitude, frequency), (200, 1000))])
    out["chirp"] = [driven(chirp(amplitude), None) for amplitude in (1.0, 2.0, 3.0, 5.0)]
    for a in (6.0, 10.0, 20.0):
        parts = train(1, 40.0, a, 5, count=5)
        parts += train(1, 1000 / 75, a, parts[-1][1] + 20, count=15)
        parts += train(1, 1000 / 150, a, parts[-1][1] + 10, count=30)
        edges, steps = pulses(*parts)
        sway = lambda t, steps=steps: steps(t) + 2 * math.sin(2e-3 * math.pi * 10 * t)
        out["variable"].append(described(simulate(SQUID, SQUID.rest(), (edges, sway), 600)))
    return out


SECTIONS = dict(slides=slides, blog_rest=blog_rest, blog_steps=blog_steps, blog_action_potential=blog_action_potential,
                blog_refractory=blog_refractory, blog_constant=blog_constant, blog_fi=blog_fi, squid_fi=squid_fi,
                trains=trains, ramps=ramps, left_to_the_reader=left_to_the_reader)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", type=Path, default=HERE / "expected.json", help="where to write")
    parser.add_argument("section", nargs="*", help=f"among {' '.join(SECTIONS)}; default: all")
    arguments = parser.parse_args()
    wanted = arguments.section or list(SECTIONS)
    kept = json.loads(arguments.o.read_text()) if arguments.section and arguments.o.exists() else {}
    began = time.time()
    for name in wanted:
        kept[name] = SECTIONS[name]()
        ordered = {section: kept[section] for section in SECTIONS if section in kept}
        arguments.o.write_text(json.dumps(ordered, indent=1, default=float) + "\n", encoding="utf-8")
        print(f"{time.time() - began:7.1f} s  {name}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
