# SPDX-License-Identifier: MIT
"""Figures of the blog's experiments."""

import hhsweep
import numpy as np
from hhsweep.plot import style
from hhsweep.plot.style import (BLACK, BLUE, DOUBLE_COLUMN, GREEN, GREY, ORANGE, SINGLE_COLUMN, SKY,
                                VERMILION, WITH_LEGEND)
from scipy.optimize import curve_fit

from . import canvas, figure, panel_letters, tidy, trace

START = -54.387   # mV, where the blog's cell starts
GATES = (("m", VERMILION), ("h", BLUE), ("n", GREEN))


@figure("blog-curves")
def blog_curves(examples):
    """Steady states and time constants of the gates."""
    fig = hhsweep.plot.curves(examples.curves("blog"), window=(-100, 100), title="")
    for ax in fig.axes:
        ax.axvline(START, color=GREY, lw=0.8, ls="--", zorder=0)
    fig.axes[0].annotate("rest", (START, 0.5), (-4, 0), textcoords="offset points", ha="right", fontsize=7)
    return fig


@figure("blog-threshold")
def blog_threshold(examples):
    """V during steps of 3 to 30 uA/cm^2, and its peak against the current."""
    steps = examples("blog-threshold")
    fig = canvas(DOUBLE_COLUMN, 2.6)
    left, right = fig.subplots(1, 2, width_ratios=[1.25, 1])
    for number, current in enumerate(steps.trace_I.values):
        color, width = {18: (BLUE, 1.3), 19: (VERMILION, 1.3)}.get(current, (GREY, 0.5))
        left.plot(steps.time, trace(steps, number).V, color=color, lw=width, zorder=2 if width > 1 else 1,
                  label=f"{current:g} µA/cm²" if width > 1 else None)
    left.set(xlabel="Time (ms)", ylabel="$V$ (mV)", xlim=(0, 40))
    left.legend(loc="upper right")
    right.plot(steps.I, steps.V_max, "o", color=BLACK, ms=3)
    for current, color in ((18, BLUE), (19, VERMILION)):
        right.plot(current, steps.V_max.sel(I=current), "o", color=color, ms=4.5)
    for level, text in ((0, "level of the blog"), (50, "level of hhsweep")):
        right.axhline(level, color=GREY, lw=0.8, ls="--", zorder=0)
        right.annotate(text, (2.5, level), (0, 2), textcoords="offset points", fontsize=7, color=GREY)
    right.set(xlabel="Current (µA/cm²)", ylabel="Peak of $V$ (mV)")
    tidy(left, right)
    panel_letters([left, right])
    return fig


def chronaxie(curve):
    """(rheobase, width at twice the rheobase) of a strength-duration curve."""
    rheobase = curve.threshold.values[-1]
    return rheobase, np.exp(np.interp(-np.log(2 * rheobase), -np.log(curve.threshold), np.log(curve.width)))


@figure("strength-duration")
def strength_duration(examples):
    """Threshold against pulse width of the blog's cell and of the squid axon."""
    fig = canvas(WITH_LEGEND, 2.7)
    ax = fig.add_subplot()
    blog, squid = examples("blog-strength-duration"), examples("strength-duration")
    ax.loglog(blog.width, blog.threshold, color=VERMILION, label="blog")
    ax.loglog(squid.width, squid.threshold, "o-", color=BLACK, ms=3, label="squid")
    rheobase, width = chronaxie(blog)
    ax.axhline(rheobase, color=GREY, lw=0.7, ls="--", zorder=0)
    ax.plot([width, width, 0.1], [1, 2 * rheobase, 2 * rheobase], color=GREY, lw=0.7, ls=":", zorder=0)
    ax.plot(width, 2 * rheobase, "o", color=VERMILION, ms=4)
    ax.annotate(f"rheobase {rheobase:.3f} µA/cm²", (150, rheobase), (0, 3), textcoords="offset points",
                ha="right", fontsize=7)
    ax.annotate(f"chronaxie {width:.2f} ms", (width, 2 * rheobase), (5, 2), textcoords="offset points", fontsize=7)
    ax.set(xlabel="Pulse width (ms)", ylabel="Threshold (µA/cm²)", xlim=(0.09, 170), ylim=(1.5, 600))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_major_formatter("{x:g}")
    ax.legend()
    tidy(ax)
    return fig


