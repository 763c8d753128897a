# SPDX-License-Identifier: MIT
"""Thresholds of a search over one axis: any, and the strength-duration curve."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..errors import MissingDataError, PlotError
from ..fits import Fit, fit_strength_duration
from . import style
from .canvas import fits_of, remember_fit, single
from .lines import default_x, draw_lines, finish, line_colors, plain_ticks
from .prepare import Panel, Selection, free_axes, is_current, panel, search_bracket, title_of


def require_search(ds: xr.Dataset) -> None:
    """Stops where a result has no thresholds."""
    if "threshold" not in ds:
        raise MissingDataError("the result has no thresholds; the sweep file needs a [search]")


def note_gap(ds: xr.Dataset, threshold: xr.DataArray) -> None:
    """Tells the labels of a searched start that it counts from the end of another stimulus."""
    path = str(threshold.attrs.get("hhsweep_parameter", "")).split(".")
    if path[0] == "stimulus" and path[-1] == "start" and "sweep_resolved" in ds:
        threshold.attrs["after"] = ds.hhsweep.sweep["stimulus"][path[1]].get("after", "")


def describe_search_failure(ds: xr.Dataset, codes: np.ndarray) -> str:
    """Why there is no threshold at all, from threshold_status of any shape."""
    bracket = search_bracket(ds)
    ends = f" ({bracket[0]:g} to {bracket[1]:g})" if bracket else ""
    meanings = {1: f"no event in the bracket{ends}", 2: f"the event everywhere in it{ends}",
                4: "the neuron diverged"}
    reasons = [f"{meaning} for {int((codes == code).sum())}" for code, meaning in meanings.items()
               if np.any(codes == code)]
    return f"the search found no threshold: {', '.join(reasons)} of {codes.size} neurons"


@style.styled
def threshold_curve(ds: xr.Dataset, x: str | None = None, *, select: Selection = None,
                    title: str | None = None, ax: Axes | None = None) -> Figure:
    """Draws the threshold of a search over one axis, with a line for each value of a second.

    Where there is none, a mark at the edge says on which side it is.

    Parameters
    ----------
    ds
        A result of a sweep with a ``[search]``.
    x, select, title, ax
        As for :func:`statistic`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    PlotError, SelectionError, MissingDataError
        No search, or no threshold at all.
    """
    require_search(ds)
    data, codes = _thresholds(ds, x or default_x(ds, select), select)
    own = ax is None
    figure, ax = single(ax)
    draw_lines(ds, ax, data)
    ax.set_ylim(*_with_room(ax, codes))
    mark_missing(ds, ax, data, codes)
    finish(ax, data, title_of(ds, title), own)
    return figure


def _thresholds(ds: xr.Dataset, x: str, select: Selection) -> tuple[Panel, np.ndarray]:
    data = panel(ds, "threshold", [x], select, extra="lines")
    note_gap(ds, data.values)
    codes = panel(ds, "threshold_status", [x], select, extra="lines").values.values
    if not np.any(np.isfinite(data.values.values)):
        raise PlotError(describe_search_failure(ds, codes))
    return data, codes.reshape(data.coordinate(0).size, -1)


def _with_room(ax: Axes, codes: np.ndarray) -> tuple[float, float]:
    """The present limits, with room for marks at the edges that will carry some."""
    low, high = ax.get_ylim()
    room = 0.12 * (high - low)
    return (low - room if np.any((codes == 2) | (codes == 4)) else low,
            high + room if np.any(codes == 1) else high)


def mark_missing(ds: xr.Dataset, ax: Axes, data: Panel, codes: np.ndarray) -> None:
    """Marks at the edges where there is no threshold; codes has the shape (points, lines)."""
    x = np.asarray(data.coordinate(0).values, dtype=float)
    unit = style.unit_text(str(data.values.attrs.get("units", "1")))
    bracket = search_bracket(ds)
    low, high = (f"{end:g} {unit}" for end in bracket) if bracket else ("the lower end",
                                                                        "the upper end")
    # Of several lines each has marks of its own colour; the legend explains their shape in grey.
    colors = line_colors(codes.shape[1]) if codes.shape[1] > 1 else [style.VERMILION]
    for code, marker, height, label in ((1, "^", 0.96, f"none up to {high}"),
                                        (2, "v", 0.04, f"already at {low}"),
                                        (4, "x", 0.04, "diverged")):
        look: Any = {"marker": marker, "linestyle": "none", "markerfacecolor": "none",
                     "markersize": 4.5, "markeredgewidth": 0.9}
        for line, color in enumerate(colors):
            here = codes[:, line] == code
            if here.any():
                step = 0.035 * line if height < 0.5 else -0.035 * line
                ax.plot(x[here], np.full(here.sum(), height + step), color=color, clip_on=False,
                        transform=ax.get_xaxis_transform(), zorder=4,
                        label=label if len(colors) == 1 else None, **look)
        if len(colors) > 1 and np.any(codes == code):
            ax.plot([], [], color=style.GREY, label=label, **look)


@style.styled
def strength_duration(ds: xr.Dataset, x: str | None = None, *, select: Selection = None,
                      fit: str | None = "both", title: str | None = None, ax: Axes | None = None
                      ) -> Figure:
    """Draws threshold current against pulse width on logarithmic scales, with the classical laws.

    Parameters
    ----------
    ds
        A result whose ``[search]`` finds a current along an axis of widths (ms).
    x
        The axis or auxiliary coordinate of widths; default the first in ms.
    select, title, ax
        As for :func:`statistic`; one axis is drawn.
    fit
        ``"lapicque"``, ``"weiss"``, ``"both"`` or None, see
        :func:`hhsweep.fits.fit_strength_duration`. Rheobase and chronaxie are in the legend, and
        :func:`fits_of` gives them.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    PlotError, SelectionError, MissingDataError
        No such search or axis, no threshold at all, or a fit that is impossible.
    """
    require_search(ds)
    if fit not in (None, "lapicque", "weiss", "both"):
        raise PlotError(f"there is no fit {fit!r} of a strength-duration curve; there are "
                        "lapicque, weiss and both")
    x = x or width_x(ds, select)
    if not is_current(ds["threshold"]):
        raise PlotError("a strength-duration curve takes a search for a current (uA/cm^2)")
    data, codes = _thresholds(ds, x, select)
    own = ax is None
    figure, ax = single(ax)
    ax.set_xscale("log")
    ax.set_yscale("log")
    draw_lines(ds, ax, data, joined=fit is None)
    mark_missing(ds, ax, data, codes)
    if fit:
        if len(data.axes) > 1:
            raise PlotError(f"a fit takes one curve; select a value of {data.names[1]}")
        kinds = ("lapicque", "weiss") if fit == "both" else (fit,)
        _draw_laws(figure, ax, data, kinds)
    finish(ax, data, title_of(ds, title), own)
    ax.set_xscale("log")
    for axis in (ax.xaxis, ax.yaxis):
        plain_ticks(axis)
    return figure


def width_x(ds: xr.Dataset, select: Selection) -> str:
    """The coordinate of pulse widths: an axis in ms that sets a width or stop.

    Raises
    ------
    PlotError
        When there is none.
    """
    for axis in free_axes(ds, select):
        for name in (axis, *ds.hhsweep.auxiliary(axis)):
            parameter = str(ds[name].attrs.get("hhsweep_parameter", ""))
            if parameter.rsplit(".", 1)[-1] == "width":
                return name
    raise PlotError("no axis sets the width of a pulse, which a strength-duration curve takes; "
                    "--x names the axis to use nevertheless")


def _draw_laws(figure: Figure, ax: Axes, data: Panel, kinds: tuple[str, ...]) -> None:
    x = np.asarray(data.coordinate(0).values, dtype=float)
    y = data.values.values
    fine = np.geomspace(x[np.isfinite(y)].min(), x[np.isfinite(y)].max(), 300)
    colors = {"lapicque": style.BLUE, "weiss": style.VERMILION}
    dashes = {"lapicque": "-", "weiss": "--"}
    for kind in kinds:
        found = fit_strength_duration(kind, x, y, unit=str(data.values.attrs["units"]))
        remember_fit(figure, "", found)
        ax.plot(fine, found(fine), dashes[kind], color=colors[kind], zorder=2,
                label=_law_label(found))
    # The first law's: for both, Lapicque's, whose rheobase is what long pulses tend to.
    _draw_rheobase(ax, fits_of(figure)[-len(kinds)][1])


def _law_label(fit: Fit) -> str:
    formula = {"lapicque": r"Lapicque: $I_\mathrm{rh}/(1 - e^{-w/\tau})$",
               "weiss": r"Weiss: $I_\mathrm{rh}\,(1 + w_\mathrm{ch}/w)$"}[fit.kind]
    chronaxie = {**fit.parameters, **fit.derived}["chronaxie"]
    unit = style.unit_text(fit.units["rheobase"])
    return (f"{formula}\n  rheobase $I_\\mathrm{{rh}}$ = {fit.parameters['rheobase']:.3g} {unit}"
            f"\n  chronaxie $w_\\mathrm{{ch}}$ = {chronaxie:.3g} ms")


def _draw_rheobase(ax: Axes, fit: Fit) -> None:
    """Thin lines at the rheobase, and at the chronaxie up to twice the rheobase."""
    rheobase = fit.parameters["rheobase"]
    chronaxie = {**fit.parameters, **fit.derived}["chronaxie"]
    low_x, high_x = ax.get_xlim()
    low_y, high_y = ax.get_ylim()
    thin: Any = {"color": style.GREY, "linewidth": 0.6, "linestyle": ":", "zorder": 1}
    ax.plot([low_x, high_x], [rheobase, rheobase], **thin)
    ax.plot([low_x, chronaxie, chronaxie], [2 * rheobase, 2 * rheobase, low_y], **thin)
    ax.set_xlim(low_x, high_x)
    ax.set_ylim(low_y, high_y)
