# SPDX-License-Identifier: MIT
"""Reads the machine code of kernels from a cubin, an ELF file, without a disassembler."""

import struct
from collections import Counter

# Low 12 bits of the 16-byte instructions of sm_90. Bits 9 to 11 tell where operands lie, so the
# arithmetic ones are counted by their low 9 bits.
BRANCH, EXIT, RETURN, INDIRECT = 0x947, 0x94D, 0x950, 0x949
LOCAL = {0x983: "LDL", 0x387: "STL", 0x987: "STL"}
FUSED = {0x023: "FFMA", 0x02B: "DFMA"}
ALWAYS = 7  # predicate PT, not negated


def sections(data):
    """Name and bytes of each section."""
    (offset,) = struct.unpack_from("<Q", data, 0x28)
    size, count, names = struct.unpack_from("<HHH", data, 0x3A)
    headers = [struct.unpack_from("<IIQQQQIIQQ", data, offset + i * size) for i in range(count)]
    table = headers[names]
    for header in headers:
        start = table[4] + header[0]
        name = data[start : data.index(b"\0", start)].decode()
        if header[1] != 8:  # SHT_NOBITS
            yield name, data[header[4] : header[4] + header[5]]


def kernels(data):
    """The instructions of each kernel, as integers of 128 bits, by its mangled name."""
    return {
        name[len(".text.") :]: [
            int.from_bytes(code[i : i + 16], "little") for i in range(0, len(code), 16)
        ]
        for name, code in sections(data)
        if name.startswith(".text.")
    }


def predicated(word):
    return word >> 12 & 0xF != ALWAYS


def target(words, i):
    """Instruction that the branch at i leads to."""
    distance = word_distance(words[i])
    return i + 1 + distance // 16


def word_distance(word):
    high = word >> 34 & (1 << 48) - 1
    if high >> 47:
        high -= 1 << 48
    return 4 * ((high << 8) + (word >> 16 & 0xFF))


def successors(words):
    result = []
    for i, word in enumerate(words):
        opcode = word & 0xFFF
        following = [i + 1] if i + 1 < len(words) else []
        if opcode == BRANCH:
            # A branch may also depend on a uniform or second predicate, at bits 87 to 90.
            free = not predicated(word) and word >> 87 & 0xF == ALWAYS
            following = [target(words, i)] + ([] if free else following)
        elif opcode in (EXIT, RETURN, INDIRECT) and not predicated(word):
            following = []
        result.append([t for t in following if 0 <= t < len(words)])
    return result


def hot_loop(words):
    """Instructions of the shortest way round the loop through the block with the most fused
    multiply-adds: one step in which nothing is due."""
    following = successors(words)
    starts = {0}
    for i, targets in enumerate(following):
        if targets != [i + 1]:
            starts.update(targets)
            starts.add(i + 1)
    starts = sorted(s for s in starts if s < len(words))
    blocks = list(zip(starts, starts[1:] + [len(words)]))
    first, end = max(
        blocks, key=lambda block: sum(words[i] & 0x1FF in FUSED for i in range(*block))
    )
    return [words[i] for i in list(range(first, end)) + way(following, end - 1, first)]


def way(following, source, destination):
    """Nodes between source and destination on the shortest way, by breadth first."""
    before = {}
    queue = [source]
    for node in queue:
        for t in following[node]:
            if t not in before:
                before[t] = node
                queue.append(t)
        if destination in before:
            break
    if destination not in before:
        raise ValueError("the block with the most arithmetic is not in a loop")
    nodes = []
    node = before[destination]
    while node != source:
        nodes.append(node)
        node = before[node]
    return nodes[::-1]


def counts(words):
    """How many there are: instructions, fused multiply-adds, local memory accesses."""
    found = Counter(instructions=len(words), FFMA=0, DFMA=0, LDL=0, STL=0)
    for word in words:
        if word & 0xFFF in LOCAL:
            found[LOCAL[word & 0xFFF]] += 1
        elif word & 0x1FF in FUSED:
            found[FUSED[word & 0x1FF]] += 1
    return dict(found)
