#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One neuron as a loop of JAX, vmapped over all and compiled by XLA."""

import load

VARIANTS = ("fori_loop", "scan")

benchmark = load.Benchmark(__doc__, "jax", variants=VARIANTS)

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy  # noqa: E402

jax.config.update("jax_enable_x64", benchmark.dtype == "float64")
benchmark.needs_gpu(jax.default_backend() == "gpu")


def spikes(current):
    def step(k, carry):
        y, count = carry
        after = load.rk4(jnp, y, jnp.where(k >= load.ONSET_STEP, current, 0))
        return after, count + ((y[0] < 0) & (after[0] >= 0))

    start = (tuple(jnp.asarray(x, benchmark.dtype) for x in load.rest()), jnp.int32(0))
    if benchmark.arguments.variant == "fori_loop":
        return jax.lax.fori_loop(0, benchmark.steps, step, start)[1]
    steps = jnp.arange(benchmark.steps, dtype=jnp.int32)
    return jax.lax.scan(lambda carry, k: (step(k, carry), None), start, steps)[0][1]


run_all = jax.jit(jax.vmap(spikes))
currents = jnp.asarray(benchmark.currents, benchmark.dtype)
benchmark.report(f"JAX {jax.__version__}, vmap of lax.{benchmark.arguments.variant}",
                 lambda: numpy.asarray(run_all(currents)))
