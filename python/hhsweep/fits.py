# SPDX-License-Identifier: MIT
"""Least-squares fits to F-I and strength-duration curves."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import OptimizeWarning, curve_fit

from .errors import PlotError


@dataclass(frozen=True)
class Fit:
    """A fitted curve.

    Attributes
    ----------
    kind : str
        ``sigmoid``, ``log``, ``power``, ``lapicque`` or ``weiss``.
    formula : str
        The curve in plain text.
    parameters, errors : dict of str to float
        Values and standard errors (nan where the data do not determine one).
    units : dict of str to str
        Units of the parameters, ``1`` for a pure number.
    rms : float
        Root of the mean square of the residuals: in the units of y, for strength-duration
        curves relative to the threshold.
    points : int
        How many points were fitted.
    derived : dict of str to float
        What follows from the parameters (``chronaxie``, ms).
    """

    kind: str
    formula: str
    function: Callable[..., np.ndarray]
    parameters: dict[str, float]
    errors: dict[str, float]
    units: dict[str, str]
    rms: float
    points: int
    derived: dict[str, float] = field(default_factory=dict)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The curve at `x`, same shape."""
        return self.function(np.asarray(x, dtype=float), *self.parameters.values())

    def text(self) -> str:
        """One line for a report: formula, parameters with standard errors, residual."""
        parts = []
        for name, value in {**self.parameters, **self.derived}.items():
            error = self.errors.get(name, np.nan)
            unit = self.units.get(name, "1")
            spread = f" +- {error:.2g}" if np.isfinite(error) else ""
            parts.append(f"{name} = {value:.6g}{spread}" + ("" if unit == "1" else f" {unit}"))
        unit = self.units.get("rms", "1")
        return (f"{self.kind}: {self.formula}; {', '.join(parts)}; rms residual {self.rms:.3g}"
                + ("" if unit == "1" else f" {unit}") + f" over {self.points} points")


def sigmoid(x: np.ndarray, L: float, k: float, x0: float) -> np.ndarray:
    """L/(1 + exp(-k (x - x0)))"""
    return L / (1 + np.exp(-np.clip(k * (x - x0), -700, 700)))


def logarithm(x: np.ndarray, a: float, b: float) -> np.ndarray:
    """a + b ln x"""
    return a + b * np.log(x)


def power(x: np.ndarray, a: float, b: float) -> np.ndarray:
    """a x^b"""
    return a * x**b


def lapicque(width: np.ndarray, rheobase: float, tau: float) -> np.ndarray:
    """rheobase/(1 - exp(-width/tau))"""
    return rheobase / -np.expm1(-width / tau)


def weiss(width: np.ndarray, rheobase: float, chronaxie: float) -> np.ndarray:
    """rheobase (1 + chronaxie/width)"""
    return rheobase * (1 + chronaxie / width)


def _least_squares(function: Callable[..., np.ndarray], x: np.ndarray, y: np.ndarray,
                   start: list[float], what: str, **options: object
                   ) -> tuple[list[float], list[float]]:
    """Parameters and standard errors."""
    if x.size < len(start):
        raise PlotError(f"the {what} fit has {len(start)} parameters and takes as many points at "
                        f"least; there {'is' if x.size == 1 else 'are'} {x.size}")
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore", OptimizeWarning)
            found, covariance = curve_fit(function, x, y, start, maxfev=20000, **options)
    except (RuntimeError, ValueError) as error:
        raise PlotError(f"the {what} fit did not converge: {error}") from error
    spread = np.sqrt(np.diag(covariance))
    if x.size == len(start):
        spread = np.full(len(start), np.nan)
    return found.tolist(), np.where(np.isfinite(spread), spread, np.nan).tolist()


def _rms(residuals: np.ndarray) -> float:
    return float(np.sqrt(np.mean(residuals**2)))


