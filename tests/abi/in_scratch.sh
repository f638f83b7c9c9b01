#!/bin/sh
# Runs a command in a directory of its own, which is also where its names are: `in_scratch.sh CMD [ARG...]`.
# SPDX-License-Identifier: MIT
set -eu
scratch=$(mktemp -d -p /dev/shm)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
SAMEPAGE_DIR=$scratch "$@"
