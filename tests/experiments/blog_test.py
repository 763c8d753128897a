#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The experiments of the blog."""

import csv
import json
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np

from experiment import BINARY, EXPECTED, Experiment, result, spikes_of

REST = EXPECTED["blog_rest"]
STEPS = EXPECTED["blog_steps"]
ACTION_POTENTIAL = EXPECTED["blog_action_potential"]
REFRACTORY = EXPECTED["blog_refractory"]
CONSTANT = EXPECTED["blog_constant"]
FI = EXPECTED["blog_fi"]
RAMPS = EXPECTED["ramps"]


def model(*arguments):
    return subprocess.run([BINARY, "model", "blog", *arguments], capture_output=True, text=True, check=True).stdout


def sampled(dataset, trace, time):
    """V, m, h, n of a trace at the sample nearest to a time (ms)."""
    at = dataset.isel(trace=trace).sel(time=time, method="nearest")
    return np.array([at[name].item() for name in "Vmhn"])


class RestAndCurves(Experiment):
    def test_the_estimate_is_8e_minus_7_mV_above_rest(self):
        self.assertAlmostEqual(REST["estimate"], -54.387000012713244, delta=1e-13)
        self.near(REST["estimate"] - REST["rest"][0], 7.98e-7, 1e-9)
        self.assertIn("V  -54.3870008108285", model())

    def test_n_is_0_0042_at_rest_and_0_0040_at_the_nearest_point_of_the_blogs_grid(self):
        self.near(REST["at_estimate"][2], 0.0041613, 5e-8)
        self.near(REST["at_grid_point"][2], 0.0040084, 5e-8)
        np.testing.assert_allclose(REST["at_estimate"], [3.450e-5, 0.99980, 0.0041613], rtol=2e-4)
        np.testing.assert_allclose(REST["at_grid_point"], [3.265e-5, 0.99981, 0.0040084], rtol=2e-4)
        self.near(REST["grid_point"], -54.7739, 5e-5)
        self.assertIn("n  0.00416131267992", model())

    def test_rest_is_held_by_the_leak_alone(self):
        self.assertLess(REST["conductance_k"] / 0.3, 4e-8)
        self.assertLess(REST["conductance_na"] / 0.3, 2e-11)

    def test_curves(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "curves.csv"
            model("--curves", str(path))
            lines = path.read_text(encoding="utf-8").splitlines()
        rows = {round(float(row["V_mV"]), 1): row for row in csv.DictReader(lines)}
        for v, *expected in REST["curves"]:
            found = [float(rows[v][name]) for name in ("m_inf", "h_inf", "n_inf", "tau_m_ms", "tau_h_ms", "tau_n_ms")]
            np.testing.assert_allclose(found, expected, rtol=1e-10)


class Threshold(Experiment):
    def test_peaks_and_counts_of_every_step(self):
        self.same_runs(result("blog-threshold"), [STEPS["steps"][str(a)] for a in range(3, 31)])

    def test_19_fires_and_18_leaves_a_hump_that_the_blogs_rule_counts(self):
        steps = result("blog-threshold")
        self.assertEqual(steps.spike_count.sel(I=19), 1)
        self.assertEqual(steps.spike_count.sel(I=18), 0)
        self.near(steps.V_max.sel(I=18), 3.462, 1e-3)
        self.assertLess(steps.V_max.sel(I=17), 0)
        self.assertEqual(result("blog-threshold", "spike.threshold=0").spike_count.sel(I=18), 1)


class StrengthDuration(Experiment):
    def test_thresholds(self):
        curve = result("blog-strength-duration")
        logarithm = np.interp(np.log([w for w, _ in STEPS["thresholds"]]), np.log(curve.width), np.log(curve.threshold))
        for (width, expected), found in zip(STEPS["thresholds"], np.exp(logarithm)):
            on_the_axis = np.isclose(curve.width, width).any()
            self.near(found, expected, 2e-4 * expected if on_the_axis else 2e-3 * expected)
        self.near(curve.threshold.sel(width=15.0, method="nearest"), 18.155494, 3e-6)

    def test_rheobase_and_chronaxie(self):
        curve = result("blog-strength-duration")
        rheobase = curve.threshold.values[-1]
        self.near(rheobase, 18.155494, 3e-6)
        chronaxie = np.exp(np.interp(-np.log(2 * rheobase), -np.log(curve.threshold), np.log(curve.width)))
        self.near(chronaxie, STEPS["chronaxie"], 5e-3)
        self.near(STEPS["chronaxie"], 2.41, 5e-3)

    def test_short_pulses_need_a_charge(self):
        curve = result("blog-strength-duration")
        charge = (curve.width * curve.threshold).values
        self.near(charge[0], 68.74, 0.01)
        self.near(charge[4] / charge[0], 1.0, 0.01)


class ActionPotential(Experiment):
    def test_the_three_pulses(self):
        self.same_runs(result("blog-action-potential"), ACTION_POTENTIAL["pulses"])

    def test_peaks(self):
        pulses = result("blog-action-potential")
        self.near(pulses.V_max[0], 115.5045, 5e-4)
        self.near(pulses.V_max_time[0], 13.9376, 5e-5)
        self.near(pulses.V_max[1], 118.1156, 5e-4)
        self.near(pulses.V_max_time[1], 7.3180, 5e-5)
        self.assertEqual(pulses.spike_count.values.tolist(), [1, 1, 0])
        self.near(pulses.V_min[0], -72.5435, 5e-4)

    def test_order_of_the_gates(self):
        traced, gates = result("blog-action-potential").isel(trace=0), ACTION_POTENTIAL["gates"]
        times = traced.time.values
        self.near(times[np.argmax(traced.m.values)], gates["m_max_time"], 0.03)
        self.near(times[np.argmin(traced.h.values)], gates["h_min_time"], 0.03)
        self.near(times[np.argmax(traced.n.values)], gates["n_max_time"], 0.03)
        self.near(traced.n.max(), gates["n_max"], 1e-4)
        self.near(traced.h.min(), gates["h_min"], 1e-4)
        self.assertLess(gates["m_max_time"], gates["n_max_time"])
        self.assertLess(gates["n_max_time"], gates["h_min_time"])
        self.assertLess(gates["h_min_time"], gates["back_at_rest"])
        shown = dict(m_max_time=14.50, n_max_time=15.36, h_min_time=15.50, back_at_rest=15.74)
        for key, value in shown.items():
            self.near(gates[key], value, 0.02)

    def test_19_must_last_8_05_ms(self):
        found = result("blog-strength-duration", "axis.width.parameter=stimulus.pulse.amplitude",
                       "axis.width.values=[19.0]", "search.parameter=stimulus.pulse.width",
                       "search.bracket=[0.0, 15.0]")
        self.near(found.threshold, STEPS["shortest_width_at_19"], 1e-4)
        self.near(found.threshold, 8.0546, 1e-4)


class Refractory(Experiment):
    def test_the_four_pairs(self):
        pairs = result("blog-refractory")
        self.same_runs(pairs, REFRACTORY["pairs"])
        self.assertEqual(pairs.spike_count.values.tolist(), [1, 1, 2, 2])

    def test_peaks_of_the_second_response(self):
        late = result("blog-refractory", "record.window=[24.0, 70.0]").V_max.values
        np.testing.assert_allclose(late[:2], [-2.156, 2.496], rtol=0, atol=1e-3)

    def test_sodium_gates_have_recovered_when_the_second_step_begins(self):
        state = sampled(result("blog-refractory"), 0, 20.5)
        np.testing.assert_allclose(state[1:], REFRACTORY["state_after_gap"][1:], rtol=0, atol=1e-6)
        self.near(state[2], 0.9984, 5e-5)
        self.near(state[3], 0.2115, 5e-5)

    def test_the_block_starts_from_that_state(self):
        block = result("blog-refractory-block")
        np.testing.assert_allclose([block.V0[0], block.m0[0], block.h0[0], block.n0[0]],
                                   REFRACTORY["state_after_gap"], rtol=0, atol=1e-9)

    def test_n_at_rest_lets_the_second_step_fire_and_h_at_rest_does_not(self):
        block = result("blog-refractory-block")
        self.same_runs(block, REFRACTORY["block"])
        self.assertEqual(block.spike_count.values.tolist(), [0, 0, 1, 1])

    def test_thresholds_of_the_second_step(self):
        search = 'search={parameter="stimulus.step.amplitude", bracket=[0.0, 100.0]}'
        found = result("blog-refractory-block", search).threshold.values
        np.testing.assert_allclose(found, [one["threshold"] for one in REFRACTORY["block"]], rtol=0, atol=1e-3)
        np.testing.assert_allclose(found, [21.839, 21.837, 18.151, 18.150], rtol=0, atol=1e-3)

    def test_the_smallest_gap_of_two_steps_of_19(self):
        found = result("blog-refractory-gap", "stimulus.first.width=15.0", "stimulus.second.width=15.0",
                       'axis.pair.zip=[{parameter="stimulus.first.amplitude", name="I", values=[19.0]},'
                       ' {parameter="stimulus.second.amplitude", name="I_second", values=[19.0]}]')
        self.near(found.threshold, REFRACTORY["gap_at_19"], 1e-3)
        self.near(found.threshold, 4.0987, 1e-3)

    def test_the_map(self):
        found = result("blog-refractory-map")
        for gap, width, expected in REFRACTORY["map"]:
            self.near(found.threshold.sel(gap=gap, width=width), expected, 1e-3 * expected)
        short = found.threshold.sel(width=2)
        np.testing.assert_allclose(short.sel(gap=[3, 5, 10, 20]), [184.85, 58.03, 43.80, 41.98], rtol=0, atol=0.01)
        long = found.threshold.sel(width=15)
        np.testing.assert_allclose(long.sel(gap=[1, 5, 20]), [24.79, 21.88, 18.19], rtol=0, atol=0.01)
        self.assertTrue((found.threshold_status.sel(width=2, gap=slice(None, 2.9)) == 1).all())
        self.assertTrue((np.diff(short.sel(gap=slice(3, None))) < 0).all())

    def test_the_second_pulse_alone(self):
        alone = result("blog-refractory-map", "stimulus.first.amplitude=0", "search.spikes=1", "axis.gap.values=[20.0]")
        self.near(alone.threshold.sel(width=2), 41.886, 1e-3)
        self.near(alone.threshold.sel(width=15), 18.1555, 1e-3)

    def test_smallest_gaps(self):
        gaps = result("blog-refractory-gap").swap_dims(pair="I").threshold
        for current, expected in REFRACTORY["gaps"]:
            self.near(gaps.sel(I=current), expected, 5e-6)
        self.near(gaps.sel(I=50), 6.14654, 5e-6)
        self.near(gaps.sel(I=100), 2.67442, 5e-6)


class ConstantCurrent(Experiment):
    def test_counts_and_spike_times(self):
        runs = result("blog-constant")
        self.assertEqual(runs.spike_count.values.tolist(), [[1, 1], [7, 7], [11, 12]])
        for i, (current, stop, expected) in enumerate(CONSTANT["runs"]):
            with self.subTest(current=current, stop=stop):
                np.testing.assert_allclose(spikes_of(runs, i), expected["spikes"], rtol=0, atol=5e-5)

    def test_the_block_starts_from_the_plateau(self):
        plateau = sampled(result("blog-constant"), 1, 99.95)
        np.testing.assert_allclose(plateau, CONSTANT["plateau_at_19"], rtol=0, atol=1e-4)
        block = result("blog-constant-block")
        np.testing.assert_allclose([block.V0[0], block.m0[0], block.h0[0], block.n0[0]],
                                   CONSTANT["plateau_at_19"], rtol=0, atol=1e-4)

    def test_n_at_rest_makes_it_fire_again_and_h_at_rest_does_not(self):
        block = result("blog-constant-block")
        self.assertEqual(block.spike_count.values.tolist(), [0, 0, 1, 1])
        self.assertEqual([one["count"] for one in CONSTANT["block"]], [0, 0, 1, 1])
        np.testing.assert_allclose(block.V_max, [one["v_max"] for one in CONSTANT["block"]], rtol=0, atol=1e-3)


class FiringRate(Experiment):
    def test_counts_at_both_levels(self):
        counts = result("blog-fi").spike_count
        self.assertEqual(counts.sel(level=50).values.tolist(), FI["at_50_mV"])
        self.assertEqual(counts.sel(level=0).values.tolist(), FI["at_0_mV"])
        self.assertEqual(FI["at_0_mV"], FI["maxima_above_0_mV"])
        differ = counts.I.values[(counts.sel(level=0) != counts.sel(level=50)).values]
        self.assertEqual(differ.tolist(), [40, 100, 110])

    def test_the_sigmoid_of_the_blog_and_a_logarithm_that_fits_better(self):
        try:
            from scipy.optimize import curve_fit
        except ImportError:
            self.skipTest("needs scipy")
        def sigmoid(x, top, steepness, middle):
            return top / (1 + np.exp(-steepness * (x - middle)))
        counts = result("blog-fi").spike_count.sel(level=0)[3:]
        x, y = counts.I.values, counts.values.astype(float)
        fit, _ = curve_fit(sigmoid, x, y, bounds=(0, [100.0, 0.1, 200.0]))
        np.testing.assert_allclose(fit, [90.7475634, 0.0210984635, 21.7705391], rtol=1e-6)
        np.testing.assert_allclose(fit, FI["sigmoid"], rtol=1e-6)
        intercept, slope = np.linalg.lstsq(np.c_[np.ones_like(x), np.log(x)], y, rcond=None)[0]
        np.testing.assert_allclose([intercept, slope], [-29.994, 22.881], rtol=0, atol=1e-3)
        left_by_sigmoid, left_by_log = y - sigmoid(x, *fit), y - intercept - slope * np.log(x)
        self.near((left_by_sigmoid**2).sum(), 29.93, 0.01)
        self.near((left_by_log**2).sum(), 6.95, 0.01)
        self.near(np.abs(left_by_sigmoid).max(), 3.30, 0.005)
        self.near(np.abs(left_by_log).max(), 1.83, 0.005)

    def test_further_spikes_are_ever_harder_to_get(self):
        counts = result("blog-fi").spike_count.sel(level=0)
        self.assertEqual(counts.sel(I=40) - counts.sel(I=30), 9)
        self.assertEqual(counts.sel(I=190) - counts.sel(I=180), 1)


class Trains(Experiment):
    def test_counts_and_spike_times(self):
        trains = result("blog-trains")
        self.same_runs(trains, EXPECTED["trains"]["blog"])
        self.assertEqual(trains.spike_count.values.tolist(), [12, 8, 10, 11, 13])
        self.near(spikes_of(trains, 4)[-1], 151.1, 0.2)


class Ramps(Experiment):
    def test_the_four_ramps(self):
        ramps = result("blog-ramps")
        self.same_runs(ramps, RAMPS["ramps"])
        self.assertEqual(ramps.spike_count.values.tolist(), [1, 0, 0, 0])
        self.near(ramps.V_max[1], -3.544, 5e-4)

    def test_the_longest_ramps(self):
        longest = result("blog-ramp-critical").threshold
        for current, expected in RAMPS["longest"]:
            self.near(longest.sel(I=current), expected, 5e-5)
        self.near(longest.sel(I=19), 17.97806, 5e-5)

    def test_a_ramp_with_n_held_fires_and_with_h_held_does_not(self):
        held = result("blog-ramp-block")
        self.same_runs(held, RAMPS["held"])
        self.assertEqual(held.spike_count.values.tolist(), [0, 0, 1])


class Recorded(Experiment):
    def test_the_recorded_thresholds_are_those_of_the_taylor_series(self):
        path = Path(__file__).parents[1] / "reference" / "reference.json"
        taylor = json.loads(path.read_text(encoding="utf-8"))["thresholds"]
        widths, gaps = dict(STEPS["thresholds"]), dict(REFRACTORY["gaps"])
        self.near(widths[5.0], taylor["blog_pulse_5_ms"]["value_uA_cm2"], 2e-8)
        self.near(widths[15.0], taylor["blog_pulse_15_ms"]["value_uA_cm2"], 2e-8)
        self.near(gaps[50.0], taylor["blog_pair_50"]["value_ms"], 2e-8)
        self.near(gaps[100.0], taylor["blog_pair_100"]["value_ms"], 2e-8)
        self.near(dict(RAMPS["longest"])[19.0], taylor["blog_ramp_19"]["value_ms"], 2e-8)


if __name__ == "__main__":
    unittest.main()
