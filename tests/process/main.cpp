// The tests' program: a role when it was started as one, else the tests.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "runner.hpp"
#include "scratch.hpp"

int main(int argc, char** argv) {
    if (const auto status = runner::play(argc, argv)) return *status;
    testing::InitGoogleTest(&argc, argv);
    const scratch::directory own;  // names of other runs are elsewhere
    return RUN_ALL_TESTS();
}
