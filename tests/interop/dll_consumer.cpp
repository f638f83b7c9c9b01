// A program that uses samepage.dll: makes a region, opens it again, and finds what it wrote.
// SPDX-License-Identifier: MIT
#include <cstdio>

#include "samepage/catalog.hpp"
#include "samepage/region.hpp"

int main() {
    const auto page = samepage::region::create("dll-consumer", 4096);
    if (!page) return std::puts(page.error().message().c_str()), 1;
    if (!page->write_text("through the DLL")) return 1;
    const auto same = samepage::region::open("dll-consumer");
    const auto entry = samepage::look_up("dll-consumer");
    if (!same || !entry || entry->size_bytes != 4096) return 1;
    const auto text = same->read_text();
    std::puts(text ? text->c_str() : "nothing");
    const auto missing = samepage::region::open("dll-consumer-missing");
    return missing || missing.error().code() != samepage::errc::not_found ? 1 : 0;
}
