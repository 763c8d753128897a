# SPDX-License-Identifier: MIT
"""Reads the machine code of kernels from a cubin, an ELF file, without a disassembler."""

import struct
from collections import Counter

# Low 12 bits of the 16-byte instructions of sm_90. Bits 9 to 11 tell where operands lie, so the
# kind of an instruction is in the low 9 bits.
BRANCH, EXIT, RETURN, INDIRECT = 0x947, 0x94D, 0x950, 0x949
KIND = 0x1FF
FUSED = (0x023, 0x02B)
# Instructions by the unit that executes them, as far as they occur in the kernels. IMAD also moves
# and shifts; FSEL and IMAD carry the halves of doubles too.
CLASSES = {
    "FP32": {0x020: "FMUL", 0x021: "FADD", 0x023: "FFMA"},
    "FP64": {0x028: "DMUL", 0x029: "DADD", 0x02A: "DSETP", 0x02B: "DFMA"},
    "MUFU": {0x105: "F2I", 0x106: "I2F", 0x108: "MUFU", 0x110: "F2F", 0x111: "F2I", 0x112: "I2F"},
    "IMAD": {0x024: "IMAD", 0x025: "IMAD.WIDE", 0x027: "IMAD.HI", 0x035: "HFMA2"},
    "integer": {0x002: "MOV", 0x005: "CS2R", 0x010: "IADD3", 0x011: "LEA", 0x012: "LOP3", 0x013: "IABS",
                0x016: "PRMT", 0x019: "SHF", 0x036: "VIADD", 0x045: "I2FP", 0x046: "VIADDMNMX",
                0x048: "VIMNMX"},
    "compare and select": {0x003: "P2R", 0x007: "SEL", 0x008: "FSEL", 0x009: "FMNMX", 0x00B: "FSETP",
                           0x00C: "ISETP", 0x01C: "PLOP3"},
    "uniform": {0x082: "UMOV", 0x087: "USEL", 0x08C: "UISETP", 0x090: "UIADD3", 0x091: "ULEA",
                0x096: "UPRMT", 0x099: "USHF", 0x0A4: "UIMAD", 0x0A5: "UIMAD.WIDE", 0x0CA: "R2UR",
                0x1C3: "S2UR"},
    "control": {0x118: "NOP", 0x119: "S2R", 0x141: "BSYNC", 0x142: "BREAK", 0x144: "CALL", 0x145: "BSSY",
                0x147: "BRA", 0x149: "BRX", 0x14D: "EXIT", 0x150: "RET", 0x155: "BMOV", 0x156: "BMOV"},
    "memory": {0x0B9: "ULDC", 0x180: "LD", 0x181: "LDG", 0x182: "LDC", 0x183: "LDL", 0x185: "ST",
               0x186: "STG", 0x187: "STL"},
}
CLASS_OF = {kind: name for name, kinds in CLASSES.items() for kind in kinds}
NAME_OF = {kind: name for kinds in CLASSES.values() for kind, name in kinds.items()}
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
        blocks, key=lambda block: sum(words[i] & KIND in FUSED for i in range(*block))
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


def classes(words):
    """How many instructions of each class there are. One of no known kind is an error."""
    unknown = {hex(word & 0xFFF) for word in words if word & KIND not in CLASS_OF}
    if unknown:
        raise ValueError(f"instructions of unknown kind: {sorted(unknown)}")
    found = Counter(CLASS_OF[word & KIND] for word in words)
    return {name: found[name] for name in CLASSES}


def names(words):
    """How many instructions of each name there are."""
    return Counter(NAME_OF[word & KIND] for word in words)
