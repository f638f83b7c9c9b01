// Sleeping and waking between processes: a named semaphore for each wait point, released by the number of sleepers.
// SPDX-License-Identifier: MIT
//
// WaitOnAddress works inside one process only, and a semaphore knows nothing of the word. So a release meant for a
// sleeper that is just about to sleep can be taken by one that came later and finds its word unchanged. That is why a
// sleep goes in slices, with a look at the word after each: such a wake comes late, by at most a slice, never not.
#include <algorithm>
#include <climits>

#include "os/windows/held_state.hpp"
#include "os/windows/waiting.hpp"

namespace samepage::os {

namespace {

constexpr DWORD slice_ms = 20;
constexpr DWORD poll_ms = 1;  // where the semaphore can't be had

// Releases beyond the sleepers stay, and each ends a later sleep early: few enough not to matter.
constexpr LONG releases_max = 1024;

}  // namespace

DWORD milliseconds(const deadline& until) noexcept {
    if (until.is_forever()) return INFINITE;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until.left()).count();
    return left < static_cast<long long>(INFINITE) ? static_cast<DWORD>(left) : INFINITE - 1;
}

// Null when the system refuses, so that the caller polls.
HANDLE held_object::state::semaphore(unsigned point) const {
    if (point >= wait_points_max || id.empty()) return nullptr;
    HANDLE known = semaphores[point].load();
    if (known != nullptr) return known;
    handle opened(CreateSemaphoreW(nullptr, 0, LONG_MAX, id.companion(L"wait", point).c_str()));
    if (!opened) return nullptr;
    // Two threads may come here at once; the second takes the first one's.
    if (semaphores[point].compare_exchange_strong(known, opened.get())) return opened.release();
    return known;
}

void held_object::wait(unsigned point, const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                       const deadline& until) const {
    if (!state_) return;
    const HANDLE semaphore = state_->semaphore(point);
    while (word.load() == expected && !until.passed()) {
        const DWORD rest_ms = std::min(milliseconds(until), slice_ms);
        if (semaphore == nullptr) {
            Sleep(std::min(rest_ms, poll_ms));
        } else if (WaitForSingleObject(semaphore, rest_ms) == WAIT_OBJECT_0) {
            return;
        }
    }
}

void held_object::wake(unsigned point, const std::atomic<std::uint32_t>& /*word*/, unsigned sleepers) const {
    if (!state_ || sleepers == 0) return;
    const HANDLE semaphore = state_->semaphore(point);
    const auto releases = static_cast<LONG>(std::min<unsigned>(sleepers, static_cast<unsigned>(releases_max)));
    if (semaphore != nullptr) ReleaseSemaphore(semaphore, releases, nullptr);
}

}  // namespace samepage::os
