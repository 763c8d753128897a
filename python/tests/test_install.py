# SPDX-License-Identifier: MIT
"""The package as pip installs it, without a network."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hhsweep

PACKAGE = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder that pip has installed the package into."""
    for module in ("pip", "setuptools", "wheel"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"no {module} here")
    folder = tmp_path_factory.mktemp("install")
    # A copy, as building leaves files beside the sources.
    source = shutil.copytree(PACKAGE, folder / "source",
                             ignore=shutil.ignore_patterns("__pycache__", "tests"))
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps",
                    "--no-build-isolation", "--no-warn-script-location", "--target",
                    folder / "site", source], check=True, capture_output=True)
    return folder / "site"


def test_the_command_draws_from_the_installed_copy(installed, path_of, tmp_path):
    command = installed / "bin" / "hhsweep-plot"
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run([command, path_of("fi")], cwd=tmp_path, env=environment, text=True,
                          capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "figure: fi.png\n", "")
    module = subprocess.run([sys.executable, "-m", "hhsweep.plot", "--help"], env=environment,
                            text=True, capture_output=True, check=True)
    assert module.stdout == subprocess.run([command, "--help"], env=environment, text=True,
                                           capture_output=True, check=True).stdout


def test_every_module_and_the_type_marker_are_installed(installed):
    sources = {path.relative_to(PACKAGE) for path in (PACKAGE / "hhsweep").rglob("*")
               if path.suffix == ".py" or path.name == "py.typed"}
    assert len(sources) > 15
    assert {path for path in sources if not (installed / path).is_file()} == set()


def test_the_version_is_that_of_the_program():
    root = PACKAGE.parent / "CMakeLists.txt"
    version = re.search(r"project\(hhsweep VERSION ([0-9.]+)", root.read_text())[1]
    assert hhsweep.__version__ == version
    assert f'version = "{version}"' in (PACKAGE / "pyproject.toml").read_text()


def test_matplotlib_is_loaded_for_figures_only():
    code = "import sys, hhsweep; assert 'matplotlib' not in sys.modules; hhsweep.plot; " \
           "assert 'matplotlib' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True,
                   env={**os.environ, "PYTHONPATH": str(PACKAGE)})
