# SPDX-License-Identifier: MIT
"""Diagrams over one axis: any statistic, and the F-I curve with its fits."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..errors import PlotError
from ..fits import Fit, fit_rate
from ..selection import axis_of
from . import style
from .canvas import remember_fit, single
from .prepare import (Panel, Selection, axis_forms, default_variable, display_name, free_axes,
                      is_current, is_repetition, panel, require_values, title_of)

# Beyond so many points, markers merge and a line alone is clearer.
MOST_MARKERS = 60
MOST_VECTOR_POINTS = 5000


def default_x(ds: xr.Dataset, select: Selection) -> str:
    """The coordinate for x: of the longest axis that is no repetition."""
    free = free_axes(ds, select)
    if not free:
        raise PlotError("one neuron is selected, and a curve takes an axis with several")
    parameters = [axis for axis in free if not is_repetition(ds, axis)] or free
    return display_name(ds, max(parameters, key=lambda axis: ds.sizes[axis]))


def current_x(ds: xr.Dataset, select: Selection) -> str:
    """The coordinate for x of an F-I curve: the first that is a current.

    Raises
    ------
    PlotError
        When none is.
    """
    free = free_axes(ds, select)
    for axis in free:
        for name in (axis, *ds.hhsweep.auxiliary(axis)):
            if is_current(ds[name]):
                return name
    raise PlotError("no axis sets a current (uA/cm^2), which an F-I curve takes; --x names the "
                    "axis to use nevertheless")


def is_scattered(ds: xr.Dataset, name: str, values: np.ndarray) -> bool:
    """Whether points over `name` follow no order, so that a line between them means nothing."""
    steps = np.diff(values)
    form = axis_forms(ds).get(axis_of(ds, name), {})
    ordered = bool(np.all(steps > 0) or np.all(steps < 0))
    return not ordered or "draw" in form


@style.styled
def statistic(ds: xr.Dataset, variable: str | None = None, x: str | None = None, *,
              select: Selection = None, title: str | None = None, ax: Axes | None = None
              ) -> Figure:
    """Draws one statistic over one axis, with a line for each value of a second.

    Points over a drawn or unordered coordinate are dots. Over repeated or drawn axes other than x
    the mean is drawn, with a band of one standard deviation. Neurons that diverged or did not run
    leave a gap and are marked at the foot.

    Parameters
    ----------
    ds
        A result.
    variable
        The statistic, e.g. ``"V_max"``; default ``firing_rate``, else ``spike_count``.
    x
        An axis or auxiliary coordinate; default the longest axis.
    select
        Values of axes, e.g. ``{"g_Na": 120}``; ``slice`` and lists too.
    title
        Default that of the sweep file; ``""`` for none.
    ax
        Axes to draw on; default a new figure of one column's width.

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
    x = x or default_x(ds, select)
    data = panel(ds, variable, [x], select, extra="lines")
    require_values(data, variable)
    own = ax is None
    figure, ax = single(ax)
    draw_lines(ds, ax, data)
    finish(ax, data, title_of(ds, title), own)
    return figure


@style.styled
def fi_curve(ds: xr.Dataset, variable: str | None = None, x: str | None = None, *,
             fit: str | None = None, select: Selection = None, title: str | None = None,
             ax: Axes | None = None) -> Figure:
    """Draws firing rate against current, with a line for each value of a second axis.

    Parameters
    ----------
    ds
        A result with an axis that sets a current.
    variable
        Default ``firing_rate``, else ``spike_count``.
    x
        An axis or auxiliary coordinate; default the first that is a current.
    fit
        ``"sigmoid"``, ``"log"`` or ``"power"``: see :func:`hhsweep.fits.fit_rate`. The parameters
        are in the legend, and :func:`fits_of` gives them.
    select, title, ax
        As for :func:`statistic`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    PlotError, SelectionError, MissingDataError
        No current axis, nothing to draw, or a fit that is impossible.
    """
    if fit not in (None, "sigmoid", "log", "power"):
        raise PlotError(f"there is no fit {fit!r}; there are sigmoid, log and power")
    variable = variable or default_variable(ds)
    ds.hhsweep.variable(variable)
    x = x or current_x(ds, select)
    data = panel(ds, variable, [x], select, extra="lines")
    require_values(data, variable)
    own = ax is None
    figure, ax = single(ax)
    labels = draw_lines(ds, ax, data, joined=fit is None)
    if fit:
        _draw_fits(figure, ax, data, labels, fit)
    finish(ax, data, title_of(ds, title), own)
    return figure


def draw_lines(ds: xr.Dataset, ax: Axes, data: Panel, joined: bool = True) -> list[str]:
    """Draws the lines or dots of a panel; their labels, [''] for a single one."""
    x = np.asarray(data.coordinate(0).values, dtype=float)
    scattered = is_scattered(ds, data.names[0], x) or not joined
    columns = data.values.values.reshape(x.size, -1)
    spreads = None if data.spread is None else data.spread.values.reshape(x.size, -1)
    labels = _labels(data)
    order = np.argsort(x, kind="stable")
    for i, (label, color) in enumerate(zip(labels, line_colors(len(labels)))):
        _draw_line(ax, x[order], columns[order, i], color, label, scattered)
        if spreads is not None:
            _draw_spread(ax, x[order], columns[order, i], spreads[order, i], color, scattered)
    mark_failures(ax, x, data.status.values.reshape(x.size, -1))
    return labels


