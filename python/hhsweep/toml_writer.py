# SPDX-License-Identifier: MIT
"""Writes TOML 1.0: what a sweep file needs, from Python and numpy values."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+\Z")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f",
            "\r": "\\r"}


def key(name: str) -> str:
    """A key, quoted where it has to be."""
    if not isinstance(name, str):
        raise TypeError(f"a TOML key is a string, not {name!r}")
    return name if _BARE_KEY.match(name) else _string(name)


def _string(text: str) -> str:
    def escaped(character: str) -> str:
        if character in _ESCAPES:
            return _ESCAPES[character]
        code = ord(character)
        if code < 0x20 or code == 0x7F:
            return f"\\u{code:04x}"
        if 0xD800 <= code <= 0xDFFF:
            raise ValueError(f"{text!r} has a lone surrogate, which TOML cannot hold")
        return character
    return '"' + "".join(map(escaped, text)) + '"'


def _float(number: float) -> str:
    if math.isnan(number):
        return "nan"
    if math.isinf(number):
        return "inf" if number > 0 else "-inf"
    return repr(float(number))


def _integer(number: int) -> str:
    if not -2**63 <= number < 2**63:
        raise ValueError(f"{number} does not fit the 64 bits of a TOML integer")
    return str(number)


def value(item: Any) -> str:
    """One value, inline: a number, a truth value, text, a list or a table.

    numpy scalars and arrays count as the numbers and lists that they hold, paths as text; a
    float32 keeps its shortest decimal form (0.1 rather than 0.10000000149).

    Raises
    ------
    TypeError
        For a type that TOML has not, None included.
    """
    if isinstance(item, np.ndarray):
        return value(list(item)) if item.ndim else value(item[()])
    if isinstance(item, (bool, np.bool_)):
        return "true" if item else "false"
    if isinstance(item, (int, np.integer)):
        return _integer(int(item))
    if isinstance(item, (np.float16, np.float32)):
        return _float(float(str(item)))
    if isinstance(item, (float, np.floating)):
        return _float(float(item))
    if isinstance(item, str):
        return _string(str(item))
    if isinstance(item, os.PathLike):
        return value(os.fspath(item))
    if isinstance(item, Mapping):
        pairs = ", ".join(f"{key(name)} = {value(entry)}" for name, entry in item.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if _is_list(item):
        return "[" + ", ".join(map(value, item)) + "]"
    raise TypeError(f"TOML has no {type(item).__name__}: {item!r}")


def _is_list(item: Any) -> bool:
    return isinstance(item, (Sequence, np.ndarray, range)) and not isinstance(item, (str, bytes))


def _is_array_of_tables(item: Any) -> bool:
    return _is_list(item) and len(item) > 0 and all(isinstance(entry, Mapping) for entry in item)


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    # Plain keys first: after a [header] they would belong to the table below it.
    lines = [f"{key(name)} = {value(item)}" for name, item in table.items()
             if not isinstance(item, Mapping) and not _is_array_of_tables(item)]
    for name, item in table.items():
        below = (*path, name)
        header = ".".join(map(key, below))
        if isinstance(item, Mapping):
            lines += ["", f"[{header}]", *_lines(item, below)]
        elif _is_array_of_tables(item):
            # Arrays within the entries of an array of tables stay inline, as in `zip = [{...}]`.
            for entry in item:
                lines += ["", f"[[{header}]]"]
                lines += [f"{key(inner)} = {value(part)}" for inner, part in entry.items()]
    return lines


def dumps(document: Mapping[str, Any]) -> str:
    """A TOML document from nested mappings.

    Mappings become tables, lists of mappings arrays of tables (``[[axis]]``), whose own entries
    are written inline. Raises as :func:`value` does.
    """
    if not isinstance(document, Mapping):
        raise TypeError(f"a TOML document is a mapping, not a {type(document).__name__}")
    lines = _lines(document, ())
    if lines and not lines[0]:
        lines = lines[1:]
    return "\n".join(lines) + "\n"
