# SPDX-License-Identifier: MIT
"""From a result to the numbers that a figure shows: selecting, averaging, and saying so."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
import xarray as xr

from ..errors import MissingDataError, PlotError
from ..selection import Wanted, auxiliary_of, axes_of, axis_of, positions, selection_text

Selection = Optional[Mapping[str, Wanted]]

# More lines than this in one panel are not told apart.
MOST_LINES = 8
SHOWN_LINES = 6


class PlotWarning(UserWarning):
    """What a figure leaves out or had to choose."""


def remark(text: str) -> None:
    """Tells the user what was chosen or left out."""
    warnings.warn(text, PlotWarning, stacklevel=2)


def is_current(coordinate: xr.DataArray) -> bool:
    """Whether values are currents (uA/cm^2)."""
    return str(coordinate.attrs.get("units", "")) == "uA/cm^2"


def axis_forms(ds: xr.Dataset) -> dict[str, Mapping[str, Any]]:
    """How the sweep file gives each axis, by name; empty where the result does not say."""
    if "sweep_resolved" not in ds:
        return {}
    return {str(form["name"]): form for form in ds.hhsweep.sweep.get("axis", [])}


def is_repetition(ds: xr.Dataset, axis: str) -> bool:
    """Whether an axis repeats or draws neurons, so that its mean is of interest."""
    form = axis_forms(ds).get(axis)
    if form is not None:
        return "repeat" in form or "draw" in form
    return "hhsweep_parameter" not in ds[axis].attrs and not auxiliary_of(ds, axis)


def display_name(ds: xr.Dataset, axis: str) -> str:
    """The coordinate that an axis is best drawn over: its first auxiliary one, or itself."""
    return next(iter(auxiliary_of(ds, axis)), axis)


def resolved_positions(ds: xr.Dataset, select: Selection) -> dict[str, Any]:
    """Positions along the axes for a selection, ``neuron`` number included."""
    select = dict(select or {})
    neuron = select.pop("neuron", None)
    if neuron is None:
        return positions(ds, select)
    numbers = ds.hhsweep.neurons(neuron=neuron, **select)
    if numbers.size != 1:
        raise PlotError("statistics are drawn over axes: select them by values of axes, or one "
                        "neuron by its number")
    return dict(zip(ds.hhsweep.axes, (int(i) for i in np.unravel_index(numbers[0],
                                                                      ds.hhsweep.shape))))


def free_axes(ds: xr.Dataset, select: Selection) -> list[str]:
    """Axes along which more than one neuron is left by a selection, in the sweep's order."""
    found = resolved_positions(ds, select)
    return [axis for axis in axes_of(ds)
            if np.ndim(found.get(axis, ds[axis].values)) > 0
            and np.size(found.get(axis, ds[axis].values)) > 1]


@dataclass
class Panel:
    """One statistic over one or two axes.

    Attributes
    ----------
    values : xarray.DataArray
        The statistic over `axes`, NaN where undefined, diverged or not run; the mean over
        repetitions where there are some.
    spread : xarray.DataArray or None
        Standard deviation over the repetitions, same shape.
    status : xarray.DataArray
        The worst ``status`` of the neurons behind each value, same shape.
    axes : tuple of str
        Dimensions of `values`: that of x, and that of y or of the lines.
    names : tuple of str
        The coordinates to draw them over, each along the axis of the same place.
    repetitions : int
        Neurons behind each value, 1 without repetitions.
    """

    values: xr.DataArray
    spread: xr.DataArray | None
    status: xr.DataArray
    axes: tuple[str, ...]
    names: tuple[str, ...]
    repetitions: int = 1

    def coordinate(self, place: int) -> xr.DataArray:
        """The coordinate at x (0) or at y or the lines (1)."""
        return self.values[self.names[place]]


def default_variable(ds: xr.Dataset) -> str:
    """The statistic to draw when none is named."""
    for name in ("firing_rate", "spike_count", *ds.hhsweep.statistics):
        if name in ds.hhsweep.statistics:
            return name
    raise MissingDataError("the result holds no statistics")


