#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""PyTorch: tensors over all neurons, a few steps compiled into one function by torch.compile."""

import load

benchmark = load.Benchmark(__doc__, "torch")

import torch  # noqa: E402

benchmark.needs_gpu(torch.cuda.is_available())

STEPS_AT_ONCE = 4
device = "cuda" if torch.cuda.is_available() else "cpu"
dtype = getattr(torch, benchmark.arguments.precision)
currents = torch.tensor(benchmark.currents, dtype=dtype, device=device)
rest = tuple(torch.full_like(currents, float(x)) for x in load.rest())


class Functions:
    """What load.py asks of an array library, with numbers for conditions' branches."""

    exp = staticmethod(torch.exp)
    where = staticmethod(torch.where)


@torch.compile
def steps(y, count, current):
    for _ in range(STEPS_AT_ONCE):
        after = load.rk4(Functions, y, current)
        count = count + ((y[0] < 0) & (after[0] >= 0))
        y = after
    return y, count


def run():
    y, count = rest, torch.zeros(len(currents), dtype=torch.int32, device=device)
    none = torch.zeros_like(currents)
    for k in range(0, benchmark.steps, STEPS_AT_ONCE):
        y, count = steps(y, count, currents if k >= load.ONSET_STEP else none)
    return count.cpu().numpy()


if benchmark.steps % STEPS_AT_ONCE or load.ONSET_STEP % STEPS_AT_ONCE:
    raise SystemExit(f"the steps before and after the onset must be multiples of {STEPS_AT_ONCE}")
with torch.no_grad():
    benchmark.report(f"PyTorch {torch.__version__}, {STEPS_AT_ONCE} steps compiled", run)