def fit_rate(kind: str, current: np.ndarray, rate: np.ndarray, *, current_unit: str = "uA/cm^2",
             rate_unit: str = "Hz") -> Fit:
    """Fits a curve to firing rate against current.

    Parameters
    ----------
    kind
        ``sigmoid`` L/(1 + exp(-k (x - x0))), ``log`` a + b ln I, ``power`` a I^b. The last two
        are fitted to the points that fire (rate > 0) at a positive current: neither curve has
        an onset.
    current, rate
        Shape (points,); pairs with a nan are left out.

    Raises
    ------
    PlotError
        Nothing fires, too few points, or no convergence.
    """
    good = np.isfinite(current) & np.isfinite(rate)
    x, y = np.asarray(current, float)[good], np.asarray(rate, float)[good]
    if not np.any(y > 0):
        raise PlotError("nothing spiked: there is no curve to fit")
    if kind != "sigmoid":
        firing = (y > 0) & (x > 0)
        x, y = x[firing], y[firing]
    if kind == "sigmoid":
        span = float(np.ptp(x)) or 1.0
        half = float(x[np.argmin(np.abs(y - 0.5 * y.max()))])
        found, spread = _least_squares(sigmoid, x, y, [float(y.max()), 4 / span, half], kind)
        if found[1] < 0 and found[0] < 0:
            raise PlotError("the sigmoid fit did not find a rising curve")
        return Fit(kind, "L/(1 + exp(-k (x - x0)))", sigmoid, dict(zip(("L", "k", "x0"), found)),
                   dict(zip(("L", "k", "x0"), spread)),
                   {"L": rate_unit, "k": f"1/({current_unit})", "x0": current_unit,
                    "rms": rate_unit}, _rms(y - sigmoid(x, *found)), x.size)
    function, formula = {"log": (logarithm, "a + b ln I"), "power": (power, "a I^b")}[kind]
    if kind == "log":
        start = [0.0, 1.0]
    else:
        slope, offset = (np.polyfit(np.log(x), np.log(y), 1) if x.size > 1 else (0.5, 0.0))
        start = [float(np.exp(offset)), float(slope)]
    found, spread = _least_squares(function, x, y, start, kind)
    units = {"a": rate_unit, "b": rate_unit if kind == "log" else "1", "rms": rate_unit}
    return Fit(kind, formula, function, dict(zip("ab", found)), dict(zip("ab", spread)), units,
               _rms(y - function(x, *found)), x.size)


def fit_strength_duration(kind: str, width: np.ndarray, threshold: np.ndarray, *,
                          unit: str = "uA/cm^2") -> Fit:
    """Fits Lapicque's or Weiss's law to threshold current against pulse width.

    Residuals are taken relative to the threshold, as thresholds span decades.

    Parameters
    ----------
    kind
        ``lapicque`` rheobase/(1 - exp(-width/tau)), whose chronaxie is tau ln 2, or ``weiss``
        rheobase (1 + chronaxie/width).
    width
        ms, shape (points,).
    threshold
        Shape (points,); pairs with a nan are left out.

    Raises
    ------
    PlotError
        Fewer than two thresholds, or no convergence.
    """
    good = np.isfinite(width) & np.isfinite(threshold) & (width > 0) & (threshold > 0)
    x, y = np.asarray(width, float)[good], np.asarray(threshold, float)[good]
    function, name = {"lapicque": (lapicque, "tau"), "weiss": (weiss, "chronaxie")}[kind]
    if x.size < 2:
        raise PlotError(f"the {kind} fit takes two thresholds at least; there "
                        f"{'is' if x.size == 1 else 'are'} {x.size}")
    lowest = float(y.min())
    doubled = float(x[np.argmin(np.abs(y - 2 * lowest))])
    found, spread = _least_squares(function, x, y, [lowest, doubled], kind, sigma=y,
                                   bounds=([0, 1e-9 * x.min()], [np.inf, np.inf]))
    parameters = dict(zip(("rheobase", name), found))
    derived = {"chronaxie": float(found[1] * np.log(2))} if kind == "lapicque" else {}
    errors = dict(zip(("rheobase", name), spread))
    if kind == "lapicque":
        errors["chronaxie"] = errors["tau"] * float(np.log(2))
    formula = {"lapicque": "rheobase/(1 - exp(-width/tau))",
               "weiss": "rheobase (1 + chronaxie/width)"}[kind]
    return Fit(kind, formula, function, parameters, errors,
               {"rheobase": unit, "tau": "ms", "chronaxie": "ms"},
               _rms(1 - function(x, *found) / y), x.size, derived)
