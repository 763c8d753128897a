# SPDX-License-Identifier: MIT
"""Running the program: results, settings, errors, interruption."""

import os
import stat
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import numpy as np
import pytest

import hhsweep
from hhsweep.errors import parse_mistakes

PACKAGE = Path(__file__).resolve().parents[1]

SWEEP = {
    "run": {"duration": 30},
    "stimulus": {"step": {"kind": "step", "start": 5}},
    "axis": [{"name": "I", "parameter": "stimulus.step.amplitude",
              "values": np.arange(0, 30, 10.0)}],
}

LONG = {
    "run": {"duration": 1000},
    "stimulus": {"step": {"kind": "step", "amplitude": 10}},
    "axis": [{"name": "trial", "repeat": 10_000_000}],
}


@pytest.fixture(autouse=True)
def needs_program(program):
    pass


class TestResult:
    def test_a_dict_gives_what_its_file_gives(self, tmp_path):
        (tmp_path / "x.toml").write_text(hhsweep.toml_writer.dumps(SWEEP), encoding="utf-8")
        from_file = hhsweep.run(tmp_path / "x.toml", progress=False)
        from_dict = hhsweep.run(SWEEP, progress=False)
        assert from_file.attrs["content_hash"] == from_dict.attrs["content_hash"]
        assert from_dict.I.values.tolist() == [0, 10, 20]

    def test_without_output_the_result_is_in_memory_and_no_file_is_left(self, tmp_path, monkeypatch):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        ds = hhsweep.run(SWEEP, progress=False)
        assert list(tmp_path.iterdir()) == []
        assert ds.spike_count.values.tolist() == ds.hhsweep.variable("spike_count").values.tolist()
        assert "source" not in ds.encoding

    def test_the_figures_of_an_audit_are_attributes(self):
        ds = hhsweep.run(SWEEP, settings={"audit.neurons": 3}, progress=False)
        assert ds.attrs["audit_neurons"] == 3
        assert 0 < ds.attrs["audit_spike_time_shift"] < 1e-3
        assert ds.attrs["audit_spike_time_shift_neuron"] in (1, 2)

    def test_with_output_the_file_stays(self, tmp_path):
        with hhsweep.run(SWEEP, output=tmp_path / "x.nc", progress=False) as ds:
            assert ds.encoding["source"].endswith("x.nc")
        with hhsweep.open(tmp_path / "x.nc") as again:
            assert again.sizes["I"] == 3

    def test_settings_reach_the_program(self):
        ds = hhsweep.run(SWEEP, settings={"model.g_K": 40, "run.precision": "float64",
                                          "axis.I.linspace": [0, 20, 5], "title": 'a "b"'},
                         progress=False)
        sweep = ds.hhsweep.sweep
        assert (sweep["model"]["g_K"], sweep["run"]["precision"]) == (40, "float64")
        assert ds.sizes["I"] == 5
        assert ds.attrs["title"] == 'a "b"'

    def test_options_reach_the_program(self):
        ds = hhsweep.run(SWEEP, backend="cpu", threads=1, isa="scalar", progress=False)
        assert ds.attrs["device"] == "1 thread, scalar"

    def test_paths_in_a_dict_are_those_of_the_current_folder(self):
        from hhsweep.run import _with_absolute_paths
        made = _with_absolute_paths({
            "stimulus": {"w": {"kind": "waveform", "file": "a.csv"}, "s": {"kind": "step"}},
            "axis": [{"name": "t", "table": Path("b/c.csv")}, {"name": "r", "repeat": 2}]})
        assert made["stimulus"]["w"]["file"] == os.path.abspath("a.csv")
        assert made["axis"][0]["table"] == os.path.abspath("b/c.csv")
        assert made["axis"][1] == {"name": "r", "repeat": 2}

    def test_progress_and_remarks_are_shown_unless_unwanted(self, capsys):
        sweep = {"run": {"duration": 5}}
        hhsweep.run(sweep)
        assert "warning: there is no stimulus" in capsys.readouterr().err


