#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the program as its users do: exit codes, what stands on which stream, and what is left behind.

HHSWEEP_BINARY names the program, HHSWEEP_SOURCE_DIR the repository. HHSWEEP_UPDATE_GOLDEN=1 writes
tests/golden/cli anew instead of comparing with it.
"""

import csv
import json
import os
import pty
import re
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import netCDF4

BINARY = os.environ["HHSWEEP_BINARY"]
GOLDEN = Path(os.environ["HHSWEEP_SOURCE_DIR"]) / "tests" / "golden" / "cli"
COMMANDS = ["run", "plan", "show", "check", "merge", "model", "stimulus", "example", "devices", "bench"]
JSON_KEYS = ["neurons", "steps", "wall_s", "compute_s", "neuron_steps_per_s", "backend", "device",
             "precision", "output", "diverged", "content_hash", "exit_code", "complete"]

FI = """title = "F-I"
[run]
duration = 50
[stimulus.step]
kind = "step"
start = 5
[[axis]]
name = "I"
parameter = "stimulus.step.amplitude"
values = [0, 5, 10, 20]
"""

# Many short runs in many chunks; the first is done long before the last.
LONG = """[run]
duration = 1000
[stimulus.step]
kind = "step"
amplitude = 10
[[axis]]
name = "trial"
repeat = 10000000
"""


class CommandLine(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.write("fi.toml", FI)

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")

    def run_program(self, *arguments, environment=None):
        return subprocess.run([BINARY, *arguments], cwd=self.folder, capture_output=True, text=True,
                              check=False, timeout=300, env={**os.environ, **(environment or {})})

    def expect(self, code, *arguments, **options):
        done = self.run_program(*arguments, **options)
        self.assertEqual(done.returncode, code, f"{arguments}\n{done.stdout}{done.stderr}")
        return done

    def expect_error(self, code, message, *arguments, **options):
        """One message on standard error, nothing on standard output, nothing left behind."""
        before = self.files()
        done = self.expect(code, *arguments, **options)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, message)
        self.assertEqual(self.files(), before)
        return done

    def start(self, *arguments):
        return subprocess.Popen([BINARY, *arguments], cwd=self.folder, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def wait_for(self, process, what):
        """Waits until what() is true, or the process has ended; returns what()."""
        while not (found := what()) and process.poll() is None:
            time.sleep(0.002)
        return found

    def holder(self, lock):
        """The number of the process that a lock names, or None while it names none."""
        try:
            text = (self.folder / lock).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        named = re.search(r"process (\d+) on ", text)
        return int(named[1]) if named else None

    def files(self):
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*"))

    def json_of(self, done):
        self.assertTrue(done.stdout.endswith("}\n"), done.stdout)
        return json.loads(done.stdout)

    def compare_with_golden(self, name, text):
        path = GOLDEN / name
        if os.environ.get("HHSWEEP_UPDATE_GOLDEN"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.assertEqual(text, path.read_text(encoding="utf-8"), f"differs from {path}")


class Usage(CommandLine):
    def test_help_of_every_command_is_as_recorded(self):
        self.compare_with_golden("help.txt", self.expect(0, "--help").stdout)
        for command in COMMANDS:
            with self.subTest(command):
                text = self.expect(0, command, "--help").stdout
                self.assertEqual(text, self.expect(0, "help", command).stdout)
                self.compare_with_golden(f"help_{command}.txt", text)

    def test_without_arguments_help_goes_to_standard_error_and_the_exit_code_is_2(self):
        done = self.expect(2)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr, self.expect(0, "--help").stdout)

    def test_mistakes_are_explained_as_recorded(self):
        mistakes = [
            ["rnu", "fi.toml"], ["fi.toml"], ["out.nc"], ["--jsn"], ["run"],
            ["run", "fi.toml", "more.toml"], ["run", "fi.toml", "--thread", "2"],
            ["run", "fi.toml", "--threads", "0"], ["run", "fi.toml", "--threads", "-1"],
            ["run", "fi.toml", "--threads", "1.5"], ["run", "fi.toml", "--threads", "99999999999"],
            ["run", "fi.toml", "--threads"], ["run", "fi.toml", "--threads", "1", "--threads", "2"],
            ["run", ""], ["run", "fi.toml", "-o", ""], ["run", "fi.toml", "--quiet=maybe"],
            ["--quiet", "run", "fi.toml"],
            ["run", "fi.toml", "--backend", "gpu"],
            ["run", "fi.toml", "--backend", "cpu", "--device", "0"],
            ["run", "fi.toml", "--device", "0,x"], ["run", "fi.toml", "--device", "0,0"],
            ["run", "fi.toml", "--backend", "cuda", "--isa", "avx2"],
            ["run", "fi.toml", "--max-time", "nan"], ["run", "fi.toml", "--max-time", "soon"],
            ["run", "fi.toml", "--set", "model.g_K"], ["run", "fi.toml", "--set", "=1"],
            ["run", "fi.toml", "-o", "fi.toml"],
            ["run", "fi.toml", "--shard", "0/2"], ["run", "fi.toml", "--shard", "3/2"],
            ["run", "fi.toml", "--shard", "1/0"], ["run", "fi.toml", "--shard", "1/2/3"],
            ["run", "fi.toml", "--shard", "2"], ["run", "fi.toml", "--shard", "-1/2"],
            ["plan", "fi.toml", "--shard", "auto"], ["merge"], ["stimulus", "fi.toml"],
            ["stimulus", "fi.toml", "--neuron", "4"], ["stimulus", "fi.toml", "--neuron", "-1"],
            ["stimulus", "fi.toml", "--neuron", "0", "--every", "0.015"],
            ["stimulus", "fi.toml", "--neuron", "0", "--every", "0"],
            ["model", "squidd"], ["model", "--set", "model.gna=1"], ["model", "--set", "g_Na=1"],
            ["model", "--set", "model.g_Na=many"], ["model", "--set", "model.C_m=0"],
            ["model", "--set", "model.q10=nan"], ["model", "--set", "model.beta_h.form=sigmod"],
            ["model", "--set", "initial.V=0"], ["example", "no-such-example-at-all"],
            ["bench", "--json", "--csv"], ["bench", "--repeat", "0"], ["bench", "--precision", "half"],
        ]
        text = ""
        for arguments in mistakes:
            done = self.expect(2, *arguments)
            if "--json" not in arguments:
                self.assertEqual(done.stdout, "", arguments)
            text += f"$ hhsweep {' '.join(arguments)}\n{done.stderr}"
        self.compare_with_golden("usage_errors.txt", text)
        self.assertEqual(self.files(), ["fi.toml"])

    def test_a_name_in_the_environment_that_cannot_be_is_traced_to_its_variable(self):
        self.expect_error(2, "unknown backend 'foo'.*HHSWEEP_BACKEND", "run", "fi.toml",
                          environment={"HHSWEEP_BACKEND": "foo"})
        self.expect_error(6, "instruction set 'foo'.*HHSWEEP_ISA", "run", "fi.toml",
                          environment={"HHSWEEP_ISA": "foo"})
        done = self.expect_error(6, "instruction set 'sse9'", "run", "fi.toml", "--isa", "sse9",
                                 environment={"HHSWEEP_ISA": "foo"})
        self.assertNotIn("HHSWEEP_ISA", done.stderr)
        done = self.expect_error(2, "unknown backend|--backend", "run", "fi.toml", "--backend", "gpu",
                                 environment={"HHSWEEP_BACKEND": "foo"})
        self.assertNotIn("HHSWEEP_BACKEND", done.stderr)
        self.expect(0, "run", "fi.toml", "--quiet", environment={"HHSWEEP_BACKEND": ""})

    def test_version_names_version_commit_compiler_and_backends(self):
        text = self.expect(0, "--version").stdout
        self.assertRegex(text, r"\Ahhsweep \d+\.\d+\.\d+\ncommit    \S+\ncompiler  \S+.*\n")
        self.assertRegex(text, r"(?m)^cpu ")

    def test_a_full_device_is_an_io_error(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([BINARY, "model"], stdout=full, stderr=subprocess.PIPE, text=True,
                                  check=False)
        self.assertEqual(done.returncode, 4)
        self.assertRegex(done.stderr, "cannot write to standard output: No space left")

    def test_a_reader_that_goes_away_is_no_error(self):
        read_end, write_end = os.pipe()
        os.close(read_end)
        done = subprocess.run([BINARY, "model"], stdout=write_end, stderr=subprocess.PIPE, text=True,
                              check=False)
        os.close(write_end)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_messages_have_no_colour_where_nobody_sees_it(self):
        self.assertNotIn("\033", self.expect(2, "rnu").stderr)


class Run(CommandLine):
    def test_writes_the_result_beside_nothing_else_and_sums_it_up(self):
        done = self.expect(0, "run", "fi.toml")
        self.assertEqual(self.files(), ["fi.nc", "fi.toml"])
        self.assertRegex(done.stdout, r"(?m)^neurons +4, 5 000 steps of 0\.01 ms in float32$")
        self.assertRegex(done.stdout, r"(?m)^result +fi\.nc$")
        self.assertRegex(done.stdout, r"(?m)^content_hash +[0-9a-f]{64}$")

    def test_the_default_output_is_in_the_current_directory(self):
        (self.folder / "sub").mkdir()
        self.write("sub/other.toml", FI)
        self.expect(0, "run", "sub/other.toml")
        self.assertIn("other.nc", self.files())

    def test_json_is_one_object_with_all_keys(self):
        done = self.expect(0, "run", "fi.toml", "--json")
        report = self.json_of(done)
        self.assertEqual(list(report), JSON_KEYS)
        self.assertEqual(report["neurons"], 4)
        self.assertEqual(report["steps"], 5000)
        self.assertEqual(report["precision"], "float32")
        self.assertEqual(report["output"], "fi.nc")
        self.assertEqual((report["exit_code"], report["complete"], report["diverged"]), (0, True, 0))
        self.assertGreater(report["neuron_steps_per_s"], 0)
        self.assertGreaterEqual(report["wall_s"], 0)

    def test_json_is_there_on_every_failure(self):
        self.write("bad.toml", FI + "colour = 1\n")
        cases = [(2, ["run", "--json"]), (2, ["run", "fi.toml", "--json", "--threads", "no"]),
                 (3, ["run", "bad.toml", "--json"]), (4, ["run", "none.toml", "--json"]),
                 (4, ["run", "fi.toml", "--json", "-o", "none/x.nc"]),
                 (6, ["run", "fi.toml", "--json", "--isa", "sse9"]),
                 (75, ["run", "fi.toml", "--json", "--max-time", "0"])]
        for code, arguments in cases:
            with self.subTest(arguments):
                done = self.expect(code, *arguments)
                report = self.json_of(done)
                self.assertEqual(list(report), [*JSON_KEYS, "error"])
                self.assertEqual(report["exit_code"], code)
                self.assertIn(report["error"].splitlines()[0], done.stderr)

    def test_a_complete_result_is_not_computed_again(self):
        first = self.json_of(self.expect(0, "run", "fi.toml", "--json"))
        written = (self.folder / "fi.nc").stat().st_mtime_ns
        done = self.expect(0, "run", "fi.toml")
        self.assertIn("nothing was computed", done.stdout)
        again = self.json_of(self.expect(0, "run", "fi.toml", "--json"))
        self.assertEqual((self.folder / "fi.nc").stat().st_mtime_ns, written)
        self.assertEqual(again["content_hash"], first["content_hash"])
        self.assertEqual((again["complete"], again["compute_s"]), (True, 0))

    def test_a_damaged_result_is_not_taken_for_complete(self):
        self.expect(0, "run", "fi.toml")
        with netCDF4.Dataset(self.folder / "fi.nc", "a") as result:
            result["spike_count"][...] = 7
        self.expect_error(5, "damaged", "run", "fi.toml")
        self.expect(0, "run", "fi.toml", "--overwrite")
        self.expect(0, "check", "fi.nc")

    def test_something_else_is_not_replaced_without_overwrite(self):
        first = self.json_of(self.expect(0, "run", "fi.toml", "--json"))
        before = (self.folder / "fi.nc").read_bytes()
        self.expect_error(5, "fi.nc exists", "run", "fi.toml", "--set", "model.g_K=40")
        self.assertEqual((self.folder / "fi.nc").read_bytes(), before)
        other = self.json_of(
            self.expect(0, "run", "fi.toml", "--set", "model.g_K=40", "--overwrite", "--json"))
        self.assertNotEqual(other["content_hash"], first["content_hash"])
        self.assertEqual(self.files(), ["fi.nc", "fi.toml"])

    def test_the_same_sweep_with_another_table_is_something_else(self):
        self.write("cells.csv", "I\n5\n10\n")
        self.write("cells.toml", FI.replace("""parameter = "stimulus.step.amplitude"
