# SPDX-License-Identifier: MIT
"""What the benchmarks share: running hhsweep, rounds that take turns, and what belongs beside a number."""

import datetime
import json
import os
import pathlib
import platform
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent


def pin():
    """Keeps this process and what it starts on one CPU, the last that it may use; which one."""
    cpu = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cpu})
    return cpu


class Incomplete(SystemExit):
    """A run of hhsweep in which a neuron diverged, or which was cut short."""


def run_hhsweep(program, sweep, settings=(), threads=1, output=None, backend="cpu"):
    """The JSON report of one complete run, with its `peak_MB` of memory and the `cpu_s` of the whole
    program added; ends this program when the run is anything else."""
    output = output or pathlib.Path(sweep).with_suffix(".nc")
    command = [program, "run", sweep, "-o", output, "--overwrite", "--json", "--quiet", "--backend", backend,
               "--threads", str(threads)]
    for setting in settings:
        command += ["--set", setting]
    with tempfile.TemporaryFile("w+") as messages:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=messages, text=True)
        answer = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        messages.seek(0)
        if process.returncode:
            sys.exit(f"{sweep}: {messages.read() or answer}")
    report = json.loads(answer)
    report["peak_MB"] = used.ru_maxrss / 1024
    report["cpu_s"] = used.ru_utime + used.ru_stime
    if report["diverged"] or not report["complete"]:
        raise Incomplete(f"{sweep}: not a complete run")
    return report


def take_turns(cases, measure, rounds, drop_first=True):
    """{case: a measurement of each round}: all cases in turn, `rounds` times after one that is dropped."""
    found = {case: [] for case in cases}
    for number in range(rounds + drop_first):
        for case in cases:
            value = measure(case)
            if number >= drop_first:
                found[case].append(value)
    return found


def extra_time(base, seconds):
    """Median over the rounds of the time that `seconds` lie beyond `base`, as a share."""
    return statistics.median(s / b - 1 for b, s in zip(base, seconds))


def cpu_model():
    """As /proc/cpuinfo names it; where that says little, with the generation of its family."""
    text = pathlib.Path("/proc/cpuinfo").read_text() if os.path.exists("/proc/cpuinfo") else ""

    def field(name):
        found = re.search(rf"^{name}\s*: (.*)$", text, re.MULTILINE)
        return found.group(1).strip() if found else ""

    model = re.sub(r"\((R|TM)\)|CPU|Processor|@.*", " ", field("model name") or platform.machine())
    zen = {"25": "Zen 3 or 4", "26": "Zen 5"}.get(field("cpu family"), "")
    if field("vendor_id") == "AuthenticAMD" and not re.search(r"\d", model):
        model += " " + zen
    return " ".join(model.split())


def device_slug():
    """Name of this machine's folder of results, as amd-epyc-zen-5-2-cores."""
    cores = os.cpu_count()
    return re.sub(r"[^a-z0-9]+", "-", f"{cpu_model()} {cores} cores".lower()).strip("-")


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, cwd=FOLDER).stdout.partition("\n")[0]
    except OSError:
        return ""


def provenance(program):
    """What belongs beside a number: where, when and with what it was measured."""
    changed = first_line("git", "status", "--porcelain", "--untracked-files=no")
    names = [os.path.basename(argument) if os.path.isabs(argument) else argument for argument in sys.argv]
    return {
        "device": cpu_model(),
        "cores": os.cpu_count(),
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "command": shlex.join(names),
        "hhsweep": first_line(os.path.abspath(shutil.which(program) or program), "--version"),
        "commit": first_line("git", "rev-parse", "HEAD") + (" with changes" if changed else ""),
        "compiler": first_line("c++", "--version"),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "load_average_before": round(os.getloadavg()[0], 2),
    }


def save(path, kind, program, measured):
    """Writes {kind, provenance, ...measured} as JSON."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"kind": kind, **provenance(program), **measured}, indent=1) + "\n")
    print(f"{path}", file=sys.stderr)


def results_path(name):
    """benchmarks/results/<this machine>/NAME.json."""
    return FOLDER / "results" / device_slug() / f"{name}.json"
