#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Opens results with xarray, by both of its engines, and with ncdump.

The results are those that result_file_test leaves in the folder HHSWEEP_RESULT_DIR; without it they
are made by the program HHSWEEP_BINARY. Ends with 77 when neither is there, or no xarray.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import unittest
import warnings

try:
    import numpy as np
    import xarray as xr
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

ENGINES = ("netcdf4", "h5netcdf")
STATISTICS = (
    "spike_count first_spike_time last_spike_time mean_isi cv_isi firing_rate "
    "V_min V_max V_max_time diverged_time status"
).split()
UNITS = {
    "spike_count": "1",
    "first_spike_time": "ms",
    "mean_isi": "ms",
    "cv_isi": "1",
    "firing_rate": "Hz",
    "V_min": "mV",
    "V_max_time": "ms",
    "diverged_time": "ms",
    "I": "uA/cm^2",
    "g_Na": "mS/cm^2",
    "threshold": "ms",
    "spike_time": "ms",
    "time": "ms",
    "V": "mV",
    "I_stim": "uA/cm^2",
}
TEXTS = ("sweep_file", "sweep_resolved")

RUN = """
[run]
duration = 20.0
dt = 0.01
{run}
[stimulus.step]
kind = "step"
width = 2.0
{step}
"""
CURRENTS = """
[[axis]]
name = "I"
parameter = "stimulus.step.amplitude"
linspace = [0.0, {last}, {count}]
"""
FULL = """
[[axis]]
name = "pair"
zip = [
  {{ parameter = "model.g_Na", values = [100.0, 120.0, 140.0] }},
  {{ parameter = "model.g_K", values = [30.0, 36.0, 42.0] }},
]
{currents}
[[axis]]
name = "again"
repeat = 7

[record]
spike_times = true

[record.trace]
variables = ["V", "I_stim"]
every = 5.0
neurons = [{numbers}]

[search]
parameter = "stimulus.step.start"
bracket = [0.0, 10.0]
tolerance = 1.0
"""

DRAWN = """
seed = 5
{run}
[[axis]]
name = "cell"
size = 50
sampling = "latin"
draw = [
  {{ parameter = "model.g_Na", dist = "normal", mean = 120.0, sd = 10.0 }},
  {{ parameter = "model.g_K", dist = "lognormal", median = 36.0, sigma = 0.1 }},
]

[[axis]]
name = "pulse"
size = 20
draw = [{{ parameter = "stimulus.step.start", name = "onset", dist = "uniform", low = 1.0, high = 3.0 }}]

[[axis]]
name = "row"
table = "drawn.csv"
columns = [
  {{ parameter = "model.E_L", column = "E_L" }},
  {{ parameter = "stimulus.step.amplitude", name = "I", column = 3 }},
]

[record.trace]
every = 5.0
neurons = {{ cell = [3, 49], pulse = 0, row = 1 }}
"""
DRAWN_CSV = "# leaks\nE_L,remark,current\n-54.387,0,10\n-60.0,1,20.5\n"


def sweep_files():
    full = FULL.format(
        currents=CURRENTS.format(last=40.0, count=5),
        numbers=", ".join(str(k) for k in range(0, 105, 3)),
    )
    spikes = "\n[record]\nspike_times = true\n"
    fixed = RUN.format(run="", step="start = 1.0\namplitude = 20.0")
    swept = RUN.format(run="", step="start = 1.0")
    searched = RUN.format(run='precision = "{}"', step="")
    return {
        "scalar": fixed,
        "line": swept + CURRENTS.format(last=190.0, count=20),
        "silent": swept + CURRENTS.format(last=0.0, count=1) + spikes,
        "full": searched.format("float32") + full,
        "drawn": DRAWN.format(run=RUN.format(run="", step="")),
        "full64": searched.format("float64") + full,
    }


