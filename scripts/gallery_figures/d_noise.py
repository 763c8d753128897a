# SPDX-License-Identifier: MIT
"""Figures of noise, heterogeneous populations and a recorded current."""


import numpy as np
from hhsweep.plot.style import BLACK, BLUE, DOUBLE_COLUMN, GREEN, GREY, LINES, ORANGE, SKY, VERMILION
from hhsweep.trains import reliability as similarity
from hhsweep.trains import signal_to_noise, spike_triggered_average, vector_strength
from scipy.stats import rankdata

from . import canvas, figure, panel_letters, tidy


def ticks(ax, trains, first=0, color=BLACK):
    """A row of ticks for each spike train, upwards from row `first`."""
    ax.eventplot(trains, lineoffsets=np.arange(first, first + len(trains)), linelengths=0.8, linewidths=0.5,
                 colors=color)


def near(coordinate, value):
    """The value of a coordinate nearest to `value`."""
    return coordinate.values[np.argmin(abs(coordinate.values - value))]


@figure("reliability")
def reliability(examples):
    """Current, raster and histogram of trials without and with a frozen signal; reliability over its SD."""
    result = examples("reliability")
    window = (200, 1200)
    fig = canvas(DOUBLE_COLUMN, 3.8)
    axes = fig.subplot_mosaic([["i0", "i6", "n"], ["r0", "r6", "n"], ["p0", "p6", "n"]], height_ratios=[0.6, 1.6, 0.8],
                              width_ratios=[1, 1, 0.8])
    for place, (number, signal) in enumerate(((0, 0.0), (2, 6.0))):
        trace = result.isel(trace=number)
        top, middle, bottom = (axes[f"{row}{place * 6}"] for row in "irp")
        top.plot(result.time, trace.I_stim, color=BLACK, lw=0.5)
        top.set_title(f"signal of {signal:g} µA/cm²", fontsize=7.5, loc="right")
        top.set_ylim(-12, 32)
        ticks(middle, result.hhsweep.spike_trains(signal=signal))
        rate = result.hhsweep.psth(2, window=(0, 1200), signal=signal)
        bottom.stairs(rate.values, np.append(rate.time.values - 1, rate.time.values[-1] + 1), fill=True, color=SKY)
        bottom.set(xlabel="Time (ms)", ylim=(0, 500))
        for ax in (top, middle, bottom):
            ax.set_xlim(0, 600)
        for ax in (top, middle):
            ax.tick_params(labelbottom=False)
    axes["i0"].set_ylabel("$I$ (µA/cm²)")
    axes["r0"].set_ylabel("Trial")
    axes["p0"].set_ylabel("Rate (Hz)")
    signals = result.signal.values
    rate = float(result.firing_rate.sel(signal=0).mean())
    for width, color in ((1.0, BLACK), (3.0, BLUE)):
        values = [similarity(result.hhsweep.spike_trains(signal=s), width, window) for s in signals]
        axes["n"].plot(signals, values, "o-", color=color, ms=2.5, label=f"width {width:g} ms")
    axes["n"].axhline(2 * np.sqrt(np.pi) * rate / 1000, color=GREY, ls="--", lw=0.7)
    axes["n"].annotate("unrelated trains, 1 ms", (6, 2 * np.sqrt(np.pi) * rate / 1000 - 0.02), fontsize=6.5, ha="right",
                       va="top", color=GREY)
    axes["n"].set(xlabel="SD of the frozen signal\n(µA/cm²)", ylabel="Reliability", ylim=(0, 1))
    axes["n"].legend(loc="lower right", bbox_to_anchor=(1, 0.3))
    tidy(*axes.values())
    panel_letters([axes["i0"], axes["i6"], axes["n"]])
    return fig


def pooled_cv(result):
    """CV of the intervals of all trials together, from each trial's count, mean and CV."""
    intervals = (result.spike_count - 1).clip(min=0)
    some = intervals > 0
    first = (intervals * result.mean_isi).where(some, 0).sum("trial")
    second = (intervals * result.mean_isi**2 * (1 + result.cv_isi**2)).where(some, 0).sum("trial")
    count = intervals.sum("trial")
    mean = first / count.where(count >= 20)
    return np.sqrt((second / count - mean**2).clip(min=0)) / mean


