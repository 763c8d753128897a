#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""same_hash_test.py BINARY EXAMPLES OPTION...: whether every example, cut down to a few neurons, has
the same content_hash with the options as with one thread of scalar code on the CPU. Ends with 77
when the options name a device or instruction set that is not here (exit 6 of the program)."""

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ABSENT = 6
SKIP = 77
REFERENCE = ["--backend", "cpu", "--isa", "scalar", "--threads", "1"]
AXIS_LENGTH = 3
SEARCH_ROUNDS = 4


def shortened(axis):
    """The --set that leaves `axis` with AXIS_LENGTH points at most; None when it is short already
    or made of several parameters."""
    for form in ("linspace", "geomspace"):
        if form in axis and axis[form][2] > AXIS_LENGTH:
            first, last, _ = axis[form]
            return f"axis.{axis['name']}.{form}=[{first}, {last}, {AXIS_LENGTH}]"
    if "range" in axis:
        first, last, _ = axis["range"]
        return f"axis.{axis['name']}.linspace=[{first}, {last}, {AXIS_LENGTH}]"
    if len(axis.get("values", [])) > AXIS_LENGTH:
        return f"axis.{axis['name']}.values={axis['values'][:AXIS_LENGTH]}"
    for form in ("repeat", "size"):
        if axis.get(form, 0) > AXIS_LENGTH:
            return f"axis.{axis['name']}.{form}={AXIS_LENGTH}"
    return None


def shortened_search(search):
    """The --sets that leave a search SEARCH_ROUNDS rounds."""
    low, high = search["bracket"]
    settings = [f"search.tolerance={(high - low) / 2**SEARCH_ROUNDS}"]
    if search.get("scan", 0) > AXIS_LENGTH:
        settings.append(f"search.scan={AXIS_LENGTH}")
    return settings


def run(binary, example, options, output):
    """(exit status, content_hash, messages) of one run of the shortened example."""
    sweep = tomllib.loads(example.read_text(encoding="utf-8"))
    settings = [setting for axis in sweep.get("axis", []) if (setting := shortened(axis))]
    if "search" in sweep:
        settings += shortened_search(sweep["search"])
    command = [binary, "run", example, "-o", output, "--quiet", "--json", *options]
    for setting in settings:
        command += ["--set", setting]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    digest = json.loads(done.stdout).get("content_hash") if done.stdout.strip() else None
    return done.returncode, digest, done.stderr.strip()


def main():
    binary, folder, options = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
    examples = sorted(folder.glob("*.toml"))
    different = []
    with tempfile.TemporaryDirectory() as work:
        for example in examples:
            expected = run(binary, example, REFERENCE, f"{work}/{example.stem}-reference.nc")
            found = run(binary, example, options, f"{work}/{example.stem}.nc")
            if found[0] == ABSENT:
                print(found[2] or f"not here: {' '.join(options)}")
                return SKIP
            same = expected[0] == found[0] == 0 and expected[1] and expected[1] == found[1]
            print(f"{example.stem}: {found[1]} {'same' if same else 'DIFFERENT'}")
            if not same:
                different.append(example.stem)
                print(f"    {' '.join(REFERENCE)}: {expected}\n    {' '.join(options)}: {found}")
    return 1 if different or not examples else 0


if __name__ == "__main__":
    sys.exit(main())
