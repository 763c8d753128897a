#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""compile.py COMPILE_COMMANDS.json DIR: PTX, machine code for sm_90 and ptxas's report of the kernels of
the time loop into DIR, by the commands that compile them for the library."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

NAMES = ("advance_float32", "advance_float64", "advance_fast")
ALONE = ("--generate-code", "-c", "-MD", "--threads")
WITH_ARGUMENT = ("-o", "-x", "-MT", "-MF")


def shipped_commands(path):
    """Command line and folder of each of NAMES."""
    found = {}
    for entry in json.loads(path.read_text()):
        name = Path(entry["file"]).stem
        if name in NAMES and Path(entry["file"]).suffix == ".cu":
            found[name] = (shlex.split(entry["command"]), entry["directory"])
    return found


def for_sm_90(command, source_name, directory):
    """The command with its outputs and architectures replaced."""
    kept = []
    arguments = iter(command)
    for argument in arguments:
        if argument in WITH_ARGUMENT:
            next(arguments)
        elif not argument.startswith(ALONE):
            kept.append(argument)
    return [*kept, "-arch=sm_90", "-cubin", "-Xptxas", "-v", "--keep", "--keep-dir", str(directory), "-o",
            str(directory / f"{source_name}.cubin")]


def main():
    commands, directory = shipped_commands(Path(sys.argv[1])), Path(sys.argv[2]).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.iterdir():
        old.unlink()
    if set(commands) != set(NAMES):
        sys.exit(f"{sys.argv[1]} has no command for {sorted(set(NAMES) - set(commands))}")
    nvcc = commands[NAMES[0]][0][0]
    version = subprocess.run([nvcc, "--version"], capture_output=True, text=True, check=True).stdout
    (directory / "nvcc.txt").write_text(version)
    jobs = {
        name: subprocess.Popen(for_sm_90(command, name, directory), cwd=folder,
                               stderr=subprocess.PIPE, text=True)
        for name, (command, folder) in commands.items()
    }
    failed = False
    for name, job in jobs.items():
        report = job.communicate()[1]
        (directory / f"{name}.txt").write_text(report)
        if job.returncode != 0:
            print(report, file=sys.stderr)
            failed = True
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
