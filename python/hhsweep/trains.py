# SPDX-License-Identifier: MIT
"""Numbers of spike trains: how alike they are, what current led to the spikes, how well they follow
a sine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Bins of the spectrum on either side from which the background is taken: the next one is left out.
_BACKGROUND = np.array([-6, -5, -4, -3, -2, 2, 3, 4, 5, 6])


def _inside(train: np.ndarray, window: tuple[float, float] | None) -> np.ndarray:
    times = np.asarray(train, dtype=float)
    return times if window is None else times[(times >= window[0]) & (times < window[1])]


def reliability(trains: Sequence[np.ndarray], width: float = 1.0,
                window: tuple[float, float] | None = None) -> float:
    """How alike spike trains of repeated trials are: 1 for equal ones, near 0 for unrelated ones.

    The mean over all pairs of trials of the normalised product of the trains, each smoothed by a
    Gaussian (Schreiber, Fellous, Whitmer, Tiesinga and Sejnowski, Neurocomputing 52-54, 2003). A
    trial without spikes is like no other. Unrelated trains of rate r have about 2 sqrt(pi) r width,
    while that is small.

    Parameters
    ----------
    trains
        Spike times of each trial, ms; at least two trials.
    width
        Standard deviation of the Gaussian, ms: spikes farther apart than some widths do not match.
    window
        Spikes in [from, to) count, ms; default all.

    Raises
    ------
    ValueError
        Fewer than two trials, or a width that is not above 0.
    """
    if len(trains) < 2:
        raise ValueError("reliability takes at least two trials")
    if not width > 0:
        raise ValueError(f"width must be above 0 ms, not {width:g}")
    kept = [_inside(train, window) for train in trains]
    times = np.concatenate(kept)
    trial = np.repeat(np.arange(len(kept)), [train.size for train in kept])
    products = np.zeros((len(kept), len(kept)))
    for i, train in enumerate(kept):
        # The product of two Gaussians of one width, integrated, is one of sqrt(2) the width.
        alike = np.exp(-((train[:, np.newaxis] - times) / (2 * width)) ** 2).sum(0)
        products[i] = np.bincount(trial, alike, len(kept))
    norms = np.sqrt(np.diag(products))
    norms[norms == 0] = np.inf
    cosines = products / np.outer(norms, norms)
    pairs = len(kept) * (len(kept) - 1)
    return float((cosines.sum() - np.trace(cosines)) / pairs)


def spike_triggered_average(time: np.ndarray, current: np.ndarray, spikes: np.ndarray,
                            before: float = 30.0, after: float = 5.0
                            ) -> tuple[np.ndarray, np.ndarray, int]:
    """The mean current around a spike.

    Parameters
    ----------
    time, current
        Equally spaced samples: ms and uA/cm^2, shape (samples,). A trace of I_stim, or the two
        columns of ``hhsweep stimulus``.
    spikes
        Spike times, ms. Those whose surroundings the samples do not cover are left out.
    before, after
        How far around the spike, ms.

    Returns
    -------
    lags, average, count
        Times from the spike (ms, steps of the samples), the mean current there, and the number of
        spikes behind it.

    Raises
    ------
    ValueError
        No spike has its surroundings within the samples.
    """
    time, current = np.asarray(time, dtype=float), np.asarray(current, dtype=float)
    step = (time[-1] - time[0]) / (time.size - 1)
    lags = step * np.arange(-round(before / step), round(after / step) + 1)
    spikes = np.asarray(spikes, dtype=float)
    spikes = spikes[(spikes + lags[0] >= time[0]) & (spikes + lags[-1] <= time[-1])]
    if spikes.size == 0:
        raise ValueError(f"no spike has {before:g} ms before and {after:g} ms after it in the "
                         "samples")
    total = np.zeros(lags.size)
    for spike in spikes:
        total += np.interp(spike + lags, time, current)
    return lags, total / spikes.size, int(spikes.size)


def vector_strength(trains: Sequence[np.ndarray], frequency: float,
                    window: tuple[float, float] | None = None) -> float:
    """How sharply spikes keep to one phase of a sine: 1 for always the same, 0 for all alike.

    The length of the mean of exp(2 pi i frequency t) over the spikes of all trains (Goldberg and
    Brown, J. Neurophysiol. 32, 1969). NaN without spikes.

    Parameters
    ----------
    trains
        Spike times, ms.
    frequency
        Of the sine, Hz.
    window
        As for :func:`reliability`.
    """
    times = np.concatenate([_inside(train, window) for train in trains])
    if times.size == 0:
        return float("nan")
    return float(abs(np.exp(2j * np.pi * frequency * times / 1000).mean()))


def signal_to_noise(trains: Sequence[np.ndarray], frequency: float, window: tuple[float, float]
                    ) -> float:
    """How far the spectrum of spike trains stands out at the frequency of a stimulus.

    Power of the trains at the frequency over their mean power at the second to sixth bins on either
    side, powers averaged over the trains; 1 when they ignore the stimulus, NaN without spikes.

    Parameters
    ----------
    trains
        Spike times, ms.
    frequency
        Of the stimulus, Hz.
    window
        (from, to) in ms: a whole number of periods, at least seven.

    Raises
    ------
    ValueError
        Another window.
    """
    seconds = (window[1] - window[0]) / 1000
    periods = frequency * seconds
    if periods < 7 - 1e-9 or abs(periods - round(periods)) > 1e-6 * periods:
        raise ValueError(f"the window holds {periods:g} periods of {frequency:g} Hz; it must hold "
                         "a whole number of them, at least 7")
    frequencies = np.concatenate([[frequency], frequency + _BACKGROUND / seconds])
    powers = np.zeros(frequencies.size)
    for train in trains:
        times = _inside(train, window) / 1000
        powers += abs(np.exp(2j * np.pi * frequencies[:, np.newaxis] * times).sum(1)) ** 2
    background = powers[1:].mean()
    return float(powers[0] / background) if background > 0 else float("nan")
