# SPDX-License-Identifier: MIT
"""Diffrax: its explicit Runge-Kutta solver with the classical tableau, stepped by hand for one neuron and
vmapped over all of them, since a spike is counted within every step."""

from typing import ClassVar

import diffrax
import jax
import jax.numpy as jnp
import jax_rk4
import load
import numpy

TABLEAU = diffrax.ButcherTableau(
    a_lower=(numpy.array([0.5]), numpy.array([0.0, 0.5]), numpy.array([0.0, 0.0, 1.0])),
    b_sol=numpy.array([1 / 6, 1 / 3, 1 / 3, 1 / 6]),
    b_error=numpy.zeros(4),
    c=numpy.array([0.5, 0.5, 1.0]))


class Rk4(diffrax.AbstractERK):
    tableau: ClassVar[diffrax.ButcherTableau] = TABLEAU
    interpolation_cls: ClassVar = diffrax.ThirdOrderHermitePolynomialInterpolation.from_k

    def order(self, terms):
        return 4


def one_step(state, current, dt):
    """One step of one neuron."""
    term = diffrax.ODETerm(lambda t, y, i: load.slope(y, i, jnp.exp, jnp.where))
    zero, end = (jnp.asarray(t, state[0].dtype) for t in (0.0, dt))
    solver = Rk4()
    solver_state = solver.init(term, zero, end, state, current)
    return solver.step(term, zero, end, state, current, solver_state, made_jump=True)[0]


if __name__ == "__main__":
    jax_rk4.main(f"Diffrax {diffrax.__version__}, JAX {jax.__version__}", jax.vmap(one_step, in_axes=(0, 0, None)))
