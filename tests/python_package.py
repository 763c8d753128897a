#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the tests of the Python package; ends with 77 when a package that they need is missing."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

NEEDED = ("pytest", "matplotlib", "netCDF4", "scipy", "xarray")

missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
if missing:
    print(f"skipped: {sys.executable} has no {', '.join(missing)}")
    sys.exit(77)

package = Path(__file__).resolve().parents[1] / "python"
# Nothing is left beside the sources.
environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
sys.exit(subprocess.run([sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider",
                         package], env=environment, check=False).returncode)
