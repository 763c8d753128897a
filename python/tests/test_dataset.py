# SPDX-License-Identifier: MIT
"""Opening results, selecting neurons, spikes, traces and data frames."""

import netCDF4
import numpy as np
import pytest

import hhsweep


def raw_trains(path):
    """Spike times of each neuron, read without xarray and hhsweep."""
    with netCDF4.Dataset(path) as file:
        sizes, times = np.asarray(file["row_size"][:]), np.asarray(file["spike_time"][:])
    return np.split(times, np.cumsum(sizes)[:-1])


class TestOpen:
    def test_a_missing_file_is_not_found(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="none.nc"):
            hhsweep.open(tmp_path / "none.nc")

    def test_what_is_no_netcdf_file_is_no_result(self, tmp_path):
        (tmp_path / "text.nc").write_text("not a result")
        with pytest.raises(hhsweep.NotAResultError, match="text.nc is not a result"):
            hhsweep.open(tmp_path / "text.nc")
        with pytest.raises(hhsweep.NotAResultError, match="folder"):
            hhsweep.open(tmp_path)

    def test_a_netcdf_file_of_others_is_no_result(self, tmp_path):
        with netCDF4.Dataset(tmp_path / "other.nc", "w"):
            pass
        with pytest.raises(hhsweep.NotAResultError, match="hhsweep_layout"):
            hhsweep.open(tmp_path / "other.nc")

    @pytest.mark.parametrize("engine", ["netcdf4", "h5netcdf"])
    def test_both_engines_give_numbers_in_ms(self, path_of, engine):
        pytest.importorskip({"netcdf4": "netCDF4", "h5netcdf": "h5py"}[engine])
        pytest.importorskip(engine.replace("netcdf4", "netCDF4"))
        with hhsweep.open(path_of("fi"), engine=engine) as ds:
            assert ds.hhsweep.axes == ("I",)
            assert ds.first_spike_time.dtype == np.float64
            assert ds.spike_time.dtype == np.float64


