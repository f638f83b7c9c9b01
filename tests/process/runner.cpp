// What a test hears from its processes, the same on every system.
// SPDX-License-Identifier: MIT
#include "runner.hpp"

#include <atomic>
#include <utility>

namespace runner {

std::string process::line() {
    const deadline until = clock::now() + patience;
    for (;;) {
        const std::size_t end = heard_.find('\n');
        if (end != std::string::npos) {
            std::string text = heard_.substr(0, end);
            heard_.erase(0, end + 1);
            return text;
        }
        if (!hear_more(until)) throw failure(who() + " ended without a word");
    }
}

std::string process::rest() {
    const deadline until = clock::now() + patience;
    while (hear_more(until)) {
    }
    return std::exchange(heard_, {});
}

std::string fresh_name(std::string_view word) {
    static std::atomic<unsigned> count{0};
    return std::string(word) + "-" + std::to_string(this_process()) + "-" + std::to_string(++count);
}

}  // namespace runner
