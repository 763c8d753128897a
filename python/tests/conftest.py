# SPDX-License-Identifier: MIT
"""Results for the tests, made by the program that HHSWEEP_BINARY names."""

import os
import subprocess
from pathlib import Path

import matplotlib
import pytest

import hhsweep

matplotlib.use("agg")

STEP = """
[stimulus.step]
kind = "step"
start = 5.0
"""

SWEEPS = {
    "fi": """title = "F-I curve"
[run]
duration = 200.0
""" + STEP + """
[[axis]]
name = "I"
parameter = "stimulus.step.amplitude"
linspace = [0.0, 60.0, 13]
[record]
window = [5.0, 200.0]
spike_times = true
""",
    "map": """[run]
duration = 60.0
""" + STEP + """
[[axis]]
name = "I"
parameter = "stimulus.step.amplitude"
linspace = [0.0, 60.0, 7]
[[axis]]
name = "g_Na"
parameter = "model.g_Na"
values = [160.0, 80.0, 120.0, 100.0, 140.0, 60.0]
[[axis]]
name = "trial"
repeat = 3
[record]
spike_times = true
[record.trace]
variables = ["V", "m", "h", "n", "I_stim", "I_Na", "I_K", "I_L"]
neurons = { I = [10.0, 60.0], g_Na = [120.0], trial = [0] }
""",
    "pairs": """[run]
duration = 60.0
""" + STEP + """
[[axis]]
name = "cell"
zip = [
  { parameter = "model.g_Na", values = [140.0, 100.0, 120.0, 90.0] },
  { parameter = "stimulus.step.amplitude", values = [10.0, 10.0, 20.0, 30.0], name = "I" },
]
[record]
spike_times = true
""",
    "conditions": """[run]
duration = 30.0
""" + STEP + """
[[axis]]
name = "pulse"
zip = [
  { parameter = "stimulus.step.width", values = [4.0, 2.0, 4.0, 1.0, 8.0] },
  { parameter = "stimulus.step.amplitude", values = [10.0, 20.0, 20.0, 30.0, 10.0] },
]
[record.trace]
variables = ["V", "I_stim"]
""",
    "gap": """title = "A title that is too long for the width of one column, so that it breaks"
[run]
duration = 60.0
""" + STEP + """width = 2.0
amplitude = 10.0
[stimulus.second]
kind = "step"
after = "step"
width = 2.0
[[axis]]
name = "I"
parameter = "stimulus.second.amplitude"
values = [10.0, 15.0, 20.0]
[search]
parameter = "stimulus.second.start"
bracket = [0.0, 30.0]
tolerance = 0.1
spikes = 2
""",
    "trials": """[run]
duration = 50.0
""" + STEP + """amplitude = 10.0
[[axis]]
name = "trial"
repeat = 4
[record]
spike_times = true
""",
    "single": """[run]
duration = 50.0
""" + STEP + """amplitude = 10.0
[record]
spike_times = true
[record.trace]
variables = ["V", "I_stim"]
""",
    "bare": """[run]
duration = 20.0
""" + STEP + "amplitude = 10.0\n",
    "drawn": """[run]
duration = 60.0
""" + STEP + """amplitude = 8.0
[[axis]]
name = "cell"
size = 12
draw = [
  { parameter = "model.g_Na", dist = "normal", mean = 120.0, sd = 15.0 },
  { parameter = "model.g_K", dist = "uniform", low = 30.0, high = 42.0 },
]
[record]
spike_times = true
""",
    "silent": """[run]
duration = 20.0
""" + STEP + """
[[axis]]
name = "I"
parameter = "stimulus.step.amplitude"
values = [0.0, 0.1, 0.2]
[record]
spike_times = true
""",
    "diverged": """[run]
duration = 60.0
dt = 0.05
""" + STEP + """
[[axis]]
name = "I"
parameter = "stimulus.step.amplitude"
values = [10.0, -120.0, 20.0, -100.0, 0.0]
[[axis]]
name = "g_Na"
parameter = "model.g_Na"
values = [110.0, 120.0]
[record]
spike_times = true
[record.trace]
neurons = "all"
""",
    "all-diverged": """[run]
duration = 60.0
dt = 0.5
""" + STEP + """
[[axis]]
name = "I"
parameter = "stimulus.step.amplitude"
values = [50.0, 60.0, 70.0]
[record]
spike_times = true
""",
    # Without channels the membrane is a resistor and a capacitor, and Lapicque's law is exact:
    # rheobase g_L (level - E_L) = 1.5 uA/cm^2, time constant C_m/g_L = 10/3 ms.
    "passive": """[model]
g_Na = 0.0
g_K = 0.0
g_L = 0.3
E_L = -65.0
[initial]
V = -65.0
[spike]
threshold = -60.0
[run]
duration = 60.0
precision = "float64"
[stimulus.pulse]
kind = "step"
start = 1.0
[[axis]]
name = "width"
parameter = "stimulus.pulse.width"
geomspace = [0.1, 30.0, 9]
[search]
parameter = "stimulus.pulse.amplitude"
bracket = [0.0, 100.0]
tolerance = 1e-7
""",
    "thresholds": """[run]
duration = 40.0
[stimulus.pulse]
kind = "step"
start = 5.0
[[axis]]
name = "width"
parameter = "stimulus.pulse.width"
geomspace = [0.1, 10.0, 7]
[[axis]]
name = "E_L"
parameter = "model.E_L"
linspace = [-70.0, -40.0, 6]
[search]
parameter = "stimulus.pulse.amplitude"
bracket = [0.0, 30.0]
tolerance = 1e-2
""",
    "no-threshold": """[run]
duration = 20.0
[stimulus.pulse]
kind = "step"
start = 5.0
[[axis]]
name = "width"
parameter = "stimulus.pulse.width"
values = [0.1, 0.2, 0.3]
[search]
parameter = "stimulus.pulse.amplitude"
bracket = [0.0, 1.0]
""",
    "four-axes": """[run]
duration = 20.0
""" + STEP + """
[[axis]]
name = "I"
parameter = "stimulus.step.amplitude"
linspace = [0.0, 30.0, 8]
[[axis]]
name = "g_Na"
parameter = "model.g_Na"
values = [100.0, 120.0]
[[axis]]
name = "g_K"
parameter = "model.g_K"
linspace = [30.0, 42.0, 7]
[[axis]]
name = "g_L"
parameter = "model.g_L"
values = [0.2, 0.3, 0.4]
""",
}


@pytest.fixture(scope="session")
def program():
    """The program."""
    if not os.environ.get("HHSWEEP_BINARY"):
        pytest.skip("HHSWEEP_BINARY names no hhsweep program")
    return hhsweep.find_program()


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Where the results of this session are."""
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="session")
def path_of(program, folder):
    """The result of one of SWEEPS, computed when it is first asked for."""
    def path(name) -> Path:
        result = folder / f"{name}.nc"
        if not result.exists():
            sweep = folder / f"{name}.toml"
            sweep.write_text(SWEEPS[name], encoding="utf-8")
            done = subprocess.run([program, "run", sweep, "-o", result, "--quiet"], check=False,
                                  capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
        return result
    return path


@pytest.fixture
def result(path_of):
    """Opens the result of one of SWEEPS; closed after the test."""
    opened = []

    def open_one(name):
        opened.append(hhsweep.open(path_of(name)))
        return opened[-1]

    yield open_one
    for ds in opened:
        ds.close()


@pytest.fixture(autouse=True)
def close_figures():
    """No figure outlives its test."""
    yield
    if "matplotlib.pyplot" in __import__("sys").modules:
        import matplotlib.pyplot as plt
        plt.close("all")
