#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""random_sweeps_test.py HHSWEEP COUNT SEED OPTION...: whether COUNT random sweep files give the same
content_hash with these options of `hhsweep run` as from plain scalar code. Ends with 77 when the
options name a device or instruction set that is not here (exit 6 of the program).

The populations are small, so that the CUDA backend can be run by a stand-in for a GPU. A sweep file
that differs is printed.
"""

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

ABSENT = 6
SKIP = 77
REFERENCE = ["--backend", "cpu", "--isa", "scalar", "--threads", "1"]
KINDS = ["step", "pulses", "train", "ramp", "sine", "chirp", "ou", "waveform"]
WAVEFORM = "t,slow,fast\n" + "".join(f"{i},{0.5 * i},{(-1) ** i * 8}\n" for i in range(30))


class SweepMaker:
    """Makes one sweep file after the other; all are valid."""

    def __init__(self, seed):
        self.source = random.Random(seed)

    def chance(self, probability):
        return self.source.random() < probability

    def number(self, low, high):
        """On the grid of most steps, near it, or anywhere."""
        return round(self.source.uniform(low, high), self.source.choice([1, 2, 2, 3, 7]))

    def text(self):
        self.duration = self.source.choice([2.0, 5.0, 12.0, 20.005])
        self.dt = self.source.choice([0.01, 0.01, 0.02, 0.005, 0.025])
        self.axes = []
        self.targets = {}  # parameters of the stimuli that can be swept, with their ranges
        self.taken = set()
        stimuli = [self.stimulus(f"s{i}") for i in range(self.source.randint(1, 3))]
        self.make_axes()
        tables = [f"seed = {self.source.randint(0, 2**40)}", self.model(), self.run(), *stimuli,
                  *self.axes, self.record()]
        if self.chance(0.2):
            tables.append(self.search())
        return "\n".join(tables)

    def run(self):
        return (f"[run]\nduration = {self.duration}\ndt = {self.dt}\n"
                f"precision = \"{self.source.choice(['float32', 'float64'])}\"\n")

    def model(self):
        preset = self.source.choice(["squid", "squid", "squid", "slides", "hh1952"])
        lines = [f'[model]\npreset = "{preset}"']
        if self.chance(0.3):
            lines.append(f"temperature = {self.number(4, 20)}")
        if self.chance(0.2):
            lines.append(f"beta_n.scale = {self.number(60, 90)}")
        if self.chance(0.2) and preset != "hh1952":
            lines.append(f"[initial]\nV = {self.number(-80, -50)}")
        if self.chance(0.2):
            lines.append(f"[spike]\nthreshold = {self.number(-20, 20)}\nrearm = {self.number(-40, -20)}")
        return "\n".join(lines) + "\n"

    def stimulus(self, name):
        kind = self.source.choice(KINDS)
        end = self.duration
        lines = {
            "step": lambda: [f"start = {self.number(0, end / 2)}", f"width = {self.number(0, end)}"],
            "pulses": lambda: [f"intervals = [[0.1, {self.number(0.1, 1)}], [1.5, {self.number(1.6, end)}]]"],
            "train": lambda: [f"start = {self.number(0, 1)}", f"width = {self.number(0.001, 1)}",
                              f"period = {self.number(0.01, 3)}"],
            "ramp": lambda: [f"start = {self.number(0, 1)}", f"rise = {self.number(0, end)}"],
            "sine": lambda: [f"frequency = {self.number(1, 900)}", f"phase = {self.number(0, 360)}",
                             f"offset = {self.number(-5, 10)}"],
            "chirp": lambda: [f"frequency_start = {self.number(1, 50)}",
                              f"frequency_end = {self.number(50, 900)}"],
            "ou": lambda: [f"mean = {self.number(0, 10)}", f"sigma = {self.number(0, 5)}",
                           f"tau = {self.number(0.5, 9)}",
                           f"sample_dt = {self.source.choice([self.dt, 10 * self.dt, 0.137])}"],
            "waveform": lambda: ['file = "wave.csv"', f"column = {self.source.choice(['2', '3'])}",
                                 f"sample_dt = {self.source.choice([0.1, 0.5, 0.033])}",
                                 f"gain = {self.number(-1, 2)}", f"start = {self.number(0, 1)}"],
        }[kind]()
        if kind in ("step", "pulses", "train", "ramp", "sine", "chirp"):
            lines.append(f"amplitude = {self.number(-10, 40)}")
            self.targets[f"stimulus.{name}.amplitude"] = (-10, 60)
        if kind == "ou":
            self.targets[f"stimulus.{name}.sigma"] = (0, 9)
        if kind in ("step", "train", "ramp"):
            self.targets[f"stimulus.{name}.start"] = (0, 2)
        return f'[stimulus.{name}]\nkind = "{kind}"\n' + "\n".join(lines) + "\n"

    def make_axes(self):
        free = {"model.g_Na": (80, 160), "model.E_L": (-60, -50), "model.C_m": (0.8, 1.3), **self.targets}
        for index in range(self.source.randint(1, 3)):
            parameter = self.source.choice(sorted(free))
            low, high = free.pop(parameter)
            self.taken.add(parameter)
            a, b = sorted((self.number(low, high), self.number(low, high)))
            count = self.source.randint(1, 5)
            header = f'[[axis]]\nname = "a{index}"\n'
            form = self.source.choice(["values", "linspace", "geomspace", "range", "repeat", "draw"])
            if form == "geomspace" and a <= 0:
                form = "linspace"
            if form == "values":
                values = [self.number(low, high) for _ in range(count)]
                body = f'parameter = "{parameter}"\nvalues = {values}'
            elif form in ("linspace", "geomspace"):
                body = f'parameter = "{parameter}"\n{form} = [{a}, {b}, {count}]'
            elif form == "range":
                body = f'parameter = "{parameter}"\nrange = [{a}, {a + 2.5}, 0.7]'
            elif form == "repeat":
                free[parameter] = (low, high)
                self.taken.discard(parameter)
                body = f"repeat = {count}"
            else:
                sampling = self.source.choice(["random", "latin"])
                body = (f'size = {count}\nsampling = "{sampling}"\n'
                        f'draw = [{{parameter = "{parameter}", dist = "normal", mean = {(low + high) / 2}, '
                        f'sd = {(high - low) / 5}, min = {low}, max = {high}}}]')
            self.axes.append(header + body + "\n")

    def record(self):
        lines = ["[record]", f"spike_times = {str(self.chance(0.5)).lower()}"]
        if self.chance(0.3):
            start = self.number(0, self.duration / 2)
            lines.append(f"window = [{start}, {start + self.duration / 3}]")
        if self.chance(0.4):
            variables = self.source.sample(["V", "m", "h", "n", "I_stim", "I_Na", "I_K", "I_L"], 3)
            lines.append("trace.variables = " + json.dumps(variables))
            lines.append(f"trace.every = {self.source.choice([1, 4, 20]) * self.dt}")
        return "\n".join(lines) + "\n"

    def search(self):
        options = sorted(set(self.targets) - self.taken)
        parameter = next((p for p in options if p.endswith("amplitude")), "model.g_K")
        if parameter in self.taken:
            return ""
        bracket = [0, 80] if parameter.endswith("amplitude") else [5, 60]
        return (f'[search]\nparameter = "{parameter}"\nbracket = {bracket}\ntolerance = 5.0\n'
                f"scan = {self.source.choice([0, 4])}\n")


def outcome(program, options, folder):
    """Exit code, content_hash and messages of the sweep file in `folder`."""
    done = subprocess.run([program, "run", "s.toml", "-o", "s.nc", "--json", "--quiet", "--overwrite",
                           *options], cwd=folder, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout) if done.stdout.strip() else {}
    return done.returncode, report.get("content_hash"), done.stderr.strip()


def main():
    program, count, seed, options = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]
    maker = SweepMaker(seed)
    different = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "wave.csv").write_text(WAVEFORM, encoding="utf-8")
        for number in range(count):
            text = maker.text()
            (folder / "s.toml").write_text(text, encoding="utf-8")
            found = outcome(program, options, folder)
            if found[0] == ABSENT:
                print(found[2])
                return SKIP
            expected = outcome(program, REFERENCE, folder)
            if found[:2] == expected[:2] and expected[0] == 0:
                continue
            different += 1
            print(f"sweep file {number}: {found} with {options}, {expected} by scalar code\n{text}")
    print(f"{count} random sweep files, {different} of them different")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