class TestSelection:
    def test_spikes_of_one_neuron_by_value_and_by_number(self, path_of, result):
        trains = raw_trains(path_of("fi"))
        ds = result("fi")
        assert trains[2].size > 5
        np.testing.assert_array_equal(ds.hhsweep.spikes(I=10), trains[2])
        np.testing.assert_array_equal(ds.hhsweep.spikes(neuron=2), trains[2])
        assert ds.hhsweep.spikes(I=0).size == 0

    def test_neurons_are_numbered_row_major(self, path_of, result):
        trains = raw_trains(path_of("map"))
        ds = result("map")
        assert ds.hhsweep.shape == (7, 6, 3)
        for i, current in enumerate(ds.I.values):
            for j, conductance in enumerate(ds.g_Na.values):
                number = (i * 6 + j) * 3 + 1
                assert ds.hhsweep.neuron(I=current, g_Na=conductance, trial=1) == number
                np.testing.assert_array_equal(
                    ds.hhsweep.spikes(I=current, g_Na=conductance, trial=1), trains[number])

    def test_an_unknown_value_is_a_key_error_that_names_the_nearest(self, result):
        ds = result("fi")
        message = r"I = 12 uA/cm\^2: the nearest is 10 .*0, 5, 10"
        with pytest.raises(KeyError, match=message) as caught:
            ds.hhsweep.spikes(I=12)
        assert isinstance(caught.value, hhsweep.HhsweepError)
        np.testing.assert_array_equal(ds.hhsweep.spikes(I=12, tolerance=2), ds.hhsweep.spikes(I=10))
        with pytest.raises(KeyError):
            ds.hhsweep.spikes(I=12, tolerance=1.9)
        with pytest.raises(KeyError):
            ds.hhsweep.spikes(I=np.nan)

    def test_rounding_does_not_lose_a_value(self, result):
        ds = result("fi")
        np.testing.assert_array_equal(ds.hhsweep.spikes(I=10 * (1 + 1e-9)), ds.hhsweep.spikes(I=10))

    def test_an_unknown_axis_is_a_key_error_with_the_right_one(self, result):
        with pytest.raises(KeyError, match="did you mean 'g_Na'"):
            result("map").hhsweep.spikes(g_na=120)

    def test_too_few_values_name_the_axes_that_are_left(self, result):
        with pytest.raises(KeyError, match="18 neurons; choose one value of g_Na and of trial"):
            result("map").hhsweep.spikes(I=10)

    def test_numbers_out_of_range_and_mixed_choices_are_errors(self, result):
        ds = result("fi")
        for wrong in (13, -1, 1.5):
            with pytest.raises(KeyError):
                ds.hhsweep.spikes(neuron=wrong)
        with pytest.raises(KeyError, match="not by both"):
            ds.hhsweep.spikes(neuron=1, I=10)

    def test_several_values_and_ranges(self, result):
        ds = result("map")
        chosen = ds.hhsweep.select(I=slice(10, 30), g_Na=[120, 100], trial=0)
        assert chosen.I.values.tolist() == [10, 20, 30]
        assert chosen.g_Na.values.tolist() == [120, 100]
        np.testing.assert_array_equal(
            chosen.V_max, ds.V_max.sel(I=[10, 20, 30], g_Na=[120, 100], trial=0))
        with pytest.raises(KeyError, match="no value from 61"):
            ds.hhsweep.select(I=slice(61, 70))

    def test_auxiliary_coordinates_choose_along_their_axis(self, path_of, result):
        trains = raw_trains(path_of("pairs"))
        ds = result("pairs")
        assert ds.hhsweep.auxiliary("cell") == ("g_Na", "I")
        np.testing.assert_array_equal(ds.hhsweep.spikes(g_Na=120), trains[2])
        assert ds.hhsweep.neurons(I=10).tolist() == [0, 1]
        np.testing.assert_array_equal(ds.hhsweep.spikes(I=10, g_Na=100), trains[1])
        with pytest.raises(KeyError, match="at once"):
            ds.hhsweep.spikes(I=30, g_Na=100)

    def test_a_single_neuron_needs_no_selection(self, path_of, result):
        ds = result("single")
        assert (ds.hhsweep.axes, ds.hhsweep.shape, ds.hhsweep.size) == ((), (), 1)
        np.testing.assert_array_equal(ds.hhsweep.spikes(), raw_trains(path_of("single"))[0])
        assert ds.hhsweep.trace().V.dims == ("time",)
        assert len(ds.hhsweep.to_dataframe()) == 1


class TestSpikes:
    def test_trains_and_raster_hold_the_same_spikes(self, path_of, result):
        raw = raw_trains(path_of("map"))
        ds = result("map")
        numbers = ds.hhsweep.neurons(g_Na=[100, 120])
        trains = ds.hhsweep.spike_trains(g_Na=[100, 120])
        times, rows = ds.hhsweep.raster(g_Na=[100, 120])
        assert len(trains) == numbers.size == 42
        for row, number in enumerate(numbers):
            np.testing.assert_array_equal(trains[row], raw[number])
            np.testing.assert_array_equal(times[rows == row], raw[number])

    def test_the_histogram_counts_every_spike_once(self, path_of, result):
        raw = raw_trains(path_of("fi"))
        ds = result("fi")
        rate = ds.hhsweep.psth(7, I=[20, 30])
        counted = rate.values.sum() * 2 * 7 / 1000
        assert counted == pytest.approx(raw[4].size + raw[6].size)
        assert rate.time.values[:2].tolist() == [3.5, 10.5]
        assert rate.units == "Hz"
        window = ds.hhsweep.psth(10, I=30, window=(50, 100))
        inside = ((raw[6] >= 50) & (raw[6] < 100)).sum()
        assert window.values.sum() * 10 / 1000 == pytest.approx(inside)

    def test_diverged_neurons_do_not_dilute_the_histogram(self, result):
        ds = result("diverged")
        alone = ds.hhsweep.psth(5, I=20, g_Na=120)
        both = ds.hhsweep.psth(5, I=[20, -120], g_Na=120)
        np.testing.assert_array_equal(alone, both)
        assert np.isnan(ds.hhsweep.psth(5, I=-120)).all()

    def test_without_spike_times_the_message_says_how_to_record_them(self, result):
        with pytest.raises(hhsweep.MissingDataError, match="spike_times = true"):
            result("bare").hhsweep.spikes()

    def test_a_part_or_another_order_is_refused_rather_than_mistaken(self, result):
        ds = result("fi")
        for part in (ds.isel(I=slice(0, 5)), ds.isel(I=3), ds.isel(I=slice(None, None, -1)),
                     ds.sortby("I", ascending=False)):
            with pytest.raises(hhsweep.MissingDataError, match="select in the call"):
                part.hhsweep.spike_trains()