values = [0, 5, 10, 20]""", """table = "cells.csv"
columns = [{ parameter = "stimulus.step.amplitude", name = "amplitude", column = 1 }]"""))
        first = self.expect(0, "run", "cells.toml")
        self.assertIn("nothing was computed", self.expect(0, "run", "cells.toml").stdout)
        self.write("cells.csv", "I\n5\n11\n")
        self.assertIn("not the result of this sweep", self.expect(5, "run", "cells.toml").stderr)
        self.assertNotEqual(self.expect(0, "run", "cells.toml", "--overwrite").stdout, first.stdout)

    def test_a_file_that_is_no_result_is_not_replaced_without_overwrite(self):
        self.write("fi.nc", "precious notes")
        self.expect_error(5, "fi.nc exists", "run", "fi.toml")
        self.assertEqual((self.folder / "fi.nc").read_text(encoding="utf-8"), "precious notes")
        self.expect(0, "run", "fi.toml", "--overwrite")
        self.expect(0, "check", "fi.nc")

    def test_overwrite_computes_anew(self):
        self.expect(0, "run", "fi.toml")
        report = self.json_of(self.expect(0, "run", "fi.toml", "--overwrite", "--json"))
        self.assertGreater(report["compute_s"], 0)

    def test_every_mistake_in_a_sweep_file_is_reported_and_nothing_is_written(self):
        self.write("bad.toml", FI.replace("start", "dely").replace("duration", "tstop"))
        done = self.expect_error(3, r"bad\.toml:3:1: error: ", "run", "bad.toml")
        self.assertRegex(done.stderr, r"bad\.toml:6:1: error: ")
        self.assertNotIn("hhsweep: error", done.stderr)

    def test_what_is_missing_or_unwritable_is_an_io_error(self):
        self.expect_error(4, "none.toml", "run", "none.toml")
        self.expect_error(4, "none/x.nc", "run", "fi.toml", "-o", "none/x.nc")
        self.expect_error(4, "error: ", "run", ".")

    def test_absent_devices_are_exit_6_even_when_there_is_nothing_to_compute(self):
        self.expect(0, "run", "fi.toml")
        self.expect_error(6, "sse9", "run", "fi.toml", "--isa", "sse9")
        if "cuda" not in [line.split()[0] for line in self.expect(0, "devices").stdout.splitlines()
                          if line.endswith(" available") and "not available" not in line]:
            done = self.expect_error(6, "(?i)cuda", "run", "fi.toml", "--backend", "cuda")
            self.assertEqual(len(done.stderr.splitlines()), 1)
            self.expect(0, "run", "fi.toml", "--backend", "auto")

    def test_strict_fails_when_a_neuron_diverged_but_the_result_is_written(self):
        unstable = ["run", "fi.toml", "--set", "run.dt=0.5"]
        done = self.expect(0, *unstable)
        self.assertRegex(done.stderr, "warning: [1-4] of 4 neurons diverged")
        done = self.expect(7, *unstable, "--strict", "--overwrite", "--json")
        report = self.json_of(done)
        self.assertEqual((report["exit_code"], report["complete"]), (7, True))
        self.assertGreater(report["diverged"], 0)
        self.expect(0, "check", "fi.nc")
        self.assertRegex(self.expect(0, "show", "fi.nc").stdout,
                         r"diverged: \d neurons?\n  neuron \d: I = .* uA/cm\^2 at .* ms\n")
        self.expect(7, *unstable, "--strict")

    def test_what_the_sweep_reads_is_never_written_over(self):
        self.write("w.csv", "t,I\n0,1\n1,2\n2,3\n")
        self.write("w.toml", FI[:FI.index("[stimulus")] + """[stimulus.w]
