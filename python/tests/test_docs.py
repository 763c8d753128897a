# SPDX-License-Identifier: MIT
"""Every command and every line of Python in docs/python.md gives what stands there."""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1]
GUIDE = PACKAGE.parent / "docs" / "python.md"
README = PACKAGE.parent / "README.md"
FLAGS = doctest.ELLIPSIS


def blocks(text):
    """Fenced blocks of a page as (language, content, line)."""
    for match in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield match[1], match[2], text.count("\n", 0, match.start()) + 2


def commands(block):
    """Commands of a console block with what they print."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


@pytest.fixture
def check(program, tmp_path, monkeypatch):
    """Runs blocks of a page in an empty folder and expects at least so many examples to be true."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "hhsweep").symlink_to(program)
    plot = tmp_path / "bin" / "hhsweep-plot"
    plot.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m hhsweep.plot "$@"\n')
    plot.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(PACKAGE))
    monkeypatch.chdir(tmp_path)

    def check_blocks(page, found, least):
        wrong, counted, names = [], 0, {}
        parser = doctest.DocTestParser()
        runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
        for language, content, line in found:
            if language == "console":
                counted += check_commands(content, line, wrong)
            elif language == "python":
                test = parser.get_doctest(content, names, page.name, str(page), line)
                counted += len(test.examples)
                runner.run(test, out=wrong.append, clear_globs=False)
                names = test.globs
        assert not wrong, "".join(wrong)
        assert counted >= least
    return check_blocks


def check_commands(block, line, wrong):
    """Runs the commands of a block, adds to `wrong`, and counts them."""
    checker = doctest.OutputChecker()
    found = list(commands(block))
    for command, expected in found:
        done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT, timeout=120, check=False)
        if not checker.check_output(expected, done.stdout, FLAGS):
            wrong.append(f"line {line}: $ {command}\n{done.stdout}")
    return len(found)


def test_the_guide_is_true(check):
    check(GUIDE, blocks(GUIDE.read_text(encoding="utf-8")), 35)


def test_the_python_of_the_readme_is_true(check):
    subprocess.run("hhsweep example fi > fi.toml && hhsweep run fi.toml --quiet", shell=True,
                   check=True, capture_output=True)
    # Other commands there tell times, or what needs a build of its own.
    chosen = [block for block in blocks(README.read_text(encoding="utf-8"))
              if block[0] == "python" or block[1].startswith("$ hhsweep-plot")]
    check(README, chosen, 6)
