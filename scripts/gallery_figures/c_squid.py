# SPDX-License-Identifier: MIT
"""Figures of the squid axon: onset and end of firing, trains, sines, chirp."""

import matplotlib as mpl
import numpy as np
from hhsweep.plot.style import BLACK, BLUE, DOUBLE_COLUMN, GREY, VERMILION, WITH_LEGEND

from . import canvas, figure, panel_letters, tidy, trace


@figure("squid-fi")
def squid_fi(examples):
    """Firing rate and the extrema of V against current; the two states below the Hopf point."""
    fine, up, down = examples("squid-fi-fine"), examples("squid-fi-up"), examples("squid-fi-down")
    fig = canvas(DOUBLE_COLUMN, 4.6)
    axes = fig.subplot_mosaic([["rate", "rate2"], ["extrema", "extrema2"]])
    fires = (fine.firing_rate > 0).values
    rate = np.where(fires, 1000 / fine.mean_isi, 0)
    axes["rate"].plot(fine.I[~fires], rate[~fires], ".", color=BLACK, ms=2)
    axes["rate"].plot(fine.I[fires], rate[fires], ".", color=BLACK, ms=2)
    axes["rate"].set(xlabel="Current (µA/cm²)", ylabel="Firing rate (Hz)", xlim=(0, 200))
    for extremum, color, label in ((fine.V_max, VERMILION, "maximum"), (fine.V_min, BLUE, "minimum")):
        axes["extrema"].plot(fine.I, extremum, ".", color=color, ms=2, label=label)
    axes["extrema"].set(xlabel="Current (µA/cm²)", ylabel="$V$ (mV)", xlim=(0, 200))
    axes["extrema"].axvline(154.522, color=GREY, lw=0.7, ls="--", zorder=0)
    axes["extrema"].legend(markerscale=3)
    best = down.firing_rate.argmax("stop")
    lowered = down.isel(stop=best)
    fires = (lowered.firing_rate > 0).values
    silent = (up.firing_rate == 0).values
    axes["rate2"].plot(down.I[fires], 1000 / lowered.mean_isi.values[fires], "o", color=VERMILION, ms=2.5, mfc="none",
                       mew=0.7, label="from spiking")
    firing = np.where(silent, 0, 1000 / up.mean_isi)
    axes["rate2"].plot(up.I, firing, ".", color=BLACK, ms=3, label="from rest")
    axes["rate2"].set(xlabel="Current (µA/cm²)", ylabel="Firing rate (Hz)", ylim=(-4, 90))
    axes["rate2"].legend(loc="lower right", bbox_to_anchor=(1, 0.1))
    for state, mask, color in ((lowered, fires, VERMILION), (up, np.ones(up.I.size, bool), BLACK)):
        look = dict(color=color, ms=2.5, mfc="none", mew=0.7) if state is lowered else dict(color=color, ms=3)
        marker = "o" if state is lowered else "."
        axes["extrema2"].plot(state.I[mask], state.V_max[mask], marker, **look)
        axes["extrema2"].plot(state.I[mask], state.V_min[mask], marker, **look)
    axes["extrema2"].set(xlabel="Current (µA/cm²)", ylabel="Extrema of $V$ (mV)")
    for name in ("rate2", "extrema2"):
        axes[name].axvspan(6.2603, 9.7754, color="#E8E8E8", lw=0, zorder=0)
        axes[name].set_xlim(5, 12)
    axes["rate2"].annotate("two states", ((6.2603 + 9.7754) / 2, 35), ha="center", fontsize=7)
    tidy(*axes.values())
    panel_letters(axes.values())
    return fig


def ratio_map(fig, ax, ratio, top):
    """Spikes a cycle in colours over frequency and amplitude; none in white."""
    colors = mpl.colormaps["viridis"].with_extremes(bad="white", over="#FDE725")
    shown = ratio.where(ratio > 0)
    mesh = ax.pcolormesh(ratio.frequency, ratio.amplitude, shown.transpose("amplitude", "frequency"), cmap=colors,
                         vmin=0, vmax=top, shading="nearest", rasterized=True)
    return fig.colorbar(mesh, ax=ax, pad=0.02, extend="max" if float(ratio.max()) > top * 1.05 else "neither")


