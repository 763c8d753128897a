#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whether scripts/check-includes.py finds what it should."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECK = Path(__file__).parent.parent / "scripts" / "check-includes.py"


def check(files):
    """Exit status and messages of the check over a tree of {path: text}."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        run = subprocess.run([sys.executable, CHECK, folder], capture_output=True, text=True,
                             check=False)
        return run.returncode, run.stderr


class CheckIncludes(unittest.TestCase):
    def test_a_later_layer_may_include_an_earlier_one(self):
        status, messages = check({
            "include/hhsweep/math.hpp": "#pragma once\n",
            "include/hhsweep/rk4.hpp": '#include "hhsweep/math.hpp"\n',
            "src/cpu/lanes.cpp": '#include "hhsweep/rk4.hpp"\n#include "hhsweep/version.hpp"\n',
        })
        self.assertEqual((status, messages), (0, ""))

    def test_an_earlier_layer_may_not_include_a_later_one(self):
        status, messages = check({
            "include/hhsweep/math.hpp": '\n #  include "hhsweep/rk4.hpp"\n',
            "include/hhsweep/rk4.hpp": "#pragma once\n",
        })
        self.assertEqual(status, 1)
        self.assertIn("include/hhsweep/math.hpp:2: hhsweep/rk4.hpp: layer math", messages)

    def test_angle_brackets_hide_nothing(self):
        status, _ = check({
            "include/hhsweep/math.hpp": "#include <hhsweep/rk4.hpp>\n",
            "include/hhsweep/rk4.hpp": "",
        })
        self.assertEqual(status, 1)

    def test_the_backends_may_not_include_each_other(self):
        for including, text in [("src/cpu/a.cpp", "../../kernels/b.hpp"),
                                ("kernels/b.hpp", "cpu/a.hpp")]:
            status, messages = check({
                "src/cpu/a.hpp": "", "kernels/b.hpp": "", including: f'#include "{text}"\n'})
            self.assertEqual(status, 1)
            self.assertIn("may not include each other", messages)

    def test_the_engine_may_not_use_netcdf(self):
        status, messages = check({"src/engine.cpp": "#include <netcdf.h>\n"})
        self.assertEqual(status, 1)
        self.assertIn("netcdf.h", messages)

    def test_a_file_in_no_layer_is_named(self):
        status, messages = check({"include/hhsweep/novelty.hpp": ""})
        self.assertEqual(status, 1)
        self.assertIn("novelty.hpp: is in no layer", messages)


if __name__ == "__main__":
    unittest.main()
