#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bundle.sh SOURCE_DIR BUILD_DIR: whether the bundled program runs from anywhere, on its own
# libraries and those of the C library alone.
set -euo pipefail

source=$1 build=$2
work=$build/bundle-test
rm -rf "$work"
mkdir -p "$work/elsewhere"

bash "$source/scripts/bundle.sh" "$build" "$work"
archives=("$work"/hhsweep-*.tar.gz)
tar -xzf "${archives[0]}" -C "$work/elsewhere"
programs=("$work/elsewhere"/hhsweep-*/hhsweep)
program=${programs[0]}

env -i PATH=/nonexistent LD_LIBRARY_PATH= "$program" --version
env -i PATH=/nonexistent LD_LIBRARY_PATH= "$program" devices

c_library='/(libc|libm|libdl|librt|libpthread|libresolv|libanl|libutil|ld-linux[^/]*)\.so'
if outside=$(env -i /usr/bin/ldd "$program" | grep '=> ' | grep -v "=> $work/elsewhere" |
  grep -vE "$c_library"); then
  printf 'libraries from outside the bundle:\n%s\n' "$outside" >&2
  exit 1
fi