@figure("entrainment-map")
def entrainment_map(examples):
    """Spikes a pulse over frequency and amplitude of a train, and along three amplitudes."""
    rate = examples("entrainment-map").firing_rate
    ratio = rate / rate.frequency
    fig = canvas(DOUBLE_COLUMN, 2.9)
    left, right = fig.subplots(1, 2, width_ratios=[1.5, 1])
    bar = ratio_map(fig, left, ratio, 1.0)
    bar.set_label("Spikes a pulse")
    left.set(xlabel="Frequency of the train (Hz)", ylabel="Amplitude of the pulses (µA/cm²)")
    for x, text, color in ((60, "1", "black"), (145, "1/2", "white"), (238, "1/3", "white")):
        left.annotate(text, (x, 32), ha="center", color=color, fontsize=8)
    for amplitude, color in ((10, BLUE), (20, BLACK), (35, VERMILION)):
        one = ratio.sel(amplitude=amplitude, method="nearest")
        right.plot(one.frequency, one, ".-", color=color, ms=2, lw=0.7, label=f"{amplitude} µA/cm²")
    for level, text in ((1, "1"), (1 / 2, "1/2"), (1 / 3, "1/3"), (1 / 4, "1/4")):
        right.axhline(level, color=GREY, lw=0.5, ls="--", zorder=0)
    right.set(xlabel="Frequency of the train (Hz)", ylabel="Spikes a pulse", ylim=(-0.03, 1.12))
    right.set_yticks([0, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 1], ["0", "1/4", "1/3", "1/2", "2/3", "1"])
    right.legend()
    tidy(left, right)
    panel_letters([left, right])
    return fig


@figure("resonance-map")
def resonance_map(examples):
    """Spikes a cycle over frequency and amplitude of a sine; how far V swings below threshold."""
    result = examples("resonance-map")
    ratio = result.firing_rate / result.frequency
    fig = canvas(DOUBLE_COLUMN, 2.9)
    left, right = fig.subplots(1, 2, width_ratios=[1.5, 1])
    bar = ratio_map(fig, left, ratio, 3.0)
    bar.set_label("Spikes a cycle")
    found = examples("resonance-threshold")
    left.plot(found.frequency, found.threshold, color=VERMILION, lw=0.9)
    left.set(xlabel="Frequency (Hz)", ylabel="Amplitude (µA/cm²)", xscale="log", yscale="log")
    swing = (result.V_max - result.V_min) / 2 / result.amplitude
    for amplitude, color in ((0.3, BLUE), (1.4, VERMILION)):
        one = swing.sel(amplitude=amplitude, method="nearest")
        right.semilogx(one.frequency, one, color=color, label=f"{one.amplitude.item():.2g} µA/cm²")
    right.set(xlabel="Frequency (Hz)", ylabel="Half the swing of $V$\nfor 1 µA/cm² (mV)", ylim=(0, None))
    right.legend()
    for ax in (left, right):
        ax.xaxis.set_major_formatter("{x:g}")
    left.yaxis.set_major_formatter("{x:g}")
    tidy(left, right)
    panel_letters([left, right])
    return fig


@figure("chirp")
def chirp(examples):
    """V and the stimulus of the chirps."""
    result = examples("chirp")
    fig = canvas(DOUBLE_COLUMN, 4.2)
    axes = fig.subplots(5, 1, sharex=True, height_ratios=[1, 1, 1, 1, 0.6])
    frequency = 1.0 + 199.0 * result.time / 1000.0
    for number, ax in enumerate(axes[:4]):
        ax.plot(frequency, trace(result, number).V, color=BLACK, lw=0.6)
        ax.set(ylabel="$V$ (mV)", ylim=(-85, 50))
        ax.set_title(f"{result.trace_amplitude.values[number]:g} µA/cm²", fontsize=7.5)
    axes[4].plot(frequency, trace(result, 3).I_stim, color=BLACK, lw=0.5)
    axes[4].set(xlabel="Frequency at that time (Hz)", ylabel="$I$ (µA/cm²)", xlim=(1, 200))
    tidy(*axes)
    return fig


@figure("variable-train")
def variable_train(examples):
    """V and the stimulus of trains that change rate and amplitude."""
    result = examples("variable-train")
    fig = canvas(DOUBLE_COLUMN, 4.0)
    axes = fig.subplots(4, 1, sharex=True, height_ratios=[1, 1, 1, 0.8])
    for number, ax in enumerate(axes[:3]):
        ax.plot(result.time, trace(result, number).V, color=BLACK, lw=0.7)
        ax.set(ylabel="$V$ (mV)", ylim=(-85, 55))
        ax.set_title(f"pulses of {result.I.values[number]:g} µA/cm²: {result.spike_count.values[number]} spikes",
                     fontsize=7.5)
    axes[3].plot(result.time, trace(result, 1).I_stim, color=BLACK, lw=0.6)
    axes[3].set(xlabel="Time (ms)", ylabel="$I$ (µA/cm²)", xlim=(0, 600))
    axes[3].set_title("stimulus at 10 µA/cm²", fontsize=7.5)
    tidy(*axes)
    return fig
