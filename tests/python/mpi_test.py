#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""hhsweep-mpi with several ranks on one machine. HHSWEEP_MPI_BINARY names it; without it, or without
mpirun, everything is skipped."""

import contextlib
import os
import shutil
import signal
import subprocess
import unittest

from cli_test import CommandLine
from shard_test import WIDE

MPI_BINARY = os.environ.get("HHSWEEP_MPI_BINARY", "")


@unittest.skipUnless(MPI_BINARY and shutil.which("mpirun"), "no hhsweep-mpi, or no mpirun")
class Ranks(CommandLine):
    def setUp(self):
        super().setUp()
        self.write("wide.toml", WIDE)

    def command(self, ranks, *arguments):
        return ["mpirun", "-n", str(ranks), "--oversubscribe", "--allow-run-as-root", MPI_BINARY,
                *arguments]

    def mpirun(self, code, ranks, *arguments):
        done = subprocess.run(self.command(ranks, *arguments), cwd=self.folder, capture_output=True,
                              text=True, check=False, timeout=300)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def whole_hash(self):
        return self.json_of(self.expect(0, "run", "wide.toml", "-o", "whole.nc", "--json"))[
            "content_hash"]

    def test_compute_the_result_of_one_process(self):
        expected = self.whole_hash()
        for ranks in (1, 4):
            done = self.mpirun(0, ranks, "wide.toml")
            self.assertRegex(done.stdout, f"(?m)^content_hash +{expected}$")
            self.expect(0, "check", "wide.nc")
            self.assertIn("nothing was computed", self.mpirun(0, 2, "wide.toml").stdout)
            (self.folder / "wide.nc").unlink()
        self.assertEqual(self.files(), ["fi.toml", "whole.nc", "wide.toml"])

    def test_audit_the_result_on_rank_0(self):
        settings = ["--set=run.duration=9", "--set=axis.I.linspace=[0, 60, 70000]",
                    "--set=audit.neurons=5"]
        done = self.mpirun(0, 2, "wide.toml", *settings)
        self.assertRegex(done.stdout, r"(?m)^audit +5 neurons again in float64 at 0\.005 ms: spike")
        report = self.json_of(self.expect(0, "run", "wide.toml", *settings, "--json", "--overwrite"))
        self.assertEqual(report["audit"]["neurons"], 5)

    def test_go_on_after_they_were_killed_and_with_what_shards_have_done(self):
        expected = self.whole_hash()
        self.expect(0, "run", "wide.toml", "--shard", "1/3")
        process = subprocess.Popen(self.command(2, "wide.toml", "--threads", "1"), cwd=self.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # Rank 0 holds the lock; mpirun ends the others when it is gone.
        if rank_0 := self.wait_for(process, lambda: self.holder("wide.nc.lock")):
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                os.kill(rank_0, signal.SIGKILL)
        process.wait(timeout=100)
        done = self.mpirun(0, 3, "wide.toml")
        if "nothing was computed" not in done.stdout:
            self.assertRegex(done.stdout, f"(?m)^content_hash +{expected}$")
        self.assertNotIn("wide.nc.lock", self.files())
        report = self.json_of(self.expect(0, "run", "wide.toml", "--json"))
        self.assertEqual(report["content_hash"], expected)

    def test_a_limit_of_time_stops_all(self):
        self.mpirun(75, 2, "wide.toml", "--max-time", "0")
        self.assertNotIn("wide.nc", self.files())
        self.mpirun(0, 2, "wide.toml")

    def test_mistakes_are_told_once(self):
        self.write("bad.toml", WIDE.replace("duration", "tstop"))
        done = self.mpirun(3, 3, "bad.toml")
        self.assertEqual(done.stderr.count("bad.toml:2:1: error"), 1)
        done = self.mpirun(2, 2, "wide.toml", "--shard", "1/2")
        self.assertIn("the ranks share the chunks by themselves", done.stderr)
        self.assertIn("hhsweep-mpi fi.toml", self.mpirun(0, 1, "--help").stdout)
        self.write("wide.nc", "precious")
        self.assertIn("wide.nc exists", self.mpirun(5, 2, "wide.toml").stderr)


if __name__ == "__main__":
    unittest.main()