def _labels(data: Panel) -> list[str]:
    if len(data.axes) == 1:
        return [""]
    return style.value_texts(data.coordinate(1))


def line_colors(count: int) -> list[Any]:
    """Colours of so many lines, black for one alone."""
    return [style.BLACK] if count == 1 else style.line_colors(count)


def _draw_line(ax: Axes, x: np.ndarray, y: np.ndarray, color: Any, label: str,
               scattered: bool) -> None:
    marked = scattered or x.size <= MOST_MARKERS
    ax.plot(x, y, color=color, label=label or None, linestyle="none" if scattered else "-",
            marker="o" if marked else None, markeredgewidth=0,
            markersize=3.2 if x.size <= 300 else 1.8, clip_on=False,
            alpha=1.0 if x.size <= 1000 or not scattered else 0.4,
            rasterized=x.size > MOST_VECTOR_POINTS, zorder=3)


def _draw_spread(ax: Axes, x: np.ndarray, y: np.ndarray, spread: np.ndarray, color: Any,
                 scattered: bool) -> None:
    if scattered:
        ax.errorbar(x, y, spread, fmt="none", ecolor=color, elinewidth=0.7, zorder=2)
    else:
        ax.fill_between(x, y - spread, y + spread, color=color, alpha=0.2, linewidth=0)


def mark_failures(ax: Axes, x: np.ndarray, status: np.ndarray) -> None:
    """Crosses at the foot where a neuron diverged or did not run.

    Parameters
    ----------
    x
        Shape (points,).
    status
        Shape (points, lines).
    """
    transform = ax.get_xaxis_transform()
    for code, marker, label in ((1, "x", "diverged"), (2, "+", "not run")):
        failed = np.any(status == code, axis=1)
        if failed.any():
            ax.plot(x[failed], np.full(failed.sum(), 0.03), marker, color=style.VERMILION,
                    transform=transform, label=label, markersize=4, markeredgewidth=0.9,
                    clip_on=False, zorder=4)


def _draw_fits(figure: Figure, ax: Axes, data: Panel, labels: list[str], kind: str) -> None:
    x = np.asarray(data.coordinate(0).values, dtype=float)
    columns = data.values.values.reshape(x.size, -1)
    for label, color, y in zip(labels, line_colors(len(labels)), columns.T):
        try:
            found = fit_rate(kind, x, y,
                             current_unit=str(data.coordinate(0).attrs.get("units", "1")),
                             rate_unit=str(data.values.attrs.get("units", "1")))
        except PlotError as error:
            raise PlotError(f"{label + ': ' if label else ''}{error}") from error
        remember_fit(figure, label, found)
        fitted = x[np.isfinite(y) & ((kind == "sigmoid") | ((y > 0) & (x > 0)))]
        fine = np.linspace(fitted.min(), fitted.max(), 400)
        ax.plot(fine, found(fine), "-", color=color if len(labels) > 1 else style.VERMILION,
                label=fit_label(found), zorder=2)


def fit_label(fit: Fit) -> str:
    """Formula and parameters of a fit for a legend, on two or three lines."""
    formulas = {"sigmoid": r"$L/(1 + e^{-k(I - I_0)})$", "log": r"$a + b\,\ln I$",
                "power": r"$a\,I^{\,b}$"}
    names = {"L": "$L$", "k": "$k$", "x0": "$I_0$", "a": "$a$", "b": "$b$"}
    parts = []
    for name, value in fit.parameters.items():
        unit = fit.units.get(name, "1")
        if unit.startswith("1/("):
            text = f" ({style.unit_text(unit[3:-1])})⁻¹"
        else:
            text = f" {style.unit_text(unit)}" if style.unit_text(unit) else ""
        parts.append(f"{names[name]} = {value:.3g}{text}".replace("-", "\N{MINUS SIGN}"))
    return "\n".join([formulas[fit.kind], *(["  " + part for part in parts])])


def finish(ax: Axes, data: Panel, title: str, own: bool) -> None:
    """Labels, scales and legend; `own` axes have a figure that may be made wider for it."""
    x = data.coordinate(0)
    if style.is_logarithmic(x.values):
        ax.set_xscale("log")
        plain_ticks(ax.xaxis)
    label = style.label_text(data.values)
    if data.repetitions > 1:
        label += f"\nmean ± SD, n = {data.repetitions}"
    ax.set_xlabel(style.label_text(x))
    ax.set_ylabel(label)
    if data.values.name in ("firing_rate", "spike_count") and ax.get_yscale() == "linear":
        ax.set_ylim(bottom=0)
    style.trim(ax)
    ax.margins(x=0.03)
    legend(ax, own)
    if title:
        # The labels of the y axis take their room beside it.
        ax.set_title(style.wrapped(title, ax.figure.get_figwidth() - 0.6) if own else title)


def legend(ax: Axes, widen: bool) -> None:
    """A legend beside the axes, where it covers nothing; none when nothing has a label."""
    handles, _ = ax.get_legend_handles_labels()
    if not handles:
        return
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    if widen and isinstance(ax.figure, Figure):
        ax.figure.set_figwidth(style.WITH_LEGEND)


def plain_ticks(axis: Any) -> None:
    """Numbers as 0.5, 1, 2, 10 on a logarithmic axis, rather than powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
    low, high = sorted(axis.get_view_interval())
    decades = np.log10(high / low) if low > 0 else 3
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if decades < 2.6 else (1.0,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
