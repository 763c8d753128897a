#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes examples/recorded-current.csv: a current as a synapse-driven cell would show it under voltage
clamp. It is synthetic: two Poisson processes, excitatory and inhibitory events of exponentially
distributed size, each a difference of two exponentials, from a fixed seed.

    python3 scripts/recorded_current.py > examples/recorded-current.csv
"""

import math
import random
import sys

SEED = 1952
SAMPLES = 2000
SAMPLE_MS = 0.5
# Events a ms, mean size (uA/cm^2), rise and decay (ms).
EXCITATION = (0.10, 5.0, 0.5, 3.0)
INHIBITION = (0.04, -3.0, 1.0, 8.0)
BEFORE_MS = 60.0  # of events whose tails reach into the record


def events(generator, rate, size):
    """(time, size) of a Poisson process from -BEFORE_MS to the last sample."""
    found, time = [], -BEFORE_MS
    while (time := time + generator.expovariate(rate)) < SAMPLES * SAMPLE_MS:
        found.append((time, size * generator.expovariate(1.0)))
    return found


def shape(age, rise, decay):
    """A difference of exponentials with a peak of 1, 0 before the event."""
    if age < 0:
        return 0.0
    peak = math.log(decay / rise) * rise * decay / (decay - rise)
    height = math.exp(-peak / decay) - math.exp(-peak / rise)
    return (math.exp(-age / decay) - math.exp(-age / rise)) / height


def main():
    generator = random.Random(SEED)
    inputs = [(events(generator, rate, size), rise, decay)
              for rate, size, rise, decay in (EXCITATION, INHIBITION)]
    lines = ["# Synthetic: Poisson trains of excitatory and inhibitory synaptic events, by scripts/recorded_current.py",
             "time_ms,current_uA_per_cm2"]
    for k in range(SAMPLES):
        time = k * SAMPLE_MS
        current = sum(size * shape(time - at, rise, decay)
                      for found, rise, decay in inputs for at, size in found)
        lines.append(f"{time:g},{current:.3f}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
