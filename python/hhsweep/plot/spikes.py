# SPDX-License-Identifier: MIT
"""Raster of spikes with the spike-time histogram below."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from ..errors import MissingDataError, PlotError
from . import style
from .canvas import several
from .prepare import Selection, display_name, free_axes, is_repetition, remark, title_of

MOST_SPIKES = 2_000_000
MOST_TICKED_ROWS = 400
MOST_VECTOR_SPIKES = 5000
# The panel of the raster is lower than those of other figures.
LONGEST_LABEL = 28


@style.styled
def raster(ds: xr.Dataset, *, select: Selection = None, bin: float | None = None,
           window: tuple[float, float] | None = None, title: str | None = None, fig: Any = None
           ) -> Figure:
    """Draws the spikes of the selected neurons, a row each, above their spike-time histogram.

    Rows of neurons that diverged or did not run are shaded: they are not silent.

    Parameters
    ----------
    ds
        A result with spike times.
    select
        Values of axes, or ``{"neuron": numbers}``.
    bin
        Width of a bin of the histogram, ms; default about a hundredth of the window.
    window
        (from, to) in ms; default the whole run.
    title, fig
        As for :func:`traces`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    PlotError, SelectionError, MissingDataError
        No spike times on record, or nothing spiked.
    """
    if not ds.hhsweep.has_spikes:
        raise MissingDataError("the result has no spike times, which a raster takes; the sweep "
                               "file needs spike_times = true in [record]")
    numbers = _rows_to_draw(ds, select)
    low, high = window or (0.0, float(ds.attrs["duration"]))
    times, rows = ds.hhsweep.raster(neuron=numbers.tolist())
    inside = (times >= low) & (times <= high)
    times, rows = times[inside], rows[inside]
    if times.size == 0:
        raise PlotError(_nothing_spiked(ds, numbers, window))
    figure = several(fig, 4.6, 3.2)
    top, bottom = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [2.2, 1]})
    _draw_spikes(top, times, rows, numbers.size)
    _shade_failed(top, ds, numbers, (low, high))
    _label_rows(top, ds, numbers, select)
    _draw_histogram(bottom, ds, numbers, bin, (low, high))
    top.tick_params(labelbottom=False)
    bottom.set_xlim(low, high)
    title = title_of(ds, title)
    if title:
        top.set_title(title if fig is not None else style.wrapped(title, 4.0))
    figure.align_ylabels([top, bottom])
    return figure


def _rows_to_draw(ds: xr.Dataset, select: Selection) -> np.ndarray:
    numbers = ds.hhsweep.neurons(**dict(select or {}))
    spikes = int(ds["row_size"].values[numbers].sum())
    if spikes <= MOST_SPIKES:
        return numbers
    kept = max(1, int(numbers.size * MOST_SPIKES / spikes))
    remark(f"{kept} of {numbers.size} neurons are drawn, which are enough for a figure; --select "
           "AXIS=VALUE picks others")
    return numbers[np.linspace(0, numbers.size - 1, kept).round().astype(int)]


def _nothing_spiked(ds: xr.Dataset, numbers: np.ndarray, window: Any) -> str:
    failed = int((ds["status"].values.reshape(-1)[numbers] != 0).sum())
    text = f"nothing spiked: none of the {numbers.size} selected neurons has a spike"
    if window is not None:
        text += f" from {window[0]:g} to {window[1]:g} ms"
    return text + (f" ({failed} of them diverged or did not run)" if failed else "")


def _draw_spikes(ax: Any, times: np.ndarray, rows: np.ndarray, count: int) -> None:
    if count <= MOST_TICKED_ROWS:
        ax.vlines(times, rows - 0.4, rows + 0.4, color=style.BLACK,
                  linewidth=0.7 if count <= 100 else 0.4,
                  rasterized=times.size > MOST_VECTOR_SPIKES)
    else:
        ax.plot(times, rows, ",", color=style.BLACK, rasterized=True)
    ax.set_ylim(-0.7, count - 0.3)


def _shade_failed(ax: Any, ds: xr.Dataset, numbers: np.ndarray, window: tuple[float, float]
                  ) -> None:
    status = ds["status"].values.reshape(-1)[numbers]
    patches = []
    for code, label, hatch in ((1, "diverged", "////"), (2, "not run", "\\\\\\\\")):
        looks: Any = {"facecolor": "white", "edgecolor": style.GREY, "hatch": hatch}
        for row in np.flatnonzero(status == code):
            ax.broken_barh([(window[0], window[1] - window[0])], (row - 0.5, 1.0), linewidth=0,
                           **looks)
        if np.any(status == code):
            patches.append(Patch(linewidth=0.5, label=label, **looks))
    if patches:
        ax.legend(handles=patches, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncol=2)


def _label_rows(ax: Any, ds: xr.Dataset, numbers: np.ndarray, select: Selection) -> None:
    """Ticks and label of the rows: values of the axis where one tells them apart."""
    style.trim(ax)
    if numbers.size == 1:
        ax.set_yticks([])
        ax.set_ylabel("Spikes")
        return
    if "neuron" in dict(select or {}):
        ax.set_ylabel("Neuron")
        _tick_rows(ax, [f"{number}" for number in numbers])
        return
    free = free_axes(ds, select)
    # Of drawn neurons no one parameter tells the rows apart.
    names = [axis if is_repetition(ds, axis) else display_name(ds, axis) for axis in free]
    shown = [ds.hhsweep.coordinates(numbers)[name] for name in names]
    if len(free) == 1:
        ax.set_ylabel(style.label_text(ds[names[0]], LONGEST_LABEL))
        _tick_rows(ax, style.number_texts(shown[0]))
    elif len(free) == 2 and is_repetition(ds, free[1]) and not is_repetition(ds, free[0]):
        ax.set_ylabel(style.label_text(ds[names[0]], LONGEST_LABEL))
        _tick_groups(ax, shown[0])
    else:
        ax.set_ylabel(f"Neurons ({' × '.join(style.symbol_text(axis) or axis for axis in free)})")
        ax.yaxis.set_major_locator(MaxNLocator(6, integer=True))


def _tick_rows(ax: Any, texts: list[str]) -> None:
    locator = FixedLocator(range(len(texts))) if len(texts) <= 8 else MaxNLocator(6, integer=True)
    ax.yaxis.set_major_locator(locator)
    ax.yaxis.set_major_formatter(FuncFormatter(
        lambda row, _: texts[int(row)] if 0 <= row < len(texts) else ""))


def _tick_groups(ax: Any, values: np.ndarray) -> None:
    """One tick for each run of rows with equal values, at most a dozen, and thin lines between."""
    starts = np.concatenate([[0], np.flatnonzero(np.diff(values) != 0) + 1, [values.size]])
    middles = 0.5 * (starts[:-1] + starts[1:] - 1)
    step = -(-middles.size // 12)
    ax.set_yticks(middles[::step], style.number_texts(values[starts[:-1]])[::step])
    if middles.size <= 30:
        for start in starts[1:-1]:
            ax.axhline(start - 0.5, color=style.UNDEFINED, linewidth=0.5, zorder=0)


def _draw_histogram(ax: Any, ds: xr.Dataset, numbers: np.ndarray, bin: float | None,
                    window: tuple[float, float]) -> None:
    rate = ds.hhsweep.psth(bin, window=window, neuron=numbers.tolist())
    width = float(rate.attrs["bin"])
    edges = np.append(rate.time.values - width / 2, rate.time.values[-1] + width / 2)
    ax.stairs(rate.values, edges, fill=True, color=style.SKY, linewidth=0)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("Time (ms)")
    ax.set_ylabel("Rate (Hz)")
    ax.annotate(f"bins of {width:g} ms", (1, 1), (0, 1), xycoords="axes fraction",
                textcoords="offset points", ha="right", va="bottom", fontsize=6.5,
                color=style.GREY)
    style.trim(ax)
