# SPDX-License-Identifier: MIT
"""The command ``hhsweep-plot``."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

from .. import __version__
from ..dataset import open as open_result
from ..errors import HhsweepError, PlotError
from ..selection import Wanted

EXAMPLES = """\
examples:
  hhsweep-plot fi.nc                              the figure that fits, as fi.png
  hhsweep-plot fi.nc --fit sigmoid -o fi.pdf      F-I curve with a fit
  hhsweep-plot map.nc --variable V_max --x g_Na --y g_K -o map.svg
  hhsweep-plot ramp.nc --kind traces --select I=8 --select rise=1
  hhsweep-plot curves.csv                         a table of 'hhsweep model --curves curves.csv'

kinds: fi-curve, heat-map, traces, phase-planes, raster, strength-duration, threshold-curve,
threshold-map, statistic, curves; default: the one that fits.
exit codes: 0 ok, 2 usage or a figure that the file cannot give, 4 a file is missing or cannot be
written, 5 the file is no result of hhsweep."""


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    program = argparse.ArgumentParser(
        prog="hhsweep-plot", description="Draws a result of hhsweep as PNG, SVG or PDF.",
        epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    program.add_argument("result", metavar="RESULT.nc",
                         help="result of hhsweep run, or table of hhsweep model --curves")
    program.add_argument("-o", "--output", metavar="FILE",
                         help="figure, .png, .svg or .pdf (default: RESULT.png, here)")
    program.add_argument("--kind", metavar="KIND", help="kind of figure")
    program.add_argument("--variable", metavar="NAME", help="statistic to draw, e.g. V_max")
    program.add_argument("--x", metavar="AXIS", help="axis or auxiliary coordinate across")
    program.add_argument("--y", metavar="AXIS", help="axis or auxiliary coordinate upwards (maps)")
    program.add_argument("--select", metavar="AXIS=VALUE", action="append", default=[],
                         help="draw this value (I=10), these (I=10,20) or this range (I=10:40) of "
                              "an axis, or neuron=NUMBER; repeatable")
    program.add_argument("--fit", choices=["sigmoid", "log", "power", "lapicque", "weiss"],
                         help="fit of an F-I curve, or the one law of a strength-duration curve")
    program.add_argument("--window", metavar="FROM:TO",
                         help="part of time (ms) of traces, phase planes and rasters; of V (mV) of "
                              "curves")
    program.add_argument("--bin", type=float, metavar="MS",
                         help="bin of the spike-time histogram of a raster")
    program.add_argument("--title", help="default: the title in the sweep file; '' for none")
    program.add_argument("--dpi", type=float, default=300, help="resolution of PNG (default: 300)")
    program.add_argument("--version", action="version", version=f"hhsweep-plot {__version__}")
    return program


def _number(text: str, what: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise PlotError(f"{what}: {text!r} is no number") from None


def parse_selection(words: Sequence[str]) -> dict[str, Any]:
    """``["I=10", "g_Na=100:140"]`` as ``{"I": 10.0, "g_Na": slice(100.0, 140.0)}``.

    Raises
    ------
    PlotError
        For another form, or an axis that is selected twice.
    """
    selection: dict[str, Any] = {}
    for word in words:
        name, sign, text = word.partition("=")
        name, what = name.strip(), f"--select {word}"
        if not sign or not name or not text.strip():
            raise PlotError(f"{what}: it has the form AXIS=VALUE")
        if name in selection:
            raise PlotError(f"{what}: {name} is selected already; several values are {name}=1,2")
        selection[name] = _numbers_of_neurons(text, what) if name == "neuron" \
            else _values(text, what)
    return selection


def _values(text: str, what: str) -> Wanted:
    if ":" in text:
        low, high = _range(text, what)
        return slice(low, high)
    if "," in text:
        return [_number(part, what) for part in text.split(",")]
    return _number(text, what)


def _range(text: str, what: str) -> tuple[float | None, float | None]:
    parts = text.split(":")
    if len(parts) != 2:
        raise PlotError(f"{what}: a range has the form FROM:TO")
    low, high = (None if not part.strip() else _number(part, what) for part in parts)
    return low, high


def _numbers_of_neurons(text: str, what: str) -> Any:
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        raise PlotError(f"{what}: {text!r} is no number of a neuron") from None
    return numbers[0] if len(numbers) == 1 else numbers


def _window(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    low, high = _range(text, f"--window {text}")
    if low is None or high is None or not low < high:
        raise PlotError(f"--window {text}: it has the form FROM:TO, with FROM below TO")
    return low, high


def _options(arguments: argparse.Namespace) -> dict[str, Any]:
    options = {"variable": arguments.variable, "x": arguments.x, "y": arguments.y,
               "select": parse_selection(arguments.select) or None, "fit": arguments.fit,
               "bin": arguments.bin, "window": _window(arguments.window),
               "title": arguments.title}
    if arguments.bin is not None and not 0 < arguments.bin < float("inf"):
        raise PlotError(f"--bin {arguments.bin:g}: a bin has a positive width")
    if not 0 < arguments.dpi <= 5000:
        raise PlotError(f"--dpi {arguments.dpi:g}: between 1 and 5000")
    return options


def _draw(arguments: argparse.Namespace, options: dict[str, Any]) -> Any:
    from .choose import check_kind, figure
    from .curves import curves
    kind = check_kind(arguments.kind) if arguments.kind else None
    if kind == "curves" or (kind is None and arguments.result.lower().endswith(".csv")):
        given = [name for name, value in options.items()
                 if value is not None and name not in ("window", "title")]
        if given:
            raise PlotError(f"curves takes no {given[0]}")
        return curves(arguments.result, window=options["window"], title=options["title"])
    with open_result(arguments.result) as ds:
        return figure(ds, kind, **options)


def _say(kind: str, text: str) -> None:
    print(f"hhsweep-plot: {kind}{text}", file=sys.stderr)


def _plot(arguments: argparse.Namespace) -> None:
    from .canvas import check_format, fits_of, save
    output = Path(arguments.output or Path(arguments.result).with_suffix(".png").name)
    options = _options(arguments)
    check_format(output)
    if output.resolve() == Path(arguments.result).resolve():
        raise PlotError(f"{output} is the result itself")
    if not output.parent.is_dir():
        raise HhsweepError(f"cannot write {output}: there is no folder {output.parent}", 4)
    drawn = _draw(arguments, options)
    save(drawn, output, dpi=arguments.dpi)
    for label, fit in fits_of(drawn):
        print(f"{label}: {fit.text()}" if label else fit.text())
    print(f"figure: {output}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    from .prepare import PlotWarning
    parsed = parser().parse_args(arguments)
    matplotlib.use("agg")
    with warnings.catch_warnings():
        warnings.simplefilter("always", PlotWarning)

        def show(message: Any, category: type[Warning], *_: Any, **__: Any) -> None:
            _say("" if issubclass(category, PlotWarning) else "warning: ", str(message))

        warnings.showwarning = show
        try:
            _plot(parsed)
            sys.stdout.flush()
        except HhsweepError as error:
            _say("error: ", str(error))
            return error.exit_code
        except FileNotFoundError as error:
            _say("error: ", str(error))
            return 4
        except BrokenPipeError:
            # Whoever read standard output has gone; nothing more can be said there.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except OSError as error:
            _say("error: ", f"cannot read {parsed.result}: {error.strerror or error}")
            return 4
    return 0


