#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""[audit]: its figures against two whole runs that are compared here."""

import signal
import unittest

import netCDF4
import numpy as np

from cli_test import CommandLine

CURRENTS = """[run]
duration = 100
dt = 0.04
[stimulus.step]
kind = "step"
start = 5.0037
[[axis]]
name = "I"
parameter = "stimulus.step.amplitude"
linspace = [0, 60, 13]
[record]
spike_times = true
"""

# The same noise from run to run only while its samples stay where they are.
NOISE = """seed = 3
[run]
duration = 100
dt = 0.02
[stimulus.noise]
kind = "ou"
mean = 8
sigma = 6
tau = 2
[[axis]]
name = "trial"
repeat = 7
[record]
spike_times = true
"""

SEARCH = """[run]
duration = 20
dt = 0.05
precision = "float64"
[stimulus.step]
kind = "step"
start = 1
stop = 2
[[axis]]
name = "g_Na"
parameter = "model.g_Na"
values = [100, 120, 140]
[search]
parameter = "stimulus.step.amplitude"
bracket = [0, 60]
tolerance = 1e-9
"""

# Much more to audit than to run.
LONG_AUDIT = """[run]
duration = 1000
[stimulus.step]
kind = "step"
[[axis]]
name = "I"
parameter = "stimulus.step.amplitude"
linspace = [0, 60, 400]
[audit]
neurons = 400
"""


def trains(result):
    """Spike times of each neuron."""
    ends = np.cumsum(result["row_size"][:])
    return np.split(result["spike_time"][:], ends[:-1])


class Auditing(CommandLine):
    def result(self, text, *settings):
        self.write("a.toml", text)
        self.expect(0, "run", "a.toml", "--overwrite", *(f"--set={s}" for s in settings))
        self.expect(0, "check", "a.nc")
        result = netCDF4.Dataset(self.folder / "a.nc")
        result.set_auto_mask(False)
        self.addCleanup(result.close)
        return result

    def figures(self, *arguments):
        report = self.json_of(self.expect(0, "run", *arguments, "--json"))
        return report["audit"]


