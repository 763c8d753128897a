#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs that are killed, run out of room or meet damaged files, and go on.

HHSWEEP_KILL_CYCLES is how many runs are killed at random moments (default 4); HHSWEEP_LARGE=1 runs
the largest.
"""

import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import numpy as np

from cli_test import BINARY, LONG, CommandLine

# Eight chunks, each with spikes and a trace.
SWEEP = """[run]
duration = 0.2
[stimulus.step]
kind = "step"
[[axis]]
name = "I"
parameter = "stimulus.step.amplitude"
linspace = [0.0, 2000.0, 500000]
[record]
spike_times = true
statistics = ["first_spike_time", "V_max"]
[record.trace]
every = 0.1
neurons = [0, 70000, 499999]
"""
CHUNKS = 8

# Ten chunks whose results take much room.
SPIKING = """[run]
duration = 20.0
dt = 0.02
[stimulus.step]
kind = "step"
[[axis]]
name = "I"
parameter = "stimulus.step.amplitude"
linspace = [0.0, 50.0, 655360]
[record]
spike_times = true
"""


class Survival(CommandLine):
    SWEEP = SWEEP

    def setUp(self):
        super().setUp()
        self.write("s.toml", self.SWEEP)

    def run_json(self, *arguments, **options):
        return self.json_of(self.expect(0, "run", "s.toml", "--json", *arguments, **options))

    def expected_hash(self):
        report = self.run_json("-o", "expected.nc")
        (self.folder / "expected.nc").unlink()
        return report["content_hash"]

    def parts(self, folder=None):
        return sorted((folder or self.folder).glob("s.nc.parts/chunk-*.nc"))

    def expect_whole_or_absent(self):
        if "s.nc" in self.files():
            self.expect(0, "check", "s.nc")

    def expect_to_end_with(self, content_hash, *arguments):
        self.assertEqual(self.run_json(*arguments)["content_hash"], content_hash)
        self.assertEqual(self.files(), ["fi.toml", "s.nc", "s.toml"])
        (self.folder / "s.nc").unlink()


class Killed(Survival):
    def test_at_any_moment_and_started_again(self):
        expected = self.expected_hash()
        began = time.monotonic()
        self.run_json("--threads", "1")
        latest_s = 1.2 * (time.monotonic() - began)
        (self.folder / "s.nc").unlink()
        source = random.Random(20)
        cycles = 0
        while cycles < int(os.environ.get("HHSWEEP_KILL_CYCLES", "4")):
            shards = source.choice([[], [], ["1/2", "2/2"]])
            killed = 0
            for _ in range(source.randint(1, 4)):
                which = ["--shard", source.choice(shards)] if shards else []
                process = self.start("run", "s.toml", "--quiet", "--threads", "1", *which)
                time.sleep(source.uniform(0, latest_s / max(1, len(shards))))
                process.kill()
                messages = process.communicate()[1]
                self.assertIn(process.returncode, (0, -signal.SIGKILL), messages)
                self.expect_whole_or_absent()
                if process.returncode == 0:
                    latest_s *= 0.8  # the machine has become faster than it was when measured
                    break
                killed += 1
            with self.subTest(cycle=cycles):
                self.expect_to_end_with(expected)
            cycles += killed > 0

    def test_by_every_signal_that_asks_for_it_with_finished_chunks_kept(self):
        expected = self.expected_hash()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
            with self.subTest(number.name):
                process = self.start("run", "s.toml", "--quiet", "--threads", "1")
                self.wait_for(process, self.parts)
                process.send_signal(number)
                messages = process.communicate(timeout=60)[1]
                if process.returncode == 0:
                    self.skipTest("the run was over before it could be stopped")
                self.assertEqual(process.returncode, 75, messages)
                self.assertIn(f"stopped by {number.name}", messages)
                self.assertTrue(self.parts())
                done = self.expect(0, "run", "s.toml", "--json")
                self.assertRegex(done.stderr, r"going on with s\.nc: \d of 8 chunks")
                self.assertEqual(self.json_of(done)["content_hash"], expected)
                (self.folder / "s.nc").unlink()

    def test_by_a_fault_that_the_environment_names(self):
        expected = self.expected_hash()
        for fault in ("crash:1", "crash:30", "torn:60", "crash:100", "crash:115"):
            with self.subTest(fault):
                done = self.run_program("run", "s.toml", environment={"HHSWEEP_FAULT": fault})
                self.assertEqual(done.returncode, -signal.SIGKILL, done.stderr)
                self.expect_whole_or_absent()
                self.expect_to_end_with(expected)
        done = self.run_program("run", "s.toml", environment={"HHSWEEP_FAULT": "nonsense"})
        self.assertEqual(done.returncode, 2)


class LongChunk(Survival):
    """One chunk of two seconds or so, whose state is saved again and again."""

    SWEEP = """[run]
