// Hostile bytes in an array: readers and writers that have it open, and those who open it now.
// SPDX-License-Identifier: MIT
#include <array>

#include "hostile.hpp"
#include "ndarray/layout.hpp"
#include "samepage/ndarray.hpp"

namespace hostile {

namespace {

using samepage::ndarray;
using samepage::no_wait;
using samepage::ndarrays::head;

constexpr std::uint64_t shape[] = {5, 3, 2};
constexpr std::byte kept{7};

const std::array<std::uint64_t, 8> spots = {
    0,
    offsetof(head, dtype),
    offsetof(head, element_bytes),
    offsetof(head, data_bytes),
    offsetof(head, sequence),
    offsetof(head, shape),
    offsetof(head, strides),
    sizeof(head),
};

// Whoever believes shape and strides reads at the farthest of them.
void read(const ndarray& a) {
    std::vector<std::byte> copy(static_cast<std::size_t>(a.size_bytes()));
    if (const auto seen = a.copy(copy, no_wait); !seen) require_explained(seen.error());
    if (const auto seen = a.copy({}, no_wait); !seen && a.size_bytes() != 0)
        require(seen.error().needed_bytes() == a.size_bytes(), "a short buffer isn't told what is needed");
    std::uint64_t at = 0;
    for (std::size_t i = 0; i < a.shape().size(); ++i) {
        if (a.shape()[i] == 0) return;
        at += (a.shape()[i] - 1) * a.strides()[i];
    }
    require(at < a.size_bytes(), "shape and strides lead out of the elements");
    static_cast<void>(std::to_integer<int>(a.bytes()[static_cast<std::size_t>(at)]));
}

void write(const ndarray& a) {
    auto writing = a.write(no_wait);
    if (!writing) return require_explained(writing.error());
    for (std::byte& element : a.bytes()) element = std::byte{9};
    if (const auto done = writing->finish(); !done) require_explained(done.error());
}

struct ndarray_under_attack {
    std::string path = scratch_path();
    ndarray writer = make(path);
    ndarray reader = open(path, samepage::access::read_only).value();
    victim bytes{path};

    static ndarray make(const std::string& path) {
        ndarray a = std::move(ndarray::create(path, "<u2", shape).value());
        auto writing = a.write().value();
        for (std::byte& element : a.bytes()) element = kept;
        writing.finish().value();
        return a;
    }
    static samepage::result<ndarray> open(const std::string& path, samepage::access access) {
        return ndarray::open(path, {.access = access, .timeout = no_wait});
    }
};

}  // namespace

void attack_ndarray(input bytes) {
    static ndarray_under_attack array;
    // It has no check sum to be made right.
    std::vector<std::uint8_t> attack(bytes.begin(), bytes.end());
    if (!attack.empty()) attack[0] &= 0xfeU;
    array.bytes.patch(attack, spots);
    read(array.reader);
    write(array.writer);
    read(array.reader);

    array.bytes.patch(attack, spots);
    for (const auto access : {samepage::access::read_only, samepage::access::read_write}) {
        const auto fresh = ndarray_under_attack::open(array.path, access);
        if (!fresh) {
            require_explained(fresh.error());
            continue;
        }
        read(*fresh);
        if (access == samepage::access::read_write) write(*fresh);
    }
    if (const auto made = ndarray::create(array.path, "<u2", shape, {.timeout = no_wait})) {
        read(*made);
    } else {
        require_explained(made.error());
    }

    array.bytes.mend();
    std::array<std::byte, 60> copy;
    require(array.reader.copy(copy, no_wait).value() == 1 && copy[59] == kept, "after mending, it isn't what was kept");
    auto writing = array.writer.write(no_wait);
    require(writing && !writing->was_torn() && writing->finish().value() == 2, "after mending, nobody can write");
}

}  // namespace hostile
