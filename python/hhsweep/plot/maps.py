# SPDX-License-Identifier: MIT
"""Maps over two axes: any statistic, and thresholds."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ..errors import MissingDataError, PlotError
from . import style
from .canvas import single
from .lines import plain_ticks
from .prepare import (Panel, Selection, default_variable, display_name, free_axes, is_repetition,
                      panel, remark, require_values, search_bracket, title_of)
from .thresholds import describe_search_failure, note_gap

MOST_VECTOR_CELLS = 2500
MOST_LEVELS = 9


def default_axes(ds: xr.Dataset, x: str | None, y: str | None, select: Selection
                 ) -> tuple[str, str]:
    """Coordinates for x and y: those given, else the longest axes in the sweep's order."""
    from ..selection import axis_of
    taken = [axis_of(ds, name) for name in (x, y) if name]
    free = [axis for axis in free_axes(ds, select) if axis not in taken]
    free.sort(key=lambda axis: (is_repetition(ds, axis), -ds.sizes[axis]))
    missing = 2 - len(taken)
    if len(free) < missing:
        raise PlotError("a map takes two axes with several values each; this has "
                        f"{len(free) + len(taken)}")
    chosen = [axis for axis in ds.hhsweep.axes if axis in free[:missing]]
    return (x or display_name(ds, chosen.pop(0)), y or display_name(ds, chosen.pop(0)))


@style.styled
def heat_map(ds: xr.Dataset, variable: str | None = None, x: str | None = None,
             y: str | None = None, *, select: Selection = None, title: str | None = None,
             ax: Axes | None = None) -> Figure:
    """Draws one statistic as colours over two axes.

    Cells without a value are grey, those of neurons that diverged or did not run are hatched. Over
    repeated or drawn axes the mean is drawn.

    Parameters
    ----------
    ds
        A result.
    variable
        The statistic; default ``firing_rate``, else ``spike_count``.
    x, y
        Axes or auxiliary coordinates; default the two longest axes, in the sweep's order.
    select, title, ax
        As for :func:`statistic`. Axes that are left are drawn at their first value, with a
        :class:`PlotWarning`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    PlotError, SelectionError, MissingDataError
        When there is nothing to draw.
    """
    variable = variable or default_variable(ds)
    ds.hhsweep.variable(variable)
    data = panel(ds, variable, default_axes(ds, x, y, select), select)
    require_values(data, variable)
    if variable in ("firing_rate", "spike_count") and not np.nanmax(data.values.values) > 0:
        remark(f"nothing spiked: {variable} is 0 everywhere")
    marks = [Marked(data.status.values == code, label, hatch)
             for code, label, hatch in ((1, "diverged", "////"), (2, "not run", "\\\\\\\\"))]
    return _draw_map(data, "viridis", marks, "undefined", title_of(ds, title), ax)


@style.styled
def threshold_map(ds: xr.Dataset, x: str | None = None, y: str | None = None, *,
                  select: Selection = None, title: str | None = None, ax: Axes | None = None
                  ) -> Figure:
    """Draws the thresholds of a search as colours over two axes.

    Neurons without a threshold are grey or hatched, and the legend says why.

    Parameters
    ----------
    ds
        A result of a sweep with a ``[search]``.
    x, y, select, title, ax
        As for :func:`heat_map`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    PlotError, SelectionError, MissingDataError
        No search, fewer than two axes, or no threshold at all.
    """
    if "threshold" not in ds:
        raise MissingDataError("the result has no thresholds; the sweep file needs a [search]")
    wanted = default_axes(ds, x, y, select)
    data = panel(ds, "threshold", wanted, select)
    note_gap(ds, data.values)
    codes = panel(ds, "threshold_status", wanted, select).values.values
    if not np.any(np.isfinite(data.values.values)):
        raise PlotError(describe_search_failure(ds, codes))
    bracket = search_bracket(ds)
    unit = style.unit_text(str(data.values.attrs.get("units", "1")))
    low, high = (f"{end:g} {unit}" for end in bracket) if bracket else ("the lower end",
                                                                        "the upper end")
    marks = [Marked(codes == 1, f"none up to {high}", "", style.UNDEFINED),
             Marked(codes == 2, f"already at {low}", "....", "#FFFFFF"),
             Marked(codes == 4, "diverged", "////")]
    several = codes == 3
    if several.any():
        remark(f"{int(several.sum())} neurons have several thresholds; the lowest is drawn")
    return _draw_map(data, "cividis", marks, "undefined", title_of(ds, title), ax)


class Marked:
    """Cells that carry no colour of the scale, and how the legend calls them."""

    def __init__(self, where: np.ndarray, label: str, hatch: str, face: str = "#FFFFFF") -> None:
        self.where, self.label, self.hatch, self.face = where, label, hatch, face

    def patch(self) -> Patch:
        """The legend's sample."""
        return Patch(facecolor=self.face, edgecolor=style.GREY, hatch=self.hatch, linewidth=0.5,
                     label=self.label)


def edges_of(values: np.ndarray, logarithmic: bool) -> np.ndarray:
    """Edges of cells about ascending `values`, shape (n,), half-way between them: (n + 1,)."""
    if values.size == 1:
        return values[0] + np.array([-0.5, 0.5])
    scaled = np.log(values) if logarithmic else values
    middle = 0.5 * (scaled[1:] + scaled[:-1])
    edges = np.concatenate([[2 * scaled[0] - middle[0]], middle, [2 * scaled[-1] - middle[-1]]])
    return np.exp(edges) if logarithmic else edges


