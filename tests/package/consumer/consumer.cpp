// A program of somebody else's: creates a region, opens it by its name and prints what it reads there.
// SPDX-License-Identifier: MIT
#include <samepage/region.hpp>

#include <cstdio>

int main() {
    auto page = samepage::region::create("consumer", 4096);
    if (!page) return std::puts(page.error().message().c_str()), 1;
    if (auto written = page->write_text("from a consumer"); !written)
        return std::puts(written.error().message().c_str()), 1;
    auto same = samepage::region::open("consumer");
    if (!same) return std::puts(same.error().message().c_str()), 1;
    auto text = same->read_text(254);
    if (!text) return std::puts(text.error().message().c_str()), 1;
    std::printf("read back: %s\n", text->c_str());
    return 0;
}
