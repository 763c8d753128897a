# SPDX-License-Identifier: MIT
"""How figures look: sizes, fonts, colours, labels with units."""

from __future__ import annotations

import functools
import re
import textwrap
from collections.abc import Callable
from typing import Any, TypeVar

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.axes import Axes

# Column widths of most journals, inch (85 and 175 mm).
SINGLE_COLUMN = 3.35
DOUBLE_COLUMN = 6.9
# One column for the axes, and a legend beside them.
WITH_LEGEND = 4.8

# Okabe and Ito's colours, told apart with every kind of colour vision; black for the data proper,
# yellow left out, as it is hardly seen on white.
BLACK = "#000000"
BLUE = "#0072B2"
VERMILION = "#D55E00"
GREEN = "#009E73"
PURPLE = "#CC79A7"
SKY = "#56B4E9"
ORANGE = "#E69F00"
GREY = "#7F7F7F"
LINES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)
UNDEFINED = "#D9D9D9"

COLOR_OF = {"V": BLACK, "m": VERMILION, "h": BLUE, "n": GREEN, "I_stim": BLACK,
            "I_Na": VERMILION, "I_K": GREEN, "I_L": BLUE}

# Any: newer matplotlib types each key, older has none of them.
PARAMETERS: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Arial", "Helvetica", "sans-serif"],
    "font.size": 8.0,
    "axes.titlesize": 8.0,
    "axes.labelsize": 8.0,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "legend.fontsize": 7.0,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "legend.borderaxespad": 0.3,
    "axes.linewidth": 0.7,
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "xtick.direction": "out",
    "ytick.direction": "out",
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.minor.width": 0.5,
    "ytick.minor.width": 0.5,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "xtick.minor.size": 1.8,
    "ytick.minor.size": 1.8,
    "lines.linewidth": 1.1,
    "lines.markersize": 3.2,
    "hatch.linewidth": 0.5,
    "figure.dpi": 120,
    "savefig.dpi": 300,
    "mathtext.fontset": "dejavusans",
    # Text stays text: it can be searched, and edited in a drawing program.
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    # The same figure is the same file.
    "svg.hashsalt": "hhsweep",
}

Figures = TypeVar("Figures", bound=Callable[..., Any])


def styled(function: Figures) -> Figures:
    """Runs a function that draws with these parameters, and leaves the user's alone."""
    @functools.wraps(function)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        with mpl.rc_context(PARAMETERS):
            return function(*arguments, **options)
    return wrapped  # type: ignore[return-value]


def trim(ax: Axes) -> None:
    """Takes away the spines that carry no ticks.

    Ticks are made when they are first drawn, so their style is set on the axes, not left to the
    parameters.
    """
    ax.spines["top"].set_visible(False)
    ax.spines["right"].set_visible(False)
    keep_ticks(ax)


def keep_ticks(ax: Axes) -> None:
    """Fixes the present style of ticks and labels for ticks that are made later."""
    for which in ("major", "minor"):
        ax.tick_params(which=which, labelsize=PARAMETERS["xtick.labelsize"],
                       width=PARAMETERS[f"xtick.{which}.width"],
                       length=PARAMETERS[f"xtick.{which}.size"])


_UNIT_SIGNS = {"uA": "µA", "uF": "µF", "us": "µs", "degC": "°C", "degree": "°", "1/ms": "ms⁻¹"}
_POWERS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def unit_text(unit: str) -> str:
    """A unit as typeset: ``uA/cm^2`` as µA/cm², ``1`` as nothing."""
    if unit in ("", "1"):
        return ""
    if unit in _UNIT_SIGNS:
        return _UNIT_SIGNS[unit]
    parts = [_UNIT_SIGNS.get(part, part) for part in unit.split("/")]
    return re.sub(r"\^(-?\d+)", lambda match: match[1].translate(_POWERS), "/".join(parts))


_SYMBOL = re.compile(r"(?P<letter>[A-Za-z])(?:_(?P<index>[A-Za-z0-9]+))?\Z")


def symbol_text(name: str) -> str:
    """A name as a symbol of the literature, g_Na as g with an index; '' for a word."""
    match = _SYMBOL.match(name)
    if not match:
        return ""
    index = f"_{{\\mathrm{{{match['index']}}}}}" if match["index"] else ""
    return f"${match['letter']}{index}$"


_LONG_NAMES = {
    "spike_count": "Spike count",
    "firing_rate": "Firing rate",
    "first_spike_time": "First spike",
    "last_spike_time": "Last spike",
    "mean_isi": "Mean interspike interval",
    "cv_isi": "CV of interspike intervals",
    "V_min": "Minimum of $V$",
    "V_max": "Peak of $V$",
    "V_max_time": "Time of the peak of $V$",
    "diverged_time": "Time of divergence",
    "V": "Membrane potential $V$",
    "I_stim": "Stimulus",
    "time": "Time",
}

