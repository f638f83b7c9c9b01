#!/usr/bin/env bash
# Two processes share a page: the article's sentence, a large real file, and a name that ends with its last holder.
# SPDX-License-Identifier: MIT
#
# Every step is verified; the script ends with a failure at the first thing that isn't as it should be.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

sentence="Hello world, I'm writing to a shared page file."
large=build/demo/large-file
large_bytes_max=$((64 << 20))

# A place of its own, so that names which are held here already don't matter.
SAMEPAGE_DIR=$(mktemp -d -p "${SAMEPAGE_DIR:-/dev/shm}")
export SAMEPAGE_DIR
first=""

finish() {
    [ -z "$first" ] || kill -9 "$first" 2>/dev/null || true
    rm -rf "$SAMEPAGE_DIR" "$large"
}
trap finish EXIT

say() { printf '\n%s\n' "$*"; }
show() { printf '  $ %s\n' "$*"; }
fail() {
    printf 'demo: FAILED: %s\n' "$*" >&2
    exit 1
}

say "Process 1 creates the page 'hello', writes the sentence and holds the page:"
show "./samepage share hello \"$sentence\" &"
./samepage share hello "$sentence" </dev/null &
first=$!
echo "    process $first"

say "Process 2 reads it:"
show "./samepage read hello --wait 30s"
text=$(./samepage read hello --wait 30s 2>/dev/null) || fail "the page can't be read (exit code $?)"
# A region is plain bytes: whoever reads while the sentence is being written may see a part of it.
for ((tries = 0; tries < 50; ++tries)); do
    [ "$text" != "$sentence" ] || break
    sleep 0.1
    text=$(./samepage read hello)
done
echo "$text"
[ "$text" = "$sentence" ] || fail "that is not the sentence"

say "What there is:"
show "./samepage ls"
list=$(./samepage ls) || fail "ls ended with exit code $?"
echo "$list"
[[ $list == *hello* ]] || fail "hello is not in the list"

# Real bytes: programs and libraries of this machine, as much as half of the free shared memory takes.
mkdir -p "${large%/*}"
free_bytes=$(df -B1 --output=avail "$SAMEPAGE_DIR" | tail -n 1)
bytes=$((free_bytes / 2 < large_bytes_max ? free_bytes / 2 : large_bytes_max))
find -L /usr/bin /usr/lib -maxdepth 3 -type f -size +64k -readable -print0 2>/dev/null |
    xargs -0 cat 2>/dev/null | head -c "$bytes" >"$large" || true # xargs is told off when head has had enough
[ -s "$large" ] || fail "no file to share could be put together"
before=$(sha256sum <"$large")

say "A large real file ($(wc -c <"$large") bytes), held while another process reads it back:"
show "sha256sum <$large"
echo "$before"
show "./samepage share large --file $large -- sh -c './samepage read large --raw | sha256sum'"
after=$(./samepage share large --file "$large" -- sh -c './samepage read large --raw | sha256sum' </dev/null) ||
    fail "sharing the file ended with exit code $?"
echo "$after"
[ "$before" = "$after" ] || fail "the checksums differ"

say "Process 1 dies without a chance to clean up, and the name is gone with it:"
show "kill -9 $first"
kill -9 "$first"
wait "$first" 2>/dev/null || true
first=""
show "./samepage read hello"
code=0
./samepage read hello || code=$?
echo "    exit code $code"
[ "$code" = 3 ] || fail "the exit code should be 3, not found"

show "./samepage clean"
./samepage clean || fail "clean ended with exit code $?"
left=$(find "$SAMEPAGE_DIR" -type f -size +0)
[ -z "$left" ] || fail "left behind: $left"

say "demo: all as it should be. Try it in two terminals: ./samepage share hello \"your text\" and ./samepage read hello"
