# SPDX-License-Identifier: MIT
"""Figures of hhsweep results.

Each function takes a result (:func:`hhsweep.open`), draws one kind of figure, and returns it as a
:class:`matplotlib.figure.Figure`; :func:`figure` picks the kind that fits. :func:`save` writes PNG,
SVG or PDF. The command ``hhsweep-plot`` (``python -m hhsweep.plot``) does the same from a shell.
"""

from __future__ import annotations

from .canvas import fits_of, save
from .choose import KINDS, choose_kind, figure, possible_kinds
from .curves import curves
from .lines import fi_curve, statistic
from .maps import heat_map, threshold_map
from .prepare import PlotWarning
from .spikes import raster
from .thresholds import strength_duration, threshold_curve
from .traces import phase_planes, traces

__all__ = [
    "KINDS", "PlotWarning", "choose_kind", "curves", "fi_curve", "figure", "fits_of", "heat_map",
    "phase_planes", "possible_kinds", "raster", "save", "statistic", "strength_duration",
    "threshold_curve", "threshold_map", "traces",
]
