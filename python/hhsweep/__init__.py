# SPDX-License-Identifier: MIT
"""Analysis and figures of hhsweep results, and the program from Python.

>>> import hhsweep
>>> fi = hhsweep.open("fi.nc")                  # an xarray.Dataset
>>> fi.hhsweep.spikes(I=10)                     # spike times of one neuron (ms)
>>> hhsweep.plot.fi_curve(fi, fit="sigmoid")    # a matplotlib Figure
>>> map_ = hhsweep.run("map.toml", settings={"model.g_K": 40})

Units are those of the program: mV, ms, mS/cm^2, uA/cm^2, uF/cm^2, Hz, degC.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from . import fits, toml_writer, trains
from .dataset import ResultAccessor, open
from .errors import (DeviceError, DivergedError, HhsweepError, MissingDataError, Mistake,
                     NotAResultError, OutputError, OutputExistsError, PlotError,
                     ProgramNotFoundError, RunError, SelectionError, StoppedError, SweepFileError,
                     UsageError)
from .run import find_program, run

if TYPE_CHECKING:
    from . import plot

__version__ = "0.1.0"

__all__ = [
    "DeviceError", "DivergedError", "HhsweepError", "MissingDataError", "Mistake",
    "NotAResultError", "OutputError", "OutputExistsError", "PlotError", "ProgramNotFoundError",
    "ResultAccessor", "RunError", "SelectionError", "StoppedError", "SweepFileError", "UsageError",
    "find_program", "fits", "open", "plot", "run", "toml_writer", "trains",
]


def __getattr__(name: str) -> Any:
    # matplotlib takes longer to load than the rest together, and is needed for figures only.
    if name == "plot":
        return importlib.import_module(".plot", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
