# SPDX-License-Identifier: MIT
"""Figures to draw on, and writing them to files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..errors import HhsweepError, PlotError
from ..fits import Fit
from .style import DOUBLE_COLUMN, PARAMETERS, SINGLE_COLUMN

FORMATS = ("png", "svg", "pdf")

_fits: WeakKeyDictionary[Any, list[tuple[str, Fit]]] = WeakKeyDictionary()


def single(ax: Axes | None, width: float = SINGLE_COLUMN, height: float = 2.4
           ) -> tuple[Figure, Axes]:
    """The axes given, or new ones alone on a figure of `width` by `height` inch."""
    if ax is not None:
        drawn_on: Any = ax.figure
        return getattr(drawn_on, "figure", drawn_on), ax
    figure = plt.figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def several(fig: Any, width: float = DOUBLE_COLUMN, height: float = 3.0) -> Any:
    """The figure (or subfigure) given, or a new one of `width` by `height` inch."""
    return fig if fig is not None else plt.figure(figsize=(width, height), layout="constrained")


def remember_fit(figure: Figure, label: str, fit: Fit) -> None:
    """Keeps a fit for :func:`fits_of`."""
    _fits.setdefault(figure, []).append((label, fit))


def fits_of(figure: Figure) -> list[tuple[str, Fit]]:
    """The fits that a figure shows, each with the label of its curve ('' for the only one)."""
    return list(_fits.get(figure, []))


def check_format(path: str | os.PathLike[str]) -> str:
    """The format that a file name asks for: ``png``, ``svg`` or ``pdf``.

    Raises
    ------
    PlotError
        For any other.
    """
    suffix = Path(path).suffix.lower().lstrip(".")
    if suffix not in FORMATS:
        raise PlotError(f"{os.fspath(path)}: figures are written as .png, .svg or .pdf")
    return suffix


def save(figure: Figure, path: str | os.PathLike[str], *, dpi: float = 300) -> Path:
    """Writes a figure, complete or not at all.

    Text in SVG and PDF stays text. Equal figures give equal files: they carry no date.

    Parameters
    ----------
    figure
        What one of the functions of :mod:`hhsweep.plot` returned.
    path
        Ends in ``.png``, ``.svg`` or ``.pdf``; an existing file is replaced.
    dpi
        Resolution of a PNG, and of parts of a PDF or SVG that are drawn as pixels.

    Raises
    ------
    PlotError
        For another format.
    HhsweepError
        The file cannot be written; exit code 4.
    """
    form = check_format(path)
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    metadata = {"png": {"Software": "hhsweep"}, "svg": {"Date": None, "Creator": "hhsweep"},
                "pdf": {"CreationDate": None, "Creator": "hhsweep"}}[form]
    try:
        with mpl.rc_context(PARAMETERS):
            figure.savefig(temporary, format=form, dpi=dpi, metadata=metadata)
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise HhsweepError(f"cannot write {path}: {error.strerror or error}", 4) from error
    return path
