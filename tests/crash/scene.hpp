// A scene: what an actor of a crash test knows: where the object is, whose turn it is, and what was promised so far.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace crash {

// Who acts. `victim` is stepped and killed; `recoverer` is the next one, stepped and killed too; `other` acts while
// the victim is stopped; `keeper` lives throughout; `checker` finds out.
enum class actor : std::uint32_t { victim, recoverer, other, keeper, checker };
inline constexpr std::size_t actors = 5;

// What the actors say they have done, in memory that outlives them and is part of each state. An operation writes
// `begun` before it calls the library, and `acknowledged` when the call returned success: from then on the promise
// holds. One writer an entry.
struct ledger {
    struct line {
        std::uint32_t begun = 0;
        std::uint32_t acknowledged = 0;
        std::uint32_t refused = 0;  // the call returned an error
        std::uint64_t note = 0;     // whatever the subject likes
    };
    std::array<line, actors> lines{};
    std::array<char, 400> complaint{};  // of the one who found the promise broken
};

struct scene {
    std::string directory;  // private; SAMEPAGE_DIR
    std::string place;      // the subject's object: a name, or a path in the directory
    bool named = false;
    actor me = actor::checker;
    pid_t victim = 0;  // in pair mode, where it is alive; else 0
    ledger* book = nullptr;

    const ledger::line& of(actor who) const { return book->lines[static_cast<std::size_t>(who)]; }
    ledger::line& mine() const { return book->lines[static_cast<std::size_t>(me)]; }

    // Runs one call of the library with the entries around it: true when it succeeded.
    template <class Call>
    bool act(Call&& call) const {
        mine().begun += 1;
        auto done = call();
        (done ? mine().acknowledged : mine().refused) += 1;
        stop_here();
        return static_cast<bool>(done);
    }

    // The stepped part of an operation is between these. Without a tracer they do nothing.
    void begin() const;
    void end() const;
    void stop_here() const;  // a stop of its own, where nothing is stored
};

// Ends this process with a complaint unless `promise` is kept.
void require(const scene& s, bool promise, const std::string& complaint);

// One operation and what it promises. `prepare` makes the world; what it returns is held by the keeper (where there
// is one) until the end. `operate`, `recover` and `check` each run in a fresh process, which ends afterwards.
struct subject {
    const char* name = "";
    bool on_names = true;  // try it on a name, memory that needs holders
    bool on_paths = true;  // and on a file, which stays
    std::function<std::shared_ptr<void>(const scene&)> prepare;
    std::function<void(const scene&)> operate;
    std::function<void(const scene&)> recover;  // stepped in every state of operate; may be empty
    std::function<void(const scene&)> check;
    std::function<void(const scene&)> meanwhile;  // pair mode: while the victim is stopped and alive; may be empty
    std::function<void(const scene&, void* held)> survive;  // the keeper, after the check; may be empty
    bool keeps_paths = true;                                // on a file too, in kill and pair mode
    bool keeps = true;                                      // a keeper holds what prepare made, in kill and pair mode
    int stores_max = INT32_MAX;                             // stores to the object that the operation may make
};

const std::array<long, 2>& mark_numbers();  // system calls that don't exist: begin, end

std::vector<subject> self_subjects();
std::vector<subject> region_subjects();
std::vector<subject> cell_subjects();
std::vector<subject> lock_subjects();
std::vector<subject> ndarray_subjects();
std::vector<subject> channel_subjects();
std::vector<subject> queue_subjects();
std::vector<subject> table_subjects();
std::vector<subject> table_checkpoint_subjects();

}  // namespace crash