duration = 400.0
[stimulus.step]
kind = "step"
[stimulus.noise]
kind = "ou"
sigma = 2.0
tau = 5.0
sample_dt = 0.1
[[axis]]
name = "I"
parameter = "stimulus.step.amplitude"
linspace = [0.0, 50.0, 5000]
[record]
spike_times = true
trace.neurons = [0, 4999]
"""
    STATE = "s.nc.parts/chunk-0000000000.state"

    def start_and_save(self, *arguments, every_s=0.05):
        return self.start("run", "s.toml", "--save-every", str(every_s), *arguments)

    def leave_a_state(self):
        """Kills a run once it has saved a state."""
        process = self.start_and_save("--threads", "1")
        self.wait_for(process, (self.folder / self.STATE).exists)
        process.kill()
        process.communicate()
        self.assertTrue((self.folder / self.STATE).exists())

    def test_goes_on_after_being_killed_at_any_moment(self):
        expected = self.expected_hash()
        source = random.Random(21)
        for cycle in range(int(os.environ.get("HHSWEEP_KILL_CYCLES", "4"))):
            self.leave_a_state()
            for _ in range(source.randint(0, 2)):
                process = self.start_and_save("--isa", source.choice(["scalar", "avx2"]))
                time.sleep(source.uniform(0, 0.6))
                process.kill()
                process.communicate()
            with self.subTest(cycle=cycle):
                self.expect_to_end_with(expected, "--threads", str(source.randint(1, 3)))

    def test_goes_on_where_a_signal_or_the_time_stopped_it(self):
        expected = self.expected_hash()
        done = self.run_program("run", "s.toml", "--isa", "scalar", "--max-time", "0.5")
        self.assertEqual(done.returncode, 75, done.stderr)
        self.assertTrue((self.folder / self.STATE).exists())
        process = self.start_and_save("--isa", "scalar", every_s=1000)
        self.wait_for(process, lambda: self.holder("s.nc.lock"))
        time.sleep(0.5)
        before = (self.folder / self.STATE).read_bytes()
        process.send_signal(signal.SIGTERM)
        messages = process.communicate()[1]
        self.assertEqual(process.returncode, 75, messages)
        self.assertIn("no chunk is there yet, but the state of 1 chunk under way", messages)
        self.assertIn("stopped by SIGTERM before the first chunk was through", messages)
        self.assertNotEqual((self.folder / self.STATE).read_bytes(), before)
        self.expect_to_end_with(expected)

    def test_goes_on_under_another_division_into_shards(self):
        expected = self.expected_hash()
        process = self.start_and_save("--isa", "scalar", "--shard", "1/2")
        self.wait_for(process, (self.folder / self.STATE).exists)
        process.kill()
        process.communicate()
        done = self.expect(0, "run", "s.toml", "--shard", "1/3")
        self.assertIn("the state of 1 chunk under way", done.stderr)
        self.assertEqual(self.json_of(self.expect(0, "run", "s.toml", "--json"))["content_hash"],
                         expected)

    def test_begins_anew_when_its_state_is_damaged(self):
        expected = self.expected_hash()
        source = random.Random(22)
        for damage in ("cut", "flip", "empty", "segment"):
            self.leave_a_state()
            path = self.folder / (self.STATE + ("-0" if damage == "segment" else ""))
            data = bytearray(path.read_bytes())
            data[source.randrange(len(data))] ^= 1
            path.write_bytes({"cut": data[:-7], "empty": b""}.get(damage, data))
            with self.subTest(damage):
                self.expect_to_end_with(expected)

    def test_refuses_the_state_of_another_sweep(self):
        self.leave_a_state()
        done = self.expect(5, "run", "s.toml", "--set", "model.g_K=37")
        self.assertIn("s.nc.parts holds 1 part of another sweep or version:", done.stderr)
        self.assertRegex(done.stderr, r"model\.g_K.*36.*37")
        self.assertTrue((self.folder / self.STATE).exists())
        self.run_json("--set", "model.g_K=37", "--overwrite")
        self.assertEqual(self.files(), ["fi.toml", "s.nc", "s.toml"])


class Disk(Survival):
    """A file system of its own, small, full, or read-only."""

    def mount(self, size):
        if os.geteuid() != 0:
            self.skipTest("only root can mount a file system")
        self.disk = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.disk, ignore_errors=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "hhsweep", self.disk],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self.skipTest(f"no file system can be mounted here: {done.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", self.disk], check=False)

    def remount(self, option):
        subprocess.run(["mount", "-o", f"remount,{option}", self.disk], check=True)

    def test_full_keeps_finished_chunks_and_goes_on_once_there_is_room(self):
        expected = self.expected_hash()
        # A part has 1.9 MB: some fit, or all of them but not the result besides.
        for size in ("8m", "20m"):
            with self.subTest(size):
                self.mount(size)
                output = str(self.disk / "s.nc")
                done = self.expect(4, "run", "s.toml", "-o", output)
                self.assertRegex(done.stderr, rf"error: cannot write {output}\S* ?.*No space left on "
                                              r"device; about [\d.]+ MiB wanted, .* free on the disk")
                parts = self.parts(self.disk)
                self.assertTrue(0 < len(parts) < CHUNKS if size == "8m" else len(parts) == CHUNKS)
                self.assertEqual([f.name for f in self.disk.iterdir()], ["s.nc.parts"])
                self.remount("size=200m")
                done = self.expect(0, "run", "s.toml", "-o", output, "--json")
                verb = "is" if len(parts) == 1 else "are"
                self.assertIn(f"{len(parts)} of 8 chunks {verb} there already", done.stderr)
                self.assertEqual(self.json_of(done)["content_hash"], expected)
                self.assertEqual([f.name for f in self.disk.iterdir()], ["s.nc"])

    def test_parts_and_states_come_before_what_is_joined_of_them(self):
        self.write("s.toml", SPIKING)
        expected = self.expected_hash()
        # The parts take 59 MB, the result besides 23 MB, states about 14 MB for a while.
        for size, options in (("68m", []), ("80m", ["--save-every", "0.1"])):
            with self.subTest(size):
                self.mount(size)
                output = str(self.disk / "s.nc")
                done = self.expect(4, "run", "s.toml", "-o", output, *options)
                self.assertEqual(len(self.parts(self.disk)), 10, done.stderr)
                self.assertRegex(done.stderr, r"cannot write \S+\.tmp .*about 65\.6 MiB wanted")
                self.remount("size=300m")
                done = self.expect(0, "run", "s.toml", "-o", output, "--json")
                self.assertEqual(self.json_of(done)["content_hash"], expected)
                self.assertEqual([f.name for f in self.disk.iterdir()], ["s.nc"])

    def test_read_only_is_an_io_error(self):
        self.mount("8m")
        self.remount("ro")
        done = self.expect(4, "run", "s.toml", "-o", str(self.disk / "s.nc"))
        self.assertRegex(done.stderr, rf"cannot write {self.disk}/s\.nc.*Read-only file system")

    def test_no_inode_left_is_an_io_error(self):
        self.mount("8m,nr_inodes=6")
        done = self.expect(4, "run", "s.toml", "-o", str(self.disk / "s.nc"))
        self.assertIn("No space left on device", done.stderr)
        self.remount("nr_inodes=1000,size=200m")
        self.expect(0, "run", "s.toml", "-o", str(self.disk / "s.nc"))

    def test_a_limit_on_the_size_of_files_is_an_io_error(self):
        expected = self.expected_hash()
        done = subprocess.run([BINARY, "run", "s.toml"], cwd=self.folder, capture_output=True,
                              text=True, check=False, preexec_fn=self.limit_files)
        self.assertEqual(done.returncode, 4)
        self.assertRegex(done.stderr, "cannot write s.nc.parts/chunk-.*File too large")
        self.expect_to_end_with(expected)

    @staticmethod
    def limit_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))


class Injected(Survival):
    """System calls that fail or kill, by strace."""

    def strace(self, injection, *arguments):
        done = subprocess.run(["strace", "-f", "-o", "trace.txt", "-e", f"inject={injection}", BINARY,
                               *arguments], cwd=self.folder, capture_output=True, text=True,
                              check=False, timeout=300)
        injected = "INJECTED" in (self.folder / "trace.txt").read_text(encoding="utf-8",
                                                                       errors="replace")
        (self.folder / "trace.txt").unlink()
        return done, injected

    def setUp(self):
        super().setUp()
        if shutil.which("strace") is None:
            self.skipTest("there is no strace")
        done = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False)
        if done.returncode != 0:
            self.skipTest("strace cannot trace here")
        self.expected = self.expected_hash()

    def test_errors_of_system_calls_are_reported_and_the_run_goes_on(self):
        # HDF5 writes by pwrite64 (the first is the text of the lock), parts are written by write. "+"
        # is for that call and all later ones: what fails once while chunks are joined ahead is tried
        # again.
        cases = [("write", "ENOSPC", ("2",)), ("pwrite64", "EIO", ("2+", "40+")),
                 ("fsync", "EIO", ("1", "4+", "20+")), ("rename", "EDQUOT", ("1", "5+")),
                 ("mkdir", "EACCES", ("1",))]
        for call, error, places in cases:
            for place in places:
                with self.subTest(call=call, place=place):
                    done, injected = self.strace(f"{call}:error={error}:when={place}", "run", "s.toml",
                                                 "--quiet")
                    self.assertTrue(injected)
                    self.assertEqual(done.returncode, 4, done.stderr)
                    self.assertRegex(done.stderr, r"hhsweep: error: cannot .*s\.nc")
                    self.expect_whole_or_absent()
                    self.expect_to_end_with(self.expected)

    def test_an_error_that_passes_does_not_stop_a_run(self):
        for call, error, place in (("write", "ENOSPC", 9), ("pwrite64", "EIO", 2), ("fsync", "EIO", 8)):
            with self.subTest(call=call, place=place):
                done, injected = self.strace(f"{call}:error={error}:when={place}", "run", "s.toml",
                                             "--json")
                self.assertTrue(injected)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.expect_to_end_with(self.expected)

    def test_a_kill_at_a_system_call_loses_nothing(self):
        for call, places in (("pwrite64", (1, 4)), ("rename", (2, 10)), ("fsync", (3, 20)),
                             ("unlink", (1, 6))):
            for place in places:
                with self.subTest(call=call, place=place):
                    done, _ = self.strace(f"{call}:signal=KILL:when={place}", "run", "s.toml")
                    self.assertIn(done.returncode, (-signal.SIGKILL, 128 + signal.SIGKILL))
                    self.expect_whole_or_absent()
                    self.expect_to_end_with(self.expected)


class Damaged(Survival):
    def test_parts_are_found_and_computed_anew(self):
        expected = self.expected_hash()
        source = np.random.default_rng(3)
        self.expect(0, "run", "s.toml", "--shard", "1/2")
        sound = {part: part.read_bytes() for part in self.parts()}

        def flip(data):
            data = bytearray(data)
            data[source.integers(len(data))] ^= 1 << source.integers(8)
            return bytes(data)

        damages = {"one bit": flip, "cut": lambda data: data[:source.integers(len(data))],
                   "empty": lambda data: b"", "zeros": lambda data: bytes(len(data)),
                   "longer": lambda data: data + b"x",
                   "another's": lambda data: sound[self.parts()[-1]]}
        for name, damage in damages.items():
            with self.subTest(name):
                victim = self.parts()[0]
                victim.write_bytes(damage(sound[victim]))
                done = self.expect(0, "run", "s.toml", "--shard", "1/2")
                self.assertIn("3 of 4 chunks of shard 1/2 are there already", done.stderr)
                self.assertEqual(victim.read_bytes(), sound[victim])
        self.parts()[1].write_bytes(b"nothing of ours")
        (self.folder / "s.nc.parts/sweep.json").write_text("{", encoding="utf-8")
        self.expect_to_end_with(expected)

    def test_a_part_damaged_behind_the_back_of_the_last_shard_is_missed(self):
        expected = self.expected_hash()
        self.expect(0, "run", "s.toml", "--shard", "1/2")
        victim = self.parts()[2]
        data = bytearray(victim.read_bytes())
        data[1000] ^= 1
        victim.write_bytes(data)
        done = self.expect(0, "run", "s.toml", "--shard", "2/2")
        self.assertIn("1 of 8 chunks (number 4; 65 536 neurons)", done.stdout)
        self.expect(75, "merge", "s.nc")
        self.assertEqual(self.run_json("--shard", "1/2")["content_hash"], expected)

    def test_a_file_in_the_place_of_the_folder_is_refused(self):
        self.write("s.nc.parts", "x")
        self.expect_error(5, "s.nc.parts is in the way", "run", "s.toml")
        self.expect_error(4, "no folder s.nc.parts", "merge", "s.nc")


class Memory(Survival):
    """What a run takes, against what `plan` says."""

    def setUp(self):
        super().setUp()
        if b"__asan_init" in Path(BINARY).read_bytes() or b"__tsan_init" in Path(BINARY).read_bytes():
            self.skipTest("a sanitizer takes memory of its own")

    def expect_planned(self, neurons, recording, duration="1.0", *settings, at_least=0.9):
        self.write("m.toml", SWEEP[:SWEEP.index("[record]")] + "[record]\n" + recording)
        options = ["m.toml", "--threads", "2", "--set", f"axis.I.linspace=[0.0, 50.0, {neurons}]",
                   "--set", f"run.duration={duration}", "--json", *(f"--set={s}" for s in settings)]
        planned = self.json_of(self.expect(0, "plan", *options))["memory_bytes"]
        # Started by a small process: what the starting one holds counts as taken by the other.
        small = ("import resource, subprocess, sys; "
                 "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
                 "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
        done = subprocess.run([sys.executable, "-S", "-c", small, BINARY, "run", *options,
                               "--overwrite", "--quiet"], cwd=self.folder, capture_output=True,
                              text=True, check=True)
        taken = 1024 * int(done.stdout)
        self.assertGreater(taken, at_least * planned)
        self.assertLess(taken, 1.1 * planned)

    def test_is_what_plan_says_whatever_the_number_of_neurons(self):
        for neurons in (300_000, 1_000_000):
            with self.subTest(neurons):
                self.expect_planned(neurons, "")
        self.expect_planned(300_000, 'statistics = ["spike_count"]\n')

    def test_of_one_or_two_chunks_is_at_most_what_plan_says(self):
        # Nothing, or little, is computed while they are written.
        for neurons in (65_536, 100_000):
            for recording in ("", '[record.trace]\nevery = 0.1\nneurons = "all"\n'):
                with self.subTest(neurons=neurons, recording=recording):
                    self.expect_planned(neurons, recording, at_least=0.6)

    def test_is_what_plan_says_with_traces(self):
        for every, duration in (("0.1", "5.0"), ("0.1", "20.0")):
            with self.subTest(duration):
                self.expect_planned(300_000, f'[record.trace]\nevery = {every}\nneurons = "all"\n',
                                    duration)

    def test_is_what_plan_says_with_an_audit_that_takes_more_than_the_run(self):
        self.expect_planned(4096, "[audit]\nneurons = 4096\n", "2000.0", "run.dt=0.05")

    @unittest.skipUnless(os.environ.get("HHSWEEP_LARGE"), "takes minutes; HHSWEEP_LARGE=1 runs it")
    def test_is_what_plan_says_for_ten_million_neurons(self):
        self.expect_planned(10_000_000, "")
        self.expect_planned(1_000_000, '[record.trace]\nevery = 0.1\nneurons = "all"\n', "5.0")


class AnotherSweep(Survival):
    def test_is_refused_with_what_differs(self):
        self.expect(0, "run", "s.toml", "--shard", "1/2")
        cases = {"seed=7": "seed: 0 there, 7 now",
                 "run.precision=float64": 'run.precision: "float32" there, "float64" now',
                 "model.E_K=-70": "model.E_K: -77.0 there, -70.0 now",
                 "axis.I.linspace=[0, 1000, 500000]":
                     "axis.I.linspace: [0.0,2000.0,500000] there, [0.0,1000.0,500000] now",
                 "stimulus.step.stop=0.1": 'stimulus.step.stop: "end" there, 0.1 now',
                 "record.window=[0, 0.1]": "record.window: [0.0,0.2] there, [0.0,0.1] now"}
        for setting, difference in cases.items():
            for more in ([], ["--shard", "2/2"]):
                with self.subTest(setting=setting, more=more):
                    done = self.expect_error(5, "of another sweep", "run", "s.toml", "--set", setting,
                                             *more)
                    self.assertIn(f"\n  {difference}\n", done.stderr)
        self.run_json()
        done = self.expect_error(5, "s.nc exists", "run", "s.toml", "--set", "run.dt=0.02")
        self.assertIn("\n  run.dt: 0.01 there, 0.02 now\n", done.stderr)

    def test_another_version_is_refused_with_both(self):
        self.expect(0, "run", "s.toml", "--shard", "1/2")
        record = self.folder / "s.nc.parts/sweep.json"
        document = json.loads(record.read_text(encoding="utf-8"))
        version = document["hhsweep_version"]
        # The parts too are those of that version.

        def digest(text):
            return hashlib.sha256(text.encode()).hexdigest()
        other = digest(f"hhsweep 0.0.9 layout {document['hhsweep_layout']}\n"
                       + document["sweep_resolved"])
        for part in self.parts():
            data = part.read_bytes()
            body, line = data[:-65], data[-65:]
            inner = digest(f"{other} 500000 65536").encode()
            body = body[:-65] + inner + b" "
            part.write_bytes(body + hashlib.sha256(body).hexdigest().encode() + b"\n")
            self.assertEqual(len(line), 65)
        document.update(hhsweep_version="0.0.9", hhsweep_fingerprint=other)
        del document["sha256"]
        text = json.dumps(document, indent=1, ensure_ascii=False)
        document["sha256"] = digest(text)
        record.write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")
        done = self.expect_error(5, "holds 4 parts of another", "run", "s.toml")
        self.assertIn(f"\n  version of hhsweep: 0.0.9 there, {version} now\n", done.stderr)
        self.expect_error(5, "version of hhsweep: 0.0.9 there", "merge", "s.nc")
        self.expect(0, "run", "s.toml", "--overwrite")


if __name__ == "__main__":
    unittest.main()
