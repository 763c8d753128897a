# SPDX-License-Identifier: MIT
"""What figures show: the numbers of the result, units, gaps, and nothing over anything else."""

import itertools
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm
from matplotlib.text import Text

import hhsweep
from hhsweep import plot
from hhsweep.plot import style


def drawn(figure, label=None):
    """The data of the first line of the first axes that is longer than a mark, (x, y)."""
    for line in figure.axes[0].get_lines():
        if label is None or line.get_label() == label:
            return np.asarray(line.get_xdata()), np.asarray(line.get_ydata(), dtype=float)
    raise AssertionError(f"no line {label}")


def mesh_of(figure):
    return next(item for item in figure.axes[0].collections if isinstance(item, QuadMesh))


def legend_of(figure):
    legends = [ax.get_legend() for ax in figure.axes if ax.get_legend()]
    return [text.get_text() for legend in legends for text in legend.get_texts()]


def ticks_out_of_view(figure):
    """Labels of ticks beyond the limits of their axis, which are not drawn."""
    hidden = set()
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            room = 1e-9 * (high - low)
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not low - room <= tick.get_loc() <= high + room:
                    hidden |= {id(tick.label1), id(tick.label2)}
    return hidden


def assert_legible(figure):
    """Every text lies within the figure, and none over another."""
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    hidden = ticks_out_of_view(figure)
    boxes = {(text.get_text(), id(text)): text.get_window_extent(renderer)
             for text in figure.findobj(Text)
             if text.get_visible() and text.get_text().strip() and id(text) not in hidden}
    assert len(boxes) > 4
    width, height = figure.canvas.get_width_height()
    for (text, _), box in boxes.items():
        assert box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1, text
    for ((a, _), box), ((b, _), other) in itertools.combinations(boxes.items(), 2):
        across = min(box.x1, other.x1) - max(box.x0, other.x0)
        upwards = min(box.y1, other.y1) - max(box.y0, other.y0)
        assert min(across, upwards) < 1, (a, b)


def test_the_check_of_legibility_can_fail():
    figure = plt.figure()
    for i in range(6):
        figure.text(0.1, 0.1 + 0.1 * i, f"text {i}")
    assert_legible(figure)
    over = figure.text(0.11, 0.11, "over another")
    with pytest.raises(AssertionError, match="over another"):
        assert_legible(figure)
    over.set_position((0.95, 0.95))
    with pytest.raises(AssertionError, match="over another"):
        assert_legible(figure)


ALL_KINDS = [
    ("fi", "fi-curve", {}), ("fi", "fi-curve", {"fit": "sigmoid"}),
    ("fi", "fi-curve", {"fit": "log"}), ("fi", "fi-curve", {"fit": "power"}),
    ("fi", "statistic", {"variable": "V_max"}), ("fi", "raster", {}),
    ("map", "fi-curve", {}), ("map", "heat-map", {}), ("map", "traces", {}),
    ("map", "phase-planes", {}), ("map", "raster", {}), ("map", "raster", {"select": {"trial": 0}}),
    ("map", "raster", {"select": {"g_Na": 120}}), ("map", "traces", {"select": {"I": 10}}),
    ("pairs", "statistic", {}), ("pairs", "raster", {}), ("trials", "raster", {}),
    ("single", "raster", {}), ("single", "traces", {}), ("diverged", "heat-map", {}),
    ("diverged", "fi-curve", {}), ("diverged", "raster", {}), ("diverged", "traces", {}),
    ("passive", "strength-duration", {}), ("passive", "threshold-curve", {}),
    ("thresholds", "threshold-map", {}), ("thresholds", "threshold-curve", {}),
    ("thresholds", "strength-duration", {"select": {"E_L": -40}}),
    ("thresholds", "heat-map", {"variable": "spike_count"}),
    ("conditions", "traces", {}), ("gap", "threshold-curve", {}),
]


