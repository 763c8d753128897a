# SPDX-License-Identifier: MIT
"""Results as xarray datasets: opening them, and the accessor ``Dataset.hhsweep``."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from .errors import MissingDataError, NotAResultError, SelectionError
from .selection import Wanted, auxiliary_of, axes_of, positions, selection_text, suggestion

TRACE_VARIABLES = ("V", "m", "h", "n", "I_stim", "I_Na", "I_K", "I_L")


def open(path: str | os.PathLike[str], *, engine: str | None = None,
         chunks: Any = None) -> xr.Dataset:
    """Opens a result.

    Values are read from the file when they are first used, so the file must stay; ``.load()``
    takes all of them into memory, ``.close()`` or a ``with`` statement lets go of the file.

    Parameters
    ----------
    path
        A result of ``hhsweep run``.
    engine, chunks
        As in :func:`xarray.open_dataset`: ``"netcdf4"`` or ``"h5netcdf"``; dask chunks.

    Returns
    -------
    xarray.Dataset
        Statistics over the axes, spike times and traces, as far as they were recorded, and the
        accessor :class:`ResultAccessor` as ``.hhsweep``.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    NotAResultError
        The file is no netCDF file, or none of hhsweep.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file")
    if path.is_dir():
        raise NotAResultError(f"{path} is a folder, not a result of hhsweep")
    try:
        ds = xr.open_dataset(path, engine=engine, chunks=chunks, decode_timedelta=False)
    except PermissionError:
        raise
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise NotAResultError(f"{path} is not a result of hhsweep: {reason}") from error
    if "hhsweep_layout" not in ds.attrs:
        ds.close()
        raise NotAResultError(
            f"{path} is a netCDF file, but not a result of hhsweep (no hhsweep_layout)")
    return ds


def _sweep_values(form: Mapping[str, Any], count: int) -> np.ndarray | None:
    """Values of an axis as the sweep file gives them, shape (count,); None for other forms."""
    if "values" in form:
        return np.asarray(form["values"], dtype=float)
    if "linspace" in form:
        return np.linspace(form["linspace"][0], form["linspace"][1], int(form["linspace"][2]))
    if "geomspace" in form:
        return np.geomspace(form["geomspace"][0], form["geomspace"][1], int(form["geomspace"][2]))
    if "range" in form:
        return form["range"][0] + form["range"][2] * np.arange(count)
    if form.keys() & {"zip", "draw", "table", "repeat"}:
        return np.arange(count, dtype=float)
    return None


