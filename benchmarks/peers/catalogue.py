# SPDX-License-Identifier: MIT
"""The peers: how each is built and called, and how much of the standard load it is given."""

import json
import pathlib
import re
import subprocess
import sys
from dataclasses import dataclass, field

FOLDER = pathlib.Path(__file__).resolve().parent
BOTH = ("float32", "float64")
DOUBLE = ("float64",)
OPTIMISED = ["-std=c++20", "-O3", "-march=native"]
VECTORISED = OPTIMISED + ["-ffast-math", "-fopenmp-simd", "-mprefer-vector-width=512"]

# Methods of first order shift each spike, so a last one may fall beyond the end of the run, and the current from
# which a neuron fires on; rounding in float32 may, where a neuron spikes at the end to the microsecond.
LOW_ORDER, ROUNDING, NONE = 0.1, 0.001, 0.0


class NotAvailable(Exception):
    """Why a peer cannot be measured here."""


@dataclass
class Peer:
    """`script` or `source` is what runs; `neurons` of the standard load keep a run to seconds."""
    name: str
    neurons: int
    note: str
    script: str = ""
    source: str = ""
    flags: list = field(default_factory=list)
    method: str = ""
    precisions: tuple = BOTH
    low_order: bool = False
    vector_calls: bool = False

    def allowance(self, precision):
        """Share of neurons whose count may differ from hhsweep's."""
        if self.low_order:
            return LOW_ORDER
        return ROUNDING if precision == "float32" else NONE


PEERS = [
    Peer("C++ scalar", 576, "array of structures, expf/exp of the C library", source="scalar.cpp", flags=OPTIMISED),
    Peer("C++ SoA", 4608, "g++ vectorises, libmvec, 512 bits, -ffast-math", source="soa.cpp", flags=VECTORISED,
         vector_calls=True),
    Peer("C++ SoA, shared exponentials", 4608, "the same with two exponentials a slope instead of six",
         source="soa.cpp", flags=VECTORISED + ["-DPEERS_SHARED_EXPONENTIALS"], vector_calls=True),
    Peer("Boost.odeint", 576, "runge_kutta4, std::array", source="odeint.cpp", flags=OPTIMISED),
    Peer("NumPy", 1152, "RK4 on arrays", script="numpy_rk4.py"),
    Peer("SciPy LSODA", 6, "solve_ivp, rtol = atol = 1e-6", script="scipy_ivp.py", method="LSODA/1e-6",
         precisions=DOUBLE),
    Peer("SciPy RK45", 6, "solve_ivp, rtol = atol = 1e-6", script="scipy_ivp.py", method="RK45/1e-6",
         precisions=DOUBLE),
    Peer("Brian2 rk4", 1152, "C++ standalone", script="brian2_standalone.py", method="rk4"),
    Peer("Brian2 exponential_euler", 1152, "C++ standalone", script="brian2_standalone.py",
         method="exponential_euler", low_order=True),
    Peer("NEURON", 1152, "hh, implicit Euler, rates from its table", script="neuron_hh.py", method="euler",
         precisions=DOUBLE, low_order=True),
    Peer("CoreNEURON", 1152, "hh, implicit Euler", script="neuron_hh.py", method="coreneuron", precisions=DOUBLE,
         low_order=True),
    Peer("JAX", 4608, "RK4 in lax.scan, jit", script="jax_rk4.py"),
    Peer("Diffrax", 4608, "classical tableau, vmap, jit", script="diffrax_rk4.py"),
]


class Workshop:
    """Builds peers in a folder and calls them; each is built once."""

    def __init__(self, folder, python, compiler="c++"):
        self.folder, self.python, self.compiler = pathlib.Path(folder), python, compiler
        self.folder.mkdir(parents=True, exist_ok=True)
        self.built = {}

    def run(self, peer, precision, neurons, duration, dt, times=False, method=None):
        """The peer's JSON report; raises NotAvailable. Duration and dt in ms."""
        command = [*self.command(peer), precision, str(neurons), repr(duration), repr(dt)]
        command += ["times"] if times else []
        method = method or peer.method
        if method:
            command += ["--method", method]
        if "brian2" in peer.script:
            command += ["--work", str(self.folder / f"brian2-{precision}-{method}")]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise NotAvailable(last_line(done.stderr))
        return json.loads(done.stdout.strip().splitlines()[-1])

    def command(self, peer):
        if peer.script:
            return [self.python, str(FOLDER / "python" / peer.script)]
        if peer.name not in self.built:
            self.built[peer.name] = self.build(peer)
        if isinstance(self.built[peer.name], NotAvailable):
            raise self.built[peer.name]
        return [str(self.built[peer.name])]

    def build(self, peer):
        """Path of the program, or why there is none."""
        program = self.folder / re.sub(r"\W+", "-", peer.name.lower())
        sources = [FOLDER / "cpp" / name for name in (peer.source, "load.cpp")]
        try:
            done = subprocess.run([self.compiler, *peer.flags, *sources, "-o", program], capture_output=True, text=True)
        except OSError as error:
            return NotAvailable(str(error))
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if "error" in line]
            return NotAvailable(errors[0] if errors else last_line(done.stderr))
        if peer.vector_calls and not vector_functions(program):
            return NotAvailable(f"{self.compiler} did not vectorise it")
        return program

    def vector_functions(self, peers):
        """{name: vector functions that its program calls} of the peers that are built here."""
        return {name: vector_functions(program) for name, program in self.built.items()
                if not isinstance(program, NotAvailable) and name in (p.name for p in peers if p.vector_calls)}


def vector_functions(program):
    """Vector functions of the C library that a program calls."""
    try:
        listed = subprocess.run(["nm", "-D", "--undefined-only", program], capture_output=True, text=True).stdout
    except OSError:
        return []
    return sorted(set(re.findall(r"_ZGV\w+", listed)))


def last_line(text):
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no message"


def default_python():
    """The environment that setup.sh makes, else the Python that runs this."""
    made = FOLDER.parent.parent / "build" / "peers-venv" / "bin" / "python"
    return str(made if made.exists() else sys.executable)
