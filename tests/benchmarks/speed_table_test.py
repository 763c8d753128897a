# SPDX-License-Identifier: MIT
"""The README's table of rates is what the recorded results say, and nothing else passes for it."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(os.environ["HHSWEEP_SOURCE_DIR"])
SCRIPT = ROOT / "benchmarks" / "speed_table.py"
BETWEEN = "# x\n<!-- speed:begin -->\n<!-- speed:end -->\nlast\n"


def run(*arguments):
    return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True)


def row(tool, precision, **keys):
    return {"tool": tool, "precision": precision, "note": "how", **keys}


checked = run("--check")
assert checked.returncode == 0, checked.stderr

with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    readme, results = folder / "README.md", folder / "results"
    (results / "cpu").mkdir(parents=True)
    here = ["--readme", readme, "--results", results]
    readme.write_text(BETWEEN)
    peers = {"kind": "peers", "device": "Some CPU", "date": "2026-01-02T03:04:05", "rows": [
        row("hhsweep", "float32", neuron_steps_per_s=123.4e6, neurons=1000, steps=1000, cpu_seconds=[0.5, 0.02, 0.025],
            wall_s=[0.5, 0.02, 0.025]),
        row("Tool", "float32", neuron_steps_per_s=50e6, hhsweep_is_times=2.468, hhsweep_is_times_cpu=9),
        row("Tool", "float64", failed="counts"), row("Absent", "float32", not_available="no compiler")]}
    (results / "cpu" / "peers.json").write_text(json.dumps(peers))

    assert run("--check", *here).returncode == 1
    assert run(*here).returncode == 0
    assert run("--check", *here).returncode == 0
    text = readme.read_text()
    assert text.startswith("# x\n") and text.endswith("last\n")
    assert "| Some CPU, one thread | 123 | - | measured 2026-01-02 |" in text
    assert "| Tool | 2.47 x | failed | how |" in text
    assert "| Absent | not available | - | how |" in text
    assert "not measured (at most" in text

    readme.write_text(text.replace("123", "124"))
    assert run("--check", *here).returncode == 1

    (results / "gpu").mkdir()
    (results / "gpu" / "gpu.json").write_text(json.dumps({"kind": "gpu", "device": "Some GPU", "rates": [
        {"load": "S", "precision": "float32", "neuron_steps_per_s": 61.2e9},
        {"load": "other", "precision": "float64", "neuron_steps_per_s": 1e9}]}))
    assert run(*here).returncode == 0
    assert "| Some GPU | 61 200 | - | measured |" in readme.read_text()
    assert "not measured" not in readme.read_text()

    (results / "gpu" / "long.json").write_text(json.dumps({"kind": "gpu_long", "device": "Other GPU (device 0)", "rates": [
        {"load": "S", "precision": "float64", "neuron_steps_per_s": 30e9, "time_loop": 35.1e9, "neurons": 4096,
         "duration_ms": 500}]}))
    assert run(*here).returncode == 0
    assert ("| Other GPU | - | 30 000 | measured, 4,096 neurons for 500 ms from start to statistics; the time loop alone "
            "35 100 |") in readme.read_text()

    peers["rows"][0]["wall_s"][1] = 0.03
    (results / "cpu" / "peers.json").write_text(json.dumps(peers))
    assert run(*here).returncode == 0
    assert "| Some CPU, one thread | 40 | - |" in readme.read_text()
    assert "| Tool | 9 x |" in readme.read_text() and "with other load" in readme.read_text()