kind = "waveform"
file = "w.csv"
column = "I"
sample_dt = 1
[[axis]]
name = "cell"
table = "cells.csv"
columns = [{parameter = "model.g_K", column = "g"}]
""")
        self.write("cells.csv", "g\n30\n36\n")
        for name in ("w.toml", "w.csv", "cells.csv"):
            with self.subTest(name):
                for command in ("run", "plan"):
                    self.expect_error(2, f"would be written over .*{name}", command, "w.toml", "-o", name,
                                      *(["--overwrite"] if command == "run" else []))

    def test_a_name_too_long_for_netcdf_is_a_mistake_of_the_sweep_file(self):
        for length, code in ((250, 0), (251, 3)):
            self.write("long.toml", FI.replace('"I"', f'"{"I" * length}"')
                       + "[record]\ntrace.every = 1\n")
            done = self.run_program("run", "long.toml")
            self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn("long.toml: error: the result would have a name of 257 bytes", done.stderr)
        self.assertEqual(self.files(), ["fi.toml", "long.nc", "long.toml"])

    def test_rates_that_float32_holds_constant_are_warned_of(self):
        deep = ["run", "fi.toml", "--overwrite", "--set=run.dt=5e-5", "--set=run.duration=6",
                "--set=axis.I.values=[-300, 0, -299]"]
        self.assertIn("warning: 2 neurons fell below -225 mV, where rates are held constant in float32; "
                      'precision = "float64"', self.expect(0, *deep).stderr)
        self.assertNotIn("-225", self.expect(0, *deep, "--set=run.precision=float64").stderr)
        self.assertNotIn("-225", self.expect(0, *deep, "--set=axis.I.values=[-100, 0]").stderr)

    def test_a_time_limit_stops_and_the_same_command_goes_on(self):
        done = self.expect(75, "run", "fi.toml", "--max-time", "0")
        self.assertEqual(done.stdout, "")
        self.assertIn("stopped by --max-time", done.stderr)
        self.assertNotIn("fi.nc", self.files())
        self.expect(0, "run", "fi.toml")
        self.assertEqual(self.files(), ["fi.nc", "fi.toml"])

    def test_signals_stop_a_run(self):
        self.write("long.toml", LONG)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
            with self.subTest(number.name):
                process = self.start("run", "long.toml", "--json")
                self.wait_for(process, lambda: self.holder("long.nc.lock"))
                process.send_signal(number)
                output, messages = process.communicate(timeout=120)
                self.assertEqual(process.returncode, 75, messages)
                report = json.loads(output)
                self.assertEqual((report["exit_code"], report["complete"]), (75, False))
                self.assertIn("stopped by " + number.name, report["error"])
                self.assertNotIn("long.nc", self.files())

    def test_an_interrupted_run_goes_on_and_ends_with_the_same_content(self):
        self.write("many.toml", LONG.replace("1000", "5", 1).replace("10000000", "500000"))
        process = self.start("run", "many.toml", "--threads", "1", "--quiet")
        self.wait_for(process, lambda: list(self.folder.glob("many.nc.parts/chunk-*.nc")))
        process.send_signal(signal.SIGTERM)
        messages = process.communicate(timeout=120)[1]
        if process.returncode == 0:
            self.skipTest("the run was over before it could be interrupted")
        self.assertEqual(process.returncode, 75, messages)
        self.assertIn("begun", self.expect(0, "plan", "many.toml").stdout)
        done = self.expect(0, "run", "many.toml", "--json")
        self.assertRegex(done.stderr, r"going on with many\.nc: \d of 8 chunks (is|are) there already")
        whole = self.expect(0, "run", "many.toml", "--json", "-o", "whole.nc")
        self.assertEqual(self.json_of(done)["content_hash"], self.json_of(whole)["content_hash"])
        self.assertEqual(self.files(), ["fi.toml", "many.nc", "many.toml", "whole.nc"])

    def test_progress_is_one_rewritten_line_on_a_terminal_and_nothing_when_quiet(self):
        self.write("long.toml", LONG)
        shown = self.on_terminal("run", "long.toml", "--max-time", "2")
        self.assertRegex(shown, r"\r\x1b\[K\d+ %")
        shown = self.on_terminal("run", "long.toml", "--max-time", "2", "--quiet")
        self.assertNotIn("%", shown)

    def test_no_color_is_honoured_on_a_terminal(self):
        self.assertIn("\033[1;31m", self.on_terminal("rnu", environment={"NO_COLOR": ""}))
        self.assertNotIn("\033[1;31m", self.on_terminal("rnu", environment={"NO_COLOR": "1"}))

    def on_terminal(self, *arguments, environment=None):
        """What the program writes to a terminal as its standard error."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen([BINARY, *arguments], cwd=self.folder, stdout=subprocess.DEVNULL,
                                   stderr=theirs,
                                   env={**os.environ, "TERM": "xterm", **(environment or {})})
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 65536):
                shown += piece
        except OSError:
            pass  # the terminal's other end has closed
        os.close(ours)
        process.wait(timeout=60)
        return shown.decode()