class TestErrors:
    def test_mistakes_in_a_sweep_file_are_all_there(self, tmp_path, capsys):
        file = tmp_path / "bad.toml"
        file.write_text("[run]\nduraton = 10\n[model]\ngnabar = 1\n", encoding="utf-8")
        with pytest.raises(hhsweep.SweepFileError) as caught:
            hhsweep.run(file)
        error = caught.value
        assert error.exit_code == 3
        places = [(mistake.file, mistake.line, mistake.column) for mistake in error.mistakes]
        assert (str(file), 2, 1) in places and (str(file), 4, 1) in places
        assert any('did you mean "duration"' in mistake.message for mistake in error.mistakes)
        assert "^~~" in str(error)
        # The exception tells it, so it is not shown a second time.
        assert capsys.readouterr().err == ""

    def test_a_wrong_setting_has_no_line(self):
        with pytest.raises(hhsweep.SweepFileError) as caught:
            hhsweep.run(SWEEP, settings={"run.dtt": 1}, progress=False)
        assert caught.value.mistakes[0].line == 0
        assert 'unknown key "dtt"' in caught.value.mistakes[0].message

    @pytest.mark.parametrize("options, kind, code", [
        ({"threads": 0}, hhsweep.UsageError, 2),
        ({"settings": {"run.dt": -1}}, hhsweep.SweepFileError, 3),
        ({"output": "none/x.nc"}, hhsweep.OutputError, 4),
        ({"isa": "sse9"}, hhsweep.DeviceError, 6),
        ({"max_time": 0}, hhsweep.StoppedError, 75)])
    def test_exit_codes_are_exceptions(self, options, kind, code, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(kind) as caught:
            hhsweep.run(SWEEP, progress=False, **options)
        assert caught.value.exit_code == code
        assert isinstance(caught.value, hhsweep.HhsweepError)
        assert caught.value.message == str(caught.value) != ""

    def test_a_missing_sweep_file_is_an_output_error(self, tmp_path):
        with pytest.raises(hhsweep.OutputError, match="none.toml"):
            hhsweep.run(tmp_path / "none.toml", progress=False)

    def test_something_else_is_not_replaced(self, tmp_path):
        (tmp_path / "x.nc").write_text("precious")
        with pytest.raises(hhsweep.OutputExistsError) as caught:
            hhsweep.run(SWEEP, output=tmp_path / "x.nc", progress=False)
        assert caught.value.output == tmp_path / "x.nc"
        assert isinstance(caught.value, FileExistsError)
        hhsweep.run(SWEEP, output=tmp_path / "x.nc", overwrite=True, progress=False).close()

    def test_a_strict_run_that_diverged_has_its_result(self, tmp_path):
        with pytest.raises(hhsweep.DivergedError) as caught:
            hhsweep.run(SWEEP, settings={"run.dt": 0.5}, strict=True, progress=False)
        assert (caught.value.result.status == 1).any()

    def test_a_program_that_dies_is_an_error_that_says_so(self, tmp_path):
        fake = tmp_path / "hhsweep"
        fake.write_text("#!/bin/sh\nkill -KILL $$\n")
        fake.chmod(0o755)
        with pytest.raises(hhsweep.RunError, match="SIGKILL"):
            hhsweep.run(SWEEP, program=fake)

    def test_the_program_must_be_there(self, tmp_path, monkeypatch):
        with pytest.raises(hhsweep.ProgramNotFoundError, match="none"):
            hhsweep.run(SWEEP, program=tmp_path / "none")
        monkeypatch.setenv("HHSWEEP_BINARY", str(tmp_path / "none"))
        with pytest.raises(hhsweep.ProgramNotFoundError, match="HHSWEEP_BINARY"):
            hhsweep.run(SWEEP)

    def test_the_program_is_found_on_the_path(self, tmp_path, monkeypatch, program):
        (tmp_path / "hhsweep").symlink_to(program)
        monkeypatch.delenv("HHSWEEP_BINARY")
        monkeypatch.setenv("PATH", str(tmp_path))
        assert hhsweep.find_program() == tmp_path / "hhsweep"

    def test_the_program_is_found_beside_the_sources(self, tmp_path, monkeypatch):
        module = sys.modules["hhsweep.run"]
        (tmp_path / "build/release").mkdir(parents=True)
        (tmp_path / "CMakeLists.txt").touch()
        built = tmp_path / "build/release/hhsweep"
        built.touch()
        built.chmod(built.stat().st_mode | stat.S_IXUSR)
        monkeypatch.delenv("HHSWEEP_BINARY")
        monkeypatch.setenv("PATH", "")
        monkeypatch.setattr(module, "__file__", str(tmp_path / "python/hhsweep/run.py"))
        assert hhsweep.find_program() == built
        (tmp_path / "CMakeLists.txt").unlink()
        with pytest.raises(hhsweep.ProgramNotFoundError, match="scripts/demo.sh"):
            hhsweep.find_program()


class TestMistakes:
    def test_quoted_lines_are_no_mistakes(self):
        text = ("a b.toml:12:3: error: unknown key \"x\"\n   12 |   x = \": error: \"\n"
                "      |   ^\n--set run.dt=0: error: run.dt must be above 0\n")
        assert parse_mistakes(text) == [
            hhsweep.Mistake("a b.toml", 12, 3, 'unknown key "x"'),
            hhsweep.Mistake("--set run.dt=0", 0, 0, "run.dt must be above 0")]


class TestInterrupt:
    def interrupted(self, tmp_path, arguments):
        """Runs hhsweep.run in a process of its own and sends it a SIGINT; its report."""
        script = textwrap.dedent(f"""
            import json, os, threading, time, signal
            import hhsweep
            def press():
                while not os.path.exists({str(tmp_path / "started")!r}):
                    time.sleep(0.01)
                os.kill(os.getpid(), signal.SIGINT)
            threading.Thread(target=press, daemon=True).start()
            try:
                hhsweep.run({LONG!r}, progress=False, {arguments})
            except KeyboardInterrupt:
                print(json.dumps("interrupted"))
        """)
        return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True,
                              timeout=120, check=False,
                              env={**os.environ, "PYTHONPATH": str(PACKAGE)})

    def wrapper(self, tmp_path, program):
        """The program, which says when it has begun and with which exit code it ended."""
        wrapper = tmp_path / "hhsweep"
        wrapper.write_text(f"""#!{sys.executable}
import signal, subprocess, sys, time
# In a session of its own, so that it gets what is passed on here and nothing else.
child = subprocess.Popen([{str(program)!r}, *sys.argv[1:]], start_new_session=True)
signal.signal(signal.SIGINT, lambda *_: child.send_signal(signal.SIGINT))
time.sleep(1)
open({str(tmp_path / "started")!r}, "w").close()
code = child.wait()
with open({str(tmp_path / "ended")!r}, "w") as file:
    file.write(str(code))
sys.exit(code)
""")
        wrapper.chmod(0o755)
        return wrapper

    def test_ctrl_c_stops_the_program_and_is_a_keyboard_interrupt(self, tmp_path, program):
        wrapper = self.wrapper(tmp_path, program)
        done = self.interrupted(tmp_path, f"program={str(wrapper)!r}")
        assert done.stdout.strip() == '"interrupted"', done.stderr
        assert (tmp_path / "ended").read_text() == "75"
        assert "Traceback" not in done.stderr
