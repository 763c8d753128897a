#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# header_alone.sh HEADER COMPILER [OPTION...]: whether the public header compiles alone, and twice,
# without warnings and without CUDA.
set -euo pipefail

header=$1
shift
printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
  "$@" -std=c++20 -fsyntax-only -Wall -Wextra -Werror -x c++ -
