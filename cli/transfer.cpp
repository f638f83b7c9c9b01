// Windows into a region, one after the other.
// SPDX-License-Identifier: MIT
//
// Roles: a writer (share, write) and readers that wait for a text (read --wait), in different processes.
// Invariant: the first byte of what is written becomes visible after all the others. A writer that dies before leaves a
// first byte that is what it was; a waiting reader goes on waiting. A reader that does not wait may see a mixture: a
// region promises no more.
#include "transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "failure.hpp"
#include "output.hpp"
#include "system.hpp"
#include "waiting.hpp"

namespace samepage::cli {

namespace {

constexpr std::uint64_t window_bytes = std::uint64_t{64} << 20U;
constexpr std::size_t piece_bytes = std::size_t{256} << 10U;

[[noreturn]] void cut_short(std::string_view place, std::uint64_t at) {
    throw failure(status_corrupt, "corrupt",
                  fmt::format("corrupt: somebody has cut {} short meanwhile: byte {} of it is gone; make it anew, and "
                              "let nothing truncate a file that is shared",
                              place, at));
}

// The part of a region that is mapped at the moment.
class window {
   public:
    window(const region& r, std::string_view place) : region_(r), place_(place) {}

    // The address of byte `at`, and how many bytes from there on are mapped, at least one.
    std::span<std::byte> from(std::uint64_t at) {
        if (at < start_ || at - start_ >= view_.size()) {
            view_ = region_view();
            start_ = at - at % window_bytes;
            view_ =
                need(region_.map(start_, static_cast<std::size_t>(std::min(window_bytes, region_.size() - start_))));
        }
        return view_.bytes().subspan(static_cast<std::size_t>(at - start_));
    }

    void put(std::uint64_t at, std::span<const char> bytes) {
        while (!bytes.empty()) {
            const auto to = from(at);
            const std::size_t n = std::min(to.size(), bytes.size());
            if (!guarded_copy(to.data(), bytes.data(), n)) cut_short(place_, at);
            bytes = bytes.subspan(n);
            at += n;
        }
    }

    std::size_t get(std::uint64_t at, std::span<char> into) {
        const auto source = from(at);
        const std::size_t n = std::min(source.size(), into.size());
        if (!guarded_copy(into.data(), source.data(), n)) cut_short(place_, at);
        return n;
    }

   private:
    const region& region_;
    std::string_view place_;
    std::uint64_t start_ = 0;
    region_view view_;
};

}  // namespace

region_options windows_only(samepage::access access) {
    region_options options;
    options.access = access;
    options.map_whole = false;
    return options;
}

void write_content(const region& to, std::string_view place, std::uint64_t offset_bytes, content& what) {
    if (offset_bytes > to.size() || what.size_bytes() > to.size() - offset_bytes) {
        const std::string end = what.is_text() ? ", its terminating zero included" : "";
        throw failure(
            status_full, "too_large",
            fmt::format("too_large: {} holds {} bytes, but {} are to go in at {}{}; nothing was written. Let its "
                        "holders end and share it anew with --size {}",
                        place, to.size(), what.size_bytes(), offset_bytes, end, offset_bytes + what.size_bytes()));
    }
    if (what.size_bytes() == 0) return;
    window w(to, place);
    progress shown("writing", what.size_bytes());
    char first = 0;
    std::uint64_t done = 0;
    what.read([&](std::span<const char> piece) {
        heed_interrupts();
        if (done == 0) first = piece.front();
        const std::size_t skipped = done == 0 ? 1 : 0;
        w.put(offset_bytes + done + skipped, piece.subspan(skipped));
        done += piece.size();
        shown.at(done);
    });
    // release: pairs with the acquire in holds_something (first byte last)
    std::atomic_thread_fence(std::memory_order_release);
    w.put(offset_bytes, {&first, 1});
}

void read_bytes(const region& from, std::string_view place, std::uint64_t offset_bytes, std::uint64_t size_bytes,
                const std::function<bool(std::span<const char>)>& use) {
    window w(from, place);
    std::vector<char> piece(static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, size_bytes)));
    for (std::uint64_t done = 0; done < size_bytes;) {
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), size_bytes - done));
        const std::size_t got = w.get(offset_bytes + done, std::span(piece).first(wanted));
        if (!use(std::span<const char>(piece).first(got))) return;
        done += got;
    }
}

bool holds_something(const region& in, std::string_view place, std::uint64_t offset_bytes) {
    if (offset_bytes >= in.size()) return false;
    char first = 0;
    window(in, place).get(offset_bytes, {&first, 1});
    // acquire: pairs with the release in write_content (first byte last)
    std::atomic_thread_fence(std::memory_order_acquire);
    return first != 0;
}

}  // namespace samepage::cli
