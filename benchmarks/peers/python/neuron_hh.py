# SPDX-License-Identifier: MIT
"""NEURON: its mechanism hh with the leak of the standard load, one segment and an IClamp a cell, spikes
recorded by gid. `--method` is euler (its default: implicit Euler), crank_nicolson (secondorder 2),
cvode/TOLERANCE (variable steps of each cell, absolute tolerance) or coreneuron (implicit Euler of CoreNEURON).
Spike times are found within the step, and without the table of rates, whose error exceeds that of the steps."""

import math

import load
from neuron import coreneuron, h

# A cylinder of this diameter and length has 100 um^2, so that 1 uA/cm^2 is 1 pA.
SIDE_UM = math.sqrt(100 / math.pi)
FIXED_STEPS = ("euler", "crank_nicolson")


def make_cell(parallel, gid, current):
    """What must be kept alive of one neuron."""
    section = h.Section()
    section.L = section.diam = SIDE_UM
    section.cm = 1
    section.insert("hh")
    section(0.5).hh.el = load.HH["E_L"]
    clamp = h.IClamp(section(0.5))
    clamp.delay, clamp.dur, clamp.amp = load.ONSET, 1e9, current * 1e-3
    parallel.set_gid2node(gid, parallel.id())
    detector = h.NetCon(section(0.5)._ref_v, None, sec=section)
    detector.threshold = 0
    parallel.cell(gid, detector)
    return section, clamp, detector


def note_crossing(segment, row):
    """Appends the time in ms at which the straight line through the ends of this step crosses 0 mV; the
    capacitive current (mA/cm^2) is that of its slope."""
    row.append(h.t - segment.v * segment.cm / (1e3 * segment.i_cap))


def recorder(parallel, cells, within_steps):
    """A function that gives the spike times in ms, a list a cell."""
    if within_steps:
        rows = [[] for _ in cells]
        for (section, _, detector), row in zip(cells, rows):
            detector.record((note_crossing, (section(0.5), row)))
        return lambda: rows
    at, gids = h.Vector(), h.Vector()
    parallel.spike_record(-1, at, gids)

    def recorded():
        order = sorted(zip(at, gids))
        return load.trains(len(cells), (gid for _, gid in order), (time for time, _ in order))
    return recorded


def use_method(method, dt):
    """Sets the solver up; what must be kept alive of it."""
    h.dt = dt
    h.secondorder = 2 if method == "crank_nicolson" else 0
    coreneuron.enable = method == "coreneuron"
    coreneuron.verbose = 0
    solver = h.CVode()
    if method.startswith("cvode"):
        solver.active(True)
        solver.use_local_dt(True)
        solver.condition_order(2)
        solver.atol(float(method.partition("/")[2]))
    else:
        solver.cache_efficient(True)
    return solver


def main():
    task = load.Load()
    h.celsius = 6.3
    parallel = h.ParallelContext()
    cells = [make_cell(parallel, gid, current) for gid, current in enumerate(task.currents())]
    h.usetable_hh = 0 if task.times else 1
    times = recorder(parallel, cells, within_steps=task.times and task.method in FIXED_STEPS)
    solver = use_method(task.method or "euler", task.dt)
    parallel.set_maxstep(10)
    h.finitialize(load.rest()[0])
    with load.Stopwatch() as watch:
        parallel.psolve(task.duration)
    found = times()
    task.report(f"NEURON {h.nrnversion(5)}", watch, [len(row) for row in found], found)


main()