_SHORT_NAMES = {
    "amplitude of the current": "current",
    "duration of the stimulus": "pulse width",
}

# At 8 points a longer label is longer than a panel is high.
_LONGEST_LABEL = 34


def _searched_text(variable: xr.DataArray) -> str:
    """What a search looked for: g_K as a symbol, ``width of pulse``, ``gap before second``."""
    path = str(variable.attrs["hhsweep_parameter"]).split(".")
    if path[0] != "stimulus":
        return " ".join(symbol_text(word) or word for word in path[1:])
    if path[-1] == "start" and variable.attrs.get("after"):
        return f"gap before {path[1]}"
    return f"{path[-1]} of {path[1]}"


def name_text(variable: xr.DataArray) -> str:
    """What a variable or coordinate is, without its unit."""
    name = str(variable.name)
    if name in _LONG_NAMES:
        return _LONG_NAMES[name]
    if name.startswith("threshold"):
        of = str(variable.attrs.get("hhsweep_parameter", "")).rsplit(".", 1)[-1]
        what = name.replace("threshold", "Threshold").replace("_", ", ", 1)
        return what if of in ("", "amplitude") else f"{what}: {_searched_text(variable)}"
    key = str(variable.attrs.get("hhsweep_parameter", name)).rsplit(".", 1)[-1]
    long_name = str(variable.attrs.get("long_name", "")).removeprefix("maximal ")
    long_name = _SHORT_NAMES.get(long_name, long_name)
    own_word = not symbol_text(name) and not key.startswith(name) and not name.endswith(key)
    if long_name.startswith("index along") or not long_name or own_word:
        return name[:1].upper() + name[1:].replace("_", " ")
    symbol = symbol_text(name)
    text = long_name[:1].upper() + long_name[1:]
    return f"{text} {symbol}" if symbol else text


def label_text(variable: xr.DataArray, longest: int = _LONGEST_LABEL) -> str:
    """An axis label: what the variable is, and its unit in parentheses, below when it is long."""
    unit = unit_text(str(variable.attrs.get("units", "1")))
    name = name_text(variable)
    if not unit:
        return name
    shown = len(re.sub(r"\\mathrm|[${}_]", "", name)) + len(unit) + 3
    return f"{name}{chr(10) if shown > longest else ' '}({unit})"


def value_texts(variable: xr.DataArray) -> list[str]:
    """``I = 10 µA/cm²`` for each value of a coordinate, for legends."""
    name = symbol_text(str(variable.name)) or str(variable.name).replace("_", " ")
    unit = unit_text(str(variable.attrs.get("units", "1")))
    unit = f" {unit}" if unit and unit != "°" else unit
    return [f"{name} = {number}{unit}" for number in number_texts(variable.values)]


def number_text(value: float) -> str:
    """A number of four digits with a true minus sign."""
    return f"{value:.4g}".replace("-", "\N{MINUS SIGN}")


def number_texts(values: np.ndarray) -> list[str]:
    """Numbers of one axis; what is 0 but for rounding is shown as 0."""
    values = np.asarray(values, dtype=float)
    smallest = 1e-9 * np.max(np.abs(values), initial=0.0)
    return [number_text(0.0 if abs(value) < smallest else value) for value in values]


def wrapped(title: str, width: float) -> str:
    """A title broken into lines of at most `width` inch."""
    # Letters of this font are 0.55 times as wide as high, on average.
    letters = int(width * 72 / (0.55 * PARAMETERS["axes.titlesize"]))
    return textwrap.fill(title, max(letters, 12))


def is_logarithmic(values: np.ndarray) -> bool:
    """Whether positive values, shape (n,), lie closer to equal ratios than to equal differences,
    over at least a factor of five."""
    values = np.sort(np.asarray(values, dtype=float))
    if values.size < 3 or not np.all(np.isfinite(values)) or values[0] <= 0:
        return False
    if values[-1] < 5 * values[0] or np.any(np.diff(values) <= 0):
        return False
    differences, ratios = np.diff(values), np.diff(np.log(values))
    return bool(np.std(ratios) / np.mean(ratios) < np.std(differences) / np.mean(differences))


def line_colors(count: int) -> list[Any]:
    """Colours for `count` lines: Okabe and Ito's while they last, then steps along viridis."""
    if count <= len(LINES):
        return list(LINES[:count])
    return list(mpl.colormaps["viridis"](np.linspace(0.0, 0.9, count)))
