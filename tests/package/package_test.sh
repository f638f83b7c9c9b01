#!/usr/bin/env bash
# One way to use samepage, from a built tree: `package_test.sh WAY DIRECTORY`; the list of ways is at the end.
# SPDX-License-Identifier: MIT
#
# Expects in the environment: BUILD and SOURCE (directories), CMAKE, CC, CXX (programs), LIBRARY (file), LIBDIR and
# VERSION.
set -euo pipefail
way=$1
prefix=$2/prefix
work=$2/$way
consumer=$SOURCE/tests/package/consumer

fail() {
    echo "package: $*" >&2
    exit 1
}

# The consumer's program must be the one that talks to the library: it creates, opens and reads back a region.
run() {
    local output page_dir
    page_dir=$(mktemp -d -p /dev/shm)
    output=$(SAMEPAGE_DIR=$page_dir "$@") || { rm -rf "$page_dir"; fail "$* ended with an error: $output"; }
    rm -rf "$page_dir"
    [ "$output" = "read back: from a consumer" ] || fail "$* printed '$output'"
}

configure_consumer() {
    "$CMAKE" -S "$consumer" -B "$work" -DCMAKE_CXX_COMPILER="$CXX" -DCMAKE_BUILD_TYPE=Debug "$@"
    "$CMAKE" --build "$work" -j 2 --target consumer
    run "$work/consumer"
}

install_tree() {
    rm -rf "$prefix"
    "$CMAKE" --install "$BUILD" --prefix "$prefix"
    [ -f "$prefix/include/samepage/region.hpp" ] || fail "the headers are not installed"
    [ -L "$prefix/$LIBDIR/libsamepage.so" ] || fail "the link for the linker is not installed"
    [ -f "$prefix/$LIBDIR/libsamepage.so.$VERSION" ] || fail "the library is not installed under its version"
}

use_find_package() {
    rm -rf "$work"
    configure_consumer -DCMAKE_PREFIX_PATH="$prefix" -DCONSUMER_VERSION="$VERSION"
    # A version from the future must be refused.
    if "$CMAKE" -S "$consumer" -B "$work-future" -DCMAKE_CXX_COMPILER="$CXX" -DCMAKE_PREFIX_PATH="$prefix" \
        -DCONSUMER_VERSION=999.0 >"$work/future.log" 2>&1; then
        fail "find_package accepted version 999"
    fi
    grep -q "$VERSION" "$work/future.log" || fail "find_package failed for another reason: $(cat "$work/future.log")"
}

use_pkg_config() {
    local flags
    mkdir -p "$work"
    export PKG_CONFIG_PATH=$prefix/$LIBDIR/pkgconfig
    [ "$(pkg-config --modversion samepage)" = "$VERSION" ] || fail "pkg-config tells another version"
    flags=$(pkg-config --cflags --libs samepage)
    # shellcheck disable=SC2086
    "$CXX" -std=c++20 -Wall -Wextra -Werror "$consumer/consumer.cpp" -o "$work/consumer" $flags
    LD_LIBRARY_PATH=$prefix/$LIBDIR run "$work/consumer"
}

# The example in C, without a C++ compiler: by CMake's package and by pkg-config.
use_c() {
    local flags try=("$SOURCE/tests/abi/in_scratch.sh" "$SOURCE/tests/abi/stock_test.sh")
    rm -rf "$work"
    "$CMAKE" -S "$SOURCE/tests/package/consumer_c" -B "$work" -DCMAKE_C_COMPILER="$CC" \
        -DCMAKE_PREFIX_PATH="$prefix" -DEXAMPLE="$SOURCE/examples/c/stock.c"
    "$CMAKE" --build "$work"
    "${try[@]}" "$work/stock" || fail "the example in C, built by find_package, failed"
    flags=$(PKG_CONFIG_PATH=$prefix/$LIBDIR/pkgconfig pkg-config --cflags --libs samepage)
    # shellcheck disable=SC2086
    "$CC" -std=c99 -pedantic -Wall -Wextra -Werror "$SOURCE/examples/c/stock.c" -o "$work/stock" $flags
    LD_LIBRARY_PATH=$prefix/$LIBDIR "${try[@]}" "$work/stock" || fail "the example in C, built by pkg-config, failed"
}

# Runtime alone runs programs, Development alone has what compiles them.
use_components() {
    rm -rf "$work"
    "$CMAKE" --install "$BUILD" --prefix "$work/runtime" --component Runtime
    "$CMAKE" --install "$BUILD" --prefix "$work/development" --component Development
    [ -e "$work/runtime/$LIBDIR/libsamepage.so.${VERSION%%.*}" ] || fail "Runtime lacks the library"
    [ ! -e "$work/runtime/include" ] || fail "Runtime has headers"
    [ -L "$work/development/$LIBDIR/libsamepage.so" ] || fail "Development lacks the link for the linker"
    [ -f "$work/development/$LIBDIR/pkgconfig/samepage.pc" ] || fail "Development lacks the pkg-config file"
    [ ! -e "$work/development/bin" ] || fail "Development has programs"
}

# The installed command finds its library, and comes with its man page and its completion.
use_command() {
    [ -x "$prefix/bin/samepage" ] || fail "the command is not installed"
    "$prefix/bin/samepage" version | grep -qF "$VERSION" || fail "the installed command doesn't tell its version"
    bash -n "$prefix/share/bash-completion/completions/samepage" || fail "the completion is no bash"
    if command -v scdoc >/dev/null; then
        grep -q '^\.TH "samepage" "1"' "$prefix/share/man/man1/samepage.1" || fail "the man page is not one"
    fi
}

use_subdirectory() {
    rm -rf "$work"
    configure_consumer -DCONSUMER_SUBDIRECTORY="$SOURCE" -G Ninja
    # A guest builds nothing but the library.
    [ -z "$(find "$work" -name samepage -type f -perm -u+x)" ] || fail "the command line was built for a guest"
}

weigh() {
    local needed stripped_bytes foreign
    mkdir -p "$work"
    needed=$(readelf -d "$LIBRARY" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
    [ -n "$needed" ] || fail "no list of libraries in $LIBRARY"
    for library in $needed; do
        case $library in
            libc.so.* | libstdc++.so.* | libgcc_s.so.* | libm.so.* | libpthread.so.* | ld-linux*) ;;
            *) fail "the library needs $library" ;;
        esac
    done
    strip -o "$work/stripped" "$LIBRARY"
    stripped_bytes=$(stat -c %s "$work/stripped")
    [ "$stripped_bytes" -le $((1 << 20)) ] || fail "the library is $stripped_bytes bytes, more than 1 MiB"
    foreign=$(nm -D --defined-only -C "$LIBRARY" | grep -v ' [VWu] ' | grep -v samepage || true)
    [ -z "$foreign" ] || fail "it shows symbols that are not its own: $foreign"
    echo "$stripped_bytes bytes, needs" $needed
}

case $way in
    install) install_tree ;;
    find_package) use_find_package ;;
    pkg_config) use_pkg_config ;;
    c) use_c ;;
    components) use_components ;;
    command) use_command ;;
    subdirectory) use_subdirectory ;;
    weight) weigh ;;
    *) fail "there is no way '$way'" ;;
esac
