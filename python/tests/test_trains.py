# SPDX-License-Identifier: MIT
"""Numbers of spike trains that are known in closed form."""

import numpy as np
import pytest

from hhsweep import trains

RANDOM = np.random.default_rng(3)


def poisson(rate, duration, count):
    """Trains of `rate` Hz over `duration` ms."""
    return [np.sort(RANDOM.uniform(0, duration, RANDOM.poisson(rate * duration / 1000)))
            for _ in range(count)]


def test_equal_trains_are_perfectly_reliable():
    assert trains.reliability([np.array([10.0, 31.0, 77.0])] * 3) == pytest.approx(1)


def test_one_spike_each_gives_the_gaussian_of_their_distance():
    found = trains.reliability([np.array([50.0]), np.array([53.0])], width=2)
    assert found == pytest.approx(np.exp(-(3 / 4) ** 2))


def test_unrelated_trains_have_what_chance_gives():
    found = trains.reliability(poisson(50, 20_000, 20), width=1)
    # A spike's product with itself adds 1 to the chance of 2 sqrt(pi) rate width in the norm.
    chance = 2 * np.sqrt(np.pi) * 0.05
    assert found == pytest.approx(chance / (1 + chance), rel=0.03)


def test_a_silent_trial_is_like_no_other():
    some = np.array([10.0, 20.0])
    assert trains.reliability([some, some, np.empty(0)]) == pytest.approx(1 / 3)


def test_the_window_of_reliability_leaves_spikes_out():
    first, second = np.array([10.0, 40.0]), np.array([10.0, 70.0])
    assert trains.reliability([first, second], window=(0, 30)) == pytest.approx(1)
    assert trains.reliability([first, second]) == pytest.approx(0.5)


@pytest.mark.parametrize("arguments", [([np.array([1.0])],), ([np.array([1.0])] * 2, 0.0)])
def test_reliability_refuses(arguments):
    with pytest.raises(ValueError):
        trains.reliability(*arguments)


def test_spike_triggered_average_finds_the_current_before_the_spikes():
    time = np.arange(0, 1000, 0.1)
    current = np.zeros(time.size)
    spikes = np.array([100.0, 400.05, 990.0])
    for spike in spikes[:2]:
        current += np.exp(-((time - spike + 4) / 2) ** 2)
    lags, average, count = trains.spike_triggered_average(time, current, spikes, 20, 15)
    assert count == 2
    assert (lags[0], lags[-1]) == pytest.approx((-20, 15))
    np.testing.assert_allclose(average, np.exp(-(((lags + 4) / 2) ** 2)), atol=2e-3)


def test_spike_triggered_average_needs_a_spike_inside():
    with pytest.raises(ValueError, match="no spike"):
        trains.spike_triggered_average(np.arange(10.0), np.zeros(10), np.array([5.0]))


def test_vector_strength():
    locked = np.arange(0, 1000, 20.0) + 3
    assert trains.vector_strength([locked], 50) == pytest.approx(1)
    halves = np.sort(np.concatenate([locked, locked + 5]))
    assert trains.vector_strength([halves], 50) == pytest.approx(np.sqrt(0.5))
    assert np.isnan(trains.vector_strength([np.empty(0)], 50))
    # 50 000 spikes at random phases: 0.0045 is expected.
    assert trains.vector_strength(poisson(50, 10_000, 100), 50) < 0.02


def test_signal_to_noise_of_a_modulated_poisson_process():
    rate, depth, seconds = 40.0, 0.5, 2.0
    spikes = []
    for train in poisson(rate * (1 + depth), 1000 * seconds, 1000):
        wave = 1 + depth * np.sin(2e-3 * np.pi * 30 * train)
        kept = RANDOM.uniform(0, 1 + depth, train.size) < wave
        spikes.append(train[kept])
    found = trains.signal_to_noise(spikes, 30, (0, 1000 * seconds))
    # Shot noise is white, of power rate x T; the modulation adds (rate depth T/2)^2.
    assert found == pytest.approx(1 + rate * seconds * depth**2 / 4, rel=0.1)
    unmodulated = trains.signal_to_noise(poisson(rate, 2000, 1000), 30, (0, 2000))
    assert unmodulated == pytest.approx(1, rel=0.15)


def test_signal_to_noise_takes_whole_periods():
    with pytest.raises(ValueError, match="whole number"):
        trains.signal_to_noise([np.array([1.0])], 30, (0, 1010))
    with pytest.raises(ValueError, match="at least 7"):
        trains.signal_to_noise([np.array([1.0])], 5, (0, 1000))
