# SPDX-License-Identifier: MIT
"""The figures of docs/experiments.md: FIGURES holds them by name, each a function that takes
scripts/gallery.py's Examples and returns a matplotlib figure."""

import functools

import matplotlib.pyplot as plt
from hhsweep.plot import style

FIGURES = {}


def figure(name):
    """Registers a figure, drawn in the style of hhsweep.plot."""
    def register(draw):
        @functools.wraps(draw)
        def drawn(examples):
            # The figures that a function leaves open would pile up.
            plt.close("all")
            return style.styled(draw)(examples)
        FIGURES[name] = drawn
        return drawn
    return register


def canvas(width, height, **mosaic):
    """A figure of width by height inch, laid out so that nothing overlaps."""
    return plt.figure(figsize=(width, height), layout="constrained", **mosaic)


def panel_letters(axes):
    """a, b, c, ... above the upper left corners."""
    for letter, ax in zip("abcdefghijkl", axes):
        ax.set_title(letter, loc="left", fontweight="bold", fontsize=9)


def tidy(*axes):
    for ax in axes:
        style.trim(ax)


def trace(dataset, number):
    """One trace of a result, by its place."""
    return dataset.isel(trace=number)
