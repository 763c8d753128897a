# SPDX-License-Identifier: MIT
"""Brian2 in its C++ standalone mode without OpenMP; `--method` rk4 or exponential_euler. The time is that of
the network's run in the compiled program."""

import resource
import types

import brian2 as b2
import load
import numpy
from numpy_rk4 import rk4_step

EQUATIONS = """
dv/dt = (I*step - 120*m**3*h*(v - 50) - 36*n**4*(v + 77) - 0.3*(v + 54.387))/ms : 1
dm/dt = (a_m*(1 - m) - b_m*m)/ms : 1
dh/dt = (a_h*(1 - h) - b_h*h)/ms : 1
dn/dt = (a_n*(1 - n) - b_n*n)/ms : 1
a_m = 1/exprel(-(v + 40)/10) : 1
b_m = 4*exp(-(v + 65)/18) : 1
a_h = 0.07*exp(-(v + 65)/20) : 1
b_h = 1/(1 + exp(-(v + 35)/10)) : 1
a_n = 0.1/exprel(-(v + 55)/10) : 1
b_n = 0.125*exp(-(v + 65)/80) : 1
step = int(t > last_step_before_onset) : 1 (shared, constant over dt)
I : 1 (constant)
"""
STATE = ["v", "m", "h", "n"]


def spike_times(task, spikes):
    """ms, a list a neuron. A spike carries the time at which its step began and the state at the step's end; the
    voltage before it is where one step back leads."""
    neuron = numpy.asarray(spikes.i)
    after = tuple(numpy.asarray(getattr(spikes, name), float) for name in STATE)
    before = rk4_step(after, numpy.array(task.currents())[neuron], -task.dt)
    times = load.crossing_times(numpy.asarray(spikes.t / b2.ms) / task.dt, task.dt, before[0], after[0])
    return load.trains(task.neurons, neuron, times)


def main():
    task = load.Load()
    b2.set_device("cpp_standalone", build_on_run=False)
    b2.prefs.core.default_float_dtype = getattr(b2, task.precision)
    b2.prefs.devices.cpp_standalone.openmp_threads = 0
    b2.prefs.devices.cpp_standalone.extra_make_args_unix = ["-j2"]
    b2.defaultclock.dt = task.dt * b2.ms

    group = b2.NeuronGroup(task.neurons, EQUATIONS, method=task.method or "rk4", threshold="v >= 0",
                           refractory="v >= 0")
    group.v, group.m, group.h, group.n = load.rest()
    group.I = task.currents()
    spikes = b2.SpikeMonitor(group, STATE if task.times else None, record=bool(task.times))
    last_step_before_onset = (load.ONSET - task.dt / 2) * b2.ms
    b2.Network(group, spikes).run(task.duration * b2.ms)
    b2.device.build(compile=True, run=False, directory=task.work, with_output=False)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    b2.device.run(with_output=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    with load.Stopwatch() as reading:
        times = spike_times(task, spikes) if task.times else None
    # Its program says how long it ran; the CPU time is that of the whole program.
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    watch = types.SimpleNamespace(seconds=b2.device._last_run_time + reading.seconds,
                                  cpu_seconds=cpu + reading.cpu_seconds)
    task.report(f"Brian2 {b2.__version__}", watch, spikes.count, times)


main()
