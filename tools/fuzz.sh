#!/bin/sh
# Builds the fuzzers with clang and runs each for SAMEPAGE_FUZZ_SECONDS (15). What is found is kept in build/fuzz.
# SPDX-License-Identifier: MIT
set -eu
cd "$(dirname "$0")/.."
cmake --preset fuzz
cmake --build --preset fuzz -j"${SAMEPAGE_JOBS:-2}"
ctest --preset fuzz -j2
