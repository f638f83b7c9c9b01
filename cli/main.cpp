// The samepage command.
// SPDX-License-Identifier: MIT
#include "dispatch.hpp"
#include "system.hpp"

int main(int argc, char** argv) { return samepage::cli::dispatch(samepage::cli::prepare(argc, argv)); }
