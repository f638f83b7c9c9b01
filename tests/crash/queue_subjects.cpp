// Crash subjects: pushing, taking, finishing and giving back jobs, calling and replying.
// SPDX-License-Identifier: MIT
//
// The promise: after any death, each job that was pushed for sure is finished by exactly one, or still to be had; one
// whose push was under way is there whole or not at all; ids have no holes; and the queue goes on. No two living
// ones have the same job.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "samepage/queue.hpp"
#include "scene.hpp"

namespace crash {

namespace {

using samepage::errc;
using samepage::no_wait;
using samepage::queue_bytes;
using samepage::queue_options;
using job = samepage::queue_bytes::job;

constexpr auto patience = std::chrono::seconds(30);        // of who must get through
constexpr auto short_wait = std::chrono::milliseconds(5);  // of who may be stopped by a stopped one
constexpr std::uint64_t cells = 24, capacity_bytes = cells * 128;
constexpr unsigned kept_jobs_max = 3;  // the keeper's, there from the start

// Job `number` of an actor. The lengths differ: one or two cells.
std::string text_of(actor who, std::uint64_t number) {
    std::string text = std::to_string(static_cast<int>(who)) + "." + std::to_string(number) + ".";
    const std::size_t size = 20 + 37 * (static_cast<std::size_t>(who) + number) % 150;
    while (text.size() < size) text += static_cast<char>('a' + (text.size() + number) % 26);
    return text;
}

// What a worker notes about the keeper's jobs, in sets of their ids.
struct notes {
    std::uint64_t all;
    std::uint64_t taken() const { return all & 0xffff; }            // has it for sure
    std::uint64_t finishing() const { return all >> 16 & 0xffff; }  // may have finished it
    std::uint64_t finished() const { return all >> 32 & 0xffff; }   // has finished it for sure
    static std::uint64_t of(std::uint64_t id, unsigned set) { return std::uint64_t{1} << (16 * set + id); }
};

notes of(const scene& s, actor who) { return {s.of(who).note}; }

queue_bytes open(const scene& s) {
    queue_options options;
    options.timeout = s.victim != 0 ? samepage::duration(short_wait) : samepage::duration(patience);
    auto q = queue_bytes::open(s.place, options);
    require(s, q.has_value(), "can't open: " + (q ? "" : q.error().message()));
    return std::move(*q);
}

// With `moved`, the first job goes round the ring's end, and the jobs before it are done and not yet free.
std::shared_ptr<void> keep(const scene& s, unsigned jobs, bool moved) {
    queue_options options;
    options.capacity_bytes = capacity_bytes;
    auto q = std::make_shared<queue_bytes>(std::move(queue_bytes::create(s.place, options).value()));
    if (moved) {
        for (std::uint64_t i = 0; i < cells - 2; ++i) q->push_text(std::string(30, 'm')).value();
        for (std::uint64_t i = 0; i < cells - 2; ++i) q->take(no_wait).value().acknowledge().value();
    }
    for (unsigned i = 1; i <= jobs; ++i) q->push_text(text_of(actor::keeper, i)).value();
    return q;
}

// An error that a call may give: a system call failed, there is nothing, or a stopped one is in the way, and named.
bool is_explained(const scene& s, const samepage::error& why, errc expected) {
    if (why.code() == errc::system || why.code() == errc::not_supported || why.code() == expected) return true;
    return s.victim != 0 && why.code() == errc::timed_out &&
           why.detail().find(std::to_string(s.victim)) != std::string_view::npos;
}

void push(const scene& s, const queue_bytes& q, samepage::duration timeout) {
    s.act([&] {
        auto done = q.push_text(text_of(s.me, s.mine().acknowledged + 1), timeout);
        require(s, done || is_explained(s, done.error(), errc::system),
                "push: " + (done ? "" : done.error().message()));
        return done;
    });
}

// The number of the keeper's job with that text; 0: it is none of the keeper's.
unsigned keepers(const job& j) {
    for (unsigned i = 1; i <= kept_jobs_max; ++i) {
        if (j.text() == text_of(actor::keeper, i)) return i;
    }
    return 0;
}

bool take(const scene& s, const queue_bytes& q, samepage::duration timeout, job& into) {
    return s.act([&] {
        auto got = q.take(timeout);
        require(s, got || is_explained(s, got.error(), errc::empty), "take: " + (got ? "" : got.error().message()));
        if (!got) return false;
        into = std::move(*got);
        const unsigned number = keepers(into);
        if (s.victim != 0 && number != 0) {
            require(s, (of(s, actor::victim).taken() >> number & 1) == 0, "a living worker's job was given to another");
        }
        if (number != 0) s.mine().note |= notes::of(number, 0);
        return true;
    });
}

std::string reply_to(std::string_view text) { return "re: " + std::string(text); }

// Acknowledges it, or replies where somebody waits for that.
bool finish(job& mine) { return mine.reply_text(reply_to(mine.text())).has_value(); }

template <class End>
void finish(const scene& s, job& mine, End&& end) {
    const unsigned number = keepers(mine);
    if (number != 0) {
        s.mine().note |= notes::of(number, 1);
        s.mine().note &= ~notes::of(number, 0);
    }
    s.act([&] {
        const bool done = end();
        if (done && number != 0) s.mine().note |= notes::of(number, 2);
        return done;
    });
}

void finish(const scene& s, job& mine) {
    finish(s, mine, [&] { return finish(mine); });
}

void give_back(const scene& s, job& mine) {
    s.mine().note &= ~notes::of(keepers(mine), 0);
    s.act([&] { return mine.give_back(); });
}

// The jobs that are there, each seen once and finished, by who pushed them; the keeper's as a set.
struct drained {
    std::uint64_t kept = 0;
    std::array<std::uint64_t, actors> count{};
    std::uint64_t first_id = 0, last_id = 0;
    bool has_holes = false;
};

drained drain(const scene& s, const queue_bytes& q) {
    drained all;
    for (;;) {
        auto got = q.take(no_wait);
        if (!got) {
            require(s, got.error().code() == errc::empty, "take: " + got.error().message());
            return all;
        }
        const auto who = static_cast<std::size_t>(got->text().empty() ? 0 : got->text()[0] - '0');
        const unsigned number = keepers(*got);
        require(s, number != 0 || (who < actors && got->text() == text_of(static_cast<actor>(who), all.count[who] + 1)),
                "torn, lost or invented: '" + std::string(got->text()) + "'");
        require(s, (all.kept >> number & 1) == 0 || number == 0, "a job came twice");
        if (number != 0) all.kept |= std::uint64_t{1} << number;
        all.count[who] += 1;
        if (all.first_id == 0) all.first_id = got->id();
        all.has_holes = all.has_holes || (all.last_id != 0 && got->id() != all.last_id + 1);
        all.last_id = got->id();
        require(s, got->deliveries() >= 1 && got->deliveries() <= 8, "deliveries cannot be");
        require(s, finish(*got), "can't finish a job");
    }
}

// All room is free again, once callers have fetched their replies; and the queue goes on.
void goes_on(const scene& s, const queue_bytes& q) {
    const std::uint64_t id = q.push_text("on we go", patience).value();
    for (const auto end = std::chrono::steady_clock::now() + patience; q.info().value().used_bytes != 128;) {
        require(s, std::chrono::steady_clock::now() < end, "room is lost");
        std::this_thread::yield();
    }
    auto next = q.take(no_wait);
    require(s, next && next->text() == "on we go" && next->id() == id, "can't go on");
    require(s, next->acknowledge().has_value(), "can't acknowledge what was pushed last");
}

constexpr actor others[] = {actor::victim, actor::other, actor::recoverer};

// After pushers: what was acknowledged is there, in order, and what was refused isn't.
void pushes_are_right(const scene& s) {
    const queue_bytes q = open(s);
    const drained all = drain(s, q);
    require(s, !all.has_holes, "ids have holes");
    require(s, all.count[static_cast<std::size_t>(actor::keeper)] == kept_jobs_max, "a job that was there is lost");
    for (const actor who : others) {
        const ledger::line& line = s.of(who);
        const std::uint64_t count = all.count[static_cast<std::size_t>(who)];
        require(s, count >= line.acknowledged && count <= line.begun - line.refused,
                "a pushed job is lost, or one that was refused is there");
    }
    goes_on(s, q);
}

// After workers: what one has finished doesn't come again, all else does.
void work_is_right(const scene& s, unsigned jobs) {
    const queue_bytes q = open(s);
    const drained all = drain(s, q);
    std::uint64_t finished = 0, finishing = 0;
    for (const actor who : others) {
        require(s, (finished & of(s, who).finished()) == 0, "a job was finished twice");
        finished |= of(s, who).finished();
        finishing |= of(s, who).finishing();
    }
    for (unsigned i = 1; i <= jobs; ++i) {
        const bool is_there = (all.kept >> i & 1) != 0;
        require(s, !is_there || (finished >> i & 1) == 0, "a finished job came again");
        require(s, is_there || (finishing >> i & 1) != 0, "a job is lost");
    }
    goes_on(s, q);
}

// The keeper's handle, open throughout, sees the same and goes on.
void still_works(const scene& s, void* held) {
    const auto& q = *static_cast<queue_bytes*>(held);
    require(s, !q.take(no_wait), "who held the queue throughout finds a job that is none");
    require(s, q.push_text("and on").has_value(), "who held the queue throughout can't push");
    require(s, q.take(no_wait).value().text() == "and on", "who held the queue throughout can't take");
}

subject pushing(const char* name, bool moved) {
    subject s;
    s.name = name;
    s.prepare = [=](const scene& at) { return keep(at, kept_jobs_max, moved); };
    s.operate = [](const scene& at) {
        const queue_bytes q = open(at);
        at.begin();
        push(at, q, patience);  // claims a slot
        push(at, q, patience);  // the fast path
        at.end();
    };
    s.recover = s.operate;
    s.check = pushes_are_right;
    s.meanwhile = [](const scene& at) { push(at, open(at), short_wait); };
    s.survive = still_works;
    return s;
}

// A pusher that is stopped hinders no worker.
subject pushing_beside_workers() {
    subject s = pushing("queue.push_beside", false);
    s.meanwhile = [](const scene& at) {
        const queue_bytes q = open(at);
        at.begin();
        auto mine = q.take(no_wait);
        require(at, mine && mine->text() == text_of(actor::keeper, 1) && mine->give_back(), "a stopped pusher hinders");
        at.end();
    };
    return s;
}

void one_more(const scene& s) {
    const queue_bytes q = open(s);
    job mine;
    s.begin();
    if (take(s, q, no_wait, mine)) finish(s, mine);
    s.end();
}

// Takes two and finishes them; or gives the first back.
subject working(const char* name, bool gives) {
    subject s;
    s.name = name;
    s.prepare = [](const scene& at) { return keep(at, kept_jobs_max, false); };
    s.operate = [=](const scene& at) {
        const queue_bytes q = open(at);
        job first, second;
        at.begin();
        const bool got = take(at, q, no_wait, first), got_another = take(at, q, no_wait, second);
        if (got && gives) give_back(at, first);
        if (got && !gives) finish(at, first);
        if (got_another) finish(at, second);
        at.end();
    };
    s.recover = one_more;
    s.check = [](const scene& at) { work_is_right(at, kept_jobs_max); };
    s.meanwhile = one_more;
    s.survive = still_works;
    return s;
}

// A worker died with two of the jobs; the victim takes all there is.
subject recovering() {
    subject s = working("queue.recover", false);
    s.prepare = [](const scene& at) {
        auto q = std::static_pointer_cast<queue_bytes>(keep(at, kept_jobs_max, false));
        const pid_t child = fork();
        if (child == 0) {
            const auto first = q->take(no_wait), second = q->take(no_wait);
            _exit(first && second ? 0 : 1);  // nothing is given back by hand
        }
        int status = 0;
        require(at, waitpid(child, &status, 0) == child && status == 0, "the one that is to die got no job");
        return std::static_pointer_cast<void>(q);
    };
    s.operate = [](const scene& at) {
        const queue_bytes q = open(at);
        at.begin();
        for (unsigned i = 0; i < kept_jobs_max; ++i) {
            job mine;
            if (take(at, q, no_wait, mine)) finish(at, mine);
        }
        at.end();
    };
    return s;
}

// The victim calls, and nobody replies but who acts while it is stopped.
subject calling() {
    subject s;
    s.name = "queue.call";
    s.prepare = [](const scene& at) { return keep(at, 0, false); };
    s.operate = [](const scene& at) {
        const queue_bytes q = open(at);
        at.begin();
        at.act([&] {
            auto reply = q.call_text(text_of(at.me, 1), std::chrono::milliseconds(15), 400);
            require(at, reply || is_explained(at, reply.error(), errc::timed_out),
                    "call: " + (reply ? "" : reply.error().message()));
            require(at, !reply || *reply == reply_to(text_of(at.me, 1)), "the reply is a wrong one");
            return reply;
        });
        at.end();
    };
    s.check = [](const scene& at) {
        const queue_bytes q = open(at);
        const bool is_there = drain(at, q).count[static_cast<std::size_t>(actor::victim)] != 0;
        const ledger::line& line = at.of(actor::victim);
        require(at, !is_there || line.begun > line.acknowledged + line.refused, "a call that has ended is still there");
        goes_on(at, q);
    };
    s.recover = one_more;
    s.meanwhile = one_more;
    s.survive = still_works;
    return s;
}

// The keeper calls; the victim is the worker, who replies or fails the job, as whoever comes after it replies.
struct caller {
    queue_bytes queue;
    samepage::result<std::string> reply = std::string();
    std::thread thread;
};

subject replying(const char* name, bool fails) {
    subject s = working(name, false);
    s.on_paths = false;  // the caller must live
    s.prepare = [](const scene& at) {
        auto all = std::make_shared<caller>();
        all->queue = std::move(*std::static_pointer_cast<queue_bytes>(keep(at, 0, false)));
        all->thread = std::thread(
            [all = all.get()] { all->reply = all->queue.call_text(text_of(actor::keeper, 1), patience, 400); });
        while (all->queue.info().value().jobs_ready == 0) std::this_thread::yield();
        return std::static_pointer_cast<void>(all);
    };
    s.operate = one_more;
    if (fails) {
        s.operate = [](const scene& at) {
            const queue_bytes q = open(at);
            job mine;
            at.begin();
            if (take(at, q, no_wait, mine))
                finish(at, mine, [&] { return mine.fail("no: " + std::string(mine.text())).has_value(); });
            at.end();
        };
    }
    s.check = [](const scene& at) { work_is_right(at, 1); };
    s.survive = [=](const scene& at, void* held) {
        auto& all = *static_cast<caller*>(held);
        all.thread.join();
        const std::string text = text_of(actor::keeper, 1);
        const bool failed = !all.reply && all.reply.error().code() == errc::failed;
        require(at, failed || (all.reply && *all.reply == reply_to(text)), "the reply is a wrong one");
        require(at, !failed || (fails && all.reply.error().detail() == "no: " + text), "it failed in others' words");
        still_works(at, &all.queue);
    };
    return s;
}

}  // namespace

std::vector<subject> queue_subjects() {
    return {pushing("queue.push", false),
            pushing("queue.push_round", true),
            pushing_beside_workers(),
            working("queue.take", false),
            working("queue.give_back", true),
            recovering(),
            calling(),
            replying("queue.reply", false),
            replying("queue.fail", true)};
}

}  // namespace crash
