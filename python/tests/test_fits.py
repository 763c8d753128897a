# SPDX-License-Identifier: MIT
"""Fits find the parameters that points were made with."""

import numpy as np
import pytest

import hhsweep
from hhsweep import fits

CURRENT = np.linspace(0, 60, 31)


def test_a_sigmoid_is_found():
    found = fits.fit_rate("sigmoid", CURRENT, 120 / (1 + np.exp(-0.3 * (CURRENT - 22))))
    assert found.parameters == pytest.approx({"L": 120, "k": 0.3, "x0": 22}, rel=1e-6)
    assert found.rms < 1e-6
    assert found.points == 31


def test_a_logarithm_and_a_power_are_found_beyond_the_onset():
    positive = np.where(CURRENT > 5, CURRENT, np.nan)
    for kind, curve, expected in (("log", 10 + 25 * np.log(positive), {"a": 10, "b": 25}),
                                  ("power", 20 * positive**0.45, {"a": 20, "b": 0.45})):
        rate = np.nan_to_num(curve)
        found = fits.fit_rate(kind, CURRENT, rate)
        assert found.parameters == pytest.approx(expected, rel=1e-6)
        assert found.points == 28
        np.testing.assert_allclose(found(CURRENT[3:]), rate[3:], rtol=1e-6)


def test_nan_is_left_out():
    rate = 120 / (1 + np.exp(-0.3 * (CURRENT - 22)))
    rate[[3, 17]] = np.nan
    assert fits.fit_rate("sigmoid", CURRENT, rate).points == 29


def test_standard_errors_grow_with_the_noise():
    rate = 10 + 25 * np.log(CURRENT[1:])
    noise = np.random.default_rng(1).normal(0, 1, rate.size)
    small = fits.fit_rate("log", CURRENT[1:], rate + 0.1 * noise).errors["b"]
    large = fits.fit_rate("log", CURRENT[1:], rate + noise).errors["b"]
    assert large == pytest.approx(10 * small, rel=0.01)


def test_nothing_to_fit_is_an_error():
    with pytest.raises(hhsweep.PlotError, match="nothing spiked"):
        fits.fit_rate("sigmoid", CURRENT, np.zeros(31))
    with pytest.raises(hhsweep.PlotError, match="3 parameters"):
        fits.fit_rate("sigmoid", CURRENT[:2], np.array([0, 10.0]))


@pytest.mark.parametrize("kind, curve", [
    ("lapicque", lambda w: 2.2 / (1 - np.exp(-w / 2.9))),
    ("weiss", lambda w: 2.2 * (1 + 2.9 / w))])
def test_strength_duration_laws_are_found(kind, curve):
    width = np.geomspace(0.1, 30, 12)
    found = fits.fit_strength_duration(kind, width, curve(width))
    assert list(found.parameters.values()) == pytest.approx([2.2, 2.9], rel=1e-6)
    chronaxie = {**found.parameters, **found.derived}["chronaxie"]
    # By definition: the width at which the threshold is twice the rheobase.
    assert curve(chronaxie) == pytest.approx(2 * 2.2, rel=1e-6)
    assert found.rms < 1e-6


def test_the_passive_membrane_obeys_lapicque(result):
    ds = result("passive")
    found = fits.fit_strength_duration("lapicque", ds.width.values, ds.threshold.values)
    assert found.parameters["rheobase"] == pytest.approx(0.3 * 5, rel=1e-5)
    assert found.parameters["tau"] == pytest.approx(1 / 0.3, rel=1e-5)
    assert found.derived["chronaxie"] == pytest.approx(np.log(2) / 0.3, rel=1e-5)


def test_the_text_has_parameters_units_and_residual():
    text = fits.fit_rate("log", CURRENT[1:], 10 + 25 * np.log(CURRENT[1:])).text()
    assert text.startswith("log: a + b ln I; a = 10 ")
    assert "b = 25" in text and "Hz" in text and "over 30 points" in text
