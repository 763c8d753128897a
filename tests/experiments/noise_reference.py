#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes expected_noise.json: what the experiments with noise must give, from a simulation in numpy.

    /usr/bin/python3 tests/experiments/noise_reference.py [-o FILE] [SECTION...]

needs numpy and SciPy, and some 15 minutes on one core. Nothing of hhsweep is used: equations, RK4 in double
precision, noise and random numbers (PCG64) are written down here. Its noise is thus another one, and
what it gives are expectations with standard errors, over trials or over frozen signals.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from solver import SQUID, simulate, threshold

HERE = Path(__file__).resolve().parent
DT = 0.02   # ms, as in the examples with noise

CONSTANTS = dict(C_m=1.0, g_Na=120.0, g_K=36.0, g_L=0.3, E_Na=50.0, E_K=-77.0, E_L=-54.387, alpha_m=-40.0,
                 beta_m=-65.0, alpha_h=-65.0, beta_h=-35.0, alpha_n=-55.0, beta_n=-65.0)


def linoid(x):
    near = np.abs(x) < 1e-7
    return np.where(near, 1 + x / 2, x / -np.expm1(-np.where(near, 1.0, x)))


class Axons:
    """Hodgkin-Huxley axons side by side; any constant may be an array, a value each. Rates are named by
    their midpoints."""

    def __init__(self, **constants):
        self.p = {**CONSTANTS, **constants}

    def rates(self, v):
        p = self.p
        return (linoid((v - p["alpha_m"]) / 10), 4 * np.exp(-(v - p["beta_m"]) / 18),
                0.07 * np.exp(-(v - p["alpha_h"]) / 20), 1 / (1 + np.exp(-(v - p["beta_h"]) / 10)),
                0.1 * linoid((v - p["alpha_n"]) / 10), 0.125 * np.exp(-(v - p["beta_n"]) / 80))

    def gates(self, v):
        am, bm, ah, bh, an, bn = self.rates(v)
        return am / (am + bm), ah / (ah + bh), an / (an + bn)

    def ionic(self, v, m, h, n):
        p = self.p
        return (p["g_Na"] * m**3 * h * (v - p["E_Na"]) + p["g_K"] * n**4 * (v - p["E_K"])
                + p["g_L"] * (v - p["E_L"]))

    def slope(self, y, current):
        v, m, h, n = y
        am, bm, ah, bh, an, bn = self.rates(v)
        return np.stack([(current - self.ionic(v, m, h, n)) / self.p["C_m"], am - (am + bm) * m,
                         ah - (ah + bh) * h, an - (an + bn) * n])

    def rest(self, count):
        """States at rest, shape (4, count), by bisection in V."""
        low, high = np.full(count, -80.0), np.full(count, -50.0)
        for _ in range(60):
            middle = (low + high) / 2
            inward = self.ionic(middle, *self.gates(middle)) < 0
            low, high = np.where(inward, middle, low), np.where(inward, high, middle)
        return np.stack([low, *self.gates(low)])

    def run(self, current, count, duration, keep=None):
        """Spike times of each of `count` axons (ms), from rest. `current` gives the current of the step that
        begins at step k, held during it; `keep(k, I)` sees it."""
        y, times, axon = self.rest(count), [], []
        for k in range(round(duration / DT)):
            held = current(k)
            if keep:
                keep(k, held)
            k1 = self.slope(y, held)
            k2 = self.slope(y + DT / 2 * k1, held)
            k3 = self.slope(y + DT / 2 * k2, held)
            k4 = self.slope(y + DT * k3, held)
            after = y + DT / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
            up = np.flatnonzero((y[0] < 0) & (after[0] >= 0))
            if up.size:
                times.append((k + y[0, up] / (y[0, up] - after[0, up])) * DT)
                axon.append(up)
            y = after
        times = np.concatenate(times) if times else np.empty(0)
        axon = np.concatenate(axon) if axon else np.empty(0, int)
        return [times[axon == i] for i in range(count)]


class Noise:
    """An Ornstein-Uhlenbeck current for each of `count` axons, stationary from the start."""

    def __init__(self, generator, count, sigma, tau):
        self.generator, self.count = generator, count
        self.keep, self.fresh = np.exp(-DT / tau), np.sqrt(-np.expm1(-2 * DT / tau))
        self.sigma, self.x = sigma, None

    def __call__(self):
        kicks = self.generator.standard_normal(self.count)
        self.x = kicks if self.x is None else self.keep * self.x + self.fresh * kicks
        return self.sigma * self.x


def inside(train, window):
    return train[(train >= window[0]) & (train < window[1])]


def estimate(values):
    """[mean, its standard error]."""
    values = np.asarray(values, dtype=float)
    return [float(values.mean()), float(values.std(ddof=1) / np.sqrt(values.size))]


