# SPDX-License-Identifier: MIT
"""JAX: lax.scan over the steps, all neurons in one array, compiled once by XLA."""

import jax
import jax.numpy as jnp
import load
import numpy


def rk4_step(state, current, dt):
    def slope(y):
        return load.slope(y, current, jnp.exp, jnp.where)

    def advanced(k, h):
        return tuple(y + h * s for y, s in zip(state, k))

    k1 = slope(state)
    k2 = slope(advanced(k1, dt / 2))
    k3 = slope(advanced(k2, dt / 2))
    k4 = slope(advanced(k3, dt))
    return tuple(y + dt / 6 * (a + 2 * (b + c) + d) for y, a, b, c, d in zip(state, k1, k2, k3, k4))


def most_spikes(duration):
    """Room for the spike times of a neuron."""
    return int(duration / 5) + 10


def simulation(task, step_function):
    """A function of the currents: (counts, spike times padded with 0)."""
    start = load.rest()
    row = jnp.arange(task.neurons)

    def note(times, counts, spiked, step, before, after):
        at = load.crossing_times(step.astype("float64"), task.dt, before.astype("float64"), after.astype("float64"))
        return times.at[row, counts].set(jnp.where(spiked, at, times[row, counts]))

    def run(current):
        def body(carry, step):
            state, counts, times = carry
            after = step_function(state, jnp.where(step >= task.onset_step, current, 0), task.dt)
            spiked = (state[0] < 0) & (after[0] >= 0)
            if task.times:
                times = note(times, counts, spiked, step, state[0], after[0])
            return (after, counts + spiked, times), None

        state = tuple(jnp.full(task.neurons, value, task.precision) for value in start)
        counts = jnp.zeros(task.neurons, "int32")
        times = jnp.zeros((task.neurons, most_spikes(task.duration))) if task.times else None
        return jax.lax.scan(body, (state, counts, times), jnp.arange(task.steps))[0][1:]

    return run


def main(version, step_function):
    """One run of a JAX peer; the time is that of the compiled code."""
    task = load.Load()
    jax.config.update("jax_enable_x64", task.precision == "float64" or bool(task.times))
    current = jnp.array(task.currents(), task.precision)
    compiled = jax.jit(simulation(task, step_function)).lower(current).compile()
    with load.Stopwatch() as watch:
        counts, times = jax.block_until_ready(compiled(current))
    # Taking JAX's own arrays apart, neuron by neuron, takes longer than the run.
    counts, times = numpy.asarray(counts), numpy.asarray(times)
    task.report(version, watch, counts, [row[:n] for row, n in zip(times, counts)] if task.times else None)


if __name__ == "__main__":
    main(f"JAX {jax.__version__}", rk4_step)
