#!/bin/sh
# Tries the example in C, in several processes: `in_scratch.sh stock_test.sh PROGRAM`.
# SPDX-License-Identifier: MIT
set -eu
stock=$1

mkfifo enter
"$stock" hold <enter >held &
holder=$!
exec 3>enter
until grep -q holding held; do
    kill -0 "$holder"
    sleep 0.05
done

"$stock" put bolt 12
"$stock" put nut 100
test "$("$stock" take bolt 5)" = 7
if "$stock" take bolt 8; then exit 1; fi
if "$stock" take screw 1; then exit 1; fi
test "$("$stock" list | sort | tr '\n' ' ')" = "bolt 7 nut 100 "

# All of them at once: none is lost.
takers=
for _ in 1 2 3 4 5 6 7 8; do
    "$stock" take nut 1 >taken &
    takers="$takers $!"
done
for taker in $takers; do wait "$taker"; done
test "$("$stock" list | grep nut)" = "nut 92"

exec 3>&-
wait "$holder"
if "$stock" list 2>error; then exit 1; fi
grep -q not_found error
echo "the stock is right"
