#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Diffrax: an ODE solver of order 5 with constant steps, vmapped over all neurons.

It has no classical RK4, so this is Tsit5 at the same dt: six evaluations of the slopes a step instead of four.
Spikes are counted in the voltage saved every 0.1 ms.
"""

import load

benchmark = load.Benchmark(__doc__, "jax", "diffrax")

import diffrax  # noqa: E402
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy  # noqa: E402

jax.config.update("jax_enable_x64", benchmark.dtype == "float64")
benchmark.needs_gpu(jax.default_backend() == "gpu")

term = diffrax.ODETerm(lambda t, y, current: load.slope(jnp, *y, current))


def solved(y, current, start, stop, samples):
    """State at `stop` and voltages at `samples` times after `start`."""
    times = jnp.linspace(start, stop, samples + 1, dtype=benchmark.dtype)[1:]
    solution = diffrax.diffeqsolve(
        term, diffrax.Tsit5(), start, stop, load.DT, y, args=current,
        saveat=diffrax.SaveAt(ts=times), stepsize_controller=diffrax.ConstantStepSize(),
        max_steps=None, adjoint=diffrax.ForwardMode())
    return tuple(x[-1] for x in solution.ys), solution.ys[0]


def spikes(current):
    rest = tuple(jnp.asarray(x, benchmark.dtype) for x in load.rest())
    duration = benchmark.arguments.duration
    y, before = solved(rest, jnp.zeros_like(current), 0.0, load.ONSET, round(load.ONSET / 0.1))
    _, after = solved(y, current, load.ONSET, duration, round((duration - load.ONSET) / 0.1))
    V = jnp.concatenate([before, after])
    return jnp.sum((V[:-1] < 0) & (V[1:] >= 0))


run_all = jax.jit(jax.vmap(spikes))
currents = jnp.asarray(benchmark.currents, benchmark.dtype)
benchmark.report(f"Diffrax {diffrax.__version__}, Tsit5", lambda: numpy.asarray(run_all(currents)),
                 "six slopes a step, order 5")