@figure("blog-action-potential")
def blog_action_potential(examples):
    """V, gates and stimulus over time; the gates against V."""
    one = trace(examples("blog-action-potential"), 0)
    fig = canvas(DOUBLE_COLUMN, 5.4)
    axes = fig.subplot_mosaic([["V"] * 3, ["gates"] * 3, ["I"] * 3, ["m", "h", "n"]],
                              height_ratios=[1.3, 1.0, 0.55, 1.5])
    axes["V"].plot(one.time, one.V, color=BLACK)
    axes["V"].axhline(START, color=GREY, lw=0.8, ls="--", zorder=0)
    axes["V"].set(ylabel="$V$ (mV)")
    for gate, color in GATES:
        axes["gates"].plot(one.time, one[gate], color=color, label=f"${gate}$")
        axes[gate].plot(one.V, one[gate], color=color, lw=0.9)
        axes[gate].plot(one.V[0], one[gate][0], "o", color=BLACK, ms=4, label="start")
        axes[gate].plot(one.V[-1], one[gate][-1], "o", color=ORANGE, ms=2.5, label="end")
        axes[gate].set(xlabel="$V$ (mV)", ylabel=f"${gate}$", ylim=(-0.05, 1.05))
    axes["gates"].legend(loc="upper right")
    axes["gates"].set(ylabel="Gates", ylim=(-0.05, 1.05))
    axes["I"].plot(one.time, one.I_stim, color=BLACK)
    axes["I"].set(xlabel="Time (ms)", ylabel="$I$ (µA/cm²)", ylim=(-1, 22))
    axes["n"].legend(loc="upper left")
    for name in ("V", "gates", "I"):
        axes[name].set_xlim(0, 50)
    for name in ("V", "gates"):
        axes[name].tick_params(labelbottom=False)
    tidy(*axes.values())
    panel_letters([axes[name] for name in ("V", "gates", "I", "m", "h", "n")])
    return fig


@figure("blog-short-pulse")
def blog_short_pulse(examples):
    """V in the long weak, the short strong and the pulse that is too short."""
    pulses = examples("blog-action-potential")
    fig = canvas(WITH_LEGEND, 2.9)
    upper, lower = fig.subplots(2, 1, height_ratios=[2, 0.7], sharex=True)
    for number, color in enumerate((BLACK, VERMILION, BLUE)):
        one = trace(pulses, number)
        current, width = pulses.I.values[number], pulses.width.values[number]
        upper.plot(one.time, one.V, color=color, label=f"{current:g} µA/cm² for {width:g} ms")
        lower.plot(one.time, one.I_stim, color=color)
    upper.set(ylabel="$V$ (mV)", xlim=(0, 30))
    upper.legend()
    lower.set(xlabel="Time (ms)", ylabel="$I$ (µA/cm²)")
    tidy(upper, lower)
    return fig


@figure("blog-refractory")
def blog_refractory(examples):
    """V, h, n and the stimulus of the four pairs."""
    pairs = examples("blog-refractory")
    fig = canvas(DOUBLE_COLUMN, 3.5)
    axes = fig.subplots(3, 4, height_ratios=[1.5, 1, 0.6], sharex=True, sharey="row")
    for number in range(4):
        one, (upper, middle, lower) = trace(pairs, number), axes[:, number]
        upper.plot(one.time, one.V, color=BLACK)
        for gate, color in GATES[1:]:
            middle.plot(one.time, one[gate], color=color, label=f"${gate}$")
        lower.plot(one.time, one.I_stim, color=BLACK)
        lower.set(xlabel="Time (ms)", xlim=(0, 65))
        upper.set_title(f"gap {pairs.gap.values[number]:g} ms, {pairs.I.values[number]:g} µA/cm²", fontsize=7.5)
    axes[0, 0].set_ylabel("$V$ (mV)")
    axes[1, 0].set_ylabel("Gates")
    axes[2, 0].set_ylabel("$I$ (µA/cm²)")
    axes[1, 3].legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    tidy(*axes.flat)
    return fig


