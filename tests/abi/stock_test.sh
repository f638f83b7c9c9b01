#!/bin/sh
# Tries the example in C, or in another language, in several processes: `stock_test.sh PROGRAM [TAKER]`.
# SPDX-License-Identifier: MIT
#
# TAKER is the same in another language: the two take from the same stock at once.
set -eu
stock=$1
taker=${2:-$1}

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
for _ in 1 2 3 4; do
    "$stock" take nut 1 >taken &
    takers="$takers $!"
    "$taker" take nut 1 >taken_too &
    takers="$takers $!"
done
for process in $takers; do wait "$process"; done
test "$("$stock" list | grep nut)" = "nut 92"

exec 3>&-
wait "$holder"
if "$stock" list 2>error; then exit 1; fi
grep -q not_found error
echo "the stock is right"
