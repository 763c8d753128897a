#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Coefficients of the polynomials in math.hpp and random.hpp of include/hhsweep, with their errors.

Remez' exchange in 60 digits, then rounded to the type they are used in.
Needs mpmath; prints C++ hexadecimal literals, lowest order first.
"""
import struct

import mpmath as mp

mp.mp.dps = 60


def remez(f, degree, low, high, weight):
    """Minimax polynomial of weight * (p - f) on [low, high]; returns (coefficients, error)."""
    n = degree + 2
    nodes = [(low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * i / (n - 1)) for i in range(n)]
    grid = [low + (high - low) * mp.mpf(i) / 4000 for i in range(4001)]
    for _ in range(12):
        matrix = mp.matrix(n, n)
        right = mp.matrix(n, 1)
        for i, x in enumerate(nodes):
            for j in range(degree + 1):
                matrix[i, j] = x**j
            matrix[i, degree + 1] = (-1) ** i / weight(x)
            right[i] = f(x)
        solution = mp.lu_solve(matrix, right)
        c = [solution[j] for j in range(degree + 1)]
        error = [weight(x) * (mp.polyval(c[::-1], x) - f(x)) for x in grid]
        extrema = [0]
        for i in range(1, len(grid)):
            if mp.sign(error[i]) == mp.sign(error[extrema[-1]]):
                if abs(error[i]) > abs(error[extrema[-1]]):
                    extrema[-1] = i
            else:
                extrema.append(i)
        while len(extrema) > n:
            extrema.pop(0 if abs(error[extrema[0]]) < abs(error[extrema[-1]]) else -1)
        if len(extrema) < n:
            break
        nodes = [grid[i] for i in extrema]
    return c, max(abs(e) for e in error)


def literal(value, single):
    value = float(value)
    if single:
        value = struct.unpack("f", struct.pack("f", value))[0]
    return value.hex() + ("f" if single else "")


def show(title, f, degree, low, high, weight, single):
    c, error = remez(f, degree, mp.mpf(low), mp.mpf(high), weight)
    print(f"// {title}, degree {degree}, max error {mp.nstr(error, 3)}")
    print(",\n".join(literal(x, single) for x in c), "\n")


def divided(f, x0, limit):
    """(f(x) - f(x0)) / x, continued through 0."""
    return lambda x: limit if abs(x) < mp.mpf(10) ** -25 else (f(x) - x0) / x


ln2 = mp.log(2)
exp2_part = divided(lambda x: mp.mpf(2) ** x, 1, ln2)
sin_part = lambda s: 2 * mp.pi if s < mp.mpf(10) ** -40 else mp.sin(2 * mp.pi * mp.sqrt(s)) / mp.sqrt(s)
cos_part = lambda s: mp.cos(2 * mp.pi * mp.sqrt(s))
linoid_even = lambda s: mp.mpf(1) if s < mp.mpf(10) ** -40 else mp.sqrt(s) / 2 * mp.coth(mp.sqrt(s) / 2)
log_part = lambda s: mp.mpf(2) if s < mp.mpf(10) ** -40 else 2 * mp.atanh(mp.sqrt(s)) / mp.sqrt(s)

log1p_part = lambda f: mp.mpf(1) / 3 if abs(f) < mp.mpf(10) ** -12 else (mp.log1p(f) - f + f * f / 2) / f**3

for single in (True, False):
    name = "float" if single else "double"
    show(f"{name} (2^f - 1)/f, |f| <= 1/2", exp2_part, 5 if single else 10, -0.5, 0.5,
         lambda x: abs(x) / mp.mpf(2) ** x + mp.mpf(10) ** -30, single)
    show(f"{name} even part of x/(1 - e^-x) in x^2, |x| <= 1/2", linoid_even, 2 if single else 6, 0, 0.25,
         lambda s: 1, single)
    show(f"{name} sin(2 pi x)/x in x^2, |x| <= 1/4", sin_part, 4 if single else 8, 0, 1 / 16, lambda s: mp.sqrt(s) + mp.mpf(10) ** -30, single)
show("double log((1 + z)/(1 - z))/z in z^2, |z| <= 0.1716", log_part, 8, 0, 0.02945, lambda s: mp.sqrt(s) + mp.mpf(10) ** -30, False)
show("float (log(1 + f) - f + f^2/2)/f^3, 1 + f from sqrt(1/2) to sqrt(2)", log1p_part, 6, mp.sqrt(0.5) - 1, mp.sqrt(2) - 1,
     lambda f: abs(f**3) / (abs(mp.log1p(f)) + mp.mpf(10) ** -20) + mp.mpf(10) ** -30, True)