@figure("blog-refractory-map")
def blog_refractory_map(examples):
    """Threshold of the second pulse against the gap; smallest gap against the amplitude of both."""
    found, gaps = examples("blog-refractory-map"), examples("blog-refractory-gap")
    fig = canvas(DOUBLE_COLUMN, 2.6)
    left, right = fig.subplots(1, 2, width_ratios=[1.3, 1])
    single = examples("blog-refractory-map", "single", stimulus__first__amplitude=0.0, search__spikes=1,
                      axis__gap__values=[20.0])
    for width, color in ((2.0, VERMILION), (15.0, BLUE)):
        left.plot(found.gap, found.threshold.sel(width=width), color=color, label=f"second pulse {width:g} ms")
        left.axhline(single.threshold.sel(width=width).item(), color=color, lw=0.7, ls="--", zorder=0)
    first = found.gap.where(found.threshold.sel(width=2.0).notnull(), drop=True).values[0]
    left.axvspan(1.0, first, color=style.UNDEFINED, lw=0, zorder=0)
    left.annotate("2 ms:\nnone\nto 200", (1.15, 60), fontsize=7)
    left.set(xlabel="Gap (ms)", ylabel="Threshold of the second\npulse (µA/cm²)", xlim=(1, 20),
             ylim=(10, 200), yscale="log")
    left.set_yticks([10, 20, 50, 100, 200], ["10", "20", "50", "100", "200"])
    left.set_yticks([], minor=True)
    left.legend(loc="upper right")
    right.plot(gaps.I, gaps.threshold, "o-", color=BLACK, ms=3)
    right.set(xlabel="Amplitude of both 2 ms pulses (µA/cm²)", ylabel="Smallest gap (ms)", ylim=(0, 10))
    tidy(left, right)
    panel_letters([left, right])
    return fig


@figure("blog-block")
def blog_block(examples):
    """What potassium and what sodium gates do to a second step, a constant current and a slow ramp."""
    cases = (("blog-refractory-block", "second step after 0.5 ms"), ("blog-constant-block", "constant 19 µA/cm²"),
             ("blog-ramp-block", "ramp to 19 µA/cm² until 40 ms"))
    fig = canvas(DOUBLE_COLUMN, 2.5)
    axes = fig.subplots(1, 3, sharey=True)
    looks = ((BLACK, "-", 2.2, "none"), (SKY, "--", 1.2, "$h$"), (VERMILION, "-", 1.1, "$n$"))
    for ax, (name, title) in zip(axes, cases):
        result = examples(name)
        for row, (color, dashes, width, label) in enumerate(looks):
            ax.plot(result.time, trace(result, row).V, color=color, ls=dashes, lw=width, label=label)
        ax.set(xlabel="Time (ms)", xlim=(0, result.time.values[-1]))
        ax.set_title(title, fontsize=7.5)
    axes[0].set_ylabel("$V$ (mV)")
    axes[2].legend(title="gate at rest", alignment="left", loc="center left", bbox_to_anchor=(1.0, 0.5))
    tidy(*axes)
    return fig


@figure("blog-constant")
def blog_constant(examples):
    """V under 19, 25 and 50 uA/cm^2 until 100 ms."""
    runs = examples("blog-constant")
    fig = canvas(DOUBLE_COLUMN, 3.6)
    axes = fig.subplots(3, 1, sharex=True, sharey=True)
    for ax, current in zip(axes, runs.I.values):
        one = runs.hhsweep.trace(I=current, stop=100.0)
        count = runs.spike_count.sel(I=current, stop=100.0).item()
        ax.plot(one.time, one.V, color=BLACK, lw=0.9)
        ax.axvspan(5, 100, color="#EEEEEE", lw=0, zorder=0)
        ax.set(ylabel="$V$ (mV)", xlim=(0, 120))
        ax.set_title(f"{current:g} µA/cm², {count} spike{'s' if count > 1 else ''}", fontsize=7.5)
    axes[-1].set_xlabel("Time (ms)")
    tidy(*axes)
    return fig


