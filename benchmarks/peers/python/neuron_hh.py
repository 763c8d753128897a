# SPDX-License-Identifier: MIT
"""NEURON: its mechanism hh with the leak of the standard load, one segment and an IClamp a cell, spikes
recorded by gid. `--method` is euler (its default: implicit Euler), crank_nicolson (secondorder 2),
cvode/TOLERANCE (variable steps of each cell, absolute tolerance) or coreneuron (implicit Euler of CoreNEURON)."""

import math

import load
from neuron import coreneuron, h

# A cylinder of this diameter and length has 100 um^2, so that 1 uA/cm^2 is 1 pA.
SIDE_UM = math.sqrt(100 / math.pi)


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
        solver.atol(float(method.partition("/")[2]))
    else:
        solver.cache_efficient(True)
    return solver


def main():
    task = load.Load()
    h.celsius = 6.3
    parallel = h.ParallelContext()
    cells = [make_cell(parallel, gid, current) for gid, current in enumerate(task.currents())]
    at, gids = h.Vector(), h.Vector()
    parallel.spike_record(-1, at, gids)
    solver = use_method(task.method or "euler", task.dt)
    parallel.set_maxstep(10)
    h.finitialize(load.rest()[0])
    with load.Stopwatch() as watch:
        parallel.psolve(task.duration)
    times = [[] for _ in cells]
    for time, gid in sorted(zip(at, gids)):
        times[int(gid)].append(time)
    task.report(f"NEURON {h.nrnversion(5)}", watch, [len(row) for row in times], times)


main()
