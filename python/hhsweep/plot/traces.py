# SPDX-License-Identifier: MIT
"""Traces over time, and phase planes of the gates against the voltage."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..errors import MissingDataError, PlotError
from . import style
from .canvas import several
from .membrane import steady_gate
from .prepare import Selection, remark, title_of

MOST_COLUMNS = 4
MOST_TRAJECTORIES = 6
MOST_VECTOR_POINTS = 20000

_ROWS = (("V",), ("m", "h", "n"), ("I_Na", "I_K", "I_L"), ("I_stim",))
_ROW_LABELS = {"V": "$V$ (mV)", "m": "Gates", "I_Na": "Ionic currents\n(µA/cm²)",
               "I_stim": "Stimulus\n(µA/cm²)"}
_ROW_HEIGHTS = {"V": 2.0, "m": 1.4, "I_Na": 1.4, "I_stim": 0.8}


def _chosen(ds: xr.Dataset, select: Selection, most: int) -> xr.Dataset:
    """Traces of the selected neurons, at most so many, over (trace, time)."""
    found = ds.hhsweep.traces(**dict(select or {}))
    count = found.sizes["trace"]
    if count == 0:
        raise PlotError("none of the selected neurons has a trace")
    if count <= most:
        return found
    kept = np.unique(np.linspace(0, count - 1, most).round().astype(int))
    remark(f"{kept.size} of {count} traces are drawn; --select AXIS=VALUE picks others")
    return found.isel(trace=kept)


def _labels(ds: xr.Dataset, found: xr.Dataset) -> list[str]:
    """What tells the traces apart: the coordinates that differ between them."""
    numbers = found["trace_neuron"].values
    columns = ds.hhsweep.coordinates(numbers)
    differing = [name for name, values in columns.items() if np.unique(values).size > 1]
    telling = [name for name in differing if not ds.hhsweep.auxiliary(name)] or differing
    shown = telling or [name for name in columns if not ds.hhsweep.auxiliary(name)]
    texts = [style.value_texts(xr.DataArray(columns[name], name=name, attrs=ds[name].attrs))
             for name in shown]
    return [", ".join(parts) for parts in zip(*texts)] if texts else [""] * numbers.size


@style.styled
def traces(ds: xr.Dataset, *, select: Selection = None, window: tuple[float, float] | None = None,
           title: str | None = None, fig: Any = None) -> Figure:
    """Draws recorded traces over time: voltage, gates, ionic currents, stimulus.

    Each neuron has a column (at most four), each kind of variable a row. A trace ends where its
    neuron diverged, which is marked.

    Parameters
    ----------
    ds
        A result with traces.
    select
        Values of axes, or ``{"neuron": number}``.
    window
        (from, to) in ms; default the whole run.
    title
        Default that of the sweep file; ``""`` for none.
    fig
        Figure or subfigure to draw on; default a new one.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    PlotError, SelectionError, MissingDataError
        When there are no such traces.
    """
    found = _chosen(ds, select, MOST_COLUMNS)
    rows = [present for row in _ROWS if (present := [name for name in row if name in found])]
    columns = found.sizes["trace"]
    heights = [_ROW_HEIGHTS[_row_key(row)] for row in rows]
    width = style.DOUBLE_COLUMN if columns > 2 else 4.6 if columns == 2 else 4.2
    figure = several(fig, width, 0.7 + 0.72 * sum(heights))
    panels = figure.subplots(len(rows), columns, sharex=True, sharey="row", squeeze=False,
                             gridspec_kw={"height_ratios": heights})
    labels = _labels(ds, found)
    for column in range(columns):
        one = found.isel(trace=column)
        for row, ax in zip(rows, panels[:, column]):
            _draw_row(ax, one, row)
            if row[0] in ("V",):
                _mark_divergence(ax, ds, one)
        panels[0, column].set_title(labels[column] if columns == 1 else
                                    labels[column].replace(", ", "\n"), fontsize=7.5)
    _finish_traces(figure, panels, rows, found, window)
    title = title_of(ds, title)
    if title:
        figure.suptitle(style.wrapped(title, width), x=0.01, ha="left", fontsize=8)
    return figure


def _row_key(row: list[str]) -> str:
    return next(group[0] for group in _ROWS if row[0] in group)


def _draw_row(ax: Any, one: xr.Dataset, row: list[str]) -> None:
    time = one["time"].values
    for name in row:
        drawn = ax.plot(time, one[name].values, color=style.COLOR_OF[name],
                        linewidth=0.9, label=style.symbol_text(name),
                        rasterized=time.size > MOST_VECTOR_POINTS)
        if name == "I_stim":
            drawn[0].set_drawstyle("default")


def _mark_divergence(ax: Any, ds: xr.Dataset, one: xr.Dataset) -> None:
    if "diverged_time" not in ds:
        return
    number = int(one["trace_neuron"])
    time = float(ds["diverged_time"].values.reshape(-1)[number])
    if np.isfinite(time):
        ax.axvline(time, color=style.VERMILION, linewidth=0.8, linestyle="--")
        ax.annotate("diverged", (time, 0.97), (2, 0), xycoords=("data", "axes fraction"),
                    textcoords="offset points", color=style.VERMILION, fontsize=6.5, va="top")


def _finish_traces(figure: Any, panels: np.ndarray, rows: list[list[str]], found: xr.Dataset,
                   window: tuple[float, float] | None) -> None:
    time = found["time"].values
    for row, line in zip(rows, panels):
        key = _row_key(row)
        line[0].set_ylabel(_ROW_LABELS[key])
        for ax in line:
            style.trim(ax)
        if len(row) > 1 or key in ("m", "I_Na"):
            line[-1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        if key == "m":
            line[0].set_ylim(-0.03, 1.03)
    figure.align_ylabels(panels[:, 0])
    for ax in panels[-1]:
        ax.set_xlabel("Time (ms)")
        ax.set_xlim(*(window or (time[0], time[-1])))
        if panels.shape[1] > 2:
            ax.xaxis.set_major_locator(MaxNLocator(3))
    if window is not None:
        _fit_heights(panels, window)


def _fit_heights(panels: np.ndarray, window: tuple[float, float]) -> None:
    """Vertical limits that fit what a window shows."""
    for line in panels:
        shown = []
        for ax in line:
            for drawn in ax.get_lines():
                x, y = np.asarray(drawn.get_xdata()), np.asarray(drawn.get_ydata(), dtype=float)
                if x.size > 2:
                    shown.append(y[(x >= window[0]) & (x <= window[1])])
        values = np.concatenate(shown) if shown else np.empty(0)
        values = values[np.isfinite(values)]
        if values.size and np.ptp(values) > 0:
            room = 0.05 * np.ptp(values)
            line[0].set_ylim(values.min() - room, values.max() + room)


@style.styled
def phase_planes(ds: xr.Dataset, *, select: Selection = None,
                 window: tuple[float, float] | None = None, title: str | None = None,
                 fig: Any = None) -> Figure:
    """Draws recorded gates against the voltage, with their steady states as dashed lines.

    Parameters
    ----------
    ds
        A result with traces of V and of some of m, h, n.
    select, title, fig
        As for :func:`traces`.
    window
        (from, to) in ms: what part of the traces to draw.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    PlotError, SelectionError, MissingDataError
        When there are no such traces.
    """
    recorded = ds.hhsweep.trace_variables
    gates = [name for name in ("m", "h", "n") if name in recorded]
    if "V" not in recorded or not gates:
        raise MissingDataError(
            f"phase planes take traces of V and of m, h or n; recorded "
            f"{'is ' + ', '.join(recorded) if recorded else 'are none'}; the sweep file needs "
            'variables = ["V", "m", "h", "n"] in [record.trace]')
    found = _chosen(ds, select, MOST_TRAJECTORIES)
    if window is not None:
        found = found.sel(time=slice(*window))
    figure = several(fig, 1.2 + 1.9 * len(gates), 2.2)
    panels = figure.subplots(1, len(gates), sharex=True, squeeze=False)[0]
    labels = _labels(ds, found)
    colors = style.line_colors(len(labels)) if len(labels) > 1 else [style.BLACK]
    for gate, ax in zip(gates, panels):
        for i, (label, color) in enumerate(zip(labels, colors)):
            _draw_trajectory(ax, found.isel(trace=i), gate, color, label)
        _draw_steady_state(ax, ds, gate, found["V"].values)
        ax.set_xlabel("$V$ (mV)")
        ax.set_ylabel(f"${gate}$", rotation=0, labelpad=8)
        ax.set_ylim(-0.03, 1.03)
        style.trim(ax)
    handles, names = panels[-1].get_legend_handles_labels()
    if handles:
        panels[-1].legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    title = title_of(ds, title)
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=8)
    return figure


def _draw_trajectory(ax: Any, one: xr.Dataset, gate: str, color: Any, label: str) -> None:
    voltage, open_part = one["V"].values, one[gate].values
    ax.plot(voltage, open_part, color=color, linewidth=0.8, label=label or "trajectory",
            rasterized=voltage.size > MOST_VECTOR_POINTS)
    ax.plot(voltage[:1], open_part[:1], "o", color=color, markersize=3)


def _draw_steady_state(ax: Any, ds: xr.Dataset, gate: str, voltage: np.ndarray) -> None:
    span = np.linspace(np.nanmin(voltage), np.nanmax(voltage), 300)
    steady = steady_gate(ds, gate, span)
    if steady is not None:
        ax.plot(span, steady, "--", color=style.GREY, linewidth=0.8, label="steady state",
                zorder=1)
