#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs that several processes share: --shard, and merge."""

import os
import signal
import unittest

import netCDF4
import numpy as np

from cli_test import LONG, CommandLine

# Seven chunks of very little work.
WIDE = """[run]
duration = 0.05
[stimulus.step]
kind = "step"
[[axis]]
name = "I"
parameter = "stimulus.step.amplitude"
linspace = [-50.0, 50.0, 400000]
[record]
statistics = ["V_max"]
"""
CHUNK_NEURONS = 65536
# 25 of them.
MANY = WIDE.replace("400000", "1600000")


class Sharing(CommandLine):
    def setUp(self):
        super().setUp()
        self.write("wide.toml", WIDE)

    def whole_hash(self, name="wide.toml"):
        return self.json_of(self.expect(0, "run", name, "-o", "whole.nc", "--json"))["content_hash"]

    def chunks_there(self):
        return sorted(int(part.stem[6:]) for part in self.folder.glob("*.parts/chunk-*.nc"))


class Shards(Sharing):
    def test_the_last_shard_joins_the_parts_to_the_result_of_an_unsharded_run(self):
        expected = self.whole_hash()
        for number in (2, 3):
            done = self.expect(0, "run", "wide.toml", "--shard", f"{number}/3", "--json")
            report = self.json_of(done)
            self.assertEqual((report["complete"], report["content_hash"], report["exit_code"]),
                             (False, None, 0))
            self.assertEqual(report["shard"], f"{number}/3")
            self.assertNotIn("wide.nc", self.files())
        report = self.json_of(self.expect(0, "run", "wide.toml", "--shard", "1/3", "--json"))
        self.assertEqual((report["complete"], report["content_hash"]), (True, expected))
        self.expect(0, "check", "wide.nc")
        self.assertEqual(self.files(), ["fi.toml", "whole.nc", "wide.nc", "wide.toml"])
        done = self.expect(0, "run", "wide.toml", "--shard", "2/3")
        self.assertIn("nothing was computed", done.stdout)

    def test_a_shard_says_what_others_have_still_to_compute(self):
        done = self.expect(0, "run", "wide.toml", "--shard", "2/3")
        self.assertIn("5 of 7 chunks (numbers 0, 2 to 3, 5 to 6; ", done.stdout)
        self.assertRegex(done.stdout, r"(?m)^shard +2/3, 2 chunks: its part is complete$")
        self.assertEqual(self.chunks_there(), [1, 4])

    def test_shards_without_chunks_are_no_error(self):
        self.expect(0, "run", "fi.toml", "--shard", "5/9")
        self.expect(0, "run", "fi.toml", "--shard", "1/9")
        self.assertEqual(self.files(), ["fi.nc", "fi.toml", "wide.toml"])

    def test_shards_at_once_leave_one_result(self):
        expected = self.whole_hash()
        for _ in range(3):
            shards = [self.start("run", "wide.toml", "--shard", f"{i}/5", "--threads", "1", "--json")
                      for i in range(1, 6)]
            for shard in shards:
                output, messages = shard.communicate(timeout=120)
                self.assertEqual(shard.returncode, 0, output + messages)
            again = self.json_of(self.expect(0, "run", "wide.toml", "--json"))
            self.assertEqual((again["content_hash"], again["compute_s"]), (expected, 0))
            self.assertEqual(self.files(), ["fi.toml", "whole.nc", "wide.nc", "wide.toml"])
            (self.folder / "wide.nc").unlink()

    def test_shards_go_on_under_another_number_of_them(self):
        expected = self.whole_hash()
        for first, later in (("1/2", ["1/3", "2/3", "3/3"]), ("3/4", ["2/2", "1/2"])):
            self.expect(0, "run", "wide.toml", "--shard", first)
            for shard in later:
                report = self.json_of(self.expect(0, "run", "wide.toml", "--shard", shard, "--json"))
            self.assertEqual(report["content_hash"], expected)
            (self.folder / "wide.nc").unlink()
        self.expect(0, "run", "wide.toml", "--shard", "2/2")
        done = self.expect(0, "run", "wide.toml", "--json")
        self.assertIn("3 of 7 chunks are there already", done.stderr)
        self.assertEqual(self.json_of(done)["content_hash"], expected)

    def test_many_chunks_are_dealt_in_runs_of_neighbours(self):
        self.write("wide.toml", MANY)
        plan = self.json_of(self.expect(0, "plan", "wide.toml", "--json", "--shard", "2/3"))
        text = self.expect(0, "plan", "wide.toml", "--shard", "2/3").stdout
        self.assertRegex(text, r"(?m)^shard +2/3: 8 chunks, 524 288 neurons$")
        self.assertEqual(plan["neuron_steps"], 8 * CHUNK_NEURONS * 5)
        done = self.expect(0, "run", "wide.toml", "--shard", "2/3")
        self.assertEqual(self.chunks_there(), [3, 4, 9, 10, 15, 16, 21, 22])
        self.assertRegex(done.stdout, r"(?m)^shard +2/3, 8 chunks: its part is complete$")

    def test_parts_that_were_dealt_otherwise_are_made_use_of(self):
        self.write("wide.toml", MANY)
        expected = self.whole_hash()
        self.expect(0, "run", "wide.toml", "--shard", "1/3")
        self.expect(0, "run", "wide.toml", "--shard", "2/3")
        for chunk in self.chunks_there():
            if chunk % 3 != 0:
                (self.folder / f"wide.nc.parts/chunk-{chunk:010}.nc").unlink()
        self.assertEqual(self.chunks_there(), [0, 3, 9, 15, 21])
        done = self.expect(0, "run", "wide.toml", "--shard", "2/3")
        self.assertIn("4 of 8 chunks of shard 2/3 are there already", done.stderr)
        done = self.expect(0, "run", "wide.toml", "--shard", "3/3")
        missing = "8 of 25 chunks (numbers 1 to 2, 7 to 8, 13 to 14, 19 to 20; "
        self.assertIn("still missing are " + missing, done.stdout)
        self.assertIn(missing, self.expect(75, "merge", "wide.nc").stderr)
        done = self.expect(0, "run", "wide.toml", "--shard", "1/3", "--json")
        self.assertEqual(self.json_of(done)["content_hash"], expected)
        self.expect(0, "check", "wide.nc")

    def test_auto_takes_its_place_from_the_environment(self):
        array = {"SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_MIN": "5", "SLURM_ARRAY_TASK_MAX": "9",
                 "SLURM_ARRAY_TASK_STEP": "2", "SLURM_ARRAY_TASK_COUNT": "3"}
        done = self.expect(0, "run", "wide.toml", "--shard", "auto", "--json", environment=array)
        self.assertEqual(self.json_of(done)["shard"], "2/3")

    def test_another_sweep_is_not_mixed_in(self):
        self.expect(0, "run", "wide.toml", "--shard", "1/2")
        other = ["run", "wide.toml", "--shard", "2/2", "--set", "run.dt=0.005", "--set", "seed=4"]
        done = self.expect_error(5, "holds 4 parts of another sweep", *other)
        self.assertIn("\n  seed: 0 there, 4 now\n", done.stderr)
        self.assertIn("\n  run.dt: 0.01 there, 0.005 now\n", done.stderr)
        self.expect(0, *other, "--overwrite")
        done = self.expect_error(5, "of another sweep", "run", "wide.toml", "--shard", "1/2")

    def test_while_shards_are_at_work_others_are_refused_by_name(self):
        self.write("long.toml", LONG)
        shard = self.start("run", "long.toml", "--shard", "1/2")
        self.wait_for(shard, lambda: self.holder("long.nc.parts/shard-1-of-2.lock"))
        holder = f"long.nc is being written by shard 1/2, process {shard.pid} on "
        for arguments in (["run", "long.toml"], ["run", "long.toml", "--overwrite"],
                          ["run", "long.toml", "--shard", "1/2"], ["run", "long.toml", "--shard", "2/3"],
                          ["run", "long.toml", "--shard", "2/2", "--set", "seed=1", "--overwrite"],
                          ["merge", "long.nc"]):
            with self.subTest(arguments):
                self.assertIn(holder, self.expect(5, *arguments).stderr)
        done = self.expect(75, "run", "long.toml", "--shard", "2/2", "--max-time", "0")
        shard.send_signal(signal.SIGTERM)
        shard.communicate(timeout=60)
        self.assertEqual(shard.returncode, 75)

    def test_while_one_process_has_it_all_shards_are_refused_by_name(self):
        self.write("long.toml", LONG)
        alone = self.start("run", "long.toml")
        self.wait_for(alone, lambda: self.holder("long.nc.lock"))
        for arguments in (["run", "long.toml", "--shard", "1/2"], ["merge", "long.nc", "--partial"]):
            done = self.run_program(*arguments)
            self.assertIn(done.returncode, (4, 5))
            if arguments[0] == "run":
                self.assertIn(f"long.nc is being written by process {alone.pid} on ", done.stderr)
        alone.send_signal(signal.SIGTERM)
        alone.communicate(timeout=60)
        self.assertEqual(alone.returncode, 75)


