#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the figures of docs/experiments.md from the shipped examples.

    /usr/bin/python3 scripts/gallery.py [-o FOLDER] [--program HHSWEEP] [--settings FILE] [FIGURE...]

Runs the examples that a figure needs, keeps their results in build/gallery, and writes
docs/figures/FIGURE.png; all of them take five minutes on two cores. A figure is a function of a module in
scripts/gallery_figures, marked with @figure("name"): a new one there is found by itself. Needs numpy,
matplotlib, xarray, netCDF4 and SciPy.
"""

import argparse
import importlib
import json
import pkgutil
import subprocess
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "scripts")]

import gallery_figures  # noqa: E402
import hhsweep  # noqa: E402
import hhsweep.plot  # noqa: E402

DPI = 150


class Examples:
    """Results of shipped examples, each computed once."""

    def __init__(self, folder, program, settings):
        self.folder, self.program, self.results = folder, hhsweep.find_program(program), {}
        self.settings = settings
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, name, label="", **settings):
        """The result of examples/NAME.toml with `settings`, dots written as double underscores; `label`
        tells files of several settings apart."""
        key = f"{name}-{label}" if label else name
        if key not in self.results:
            self.results[key] = hhsweep.run(
                ROOT / "examples" / f"{name}.toml", output=self.folder / f"{key}.nc", overwrite=True,
                progress=False, program=self.program,
                settings={**{path.replace("__", "."): value for path, value in settings.items()},
                          **self.settings.get(name, {})})
        return self.results[key]

    def curves(self, preset):
        """Path of the CSV of steady states and time constants of a preset."""
        path = self.folder / f"{preset}-curves.csv"
        subprocess.run([self.program, "model", preset, "--curves", path, "--overwrite"], check=True,
                       capture_output=True)
        return path


def main():
    for module in pkgutil.iter_modules(gallery_figures.__path__):
        importlib.import_module(f"gallery_figures.{module.name}")
    known = gallery_figures.FIGURES
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", type=Path, default=ROOT / "docs" / "figures", metavar="FOLDER", help="where to write")
    parser.add_argument("--program", help="the hhsweep program; default: as hhsweep.find_program finds it")
    parser.add_argument("--settings", type=Path, metavar="FILE",
                        help="JSON of more settings for some examples, such as fewer neurons")
    parser.add_argument("figure", nargs="*", help=f"default: all of {', '.join(known)}")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.figure if name not in known]
    if unknown:
        parser.error(f"no such figure: {', '.join(unknown)}")
    arguments.o.mkdir(parents=True, exist_ok=True)
    # Figures take one neuron of a sweep on purpose.
    warnings.simplefilter("ignore", hhsweep.plot.PlotWarning)
    settings = json.loads(arguments.settings.read_text(encoding="utf-8")) if arguments.settings else {}
    examples = Examples(ROOT / "build" / ("gallery-settings" if settings else "gallery"), arguments.program,
                        settings)
    for name in arguments.figure or known:
        path = hhsweep.plot.save(known[name](examples), arguments.o / f"{name}.png", dpi=DPI)
        print(f"{path} ({path.stat().st_size // 1000} kB)")


if __name__ == "__main__":
    main()