def sigmoid(x, top, steepness, middle):
    return top / (1 + np.exp(-steepness * (x - middle)))


@figure("blog-fi")
def blog_fi(examples):
    """Spike counts with the blog's sigmoid and with a logarithm; what is left of each."""
    counts = examples("blog-fi").spike_count.sel(level=0.0)
    fitted = counts[3:]
    x, y = fitted.I.values, fitted.values.astype(float)
    shape, _ = curve_fit(sigmoid, x, y, bounds=(0, [100.0, 0.1, 200.0]))
    slope, intercept = np.polyfit(np.log(x), y, 1)
    fig = canvas(SINGLE_COLUMN * 1.3, 3.4)
    upper, lower = fig.subplots(2, 1, height_ratios=[2, 1], sharex=True)
    fine = np.linspace(x[0], x[-1], 300)
    upper.plot(counts.I, counts, "o", color=BLACK, ms=3.5, label="hhsweep")
    for color, model, label in ((VERMILION, lambda v: sigmoid(v, *shape), "sigmoid"),
                                (BLUE, lambda v: intercept + slope * np.log(v), "$a + b\\,\\ln I$")):
        upper.plot(fine, model(fine), color=color, label=label)
        lower.plot(x, y - model(x), "o-", color=color, ms=3)
    lower.axhline(0, color=GREY, lw=0.7, zorder=0)
    upper.set(ylabel="Spikes in 490 ms")
    upper.legend()
    lower.set(xlabel="Current (µA/cm²)", ylabel="Spikes $-$ fit")
    tidy(upper, lower)
    panel_letters([upper, lower])
    return fig


@figure("blog-trains")
def blog_trains(examples):
    """V during the pulse trains, the pulses shaded."""
    trains = examples("blog-trains")
    fig = canvas(DOUBLE_COLUMN, 5.0)
    axes = fig.subplots(5, 1, sharex=True, sharey=True)
    for number, ax in enumerate(axes):
        one, width = trace(trains, number), trains.width.values[number]
        pause = trains.period.values[number] - width
        ax.fill_between(one.time, -90, 130, where=one.I_stim > 0, step="post", color="#DDDDDD", lw=0)
        ax.plot(one.time, one.V, color=BLACK, lw=0.8)
        ax.set(ylabel="$V$ (mV)", xlim=(0, 165), ylim=(-90, 130))
        ax.set_title(f"{width:g} ms on, {pause:g} ms off: {trains.spike_count.values[number]} spikes", fontsize=7.5)
    axes[-1].set_xlabel("Time (ms)")
    tidy(*axes)
    return fig


@figure("blog-ramps")
def blog_ramps(examples):
    """V during ramps to 19 uA/cm^2, and the longest ramp that fires against the current."""
    ramps, longest = examples("blog-ramps"), examples("blog-ramp-critical")
    fig = canvas(DOUBLE_COLUMN, 3.0)
    axes = fig.subplot_mosaic([["V", "rise"], ["I", "rise"]], height_ratios=[2, 0.8], width_ratios=[1.4, 1])
    for number, color, label in ((0, VERMILION, "until 10 ms"), (1, BLACK, "until 40 ms")):
        one = trace(ramps, number)
        axes["V"].plot(one.time, one.V, color=color, label=label)
        axes["I"].plot(one.time, one.I_stim, color=color)
    axes["V"].legend(title="ramp to 19 µA/cm²", alignment="left")
    axes["V"].set(ylabel="$V$ (mV)", xlim=(0, 120))
    axes["V"].tick_params(labelbottom=False)
    axes["I"].set(xlabel="Time (ms)", ylabel="$I$ (µA/cm²)", xlim=(0, 120), ylim=(-1, 21))
    axes["rise"].plot(longest.I, longest.threshold, "o-", color=BLACK, ms=2.5)
    axes["rise"].plot(19, longest.threshold.sel(I=19), "o", color=VERMILION, ms=5)
    axes["rise"].set(xlabel="Current (µA/cm²)", ylabel="Longest ramp that fires (ms)", ylim=(0, 32))
    tidy(*axes.values())
    panel_letters([axes[name] for name in ("V", "I", "rise")])
    return fig
