#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""cpu_bound.py BUILD: how fast the time loop can be on one core, from the instructions of one step in
the compiled loop (classic membrane, constant drive). BUILD is a build folder.

The loop is the shortest way round it, so without the rare paths. Two accounts, in clocks a step of one
pack: `two ports`, where every vector operation but moves takes one of two ports, as on Intel's cores with
AVX-512; and `four pipes`, where two pipes multiply and two add, compare and shift, as on AMD's Zen 5, of which
all four take logic, selects and sums of integers. Loads (two a clock) and stores (one) are beside these in
both. No run reaches a bound: each step is one long chain of operations that wait for each other.
"""

import heapq
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

PACK_REGISTERS = 2  # src/cpu/lanes.cpp
LANES = {("avx512", "float"): 16, ("avx512", "double"): 8, ("avx2", "float"): 8, ("avx2", "double"): 4}
KINDS = ("fma", "multiply", "add", "compare, min, max", "shift", "logic, select, integer", "mask")
FUSED = ("vfmadd", "vfnmadd", "vfmsub", "vfnmsub")


def kind_of(name, operands):
    """What an instruction does, one of KINDS, "move" or "scalar"; whether it loads; whether it stores."""
    memory = "(" in operands
    stores = memory and operands.rstrip().endswith(")") and name.startswith("vmov")
    for kind, starts in (("fma", FUSED), ("multiply", ("vmul",)), ("add", ("vadd", "vsub")),
                         ("compare, min, max", ("vcmp", "vpcmp", "vmin", "vmax")),
                         ("shift", ("vpsll", "vpsrl", "vpsra")), ("move", ("vmov", "vbroadcast", "vpbroadcast")),
                         ("mask", ("k",)), ("logic, select, integer", ("v",))):
        if name.startswith(starts):
            return kind, memory and not stores, stores
    return "scalar", memory, False


def instructions(build, isa, scalar):
    """(address, name, operands) of the function with the time loop."""
    found = Path(build) / f"CMakeFiles/hhsweep_lanes_{isa}.dir/src/cpu/lanes.cpp.o"
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", "-C", found], capture_output=True,
                          text=True, check=True).stdout
    wanted = f"{isa}, {scalar}, hhsweep::ClassicMembrane, (hhsweep::DriveKind)0>::advance("
    (body,) = (part for part in text.split("\n\n") if wanted in part.split("\n", 1)[0])
    pattern = re.compile(r"^\s*([0-9a-f]+):\s+(\S+)\s*(.*)$", re.M)
    return [(int(a, 16), name, operands) for a, name, operands in pattern.findall(body)]


def hot_loop(code):
    """Indices of the shortest way round the loop with the most fused multiply-adds."""
    place = {address: i for i, (address, _, _) in enumerate(code)}
    follow, back = defaultdict(list), []
    for i, (_, name, operands) in enumerate(code):
        if name.startswith("j"):
            word = operands.split()[0] if operands else ""
            target = place.get(int(word, 16)) if re.fullmatch("[0-9a-f]+", word) else None
            if target is not None:
                follow[i].append(target)
                if target <= i:
                    back.append((target, i))
        if name not in ("jmp", "ret") and i + 1 < len(code):
            follow[i].append(i + 1)
    ways = [way for head, tail in back if (way := shortest_way(follow, head, tail))]
    fused = [sum(code[i][1].startswith(FUSED) for i in way) for way in ways]
    most = max(fused)
    return min((way for way, count in zip(ways, fused) if count > 0.9 * most), key=len)


def shortest_way(follow, head, tail):
    distance, before, queue = {head: 0}, {}, [(0, head)]
    while queue:
        length, i = heapq.heappop(queue)
        if i == tail:
            way = [i]
            while way[-1] != head:
                way.append(before[way[-1]])
            return way
        for j in follow[i]:
            if length + 1 < distance.get(j, 1 << 30):
                distance[j], before[j] = length + 1, i
                heapq.heappush(queue, (length + 1, j))
    return None


def account(build, isa, scalar):
    code = instructions(build, isa, scalar)
    counts = Counter()
    for i in hot_loop(code):
        kind, loads, stores = kind_of(*code[i][1:])
        counts[kind] += 1
        counts["loads"] += loads
        counts["stores"] += stores
    multiplying = counts["fma"] + counts["multiply"]
    adding = counts["add"] + counts["compare, min, max"] + counts["shift"] + counts["mask"]
    every = sum(counts[kind] for kind in KINDS)
    counts["two ports"] = every / 2
    counts["four pipes"] = max(multiplying / 2, adding / 2, every / 4)
    return counts


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    columns = (*KINDS, "move", "scalar", "loads", "stores", "two ports", "four pipes")
    print("| loop | neurons | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 2) + "|")
    for (isa, scalar), lanes in LANES.items():
        counts = account(sys.argv[1], isa, scalar)
        cells = [f"{isa} {'float32' if scalar == 'float' else 'float64'}", PACK_REGISTERS * lanes]
        cells += [f"{counts[column]:.0f}" for column in columns]
        print("| " + " | ".join(map(str, cells)) + " |")


if __name__ == "__main__":
    main()
