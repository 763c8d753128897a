# SPDX-License-Identifier: MIT
"""Steady states and time constants that ``hhsweep model --curves`` writes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Union

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ..errors import HhsweepError, PlotError
from . import style
from .canvas import several

COLUMNS = ("V_mV", "m_inf", "h_inf", "n_inf", "tau_m_ms", "tau_h_ms", "tau_n_ms")


def read_curves(path: str | os.PathLike[str]) -> pd.DataFrame:
    """The table of ``hhsweep model --curves FILE.csv``.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    PlotError
        The file is another one.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file")
    try:
        table = pd.read_csv(path, comment="#")
    except OSError as error:
        raise HhsweepError(f"cannot read {path}: {error.strerror or error}", 4) from error
    except (ValueError, pd.errors.ParserError) as error:
        raise PlotError(f"{path} is no table of curves: {error}") from error
    lacking = [name for name in COLUMNS if name not in table]
    if lacking:
        raise PlotError(f"{path} is not what 'hhsweep model --curves' writes: it has no column "
                        f"{', '.join(lacking)}")
    if not all(np.issubdtype(table[name].dtype, np.number) for name in COLUMNS):
        raise PlotError(f"{path} has cells that are no numbers")
    return table


@style.styled
def curves(table: Union[str, "os.PathLike[str]", pd.DataFrame], *,
           window: tuple[float, float] | None = None, title: str | None = None, fig: Any = None
           ) -> Figure:
    """Draws steady states and time constants of m, h and n against the voltage.

    Parameters
    ----------
    table
        A file of ``hhsweep model --curves FILE.csv``, or its content as a data frame.
    window
        (from, to) in mV; default all of it.
    title, fig
        As for :func:`traces`; there is no title by default.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    FileNotFoundError, PlotError
        When there is no such table.
    """
    data = table if isinstance(table, pd.DataFrame) else read_curves(table)
    figure = several(fig, 4.8, 2.3)
    left, right = figure.subplots(1, 2, sharex=True)
    voltage = data["V_mV"].to_numpy()
    for gate in "mhn":
        color = style.COLOR_OF[gate]
        left.plot(voltage, data[f"{gate}_inf"], color=color, label=f"${gate}$")
        right.plot(voltage, data[f"tau_{gate}_ms"], color=color, label=f"${gate}$")
    left.set_ylabel("Steady state")
    left.set_ylim(-0.02, 1.02)
    right.set_ylabel("Time constant (ms)")
    right.set_ylim(bottom=0)
    for ax in (left, right):
        ax.set_xlabel("$V$ (mV)")
        ax.set_xlim(*(window or (voltage.min(), voltage.max())))
        style.trim(ax)
    right.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=8)
    return figure
