# SPDX-License-Identifier: MIT
"""Steady states of the gates, from the rates that a result's sweep names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from ..errors import MissingDataError


def rate(form: Mapping[str, Any], voltage: np.ndarray) -> np.ndarray:
    """A rate (1/ms) at voltages (mV): linoid, exponential or sigmoid, same shape."""
    x = (voltage - form["midpoint"]) / form["scale"]
    if form["form"] == "exponential":
        return form["rate"] * np.exp(-x)
    if form["form"] == "sigmoid":
        return form["rate"] / (1 + np.exp(-x))
    near = np.abs(x) < 1e-6
    safe = np.where(near, 1.0, x)
    return form["rate"] * np.where(near, 1 + x / 2, safe / -np.expm1(-safe))


def steady_gate(ds: xr.Dataset, gate: str, voltage: np.ndarray) -> np.ndarray | None:
    """alpha/(alpha + beta) of a gate at voltages (mV); None where an axis sets its rates."""
    try:
        model = ds.hhsweep.sweep["model"]
        forms = [model[f"alpha_{gate}"], model[f"beta_{gate}"]]
    except (KeyError, MissingDataError):
        return None
    if any(isinstance(number, Mapping) for form in forms for number in form.values()):
        return None
    with np.errstate(over="ignore"):
        opening, closing = (rate(form, voltage) for form in forms)
        return opening / (opening + closing)
