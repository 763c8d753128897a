#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check-includes.py [ROOT]: holds the one-way order of the layers over include/, src/ and kernels/.

A file includes only files of its own layer and of layers above it in the list below; the CPU and
the CUDA backend never include each other. Lists every forbidden include, and every file that no
pattern covers: add it to its layer.
"""

import re
import sys
from fnmatch import fnmatch
from pathlib import Path

LAYERS = {
    "common": [
        "include/hhsweep/content_hash.hpp",
        "include/hhsweep/error.hpp",
        "include/hhsweep/parameters.hpp",
        "include/hhsweep/stimulus_spec.hpp",
        "include/hhsweep/stream_key.hpp",
        "include/hhsweep/version.hpp",
        "src/sha256_blocks.*",
        "src/stream_key.cpp",
    ],
    "host_device": ["include/hhsweep/host_device.hpp"],
    "math": ["include/hhsweep/math*.hpp"],
    "random": ["include/hhsweep/random.hpp"],
    "draw": ["include/hhsweep/draw.hpp", "src/draw.cpp"],
    "membrane": [
        "include/hhsweep/equilibrium.hpp",
        "include/hhsweep/membrane.hpp",
        "src/equilibrium.cpp",
    ],
    "stimulus": ["include/hhsweep/stimulus.hpp"],
    "sampler": ["include/hhsweep/sampler.hpp"],
    "rk4": ["include/hhsweep/rk4.hpp"],
    "spike": ["include/hhsweep/spike.hpp"],
    "population": [
        "include/hhsweep/batch.hpp",
        "include/hhsweep/population.hpp",
        "src/content_hash.cpp",
        "src/parameters.cpp",
        "src/population*",
    ],
    "integrate": [
        "include/hhsweep/drive.hpp",
        "include/hhsweep/integrate.hpp",
        "include/hhsweep/lane_group.hpp",
        "include/hhsweep/oscillator.hpp",
    ],
    "engine": [
        "include/hhsweep/backend.hpp",
        "include/hhsweep/engine.hpp",
        "kernels/*",
        "src/backend.hpp",
        "src/chunk_saver.*",
        "src/cpu/*",
        "src/engine.cpp",
        "src/membrane_kind.hpp",
        "src/plan.cpp",
        "src/results_parts.*",
        "src/run_neurons.*",
        "src/run_rule.*",
        "src/run_state.*",
        "src/threshold_search.*",
    ],
    "audit": ["include/hhsweep/audit.hpp", "src/audit.cpp"],
    "sweep": ["include/hhsweep/sweep.hpp", "src/sweep.cpp"],
    "io": ["src/io/*"],
    "cli": ["src/cli/*"],
    "mpi": ["src/mpi/*"],
}
TWINS = ["src/cpu/", "kernels/"]
# The first layer that may use each library.
LIBRARIES = {"netcdf.h": "io", "nlohmann/": "io", "toml++/": "io", "CLI/": "cli"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)
RANK = {name: rank for rank, name in enumerate(LAYERS)}
GENERATED = {"hhsweep/version.hpp": "include/hhsweep/version.hpp"}


def layer_of(path):
    """The layer of a file given relative to the root, or None."""
    for name, patterns in LAYERS.items():
        if any(fnmatch(path, pattern) for pattern in patterns):
            return name
    return None


def resolve(root, including, text):
    """The file of the project that an include names, relative to the root, or None."""
    if text in GENERATED:
        return GENERATED[text]
    for folder in [including.parent, root / "include", root / "src", root / "kernels", root]:
        candidate = (folder / text).resolve()
        if candidate.is_file() and candidate.is_relative_to(root):
            return candidate.relative_to(root).as_posix()
    return None


def objection(path, layer, target, text):
    """Why `path` must not include `target` (None for a file outside the project), or None."""
    if target is None:
        for prefix, first in LIBRARIES.items():
            if text.startswith(prefix) and RANK[layer] < RANK[first]:
                return f"layer {layer} may not use {prefix} (only {first} and later)"
        return None
    target_layer = layer_of(target)
    if target_layer is None:
        return f"{target} is in no layer (add it to LAYERS in scripts/check-includes.py)"
    if RANK[target_layer] > RANK[layer]:
        return f"layer {layer} may not include layer {target_layer}"
    own = next((twin for twin in TWINS if path.startswith(twin)), None)
    other = next((twin for twin in TWINS if target.startswith(twin)), None)
    if own and other and own != other:
        return f"{own} and {other} may not include each other"
    return None


def problems(root):
    """Every forbidden include, one line each."""
    for top in ["include", "src", "kernels"]:
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in {".hpp", ".cpp", ".cu", ".cuh"}:
                continue
            path = file.relative_to(root).as_posix()
            layer = layer_of(path)
            if layer is None:
                yield f"{path}: is in no layer (add it to LAYERS in scripts/check-includes.py)"
                continue
            source = file.read_text(encoding="utf-8")
            for match in INCLUDE.finditer(source):
                quote, text = match.groups()
                target = resolve(root, file, text)
                line = source.count("\n", 0, match.start()) + 1
                if target is None and quote == '"':
                    why = "no such file in the project (others are included with <>)"
                else:
                    why = objection(path, layer, target, text)
                if why:
                    yield f"{path}:{line}: {text}: {why}"


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    found = list(problems(root))
    for problem in found:
        print(problem, file=sys.stderr)
    if not found:
        print("includes go one way")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
