#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""CuPy: one thread a neuron in a raw kernel, the equations as they stand (neuron.cuh)."""

from pathlib import Path

import load

benchmark = load.Benchmark(__doc__, "cupy", variants=("plain", "fast_math"))

import cupy  # noqa: E402
import numpy  # noqa: E402

try:
    benchmark.needs_gpu(cupy.cuda.runtime.getDeviceCount() > 0)
except cupy.cuda.runtime.CUDARuntimeError as error:
    benchmark.absent(str(error))

BLOCK = 128
real = {"float32": "float", "float64": "double"}[benchmark.arguments.precision]
kernel_name = f"run_neurons<{real}>"
fast = benchmark.arguments.variant == "fast_math"
module = cupy.RawModule(code=Path(__file__).with_name("neuron.cuh").read_text().replace("#pragma once", ""),
                        options=("--std=c++17", *(("--use_fast_math",) if fast else ())),
                        name_expressions=(kernel_name,))
kernel = module.get_function(kernel_name)
currents = cupy.asarray(benchmark.currents, dtype=benchmark.dtype)
spikes = cupy.empty(len(currents), dtype=cupy.int32)
numbers = tuple(benchmark.dtype.type(x) for x in (*load.rest(), load.DT))


def run():
    kernel((-(-len(currents) // BLOCK),), (BLOCK,),
           (currents, spikes, numpy.int32(len(currents)), numpy.int32(benchmark.steps),
            numpy.int32(load.ONSET_STEP), *numbers))
    return spikes.get()


benchmark.report(f"CuPy {cupy.__version__}, raw kernel" + (", use_fast_math" if fast else ""), run)
