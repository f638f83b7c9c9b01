// The entry of libFuzzer: one attack of hostile bytes an input. FUZZ_ATTACK is the object to attack.
// SPDX-License-Identifier: MIT
#include "hostile.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    hostile::FUZZ_ATTACK({data, size});
    return 0;
}
