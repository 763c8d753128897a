# SPDX-License-Identifier: MIT
"""Exceptions of the package. Those of the program carry its exit code and what it said."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import xarray as xr


class HhsweepError(Exception):
    """Anything that went wrong in hhsweep.

    Attributes
    ----------
    message : str
        What went wrong, in words for the user.
    exit_code : int
        Exit code of the program, or the one that ``hhsweep-plot`` ends with.
    """

    exit_code: int = 1

    def __init__(self, message: str, exit_code: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        if exit_code is not None:
            self.exit_code = exit_code

    def __str__(self) -> str:
        return self.message


class ProgramNotFoundError(HhsweepError, FileNotFoundError):
    """There is no hhsweep program where it was looked for."""

    exit_code = 4


class NotAResultError(HhsweepError, ValueError):
    """A file is no result of hhsweep, or a damaged one."""

    exit_code = 5


class SelectionError(HhsweepError, KeyError):
    """A selection names no axis, no value of an axis, or not exactly one neuron."""

    exit_code = 2


class MissingDataError(HhsweepError, ValueError):
    """A result does not hold what was asked for (spike times, traces, a variable)."""

    exit_code = 2


class PlotError(HhsweepError, ValueError):
    """A figure cannot be drawn from this result."""

    exit_code = 2


class RunError(HhsweepError):
    """The program failed.

    Attributes
    ----------
    output : pathlib.Path or None
        Where the result would be, when a place was asked for.
    """

    output: Path | None = None


class UsageError(RunError):
    """An option that the program does not know, or a value that cannot be (exit code 2)."""

    exit_code = 2


class Mistake(NamedTuple):
    """One mistake in a sweep file.

    Attributes
    ----------
    file : str
        The sweep file, or ``--set`` and the like.
    line, column : int
        Where in it, from 1; 0 where the mistake has no place.
    message : str
        What is wrong, and the right word where one is near.
    """

    file: str
    line: int
    column: int
    message: str


_PLACED = re.compile(r"^(?P<file>.*?):(?P<line>\d+):(?P<column>\d+): error: (?P<message>.*)$")
_UNPLACED = re.compile(r"^(?P<file>.*?): error: (?P<message>.*)$")
_SNIPPET = re.compile(r"^\s*\d*\s*\|")


def parse_mistakes(text: str) -> list[Mistake]:
    """Mistakes in the program's messages about a sweep file, in their order.

    Lines that quote the sweep file and its caret are left out; a line that starts no message
    continues the one before.
    """
    mistakes: list[Mistake] = []
    for line in text.splitlines():
        if _SNIPPET.match(line):
            continue
        if match := _PLACED.match(line):
            mistakes.append(Mistake(match["file"], int(match["line"]), int(match["column"]),
                                    match["message"]))
        elif match := _UNPLACED.match(line):
            mistakes.append(Mistake(match["file"], 0, 0, match["message"]))
        elif mistakes and line.strip():
            last = mistakes[-1]
            mistakes[-1] = last._replace(message=f"{last.message} {line.strip()}")
        elif line.strip():
            mistakes.append(Mistake("", 0, 0, line.strip()))
    return mistakes


class SweepFileError(RunError, ValueError):
    """The sweep file or a setting is wrong (exit code 3).

    Attributes
    ----------
    mistakes : list of Mistake
        Each with file, line, column and message, in the order in which the program lists them.
    """

    exit_code = 3

    def __init__(self, message: str, exit_code: int | None = None) -> None:
        super().__init__(message, exit_code)
        self.mistakes = parse_mistakes(message)


class OutputError(RunError, OSError):
    """A file is missing, unreadable or unwritable, or memory does not suffice (exit code 4)."""

    exit_code = 4


class OutputExistsError(RunError, FileExistsError):
    """The output exists and is something else, is in use, or is unsound (exit code 5)."""

    exit_code = 5


class DeviceError(RunError):
    """A backend, device or instruction set is absent or failed (exit code 6)."""

    exit_code = 6


class DivergedError(RunError, ArithmeticError):
    """``strict`` was asked for and some neuron diverged; the result is written (exit code 7).

    Attributes
    ----------
    result : xarray.Dataset or None
        The result.
    """

    exit_code = 7
    result: xr.Dataset | None = None


class StoppedError(RunError):
    """The run stopped early; the same call with the same ``output`` goes on (exit code 75)."""

    exit_code = 75


_BY_EXIT_CODE: dict[int, type[RunError]] = {
    kind.exit_code: kind
    for kind in (UsageError, SweepFileError, OutputError, OutputExistsError, DeviceError,
                 DivergedError, StoppedError)
}


def error_of(exit_code: int, message: str) -> RunError:
    """The exception that stands for an exit code of the program."""
    return _BY_EXIT_CODE.get(exit_code, RunError)(message, exit_code)
