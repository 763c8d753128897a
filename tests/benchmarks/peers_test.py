# SPDX-License-Identifier: MIT
"""The peers that need a compiler and NumPy alone give hhsweep's spike counts, and others are refused."""

import os
import pathlib
import subprocess
import sys
import tempfile

PEERS = pathlib.Path(os.environ["HHSWEEP_SOURCE_DIR"]) / "benchmarks" / "peers"
sys.path[:0] = [str(PEERS), str(PEERS.parent)]
NEEDING_LITTLE = ["C++ scalar", "C++ SoA", "C++ SoA, shared exponentials", "Boost.odeint", "NumPy"]

try:
    import netCDF4  # noqa: F401
    import numpy  # noqa: F401
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

import run  # noqa: E402


def refuses(counts, expected):
    try:
        return run.differing(counts, expected) > 0
    except run.Failed:
        return True


assert run.differing([0, 3, 5], [0, 3, 5]) == 0
assert refuses([0, 3, 5], [0, 3, 6])
assert refuses([0, 3, 5], [0, 3, 7])
assert refuses([0, 3], [0, 3, 5])
assert run.differing([0, 3, 9], [0, 3, 5], low_order=True) == 1

with tempfile.TemporaryDirectory() as folder:
    command = [sys.executable, PEERS / "run.py", "--hhsweep", os.environ["HHSWEEP_BINARY"], "--python", sys.executable,
               "--work", folder, "--agreement", "--duration", "60", "--scale", "8"]
    for name in NEEDING_LITTLE:
        command += ["--only", name]
    done = subprocess.run(command, capture_output=True, text=True)
print(done.stdout, done.stderr)
assert done.returncode == 0
for name in ("C++ scalar", "NumPy"):
    agreeing = [line for line in done.stdout.splitlines() if line.startswith(name + " ")]
    assert len(agreeing) == 2 and all("0 of" in line for line in agreeing), name
