#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# symbols.sh NM ISA OBJECT: whether the object of one instruction set shares no code with the others.
# The linker keeps one copy of a weak symbol, so one without the instruction set in its name could
# bring AVX-512 code to a machine without it.
set -euo pipefail

nm=$1 isa=$2 object=$3
symbols=$("$nm" -C --defined-only "$object")

if ! grep -q "$isa" <<<"$symbols"; then
  echo "no symbol of $object names $isa" >&2
  exit 1
fi
# DW.ref.* are addresses, equal whatever the instruction set.
if shared=$(grep -E '^[0-9a-f]* [WwVvu] ' <<<"$symbols" | grep -v -e "$isa" -e ' DW\.ref\.'); then
  printf 'weak symbols of %s outside %s:\n%s\n' "$object" "$isa" "$shared" >&2
  exit 1
fi