@figure("noise-map")
def noise_map(examples):
    """Rate and CV over mean and SD of the noise; how noise silences and drives the axon."""
    result = examples("noise-map")
    rate, cv = result.firing_rate.mean("trial"), pooled_cv(result)
    fig = canvas(DOUBLE_COLUMN, 2.8)
    left, middle, right = fig.subplots(1, 3)
    for ax, values, colors, label, top in ((left, rate, "viridis", "Firing rate (Hz)", None),
                                           (middle, cv, "magma", "CV of the intervals", 2.0)):
        mesh = ax.pcolormesh(values["mean"], values.sigma, values.transpose("sigma", "mean"), cmap=colors, vmin=0, vmax=top,
                             shading="nearest", rasterized=True)
        bar = fig.colorbar(mesh, ax=ax, pad=0.02, extend="max" if top else "neither", location="top", aspect=25)
        bar.set_label(label)
        ax.set(xlabel="Mean (µA/cm²)", ylabel="SD (µA/cm²)")
        for edge in (6.2603, 9.7754):
            ax.axvline(edge, color="white" if ax is left else GREY, lw=0.7, ls="--")
    middle.set_facecolor("#E8E8E8")
    for mean, color in zip((2.0, 5.0, 6.8, 8.0, 10.0), LINES):
        at = near(result["mean"], mean)
        right.plot(result.sigma, rate.sel(mean=at), ".-", color=color, ms=2.5, lw=0.8, label=f"{at:.3g}")
    right.set(xlabel="SD (µA/cm²)", ylabel="Firing rate (Hz)", ylim=(0, 75), xlim=(0, 3))
    right.legend(title="Mean (µA/cm²)", loc="lower center", bbox_to_anchor=(0.55, 1.04), ncol=5, handlelength=0.8,
                 columnspacing=0.8, handletextpad=0.3, fontsize=6.5, title_fontsize=7)
    tidy(left, middle, right)
    panel_letters([left, middle, right])
    return fig


@figure("frozen-noise")
def frozen_noise(examples):
    """Currents of two trials and two cells, and the raster of all."""
    result = examples("frozen-noise")
    fig = canvas(DOUBLE_COLUMN, 3.6)
    top, below, bottom = fig.subplots(3, 1, sharex=True, height_ratios=[0.8, 0.8, 1.6])
    traces = {(float(result.trace_g_K[i]), int(result.trace_trial[i])): result.isel(trace=i)
              for i in range(result.sizes["trace"])}
    for trial, color in ((0, BLACK), (1, ORANGE)):
        top.plot(result.time, traces[36.0, trial].I_stim, color=color, lw=0.6, label=f"trial {trial}")
    top.set_ylabel("$I$ (µA/cm²)")
    for g_k, color in ((30.0, BLUE), (43.0, VERMILION)):
        below.plot(result.time, traces[g_k, 0].V, color=color, lw=0.7)
    below.set_ylabel("$V$ (mV)")
    for row, (g_k, color) in enumerate(((30.0, BLUE), (36.0, BLACK), (43.0, VERMILION))):
        ticks(bottom, result.hhsweep.spike_trains(g_K=g_k), first=11 * row, color=color)
        bottom.plot([], [], color=color, label=f"{g_k:g} mS/cm²")
    bottom.set(xlabel="Time (ms)", ylabel="Trial", xlim=(0, 300), yticks=[4.5, 15.5, 26.5], yticklabels=["0-9"] * 3)
    bottom.legend(title="$g_\\mathrm{K}$", loc="center left", bbox_to_anchor=(1, 0.5))
    top.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    tidy(top, below, bottom)
    panel_letters([top, below, bottom])
    return fig


@figure("heterogeneous-fi")
def heterogeneous_fi(examples):
    """Median and quantiles of the rate over the cells, single cells, and the share that fires."""
    result = examples("heterogeneous-fi")
    rate, current = result.firing_rate, result.I
    fig = canvas(DOUBLE_COLUMN, 2.7)
    left, right = fig.subplots(1, 2, width_ratios=[1.4, 1])
    for outer, alpha in ((0.05, 0.25), (0.25, 0.35)):
        low, high = (rate.quantile(q, "cell") for q in (outer, 1 - outer))
        left.fill_between(current, low, high, color=BLUE, alpha=alpha, lw=0,
                          label=f"{100 * outer:g} to {100 - 100 * outer:g} %")
    for cell in range(6):
        left.plot(current, rate.isel(cell=cell), color=GREY, lw=0.6, label=None if cell else "single cells")
    left.plot(current, rate.median("cell"), color=BLACK, lw=1.3, label="median")
    left.plot(current, rate.mean("cell"), color=VERMILION, lw=1.0, ls="--", label="mean")
    left.set(xlabel="Current $I$ (µA/cm²)", ylabel="Firing rate (Hz)", xlim=(0, 20), ylim=(0, None))
    left.legend(loc="lower right")
    fires = rate > 0
    onset = current.where(fires).min("I")
    drawn = right.scatter(result.g_K, onset, c=result.g_Na, s=5, cmap="viridis", lw=0, rasterized=True)
    fig.colorbar(drawn, ax=right, pad=0.02, aspect=25).set_label("$g_\\mathrm{Na}$ (mS/cm²)")
    right.set(xlabel="$g_\\mathrm{K}$ (mS/cm²)", ylabel="Onset of firing (µA/cm²)")
    tidy(left, right)
    panel_letters([left, right])
    return fig


