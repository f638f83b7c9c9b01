#!/bin/sh
# Prepares a Wine prefix below build/wine (64 and 32 bit) and runs a command, or a build's tests, in it.
# SPDX-License-Identifier: MIT
#
#   tools/wine.sh prepare          makes the prefix and warms it; quick when that has been done
#   tools/wine.sh run CMD [ARG…]   runs CMD in it (PROGRAM.exe through Wine, anything else as it is)
#   tools/wine.sh test DIR [ARG…]  prepare, then ctest of a build folder (ARG… go to ctest), then stop
#   tools/wine.sh stop             ends what runs in the prefix
#
# Wine keeps services that hold the standard output of whoever started them, so a test that starts them never ends:
# that is why everything is started here, apart from the tests.
set -eu

top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
home=${SAMEPAGE_WINE_DIR:-$top/build/wine}
i386=$home/i386

export WINEPREFIX="$home/prefix" WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml,winedbg.exe='
export WINEDLLPATH="$i386/usr/lib/i386-linux-gnu/wine"
unset DISPLAY WAYLAND_DISPLAY
wine=$(command -v wine64 || command -v wine || true)
wineserver=$(command -v wineserver || echo /usr/lib/wine/wineserver)

say() { printf '%s\n' "wine.sh: $*" >&2; }

# 32-bit programs need the i386 Windows modules of Wine, nothing else of i386. They are unpacked here from the package,
# because to add the architecture to the system would touch all of it.
fetch_i386() {
    [ -d "$WINEDLLPATH/i386-windows" ] && return 0
    version=$(dpkg-query -W -f '${Version}' libwine)
    mkdir -p "$home/apt/lists/partial" "$home/apt/archives/partial"
    # The system's own source of the release that it runs; only "main", and neither updates nor security.
    # shellcheck disable=SC1091
    release=$(. /etc/os-release && echo "$VERSION_CODENAME")
    keys=/usr/share/keyrings/debian-archive-keyring.gpg
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) main' 'Created-By: Packages' 'Component: main' |
        grep " $release main\$" | sort -u | sed "s|^|deb [arch=i386 signed-by=$keys] |" >"$home/apt/sources.list"
    set -- -qq -o Dir::Etc::sourcelist="$home/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$home/apt/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
        -o Dir::Cache::archives="$home/apt/archives" -o APT::Architectures::=i386 -o APT::Sandbox::User=root \
        -o Acquire::Languages=none
    apt-get "$@" update
    (cd "$home/apt/archives" && apt-get "$@" download "libwine:i386=$version")
    rm -rf "$i386.new"
    dpkg-deb -x "$home/apt/archives"/libwine_*_i386.deb "$i386.new"
    rm -rf "$i386"
    mv "$i386.new" "$i386"
    rm -rf "$home/apt"
}

prepare() {
    if [ -z "$wine" ]; then
        say "Wine is missing: apt-get install wine wine64"
        return 1
    fi
    mkdir -p "$home"
    fetch_i386
    if [ ! -f "$home/made" ]; then
        "$wine" wineboot -i </dev/null >/dev/null 2>&1
        "$wineserver" -w
        touch "$home/made"
    fi
    "$wineserver" -p </dev/null >/dev/null 2>&1 || true # says 2 when it runs already
    "$wine" wineboot </dev/null >/dev/null 2>&1
}

stop() { "$wineserver" -k </dev/null >/dev/null 2>&1 || true; }

run() {
    case $1 in
        *.exe) exec "$wine" "$@" ;;
        *) exec "$@" ;;
    esac
}

command=${1:-}
[ $# -gt 0 ] && shift
case $command in
    prepare) prepare ;;
    run) run "$@" ;;
    test)
        build=$1
        shift
        prepare
        status=0
        ctest --test-dir "$build" -j2 --output-on-failure --no-tests=error "$@" || status=$?
        stop
        exit $status
        ;;
    stop) stop ;;
    *)
        sed -n '4,8s/^# \{0,1\}//p' "$0"
        exit 2
        ;;
esac
