# SPDX-License-Identifier: MIT
"""hhsweep as one of the tools: the standard load as a sweep file, and what its result says."""

import pathlib
import sys

import netCDF4

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import measuring  # noqa: E402

SWEEP = """[run]
duration = {duration}
dt = {dt}
precision = "{precision}"
[stimulus.step]
kind = "step"
start = 5.0
[[axis]]
name = "I"
parameter = "stimulus.step.amplitude"
linspace = [0.0, 50.0, {neurons}]
[record]
spike_times = {times}
"""


class Product:
    def __init__(self, program, folder):
        self.program, self.folder = program, pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def run(self, precision, neurons, duration, dt, times=False):
        """The report of `hhsweep run --json` on one thread."""
        sweep = self.folder / "standard-load.toml"
        sweep.write_text(SWEEP.format(duration=float(duration), dt=dt, precision=precision, neurons=neurons,
                                      times=str(times).lower()))
        return measuring.run_hhsweep(self.program, sweep)

    def counts(self):
        """Spike counts of the last run."""
        with netCDF4.Dataset(self.folder / "standard-load.nc") as result:
            return result["spike_count"][:].tolist()

    def spike_times(self):
        """Spike times of the last run in ms, a list a neuron."""
        with netCDF4.Dataset(self.folder / "standard-load.nc") as result:
            sizes, times = result["row_size"][:].tolist(), result["spike_time"][:].tolist()
        rows, start = [], 0
        for size in sizes:
            rows.append(times[start:start + size])
            start += size
        return rows
