# SPDX-License-Identifier: MIT
"""What toml_writer writes is read back by the standard library as it was."""

import math
from pathlib import Path

import numpy as np
import pytest

from hhsweep import toml_writer

tomllib = pytest.importorskip("tomllib", reason="tomllib comes with Python 3.11")

TEXTS = ["", "plain", 'a "quoted" word', "back\\slash", "tab\tnewline\nreturn\r", "\x00\x1f\x7f",
         "µA/cm² 𝄞", "'single'", '"""', "# no comment", "\u2028\ufeff"]


@pytest.mark.parametrize("text", TEXTS)
def test_text_comes_back(text):
    assert tomllib.loads(toml_writer.dumps({"key": text, text or "x": 1})) == {
        "key": text, text or "x": 1}


NUMBERS = [0, 1, -1, 2**63 - 1, -2**63, 0.0, -0.0, 1.0, 0.1, 1e300, -1e-300, 5e-324, 1e16,
           float("inf"), -float("inf"), 123456789.123456789]


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_come_back_with_their_type(number):
    back = tomllib.loads(toml_writer.dumps({"x": number}))["x"]
    assert back == number
    assert type(back) is type(number)
    assert math.copysign(1, back) == math.copysign(1, number)


def test_nan_comes_back():
    assert math.isnan(tomllib.loads(toml_writer.dumps({"x": float("nan")}))["x"])


@pytest.mark.parametrize("given, expected", [
    (np.float64(0.1), 0.1), (np.float32(0.1), 0.1), (np.int8(-3), -3), (np.uint64(7), 7),
    (np.bool_(True), True), (np.array(2.5), 2.5), (np.array([1, 2]), [1, 2]),
    (np.arange(4.0).reshape(2, 2), [[0.0, 1.0], [2.0, 3.0]]), (range(3), [0, 1, 2]),
    ((1, "a", [True]), [1, "a", [True]]), (Path("a/b.csv"), "a/b.csv"), ([], []), ({}, {}),
    ({"a": {"b": [{"c": 1}]}}, {"a": {"b": [{"c": 1}]}})])
def test_values_come_back_as_plain_ones(given, expected):
    back = tomllib.loads(f"x = {toml_writer.value(given)}")["x"]
    assert back == expected
    assert type(back) is type(expected)


def test_a_whole_sweep_comes_back():
    sweep = {
        "title": "all of it", "seed": 3,
        "model": {"preset": "squid", "alpha_m": {"form": "linoid", "rate": 1.5}},
        "run": {"duration": 100.0},
        "stimulus": {"step": {"kind": "step"},
                     "two words": {"kind": "pulses", "intervals": [[1.0, 2.0], [3.0, 4.0]]}},
        "axis": [{"name": "I", "parameter": "stimulus.step.amplitude", "linspace": [0.0, 9.0, 10]},
                 {"name": "pair", "zip": [{"parameter": "model.g_Na", "values": [1.0, 2.0]},
                                          {"parameter": "model.g_K", "values": [3.0, 4.0]}]}],
        "record": {"trace": {"variables": ["V"], "neurons": {"I": [1.0]}}, "window": [0.0, 5.0]},
        "empty": {}, "none": [],
    }
    assert tomllib.loads(toml_writer.dumps(sweep)) == sweep


def test_keys_after_tables_stay_where_they_belong():
    document = {"a": {"b": {"c": 1}, "d": 2}, "e": 3}
    assert tomllib.loads(toml_writer.dumps(document)) == document


@pytest.mark.parametrize("wrong", [None, object(), 1j, b"bytes", {1: 2}, {"x"}])
def test_what_toml_has_not_is_a_type_error(wrong):
    with pytest.raises(TypeError):
        toml_writer.dumps({"x": wrong})


@pytest.mark.parametrize("wrong", [2**63, "\ud800"])
def test_what_toml_cannot_hold_is_a_value_error(wrong):
    with pytest.raises(ValueError):
        toml_writer.dumps({"x": wrong})