def make_results(program, folder):
    (folder / "drawn.csv").write_text(DRAWN_CSV)
    for name, text in sweep_files().items():
        sweep = folder / f"{name}.toml"
        sweep.write_text(text)
        command = [program, "run", str(sweep), "-o", str(folder / f"{name}.nc"), "--quiet"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def philox(counter, key):
    """Philox4x32-10 on four words, as its authors describe it."""
    x, k = list(counter), list(key)
    for _ in range(10):
        first, second = 0xD2511F53 * x[0], 0xCD9E8D57 * x[2]
        x = [second >> 32 ^ x[1] ^ k[0], second & 0xFFFFFFFF,
             first >> 32 ^ x[3] ^ k[1], first & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return x


def uniform_draws(seed, axis, path, count):
    """The probabilities of an axis's draws as docs/sweep-file.md describes them."""
    digest = hashlib.sha256(f"{seed}\naxis\n{axis}\n{path}".encode()).hexdigest()
    key = int(digest[:8], 16), int(digest[8:16], 16)
    words = [philox((i & 0xFFFFFFFF, i >> 32, 0, 0), key) for i in range(count)]
    return np.array([(((w[0] << 32 | w[1]) >> 11) + 0.5) * 2.0**-53 for w in words])


def content_hash(dataset):
    """The hash as docs/result-file.md describes it, from nothing but the values."""
    lines = ""
    for name in sorted(dataset.variables, key=lambda name: name.encode()):
        if name in TEXTS:
            continue
        values = np.asarray(dataset[name].values)
        shape = ",".join(str(length) for length in values.shape)
        little_endian = values.astype(values.dtype.newbyteorder("<")).tobytes()
        lines += f"{name} {values.dtype.name} {shape} {hashlib.sha256(little_endian).hexdigest()}\n"
    return hashlib.sha256(lines.encode()).hexdigest()


class ResultInXarray(unittest.TestCase):
    folder = None

    @contextlib.contextmanager
    def each_engine(self, name):
        """Runs the body's function with the dataset of each engine; no warning is allowed."""
        calls = []
        yield calls.append
        for engine in ENGINES:
            for call in calls:
                with self.subTest(result=name, engine=engine), warnings.catch_warnings():
                    warnings.simplefilter("error")
                    # Of h5py and netCDF4 about each other's headers, nothing of the file.
                    warnings.filterwarnings("ignore", message=".*size changed.*")
                    with xr.open_dataset(self.folder / f"{name}.nc", engine=engine) as dataset:
                        call(dataset.load())

    def test_scalars_without_axes(self):
        def check(dataset):
            self.assertEqual(dataset.attrs["hhsweep_axes"], "")
            for name in STATISTICS:
                self.assertEqual(dataset[name].dims, ())
            self.assertEqual(dataset.spike_count.dtype, np.int32)

        with self.each_engine("scalar") as use:
            use(check)

    def test_one_axis_is_labelled(self):
        def check(dataset):
            self.assertEqual(dataset.attrs["hhsweep_axes"], "I")
            self.assertEqual(dict(dataset.sizes), {"I": 20})
            np.testing.assert_array_equal(dataset.I, np.linspace(0, 190, 20))
            self.assertEqual(dataset.I.attrs["hhsweep_parameter"], "stimulus.step.amplitude")
            self.assertEqual(dataset.spike_count.sel(I=100.0, method="nearest").I, 100.0)

        with self.each_engine("line") as use:
            use(check)

    def test_types_stay_as_they_are(self):
        def check(dataset):
            for name in STATISTICS:
                expected = {"spike_count": np.int32, "status": np.int8}.get(name, np.float64)
                self.assertEqual(dataset[name].dtype, expected, name)
            self.assertEqual(dataset.threshold_status.dtype, np.int8)
            self.assertEqual(dataset.row_size.dtype, np.int32)
            self.assertEqual(dataset.spike_time.dtype, np.float64)
            self.assertEqual(dataset.trace_neuron.dtype, np.int64)
            self.assertEqual(dataset.time.dtype, np.float64)
            self.assertEqual(dataset.pair.dtype, np.int32)
            self.assertEqual(dataset.V.dtype.name, dataset.attrs["precision"])

        for name in ("full", "full64"):
            with self.each_engine(name) as use:
                use(check)

    def test_units_and_flags(self):
        def check(dataset):
            for name, units in UNITS.items():
                self.assertEqual(dataset[name].attrs["units"], units, name)
            for name, variable in dataset.variables.items():
                self.assertIn("long_name", variable.attrs, name)
                self.assertNotIn("_FillValue", variable.attrs | variable.encoding, name)
            flags = dataset.status.attrs
            self.assertEqual(flags["flag_meanings"].split(), ["ok", "diverged", "not_run"])
            np.testing.assert_array_equal(flags["flag_values"], [0, 1, 2])
            self.assertEqual(np.asarray(flags["flag_values"]).dtype, np.int8)
            self.assertEqual(dataset.threshold_status.attrs["flag_meanings"].split(),
                             ["found", "no_event_in_bracket", "event_everywhere", "several_changes",
                              "diverged", "not_run"])

        with self.each_engine("full") as use:
            use(check)

    def test_auxiliary_coordinates(self):
        def check(dataset):
            self.assertEqual(dataset.spike_count.dims, ("pair", "I", "again"))
            self.assertEqual(set(dataset.spike_count.coords), {"pair", "I", "again", "g_Na", "g_K"})
            self.assertEqual(dataset.g_Na.dims, ("pair",))
            np.testing.assert_array_equal(dataset.g_Na, [100, 120, 140])
            np.testing.assert_array_equal(dataset.again, range(7))
            by_conductance = dataset.spike_count.swap_dims(pair="g_Na").sel(g_Na=120)
            self.assertEqual(by_conductance.shape, (5, 7))

        with self.each_engine("full") as use:
            use(check)

    def need(self, name):
        if not (self.folder / f"{name}.nc").exists():
            self.skipTest(f"no {name}.nc")

    def test_drawn_and_tabled_coordinates(self):
        self.need("drawn")

        def check(dataset):
            self.assertEqual(dataset.attrs["hhsweep_axes"], "cell pulse row")
            self.assertEqual(dataset.spike_count.dims, ("cell", "pulse", "row"))
            coordinates = {"cell", "pulse", "row", "g_Na", "g_K", "onset", "E_L", "I"}
            self.assertEqual(set(dataset.spike_count.coords), coordinates)
            for axis, length in (("cell", 50), ("pulse", 20), ("row", 2)):
                self.assertEqual(dataset[axis].dtype, np.int32)
                np.testing.assert_array_equal(dataset[axis], range(length))
            self.assertEqual(dataset.I.attrs["hhsweep_parameter"], "stimulus.step.amplitude")
            np.testing.assert_array_equal(dataset.E_L, [-54.387, -60])
            np.testing.assert_array_equal(dataset.I, [10, 20.5])
            np.testing.assert_array_equal(dataset.trace_cell, [3, 49])
            np.testing.assert_array_equal(dataset.trace_g_Na, dataset.g_Na.values[[3, 49]])
            np.testing.assert_array_equal(dataset.trace_I, [20.5, 20.5])

        with self.each_engine("drawn") as use:
            use(check)

    def test_draws_are_those_of_their_description(self):
        self.need("drawn")

        def check(dataset):
            u = uniform_draws(5, "pulse", "stimulus.step.start", 20)
            np.testing.assert_allclose(dataset.onset, 1 + 2 * u, rtol=1e-15)
            normal = statistics.NormalDist(120, 10)
            deviates = np.log(dataset.g_K.values / 36) / 0.1
            for p in (
                [normal.cdf(x) for x in dataset.g_Na.values],
                [statistics.NormalDist().cdf(z) for z in deviates],
            ):
                np.testing.assert_array_equal(np.sort(np.floor(np.array(p) * 50)), range(50))

        with self.each_engine("drawn") as use:
            use(check)

    def test_resolved_sweep_names_the_table_and_its_hash(self):
        self.need("drawn")

        def check(dataset):
            axis = json.loads(str(dataset.sweep_resolved.values))["axis"][2]
            self.assertEqual(axis["table"], "drawn.csv")
            self.assertEqual(axis["table_sha256"], hashlib.sha256(DRAWN_CSV.encode()).hexdigest())

        with self.each_engine("drawn") as use:
            use(check)

    def test_ragged_spikes(self):
        def check(dataset):
            self.assertEqual(dataset.row_size.attrs["sample_dimension"], "spike")
            self.assertEqual(dataset.sizes["neuron"], dataset.spike_count.size)
            self.assertEqual(int(dataset.row_size.sum()), dataset.sizes["spike"])
            rows = np.split(dataset.spike_time.values, np.cumsum(dataset.row_size.values)[:-1])
            start, stop = dataset.attrs["window"]
            inside = [np.count_nonzero((start <= row) & (row < stop)) for row in rows]
            ok = dataset.status.values.ravel() == 0
            counts = dataset.spike_count.values.ravel()
            np.testing.assert_array_equal(np.array(inside)[ok], counts[ok])
            self.assertTrue(all(np.all(np.diff(row) > 0) for row in rows))
            self.assertGreater(sum(inside), 0)

        with self.each_engine("full") as use:
            use(check)

    def test_no_spikes(self):
        def check(dataset):
            self.assertEqual(dataset.spike_time.shape, (0,))
            self.assertEqual(dataset.row_size.values.tolist(), [0])

        with self.each_engine("silent") as use:
            use(check)

    def test_traces(self):
        def check(dataset):
            self.assertEqual(dataset.V.dims, ("trace", "time"))
            np.testing.assert_array_equal(dataset.time, [0, 5, 10, 15, 20])
            np.testing.assert_array_equal(dataset.trace_neuron, range(0, 105, 3))
            self.assertLessEqual({"trace_neuron", "trace_I", "trace_pair"}, set(dataset.V.coords))
            place = np.unravel_index(dataset.trace_neuron.values, dataset.spike_count.shape)
            np.testing.assert_array_equal(dataset.trace_I, dataset.I.values[place[1]])
            np.testing.assert_array_equal(dataset.trace_g_Na, dataset.g_Na.values[place[0]])
            np.testing.assert_array_equal(dataset.trace_again, place[2])

        with self.each_engine("full") as use:
            use(check)

    def test_texts_and_provenance(self):
        def check(dataset):
            self.assertIn("duration = 20.0", str(dataset.sweep_file.values))
            self.assertIn("duration", str(dataset.sweep_resolved.values))
            self.assertTrue(dataset.attrs["Conventions"].startswith("CF-"))
            self.assertIsInstance(int(dataset.attrs["seed"]), int)
            provenance = (
                "title hhsweep_version hhsweep_commit hhsweep_compiler backend device math "
                "command_line started finished"
            )
            for name in provenance.split():
                self.assertIsInstance(dataset.attrs[name], str, name)
                dataset.attrs[name].encode()  # fails on bytes that were no UTF-8
            for name in ("wall_s", "compute_s", "neuron_steps"):
                self.assertGreaterEqual(dataset.attrs[name], 0, name)

        with self.each_engine("full") as use:
            use(check)

    def test_content_hash_from_the_values_alone(self):
        def check(dataset):
            self.assertEqual(content_hash(dataset), dataset.attrs["content_hash"])

        made = [n for n in sweep_files() if (self.folder / f"{n}.nc").exists()]
        self.assertLessEqual({"scalar", "line", "silent", "full", "full64"}, set(made))
        for name in made:
            with self.each_engine(name) as use:
                use(check)

    @unittest.skipUnless(shutil.which("ncdump"), "no ncdump")
    def test_ncdump_shows_the_header(self):
        command = ["ncdump", "-hs", str(self.folder / "full.nc")]
        header = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        for part in ("int spike_count(pair, I, again)", 'spike_count:coordinates = "g_Na g_K"',
                     'spike_count:_Fletcher32 = "true"', "spike_count:_DeflateLevel = 1",
                     'spike_count:_Shuffle = "true"', "float V(trace, time)",
                     "string sweep_file ;", 'I:units = "uA/cm^2"'):
            self.assertIn(part, header)


def main():
    given = os.environ.get("HHSWEEP_RESULT_DIR")
    program = os.environ.get("HHSWEEP_BINARY")
    if not given and not program:
        print("skipped: neither HHSWEEP_RESULT_DIR nor HHSWEEP_BINARY is set")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as made:
        ResultInXarray.folder = pathlib.Path(given or made)
        if not given:
            make_results(program, ResultInXarray.folder)
        unittest.main(verbosity=2)


if __name__ == "__main__":
    main()
