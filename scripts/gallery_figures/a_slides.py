# SPDX-License-Identifier: MIT
"""Figures of the slides' experiments."""

from hhsweep.plot.style import BLACK, BLUE, DOUBLE_COLUMN, VERMILION

from . import canvas, figure, panel_letters, tidy, trace


@figure("slides")
def slides(examples):
    """The pulse, the spike of both beta_h, the printed alpha_h, and the spikes without current."""
    pulse, formulas = examples("slides-pulse"), examples("slides-formulas")
    alone = examples("slides-spontaneous")
    fig = canvas(DOUBLE_COLUMN, 4.6)
    axes = fig.subplot_mosaic([["stimulus", "printed"], ["spike", "printed"], ["alone", "alone"]],
                              height_ratios=[0.55, 1.3, 1.1])
    for number, color, label in ((0, VERMILION, "slides' code"), (1, BLACK, "with /10 in $\\beta_h$")):
        one = trace(pulse, number)
        axes["spike"].plot(one.time, one.V, color=color, ls="-" if number else "--", zorder=3 - number, label=label)
    axes["stimulus"].plot(pulse.time, trace(pulse, 0).I_stim, color=BLACK)
    axes["stimulus"].set(ylabel="$I$ (µA/cm²)", ylim=(-0.6, 11), xlim=(0, 50))
    axes["stimulus"].tick_params(labelbottom=False)
    axes["spike"].set(xlabel="Time (ms)", ylabel="$V$ (mV)", xlim=(0, 50))
    axes["spike"].legend()
    for number, color, label in ((0, BLACK, "as coded, $e^{-(V+65)/20}$"), (1, BLUE, "as printed, $e^{+(V+65)/20}$")):
        one = trace(formulas, number)
        axes["printed"].plot(one.time, one.V, color=color, label=label)
    axes["printed"].set(xlabel="Time (ms)", ylabel="$V$ (mV)", xlim=(0, 50))
    axes["printed"].legend(title="$\\alpha_h$", alignment="left", loc="center right", bbox_to_anchor=(1, 0.42))
    axes["alone"].plot(alone.time, trace(alone, 0).V, color=VERMILION, lw=0.8)
    axes["alone"].set(xlabel="Time (ms)", ylabel="$V$ (mV)", xlim=(0, 2600))
    times = alone.spike_time.values
    for left, right in zip(times, times[1:]):
        axes["alone"].annotate(f"{right - left:.2f} ms", ((left + right) / 2, 15), ha="center", fontsize=7)
        axes["alone"].annotate("", (left + 15, 8), (right - 15, 8), arrowprops=dict(arrowstyle="<->", lw=0.6))
    tidy(*axes.values())
    panel_letters([axes[name] for name in ("stimulus", "spike", "printed", "alone")])
    return fig