def panel(ds: xr.Dataset, variable: str, wanted: Sequence[str], select: Selection,
          extra: str | None = None) -> Panel:
    """A statistic over the axes of `wanted`, the rest averaged, selected or put first.

    Parameters
    ----------
    ds
        A result.
    variable
        A statistic.
    wanted
        Axes or auxiliary coordinates to keep, x first.
    select
        Values of axes.
    extra
        ``"lines"``: one more axis is kept, when one is left, as lines of a diagram.
    """
    names = list(wanted)
    axes = [axis_of(ds, name) for name in names]
    if len(set(axes)) < len(axes):
        raise PlotError(f"{names[0]} and {names[1]} lie along one axis, {axes[0]}")
    where = resolved_positions(ds, select)
    for name, axis in zip(names, axes):
        if axis in where and np.ndim(where[axis]) == 0:
            raise PlotError(f"{name} cannot be an axis of the figure and selected as well")
    values = ds.hhsweep.variable(variable).isel(where)
    status = (ds["status"] if "status" in ds else xr.zeros_like(ds[variable], int)).isel(where)
    values, status = _without_single(values, axes), _without_single(status, axes)

    left = [axis for axis in values.dims if axis not in axes]
    averaged = [axis for axis in left if is_repetition(ds, str(axis))
                and np.issubdtype(values.dtype, np.number)]
    lines = [axis for axis in left if axis not in averaged]
    if extra == "lines" and lines:
        chosen = max(lines, key=lambda axis: values.sizes[axis] if
                     values.sizes[axis] <= MOST_LINES else 0)
        axes.append(str(chosen))
        names.append(display_name(ds, str(chosen)))
        lines.remove(chosen)
        values, status = _thinned(values, str(chosen)), _thinned(status, str(chosen), False)
    values, status = _first_of(values, lines), _first_of(status, lines, False)
    return _averaged(values, status, [str(axis) for axis in averaged], axes, names)


def _without_single(values: xr.DataArray, kept: Sequence[str]) -> xr.DataArray:
    return values.isel({axis: 0 for axis in values.dims
                        if values.sizes[axis] == 1 and axis not in kept})


def _thinned(values: xr.DataArray, axis: str, say: bool = True) -> xr.DataArray:
    count = values.sizes[axis]
    if count <= MOST_LINES:
        return values
    chosen = np.unique(np.linspace(0, count - 1, SHOWN_LINES).round().astype(int))
    if say:
        remark(f"{chosen.size} of the {count} values of {axis} are drawn; --select {axis}=VALUE "
               "picks others, a map shows all")
    return values.isel({axis: chosen})


def _first_of(values: xr.DataArray, axes: Sequence[Any], say: bool = True) -> xr.DataArray:
    if not axes:
        return values
    if say:
        first = {str(axis): float(values[axis].values[0]) for axis in axes}
        remark(f"drawn at {selection_text(first)}, the first of "
               f"{' and '.join(str(values.sizes[axis]) for axis in axes)} values; "
               f"--select {next(iter(first))}=VALUE picks another")
    return values.isel({axis: 0 for axis in axes})


def _averaged(values: xr.DataArray, status: xr.DataArray, over: list[str], axes: list[str],
              names: list[str]) -> Panel:
    spread = None
    repetitions = 1
    if over:
        repetitions = int(np.prod([values.sizes[axis] for axis in over]))
        attributes, name = values.attrs, values.name
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            spread = values.std(over)
            values = values.mean(over)
        values.attrs.update(attributes)
        values.name = name
        status = status.max(over)
    return Panel(values.transpose(*axes), None if spread is None else spread.transpose(*axes),
                 status.transpose(*axes), tuple(axes), tuple(names), repetitions)


def require_values(data: Panel, variable: str) -> None:
    """Stops where there is nothing to draw.

    Raises
    ------
    PlotError
        Every value is NaN; the message says why.
    """
    if np.any(np.isfinite(data.values.values)):
        return
    status = data.status.values
    if np.all(status == 1):
        raise PlotError("every neuron diverged: there is nothing to draw; a smaller dt may help")
    raise PlotError(f"{variable} is undefined for every neuron" +
                    (": nothing spiked" if "spike" in variable or "isi" in variable else ""))


def search_bracket(ds: xr.Dataset) -> tuple[float, float] | None:
    """Ends of the bracket of a search, in the units of the threshold."""
    try:
        low, high = ds.hhsweep.sweep["search"]["bracket"]
        return float(low), float(high)
    except (KeyError, TypeError, ValueError, MissingDataError):
        return None


def title_of(ds: xr.Dataset, title: str | None) -> str:
    """The title to draw: the one given, else that of the sweep file; '' for none."""
    if title is not None:
        return title
    own = str(ds.attrs.get("title", ""))
    return "" if own == "hhsweep result" else own


