# SPDX-License-Identifier: MIT
"""Runs shipped examples and compares their results with expected.json, the same numbers computed
without hhsweep. HHSWEEP_BINARY names the program."""

import functools
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

try:
    import netCDF4  # noqa: F401
    import numpy as np
    import xarray as xr
except ImportError as missing:
    print(f"needs {missing.name}")
    sys.exit(77)

BINARY = os.environ["HHSWEEP_BINARY"]
EXPECTED = json.loads((Path(__file__).with_name("expected.json")).read_text(encoding="utf-8"))

# RK4 at dt 0.01 ms: largest differences allowed from the recorded numbers.
SPIKE = 1e-5     # ms
PEAK = 5e-5      # ms, of the time of the largest V
VOLTAGE = 3e-4   # mV, of extrema


def write_example(name, folder):
    """Writes the example `name` and the CSV files that it names, as `hhsweep example` prints them."""
    def printed(file):
        return subprocess.run([BINARY, "example", file], capture_output=True, check=True).stdout

    sweep = folder / f"{name}.toml"
    sweep.write_bytes(printed(name))
    for csv in re.findall(r'^file = "(.*?)"', sweep.read_text(encoding="utf-8"), re.MULTILINE):
        (folder / csv).write_bytes(printed(csv))
    return sweep


@functools.cache
def result(name, *settings):
    """The result of the example `name`, as `hhsweep example` prints it, with --set `settings`."""
    with tempfile.TemporaryDirectory() as folder:
        sweep, output = write_example(name, Path(folder)), Path(folder) / f"{name}.nc"
        command = [BINARY, "run", sweep, "-o", output, "--quiet", "--strict"]
        for setting in settings:
            command += ["--set", setting]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{name} ended with {done.returncode}: {done.stderr}")
        with xr.open_dataset(output) as dataset:
            return dataset.load()


def spikes_of(dataset, neuron):
    """Spike times (ms) of one neuron, by its number."""
    ends = np.cumsum(dataset.row_size.values)
    return np.split(dataset.spike_time.values, ends[:-1])[neuron]


class Experiment(unittest.TestCase):
    def same_runs(self, dataset, expected, spike=SPIKE, peak=PEAK, voltage=VOLTAGE):
        """Count, extrema and, where kept, spike times of every neuron in their order."""
        self.assertEqual(dataset.spike_count.size, len(expected))
        for i, one in enumerate(expected):
            with self.subTest(neuron=i):
                self.assertEqual(dataset.spike_count.values.flat[i], one["count"])
                self.assertAlmostEqual(dataset.V_max.values.flat[i], one["v_max"], delta=voltage)
                self.assertAlmostEqual(dataset.V_min.values.flat[i], one["v_min"], delta=voltage)
                self.assertAlmostEqual(dataset.V_max_time.values.flat[i], one["v_max_time"], delta=peak)
                if "spike_time" in dataset:
                    found = spikes_of(dataset, i)
                    self.assertEqual(len(found), len(one["spikes"]))
                    np.testing.assert_allclose(found, one["spikes"], rtol=0, atol=spike)

    def near(self, found, expected, delta):
        self.assertAlmostEqual(float(found), expected, delta=delta)
