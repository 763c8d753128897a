#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The experiments of the slides."""

import unittest

import numpy as np

from experiment import EXPECTED, Experiment, result

SLIDES = EXPECTED["slides"]


class Pulse(Experiment):
    def test_the_code_and_the_right_beta_h_make_one_spike_each(self):
        self.same_runs(result("slides-pulse"), [SLIDES["code"], SLIDES["right"]])

    def test_squid_from_its_rest_makes_the_same_spike_a_tenth_of_a_mV_lower(self):
        squid = result("slides-pulse", "axis.beta_h_scale.values=[10.0]", "initial.at=rest")
        self.same_runs(squid, [SLIDES["right_from_rest"]])
        self.near(SLIDES["right"]["v_max"] - squid.V_max.item(), 0.1, 0.005)

    def test_the_stimulus_is_10_from_1_to_3_ms(self):
        traced = result("slides-pulse").isel(trace=0)
        on = (traced.time >= 1.0) & (traced.time < 3.0)
        self.assertTrue(np.array_equal(traced.I_stim.values, np.where(on, 10.0, 0.0)))

    def test_the_start_of_the_slides_is_near_rest_of_the_right_model(self):
        np.testing.assert_allclose(SLIDES["squid_rest"], [-65.0, 0.05, 0.6, 0.317], rtol=0, atol=5e-3)

    def test_voltage_never_comes_near_the_minus_90_of_the_review(self):
        self.assertGreater(result("slides-pulse").V_min.min(), -77.0)

    def test_a_pulse_just_too_weak_leaves_a_hump_near_minus_53_mV(self):
        squid = result("slides-pulse", "axis.beta_h_scale.values=[10.0]", "initial.at=rest", "run.dt=0.002",
                       "stimulus.pulse.amplitude=3.85935")
        self.same_runs(squid, [SLIDES["just_below"]], peak=2e-3)
        self.near(squid.V_max, -52.93, 0.01)

    def test_sodium_conductance_is_above_half_its_peak_for_one_ms(self):
        traced = result("slides-pulse").isel(trace=1)
        conductance = 120 * traced.m**3 * traced.h
        wide = traced.time[(conductance > conductance.max() / 2).values].values
        first, last = SLIDES["sodium_open_half"]
        self.near(wide[0], first, 0.06)
        self.near(wide[-1], last, 0.06)
        self.near(last - first, 1.0, 0.06)


class PrintedFormula(Experiment):
    def test_the_cell_stays_at_its_upper_equilibrium(self):
        both = result("slides-formulas")
        self.same_runs(both, [SLIDES["right"], SLIDES["printed"]])
        end = both.isel(trace=1, time=-1)
        np.testing.assert_allclose([end.V, end.m, end.h, end.n], SLIDES["printed"]["end"], rtol=0, atol=1e-6)
        self.near(end.V, 21.0896, 1e-4)
        self.assertEqual(len(SLIDES["printed_equilibrium_v"]), 1)
        self.near(end.V, SLIDES["printed_equilibrium_v"][0], 1e-4)

    def test_without_the_pulse_it_stays_at_rest(self):
        quiet = result("slides-formulas", "stimulus.pulse.amplitude=0")
        self.assertTrue((quiet.V_max < -64.9).all())


class Spontaneous(Experiment):
    def test_spikes_without_current_settle_at_an_interval_of_492_80_ms(self):
        found = result("slides-spontaneous").spike_time.values
        expected = np.array(SLIDES["spontaneous_spikes"])
        self.assertEqual(len(found), 6)
        np.testing.assert_allclose(found, expected[:6], rtol=0, atol=0.02)
        self.near(found[1] - found[0], 582.54, 0.01)
        self.near(np.diff(expected)[-1], 492.80, 0.005)
        self.near(np.diff(found)[-1], 492.80, 0.005)

    def test_rest_is_unstable(self):
        self.near(SLIDES["rest_growth"], 1 / 1292, 1e-7)


if __name__ == "__main__":
    unittest.main()
