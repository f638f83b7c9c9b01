// Crash subjects: taking and releasing a lock, taking it from the dead, and waiting for it.
// SPDX-License-Identifier: MIT
//
// The promise: a dead owner's lock goes to the next one, who is told; a living one's, stopped or not, to nobody.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "samepage/lock.hpp"
#include "scene.hpp"

namespace crash {

namespace {

using samepage::errc;
using samepage::lock;
using samepage::lock_options;

constexpr auto patience = std::chrono::seconds(30);
constexpr auto short_wait = std::chrono::milliseconds(5);

lock open(const scene& s) {
    lock_options options;
    options.timeout = s.victim != 0 ? samepage::duration(short_wait) : samepage::duration(patience);
    auto l = lock::open(s.place, options);
    require(s, l.has_value(), "can't open: " + (l ? "" : l.error().message()));
    return std::move(*l);
}

// The acts of an owner: acquiring, then releasing.
enum class owns : std::uint8_t { no, perhaps, yes };

owns by(const ledger::line& line) {
    const bool in_flight = line.begun > line.acknowledged + line.refused;
    if (in_flight) return owns::perhaps;  // of either act
    return line.acknowledged == 1 ? owns::yes : owns::no;
}

// Whether the next owner must, may or must not hear that an owner died. The recoverer repairs what it releases.
owns death(const scene& s, bool died_before) {
    const ledger::line& second = s.of(actor::recoverer);
    if (second.acknowledged == 2) return owns::no;
    if (by(second) == owns::yes) return owns::yes;
    const owns first = died_before && s.of(actor::victim).acknowledged < 2 && s.of(actor::victim).begun < 2
                           ? owns::yes
                           : by(s.of(actor::victim));
    if (second.begun == 0) return first;
    return first == owns::yes && second.begun < 2 ? owns::yes : owns::perhaps;
}

void require_death(const scene& s, const lock::held& held, owns expected) {
    require(s, expected != owns::yes || held.owner_died(), "the next owner isn't told of the death");
    require(s, expected != owns::no || !held.owner_died(), "the next owner is told of a death that was none");
}

// Acquires and releases: two acts.
void own(const scene& s, bool died_before, int turns_before = 0) {
    const lock l = open(s);
    for (int turn = 0; turn < turns_before; ++turn) require(s, l.acquire(patience).has_value(), "can't acquire");
    lock::held held;
    // For the recoverer: what its predecessor left. For the victim: what was there from the start.
    const owns expected = s.me == actor::recoverer ? death(s, died_before) : died_before ? owns::yes : owns::no;
    s.begin();
    const bool acquired = s.act([&] {
        auto taken = l.acquire(patience);
        if (taken) held = std::move(*taken);
        return taken.has_value();
    });
    if (acquired) {
        if (s.of(actor::other).begun == 0) require_death(s, held, expected);
        held.mark_repaired();
        s.act([&] { return held.release(); });
    }
    s.end();
}

// The next owner gets it, is told what happened, until it is repaired; and everybody goes on.
void goes_on(const scene& s, bool died_before) {
    const lock l = open(s);
    const owns expected = death(s, died_before);
    bool died = false;
    {
        auto held = l.acquire(patience);
        require(s, held.has_value(), "can't acquire: " + (held ? "" : held.error().message()));
        if (s.of(actor::other).begun == 0) require_death(s, *held, expected);
        died = held->owner_died();
        require(s, l.info().value().owned, "an owned lock looks free");
    }
    for (const bool repaired : {false, true}) {
        auto held = l.acquire(patience);
        require(s, held && held->owner_died() == (died && !repaired),
                "a death is forgotten, or remembered when repaired");
        held->mark_repaired();
        require(s, held->release().has_value(), "can't release");
    }
    require(s, !l.info().value().owned, "a free lock looks owned");
}

// While the victim stands still: what it owns is its own.
void beside_it(const scene& s) {
    const lock l = open(s);
    const owns its = by(s.of(actor::victim));
    auto held = l.acquire(short_wait);
    if (held) s.mine().begun = 1;
    if (held) return require(s, its != owns::yes, "stolen from a living owner");
    const bool named = held.error().code() == errc::timed_out &&
                       held.error().detail().find(std::to_string(s.victim)) != std::string_view::npos;
    require(s, named, "acquire: " + held.error().message());
    require(s, its != owns::no, "refused, though the other one owns nothing");
}

std::shared_ptr<void> keep(const scene& s) { return std::make_shared<lock>(std::move(lock::create(s.place).value())); }

// An owner that died.
std::shared_ptr<void> leave_to_the_dead(const scene& s) {
    auto l = keep(s);
    const pid_t child = fork();
    if (child == 0) {
        auto held = std::static_pointer_cast<lock>(l)->acquire();
        _exit(held ? 0 : 1);
    }
    int status = 0;
    require(s, waitpid(child, &status, 0) == child && status == 0, "the one that is to die didn't get the lock");
    return l;
}

// The keeper owns the lock; the victim waits for it, in vain.
struct owner {
    lock gate;
    lock::held held;
};

std::shared_ptr<void> keep_owned(const scene& s) {
    auto all = std::make_shared<owner>();
    all->gate = std::move(lock::create(s.place).value());
    all->held = std::move(all->gate.acquire().value());
    s.mine().note = static_cast<std::uint64_t>(getpid());
    return all;
}

void wait_in_vain(const scene& s) {
    const lock l = open(s);
    s.begin();
    const auto held = l.acquire(std::chrono::milliseconds(15));
    s.end();
    require(s, !held, "stolen from a living owner");
    require(s,
            held.error().code() == errc::timed_out &&
                held.error().detail().find(std::to_string(s.of(actor::keeper).note)) != std::string_view::npos,
            "acquire: " + held.error().message());
}

subject owning(const char* name, bool died_before) {
    subject s;
    s.name = name;
    s.prepare = died_before ? leave_to_the_dead : keep;
    s.operate = [=](const scene& at) { own(at, died_before); };
    s.recover = s.operate;
    s.check = [=](const scene& at) { goes_on(at, died_before); };
    s.survive = [](const scene& at, void* held) {
        const auto got = static_cast<lock*>(held)->acquire(patience);
        require(at, got && !got->owner_died(), "who held the lock's handle throughout can't acquire it");
    };
    return s;
}

subject waiting() {
    subject s = owning("lock.wait", false);
    s.on_paths = false;  // the owner must live: it is the keeper
    s.prepare = keep_owned;
    s.operate = wait_in_vain;
    s.recover = nullptr;
    s.check = wait_in_vain;
    s.meanwhile = nullptr;  // naming the owner makes thousands of system calls, each of which would be a state
    s.survive = [](const scene& at, void* held) {
        auto& all = *static_cast<owner*>(held);
        require(at, all.held.release().has_value(), "an owner can't release");
        const auto again = all.gate.acquire(patience);
        require(at, again && !again->owner_died(), "the lock doesn't go on");
    };
    return s;
}

}  // namespace

std::vector<subject> lock_subjects() {
    subject plain = owning("lock.own", false);
    plain.meanwhile = beside_it;
    subject steal = owning("lock.steal", true);
    steal.meanwhile = beside_it;
    // So many turns in a row that it keeps the owner word.
    subject biased = owning("lock.biased", false);
    biased.operate = [](const scene& at) { own(at, false, 300); };
    biased.meanwhile = beside_it;
    return {plain, steal, biased, waiting()};
}

}  // namespace crash