def pooled_cv(trains):
    intervals = np.concatenate([np.diff(train) for train in trains])
    return intervals.std() / intervals.mean() if intervals.size > 1 else np.nan


def jackknife(statistic, items, blocks=10):
    """[statistic of all, its standard error] by leaving out a block of items at a time."""
    parts = [[item for i, item in enumerate(items) if i % blocks != b] for b in range(blocks)]
    left = np.array([statistic(part) for part in parts])
    return [float(statistic(items)), float(np.sqrt((blocks - 1) * left.var()))]


MAP_POINTS = ((0.0, 1.0), (2.0, 0.7), (4.0, 0.8), (6.8, 0.3), (6.8, 0.5), (6.8, 1.0), (8.0, 0.8), (12.0, 5.0))


def noise_map(trials=128):
    """Rate and CV (of the pooled intervals) at points of (mean, sigma), tau 2 ms."""
    mean, sigma = np.repeat(np.array(MAP_POINTS).T, trials, axis=1)
    noise = Noise(np.random.default_rng(11), mean.size, sigma, 2.0)
    trains = [inside(t, (200, 2200)) for t in Axons().run(lambda k: mean + noise(), mean.size, 2200)]
    found = []
    for i, (mu, sd) in enumerate(MAP_POINTS):
        own = trains[i * trials:(i + 1) * trials]
        found.append(dict(mean=mu, sigma=sd, rate=estimate([t.size / 2 for t in own]),
                          cv=jackknife(pooled_cv, own, 16)))
    return found


def poisson(neurons=200):
    """Rate and CV of rare spikes, in 20 s: mean 0, sigma 0.9."""
    noise = Noise(np.random.default_rng(12), neurons, 0.9, 2.0)
    trains = [inside(t, (200, 20200)) for t in Axons().run(lambda k: noise(), neurons, 20200)]
    return dict(rate=estimate([t.size / 20 for t in trains]), cv=jackknife(pooled_cv, trains, 20))


def similarity(trains, width=1.0):
    """Mean cosine of pairs of trains smoothed by a Gaussian, by sampling the smoothed trains."""
    t = np.arange(150, 1250, width / 4)
    smooth = np.array([np.exp(-((t - s[:, None]) / width) ** 2 / 2).sum(0) for s in trains])
    smooth /= np.linalg.norm(smooth, axis=1)[:, None]
    pairs = smooth @ smooth.T
    return float((pairs.sum() - np.trace(pairs)) / (len(trains) * (len(trains) - 1)))


def reliability(signals=16, trials=20):
    """Similarity of trials under a frozen signal, over signals, for three SDs of it."""
    sds = (0.0, 3.0, 6.0)
    generator = np.random.default_rng(13)
    signal = Noise(generator, len(sds) * signals, np.repeat(sds, signals), 3.0)
    private = Noise(generator, len(sds) * signals * trials, 0.5, 1.0)
    count = len(sds) * signals * trials
    trains = Axons().run(lambda k: 10 + np.repeat(signal(), trials) + private(), count, 1200)
    found = []
    for i, sd in enumerate(sds):
        values = []
        for s in range(signals):
            first = (i * signals + s) * trials
            values.append(similarity([inside(t, (200, 1200)) for t in trains[first:first + trials]]))
        # One result of hhsweep is one signal, so the spread over signals matters too.
        found.append(dict(signal=sd, similarity=estimate(values), sd=float(np.std(values, ddof=1))))
    return found


def triggered_average(neurons=200, duration=5000):
    """Mean current around spikes, every 0.5 ms, and the spread of its neurons' means."""
    every, lags = 25, np.arange(-60, 11)
    noise = Noise(np.random.default_rng(14), neurons, 2.0, 1.0)
    kept = []
    trains = Axons().run(lambda k: noise(), neurons, duration,
                         keep=lambda k, current: kept.append(current.astype("f4")) if k % 5 == 0 else None)
    kept, fine = np.array(kept), 5 * DT
    means, weights = [], []
    for i, train in enumerate(trains):
        own = inside(train, (200, duration - 50))
        # The sample that is held at each moment.
        at = np.floor((own[:, None] + lags * every * DT) / fine + 1e-9).astype(int)
        means.append(kept[at, i].mean(0))
        weights.append(own.size)
    means, weights = np.array(means), np.array(weights)
    average = np.average(means, axis=0, weights=weights)
    error = np.sqrt(np.average((means - average) ** 2, axis=0, weights=weights) / (neurons - 1))
    rates = estimate([inside(t, (200, duration)).size / (duration - 200) * 1000 for t in trains])
    return dict(lag=(lags * every * DT).tolist(), average=average.tolist(), error=error.tolist(), rate=rates)


