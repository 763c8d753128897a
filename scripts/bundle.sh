#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bundle.sh [BUILD_DIR [OUTPUT_DIR]]: makes OUTPUT_DIR/hhsweep-VERSION-linux-ARCH, a folder with the
# program and the shared libraries it needs, and a .tar.gz of it. The folder runs wherever the C
# library is as new as here; a GPU needs its driver and nothing else.
# BUILD_DIR is a built build folder; default: build/release, built here. OUTPUT_DIR: build/bundle.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${1-}
output=${2-$root/build/bundle}

if [[ -z $build ]]; then
  build=$root/build/release
  bash "$root/scripts/install-dependencies.sh"
  cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DHHSWEEP_IO=ON \
    -DHHSWEEP_CLI=ON
  cmake --build "$build" --target hhsweep_cli
fi

version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")
name=hhsweep-$version-linux-$(uname -m)
bundle=$output/$name
rm -rf "$bundle" "$bundle.tar.gz"
mkdir -p "$bundle/lib" "$bundle/licenses"

cmake --install "$build" --component program --prefix "$bundle" >/dev/null
mv "$bundle/bin/hhsweep" "$bundle/hhsweep"
rmdir "$bundle/bin"
cp "$root/LICENSE" "$bundle/LICENSE"
cp -r "$root/examples" "$bundle/examples"

# The C library and the loader must be those of the machine.
c_library='^(libc|libm|libdl|librt|libpthread|libresolv|libanl|libutil|ld-linux.*)\.so'
# Asked of the built program: the installed one no longer knows where they are.
ldd "$build/hhsweep" | sed -n 's/^\t\(.*\) => \(.*\) (0x.*/\1\t\2/p' >"$output/libraries"
if grep -P '\tnot found' "$output/libraries" >&2; then
  exit 1
fi
while IFS=$'\t' read -r soname file; do
  if [[ $soname =~ $c_library ]]; then
    continue
  fi
  install -m 644 "$file" "$bundle/lib/$soname"
  package=$({ dpkg -S "$(readlink -f "$file")" || dpkg -S "$file"; } 2>/dev/null | head -n 1) || true
  package=${package%%:*}
  if [[ -n $package && -f /usr/share/doc/$package/copyright ]]; then
    cp "/usr/share/doc/$package/copyright" "$bundle/licenses/$package"
  fi
done <"$output/libraries"
rm "$output/libraries"

tar -czf "$bundle.tar.gz" -C "$output" "$name"
glibc=$(objdump -T "$bundle/hhsweep" "$bundle"/lib/* | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1)
echo "$bundle.tar.gz ($(du -h "$bundle.tar.gz" | cut -f 1)), for C libraries from ${glibc/_/ } on"
