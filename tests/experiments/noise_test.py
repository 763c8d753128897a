#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The experiments with noise, drawn cells and a recorded current, against expected_noise.json (another
program, with other noise) within standard errors, and against closed forms where there are some."""

import json
import math
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

from experiment import BINARY, Experiment, result, spikes_of, write_example

try:
    from scipy import stats
except ImportError:
    print("needs scipy")
    sys.exit(77)

from noise_reference import Axons, inside, jackknife, pooled_cv, similarity

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "python"))
from hhsweep import trains as numbers  # noqa: E402

EXPECTED = json.loads(Path(__file__).with_name("expected_noise.json").read_text(encoding="utf-8"))
WINDOW = (200, 2200)
# Standard errors apart: by chance one difference in 16 000 is larger.
LARGEST = 4.0


def trains_of(dataset, trials):
    """Spike trains of neurons in groups of `trials`, which the last axis counts."""
    trains = [spikes_of(dataset, i) for i in range(dataset.spike_count.size)]
    return [trains[i:i + trials] for i in range(0, len(trains), trials)]


class Noise(Experiment):
    def agree(self, found, expected, of=""):
        """Two estimates (value, standard error) of one number."""
        apart = abs(found[0] - expected[0]) / math.hypot(found[1], expected[1])
        self.assertLess(apart, LARGEST, f"{of}: {found} and {expected}")


def noise_map(mean, sigma):
    """One point of the map; its noise is that of the whole map."""
    return result("noise-map", f"axis.mean.values=[{mean}]", f"axis.sigma.values=[{sigma}]", "record.spike_times=true")


class RateAndIrregularity(Noise):
    def rate(self, mean, sigma):
        return noise_map(mean, sigma).firing_rate.mean()

    def test_rate_and_cv(self):
        for one in EXPECTED["noise_map"]:
            with self.subTest(mean=one["mean"], sigma=one["sigma"]):
                found = noise_map(one["mean"], one["sigma"])
                trains = [inside(train, WINDOW) for train in trains_of(found, 40)[0]]
                rates = np.array([train.size / 2 for train in trains])
                self.agree((rates.mean(), rates.std(ddof=1) / math.sqrt(rates.size)), one["rate"], "rate")
                if one["rate"][0] > 1:
                    self.agree(jackknife(pooled_cv, trains, 16), one["cv"], "cv")

    def test_weak_noise_silences_what_fires_without_it(self):
        self.near(self.rate(6.8, 0.0), 57.0, 0.0)
        self.near(self.rate(6.8, 0.3), 0.4, 0.05)
        self.near(self.rate(6.8, 1.0), 41.9, 0.05)

    def test_strong_noise_drives_what_is_silent_without_it(self):
        self.near(self.rate(5.0, 0.0), 0.0, 0.0)
        self.near(self.rate(5.0, 2.0), 45.9, 0.05)

    def test_rare_spikes_come_at_random(self):
        found = result("noise-map", "axis.mean.values=[0.0]", "axis.sigma.values=[0.9]", "axis.trial.repeat=100",
                       "run.duration=20200", "record.window=[200, 20200]", "record.spike_times=true")
        trains = [inside(train, (200, 20200)) for train in trains_of(found, 100)[0]]
        rates = np.array([train.size / 20 for train in trains])
        self.agree((rates.mean(), rates.std(ddof=1) / 10), EXPECTED["poisson"]["rate"])
        cv = jackknife(pooled_cv, trains, 20)
        self.agree(cv, EXPECTED["poisson"]["cv"])
        self.near(rates.mean(), 1.08, 0.005)
        self.near(cv[0], 0.98, 0.005)


class Reliability(Noise):
    def test_frozen_signals_against_those_of_another_program(self):
        signals = 8
        values = {one["signal"]: [] for one in EXPECTED["reliability"]}
        for seed in range(signals):
            found = result("reliability", f"axis.signal.values={list(values)}", "axis.trial.repeat=20", f"seed={seed}")
            for signal, trains in zip(values, trains_of(found, 20)):
                values[signal].append(numbers.reliability(trains, 1.0, (200, 1200)))
        for one in EXPECTED["reliability"]:
            with self.subTest(signal=one["signal"]):
                own = values[one["signal"]]
                self.agree((np.mean(own), max(np.std(own, ddof=1), one["sd"]) / math.sqrt(signals)), one["similarity"])

    def test_the_shipped_trials(self):
        found = result("reliability", "axis.signal.values=[0.0, 3.0, 6.0]")
        trains = trains_of(found, 40)
        for own, value in zip(trains, (0.333, 0.663, 0.865)):
            self.near(numbers.reliability(own, 1.0, (200, 1200)), value, 0.0005)
            # The same number by sampling the smoothed trains.
            self.near(similarity([inside(train, (200, 1200)) for train in own]), value, 0.005)
        chance = 2 * math.sqrt(math.pi) * 1e-3 * float(found.firing_rate.isel(signal=0).mean())
        self.near(chance, 0.241, 0.0005)
        for own, late in ((trains[0], 0.295), (trains[2], 0.873)):
            self.near(numbers.reliability(own, 1.0, (700, 1200)), late, 0.0005)


class Frozen(Experiment):
    def currents(self, *settings):
        found = result("frozen-noise", *settings)
        return {(round(float(found.trace_g_K[i])), int(found.trace_trial[i])): found.I_stim.values[i].astype(float)
                for i in range(found.sizes["trace"])}

    def test_noise_changes_along_redraw_alone(self):
        drawn = self.currents()
        np.testing.assert_array_equal(drawn[30, 0], drawn[43, 0])
        # Twice the private variance (tau 1 ms in 500 ms: 8 % of a standard error).
        self.near(np.std(drawn[30, 0] - drawn[30, 1]), math.sqrt(2), 0.25)

    def test_other_axes_of_redraw(self):
        both = self.currents('stimulus.private.redraw=["trial", "g_K"]')
        self.near(np.std(both[30, 0] - both[43, 0]), math.sqrt(2), 0.25)
        none = self.currents("stimulus.private.redraw=[]")
        np.testing.assert_array_equal(none[30, 0], none[43, 1])
        # Of index 0 along both axes it is the same noise whatever they are.
        np.testing.assert_array_equal(none[30, 0], both[30, 0])

    def test_without_private_noise_all_trials_are_one(self):
        found = result("frozen-noise", "stimulus.private.sigma=0")
        for trains in trains_of(found, 10):
            for train in trains[1:]:
                np.testing.assert_array_equal(train, trains[0])


class Triggered(Noise):
    settings = ("run.duration=20000", "record.window=[200, 20000]", "axis.copy.repeat=24")

    def averages(self):
        found = result("spike-triggered-average", *self.settings)
        every = 5  # samples of 0.1 ms: the lags of the reference
        parts = []
        for copy in range(3):
            spikes = spikes_of(found, copy)
            spikes = spikes[(spikes > 200) & (spikes < 19950)]
            parts.append([numbers.spike_triggered_average(found.time.values, found.I_stim.values[copy], [spike], 30, 5)
                          for spike in spikes])
        lags = parts[0][0][0][::every]
        around = np.array([average[::every] for part in parts for _, average, _ in part])
        return lags, around

    def test_rate(self):
        rates = result("spike-triggered-average", *self.settings).firing_rate.values
        self.agree((rates.mean(), rates.std(ddof=1) / math.sqrt(rates.size)), EXPECTED["triggered_average"]["rate"])

    def test_average(self):
        lags, around = self.averages()
        expected = EXPECTED["triggered_average"]
        np.testing.assert_allclose(lags, expected["lag"], atol=1e-9)
        error = np.hypot(around.std(0, ddof=1) / math.sqrt(len(around)), expected["error"])
        apart = (around.mean(0) - expected["average"]) / error
        self.assertLess(np.abs(apart).max(), LARGEST)
        self.assertLess(np.mean(apart**2), 2.0)

    def test_the_printed_stimulus_gives_the_same_average(self):
        settings = [f"--set={setting}" for setting in ("run.duration=4000", "record.window=[200, 4000]")]
        found = result("spike-triggered-average", "run.duration=4000", "record.window=[200, 4000]")
        with tempfile.TemporaryDirectory() as folder:
            sweep = write_example("spike-triggered-average", Path(folder))
            printed = subprocess.run([BINARY, "stimulus", sweep, "--neuron", "2", "--every", "0.1", *settings],
                                     capture_output=True, text=True, check=True).stdout
        time, current = np.loadtxt(printed.splitlines()[1:], delimiter=",", unpack=True)
        spikes = spikes_of(found, 2)
        averages = [numbers.spike_triggered_average(time, of, spikes)[1] for of in (current, found.I_stim.values[2])]
        # Eight digits are printed.
        np.testing.assert_allclose(*averages, rtol=0, atol=1e-6)

    def test_dip_and_peak(self):
        lags, around = self.averages()
        average = around.mean(0)
        # Of 40 s: 2.43 at -2.3 ms, -1.28 at -8.2 ms, with standard errors of 0.04.
        self.near(lags[np.argmax(average)], -2.3, 0.6)
        self.near(average.max(), 2.43, 0.24)
        self.near(lags[np.argmin(average)], -8.2, 1.5)
        self.near(average.min(), -1.28, 0.24)


def resonance(sigmas, *settings):
    return result("stochastic-resonance", f"axis.sigma.values={sigmas}", *settings)


class StochasticResonance(Noise):
    def test_ratio_strength_and_rate(self):
        expected = EXPECTED["stochastic_resonance"]
        groups = trains_of(resonance([one["sigma"] for one in expected]), 200)
        ratios = []
        for one, own in zip(expected, groups):
            with self.subTest(sigma=one["sigma"]):
                own = [inside(train, WINDOW) for train in own]
                ratio = jackknife(lambda some: numbers.signal_to_noise(some, 50, WINDOW), own, 20)
                self.agree(ratio, one["ratio"], "ratio")
                self.agree(jackknife(lambda some: numbers.vector_strength(some, 50), own, 20), one["strength"], "strength")
                rates = np.array([train.size / 2 for train in own])
                self.agree((rates.mean(), rates.std(ddof=1) / math.sqrt(rates.size)), one["rate"], "rate")
                ratios.append(ratio)
        weak, best, strong = ratios
        self.assertGreater(best[0], weak[0] + LARGEST * math.hypot(best[1], weak[1]))
        self.assertGreater(best[0], strong[0] + LARGEST * math.hypot(best[1], strong[1]))

    def test_the_table(self):
        grid = 0.4 * (8 / 0.4) ** (np.arange(41) / 40)
        shown = [grid[i] for i in (0, 8, 19, 29, 40)]
        found = resonance([float(sigma) for sigma in shown])
        np.testing.assert_allclose(shown, (0.4, 0.73, 1.66, 3.5, 8), rtol=5e-3)
        rates = found.firing_rate.mean("trial").values
        for i, own in enumerate(trains_of(found, 200)):
            with self.subTest(sigma=shown[i]):
                self.near(numbers.signal_to_noise(own, 50, WINDOW), (1.3, 10.9, 30.4, 10.4, 2.8)[i], 0.051)
                self.near(numbers.vector_strength(own, 50, WINDOW), (0.93, 0.90, 0.74, 0.41, 0.14)[i], 0.0051)
                self.near(rates[i], (0.21, 5.2, 22.3, 39.0, 52.1)[i], 0.051)

    def test_the_sine_alone_is_too_weak(self):
        alone = resonance([0.0], "axis.trial.repeat=1")
        self.assertEqual(alone.spike_count.item(), 0)
        self.near(EXPECTED["sine_threshold"], 1.514, 0.001)
        low, high = EXPECTED["sine_threshold"] - 0.002, EXPECTED["sine_threshold"] + 0.002
        for amplitude, fires in ((low, False), (high, True)):
            found = resonance([0.0], "axis.trial.repeat=1", f"stimulus.sine.amplitude={amplitude}",
                              "record.window=[0, 2000]")
            self.assertEqual(found.spike_count.item() > 0, fires)


DRAWN = {"g_Na": (120.0, 80.0, 180.0), "g_K": (36.0, 24.0, 54.0), "g_L": (0.3, 0.2, 0.45)}


class Heterogeneous(Experiment):
    def test_cells_follow_their_distributions(self):
        found = result("heterogeneous-fi", "axis.I.values=[0.0]", "run.duration=1", "record.window=[0, 1]")
        for name, (median, low, high) in DRAWN.items():
            with self.subTest(name):
                ends = (np.log(np.array([low, high]) / median)) / 0.1
                law = stats.truncnorm(*ends)
                self.assertGreater(stats.kstest(np.log(found[name].values / median) / 0.1, law.cdf).pvalue, 1e-3)
                self.assertTrue(((found[name] >= low) & (found[name] <= high)).all())
        law = stats.truncnorm(-4, 4, 1.0, 0.05)
        self.assertGreater(stats.kstest(found.C_m.values, law.cdf).pvalue, 1e-3)
        ranks = np.corrcoef([found[name].values for name in (*DRAWN, "C_m")]) - np.eye(4)
        self.assertLess(np.abs(ranks).max(), LARGEST / math.sqrt(found.cell.size))

    def test_shares_and_means(self):
        below, onset = (2.0, 6.0, 14.75), (2.25, 6.25, 15.0)
        rate = result("heterogeneous-fi", f"axis.I.values={sorted([*below, *onset, 20.0])}").firing_rate
        share = (rate > 0).mean("cell")
        for part, low, high in zip((0.05, 0.5, 0.95), below, onset):
            self.assertLess(share.sel(I=low), part)
            self.assertGreaterEqual(share.sel(I=high), part)
        self.assertEqual((rate.sel(I=20.0) == 0).sum(), 15)
        middle = rate.sel(I=6.25)
        self.near(middle.mean(), 31.0, 0.05)
        self.near((middle == 0).mean(), 0.492, 1e-9)
        self.near(middle.mean() / (middle > 0).mean(), 61.0, 0.05)

    @unittest.skipUnless(os.environ.get("HHSWEEP_FULL") == "1", "81 000 neurons: HHSWEEP_FULL=1 runs them")
    def test_the_jump_of_each_cell(self):
        rates = result("heterogeneous-fi").firing_rate.values
        first = np.array([cell[np.argmax(cell > 0)] for cell in rates if (cell > 0).any()])
        self.near(np.median(first), 53.0, 0.0)
        self.near((first >= 46).mean(), 0.95, 0.002)

    def test_spikes_of_some_cells_simulated_again(self):
        currents, cells = [4.0, 8.0, 20.0], 16
        found = result("heterogeneous-fi", f"axis.I.values={currents}", f"axis.cell.size={cells}", "run.duration=300",
                       "record.window=[0, 300]", "record.spike_times=true")
        constants = {name: np.repeat(found[name].values, len(currents)) for name in (*DRAWN, "C_m")}
        held = np.tile(currents, cells)
        expected = Axons(**constants).run(lambda k: held, held.size, 300)
        for i, train in enumerate(expected):
            with self.subTest(cell=i // len(currents), current=held[i]):
                # Straight between steps of 0.02 ms: the crossing is off by some microseconds.
                own = spikes_of(found, i)
                self.assertEqual(own.size, train.size)
                np.testing.assert_allclose(own, train, rtol=0, atol=0.02)


PARAMETERS = ("g_Na", "g_K", "g_L", "alpha_m_midpoint", "beta_m_midpoint", "alpha_h_midpoint", "beta_h_midpoint",
              "alpha_n_midpoint", "beta_n_midpoint")


def partial_ranks(values, outcome):
    """Correlation of what is left of the ranks of each column and of the outcome after regression on the others."""
    ranks = np.column_stack([stats.rankdata(column) for column in values.T])
    target, found = stats.rankdata(outcome), []
    for i in range(ranks.shape[1]):
        others = np.column_stack([np.ones(len(ranks)), np.delete(ranks, i, 1)])
        left = [y - others @ np.linalg.lstsq(others, y, rcond=None)[0] for y in (ranks[:, i], target)]
        found.append(np.corrcoef(left)[0, 1])
    return np.array(found)


class Sensitivity(Experiment):
    def drawn(self, size):
        found = result("rheobase-sensitivity", f"axis.axon.size={size}")
        self.assertTrue((found.threshold_status == 0).all())
        return np.column_stack([found[name].values for name in PARAMETERS]), found.threshold.values

    def scaled(self, values):
        """Parameters as -1 to 1 of their range."""
        expected = EXPECTED["rheobase"]["slope"]
        half = np.array([{"g_Na": 12.0, "g_K": 3.6, "g_L": 0.03}.get(name, 1.0) for name in expected])
        middle = np.array([120.0, 36.0, 0.3, -40.0, -65.0, -65.0, -35.0, -55.0, -65.0])
        return (values - middle) / half

    def test_one_value_in_each_of_n_slices(self):
        values, _ = self.drawn(2000)
        slices = np.sort(np.floor((self.scaled(values) + 1) / 2 * 2000), axis=0)
        np.testing.assert_array_equal(slices, np.repeat(np.arange(2000)[:, None], 9, axis=1))

    def test_slopes_at_the_middle(self):
        values, rheobase = self.drawn(2000)
        x = self.scaled(values)
        squares = [x[:, i] * x[:, j] for i in range(9) for j in range(i + 1)]
        design = np.column_stack([np.ones(len(x)), x, *squares])
        fit = np.linalg.lstsq(design, rheobase, rcond=None)[0]
        # Of 2 a half range apart; what the quadratic does not fit is below a hundredth.
        self.near(fit[0], EXPECTED["rheobase"]["base"], 0.01)
        half = np.array([{"g_Na": 12.0, "g_K": 3.6, "g_L": 0.03}.get(name, 1.0) for name in EXPECTED["rheobase"]["slope"]])
        slopes = EXPECTED["rheobase"]["slope"]
        np.testing.assert_allclose([*slopes.values()],
                                   (-0.0317, 0.111, 2.57, 0.665, 0.539, -0.078, -0.177, -0.596, -0.115), rtol=0.003)
        self.near(EXPECTED["rheobase"]["base"], 2.240, 0.0005)
        self.near(slopes["alpha_m"] / -slopes["g_Na"], 21.0, 0.05)
        np.testing.assert_allclose(fit[1:10], np.array(list(EXPECTED["rheobase"]["slope"].values())) * half, atol=0.015)

    def test_partial_rank_correlations(self):
        full = os.environ.get("HHSWEEP_FULL") == "1"
        size = 100_000 if full else 2000
        found = dict(zip(PARAMETERS, partial_ranks(*self.drawn(size))))
        for name, value in PARTIAL.items():
            with self.subTest(name):
                # Fisher's transform of a correlation of n has a standard error of 1/sqrt(n).
                apart = math.atanh(found[name]) - math.atanh(value)
                self.assertLess(abs(apart), LARGEST / math.sqrt(size))
                if full:
                    self.near(found[name], value, 0.0006)
        if full:
            values, rheobase = self.drawn(size)
            for column, name in zip(values.T, PARAMETERS):
                self.near(stats.spearmanr(column, rheobase)[0], SPEARMAN[name], 0.0006)
            np.testing.assert_allclose(np.quantile(rheobase, [0, 0.05, 0.95, 1]), (-0.64, 1.19, 3.49, 5.27), atol=0.006)
        slopes = dict(zip(PARAMETERS, EXPECTED["rheobase"]["slope"].values()))
        for name in PARAMETERS:
            self.assertEqual(np.sign(found[name]), np.sign(slopes[name]), name)


# Of the 100 000 axons.
PARTIAL = {"g_Na": -0.854, "g_K": 0.865, "g_L": 0.315, "alpha_m_midpoint": 0.946, "beta_m_midpoint": 0.920,
           "alpha_h_midpoint": -0.314, "beta_h_midpoint": -0.603, "alpha_n_midpoint": -0.933,
           "beta_n_midpoint": -0.438}


SPEARMAN = {"g_Na": -0.306, "g_K": 0.321, "g_L": 0.056, "alpha_m_midpoint": 0.551, "beta_m_midpoint": 0.440,
            "alpha_h_midpoint": -0.068, "beta_h_midpoint": -0.146, "alpha_n_midpoint": -0.487,
            "beta_n_midpoint": -0.087}


class RecordedCurrent(Experiment):
    def test_spikes_at_three_gains(self):
        found = result("recorded-current", "axis.gain.values=[0.5, 1.0, 2.0]")
        for i, one in enumerate(EXPECTED["recorded_current"]):
            with self.subTest(gain=one["gain"]):
                own = spikes_of(found, i)
                self.assertEqual(len(own), len(one["spikes"]))
                np.testing.assert_allclose(own, one["spikes"], rtol=0, atol=1e-3)
                self.near(found.V_max[i], one["v_max"], 1e-3)

    def test_counts_over_gain(self):
        found = result("recorded-current")
        count = dict(zip(found.gain.values.round(2), found.spike_count.values))
        self.assertEqual([count[gain] for gain in (0.1, 0.15, 0.2, 1.0, 2.5)], [0, 2, 5, 28, 35])

    def test_one_event_makes_the_axon_refractory_to_the_next(self):
        found = result("recorded-current")
        for gain, expected in ((0.6, []), (0.65, [647]), (0.7, [632]), (0.85, [631]), (0.9, [630, 649])):
            times = spikes_of(found, int(np.argmin(abs(found.gain.values - gain))))
            self.assertEqual(times[(times > 600) & (times < 660)].round().tolist(), expected)

    def test_the_record_is_what_its_script_makes(self):
        script = ROOT / "scripts" / "recorded_current.py"
        made = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True).stdout
        kept = subprocess.run([BINARY, "example", "recorded-current.csv"], capture_output=True, text=True, check=True).stdout
        made, kept = made.splitlines(), kept.splitlines()
        self.assertEqual(made[:2], kept[:2])
        # Another C library may round a digit the other way.
        np.testing.assert_allclose(*(np.loadtxt(lines[2:], delimiter=",") for lines in (made, kept)), rtol=0, atol=1.1e-3)
        self.assertEqual(len(kept), 2002)


if __name__ == "__main__":
    unittest.main()
