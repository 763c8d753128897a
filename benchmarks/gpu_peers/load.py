# SPDX-License-Identifier: MIT
"""The standard load for programs that share no code with hhsweep, and how they are measured.

`squid` from rest, a constant current from 5 ms on of 0 to 50 uA/cm^2 over the neurons, RK4 at dt 0.01 ms, spikes
counted as upward crossings of 0 mV. Units: mV, ms, uA/cm^2, mS/cm^2, uF/cm^2.
"""

import argparse
import importlib
import json
import statistics
import sys
import time

import numpy

DT, ONSET, HIGHEST = 0.01, 5.0, 50.0
ONSET_STEP = round(ONSET / DT)
ABSENT = 77

# A spike near the end of the run or a current near the least that fires may go either way, for a spike.
MAY_DIFFER = 1e-3


def linoid(xp, x):
    near = abs(x) < 1e-3
    return xp.where(near, 1 + x / 2, x / (1 - xp.exp(-xp.where(near, 1.0, x))))


def slope(xp, V, m, h, n, current):
    """dV/dt, dm/dt, dh/dt, dn/dt with the exp and where of the array library xp."""
    alpha_m, beta_m = linoid(xp, (V + 40) / 10), 4 * xp.exp(-(V + 65) / 18)
    alpha_h, beta_h = 0.07 * xp.exp(-(V + 65) / 20), 1 / (1 + xp.exp(-(V + 35) / 10))
    alpha_n, beta_n = 0.1 * linoid(xp, (V + 55) / 10), 0.125 * xp.exp(-(V + 65) / 80)
    ionic = 120 * m**3 * h * (V - 50) + 36 * n**4 * (V + 77) + 0.3 * (V + 54.387)
    return (current - ionic, alpha_m * (1 - m) - beta_m * m, alpha_h * (1 - h) - beta_h * h,
            alpha_n * (1 - n) - beta_n * n)


def rk4(xp, y, current):
    def at(k, part):
        return tuple(a + part * DT * b for a, b in zip(y, k))

    k1 = slope(xp, *y, current)
    k2 = slope(xp, *at(k1, 0.5), current)
    k3 = slope(xp, *at(k2, 0.5), current)
    k4 = slope(xp, *at(k3, 1.0), current)
    return tuple(a + DT / 6 * (b + 2 * c + 2 * d + e) for a, b, c, d, e in zip(y, k1, k2, k3, k4))


def steady_gates(V):
    """m, h, n whose derivatives are 0 at V: the derivatives are linear in them."""
    at_0, at_1 = (slope(numpy, V, g, g, g, 0.0)[1:] for g in (0.0, 1.0))
    return tuple(a / (a - b) for a, b in zip(at_0, at_1))


def rest():
    """V, m, h, n at rest, by bisection of the total current."""
    low, high = -80.0, -50.0
    for _ in range(60):
        middle = (low + high) / 2
        inward = slope(numpy, middle, *steady_gates(middle), 0.0)[0] > 0
        low, high = (middle, high) if inward else (low, middle)
    return (low, *steady_gates(numpy.float64(low)))


class Benchmark:
    """Arguments of a peer, and its verified rate.

        benchmark = Benchmark(__doc__, "jax")
        run = ...   # () -> spike counts as an array of NumPy, when all is done
        benchmark.report("JAX 0.10, vmap of lax.fori_loop", run)
    """

    def __init__(self, description, *modules, variants=()):
        parser = argparse.ArgumentParser(description=description.splitlines()[0])
        parser.add_argument("--neurons", type=int, required=True)
        parser.add_argument("--duration", type=float, default=100.0, help="ms")
        parser.add_argument("--precision", choices=("float32", "float64"), default="float32")
        parser.add_argument("--counts", required=True, help="of `throughput --counts` for the same")
        parser.add_argument("--runs", type=int, default=3)
        parser.add_argument("--anywhere", action="store_true", help="also without a GPU, to try it")
        if variants:
            parser.add_argument("--variant", choices=variants, default=variants[0])
        self.arguments = parser.parse_args()
        self.dtype = numpy.dtype(self.arguments.precision)
        self.steps = round(self.arguments.duration / DT)
        self.currents = numpy.linspace(0, HIGHEST, self.arguments.neurons)
        for module in modules:
            try:
                importlib.import_module(module)
            except ImportError as error:
                self.absent(str(error))

    def absent(self, why):
        print(why, file=sys.stderr)
        sys.exit(ABSENT)

    def needs_gpu(self, there):
        if not there and not self.arguments.anywhere:
            self.absent("no GPU")

    def verify(self, counts):
        """The share of neurons whose counts differ from hhsweep's; ends the program if that is much."""
        expected = numpy.fromfile(self.arguments.counts, dtype="<i4")
        if len(expected) != len(counts):
            sys.exit(f"{self.arguments.counts} has {len(expected)} counts for {len(counts)} neurons")
        off = numpy.abs(numpy.asarray(counts, dtype=int) - expected)
        if (off > 0).mean() > MAY_DIFFER or off.max() > 1:
            sys.exit(f"{(off > 0).sum()} of {len(off)} spike counts differ from hhsweep's, by {off.max()}")
        return float((off > 0).mean())

    def report(self, name, run, note=""):
        """Runs it once to verify it, which also compiles it, and then for its rate."""
        times, counts = [], None
        for _ in range(self.arguments.runs + 1):
            start = time.perf_counter()
            counts = run()
            times.append(time.perf_counter() - start)
            if len(times) == 1:
                self.verify(counts)
        self.report_times(name, counts, times, note)

    def report_times(self, name, counts, times, note=""):
        """Prints the rate from seconds of runs of which the first is discarded."""
        neuron_steps = self.arguments.neurons * self.steps
        print(json.dumps({
            "peer": name, "precision": self.arguments.precision, "neurons": self.arguments.neurons,
            "duration_ms": self.arguments.duration, "runs": len(times) - 1,
            "neuron_steps_per_s": neuron_steps / statistics.median(times[1:]), "first_run_s": times[0],
            "counts_differing": self.verify(counts), "note": note,
        }))
