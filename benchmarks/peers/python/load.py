# SPDX-License-Identifier: MIT
"""The standard load as the Python peers see it, written without a line of hhsweep: squid axon at rest,
constant currents of 0 to 50 uA/cm^2 from 5 ms on, spikes where V crosses 0 mV upwards. mV, ms, mS/cm^2."""

import argparse
import json
import math
import time

ONSET = 5.0
HIGHEST_CURRENT = 50.0
HH = {"C": 1.0, "g_Na": 120.0, "g_K": 36.0, "g_L": 0.3, "E_Na": 50.0, "E_K": -77.0, "E_L": -54.387}


class Load:
    """What a peer is asked for, from its command line; `report` is its answer."""

    def __init__(self):
        parser = argparse.ArgumentParser()
        parser.add_argument("precision", choices=["float32", "float64"])
        parser.add_argument("neurons", type=int)
        parser.add_argument("duration", type=float, help="ms")
        parser.add_argument("dt", type=float, help="ms")
        parser.add_argument("times", nargs="?", choices=["times"])
        parser.add_argument("--method", default="")
        parser.add_argument("--work", help="folder for what the peer builds")
        arguments = parser.parse_args()
        vars(self).update(vars(arguments))
        self.steps = round(self.duration / self.dt)
        self.onset_step = round(ONSET / self.dt)

    def currents(self):
        """uA/cm^2, one a neuron."""
        last = max(self.neurons - 1, 1)
        return [HIGHEST_CURRENT * k / last for k in range(self.neurons)]

    def report(self, version, watch, counts, spike_times=None):
        """Prints the JSON object; `watch` has `seconds` and `cpu_seconds`, spike times are ms, a list a neuron."""
        answer = {"version": version, "neurons": self.neurons, "steps": self.steps, "seconds": watch.seconds,
                  "cpu_seconds": watch.cpu_seconds, "spike_counts": [int(count) for count in counts]}
        if self.times:
            answer["spike_times"] = [[float(t) for t in row] for row in spike_times]
        print(json.dumps(answer))


class Stopwatch:
    """Time by the clock and of the CPU, in s, between entering and leaving."""

    def __enter__(self):
        self.start = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_):
        self.seconds = time.perf_counter() - self.start[0]
        self.cpu_seconds = time.process_time() - self.start[1]


def linoid(x, exp, where):
    """x / (1 - exp(-x)) for scalars and arrays of any library, by its series near 0."""
    near = abs(x) < 1e-2
    apart = where(near, 1.0, x)
    return where(near, 1 + x * (0.5 + x / 12), apart / (1 - exp(-apart)))


def rates(v, exp, where):
    """(alpha_m, beta_m, alpha_h, beta_h, alpha_n, beta_n) in 1/ms."""
    return (linoid((v + 40) / 10, exp, where), 4 * exp(-(v + 65) / 18), 0.07 * exp(-(v + 65) / 20),
            1 / (1 + exp(-(v + 35) / 10)), 0.1 * linoid((v + 55) / 10, exp, where), 0.125 * exp(-(v + 65) / 80))


def slope(state, current, exp, where):
    """Time derivative of (V, m, h, n), each of any shape."""
    v, m, h, n = state
    a_m, b_m, a_h, b_h, a_n, b_n = rates(v, exp, where)
    ionic = 120 * m * m * m * h * (v - 50) + 36 * (n * n) * (n * n) * (v + 77) + 0.3 * (v + 54.387)
    return current - ionic, a_m * (1 - m) - b_m * m, a_h * (1 - h) - b_h * h, a_n * (1 - n) - b_n * n


def choose(condition, yes, no):
    return yes if condition else no


def rest():
    """(V, m, h, n) where the model rests without current."""
    low, high = -70.0, -60.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (low, middle) if slope(steady(middle), 0.0, math.exp, choose)[0] < 0 else (middle, high)
    return steady(low)


def steady(v):
    """The state at v mV with all gates steady."""
    a_m, b_m, a_h, b_h, a_n, b_n = rates(v, math.exp, choose)
    return v, a_m / (a_m + b_m), a_h / (a_h + b_h), a_n / (a_n + b_n)


def trains(neurons, which, times):
    """Spike times, a list a neuron, from the neuron and the time of each spike in order of time."""
    rows = [[] for _ in range(neurons)]
    for neuron, time_ms in zip(which, times):
        rows[int(neuron)].append(time_ms)
    return rows


def crossing_times(step, dt, before, after):
    """Where the straight lines through both ends of a step cross 0 mV, in ms."""
    return (step + before / (before - after)) * dt
