// Crash subjects: the life of a name, from create to close, also over a leftover, and opening what others hold.
// SPDX-License-Identifier: MIT
#include <chrono>
#include <filesystem>

#include "samepage/region.hpp"
#include "scene.hpp"

namespace crash {

namespace {

using samepage::errc;
using samepage::region;
using samepage::region_options;

constexpr std::uint64_t size_bytes = 4096;

// How long to wait for a stopped process before it has to be named.
region_options short_wait() {
    region_options options;
    options.timeout = std::chrono::milliseconds(20);
    return options;
}

bool all_zero(const region& r) {
    for (const std::byte b : r.bytes())
        if (b != std::byte{}) return false;
    return true;
}

bool is_left(const scene& s) {
    for (const auto& found : std::filesystem::recursive_directory_iterator(s.directory))
        if (found.path().filename() == "object") return true;
    return false;
}

// Creates, fills and closes: two acts. What it creates is zeroed; what exists already is taken as it is.
void live(const scene& s) {
    region r;
    const auto create = [&] {
        auto made = region::create(s.place, size_bytes);
        if (!made) return false;
        require(s, !s.named || !made->created() || all_zero(*made), "a new region isn't zeroed");
        r = std::move(*made);
        return true;
    };
    const auto close = [&] {
        r.close();
        return true;
    };
    s.begin();
    if (s.act(create)) {
        static_cast<void>(r.write_text("some bytes of an earlier life"));
        s.act(close);
    }
    s.end();
}

// Everybody is dead: a name is free at once, and comes back zeroed; a file is whole.
void is_free(const scene& s) {
    auto old = region::open(s.place);
    if (s.named) require(s, !old && old.error().code() == errc::not_found, "the name of a dead process is not free");
    {
        auto again = region::create(s.place, size_bytes);
        require(s, again.has_value(), "can't create: " + (again ? "" : again.error().message()));
        require(s, again->size() == size_bytes, "of another size");
        require(s, !s.named || again->created(), "not created anew");
        require(s, !s.named || all_zero(*again), "not zeroed");
        require(s, again->write_text("next").has_value(), "can't write");
        auto same = region::open(s.place);
        require(s, same && same->read_text().value() == "next", "others don't see it");
    }
    require(s, !s.named || !is_left(s), "its file was left behind");
}

bool names(const samepage::error& why, pid_t process) {
    return why.code() == errc::timed_out && why.detail().find(std::to_string(process)) != std::string_view::npos;
}

// The victim stands still somewhere in live(). It is alive: where it holds the name, nobody else can make it anew.
void beside_it(const scene& s) {
    const auto& it = s.of(actor::victim);
    const bool holds = it.acknowledged == 1 && it.begun == 1;
    auto r = region::create(s.place, size_bytes, short_wait());
    require(s, r || names(r.error(), s.victim), "create: " + (r ? "" : r.error().message()));
    if (!r) return require(s, !holds, "a holder that isn't closing stands in the way");
    require(s, !holds || !s.named || !r->created(), "two live regions of one name");
    require(s, !r->created() || !s.named || all_zero(*r), "not zeroed");
}

// Opens, reads and closes what the keeper holds.
void open_and_read(const scene& s) {
    region r;
    const auto open = [&] {
        auto found = region::open(s.place);
        if (!found) return false;
        r = std::move(*found);
        return true;
    };
    s.begin();
    if (s.act(open)) require(s, r.read_text().value() == "kept", "what was opened isn't what is held");
    r.close();
    s.end();
}

std::shared_ptr<void> keep(const scene& s) {
    auto r = std::make_shared<region>(std::move(region::create(s.place, size_bytes).value()));
    r->write_text("kept").value();
    return r;
}

void is_kept(const scene& s) {
    auto r = region::open(s.place, short_wait());
    // In pair mode the stopped one may stand in the gate; else nobody is in the way.
    if (s.victim != 0 && !r) return require(s, names(r.error(), s.victim), "open: " + r.error().message());
    require(s, r.has_value(), "can't open what is held: " + (r ? "" : r.error().message()));
    require(s, r->read_text().value() == "kept", "what was opened isn't what is held");
}

// A process died holding the name: its file is still there.
std::shared_ptr<void> leave(const scene& s) {
    auto* dies_with_the_process = new region(std::move(region::create(s.place, size_bytes).value()));
    dies_with_the_process->write_text("some bytes of an earlier life").value();
    return nullptr;
}

}  // namespace

std::vector<subject> region_subjects() {
    subject life;
    life.name = "region.life";
    life.prepare = [](const scene&) { return std::shared_ptr<void>(); };
    life.operate = live;
    life.recover = live;
    life.check = is_free;
    life.meanwhile = beside_it;
    life.keeps = false;

    subject leftover = life;
    leftover.name = "region.leftover";
    leftover.prepare = leave;
    leftover.on_paths = false;

    subject open;
    open.name = "region.open";
    open.prepare = keep;
    open.operate = open_and_read;
    open.recover = open_and_read;
    open.check = is_kept;
    open.meanwhile = is_kept;
    open.stores_max = 0;

    return {life, leftover, open};
}

}  // namespace crash
