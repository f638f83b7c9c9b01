// Waiting as the caller's strategy says: poll, then sleep on a wait word, or poll with pauses where that isn't allowed.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <thread>

#include "os/os.hpp"
#include "samepage/wait.hpp"
#include "shared/poll.hpp"
#include "shared/wait_word.hpp"

namespace samepage::shared {

// Until changed() says true (true), or `until` has passed (what it then says). changed_for_sleepers() must read with
// seq_cst, as wait_word.hpp asks. `word` null: this handle may not mark itself as a sleeper.
template <class Changed, class ChangedForSleepers>
bool await(Changed&& changed, ChangedForSleepers&& changed_for_sleepers, const wait_word* word,
           const os::held_object& object, wait_strategy strategy, const os::deadline& until) {
    if (changed()) return true;
    if (until.passed()) return false;
    if (poll(changed, strategy, until)) return true;
    if (strategy == wait_strategy::spin) return changed();
    if (word != nullptr) return word->wait(object, changed_for_sleepers, until) || changed();
    for (duration pause = std::chrono::microseconds(20); !changed() && !until.passed();
         pause = std::min<duration>(pause * 2, std::chrono::milliseconds(1)))
        std::this_thread::sleep_for(std::min(pause, until.left()));
    return changed();
}

}  // namespace samepage::shared