@figure("spike-triggered-average")
def triggered(examples):
    """The noise around one spike, and its average over the spikes of three neurons."""
    result = examples("spike-triggered-average")
    fig = canvas(DOUBLE_COLUMN, 2.5)
    left, right = fig.subplots(1, 2)
    time = result.time.values
    spikes = result.hhsweep.spikes(copy=0)
    spike = spikes[spikes > 500][0]
    shown = (time > spike - 40) & (time < spike + 10)
    left.plot(time[shown] - spike, result.isel(trace=0).I_stim[shown], color=BLACK, lw=0.6)
    left.axvline(0, color=GREY, lw=0.7, ls="--")
    left.set(xlabel="Time from a spike (ms)", ylabel="$I$ (µA/cm²)", xlim=(-40, 10))
    averages, counts = [], []
    for copy, color in enumerate((SKY, GREEN, ORANGE)):
        lags, average, count = spike_triggered_average(time, result.isel(trace=copy).I_stim,
                                                       result.hhsweep.spikes(copy=copy), 40, 10)
        averages.append(average)
        counts.append(count)
        right.plot(lags, average, color=color, lw=0.6)
    right.plot(lags, np.average(averages, axis=0, weights=counts), color=BLACK, lw=1.2)
    right.axhline(0, color=GREY, lw=0.5)
    right.axvline(0, color=GREY, lw=0.7, ls="--")
    right.set(xlabel="Time from the spike (ms)", ylabel="Mean of $I$ (µA/cm²)", xlim=(-40, 10))
    tidy(left, right)
    panel_letters([left, right])
    return fig


def rank_correlations(parameters, outcome):
    """Spearman's and partial rank correlations of each column of `parameters`, shape (samples, columns), with
    `outcome`."""
    ranks = np.column_stack([rankdata(column) for column in (*parameters.T, outcome)])
    correlation = np.corrcoef(ranks.T)
    inverse = np.linalg.inv(correlation)
    scale = np.sqrt(np.diag(inverse))
    partial = -inverse / np.outer(scale, scale)
    return correlation[:-1, -1], partial[:-1, -1]


SYMBOLS = {"g_Na": r"$g_\mathrm{Na}$", "g_K": r"$g_\mathrm{K}$", "g_L": r"$g_\mathrm{L}$",
           **{f"{rate}_{gate}_midpoint": rf"midpoint of $\{rate}_{gate}$" for rate in ("alpha", "beta") for gate in "mhn"}}


@figure("rheobase-sensitivity")
def sensitivity(examples):
    """Tornado of rank correlations with the rheobase, and the two strongest parameters."""
    result = examples("rheobase-sensitivity")
    names = result.hhsweep.auxiliary("axon")
    values = np.column_stack([result[name].values for name in names])
    found = np.isfinite(result.threshold.values)
    spearman, partial = rank_correlations(values[found], result.threshold.values[found])
    order = np.argsort(abs(partial))
    fig = canvas(DOUBLE_COLUMN, 2.9)
    left, middle, right = fig.subplots(1, 3, width_ratios=[1.3, 0.8, 1])
    rows = np.arange(order.size)
    left.barh(rows, partial[order], height=0.7, color=[VERMILION if p > 0 else BLUE for p in partial[order]],
              label="partial")
    left.plot(spearman[order], rows, "D", color=BLACK, ms=3, label="Spearman")
    left.set_yticks(rows, [SYMBOLS[names[i]] for i in order])
    left.axvline(0, color=BLACK, lw=0.7)
    left.set(xlabel="Rank correlation with the rheobase", xlim=(-1.05, 1.05))
    left.legend(handles=left.lines[:1], loc="lower right")
    middle.hist(result.threshold.values[found], bins=60, color=SKY)
    middle.set(xlabel="Rheobase (µA/cm²)", ylabel="Axons", xlim=(0, None))
    strongest = order[-1]
    right.hexbin(values[found, strongest], result.threshold.values[found], gridsize=45, cmap="viridis", mincnt=1,
                 linewidths=0, rasterized=True)
    name = SYMBOLS[names[strongest]]
    right.set(xlabel=f"{name[:1].upper()}{name[1:]} (mV)", ylabel="Rheobase (µA/cm²)", ylim=(0, None))
    tidy(left, middle, right)
    panel_letters([left, middle, right])
    return fig


