#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/experiments.md as a user follows it: its commands run, every example and figure is in it. Large
examples are run with fewer neurons (reduced.json), all of them with HHSWEEP_FULL=1.

HHSWEEP_BINARY names the program, HHSWEEP_SOURCE_DIR the repository.
"""

import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ["HHSWEEP_SOURCE_DIR"])
PAGE = (ROOT / "docs" / "experiments.md").read_text(encoding="utf-8")
LARGEST_FIGURE = 150_000  # bytes
REDUCED = json.loads(Path(__file__).with_name("reduced.json").read_text(encoding="utf-8"))


def commands():
    """The indented command lines, in their order, continued lines joined; NAME stands for any name."""
    text = PAGE.replace("\\\n", " ")
    lines = re.findall(r"^    (hhsweep(?:-plot)? .*)$", text, re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines if "NAME" not in line]


def reduced(arguments):
    """The --sets for fewer neurons of `hhsweep run NAME.toml ...`."""
    if arguments[0] != "run" or os.environ.get("HHSWEEP_FULL") == "1":
        return []
    settings = REDUCED.get(Path(arguments[1]).stem, {})
    return [f"--set={key}={json.dumps(value)}" for key, value in settings.items()]


def can_plot():
    sys.path.insert(0, str(ROOT / "python"))
    return all(importlib.util.find_spec(name) for name in ("hhsweep", "matplotlib", "scipy"))


class Page(unittest.TestCase):
    def test_its_commands_run(self):
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "python")}
        plots = can_plot()
        with tempfile.TemporaryDirectory() as folder:
            for program, *arguments in commands():
                output = None
                if ">" in arguments:
                    output = Path(folder) / arguments[arguments.index(">") + 1]
                    arguments = arguments[:arguments.index(">")]
                if program == "hhsweep-plot" and not plots:
                    continue
                words = [os.environ["HHSWEEP_BINARY"]]
                if program == "hhsweep-plot":
                    words = [sys.executable, "-m", "hhsweep.plot"]
                elif arguments:
                    arguments = [*arguments, *reduced(arguments)]
                done = subprocess.run([*words, *arguments], cwd=folder, capture_output=True, text=True,
                                      check=False, env=environment)
                self.assertEqual(done.returncode, 0, f"{program} {' '.join(arguments)}\n{done.stderr}")
                if output:
                    output.write_text(done.stdout, encoding="utf-8")

    def test_every_example_is_in_it(self):
        for example in sorted((ROOT / "examples").glob("*.toml")):
            with self.subTest(example=example.stem):
                shown = re.search(rf"hhsweep example {example.stem} |`{example.stem}`", PAGE)
                self.assertTrue(shown, f"{example.stem} is not on the page")

    def test_every_figure_is_in_it_and_small(self):
        shown = sorted(re.findall(r"\]\(figures/(.*?)\)", PAGE))
        files = sorted((ROOT / "docs" / "figures").glob("*.png"))
        self.assertEqual(shown, [file.name for file in files])
        for file in files:
            self.assertLess(file.stat().st_size, LARGEST_FIGURE, file.name)


if __name__ == "__main__":
    unittest.main()
