#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/gallery.py draws every figure of docs/figures, the large ones from fewer neurons (reduced.json; all
of them with HHSWEEP_FULL=1). Ends with 77 when Python packages are missing.

HHSWEEP_BINARY names the program, HHSWEEP_SOURCE_DIR the repository.
"""

import importlib.util
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ["HHSWEEP_SOURCE_DIR"])
sys.path.insert(0, str(ROOT / "python"))
NEEDED = ("hhsweep", "matplotlib", "netCDF4", "scipy", "xarray")
MISSING = [name for name in NEEDED if not importlib.util.find_spec(name)]


class Gallery(unittest.TestCase):
    def test_it_draws_the_figures_that_are_there(self):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, ROOT / "scripts" / "gallery.py", "-o", folder]
            if os.environ.get("HHSWEEP_FULL") != "1":
                command += ["--settings", Path(__file__).with_name("reduced.json")]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(sorted(file.name for file in Path(folder).glob("*.png")),
                             sorted(file.name for file in (ROOT / "docs" / "figures").glob("*.png")))


if __name__ == "__main__":
    if MISSING:
        print(f"needs {', '.join(MISSING)}")
        sys.exit(77)
    unittest.main()
