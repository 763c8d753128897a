#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# install-dependencies.sh [--figures] [--tests]: installs the packages that building hhsweep takes on
# Debian and Ubuntu, with --figures also those of the Python package, with --tests also those of the
# tests, as far as they are missing: as root, or through sudo.
# The CUDA Toolkit is used where there is one, and not installed.
set -euo pipefail

packages=(cmake g++ git ninja-build libcli11-dev libnetcdf-dev libtomlplusplus-dev
  nlohmann-json3-dev)
for option in "$@"; do
  case $option in
    --figures | --tests)
      packages+=(python3 python3-matplotlib python3-netcdf4 python3-scipy python3-xarray) ;;&
    --tests)
      packages+=(binutils libgtest-dev netcdf-bin python3-h5netcdf python3-pip python3-pytest
        python3-setuptools python3-wheel) ;;
  esac
done

# Tools count wherever they come from.
declare -A tool_of=([cmake]=cmake [g++]=c++ [git]=git [ninja-build]=ninja [binutils]=nm
  [netcdf-bin]=ncdump [python3]=python3)

is_present() {
  local tool=${tool_of[$1]-}
  if [[ -n $tool ]]; then
    command -v "$tool" >/dev/null
  else
    [[ $(dpkg-query -W -f '${Status}' "$1" 2>/dev/null) == 'install ok installed' ]]
  fi
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "Not a Debian system: going on with the packages that are here." >&2
  exit 0
fi

missing=()
for package in "${packages[@]}"; do
  is_present "$package" || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  exit 0
fi

as_root=()
if ((EUID != 0)); then
  as_root=(sudo)
  # Without a terminal sudo cannot ask for a password.
  [[ -t 0 && -t 2 ]] || as_root=(sudo -n)
  if ! command -v sudo >/dev/null || ! "${as_root[@]}" true; then
    echo "Packages are missing, and installing them takes root. Run this, then try again:" >&2
    echo "    apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
fi

echo "Installing ${missing[*]}" >&2
apt_get=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
"${apt_get[@]}" update >&2 || echo "apt-get update failed; trying with the lists that are here" >&2
"${apt_get[@]}" install -y --no-install-recommends "${missing[@]}" >&2
