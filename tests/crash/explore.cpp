// Explores every state that an operation can leave behind, and has each judged.
// SPDX-License-Identifier: MIT
#include "explore.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <unordered_set>

#include "actors.hpp"
#include "image.hpp"
#include "tracer.hpp"

namespace crash {

namespace {

struct state {
    image files;
    ledger book;
    std::string where;
};

// The errors that a call may give at any time. Calls that can't fail, or whose failure leaves nobody wiser (close,
// munmap), aren't here.
std::vector<int> failures_of(long call) {
    switch (call) {
        case SYS_openat: return {EINTR, EMFILE, ENOSPC};
        case SYS_fcntl: return {EINTR, ENOLCK};
        case SYS_fallocate:
        case SYS_ftruncate: return {EINTR, ENOSPC};
        case SYS_pwrite64:
        case SYS_write: return {EINTR, ENOSPC};
        case SYS_pread64:
        case SYS_read: return {EINTR, EIO};
        case SYS_fstat:
        case SYS_newfstatat:
        case SYS_fsync:
        case SYS_fdatasync:
        case SYS_fchmod: return {EIO};
        case SYS_link:
        case SYS_linkat:
        case SYS_mkdir:
        case SYS_rename: return {ENOSPC};
        case SYS_mmap: return {ENOMEM};
        case SYS_futex: return {EINTR, EAGAIN};
        default: return {};
    }
}

class explorer {
   public:
    explorer(const subject& what, bool on_name, const std::string& wanted) : what_(what), wanted_(wanted) {
        void* page = mmap(nullptr, sizeof(ledger), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED) std::abort();
        scene_.book = new (page) ledger;
        scene_.directory = directory_.path();
        scene_.named = on_name;
        scene_.place = on_name ? "object" : directory_.path() + "/object";
    }
    explorer(const explorer&) = delete;
    explorer& operator=(const explorer&) = delete;
    ~explorer() { munmap(scene_.book, sizeof(ledger)); }

    report run(mode how) {
        if (how == mode::alone) {
            alone();
        } else {
            in_place(how);
        }
        return report_;
    }

   private:
    bool enough() const { return report_.found_wanted; }

    void complain(const std::string& where, const std::string& complaint) {
        report_.broken += 1;
        report_.found_wanted |= !wanted_.empty() && complaint.find(wanted_) != std::string::npos;
        if (report_.complaints.size() < 5) report_.complaints.push_back(where + ": " + complaint);
    }

    state take(const std::string& where) const { return {take_image(scene_.directory), *scene_.book, where}; }

    void put(const state& s) {
        put_image(s.files, scene_.directory);
        *scene_.book = s.book;
    }

    static std::uint64_t key(const state& s) {
        std::uint64_t sum = s.files.hash();
        for (const ledger::line& l : s.book.lines)
            for (const std::uint64_t part :
                 {std::uint64_t{l.begun}, std::uint64_t{l.acknowledged}, std::uint64_t{l.refused}, l.note})
                sum = (sum ^ part) * 0x9e3779b97f4a7c15u + (sum >> 31);
        return sum;
    }

    tracer start(actor who, const std::function<void(const scene&)>& act) {
        scene theirs = scene_;
        theirs.me = who;
        return tracer(
            [theirs, &act] {
                enter(theirs);
                act(theirs);
            },
            scene_.directory);
    }

    void judge(const std::string& where) {
        report_.states += 1;
        const std::string complaint = run_actor(scene_, actor::checker, what_.check);
        if (!complaint.empty()) complain(where, complaint);
    }

    // ---- Everybody died ------------------------------------------------------------------------------------------

    void alone() {
        *scene_.book = ledger{};
        const std::string complaint = run_actor(scene_, actor::keeper, [this](const scene& s) { what_.prepare(s); });
        if (!complaint.empty()) return complain("preparing", complaint);
        const state first = take("at the beginning");
        step(first, actor::victim, what_.operate, true, [this](const state& s) {
            put(s);
            judge(s.where);
            if (!what_.recover || enough()) return;
            step(s, actor::recoverer, what_.recover, false, [this](const state& deeper) {
                put(deeper);
                judge(deeper.where);
            });
        });
    }

    // Every new state on the way of `act`, from the state `from`; with `failing`, also those after each failure of
    // each of its system calls.
    template <class Visit>
    void step(const state& from, actor who, const std::function<void(const scene&)>& act, bool failing,
              const Visit& visit) {
        std::vector<state> found;
        const std::vector<long> calls = pass(from, who, act, std::nullopt, 0, found);
        for (std::size_t i = 0; failing && i < calls.size(); ++i)
            for (const int error : failures_of(calls[i])) pass(from, who, act, i, error, found);
        for (const state& s : found) {
            if (enough()) return;
            visit(s);
        }
    }

