# SPDX-License-Identifier: MIT
"""Runs the hhsweep program and opens what it wrote."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Union

import xarray as xr

from . import toml_writer
from .dataset import open as open_result
from .errors import DivergedError, ProgramNotFoundError, RunError, StoppedError, error_of

PathLike = Union[str, "os.PathLike[str]"]


# How the program's last words begin when it fails: a message of its own, or about a sweep file.
_ERROR = re.compile(r"^hhsweep: error: |:\d+:\d+: error: |^--set .*: error: ")


def find_program(program: PathLike | None = None) -> Path:
    """The hhsweep program.

    Looked for in this order: `program`, the environment variable ``HHSWEEP_BINARY``, ``PATH``, and
    ``build/release/hhsweep`` of the source tree that this package lies in.

    Raises
    ------
    ProgramNotFoundError
        Nowhere, or what was named cannot be run.
    """
    named = os.environ.get("HHSWEEP_BINARY")
    for source, name in (("program", program), ("HHSWEEP_BINARY", named)):
        if name:
            found = shutil.which(os.fspath(name))
            if found is None:
                raise ProgramNotFoundError(f"{source} = {os.fspath(name)} is no program that "
                                           "can be run")
            return Path(found)
    found = shutil.which("hhsweep")
    if found is not None:
        return Path(found)
    tree = Path(__file__).resolve().parents[2]
    built = tree / "build" / "release" / "hhsweep"
    if (tree / "CMakeLists.txt").is_file() and os.access(built, os.X_OK):
        return built
    raise ProgramNotFoundError(
        "there is no hhsweep program: not in PATH, HHSWEEP_BINARY is not set, and this package "
        "does not lie beside a build (build/release/hhsweep); build it with scripts/demo.sh, or "
        "name it by program= or HHSWEEP_BINARY")


def run(sweep: PathLike | Mapping[str, Any], *, output: PathLike | None = None,
        settings: Mapping[str, Any] | None = None, backend: str | None = None,
        device: int | Sequence[int] | None = None, threads: int | None = None,
        isa: str | None = None, overwrite: bool = False, max_time: float | None = None,
        strict: bool = False, progress: bool = True, program: PathLike | None = None
        ) -> xr.Dataset:
    """Runs a sweep with the hhsweep program and opens the result.

    Parameters
    ----------
    sweep
        A sweep file, or its content as nested dicts and lists (numpy numbers and arrays count):
        ``{"run": {"duration": 100}, "axis": [{"name": "I", ...}]}``. Paths of CSV files in a dict
        are relative to the current folder.
    output
        Where the result goes; it is opened as :func:`hhsweep.open` does, and stays. Without it the
        result is computed in a temporary folder, loaded into memory, and the folder is removed
        before this returns.
    settings
        Keys of the sweep file to set, as ``--set``: ``{"model.g_K": 40, "axis.I.linspace":
        [0, 20, 11]}``.
    backend, device, threads, isa, overwrite, max_time, strict
        As the options of ``hhsweep run``; `max_time` in seconds.
    progress
        Whether the program's progress and remarks are shown, on standard error. Warnings always
        are.
    program
        The program, where :func:`find_program` would not find the right one.

    Returns
    -------
    xarray.Dataset

    Raises
    ------
    SweepFileError
        The sweep or a setting is wrong; its ``mistakes`` hold file, line, column and message. For
        a dict they count in the TOML text that was made of it.
    UsageError, OutputError, OutputExistsError, DeviceError
        As the exit codes 2, 4, 5 and 6 of the program.
    DivergedError
        With `strict`, when a neuron diverged; its ``result`` is the result.
    StoppedError
        The run stopped early, by `max_time` or a signal. With `output` the same call goes on.
    ProgramNotFoundError
        There is no program.
    KeyboardInterrupt
        After Ctrl-C, once the program has stopped too (a second Ctrl-C ends it at once). With
        `output` the same call goes on.
    """
    executable = find_program(program)
    with _sweep_file(sweep) as file, _result_file(output) as result:
        command = [os.fspath(executable), "run", os.fspath(file), "-o", os.fspath(result), "--json"]
        command += _options(backend=backend, device=device, threads=threads, isa=isa,
                            max_time=max_time)
        command += [f"--set={name}={toml_writer.value(item)}"
                    for name, item in (settings or {}).items()]
        command += [flag for flag, given in (("--overwrite", overwrite), ("--strict", strict),
                                             ("--quiet", not progress)) if given]
        exit_code, report = _run_to_end(command)
        if exit_code != 0:
            raise _failure(exit_code, report, result, output)
        return _opened(result, output)


def _options(**given: Any) -> list[str]:
    words: list[str] = []
    for name, item in given.items():
        if item is None:
            continue
        if isinstance(item, Sequence) and not isinstance(item, str):
            item = ",".join(map(str, item))
        words.append(f"--{name.replace('_', '-')}={item}")
    return words


@contextmanager
def _sweep_file(sweep: PathLike | Mapping[str, Any]) -> Iterator[Path]:
    if not isinstance(sweep, Mapping):
        yield Path(sweep)
        return
    text = toml_writer.dumps(_with_absolute_paths(sweep))
    with tempfile.TemporaryDirectory(prefix="hhsweep-") as folder:
        file = Path(folder) / "sweep.toml"
        file.write_text(text, encoding="utf-8")
        yield file


def _with_absolute_paths(sweep: Mapping[str, Any]) -> dict[str, Any]:
    """`sweep` with its CSV files named from the root, as the sweep file lies somewhere else."""
    def absolute(table: Any, name: str) -> Any:
        if not isinstance(table, Mapping) or not isinstance(table.get(name), (str, os.PathLike)):
            return table
        return {**table, name: os.path.abspath(table[name])}

    document = dict(sweep)
    if isinstance(document.get("stimulus"), Mapping):
        document["stimulus"] = {name: absolute(table, "file")
                                for name, table in document["stimulus"].items()}
    if isinstance(document.get("axis"), (list, tuple)):
        document["axis"] = [absolute(table, "table") for table in document["axis"]]
    return document


@contextmanager
def _result_file(output: PathLike | None) -> Iterator[Path]:
    if output is not None:
        yield Path(output)
        return
    with tempfile.TemporaryDirectory(prefix="hhsweep-") as folder:
        yield Path(folder) / "result.nc"


def _opened(result: Path, output: PathLike | None) -> xr.Dataset:
    if output is not None:
        return open_result(result)
    with open_result(result) as ds:
        loaded = ds.load()
    # Where it was read from is gone.
    loaded.encoding.pop("source", None)
    return loaded


def _failure(exit_code: int, report: Mapping[str, Any], result: Path,
             output: PathLike | None) -> RunError:
    message = str(report.get("error") or f"hhsweep ended with exit code {exit_code}")
    if exit_code == StoppedError.exit_code and output is None:
        message += "; but without output= nothing of it was kept"
    error = error_of(exit_code, message)
    if output is not None:
        error.output = result
    if isinstance(error, DivergedError) and result.is_file():
        error.result = _opened(result, output)
    return error


def _forward(source: Any, held: list[str]) -> None:
    """Passes lines on until the error, which the exception will tell, and holds the rest."""
    for line in source:
        if held or _ERROR.search(line):
            held.append(line)
        else:
            sys.stderr.write(line)
            sys.stderr.flush()


def _stderr_is_terminal() -> bool:
    try:
        return os.isatty(sys.stderr.fileno())
    except (AttributeError, OSError, ValueError):
        return False


def _run_to_end(command: list[str]) -> tuple[int, dict[str, Any]]:
    """Runs the program to its end; its exit code and its report (``--json``).

    On a terminal the program writes to it directly, so that its progress line lives; elsewhere (a
    notebook) its lines are passed on.
    """
    direct = _stderr_is_terminal()
    held: list[str] = []
    # In a session of its own, a Ctrl-C reaches the program once, from here.
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=sys.stderr.fileno() if direct else subprocess.PIPE, text=True,
                          encoding="utf-8", errors="replace", start_new_session=True) as process:
        forwarder = None
        if not direct:
            forwarder = threading.Thread(target=_forward, args=(process.stderr, held), daemon=True)
            forwarder.start()
        interrupted = False
        while True:
            try:
                text = process.stdout.read() if process.stdout else ""
                exit_code = process.wait()
                if forwarder:
                    forwarder.join()
                break
            except KeyboardInterrupt:
                interrupted = True
                process.send_signal(signal.SIGINT)
            except BaseException:
                process.kill()
                raise
    if interrupted:
        raise KeyboardInterrupt
    if exit_code == 0:
        sys.stderr.write("".join(held))
    return exit_code, _report(exit_code, text, held)


def _report(exit_code: int, text: str, held: list[str]) -> dict[str, Any]:
    lines = text.strip().splitlines()
    try:
        report = json.loads(lines[-1])
    except (IndexError, ValueError):
        report = {}
    if exit_code < 0:
        try:
            name = signal.Signals(-exit_code).name
        except ValueError:
            name = f"signal {-exit_code}"
        report["error"] = f"hhsweep was ended by {name}"
    elif not report and exit_code != 0:
        report["error"] = "".join(held).strip()
    return report
