#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# demo.sh: installs what is missing, builds hhsweep into build/release, runs the F-I curve of the
# squid axon, shows the result and draws it.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
hhsweep=$root/build/release/hhsweep
result=$root/build/demo/fi.nc
figure=$root/build/demo/fi.png

bash "$root/scripts/install-dependencies.sh" --figures

echo "== Building into build/release (a few minutes the first time)" >&2
cmake -S "$root" -B "$root/build/release" -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DHHSWEEP_TESTS=OFF -DHHSWEEP_BENCHMARKS=OFF >&2
cmake --build "$root/build/release" >&2

echo "== hhsweep run examples/fi.toml" >&2
mkdir -p "$root/build/demo"
# --overwrite, because the result of an earlier version is another file.
"$hhsweep" run "$root/examples/fi.toml" -o "$result" --overwrite

echo "== hhsweep show build/demo/fi.nc" >&2
"$hhsweep" show "$result"

# Another python3 may come before the one that Debian's packages are for.
python=
for candidate in /usr/bin/python3 python3; do
  if "$candidate" -c 'import matplotlib, netCDF4, scipy, xarray' 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [[ -z $python ]]; then
  echo "No figure: python3 has no matplotlib, netCDF4, scipy or xarray. The result is $result" >&2
  exit 1
fi
echo "== hhsweep-plot build/demo/fi.nc" >&2
PYTHONPATH=$root/python PYTHONDONTWRITEBYTECODE=1 \
  "$python" -m hhsweep.plot "$result" -o "$figure" >&2
echo
echo "The result is $result"
echo "The figure is $figure"