@xr.register_dataset_accessor("hhsweep")
class ResultAccessor:
    """What a result of hhsweep can be asked for, as ``Dataset.hhsweep``.

    Wherever a method takes ``**selection``, neurons are chosen by the values of axes or of
    auxiliary coordinates (``I=10``, ``I=[10, 20]``, ``I=slice(10, 40)``) or by their numbers
    (``neuron=3``, row-major over the axes). A value must be on the axis, up to `tolerance`
    (default: a millionth of it); otherwise a :class:`~hhsweep.SelectionError`, a ``KeyError``,
    says what is.
    """

    def __init__(self, ds: xr.Dataset) -> None:
        self._ds = ds

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes, in the order of the sweep file; the last varies fastest."""
        return axes_of(self._ds)

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes; ``()`` for a single neuron."""
        return tuple(self._ds.sizes[axis] for axis in self.axes)

    @property
    def size(self) -> int:
        """Number of neurons."""
        return int(np.prod(self.shape, dtype=np.int64))

    def auxiliary(self, axis: str) -> tuple[str, ...]:
        """Auxiliary coordinates along an axis (zip, draw and table axes)."""
        return auxiliary_of(self._ds, axis)

    @property
    def statistics(self) -> tuple[str, ...]:
        """Variables that have one value a neuron."""
        axes = set(self.axes)
        return tuple(str(name) for name, variable in self._ds.data_vars.items()
                     if set(variable.dims) == axes and name not in ("sweep_file", "sweep_resolved"))

    @property
    def trace_variables(self) -> tuple[str, ...]:
        """Recorded variables over time, of ``V m h n I_stim I_Na I_K I_L``."""
        return tuple(name for name in TRACE_VARIABLES
                     if name in self._ds and self._ds[name].dims[-1:] == ("time",))

    @property
    def has_spikes(self) -> bool:
        """Whether spike times were recorded."""
        return "spike_time" in self._ds and "row_size" in self._ds

    @property
    def ok(self) -> xr.DataArray:
        """True where a neuron ran to its end: neither diverged nor left out; over the axes."""
        return self._ds["status"] == 0

    @functools.cached_property
    def sweep(self) -> dict[str, Any]:
        """The sweep with every default written out and every setting applied."""
        if "sweep_resolved" not in self._ds:
            raise MissingDataError("this dataset has no sweep_resolved")
        return json.loads(str(self._ds["sweep_resolved"].values))

    def select(self, *, tolerance: float | None = None, **selection: Wanted) -> xr.Dataset:
        """The part of the dataset at values of axes or auxiliary coordinates.

        A single value drops its axis, as in :meth:`xarray.Dataset.sel`. Spike times and traces
        belong to all neurons and are left out.
        """
        return self.per_neuron().isel(positions(self._ds, selection, tolerance))

    def per_neuron(self) -> xr.Dataset:
        """The statistics alone, without spike times and traces."""
        texts = [name for name in ("sweep_file", "sweep_resolved") if name in self._ds]
        return self._ds[[*self.statistics, *texts]]

    def neurons(self, *, neuron: int | list[int] | None = None, tolerance: float | None = None,
                **selection: Wanted) -> np.ndarray:
        """Numbers of the selected neurons, ascending, shape (neurons,), int64."""
        if neuron is not None:
            return self._numbered(neuron, selection)
        found = positions(self._ds, selection, tolerance)
        if not self.axes:
            return np.zeros(1, dtype=np.int64)
        grids = np.meshgrid(*(np.atleast_1d(found.get(axis, np.arange(self._ds.sizes[axis])))
                              for axis in self.axes), indexing="ij")
        return np.ravel_multi_index([grid.ravel() for grid in grids], self.shape)

    def _numbered(self, neuron: int | list[int], selection: Mapping[str, Wanted]) -> np.ndarray:
        if selection:
            raise SelectionError("choose neurons by number or by values of axes, not by both")
        numbers = np.atleast_1d(np.asarray(neuron))
        if numbers.dtype.kind not in "iu":
            raise SelectionError(f"neuron = {neuron!r} is not a whole number")
        if numbers.size == 0 or numbers.min() < 0 or numbers.max() >= self.size:
            raise SelectionError(f"there is no neuron {neuron}: they are numbered from 0 to "
                                 f"{self.size - 1}")
        return numbers.astype(np.int64)

    def neuron(self, *, neuron: int | None = None, tolerance: float | None = None,
               **selection: Wanted) -> int:
        """Number of the one neuron that is selected."""
        numbers = self.neurons(neuron=neuron, tolerance=tolerance, **selection)
        if numbers.size != 1:
            free = [axis for axis, count in zip(self.axes, self._spans(numbers)) if count > 1]
            given = selection_text(selection) or "no selection"
            raise SelectionError(f"{given} leaves {numbers.size} neurons; choose one value of "
                                 f"{' and of '.join(free)}, or give neuron=")
        return int(numbers[0])

    def _spans(self, numbers: np.ndarray) -> list[int]:
        return [np.unique(index).size for index in np.unravel_index(numbers, self.shape)]

    def coordinates(self, numbers: np.ndarray) -> dict[str, np.ndarray]:
        """Values of axes and auxiliary coordinates at neurons, each of shape (neurons,)."""
        columns: dict[str, np.ndarray] = {}
        if not self.axes:
            return columns
        indices = np.unravel_index(numbers, self.shape)
        for axis, index in zip(self.axes, indices):
            for name in (axis, *self.auxiliary(axis)):
                columns[name] = self._ds[name].values[index]
        return columns

    def _unlike_the_sweep(self) -> str:
        """Why neurons cannot be told by their number here; '' in a whole result.

        A neuron's number says where its spikes are, and means nothing once a selection or a sort
        has moved the neurons.
        """
        if str(self._ds.attrs.get("hhsweep_axes", "")).split() != list(self.axes):
            return "this is a part of a result"
        if "sweep_resolved" not in self._ds:
            return ""
        for form in self.sweep.get("axis", []):
            name, values = str(form["name"]), self._ds[form["name"]].values
            expected = _sweep_values(form, values.size)
            if expected is None:
                continue
            if expected.size != values.size:
                return "this is a part of a result"
            if not np.allclose(values, expected, rtol=1e-6, atol=1e-9 * np.ptp(expected)):
                return f"the order along {name} is not that of the sweep any more"
        return ""

    @functools.cached_property
    def _row_ends(self) -> np.ndarray:
        """Where each neuron's spikes end in spike_time, shape (neurons + 1,), first 0."""
        if not self.has_spikes:
            raise MissingDataError("the result has no spike times; the sweep file needs "
                                   "spike_times = true in [record]")
        reason = self._unlike_the_sweep()
        if not reason and self._ds["row_size"].size != self.size:
            reason = "this is a part of a result"
        if reason:
            raise MissingDataError(f"{reason}, and spike times need the whole; select in the call "
                                   "instead, as in ds.hhsweep.spikes(I=10)")
        return np.concatenate([[0], np.cumsum(self._ds["row_size"].values, dtype=np.int64)])

    @functools.cached_property
    def _spike_times(self) -> np.ndarray:
        return np.asarray(self._ds["spike_time"].values)

    def spikes(self, *, neuron: int | None = None, tolerance: float | None = None,
               **selection: Wanted) -> np.ndarray:
        """Spike times of one neuron over the whole run: ms, ascending, shape (spikes,), float64.

        Empty for a silent neuron. A neuron that diverged has none on record: see ``status``.
        """
        number = self.neuron(neuron=neuron, tolerance=tolerance, **selection)
        ends = self._row_ends
        return self._spike_times[ends[number]:ends[number + 1]]

    def spike_trains(self, *, neuron: int | list[int] | None = None,
                     tolerance: float | None = None, **selection: Wanted) -> list[np.ndarray]:
        """Spike times of each selected neuron (ms), as ``plt.eventplot`` takes them."""
        numbers = self.neurons(neuron=neuron, tolerance=tolerance, **selection)
        ends = self._row_ends
        return [self._spike_times[ends[number]:ends[number + 1]] for number in numbers]

    def raster(self, *, neuron: int | list[int] | None = None, tolerance: float | None = None,
               **selection: Wanted) -> tuple[np.ndarray, np.ndarray]:
        """Spikes of the selected neurons as dots of a raster plot.

        Returns
        -------
        times : numpy.ndarray
            ms, shape (spikes,).
        rows : numpy.ndarray
            For each spike its neuron as 0, 1, ... within the selection, shape (spikes,), int64.
        """
        numbers = self.neurons(neuron=neuron, tolerance=tolerance, **selection)
        ends = self._row_ends
        counts = ends[numbers + 1] - ends[numbers]
        rows = np.repeat(np.arange(numbers.size, dtype=np.int64), counts)
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return self._spike_times[np.repeat(ends[numbers], counts) + within], rows

    def psth(self, bin: float | None = None, *, window: tuple[float, float] | None = None,
             neuron: int | list[int] | None = None, tolerance: float | None = None,
             **selection: Wanted) -> xr.DataArray:
        """Spike-time histogram of the selected neurons.

        Parameters
        ----------
        bin
            Width of a bin, ms; default about a hundredth of the window.
        window
            (from, to) in ms; default the whole run.

        Returns
        -------
        xarray.DataArray
            Spikes per neuron and second, Hz, over ``time``, the middles of the bins (ms). The last
            bin is as wide as the others. Neurons that diverged or did not run do not count.
        """
        numbers = self.neurons(neuron=neuron, tolerance=tolerance, **selection)
        low, high = window or (0.0, float(self._ds.attrs["duration"]))
        if not high > low:
            raise ValueError(f"the window from {low} to {high} ms is empty")
        width = nice_bin(high - low) if bin is None else float(bin)
        if not 0 < width < np.inf:
            raise ValueError(f"a bin of {width} ms is impossible")
        edges = low + width * np.arange(max(1, int(np.ceil((high - low) / width - 1e-9))) + 1)
        times, _ = self.raster(neuron=numbers.tolist())
        counts = np.histogram(times, edges)[0]
        running = int((self._ds["status"].values.ravel()[numbers] == 0).sum())
        with np.errstate(invalid="ignore", divide="ignore"):
            rate = np.where(running > 0, 1000.0 * counts / (running * width), np.nan)
        time = xr.DataArray(0.5 * (edges[1:] + edges[:-1]), dims="time",
                            attrs={"units": "ms", "long_name": "time from the start of the run"})
        return xr.DataArray(rate, {"time": time}, ["time"], name="firing_rate",
                            attrs={"units": "Hz", "long_name": "spikes of a neuron per second",
                                   "bin": width, "neurons": running})

    def traced(self, **selection: Wanted) -> np.ndarray:
        """Numbers of those selected neurons that have traces, ascending, int64."""
        self._check_traced()
        numbers = self._ds["trace_neuron"].values
        return numbers[np.isin(numbers, self.neurons(**selection))]  # type: ignore[arg-type]

    def _check_traced(self) -> None:
        if not self.trace_variables:
            raise MissingDataError("the result has no traces; the sweep file needs a "
                                   "[record.trace] table")

    def trace(self, *, neuron: int | None = None, tolerance: float | None = None,
              **selection: Wanted) -> xr.Dataset:
        """Traces of one neuron over ``time`` (ms), with its place on the axes as coordinates."""
        self._check_traced()
        numbers = self._ds["trace_neuron"].values
        wanted = np.intersect1d(
            numbers, self.neurons(neuron=neuron, tolerance=tolerance, **selection))
        if wanted.size == 0:
            raise SelectionError(f"the selected neuron has no trace; traced are "
                                 f"{self._traced_text()}")
        if wanted.size > 1:
            raise SelectionError(f"{wanted.size} selected neurons have traces; choose one of "
                                 f"{self._traced_text(wanted)}")
        return self._traces_at(np.flatnonzero(numbers == wanted[0])[0])

    def traces(self, *, neuron: int | list[int] | None = None, tolerance: float | None = None,
               **selection: Wanted) -> xr.Dataset:
        """Traces of the selected neurons, as far as recorded, over ``trace`` and ``time`` (ms)."""
        self._check_traced()
        numbers = self._ds["trace_neuron"].values
        chosen = np.isin(numbers, self.neurons(neuron=neuron, tolerance=tolerance, **selection))
        return self._traces_at(np.flatnonzero(chosen))

    def _traces_at(self, where: Any) -> xr.Dataset:
        return self._ds[list(self.trace_variables)].isel(trace=where)

    def _traced_text(self, numbers: np.ndarray | None = None) -> str:
        if numbers is None:
            numbers = self._ds["trace_neuron"].values
        columns = self.coordinates(numbers[:4])
        shown = [f"neuron {number}" + (" (" + ", ".join(
            f"{name} = {values[i]:g}" for name, values in columns.items()) + ")" if columns else "")
            for i, number in enumerate(numbers[:4])]
        return ", ".join(shown) + (f" and {numbers.size - 4} more" if numbers.size > 4 else "")

    def to_dataframe(self) -> pd.DataFrame:
        """One row a neuron, in their order; columns: axes, auxiliary coordinates, statistics.

        The index is the number of the neuron, in a part of a result a plain count.
        """
        numbers = np.arange(self.size)
        columns: dict[str, np.ndarray] = self.coordinates(numbers)
        for name in self.statistics:
            columns[name] = self._ds[name].transpose(*self.axes).values.ravel()
        return pd.DataFrame(columns, index=pd.RangeIndex(
            self.size, name=None if self._unlike_the_sweep() else "neuron"))

    def spikes_to_dataframe(self, *, neuron: int | list[int] | None = None,
                            tolerance: float | None = None, **selection: Wanted) -> pd.DataFrame:
        """One row a spike: ``neuron``, axes, auxiliary coordinates, ``spike_time`` (ms)."""
        numbers = self.neurons(neuron=neuron, tolerance=tolerance, **selection)
        times, rows = self.raster(neuron=numbers.tolist())
        owners = numbers[rows]
        return pd.DataFrame({"neuron": owners, **self.coordinates(owners), "spike_time": times})

    def plot(self, kind: str | None = None, **options: Any) -> Any:
        """Draws the figure that fits, or the one of that `kind`: :func:`hhsweep.plot.figure`."""
        from . import plot
        return plot.figure(self._ds, kind, **options)

    def variable(self, name: str) -> xr.DataArray:
        """A statistic by name; NaN where its neuron diverged or did not run.

        Raises
        ------
        MissingDataError
            When there is no such statistic; the message suggests one.
        """
        if name not in self.statistics:
            if name in self.trace_variables:
                raise MissingDataError(f"{name} is a trace, not a statistic of one value a neuron")
            raise MissingDataError(f"there is no variable {name!r} over the axes; "
                                   f"{suggestion(name, self.statistics)}")
        values = self._ds[name]
        # A search has its own status, and its thresholds are NaN where there is none.
        if name in ("status", "diverged_time") or name.startswith("threshold"):
            return values
        return values.where(self.ok) if "status" in self._ds else values


def nice_bin(span: float) -> float:
    """About a hundredth of `span`, as 1, 2 or 5 times a power of ten (same unit)."""
    power = 10.0 ** np.floor(np.log10(span / 100))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= span / 100))
