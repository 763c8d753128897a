# SPDX-License-Identifier: MIT
"""The command hhsweep-plot as its users run it."""

import os
import subprocess
import sys
from pathlib import Path

import netCDF4
import pytest

from hhsweep.plot.cli import main

PACKAGE = Path(__file__).resolve().parents[1]


def run(folder, *arguments):
    return subprocess.run([sys.executable, "-m", "hhsweep.plot", *map(str, arguments)], cwd=folder,
                          capture_output=True, text=True, timeout=120, check=False,
                          env={**os.environ, "PYTHONPATH": str(PACKAGE)})


@pytest.fixture
def expect_error(tmp_path, monkeypatch, capfd):
    """Runs the command, in this process, and expects one message, no output and no file."""
    monkeypatch.chdir(tmp_path)

    def run_and_expect(code, message, *arguments):
        before = sorted(tmp_path.iterdir())
        assert main([str(argument) for argument in arguments]) == code
        output, errors = capfd.readouterr()
        assert output == ""
        assert message in errors
        assert errors.splitlines()[-1].startswith("hhsweep-plot: error: ")
        assert sorted(tmp_path.iterdir()) == before
    return run_and_expect


def test_the_default_figure_is_a_png_here(path_of, tmp_path):
    done = run(tmp_path, path_of("fi"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "figure: fi.png\n"
    assert (tmp_path / "fi.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf", "PDF"])
def test_the_name_of_the_output_gives_the_format(path_of, tmp_path, suffix):
    assert run(tmp_path, path_of("single"), "-o", f"x.{suffix}").returncode == 0
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[suffix.lower()]
    assert (tmp_path / f"x.{suffix}").read_bytes().startswith(start)


def test_dpi_sets_the_size_of_a_png(path_of, tmp_path):
    sizes = []
    for dpi in (100, 200):
        assert run(tmp_path, path_of("fi"), "-o", "x.png", "--dpi", dpi).returncode == 0
        head = (tmp_path / "x.png").read_bytes()[16:24]
        sizes.append((int.from_bytes(head[:4], "big"), int.from_bytes(head[4:], "big")))
    assert sizes[0] == (335, 240)
    assert sizes[1] == (670, 480)


def test_fit_parameters_are_printed(path_of, tmp_path):
    done = run(tmp_path, path_of("passive"))
    assert "lapicque: " in done.stdout and "weiss: " in done.stdout
    assert "rheobase = 1.5 " in done.stdout and "chronaxie = 2.3104" in done.stdout
    done = run(tmp_path, path_of("fi"), "--fit", "sigmoid")
    assert done.stdout.startswith("sigmoid: L/(1 + exp(-k (x - x0))); L = ")
    done = run(tmp_path, path_of("map"), "--fit", "log", "--select", "g_Na=120,160")
    assert done.stdout.count("log: a + b ln I; a = ") == 2


def test_choices_are_taken(path_of, tmp_path):
    for arguments in (["--kind", "heat_map", "--x", "g_Na", "--y", "I", "--variable", "V_max"],
                      ["--kind", "traces", "--select", "I=10", "--window", "5:30"],
                      ["--kind", "psth", "--bin", "2", "--select", "g_Na=100:140"],
                      ["--select", "neuron=24"], ["--select", "neuron=40,41", "--title", ""],
                      ["--variable", "V_max", "--x", "g_Na"]):
        done = run(tmp_path, path_of("map"), *arguments)
        assert done.returncode == 0, done.stderr
    assert run(tmp_path, path_of("pairs"), "--x", "I").returncode == 0


def test_what_is_left_out_is_said_on_standard_error(path_of, tmp_path):
    done = run(tmp_path, path_of("four-axes"))
    assert done.returncode == 0
    assert done.stderr == ("hhsweep-plot: drawn at g_Na = 100, g_L = 0.2, the first of 2 and 3 "
                           "values; --select g_Na=VALUE picks another\n")


def test_a_table_of_curves_is_drawn(program, tmp_path, expect_error):
    subprocess.run([program, "model", "--curves", tmp_path / "c.csv"], check=True,
                   capture_output=True)
    assert run(tmp_path, "c.csv", "--window=-90:40").stdout == "figure: c.png\n"
    expect_error(2, "curves takes no variable", "c.csv", "--variable", "V_max")


def test_files_that_are_missing_or_no_results(tmp_path, expect_error):
    expect_error(4, "none.nc: no such file", "none.nc")
    expect_error(4, "none.csv: no such file", "none.csv")
    (tmp_path / "text.nc").write_text("text")
    expect_error(5, "text.nc is not a result of hhsweep", "text.nc")
    with netCDF4.Dataset(tmp_path / "other.nc", "w"):
        pass
    expect_error(5, "hhsweep_layout", "other.nc")


def test_a_damaged_result_is_an_error(path_of, tmp_path, expect_error):
    whole = path_of("map").read_bytes()
    (tmp_path / "cut.nc").write_bytes(whole[:len(whole) // 2])
    expect_error(5, "cut.nc is not a result", "cut.nc")


@pytest.mark.parametrize("name, message, arguments", [
    ("fi", "did you mean 'heat-map'", ["--kind", "heatmap"]),
    ("fi", "traces takes traces ([record.trace]), which this result has not; it can give fi-curve",
     ["--kind", "traces"]),
    ("fi", "a [search]", ["--kind", "threshold-map"]),
    ("fi", "did you mean 'V_max'", ["--variable", "Vmax"]),
    ("map", "did you mean 'g_Na'", ["--x", "gna"]),
    ("map", "did you mean 'g_Na'", ["--select", "g_na=1"]),
    ("fi", "the nearest is 10", ["--select", "I=11"]),
    ("fi", "AXIS=VALUE", ["--select", "I"]),
    ("fi", "is no number", ["--select", "I=ten"]),
    ("fi", "selected already", ["--select", "I=0", "--select", "I=10"]),
    ("fi", "there is no neuron 99", ["--select", "neuron=99", "--kind", "raster"]),
    ("fi", "FROM below TO", ["--kind", "raster", "--window", "9:3"]),
    ("fi", "positive width", ["--kind", "raster", "--bin", "0"]),
    ("fi", "between 1 and 5000", ["--dpi", "0"]),
    ("fi", ".png, .svg or .pdf", ["-o", "x.jpg"]),
    ("fi", "takes no bin", ["--bin", "5"]),
    ("silent", "nothing spiked", ["--kind", "raster"]),
    ("silent", "nothing spiked", ["--fit", "power"]),
    ("all-diverged", "every neuron diverged", []),
    ("no-threshold", "no event in the bracket (0 to 1) for 3 of 3", []),
    ("bare", "gives no figure", []),
    ("pairs", "heat-map takes two axes", ["--x", "g_Na", "--y", "I"])])
def test_what_cannot_be_drawn_is_said(path_of, tmp_path, name, message, arguments, expect_error):
    expect_error(2, message, path_of(name), *arguments)


def test_what_cannot_be_written_is_said(path_of, tmp_path, expect_error):
    expect_error(4, "there is no folder none", path_of("fi"), "-o", "none/x.png")
    (tmp_path / "folder.png").mkdir()
    expect_error(4, "cannot write folder.png", path_of("fi"), "-o", "folder.png")


def test_an_unknown_option_is_a_usage_error(path_of, tmp_path):
    done = run(tmp_path, path_of("fi"), "--colour", "red")
    assert done.returncode == 2
    assert "--colour" in done.stderr


def test_an_error_is_no_traceback(tmp_path):
    done = run(tmp_path, "none.nc")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "hhsweep-plot: error: none.nc: no such file\n"


def test_a_reader_that_goes_away_is_no_error(path_of, tmp_path):
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run([sys.executable, "-m", "hhsweep.plot", path_of("fi")], cwd=tmp_path,
                          stdout=write_end, stderr=subprocess.PIPE, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": str(PACKAGE)})
    os.close(write_end)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "fi.png").exists()