class TestTraces:
    def test_a_trace_has_its_place_on_the_axes(self, result):
        ds = result("map")
        trace = ds.hhsweep.trace(I=60)
        assert (float(trace.trace_I), float(trace.trace_g_Na)) == (60, 120)
        assert set(trace.data_vars) == {"V", "m", "h", "n", "I_stim", "I_Na", "I_K", "I_L"}
        np.testing.assert_array_equal(
            trace.V, ds.V.isel(trace=int(np.flatnonzero(ds.trace_I == 60)[0])))

    def test_a_neuron_without_trace_is_a_key_error_that_lists_those_with(self, result):
        ds = result("map")
        with pytest.raises(KeyError, match=r"neuron 24 \(I = 10, g_Na = 120, trial = 0\)"):
            ds.hhsweep.trace(I=20)
        with pytest.raises(KeyError, match="2 selected neurons have traces"):
            ds.hhsweep.trace(g_Na=120)
        assert ds.hhsweep.traces(g_Na=120).sizes["trace"] == 2

    def test_without_traces_the_message_says_how_to_record_them(self, result):
        with pytest.raises(hhsweep.MissingDataError, match=r"\[record.trace\]"):
            result("fi").hhsweep.trace(I=10)


class TestDataFrames:
    def test_one_row_a_neuron(self, result):
        ds = result("map")
        frame = ds.hhsweep.to_dataframe()
        assert frame.index.name == "neuron"
        assert list(frame.columns[:3]) == ["I", "g_Na", "trial"]
        for number in (0, 50, 125):
            row = frame.loc[number]
            there = ds.sel(I=row.I, g_Na=row.g_Na, trial=row.trial)
            assert row.spike_count == there.spike_count
            assert row.V_max == there.V_max

    def test_auxiliary_coordinates_are_columns(self, result):
        frame = result("pairs").hhsweep.to_dataframe()
        assert frame.g_Na.tolist() == [140, 100, 120, 90]
        assert frame.cell.tolist() == [0, 1, 2, 3]

    def test_one_row_a_spike(self, path_of, result):
        frame = result("map").hhsweep.spikes_to_dataframe()
        raw = raw_trains(path_of("map"))
        assert len(frame) == sum(map(len, raw))
        np.testing.assert_array_equal(frame[frame.neuron == 80].spike_time, raw[80])
        assert (frame[frame.neuron == 80].I == 40).all()

    def test_a_part_does_not_claim_numbers_of_neurons(self, result):
        part = result("fi").hhsweep.select(I=slice(10, 20))
        assert part.hhsweep.to_dataframe().index.name is None


class TestVariables:
    def test_diverged_neurons_are_nan_never_zero_or_minus_one(self, result):
        ds = result("diverged")
        counts = ds.hhsweep.variable("spike_count")
        assert np.isnan(counts.sel(I=-120)).all()
        assert (counts.sel(I=20) > 0).all()
        assert ds.hhsweep.ok.sel(g_Na=120).values.tolist() == [True, False, True, False, True]

    def test_a_misspelt_variable_is_corrected(self, result):
        with pytest.raises(hhsweep.MissingDataError, match="did you mean 'firing_rate'"):
            result("fi").hhsweep.variable("fireing_rate")
        with pytest.raises(hhsweep.MissingDataError, match="V is a trace"):
            result("single").hhsweep.variable("V")

    def test_the_sweep_has_its_defaults(self, result):
        assert result("fi").hhsweep.sweep["run"]["dt"] == 0.01
