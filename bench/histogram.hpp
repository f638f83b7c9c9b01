// Latencies, counted by size: a place for each sixteenth of a power of two, so that percentiles are within 6 %.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace bench {

// Trivial, so that it can lie in shared memory. One process writes at a time.
struct histogram {
    std::array<std::uint64_t, 61 * 16> counts;

    void clear() { counts.fill(0); }
    void add(std::uint64_t ns) { ++counts[place_of(ns)]; }
    void add(const histogram& other) {
        for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
    }
    std::uint64_t total() const {
        std::uint64_t sum = 0;
        for (const std::uint64_t count : counts) sum += count;
        return sum;
    }
    // The latency that `fraction` of all don't exceed; the lower border of its place.
    double at(double fraction) const {
        const auto wanted = static_cast<std::uint64_t>(fraction * static_cast<double>(total()));
        std::uint64_t passed = 0;
        for (std::size_t i = 0; i < counts.size(); ++i) {
            passed += counts[i];
            if (passed > wanted) return border_of(i);
        }
        return 0;
    }

   private:
    static std::size_t place_of(std::uint64_t ns) {
        if (ns < 16) return static_cast<std::size_t>(ns);
        const auto octave = static_cast<unsigned>(std::bit_width(ns)) - 5;
        return (octave + 1) * 16 + static_cast<std::size_t>(ns >> octave & 15);
    }
    static double border_of(std::size_t place) {
        if (place < 16) return static_cast<double>(place);
        return static_cast<double>((place & 15) + 16) * static_cast<double>(std::uint64_t{1} << (place / 16 - 1));
    }
};

}  // namespace bench