class Merge(Sharing):
    def test_says_which_parts_are_missing_and_how_to_compute_them(self):
        self.expect(0, "run", "wide.toml", "--shard", "1/2", "--set", "model.g_K=40")
        done = self.expect_error(75, "wide.nc: 3 of 7 chunks", "merge", "wide.nc")
        self.assertIn("(numbers 1, 3, 5; 196 608 neurons) are missing", done.stderr)
        command = done.stderr.split("'")[1]
        self.assertTrue(command.startswith("hhsweep run "), command)
        self.expect(0, *command.split()[1:])
        self.expect(0, "check", "wide.nc")
        self.assertEqual(self.files(), ["fi.toml", "wide.nc", "wide.toml"])

    def test_joins_complete_parts_without_the_sweep_file(self):
        expected = self.whole_hash()
        self.expect(0, "run", "wide.toml", "--shard", "1/2")
        # Killed when it is about to join the parts.
        done = self.run_program("run", "wide.toml", "--shard", "2/2",
                                environment={"HHSWEEP_FAULT": "crash:50"})
        self.assertEqual(done.returncode, -signal.SIGKILL)
        self.assertNotIn("wide.nc", self.files())
        (self.folder / "wide.toml").unlink()
        done = self.expect(0, "merge", "wide.nc")
        self.assertRegex(done.stdout, f"(?m)^content_hash +{expected}$")
        self.assertEqual(self.files(), ["fi.toml", "whole.nc", "wide.nc"])
        self.assertIn("is complete", self.expect(0, "merge", "wide.nc").stdout)

    def test_partial_gives_status_2_to_the_rest_which_can_still_be_computed(self):
        expected = self.whole_hash()
        self.expect(0, "run", "wide.toml", "--shard", "2/3")
        done = self.expect(0, "merge", "wide.nc", "--partial")
        self.assertIn("5 of 7 chunks", done.stderr)
        self.expect(0, "check", "wide.nc")
        with netCDF4.Dataset(self.folder / "whole.nc") as whole, \
                netCDF4.Dataset(self.folder / "wide.nc") as partial:
            chunk = np.arange(len(whole["I"])) // CHUNK_NEURONS
            there = chunk % 3 == 1
            status = partial["status"][:]
            np.testing.assert_array_equal(status[there], whole["status"][:][there])
            self.assertTrue((status[~there] == 2).all())
            np.testing.assert_array_equal(partial["V_max"][:][there], whole["V_max"][:][there])
            self.assertTrue(np.isnan(np.asarray(partial["V_max"][:])[~there]).all())
            self.assertTrue((partial["spike_count"][:][~there] == -1).all())
            np.testing.assert_array_equal(partial["I"][:], whole["I"][:])
            self.assertEqual(partial.neurons_not_run, (~there).sum())
        text = self.expect(0, "show", "wide.nc").stdout
        self.assertIn("not run: 268 928 neurons (status 2)", text)
        report = self.json_of(self.expect(0, "run", "wide.toml", "--json"))
        self.assertEqual(report["content_hash"], expected)
        self.assertEqual(self.files(), ["fi.toml", "whole.nc", "wide.nc", "wide.toml"])

    def test_partial_with_spikes_traces_and_a_search(self):
        self.write("search.toml", WIDE.replace("400000", "140000").replace(
            'name = "I"\nparameter = "stimulus.step.amplitude"', 'name = "E"\nparameter = "model.E_L"')
            + 'spike_times = true\n[record.trace]\nevery = 0.01\nneurons = [1, 70000, 139999]\n'
              '[search]\nparameter = "stimulus.step.amplitude"\nbracket = [0, 8]\ntolerance = 4\n')
        self.expect(0, "run", "search.toml", "--shard", "2/2")
        self.expect(0, "merge", "search.nc", "--partial")
        self.expect(0, "check", "search.nc")
        with netCDF4.Dataset(self.folder / "search.nc") as partial:
            self.assertEqual(list(partial["trace_neuron"][:]), [1, 70000, 139999])
            traced = np.isnan(np.asarray(partial["V"][:])).all(axis=1)
            self.assertEqual(list(traced), [True, False, True])
            states = partial["threshold_status"][:]
            self.assertEqual((states[0], states[139999]), (5, 5))
            self.assertNotEqual(states[70000], 5)
            self.assertEqual(partial["threshold_status"].flag_meanings.split()[5], "not_run")
            self.assertEqual(len(partial["row_size"]), 140000)

    def test_without_parts_or_with_a_damaged_record_it_says_so(self):
        self.expect_error(4, "no folder none.nc.parts", "merge", "none.nc")
        self.expect(0, "run", "wide.toml", "--shard", "1/2")
        record = self.folder / "wide.nc.parts/sweep.json"
        record.write_text(record.read_text(encoding="utf-8").replace("0.05", "0.06"), encoding="utf-8")
        self.expect_error(4, "missing or damaged", "merge", "wide.nc")
        self.expect(0, "run", "wide.toml", "--shard", "1/2")
        self.expect(75, "merge", "wide.nc")

    def test_something_else_is_replaced_only_with_overwrite(self):
        self.write("wide.nc", "precious")
        self.expect(5, "run", "wide.toml", "--shard", "1/2")
        self.expect(0, "run", "wide.toml", "--shard", "1/2", "--overwrite")
        self.expect_error(5, "wide.nc exists", "merge", "wide.nc", "--partial")
        self.expect(0, "merge", "wide.nc", "--partial", "--overwrite")
        self.expect(0, "check", "wide.nc")


if __name__ == "__main__":
    unittest.main()