@pytest.mark.parametrize("name, kind, options", ALL_KINDS)
def test_every_kind_is_legible(result, name, kind, options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", plot.PlotWarning)
        figure = plot.figure(result(name), kind, **options)
    assert_legible(figure)


@pytest.mark.parametrize("name, kind", [
    ("fi", "fi-curve"), ("map", "heat-map"), ("pairs", "statistic"), ("trials", "raster"),
    ("single", "traces"), ("passive", "strength-duration"), ("thresholds", "threshold-map"),
    ("diverged", "fi-curve"), ("conditions", "traces"), ("gap", "threshold-curve")])
def test_the_kind_that_fits_is_chosen(result, name, kind):
    assert plot.choose_kind(result(name)) == kind


def test_choices_override(result):
    ds = result("map")
    assert plot.choose_kind(ds, x="g_Na") == "statistic"
    assert plot.choose_kind(ds, y="g_Na") == "heat-map"
    assert plot.choose_kind(ds, fit="log") == "fi-curve"
    assert plot.choose_kind(ds, select={"neuron": 24}) == "traces"
    assert plot.choose_kind(ds, select={"neuron": 3}) == "raster"
    assert plot.choose_kind(result("thresholds"), select={"E_L": -40}) == "strength-duration"


class TestCurves:
    def test_the_points_are_those_of_the_result(self, result):
        ds = result("fi")
        x, y = drawn(plot.fi_curve(ds))
        np.testing.assert_array_equal(x, ds.I)
        np.testing.assert_array_equal(y, ds.firing_rate)

    def test_labels_have_units_as_typeset(self, result):
        ax = plot.fi_curve(result("fi")).axes[0]
        assert ax.get_xlabel() == "Current $I$ (µA/cm²)"
        assert ax.get_ylabel() == "Firing rate (Hz)"
        assert ax.get_title(loc="left") == "F-I curve"
        assert plot.fi_curve(result("fi"), title="").axes[0].get_title(loc="left") == ""

    def test_repetitions_are_averaged_and_a_second_axis_makes_lines(self, result):
        ds = result("map")
        figure = plot.statistic(ds, "V_max", "I", select={"g_Na": [120, 160]})
        labels = [f"$g_{{\\mathrm{{Na}}}}$ = {value} mS/cm²" for value in (160, 120)]
        assert legend_of(figure) == labels
        _, y = drawn(figure, labels[1])
        np.testing.assert_allclose(y, ds.V_max.sel(g_Na=120).mean("trial"))
        assert "mean ± SD, n = 3" in figure.axes[0].get_ylabel()

    def test_an_unordered_coordinate_is_scattered(self, result):
        figure = plot.statistic(result("pairs"), "V_max", "g_Na")
        line = figure.axes[0].get_lines()[0]
        assert (line.get_linestyle(), line.get_marker()) == ("None", "o")
        np.testing.assert_array_equal(line.get_xdata(), [90, 100, 120, 140])
        assert plot.statistic(result("pairs"), "V_max", "cell").axes[0].get_lines()[0] \
            .get_linestyle() == "-"

    def test_drawn_neurons_are_dots_over_one_of_their_parameters(self, result):
        ds = result("drawn")
        assert plot.choose_kind(ds) == "statistic"
        line = plot.figure(ds, variable="V_max", x="g_K").axes[0].get_lines()[0]
        assert (line.get_linestyle(), line.get_marker()) == ("None", "o")
        np.testing.assert_array_equal(line.get_ydata(), ds.V_max[np.argsort(ds.g_K.values)])
        assert plot.raster(ds).axes[0].get_ylabel() == "Cell"

    def test_an_unordered_axis_is_joined_in_order(self, result):
        ds = result("map")
        x, y = drawn(plot.statistic(ds, "V_max", "g_Na", select={"I": 10, "trial": 0}))
        assert x.tolist() == [60, 80, 100, 120, 140, 160]
        np.testing.assert_array_equal(y, ds.V_max.sel(I=10, trial=0).sortby("g_Na"))

    def test_diverged_neurons_are_gaps_and_marked_never_zero(self, result):
        ds = result("diverged")
        for variable in ("firing_rate", "spike_count", "V_max"):
            figure = plot.statistic(ds, variable, "I", select={"g_Na": 120})
            x, y = drawn(figure)
            assert x.tolist() == [-120, -100, 0, 10, 20]
            assert np.isnan(y[:2]).all() and np.isfinite(y[2:]).all()
            marks, _ = drawn(figure, "diverged")
            assert marks.tolist() == [-120, -100]
            assert "diverged" in legend_of(figure)

    def test_neurons_that_did_not_run_are_marked_too(self, result):
        ds = result("fi").load()
        status = ds.status.copy(data=np.where(ds.I == 30, 2, 0).astype("int8"))
        figure = plot.statistic(ds.assign(status=status), "spike_count")
        x, y = drawn(figure)
        assert x[np.isnan(y)].tolist() == [30]
        assert drawn(figure, "not run")[0].tolist() == [30]

    def test_nothing_but_diverged_neurons_is_an_error(self, result):
        with pytest.raises(hhsweep.PlotError, match="every neuron diverged"):
            plot.fi_curve(result("all-diverged"))

    def test_fits_are_drawn_and_kept(self, result):
        ds = result("fi")
        figure = plot.fi_curve(ds, fit="log", select={"I": slice(10, 60)})
        ((label, fit),) = plot.fits_of(figure)
        assert label == ""
        slope, offset = np.polyfit(np.log(ds.I[2:]), ds.firing_rate[2:], 1)
        assert fit.parameters == pytest.approx({"a": offset, "b": slope}, rel=1e-5)
        assert any("ln" in text and f"{slope:.3g}" in text for text in legend_of(figure))
        assert plot.fits_of(plot.fi_curve(ds)) == []

    def test_a_fit_to_silence_is_an_error(self, result):
        with pytest.raises(hhsweep.PlotError, match="nothing spiked"):
            plot.fi_curve(result("silent"), fit="sigmoid")

    def test_many_values_are_thinned_and_said(self, result):
        with pytest.warns(plot.PlotWarning, match="6 of the 13 values of I"):
            plot.figure(result("fi").expand_dims(other=3).assign_attrs(hhsweep_axes="I other")
                        .hhsweep.per_neuron().drop_vars("sweep_resolved")
                        .assign_coords(other=("other", [1.0, 2, 3], {"hhsweep_parameter": "a.b"})),
                        "statistic", x="other")

    def test_axes_of_ones_own_are_drawn_on(self, result):
        figure, (left, right) = plt.subplots(1, 2)
        assert plot.fi_curve(result("fi"), ax=left) is figure
        assert plot.heat_map(result("map"), ax=right) is figure
        assert left.get_lines() and right.collections

    def test_the_users_parameters_are_left_alone(self, result):
        before = dict(plt.rcParams)
        plot.fi_curve(result("fi"))
        assert dict(plt.rcParams) == before


class TestMaps:
    def test_cells_are_those_of_the_result(self, result):
        ds = result("map")
        figure = plot.heat_map(ds, "V_max", select={"trial": 0})
        mesh = mesh_of(figure)
        np.testing.assert_array_equal(
            np.ma.filled(mesh.get_array(), np.nan).reshape(6, 7),
            ds.V_max.sel(trial=0).sortby("g_Na").transpose("g_Na", "I"))
        assert figure.axes[0].get_xlabel() == "Current $I$ (µA/cm²)"
        assert figure.axes[1].get_ylabel() == "Peak of $V$ (mV)"

    def test_axes_can_be_exchanged(self, result):
        figure = plot.heat_map(result("map"), x="g_Na", y="I")
        assert figure.axes[0].get_ylabel() == "Current $I$ (µA/cm²)"
        assert "mean of 3" in figure.axes[1].get_ylabel()

    def test_diverged_cells_are_hatched_and_have_no_colour(self, result):
        figure = plot.heat_map(result("diverged"))
        cells = mesh_of(figure).get_array().reshape(2, 5)
        assert np.ma.getmaskarray(cells)[1].tolist() == [True, True, False, False, False]
        hatched = [item for item in figure.axes[0].collections if item.get_hatch()]
        assert hatched and legend_of(figure) == ["diverged"]

    def test_undefined_cells_are_told_from_diverged_ones(self, result):
        assert legend_of(plot.heat_map(result("diverged"), "mean_isi")) == ["diverged", "undefined"]

    def test_thresholds_say_where_and_why_there_is_none(self, result):
        ds = result("thresholds")
        assert (ds.threshold_status == 1).any() and (ds.threshold_status == 0).any()
        figure = plot.threshold_map(ds)
        assert legend_of(figure) == ["none up to 30 µA/cm²"]
        cells = np.ma.filled(mesh_of(figure).get_array(), np.nan).reshape(6, 7)
        np.testing.assert_array_equal(cells, ds.threshold.transpose("E_L", "width"))
        assert isinstance(mesh_of(figure).norm, LogNorm)

    def test_a_map_takes_two_axes(self, result):
        with pytest.raises(hhsweep.PlotError, match="two axes"):
            plot.heat_map(result("fi"))
        with pytest.raises(hhsweep.PlotError, match="along one axis"):
            plot.heat_map(result("pairs"), x="g_Na", y="I")

    def test_of_more_than_two_axes_the_longest_are_drawn_and_the_rest_said(self, result):
        ds = result("four-axes")
        with pytest.warns(plot.PlotWarning, match=r"g_Na = 100, g_L = 0.2, .*--select g_Na=VALUE"):
            figure = plot.heat_map(ds)
        assert figure.axes[0].get_xlabel().startswith("Current")
        np.testing.assert_array_equal(
            mesh_of(figure).get_array().reshape(7, 8),
            ds.firing_rate.sel(g_Na=100, g_L=0.2).transpose("g_K", "I"))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            plot.heat_map(ds, select={"g_Na": 120, "g_L": 0.3})

    def test_silence_is_drawn_and_said(self, result):
        ds = result("map")
        with pytest.warns(plot.PlotWarning, match="nothing spiked"):
            plot.heat_map(ds.assign(firing_rate=ds.firing_rate.copy(data=0 * ds.firing_rate)))

    def test_edges_lie_half_way_in_each_scale(self):
        from hhsweep.plot.maps import edges_of
        np.testing.assert_allclose(edges_of(np.array([1.0, 2, 4]), False), [0.5, 1.5, 3, 5])
        np.testing.assert_allclose(edges_of(np.array([1.0, 4, 16]), True), [0.5, 2, 8, 32])
        np.testing.assert_allclose(edges_of(np.array([3.0]), False), [2.5, 3.5])


class TestThresholds:
    def test_the_passive_membrane_has_its_rheobase_and_chronaxie(self, result):
        figure = plot.strength_duration(result("passive"))
        (_, lapicque), (_, weiss) = plot.fits_of(figure)
        assert (lapicque.kind, weiss.kind) == ("lapicque", "weiss")
        text = "\n".join(legend_of(figure))
        assert "= 1.5 µA/cm²" in text and "= 2.31 ms" in text
        x, y = drawn(figure)
        np.testing.assert_array_equal(y, result("passive").threshold)
        assert figure.axes[0].get_xscale() == figure.axes[0].get_yscale() == "log"

    def test_one_law_or_none(self, result):
        assert len(plot.fits_of(plot.strength_duration(result("passive"), fit="weiss"))) == 1
        assert plot.fits_of(plot.strength_duration(result("passive"), fit=None)) == []

    def test_what_was_not_found_is_marked(self, result):
        figure = plot.threshold_curve(result("thresholds"), "width", select={"E_L": -70})
        marks, _ = drawn(figure, "none up to 30 µA/cm²")
        x, y = drawn(figure)
        assert marks.tolist() == x[np.isnan(y)].tolist() != []

    def test_marks_have_the_colour_of_their_line(self, result):
        ax = plot.threshold_curve(result("thresholds"), "width").axes[0]
        lines = {line.get_color(): np.asarray(line.get_ydata(), dtype=float)
                 for line in ax.get_lines() if line.get_linestyle() == "-"}
        marks = {line.get_color(): len(line.get_xdata())
                 for line in ax.get_lines() if line.get_marker() == "^" and len(line.get_xdata())}
        assert marks == {color: np.isnan(y).sum() for color, y in lines.items() if np.isnan(y).any()}

    def test_a_searched_start_after_another_stimulus_is_a_gap(self, result):
        ax = plot.threshold_curve(result("gap")).axes[0]
        assert ax.get_ylabel().replace("\n", " ") == "Threshold: gap before second (ms)"

    def test_long_titles_break(self, result):
        assert plot.threshold_curve(result("gap")).axes[0].get_title(loc="left").count("\n") == 1

    def test_no_threshold_at_all_is_an_error_with_the_reason(self, result):
        for kind in ("threshold-curve", "strength-duration", None):
            with pytest.raises(hhsweep.PlotError,
                               match=r"no event in the bracket \(0 to 1\) for 3 of 3"):
                plot.figure(result("no-threshold"), kind)


class TestRaster:
    def test_every_spike_is_drawn_once(self, result):
        ds = result("fi")
        figure = plot.raster(ds, bin=10)
        lines = figure.axes[0].collections[0].get_segments()
        times, rows = ds.hhsweep.raster()
        np.testing.assert_allclose(sorted(segment[0][0] for segment in lines), np.sort(times))
        np.testing.assert_allclose(sorted(segment[:, 1].mean() for segment in lines), np.sort(rows))
        heights, edges, _ = figure.axes[1].patches[0].get_data()
        assert (heights * np.diff(edges)).sum() * 13 / 1000 == pytest.approx(times.size)

    def test_diverged_rows_are_shaded(self, result):
        assert "diverged" in legend_of(plot.raster(result("diverged")))

    def test_silence_and_missing_spike_times_are_errors(self, result):
        with pytest.raises(hhsweep.PlotError, match="nothing spiked: none of the 3"):
            plot.raster(result("silent"))
        with pytest.raises(hhsweep.PlotError, match="nothing spiked.*diverged"):
            plot.raster(result("diverged"), select={"I": -120})
        with pytest.raises(hhsweep.MissingDataError, match="spike_times = true"):
            plot.raster(result("bare"))

    def test_a_window_shows_a_part(self, result):
        figure = plot.raster(result("fi"), window=(50, 100))
        assert figure.axes[1].get_xlim() == (50, 100)
        with pytest.raises(hhsweep.PlotError, match="from 0 to 1 ms"):
            plot.raster(result("fi"), window=(0, 1))


class TestTraces:
    def test_each_recorded_variable_is_drawn(self, result):
        ds = result("map")
        figure = plot.traces(ds, select={"I": 10})
        shown = {line.get_label(): line for ax in figure.axes for line in ax.get_lines()}
        trace = ds.hhsweep.trace(I=10)
        for name in trace.data_vars:
            np.testing.assert_array_equal(shown[style.symbol_text(name)].get_ydata(), trace[name])
        assert len(figure.axes) == 4

    def test_the_end_of_a_diverged_trace_is_marked(self, result):
        figure = plot.traces(result("diverged"), select={"I": -120, "g_Na": 120})
        assert any(text.get_text() == "diverged" for text in figure.findobj(Text))

    def test_more_traces_than_columns_are_said(self, result):
        with pytest.warns(plot.PlotWarning, match="4 of 10 traces"):
            plot.traces(result("diverged"))

    def test_phase_planes_show_gates_over_voltage_with_steady_states(self, result):
        ds = result("map")
        figure = plot.phase_planes(ds, select={"I": 10})
        assert [ax.get_ylabel() for ax in figure.axes] == ["$m$", "$h$", "$n$"]
        line = figure.axes[2].get_lines()[0]
        np.testing.assert_array_equal(line.get_xdata(), ds.hhsweep.trace(I=10).V)
        np.testing.assert_array_equal(line.get_ydata(), ds.hhsweep.trace(I=10).n)
        # Before the stimulus the neuron rests, so its trajectory begins on the steady state.
        steady = figure.axes[2].get_lines()[2]
        assert steady.get_label() == "steady state"
        assert np.interp(line.get_xdata()[0], *steady.get_data()) == pytest.approx(
            line.get_ydata()[0], abs=1e-4)

    def test_phase_planes_take_gates(self, result):
        with pytest.raises(hhsweep.MissingDataError, match="V and of m, h or n"):
            plot.phase_planes(result("single"))


class TestCurvesOfTheModel:
    def test_a_table_of_the_program_is_drawn(self, program, tmp_path):
        import subprocess
        table = tmp_path / "c.csv"
        subprocess.run([program, "model", "--curves", table], check=True, capture_output=True)
        figure = plot.curves(table)
        m_inf = figure.axes[0].get_lines()[0]
        voltage = m_inf.get_xdata()
        alpha = np.where(voltage == -40, 1, (voltage + 40) / 10 / -np.expm1(-(voltage + 40) / 10
                                                                        + (voltage == -40)))
        expected = alpha / (alpha + 4 * np.exp(-(voltage + 65) / 18))
        np.testing.assert_allclose(m_inf.get_ydata(), expected, rtol=1e-6)
        assert_legible(figure)

    def test_other_tables_are_errors(self, tmp_path):
        (tmp_path / "x.csv").write_text("a,b\n1,2\n")
        with pytest.raises(hhsweep.PlotError, match="no column V_mV"):
            plot.curves(tmp_path / "x.csv")
        (tmp_path / "empty.csv").write_text("")
        with pytest.raises(hhsweep.PlotError):
            plot.curves(tmp_path / "empty.csv")


class TestStyle:
    @pytest.mark.parametrize("unit, text", [
        ("uA/cm^2", "µA/cm²"), ("mS/cm^2", "mS/cm²"), ("uF/cm^2", "µF/cm²"), ("degC", "°C"),
        ("1/ms", "ms⁻¹"), ("1", ""), ("Hz", "Hz"), ("mV", "mV"), ("degree", "°")])
    def test_units_are_typeset(self, unit, text):
        assert style.unit_text(unit) == text

    def test_names_are_symbols_where_the_literature_has_one(self):
        assert style.symbol_text("g_Na") == "$g_{\\mathrm{Na}}$"
        assert style.symbol_text("I") == "$I$"
        assert style.symbol_text("rise") == ""

    def test_scales_follow_the_spacing(self):
        assert style.is_logarithmic(np.geomspace(0.1, 20, 9))
        assert style.is_logarithmic(np.array([0.1, 0.2, 0.5, 1, 2, 5, 10, 20]))
        assert not style.is_logarithmic(np.linspace(1, 100, 9))
        assert not style.is_logarithmic(np.array([0, 1, 10, 100]))

    def test_what_is_zero_but_for_rounding_is_zero(self):
        assert style.number_texts(np.array([-20, -7e-15, 20])) == ["−20", "0", "20"]


class TestKinds:
    def test_what_a_result_cannot_give_is_said_with_what_it_can(self, result):
        with pytest.raises(hhsweep.PlotError, match=r"traces takes traces \(\[record.trace\]\), "
                           "which this result has not; it can give fi-curve, raster, statistic"):
            plot.figure(result("fi"), "traces")
        assert plot.possible_kinds(result("bare")) == []
        with pytest.raises(hhsweep.PlotError, match="gives no figure; record traces"):
            plot.figure(result("bare"))

    def test_an_unknown_kind_is_corrected(self, result):
        with pytest.raises(hhsweep.PlotError, match="did you mean 'heat-map'"):
            plot.figure(result("map"), "heatmap")

    def test_an_option_of_another_kind_is_an_error(self, result):
        with pytest.raises(hhsweep.PlotError, match="heat-map takes no fit; fi-curve, strength"):
            plot.figure(result("map"), "heat-map", fit="log")

    def test_the_accessor_draws_too(self, result):
        x, y = drawn(result("fi").hhsweep.plot())
        np.testing.assert_array_equal(y, result("fi").firing_rate)


class TestSave:
    @pytest.mark.parametrize("suffix, start", [("png", b"\x89PNG"), ("svg", b"<?xml"),
                                               ("pdf", b"%PDF")])
    def test_equal_figures_are_equal_files(self, result, tmp_path, suffix, start):
        for name in "ab":
            plot.save(plot.fi_curve(result("fi")), tmp_path / f"{name}.{suffix}")
        first = (tmp_path / f"a.{suffix}").read_bytes()
        assert first.startswith(start)
        assert first == (tmp_path / f"b.{suffix}").read_bytes()
        assert sorted(path.name for path in tmp_path.iterdir()) == [f"a.{suffix}", f"b.{suffix}"]

    def test_text_of_an_svg_stays_text(self, result, tmp_path):
        plot.save(plot.fi_curve(result("fi")), tmp_path / "x.svg")
        assert "Firing rate (Hz)" in (tmp_path / "x.svg").read_text(encoding="utf-8")

    def test_another_format_is_an_error(self, result, tmp_path):
        with pytest.raises(hhsweep.PlotError, match=".png, .svg or .pdf"):
            plot.save(plot.fi_curve(result("fi")), tmp_path / "x.jpg")
