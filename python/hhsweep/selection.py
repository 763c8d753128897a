# SPDX-License-Identifier: MIT
"""From values of axes to positions along them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, Union

import numpy as np
import xarray as xr

from .errors import SelectionError

Wanted = Union[float, Iterable[float], slice]

# Decimal numbers that went through a few operations still find themselves, neighbours never do.
RELATIVE_TOLERANCE = 1e-6


def axes_of(ds: xr.Dataset) -> tuple[str, ...]:
    """Axes of the sweep that are still dimensions of `ds`, in the order of the sweep file."""
    names = str(ds.attrs.get("hhsweep_axes", "")).split()
    return tuple(name for name in names if name in ds.sizes)


def auxiliary_of(ds: xr.Dataset, axis: str) -> tuple[str, ...]:
    """Auxiliary coordinates along an axis: the parameters of a zip, draw or table axis."""
    return tuple(str(name) for name, coordinate in ds.coords.items()
                 if coordinate.dims == (axis,) and name != axis)


def axis_of(ds: xr.Dataset, name: str) -> str:
    """The axis that `name`, an axis or an auxiliary coordinate, lies along.

    Raises
    ------
    SelectionError
        When there is none of that name.
    """
    axes = axes_of(ds)
    if name in axes:
        return name
    for axis in axes:
        if name in auxiliary_of(ds, axis):
            return axis
    known = [*axes, *(extra for axis in axes for extra in auxiliary_of(ds, axis))]
    raise SelectionError(f"there is no axis {name!r}; {suggestion(name, known)}")


def _bare(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def suggestion(name: str, known: Iterable[str]) -> str:
    """What to write instead of `name`: the nearest of `known`, and all of them."""
    names = list(known)
    if not names:
        return "the result has none"
    near = [other for other in names if _bare(other) == _bare(name)]
    near = near or difflib.get_close_matches(name, names, 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"{hint}there {'are' if len(names) > 1 else 'is'} {', '.join(names)}"


def number_text(value: float) -> str:
    """A number, short: 10 rather than 10.0."""
    return f"{value:.6g}"


def _values_text(values: np.ndarray) -> str:
    shown = [number_text(value) for value in values]
    return ", ".join(shown if len(shown) <= 6 else [*shown[:3], "...", shown[-1]])


def _positions_of_value(coordinate: xr.DataArray, value: float,
                        tolerance: float | None) -> np.ndarray:
    values = np.asarray(coordinate.values, dtype=float)
    try:
        value = float(value)
    except (TypeError, ValueError):
        raise SelectionError(f"{coordinate.name} = {value!r} is not a number") from None
    if values.size == 0 or np.isnan(value):
        raise SelectionError(f"{coordinate.name} has no value {value}")
    distance = np.abs(values - value)
    nearest = values[np.nanargmin(distance)]
    if tolerance is None:
        tolerance = max(RELATIVE_TOLERANCE * abs(value), 1e-12 * float(np.ptp(values)))
    if abs(nearest - value) > tolerance:
        unit = coordinate.attrs.get("units", "1")
        unit = "" if unit == "1" else f" {unit}"
        raise SelectionError(
            f"no neuron has {coordinate.name} = {number_text(value)}{unit}: the nearest is "
            f"{number_text(nearest)} (of {_values_text(values)}); a larger tolerance takes it")
    return np.flatnonzero(values == nearest)


def _positions(coordinate: xr.DataArray, wanted: Wanted,
               tolerance: float | None) -> int | np.ndarray:
    if isinstance(wanted, slice):
        if wanted.step is not None:
            raise SelectionError(f"{coordinate.name}: a range of values takes no step")
        values = coordinate.values
        low = -np.inf if wanted.start is None else float(wanted.start)
        high = np.inf if wanted.stop is None else float(wanted.stop)
        found = np.flatnonzero((values >= low) & (values <= high))
        if not found.size:
            raise SelectionError(f"{coordinate.name} has no value from {number_text(low)} to "
                                 f"{number_text(high)}; there are {_values_text(values)}")
        return found
    if np.ndim(wanted) == 0:  # type: ignore[arg-type]
        found = _positions_of_value(coordinate, wanted, tolerance)  # type: ignore[arg-type]
        return int(found[0]) if found.size == 1 else found
    parts = [_positions_of_value(coordinate, value, tolerance)
             for value in wanted]  # type: ignore[union-attr]
    if not parts:
        raise SelectionError(f"{coordinate.name}: an empty selection")
    return np.unique(np.concatenate(parts))


def positions(ds: xr.Dataset, selection: Mapping[str, Wanted],
              tolerance: float | None = None) -> dict[str, int | np.ndarray]:
    """Positions along the axes, for :meth:`xarray.Dataset.isel`.

    Parameters
    ----------
    ds
        A result.
    selection
        For axes or auxiliary coordinates a value (the nearest within `tolerance`), several
        values, or a ``slice(low, high)`` of values, both ends included.
    tolerance
        How far a value may be off, in the axis's units; by default a millionth of the value.

    Returns
    -------
    dict
        Axis to position (an int, which drops the axis) or positions (ascending).

    Raises
    ------
    SelectionError
        An unknown axis (the message suggests one) or a value that no neuron has.
    """
    found: dict[str, int | np.ndarray] = {}
    for name, wanted in selection.items():
        axis = axis_of(ds, name)
        where = _positions(ds[name], wanted, tolerance)
        if axis in found:
            where = np.intersect1d(np.atleast_1d(found[axis]), np.atleast_1d(where))
            if not where.size:
                raise SelectionError(f"no neuron has {selection_text(selection)} at once")
            where = int(where[0]) if where.size == 1 else where
        found[axis] = where
    return found


def selection_text(selection: Mapping[str, Any]) -> str:
    """``I = 10, g_Na = 120``"""
    return ", ".join(f"{name} = {value:g}" if np.ndim(value) == 0 and not isinstance(value, slice)
                     else f"{name} = {value}" for name, value in selection.items())