    // Once through; call `failing_call` (counted) fails with `error`. Gives the calls that were made.
    std::vector<long> pass(const state& from, actor who, const std::function<void(const scene&)>& act,
                           std::optional<std::size_t> failing_call, int error, std::vector<state>& found) {
        put(from);
        std::string prefix = who == actor::recoverer ? from.where + ", then in recovery " : "";
        std::vector<long> calls;
        tracer victim = start(who, act);
        stop at = victim.next();
        for (; at.what != stop::kind::gone; at = victim.next()) {
            // Whether the heap has to grow differs from pass to pass.
            if (at.what == stop::kind::before_call && at.call != SYS_brk) {
                calls.push_back(at.call);
                if (failing_call && calls.size() - 1 == *failing_call) {
                    at = victim.fail_call(error);
                    prefix += "call " + std::to_string(*failing_call) + " failing with " + std::to_string(error) + ", ";
                }
            }
            note(take(prefix + at.text()), found);
            if (at.what == stop::kind::end) break;
            if (who == actor::victim && !failing_call) report_.stops += 1;
        }
        const int status = at.what == stop::kind::gone ? at.status : victim.release();
        note(take(prefix + "after its process"), found);
        if (status != 0) complain(prefix + at.text(), "the operation " + status_text(status) + " " + words());
        if (who == actor::victim && !failing_call) count(victim, calls);
        return calls;
    }

    std::string words() const { return scene_.book->complaint.data(); }

    void count(const tracer& victim, const std::vector<long>& calls) {
        report_.stores = static_cast<unsigned>(victim.stores());
        report_.calls = static_cast<unsigned>(calls.size());
        if (victim.stores() > what_.stores_max)
            complain("the operation", std::to_string(victim.stores()) + " stores where at most " +
                                          std::to_string(what_.stores_max) + " are allowed");
    }

    void note(state s, std::vector<state>& found) {
        if (seen_.insert(key(s)).second) found.push_back(std::move(s));
    }

    // ---- The victim is killed, or stands still, in place ---------------------------------------------------------

    // Which stops differ from those before: in what they show; and, where the victim stays alive, in what it has learnt
    // or locked, which only a system call changes, and in what it has read before it asks.
    std::vector<unsigned> stops_that_differ(mode how) {
        std::vector<unsigned> stops;
        world w(*this);
        tracer victim = start(actor::victim, what_.operate);
        std::vector<long> calls;
        for (unsigned number = 0;; ++number) {
            const stop at = victim.next();
            if (at.what == stop::kind::gone) {
                complain(at.text(), "the operation did not come to its end " + words());
                break;
            }
            report_.stops += 1;
            if (at.what == stop::kind::after_call) calls.push_back(at.call);
            const bool asks = at.what == stop::kind::before_call;
            if (asks && how == mode::kept) continue;  // nothing has changed since the stop before
            const std::uint64_t made = how == mode::pair ? 2 * calls.size() + (asks ? 1 : 0) : 0;
            if (seen_.insert(key(take("")) + made).second) stops.push_back(number);
            if (at.what == stop::kind::end) break;
        }
        count(victim, calls);
        return stops;
    }

    void in_place(mode how) {
        for (const unsigned number : stops_that_differ(how)) {
            if (enough()) return;
            if (how == mode::kept) {
                once(number, false, false);
            } else {
                once(number, true, false);
                once(number, true, true);
            }
        }
    }

    // A fresh world, and who keeps it.
    struct world {
        explicit world(explorer& e) {
            put_image({}, e.scene_.directory);
            *e.scene_.book = ledger{};
            e.scene_.victim = 0;
            if (e.what_.keeps) {
                holder.emplace(e.scene_, e.what_);
            } else {
                run_actor(e.scene_, actor::keeper, [&e](const scene& s) { e.what_.prepare(s); });
            }
        }
        std::optional<keeper> holder;
    };

    void once(unsigned number, bool meanwhile, bool goes_on) {
        world w(*this);
        tracer victim = start(actor::victim, what_.operate);
        stop at = victim.next();
        for (unsigned i = 0; i < number && at.what != stop::kind::end && at.what != stop::kind::gone; ++i)
            at = victim.next();
        const std::string where = at.text() + (!meanwhile ? ", killed"
                                               : goes_on  ? ", went on"
                                                          : ", stopped, then killed");
        if (meanwhile) {
            scene_.victim = victim.process();
            const std::string complaint = run_actor(scene_, actor::other, what_.meanwhile);
            scene_.victim = 0;
            if (!complaint.empty()) return complain(where, "meanwhile: " + complaint);
        }
        if (goes_on) {
            if (const int status = victim.release(); status != 0)
                return complain(where, "the operation " + status_text(status) + " " + words());
        } else {
            victim.kill();
        }
        judge(where);
        if (!w.holder) return;
        if (const std::string complaint = w.holder->finish(); !complaint.empty())
            return complain(where, complaint + " " + words());
        if (scene_.named && take_image(scene_.directory).listing().find("object") != std::string::npos)
            complain(where, "left behind: " + take_image(scene_.directory).listing());
    }

    const subject& what_;
    const std::string wanted_;
    scratch_directory directory_;
    scene scene_;
    report report_;
    std::unordered_set<std::uint64_t> seen_;
};

}  // namespace

report explore(const subject& what, bool on_name, mode how, const std::string& wanted) {
    return explorer(what, on_name, wanted).run(how);
}

}  // namespace crash
