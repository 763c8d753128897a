# SPDX-License-Identifier: MIT
"""Which figures a result can give, and which one fits it best."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import xarray as xr
from matplotlib.figure import Figure

from ..errors import PlotError
from .lines import current_x, fi_curve, is_scattered, statistic
from .maps import heat_map, threshold_map
from .prepare import Selection, axis_forms, display_name, free_axes, is_repetition
from .spikes import raster
from .thresholds import strength_duration, threshold_curve, width_x
from .traces import MOST_COLUMNS, phase_planes, traces

# A second axis of so few values is clearer as lines than as rows of a map.
MOST_LINES_BY_CHOICE = 5


@dataclass(frozen=True)
class Kind:
    """A kind of figure: the function that draws it, and what a result lacks for it."""

    draw: Callable[..., Figure]
    lacks: Callable[[xr.Dataset, Selection], str]


def _lacks_axes(least: int) -> Callable[[xr.Dataset, Selection], str]:
    words = {1: "an axis with several values", 2: "two axes with several values each"}
    return lambda ds, select: "" if len(free_axes(ds, select)) >= least else words[least]


def _lacks_search(then: Callable[[xr.Dataset, Selection], str]
                  ) -> Callable[[xr.Dataset, Selection], str]:
    return lambda ds, select: then(ds, select) if "threshold" in ds else "a [search]"


def _lacks_current(ds: xr.Dataset, select: Selection) -> str:
    try:
        current_x(ds, select)
    except PlotError:
        return "an axis that sets a current"
    return ""


def _lacks_width(ds: xr.Dataset, select: Selection) -> str:
    if ds["threshold"].attrs.get("units") != "uA/cm^2":
        return "a search for a current"
    try:
        width_x(ds, select)
    except PlotError:
        return "an axis that sets the width of a pulse"
    return ""


def _lacks_traces(ds: xr.Dataset, select: Selection) -> str:
    if not ds.hhsweep.trace_variables:
        return "traces ([record.trace])"
    found = ds.hhsweep.traces(**dict(select or {}))
    return "" if found.sizes["trace"] else "traces of the selected neurons"


def _lacks_gates(ds: xr.Dataset, select: Selection) -> str:
    recorded = ds.hhsweep.trace_variables
    if "V" not in recorded or not {"m", "h", "n"} & set(recorded):
        return "traces of V and of m, h or n"
    return _lacks_traces(ds, select)


def _lacks_spikes(ds: xr.Dataset, select: Selection) -> str:
    return "" if ds.hhsweep.has_spikes else "spike times (spike_times = true in [record])"


KINDS: dict[str, Kind] = {
    "fi-curve": Kind(fi_curve, _lacks_current),
    "heat-map": Kind(heat_map, _lacks_axes(2)),
    "traces": Kind(traces, _lacks_traces),
    "phase-planes": Kind(phase_planes, _lacks_gates),
    "raster": Kind(raster, _lacks_spikes),
    "strength-duration": Kind(strength_duration, _lacks_search(_lacks_width)),
    "threshold-curve": Kind(threshold_curve, _lacks_search(_lacks_axes(1))),
    "threshold-map": Kind(threshold_map, _lacks_search(_lacks_axes(2))),
    "statistic": Kind(statistic, _lacks_axes(1)),
}


def possible_kinds(ds: xr.Dataset, select: Selection = None) -> list[str]:
    """Kinds of figures that a result can give."""
    return [name for name, kind in KINDS.items() if not kind.lacks(ds, select)]


def check_kind(name: str) -> str:
    """`name` as a kind: underscores count as hyphens, ``fi`` and ``psth`` are understood.

    Raises
    ------
    PlotError
        When there is none of that name; the message suggests one.
    """
    tidy = name.replace("_", "-").lower()
    tidy = {"fi": "fi-curve", "map": "heat-map", "psth": "raster", "phase": "phase-planes",
            "trace": "traces"}.get(tidy, tidy)
    if tidy in KINDS or tidy == "curves":
        return tidy
    near = difflib.get_close_matches(tidy, [*KINDS, "curves"], 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise PlotError(f"there is no kind {name!r}; {hint}there are {', '.join([*KINDS, 'curves'])}")


def choose_kind(ds: xr.Dataset, *, variable: str | None = None, x: str | None = None,
                y: str | None = None, fit: str | None = None, select: Selection = None) -> str:
    """The kind of figure that fits a result best.

    A search gives its thresholds; a few neurons, or a zip of conditions in no order, that all have
    traces give those; repetitions with spike times a raster; one axis, or two of which one is
    short, give curves, two long ones a map.

    Raises
    ------
    PlotError
        When none fits; the message says what the result lacks.
    """
    if "neuron" in (select or {}) and variable is None:
        return _for_numbers(ds, select)
    free = free_axes(ds, select)
    if variable is not None:
        return _for_variable(ds, variable, x, y, free, select)
    if y is not None:
        return "threshold-map" if "threshold" in ds else "heat-map"
    if fit is not None:
        return "strength-duration" if fit in ("lapicque", "weiss", "both") else "fi-curve"
    if "threshold" in ds and free:
        return _for_thresholds(ds, x, free, select)
    if x is None:
        if not KINDS["traces"].lacks(ds, select) and _all_traced(ds, select):
            return "traces"
        if ds.hhsweep.has_spikes and all(
                is_repetition(ds, axis) and not ds.hhsweep.auxiliary(axis) for axis in free):
            return "raster"
    if free:
        return _for_rates(ds, x, free, select)
    if not KINDS["traces"].lacks(ds, select):
        return "traces"
    raise PlotError("one neuron without traces and spike times gives no figure; record traces "
                    "([record.trace]) or spike times (spike_times = true in [record])")


def _for_numbers(ds: xr.Dataset, select: Selection) -> str:
    for kind in ("traces", "raster"):
        if not KINDS[kind].lacks(ds, select):
            return kind
    raise PlotError("neurons by number are drawn as traces or raster, and this result has neither "
                    "traces nor spike times of them")


def _all_traced(ds: xr.Dataset, select: Selection) -> bool:
    neurons = ds.hhsweep.neurons(**dict(select or {}))
    traced = ds.hhsweep.traces(**dict(select or {})).sizes["trace"]
    few = neurons.size <= MOST_COLUMNS or _is_list_of_conditions(ds, free_axes(ds, select))
    return traced == neurons.size and few


def _is_list_of_conditions(ds: xr.Dataset, free: list[str]) -> bool:
    """Whether neurons differ by a zip in no order that a curve could follow."""
    if len(free) != 1 or "zip" not in axis_forms(ds).get(free[0], {}):
        return False
    name = display_name(ds, free[0])
    return is_scattered(ds, name, ds[name].values)


def _is_map(ds: xr.Dataset, free: list[str]) -> bool:
    parameters = [axis for axis in free if not is_repetition(ds, axis)]
    lengths = sorted(ds.sizes[axis] for axis in parameters)
    return len(lengths) > 1 and lengths[-2] > MOST_LINES_BY_CHOICE


def _for_thresholds(ds: xr.Dataset, x: str | None, free: list[str], select: Selection) -> str:
    if x is None and _is_map(ds, free):
        return "threshold-map"
    if x is None and len(free) == 1 and not _lacks_width(ds, select):
        return "strength-duration"
    return "threshold-curve"


def _for_rates(ds: xr.Dataset, x: str | None, free: list[str], select: Selection) -> str:
    if x is not None:
        return "statistic"
    if _is_map(ds, free):
        return "heat-map"
    longest = max(free, key=lambda axis: (not is_repetition(ds, axis), ds.sizes[axis]))
    return "fi-curve" if ds[longest].attrs.get("units") == "uA/cm^2" else "statistic"


def _for_variable(ds: xr.Dataset, variable: str, x: str | None, y: str | None, free: list[str],
                  select: Selection) -> str:
    if variable == "threshold" and "threshold" in ds:
        return "threshold-map" if y is not None else _for_thresholds(ds, x, free, select)
    if y is not None or (x is None and _is_map(ds, free)):
        return "heat-map"
    if variable in ("firing_rate", "spike_count") and free:
        return _for_rates(ds, x, free, select)
    return "statistic"


def figure(ds: xr.Dataset, kind: str | None = None, **options: Any) -> Figure:
    """Draws the figure that fits a result, or the one of a `kind`.

    Parameters
    ----------
    ds
        A result.
    kind
        A name of :data:`KINDS`; default what :func:`choose_kind` says.
    options
        What the function of that kind takes: ``variable``, ``x``, ``y``, ``select``, ``fit``,
        ``bin``, ``window``, ``title``, ``ax`` or ``fig``. None stands for not given.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    PlotError
        The result cannot give this kind (the message says what it lacks, and what it can give), or
        an option belongs to another kind.
    """
    given = {name: option for name, option in options.items() if option is not None}
    select = given.get("select")
    if kind is None:
        kind = choose_kind(ds, **{name: given.get(name)
                                  for name in ("variable", "x", "y", "fit", "select")})
    kind = check_kind(kind)
    if kind == "curves":
        raise PlotError("curves are drawn from a table of 'hhsweep model --curves', not from a "
                        "result")
    _check_options(kind, given)
    lacking = KINDS[kind].lacks(ds, select)
    if lacking and not ("x" in given and kind in ("fi-curve", "strength-duration")
                        and "axis" in lacking):
        possible = possible_kinds(ds, select)
        raise PlotError(f"{kind} takes {lacking}, which this result has not; it can give "
                        f"{', '.join(possible) if possible else 'no figure'}")
    return KINDS[kind].draw(ds, **given)


def _check_options(kind: str, given: dict[str, Any]) -> None:
    taken = inspect.signature(KINDS[kind].draw).parameters
    for name in given:
        if name not in taken:
            takers = [other for other, entry in KINDS.items()
                      if name in inspect.signature(entry.draw).parameters]
            raise PlotError(f"{kind} takes no {name}" +
                            (f"; {', '.join(takers)} {'do' if len(takers) > 1 else 'does'}"
                             if takers else ""))


