#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ptx_test.py DIR: the rules of exact arithmetic, held by the PTX of the kernels.

Every kernel of exact arithmetic: no approximation, no flush to zero, no operation that may be contracted or rounded
otherwise. Float kernels: no double in the hot loop. Hot loops with a constant drive: no local memory.
Those of math = "fast" may have the two approximations that they are made of, and no other.
"""

import re
import sys
from pathlib import Path

ROUNDED = ("add", "sub", "mul", "fma", "div", "sqrt", "rcp", "mad")
# Kernels with a constant drive, the classic membrane: mangled DriveKind 0 is constant.
CONSTANT = "DriveKindE0"
CLASSIC = re.compile("ClassicMembrane|FastMembrane")
FAST = (["ex2", "approx", "ftz", "f32"], ["rcp", "approx", "ftz", "f32"])


def operations(line):
    """The opcode of a line of PTX, split at its dots, or nothing."""
    text = re.sub(r"^@!?%p\d+\s+", "", line.strip())
    match = re.match(r"([a-z][a-z0-9_.:]*)\s", text)
    return match.group(1).split(".") if match else []


def forbidden(line):
    """Why a line may not stand in any kernel, or nothing."""
    op = operations(line)
    if not op:
        return None
    if "approx" in op or "full" in op:
        return "approximate"
    if "ftz" in op:
        return "flushes to zero"
    if op[0] in ("ex2", "lg2", "sin", "cos", "tanh", "rsqrt", "mad") and op[-1] in ("f32", "f64"):
        return "not exact"
    if op[0] in ROUNDED and op[-1] in ("f32", "f64") and "rn" not in op:
        return "no rounding mode, so ptxas may fuse it"
    return None


def functions(text):
    """Name, whether it is a kernel, and lines of each function with a body."""
    pattern = r"^(?:\.visible |\.weak )*(\.entry|\.func)\s*(?:\([^)]*\)\s*)?(\w+)\([^{;]*?\n\{(.*?)^\}"
    for match in re.finditer(pattern, text, re.S | re.M):
        yield match.group(2), match.group(1) == ".entry", match.group(3).splitlines()


def blocks(lines):
    """Basic blocks as (first line, end, following blocks)."""
    labels = {m.group(1): i for i, l in enumerate(lines) if (m := re.match(r"(\$L\w+):", l))}
    starts = {0} | set(labels.values())
    jumps = {}
    for i, line in enumerate(lines):
        match = re.match(r"\s*(@!?%p\d+\s+)?bra(?:\.uni)?\s+(\$L\w+);", line)
        if match:
            jumps[i] = (labels[match.group(2)], match.group(1) is not None)
        elif re.match(r"\s*ret;", line):
            jumps[i] = (None, False)
        else:
            continue
        starts.add(i + 1)
    starts = sorted(s for s in starts if s < len(lines))
    number = {s: n for n, s in enumerate(starts)}
    result = []
    for first, end in zip(starts, starts[1:] + [len(lines)]):
        destination, conditional = jumps.get(end - 1, (None, True))
        following = [] if destination is None else [number[destination]]
        if conditional and end in number:
            following.append(number[end])
        result.append((first, end, following))
    return result


def hot_lines(lines):
    """Lines of the shortest way round the loop through the block with the most fused multiply-adds."""
    parts = blocks(lines)
    weight = [sum("fma.rn" in l for l in lines[first:end]) for first, end, _ in parts]
    source = max(range(len(parts)), key=weight.__getitem__)
    before = {}
    queue = [source]
    for node in queue:
        for t in parts[node][2]:
            if t not in before:
                before[t] = node
                queue.append(t)
    if source not in before:
        raise ValueError("the block with the most arithmetic is not in a loop")
    nodes = [source]
    node = before[source]
    while node != source:
        nodes.append(node)
        node = before[node]
    return [line for n in nodes for line in lines[parts[n][0] : parts[n][1]]]


def complaints(path):
    fast = "fast" in path.name
    single = fast or "float32" in path.name
    loops = 0
    for name, is_kernel, lines in functions(path.read_text()):
        for line in lines:
            why = forbidden(line)
            if why and not (fast and operations(line) in FAST):
                yield f"{path.name}: {name}: {why}: {line.strip()}"
        if not is_kernel or "advance" not in name or not CLASSIC.search(name):
            continue
        loops += 1
        for line in hot_lines(lines):
            if single and ".f64" in line:
                yield f"{path.name}: {name}: double in the hot loop: {line.strip()}"
            if CONSTANT in name and ".local" in line:
                yield f"{path.name}: {name}: local memory in the hot loop: {line.strip()}"
    if loops != 6:
        yield f"{path.name}: {loops} kernels with the classic membrane instead of 6"


def check_that_this_test_can_fail():
    for bad in ("add.f32 %f1, %f2, %f3;", "@%p1 ex2.approx.f32 %f1, %f2;", "div.full.f32 %f1, %f2, %f3;",
                "mul.rn.ftz.f32 %f1, %f2, %f3;", "mad.f64 %fd1, %fd2, %fd3, %fd4;"):
        assert forbidden(bad), bad
    for good in ("add.rn.f32 %f1, %f2, %f3;", "setp.gt.f32 %p1, %f1, %f2;", "add.s32 %r1, %r2, %r3;",
                 "cvt.rn.f64.s64 %fd1, %rd1;", "mad.lo.s32 %r1, %r2, %r3, %r4;"):
        assert not forbidden(good), good
    loop = ["$L0:", "fma.rn.f32 a;", "fma.rn.f32 b;", "@%p1 bra $L2;", "$L1:", "ld.local.f32 c;", "$L2:",
            "add.rn.f32 d;", "bra.uni $L0;"]
    assert "ld.local.f32 c;" not in hot_lines(loop) and "add.rn.f32 d;" in hot_lines(loop)


def main():
    check_that_this_test_can_fail()
    found = [c for path in sorted(Path(sys.argv[1]).glob("advance_f*.ptx")) for c in complaints(path)]
    if not list(Path(sys.argv[1]).glob("advance_f*.ptx")):
        found = ["no PTX in " + sys.argv[1]]
    print("\n".join(found[:40]) or "the PTX keeps the rules")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
