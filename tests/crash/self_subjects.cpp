// Crash subjects that test the harness itself: a protocol of three words that needs no library, right and wrong.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>

#include "scene.hpp"

namespace crash {

namespace {

// Two copies of a pair; `current` says which one holds. A new pair goes into the other copy, then `current` changes.
struct page {
    std::atomic<std::uint32_t> current;
    std::atomic<std::uint32_t> pairs[2][2];
};

page& map(const scene& s) {
    const int file = open((s.directory + "/object").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    require(s, file >= 0 && ftruncate(file, 4096) == 0, "can't make the file");
    void* bytes = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    require(s, bytes != MAP_FAILED, "can't map the file");
    close(file);
    return *static_cast<page*>(bytes);
}

enum class order { payload_first, switch_first };

// The pair {n, n}: three stores.
void write_pair(const scene& s, order how) {
    page& p = map(s);
    const std::uint32_t next = p.current ^ 1, n = p.pairs[p.current][0] + 1;
    s.begin();
    s.act([&] {
        if (how == order::switch_first) p.current = next;
        p.pairs[next][0] = n;
        p.pairs[next][1] = n;
        if (how == order::payload_first) p.current = next;
        return true;
    });
    s.end();
}

void is_whole(const scene& s) {
    const page& p = map(s);
    const auto& now = p.pairs[p.current];
    require(s, now[0] == now[1], "a torn pair");
    const std::uint32_t acknowledged = s.of(actor::victim).acknowledged + s.of(actor::recoverer).acknowledged;
    const std::uint32_t begun = s.of(actor::victim).begun + s.of(actor::recoverer).begun;
    require(s, now[0] >= acknowledged && now[0] <= begun, "a lost or invented pair");
}

subject with(const char* name, order how) {
    subject s;
    s.name = name;
    s.on_names = false;
    s.prepare = [](const scene& at) {
        map(at);
        return std::shared_ptr<void>();
    };
    s.operate = [how](const scene& at) { write_pair(at, how); };
    s.recover = s.operate;
    s.check = is_whole;
    s.keeps = false;
    s.stores_max = 3;
    return s;
}

}  // namespace

std::vector<subject> self_subjects() {
    subject counted = with("self.too_many_stores", order::payload_first);
    counted.stores_max = 2;
    subject crashing = with("self.crashing", order::payload_first);
    crashing.operate = [](const scene& at) {
        page& p = map(at);
        at.begin();
        p.current = 1;
        abort();
    };
    return {with("self.ordered", order::payload_first), with("self.swapped", order::switch_first), counted, crashing};
}

}  // namespace crash