def stochastic_resonance(trials=200):
    """Power of spike trains at 50 Hz over that of its neighbourhood, and vector strength, three SDs of noise."""
    sds = (0.6, 1.6, 5.0)
    noise = Noise(np.random.default_rng(15), len(sds) * trials, np.repeat(sds, trials), 1.0)
    sine = lambda k: np.sin(2 * np.pi * 0.05 * (k + 0.5) * DT)
    trains = Axons().run(lambda k: sine(k) + noise(), len(sds) * trials, 2200)
    trains = [inside(t, (200, 2200)) / 1000 for t in trains]

    def power(own, frequency):
        return np.mean([abs(np.exp(-2j * np.pi * frequency * t).sum()) ** 2 for t in own])

    def ratio(own):
        beside = [50 + bins / 2 for bins in (-6, -5, -4, -3, -2, 2, 3, 4, 5, 6)]
        return power(own, 50) / np.mean([power(own, f) for f in beside])

    def strength(own):
        return abs(np.exp(2j * np.pi * 50 * np.concatenate(own)).mean())

    found = []
    for i, sd in enumerate(sds):
        own = trains[i * trials:(i + 1) * trials]
        found.append(dict(sigma=sd, ratio=jackknife(ratio, own, 20), strength=jackknife(strength, own, 20),
                          rate=estimate([t.size / 2 for t in own])))
    return found


def sine_threshold():
    """The smallest sine of 50 Hz that makes a spike in 2 s."""
    def fires(amplitude):
        current = lambda t: amplitude * np.sin(2 * np.pi * 0.05 * t)
        return bool(simulate(SQUID, SQUID.rest(), ([], current), 2000, enough=1, tolerance=1e-9).spikes)
    return threshold(fires, 1.0, 2.0, 1e-3)


def rheobases(axons, count, duration=60.0, low=-5.0, high=20.0, rounds=32):
    """The step that just fires, of each axon at once."""
    low, high = np.full(count, low), np.full(count, high)
    for _ in range(rounds):
        middle = (low + high) / 2
        fires = np.array([t.size > 0 for t in axons.run(lambda k, held=middle: held, count, duration)])
        low, high = np.where(fires, low, middle), np.where(fires, middle, high)
    return (low + high) / 2


RANGES = dict(g_Na=12.0, g_K=3.6, g_L=0.03, alpha_m=1.0, beta_m=1.0, alpha_h=1.0, beta_h=1.0, alpha_n=1.0, beta_n=1.0)


def rheobase():
    """Rheobase of the axon, and its change with each parameter at half its range either way."""
    names = list(RANGES)
    values = {name: np.full(1 + 2 * len(names), CONSTANTS[name]) for name in names}
    for i, name in enumerate(names):
        values[name][1 + 2 * i] += RANGES[name] / 2
        values[name][2 + 2 * i] -= RANGES[name] / 2
    found = rheobases(Axons(**values), 1 + 2 * len(names))
    return dict(base=float(found[0]),
                slope={name: float((found[1 + 2 * i] - found[2 + 2 * i]) / RANGES[name])
                       for i, name in enumerate(names)})


def recorded_current():
    """Spikes under the recorded current, straight between its samples, at three gains."""
    lines = (HERE.parents[1] / "examples" / "recorded-current.csv").read_text(encoding="utf-8").splitlines()
    current = np.array([float(line.split(",")[1]) for line in lines if line[0].isdigit()])
    time = 0.5 * np.arange(current.size)
    found = []
    for gain in (0.5, 1.0, 2.0):
        drive = lambda t, gain=gain: gain * float(np.interp(t, time, current))
        run = simulate(SQUID, SQUID.rest(), (time.tolist(), drive), 999.5, tolerance=1e-9)
        found.append(dict(gain=gain, spikes=run.spikes, v_max=run.v_max))
    return found


SECTIONS = dict(noise_map=noise_map, poisson=poisson, reliability=reliability, triggered_average=triggered_average,
                stochastic_resonance=stochastic_resonance, sine_threshold=sine_threshold, rheobase=rheobase,
                recorded_current=recorded_current)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", type=Path, default=HERE / "expected_noise.json", help="where to write")
    parser.add_argument("section", nargs="*", help=f"among {' '.join(SECTIONS)}; default: all")
    arguments = parser.parse_args()
    kept = json.loads(arguments.o.read_text()) if arguments.section and arguments.o.exists() else {}
    for name in arguments.section or SECTIONS:
        began = time.time()
        kept[name] = SECTIONS[name]()
        ordered = {section: kept[section] for section in SECTIONS if section in kept}
        arguments.o.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")
        print(f"{time.time() - began:7.1f} s  {name}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
