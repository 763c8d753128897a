#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# setup.sh [FOLDER]: an environment with the Python peers, build/peers-venv unless another is named.
# A package that cannot be installed is said and left out; the driver then reports its peer as not available.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1:-$here/../../build/peers-venv}
interpreter=${PYTHON:-/usr/bin/python3}

mkdir -p "$(dirname "$folder")"
[[ -x $folder/bin/python ]] || "$interpreter" -m venv "$folder"
grep -vE '^(#|$)' "$here/requirements.txt" | while read -r package; do
  "$folder/bin/pip" install --quiet "$package" || echo "not installable here: $package" >&2
done
echo "$folder/bin/python"