class Results(CommandLine):
    def test_times_of_traces_are_decimals_that_end_with_the_run(self):
        self.expect(0, "run", "fi.toml", "--set=run.duration=100.1", "--set=record.trace.every=0.1")
        with netCDF4.Dataset(self.folder / "fi.nc") as result:
            self.assertEqual(result["time"][:].tolist(), [i / 10 for i in range(1002)])
        self.expect(0, "run", "fi.toml", "--overwrite", "--set=run.dt=0.015625",
                    "--set=record.trace.every=0.03125")
        with netCDF4.Dataset(self.folder / "fi.nc") as result:
            self.assertEqual(result["time"][:].tolist(), [i / 32 for i in range(1601)])

    def test_show_keeps_control_characters_from_the_terminal(self):
        self.write("red.toml", 'title = "\\u001b[31mred"\n' + FI[FI.index("[run]"):])
        self.expect(0, "run", "red.toml")
        text = self.expect(0, "show", "red.nc").stdout
        self.assertIn(r"red.nc: \x1b[31mred", text)
        self.assertNotIn("\x1b", text)

    def test_show_lists_axes_counts_and_provenance(self):
        self.expect(0, "run", "fi.toml")
        text = self.expect(0, "show", "fi.nc").stdout
        self.assertRegex(text, r"\Afi\.nc: F-I\naxes\n  I  4  0 to 20 uA/cm\^2 ")
        self.assertRegex(text, r"(?m)^  I \(uA/cm\^2\) +spike_count ")
        self.assertEqual(len(re.findall(r"(?m)^  (?:0|5|10|20) +\d+ ", text)), 4)
        self.assertIn("diverged: none", text)
        self.assertIn("hhsweep run fi.toml", text)
        report = self.json_of(self.expect(0, "show", "fi.nc", "--json"))
        self.assertEqual(report["neurons"], 4)
        self.assertEqual(report["variables"]["spike_count"]["shape"], [4])
        self.assertEqual(report["axes"][0]["coordinates"][0]["max"], 20)

    def test_show_of_any_number_of_axes(self):
        axes = ""
        for number, parameter in enumerate(["g_K", "g_Na", "g_L"]):
            self.write("x.toml", FI + axes)
            with self.subTest(number):
                self.expect(0, "run", "x.toml", "--overwrite", "--set", "run.duration=1")
                self.assertIn("content_hash", self.expect(0, "show", "x.nc").stdout)
            axes += f'[[axis]]\nname = "{parameter}"\nparameter = "model.{parameter}"\nvalues = [1, 2]\n'
        self.write("one.toml", "[run]\nduration = 1\n")
        self.expect(0, "run", "one.toml")
        self.assertIn("axes: none, a single neuron", self.expect(0, "show", "one.nc").stdout)

    def test_check_tells_sound_from_unsound_and_missing(self):
        self.expect(0, "run", "fi.toml")
        self.assertRegex(self.expect(0, "check", "fi.nc").stdout, "fi.nc is sound: 4 neurons")
        self.expect_error(4, "none.nc", "check", "none.nc")
        self.expect_error(4, "none.nc", "show", "none.nc")
        self.expect_error(5, "fi.toml is not a result", "check", "fi.toml")
        whole = (self.folder / "fi.nc").read_bytes()
        (self.folder / "cut.nc").write_bytes(whole[: len(whole) // 2])
        self.expect(5, "check", "cut.nc")

    def test_plan_runs_nothing(self):
        before = self.files()
        text = self.expect(0, "plan", "fi.toml").stdout
        self.assertRegex(text, r"(?m)^neurons +4$")
        report = self.json_of(self.expect(0, "plan", "fi.toml", "--json", "--set", "run.dt=0.005"))
        self.assertEqual((report["neurons"], report["steps"], report["chunks"]), (4, 10000, 1))
        self.assertEqual(report["axes"][0]["parameters"][0]["last"], 20)
        self.assertEqual(report["output_state"], "new")
        self.assertEqual(self.files(), before)
        self.expect(0, "run", "fi.toml")
        self.assertIn("complete already", self.expect(0, "plan", "fi.toml").stdout)

    def test_plan_of_the_largest_population_takes_no_time(self):
        self.write("huge.toml", LONG.replace("10000000", str(2**40)))
        report = self.json_of(self.expect(0, "plan", "huge.toml", "--json"))
        self.assertEqual(report["neurons"], 2**40)
        # Three times the statistics of a chunk of 2^28 neurons: computed, handed over, written.
        self.assertLess(report["memory_bytes"], 3 * 2**28 * 81 + 1e8)


NOISY = """seed = 3
[run]
duration = 50
{precision}
[stimulus.noise]
kind = "ou"
mean = 4
sigma = 3
tau = 2
[stimulus.wave]
kind = "waveform"
file = "wave.csv"
start = 10.003
sample_dt = 0.7
gain = 2
[stimulus.step]
kind = "step"
start = 5.005
width = 2
[[axis]]
name = "trial"
repeat = 3
[[axis]]
name = "I"
parameter = "stimulus.step.amplitude"
values = [0, 20]
"""
TRACED = """
[record.trace]
variables = ["I_stim"]
every = 0.01
neurons = "all"
"""


class Stimulus(CommandLine):
    def current(self, *arguments):
        lines = self.expect(0, "stimulus", "noisy.toml", *arguments).stdout.splitlines()
        self.assertEqual(lines[0], "t,I")
        return [(float(t), I) for t, I in (line.split(",") for line in lines[1:])]

    def test_is_what_the_trace_of_the_neuron_holds_in_both_precisions(self):
        try:
            import netCDF4
        except ImportError:
            self.skipTest("no netCDF4")
        self.write("wave.csv", "I\n0\n3\n-1\n5\n0\n")
        for precision in ("", 'precision = "float64"'):
            self.write("noisy.toml", NOISY.format(precision=precision))
            self.write("traced.toml", NOISY.format(precision=precision) + TRACED)
            self.expect(0, "run", "traced.toml", "--overwrite", "--quiet")
            with netCDF4.Dataset(self.folder / "traced.nc") as result:
                traces, times = result["I_stim"][:].filled(), result["time"][:].filled()
            for neuron in (0, 3, 5):
                current = self.current("--neuron", str(neuron))
                self.assertEqual([traces.dtype.type(I) for _, I in current], list(traces[neuron]))
                self.assertEqual([t for t, _ in current], [round(float(t), 9) for t in times])
                self.assertEqual(self.current("--neuron", str(neuron), "--every", "2.5"), current[::250])

    def test_needs_no_gpu_for_fast_math(self):
        self.write("wave.csv", "I\n0\n3\n")
        self.write("noisy.toml", NOISY.format(precision=""))
        self.assertEqual(self.current("--neuron", "3", "--set", 'run.math="fast"'), self.current("--neuron", "3"))

    def test_under_a_search_is_that_of_the_run_that_the_result_describes(self):
        self.write("wave.csv", "I\n0\n0\n")
        self.write("noisy.toml", NOISY.format(precision="").replace("sigma = 3", "sigma = 0")
                   .replace("mean = 4", "mean = 0")
                   .replace('[[axis]]\nname = "I"\nparameter = "stimulus.step.amplitude"\nvalues = [0, 20]\n',
                            '[search]\nparameter = "stimulus.step.amplitude"\nbracket = [0, 64]\ntolerance = 1\n'))
        at_6 = float(dict(self.current("--neuron", "0", "--every", "1"))[6.0])
        self.assertEqual(at_6, round(at_6), "a bound of the last interval, of width 1")
        self.assertTrue(3 <= at_6 <= 6, at_6)

    def test_of_a_neuron_that_diverges_ends_there_with_a_warning(self):
        self.write("wave.csv", "I\n0\n0\n")
        self.write("noisy.toml", NOISY.format(precision=""))
        done = self.expect(0, "stimulus", "noisy.toml", "--neuron", "0", "--set", "run.dt=0.2",
                           "--set", "stimulus.noise.mean=30")
        self.assertRegex(done.stderr, r"warning: the neuron diverged at [0-9.]+ ms")
        self.assertLess(float(done.stdout.splitlines()[-1].split(",")[0]), 50)


class FastMath(CommandLine):
    def test_is_refused_by_the_cpu_before_anything_is_written(self):
        self.write("fi.toml", FI)
        done = self.expect(6, "run", "fi.toml", "--backend", "cpu", "--set", 'run.math="fast"')
        self.assertRegex(done.stderr, r'^hhsweep: error: math = "fast" is not offered by the cpu backend')
        self.assertEqual(self.files(), ["fi.toml"])
        plan = self.expect(0, "plan", "fi.toml", "--backend", "cpu", "--set", 'run.math="fast"')
        self.assertIn("float32, fast math", plan.stdout)
        self.assertIn('warning: math = "fast" is not offered', plan.stdout + plan.stderr)


class Others(CommandLine):
    def test_models_are_as_recorded(self):
        for preset in ("squid", "slides", "blog", "hh1952"):
            with self.subTest(preset):
                self.compare_with_golden(f"model_{preset}.txt", self.expect(0, "model", preset).stdout)
        self.assertEqual(self.expect(0, "model").stdout, self.expect(0, "model", "squid").stdout)

    def test_the_rest_states_are_those_of_an_independent_solver(self):
        known = {"squid": -64.9963793311920574, "slides": -63.9932702802020850,
                 "blog": -54.3870008108285295}
        for preset, V in known.items():
            text = self.expect(0, "model", preset).stdout
            found = float(re.search(r"(?m)^  V  (\S+) +mV$", text).group(1))
            self.assertAlmostEqual(found, V, delta=5e-14)
            self.assertIn("unstable" if preset == "slides" else "stable: ", text)

    def test_eigenvalues_that_are_not_found_are_not_printed(self):
        text = self.expect(0, "model", "--set", "model.E_L=-1e6").stdout
        self.assertIn("eigenvalues there: none were found", text)
        self.assertNotIn("stable", text)
        self.assertNotIn("inf ", text)

    def test_curves_are_written_once(self):
        self.expect(0, "model", "hh1952", "--curves", "c.csv", "--set", "model.temperature=16.3")
        with open(self.folder / "c.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(list(rows[0]), ["V_mV", "m_inf", "h_inf", "n_inf", "tau_m_ms", "tau_h_ms",
                                         "tau_n_ms"])
        self.assertEqual([float(row["V_mV"]) for row in rows], [i / 10 for i in range(-1000, 1501)])
        self.assertTrue(all(0 <= float(row["m_inf"]) <= 1 for row in rows))
        self.expect_error(5, "c.csv exists", "model", "--curves", "c.csv")
        self.expect_error(4, "none/c.csv", "model", "--curves", "none/c.csv")
        self.expect(0, "model", "--curves", "c.csv", "--overwrite")

    def test_every_example_can_be_planned(self):
        listed = self.expect(0, "example").stdout.splitlines()
        self.assertGreaterEqual(len(listed), 7)
        for line in listed:
            name, description = line.split(maxsplit=1)
            with self.subTest(name):
                self.assertNotEqual(description.strip(), "")
                text = self.expect(0, "example", name).stdout
                if name.endswith(".csv"):
                    self.write(name, text)
                else:
                    self.write(f"{name}.toml", text)
        for name in self.files():
            if name.endswith(".toml"):
                with self.subTest(name):
                    self.expect(0, "plan", name)

    def test_devices_say_what_is_here(self):
        self.assertRegex(self.expect(0, "devices").stdout, r"(?m)^cpu .* available$")

    def test_bench_verifies_and_reports(self):
        short = ["bench", "--neurons", "256", "--duration", "20", "--repeat", "2"]
        self.assertIn("spike counts verified", self.expect(0, *short).stdout)
        report = self.json_of(self.expect(0, *short, "--json", "--precision", "float32", "--threads", "1"))
        self.assertEqual((report["threads"], report["neurons"]), (1, 256))
        (row,) = report["results"]
        rates = [row[f"{name}_million_neuron_steps_per_s"] for name in ("min", "median", "max")]
        self.assertEqual(rates, sorted(rates))
        rows = list(csv.DictReader(self.expect(0, *short, "--csv").stdout.splitlines()))
        self.assertEqual([row["precision"] for row in rows], ["float32", "float64"])


if __name__ == "__main__":
    unittest.main()
