#!/usr/bin/env bash
# Builds samepage for Windows, 64 and 32 bit, and runs the tests of both under Wine.
# SPDX-License-Identifier: MIT
#
#   tools/windows.sh [ARG…]    ARG… go to ctest; `./dev windows` installs before what it needs
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

jobs=${SAMEPAGE_JOBS:-$(nproc 2>/dev/null || echo 2)}

step() { printf '== %s (%s s)\n' "$*" "$SECONDS"; }

build() { # PRESET [TARGET…]
    local preset=$1 targets=()
    shift
    [ $# -eq 0 ] || targets=(--target "$@")
    mkdir -p build
    {
        cmake --preset "$preset" && cmake --build --preset "$preset" -j "$jobs" "${targets[@]}"
    } >"build/$preset.log" 2>&1 || { cat "build/$preset.log"; return 1; }
}

step "Wine: a prefix of its own, for 64 and 32 bit"
tools/wine.sh prepare
trap 'tools/wine.sh stop' EXIT

# For the file that both worlds share.
step "this system's own command line"
build dev samepage_cli

for preset in mingw mingw32; do
    step "build $preset"
    build "$preset"
    # Without its modules a 32-bit program prints nothing and says that all is well.
    said=$(tools/wine.sh run "build/$preset/dll_consumer.exe")
    [[ $said == "through the DLL"* ]] || { echo "windows.sh: $preset programs don't run here: '$said'" >&2; exit 1; }
done

status=0
for preset in mingw mingw32; do
    step "test $preset"
    again=(ctest --test-dir "build/$preset" --output-on-failure --no-tests=error)
    "${again[@]}" -j "$jobs" "$@" && continue
    # As ./dev test: see there.
    if [ -n "${SAMEPAGE_SECOND_TRY:-}" ] && "${again[@]}" --rerun-failed; then
        echo "UNSTEADY: the tests of the second try failed first and then passed"
    else
        status=1
    fi
done
step "done, with $(tools/wine.sh run wine --version)"
exit $status