def _ascending(data: Panel, place: int) -> tuple[np.ndarray, np.ndarray]:
    values = np.asarray(data.coordinate(place).values, dtype=float)
    order = np.argsort(values, kind="stable")
    if np.any(np.diff(values[order]) <= 0):
        raise PlotError(f"{data.names[place]} has equal values, which a map cannot tell apart; "
                        f"take the axis {data.axes[place]}")
    return values[order], order


def _draw_map(data: Panel, colors: str, marks: list[Marked], undefined: str, title: str,
              ax: Axes | None) -> Figure:
    x, x_order = _ascending(data, 0)
    y, y_order = _ascending(data, 1)
    logarithmic = style.is_logarithmic(x), style.is_logarithmic(y)
    x_edges, y_edges = edges_of(x, logarithmic[0]), edges_of(y, logarithmic[1])
    cells = data.values.values[np.ix_(x_order, y_order)].T
    own = ax is None
    figure, ax = single(ax, width=3.6, height=2.7)
    mesh = ax.pcolormesh(x_edges, y_edges, np.ma.masked_invalid(cells), cmap=colors,
                         norm=_norm(data, cells, colors), linewidth=0,
                         rasterized=cells.size > MOST_VECTOR_CELLS)
    mesh.set_edgecolor("face")
    if logarithmic[0]:
        ax.set_xscale("log")
    if logarithmic[1]:
        ax.set_yscale("log")
    ax.set_xlim(x_edges[0], x_edges[-1])
    ax.set_ylim(y_edges[0], y_edges[-1])
    for log, axis in zip(logarithmic, (ax.xaxis, ax.yaxis)):
        if log:
            plain_ticks(axis)
    _mark_cells(ax, x_edges, y_edges, cells, marks, (x_order, y_order), undefined)
    ax.set_xlabel(style.label_text(data.coordinate(0)))
    ax.set_ylabel(style.label_text(data.coordinate(1)))
    if title:
        ax.set_title(style.wrapped(title, figure.get_figwidth() - 0.6) if own else title)
    style.keep_ticks(ax)
    _color_bar(figure, ax, mesh, data, cells)
    return figure


def _levels(data: Panel, cells: np.ndarray) -> np.ndarray | None:
    """Whole numbers from the least to the greatest, where a map of counts has few of them."""
    if data.repetitions > 1 or str(data.values.name) != "spike_count":
        return None
    low, high = np.nanmin(cells), np.nanmax(cells)
    return np.arange(low, high + 1) if high - low < MOST_LEVELS else None


def _norm(data: Panel, cells: np.ndarray, colors: str) -> Any:
    """Steps for counts, a scale from 0 for rates, a logarithmic one for thresholds of decades."""
    levels = _levels(data, cells)
    if levels is None:
        low, high = float(np.nanmin(cells)), float(np.nanmax(cells))
        if data.values.name == "threshold" and low > 0 and high > 10 * low:
            return LogNorm(low, high)
        return Normalize(0 if data.values.name in ("firing_rate", "spike_count") else low, high)
    return BoundaryNorm(np.append(levels, levels[-1] + 1) - 0.5, mpl.colormaps[colors].N)


def _color_bar(figure: Figure, ax: Axes, mesh: Any, data: Panel, cells: np.ndarray) -> None:
    bar = ax.figure.colorbar(mesh, ax=ax, pad=0.02, aspect=25)
    bar.outline.set_linewidth(0.5)
    bar.ax.tick_params(labelsize=mpl.rcParams["ytick.labelsize"], width=0.5, length=2.5)
    if isinstance(mesh.norm, LogNorm):
        plain_ticks(bar.ax.yaxis)
    levels = _levels(data, cells)
    if levels is not None:
        bar.set_ticks(levels.tolist())
        bar.minorticks_off()
    mean = f", mean of {data.repetitions}" if data.repetitions > 1 else ""
    bar.set_label(style.label_text(data.values) + mean)


def _mark_cells(ax: Axes, x_edges: np.ndarray, y_edges: np.ndarray, cells: np.ndarray,
                marks: list[Marked], order: tuple[np.ndarray, np.ndarray], undefined: str) -> None:
    ax.set_facecolor(style.UNDEFINED)
    patches = []
    explained = np.zeros(cells.shape, bool)
    for mark in marks:
        where = mark.where[np.ix_(*order)].T
        where = where & ~np.isfinite(cells) if not mark.hatch.startswith(("/", "\\")) else where
        if where.any():
            _hatch(ax, x_edges, y_edges, where, mark)
            patches.append(mark.patch())
            explained |= where
    if np.any(~np.isfinite(cells) & ~explained):
        patches.append(Marked(explained, undefined, "", style.UNDEFINED).patch())
    if patches:
        ax.legend(handles=patches, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncol=3,
                  columnspacing=1.0)


def _hatch(ax: Axes, x_edges: np.ndarray, y_edges: np.ndarray, where: np.ndarray,
           mark: Marked) -> None:
    """Covers cells, runs of them in a row at once."""
    for row in np.flatnonzero(where.any(axis=1)):
        steps = np.diff(np.concatenate([[0], where[row].astype(int), [0]]))
        starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
        ax.broken_barh([(x_edges[a], x_edges[b] - x_edges[a]) for a, b in zip(starts, ends)],
                       (y_edges[row], y_edges[row + 1] - y_edges[row]), facecolor=mark.face,
                       edgecolor=style.GREY, hatch=mark.hatch or None, linewidth=0)