@figure("recorded-current")
def recorded(examples):
    """The record, the raster over gain, and V at two gains."""
    result = examples("recorded-current")
    fig = canvas(DOUBLE_COLUMN, 4.0)
    top, middle, bottom = fig.subplots(3, 1, sharex=True, height_ratios=[0.8, 2, 1])
    one = next(i for i in range(result.sizes["trace"]) if abs(result.trace_gain[i] - 1) < 1e-9)
    top.plot(result.time, result.isel(trace=one).I_stim, color=BLACK, lw=0.6)
    top.set_ylabel("$I$ (µA/cm²)\nat gain 1")
    for gain in result.gain.values:
        times = result.hhsweep.spikes(gain=gain)
        middle.vlines(times, gain - 0.02, gain + 0.02, color=BLACK, lw=0.7)
    middle.set(ylabel="Gain", ylim=(0, 2.55))
    for i, color in ((0, BLUE), (2, VERMILION)):
        bottom.plot(result.time, result.isel(trace=i).V, color=color, lw=0.6, label=f"gain {result.trace_gain.values[i]:g}")
    bottom.set(xlabel="Time (ms)", ylabel="$V$ (mV)", xlim=(0, 1000))
    bottom.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    tidy(top, middle, bottom)
    panel_letters([top, middle, bottom])
    return fig


@figure("stochastic-resonance")
def resonance(examples):
    """Rasters at three strengths of noise, and signal-to-noise ratio and vector strength over it."""
    result = examples("stochastic-resonance")
    window = (200, 2200)
    fig = canvas(DOUBLE_COLUMN, 3.4)
    axes = fig.subplot_mosaic([["weak", "snr"], ["best", "snr"], ["strong", "phase"], ["sine", "phase"]],
                              height_ratios=[1, 1, 1, 0.5])
    trains = {sigma: result.hhsweep.spike_trains(sigma=sigma) for sigma in result.sigma.values}
    ratio = np.array([signal_to_noise(trains[s], 50, window) for s in trains])
    strength = [vector_strength(trains[s], 50, window) for s in trains]
    for name, sigma in (("weak", 0.6), ("best", 1.6), ("strong", 6.0)):
        at = near(result.sigma, sigma)
        ticks(axes[name], [train[(train > 200) & (train < 500)] for train in trains[at][:20]])
        axes[name].set(xlim=(200, 400), yticks=[])
        axes[name].set_title(f"noise of {at:.2g} µA/cm²", fontsize=7.5, loc="right")
        axes[name].tick_params(labelbottom=False)
    time = np.linspace(200, 400, 800)
    axes["sine"].plot(time, np.sin(2 * np.pi * 0.05 * time), color=BLACK, lw=0.8)
    axes["sine"].set(xlim=(200, 400), xlabel="Time (ms)", ylabel="Sine\n(µA/cm²)")
    axes["best"].set_ylabel("Trials")
    axes["snr"].semilogx(result.sigma, ratio, "o-", color=BLACK, ms=3)
    axes["snr"].axhline(1, color=GREY, lw=0.7, ls="--")
    axes["snr"].set(ylabel="Signal-to-noise ratio\nat 50 Hz", ylim=(0, None))
    axes["snr"].tick_params(labelbottom=False)
    axes["phase"].semilogx(result.sigma, strength, "o-", color=BLUE, ms=3)
    axes["phase"].set(xlabel="SD of the noise (µA/cm²)", ylabel="Vector strength", ylim=(0, 1.05))
    rate = axes["phase"].twinx()
    rate.semilogx(result.sigma, result.firing_rate.mean("trial"), "o-", color=VERMILION, ms=3)
    rate.set_ylabel("Firing rate (Hz)", color=VERMILION)
    rate.set_ylim(0, None)
    axes["phase"].yaxis.label.set_color(BLUE)
    for ax in (axes["snr"], axes["phase"]):
        ax.set_xticks([0.5, 1, 2, 5], ["0.5", "1", "2", "5"])
    tidy(*axes.values())
    rate.spines["top"].set_visible(False)
    panel_letters([axes["weak"], axes["snr"], axes["phase"]])
    return fig