class Audit(Auditing):
    def expect_shifts(self, audited, finer, numbers):
        """The attributes of `audited` are the differences of these neurons from `finer`."""
        ours, theirs = trains(audited), trains(finer)
        shifts = {n: np.abs(ours[n] - theirs[n]).max(initial=0.0) for n in numbers
                  if len(ours[n]) == len(theirs[n])}
        largest = max(shifts.values())
        self.assertGreater(largest, 0)
        self.assertEqual(audited.audit_neurons, len(numbers))
        self.assertEqual(audited.audit_spike_time_shift, largest)
        self.assertEqual(shifts[audited.audit_spike_time_shift_neuron], largest)
        self.assertEqual(audited.audit_count_mismatches, len(numbers) - len(shifts))
        self.assertEqual(audited.audit_status_mismatches, 0)
        self.assertEqual(audited.audit_spikes, sum(len(ours[n]) for n in shifts))
        V_max = np.abs(audited["V_max"][:].ravel() - finer["V_max"][:].ravel())[numbers]
        self.assertEqual(audited.audit_V_max_shift, V_max.max())

    def test_compares_evenly_spread_neurons_with_float64_at_half_the_step(self):
        finer = self.result(CURRENTS, "run.precision=float64", "run.dt=0.02")
        audited = self.result(CURRENTS, "audit.neurons=4")
        self.assertEqual(audited.audit_dt, 0.02)
        self.expect_shifts(audited, finer, [0, 4, 8, 12])
        self.expect_shifts(self.result(CURRENTS, "audit.neurons=99"), finer, list(range(13)))

    def test_sees_the_noise_of_the_run(self):
        finer = self.result(NOISE, "run.precision=float64", "run.dt=0.01",
                            "stimulus.noise.sample_dt=0.02")
        self.expect_shifts(self.result(NOISE, "audit.neurons=3"), finer, [0, 3, 6])

    def test_counts_what_cannot_be_compared(self):
        # Beyond the 0.094 ms that RK4 bears, and 0.05 ms which it does.
        audited = self.result(CURRENTS, "run.dt=0.1", "audit.neurons=13")
        finer = self.result(CURRENTS, "run.precision=float64", "run.dt=0.05")
        diverged = int((audited["status"][:] == 1).sum())
        self.assertGreater(diverged, 0)
        self.assertFalse(finer["status"][:].any())
        self.assertEqual(audited.audit_status_mismatches, diverged)

    def test_without_spikes_has_no_shift_and_no_neuron(self):
        audited = self.result(CURRENTS, "axis.I.values=[0, 1]", "audit.neurons=2")
        self.assertTrue(np.isnan(audited.audit_spike_time_shift))
        self.assertNotIn("audit_spike_time_shift_neuron", audited.ncattrs())
        self.assertEqual(audited.audit_spikes, 0)
        self.assertIsNone(self.figures("a.toml", "--set=axis.I.values=[0, 1]",
                                       "--set=audit.neurons=2")["spike_time_shift"])
        self.assertIn("no spikes to compare", self.expect(0, "show", "a.nc").stdout)

    def test_of_a_search_compares_thresholds(self):
        finer = self.result(SEARCH, "run.dt=0.025")["threshold"][:]
        audited = self.result(SEARCH, "audit.neurons=3")
        shifts = np.abs(audited["threshold"][:] - finer)
        self.assertGreater(shifts.max(), 0)
        self.assertEqual(audited.audit_threshold_shift, shifts.max())
        self.assertEqual(audited.audit_threshold_shift_neuron, shifts.argmax())
        self.assertEqual(audited.audit_threshold_mismatches, 0)
        self.assertRegex(self.expect(0, "show", "a.nc").stdout,
                         r"(?m)^audit: 3 neurons again in float64 at 0\.025 ms: thresholds within "
                         r"\S+ uA/cm\^2 \(neuron \d\), spike times within")

    def test_is_no_part_of_content_hash_but_of_the_sweep(self):
        plain = self.result(CURRENTS)
        content_hash = plain.content_hash
        self.assertFalse([name for name in plain.ncattrs() if name.startswith("audit")])
        self.assertNotIn("audit", self.json_of(self.expect(0, "run", "a.toml", "--json")))
        done = self.expect(5, "run", "a.toml", "--set=audit.neurons=4")
        self.assertIn("audit.neurons: absent there, 4 now", done.stderr)
        self.assertEqual(self.result(CURRENTS, "audit.neurons=4").content_hash, content_hash)
        self.expect(0, "check", "a.nc")

    def test_has_the_same_figures_wherever_it_is_done(self):
        self.write("a.toml", NOISE + "[audit]\nneurons = 5\n")
        expected = self.figures("a.toml", "--isa=scalar", "--threads=1")
        self.assertEqual(self.figures("a.toml"), expected)  # of the result that is there
        self.assertEqual(self.figures("a.toml", "--threads=2", "--overwrite"), expected)
        (self.folder / "a.nc").unlink()
        self.assertEqual(self.figures("a.toml", "--shard=1/2"), expected)
        shown = self.json_of(self.expect(0, "show", "a.nc", "--json"))
        self.assertEqual(shown["audit"], expected)

    def test_is_announced_by_plan(self):
        self.write("a.toml", CURRENTS)
        text = self.expect(0, "plan", "a.toml", "--set=audit.neurons=4").stdout
        self.assertRegex(text, r"(?m)^audit +4 neurons again in float64 at 0\.02 ms, about \S+ \S+ more$")
        plan = self.json_of(self.expect(0, "plan", "a.toml", "--json", "--set=audit.neurons=4"))
        self.assertEqual(plan["audit"]["neurons"], 4)
        self.assertEqual(plan["audit"]["neuron_steps"], 4 * (2500 + 5000))


class WhoEndsTheResult(Auditing):
    def test_audits_it_the_last_shard(self):
        text = CURRENTS.replace("[0, 60, 13]", "[0, 60, 100000]")
        text = text.replace("duration = 100", "duration = 9") + "[audit]\nneurons = 100\n"
        self.write("a.toml", text)
        expected = self.figures("a.toml")
        (self.folder / "a.nc").unlink()
        first = self.json_of(self.expect(0, "run", "a.toml", "--shard=1/2", "--json"))
        self.assertNotIn("audit", first)
        self.expect(0, "merge", "a.nc", "--partial")
        with netCDF4.Dataset(self.folder / "a.nc") as partial:
            self.assertNotIn("audit_neurons", partial.ncattrs())
        self.assertEqual(self.figures("a.toml", "--shard=2/2"), expected)

    def test_audits_it_merge_after_a_stop_amid_the_audit(self):
        self.write("a.toml", LONG_AUDIT)
        process = self.start("run", "a.toml", "--quiet")
        part = self.folder / "a.nc.parts" / "chunk-0000000000.nc"
        self.wait_for(process, part.exists)
        process.send_signal(signal.SIGTERM)
        messages = process.communicate(timeout=60)[1]
        if process.returncode == 0:
            self.skipTest("the run was over before it could be stopped")
        self.assertEqual(process.returncode, 75, messages)
        self.assertIn("stopped by SIGTERM; the same command goes on", messages)
        self.assertTrue(part.exists())
        done = self.expect(0, "merge", "a.nc")
        self.assertRegex(done.stdout, r"(?m)^audit +400 neurons again in float64 at 0\.005 ms: spike")
        self.assertEqual(self.figures("a.toml")["neurons"], 400)


if __name__ == "__main__":
    unittest.main()
