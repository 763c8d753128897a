#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random sweep files have one content_hash for any number of threads, instruction set, shards, order
of chunks and history of kills and resumes.

HHSWEEP_SWEEPS is how many sweep files are tried (default 3), HHSWEEP_SEED what they follow from.
"""

import os
import random
import signal
import subprocess
import time
import unittest

from cli_test import BINARY, CommandLine

# Statistics that can be left out.
STATISTICS = ["first_spike_time", "last_spike_time", "mean_isi", "cv_isi", "firing_rate", "V_min",
              "V_max", "V_max_time", "diverged_time"]


class SweepMaker:
    """Writes sweep files that are valid, small in steps and wide enough for a few chunks."""

    def __init__(self, source):
        self.source = source

    def number(self, low, high):
        return round(self.source.uniform(low, high), self.source.randint(1, 5))

    def stimulus(self, name):
        kind = self.source.choice(["step", "train", "ramp", "sine", "chirp"])
        lines = {"step": f"start = {self.number(0, 0.2)}",
                 "train": f"start = {self.number(0, 0.1)}\nwidth = {self.number(0.01, 0.1)}\n"
                          f"period = {self.number(0.11, 0.3)}\ncount = {self.source.randint(0, 4)}",
                 "ramp": f"start = {self.number(0, 0.1)}\nrise = {self.number(0, 0.3)}",
                 "sine": f"frequency = {self.number(1, 5000)}\nphase = {self.number(0, 360)}",
                 "chirp": f"frequency_start = {self.number(1, 50)}\n"
                          f"frequency_end = {self.number(50, 5000)}"}[kind]
        return f'[stimulus.{name}]\nkind = "{kind}"\namplitude = {self.number(-100, 3000)}\n{lines}\n'

    def axes(self, neurons):
        source = self.source
        inner = source.choice([3, 7, 64])
        outer = neurons // inner
        swept = source.choice(["stimulus.a.amplitude", "model.E_Na", "model.C_m", "initial.V"])
        low, high = {"stimulus.a.amplitude": (0, 3000), "model.E_Na": (30, 60), "model.C_m": (0.5, 2),
                     "initial.V": (-90, 10)}[swept]
        axes = [f'[[axis]]\nname = "x"\nparameter = "{swept}"\nlinspace = [{low}, {high}, {outer}]\n',
                source.choice([
                    f'[[axis]]\nname = "trial"\nrepeat = {inner}\n',
                    f'[[axis]]\nname = "g"\nparameter = "model.g_K"\ngeomspace = [20, 60, {inner}]\n',
                    f'[[axis]]\nname = "pair"\nzip = [{{parameter = "model.g_Na", linspace = [60, 160, '
                    f'{inner}]}}, {{parameter = "model.E_K", linspace = [-90, -70, {inner}]}}]\n'])]
        source.shuffle(axes)
        return "".join(axes)

    def text(self):
        source = self.source
        neurons = source.choice([30_000, 140_000, 200_000, 300_000])
        duration = self.number(0.05, 0.3)
        text = (f'[model]\npreset = "{source.choice(["squid", "squid", "slides", "hh1952", "blog"])}"\n'
                f'[initial]\nV = {self.number(-80, 0)}\n'
                f'[run]\nduration = {duration}\ndt = {source.choice([0.01, 0.0125, 0.02])}\n'
                f'precision = "{source.choice(["float32", "float64"])}"\n'
                + self.stimulus("a") + (self.stimulus("b") if source.random() < 0.5 else "")
                + self.axes(neurons)
                + f'[record]\nspike_times = {"true" if source.random() < 0.6 else "false"}\n'
                  f'statistics = {source.sample(STATISTICS, source.randint(0, 9))}\n'.replace("'", '"'))
        if source.random() < 0.4:
            chosen = sorted(source.sample(range(neurons // 64), 5))
            text += f"[record.trace]\nevery = 0.1\nvariables = [\"V\", \"m\"]\nneurons = {chosen}\n"
            text = text.replace("dt = 0.0125", "dt = 0.01")
        elif source.random() < 0.3:
            text = text.replace(f"duration = {duration}", "duration = 0.05")
            text += '[search]\nparameter = "spike.threshold"\nbracket = [-60, 60]\ntolerance = 20\n'
        return text


class SameBits(CommandLine):
    def run_hash(self, *options):
        return self.json_of(self.expect(0, "run", "s.toml", "--json", "--quiet", *options)).get(
            "content_hash")

    def stop_somewhere(self, source, *options):
        """Starts a run and kills it, or asks it to stop, after a while."""
        process = subprocess.Popen([BINARY, "run", "s.toml", "--quiet", *options], cwd=self.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(source.uniform(0.01, 0.6))
        process.send_signal(source.choice([signal.SIGKILL, signal.SIGTERM]))
        self.assertIn(process.wait(), (0, 75, -signal.SIGKILL, -signal.SIGTERM))

    def shards(self, source):
        count = source.randint(2, 6)
        order = [f"{i}/{count}" for i in range(1, count + 1)]
        source.shuffle(order)
        return order

    def test_of_random_sweeps_whatever_the_way_they_are_run(self):
        seed = int(os.environ.get("HHSWEEP_SEED", "1"))
        for number in range(int(os.environ.get("HHSWEEP_SWEEPS", "3"))):
            source = random.Random(f"{seed} {number}")
            text = SweepMaker(source).text()
            self.write("s.toml", text)
            with self.subTest(number=number, sweep=text):
                expected = self.run_hash("--threads", "1", "--isa", "scalar", "-o", "reference.nc")
                self.assertEqual(self.run_hash("--threads", str(source.randint(2, 5))), expected)
                self.expect(0, "check", "s.nc")
                (self.folder / "s.nc").unlink()

                for shard in self.shards(source):
                    found = self.run_hash("--shard", shard, "--threads", str(source.randint(1, 3)))
                self.assertEqual(found, expected)
                (self.folder / "s.nc").unlink()

                for _ in range(source.randint(1, 3)):
                    division = source.choice([[], ["--shard", self.shards(source)[0]]])
                    self.stop_somewhere(source, *division)
                self.assertEqual(self.run_hash(), expected)
            for leftover in ("s.nc", "reference.nc"):
                (self.folder / leftover).unlink(missing_ok=True)


if __name__ == "__main__":
    unittest.main()
