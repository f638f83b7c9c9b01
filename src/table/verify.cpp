// Walks over all lists, buckets and steps of a table, stripe by stripe, and claims each cell and run for who has it.
// SPDX-License-Identifier: MIT
#include "table/verify.hpp"

#include <algorithm>
#include <bitset>
#include <thread>
#include <utility>

#include "shared/owner_word.hpp"
#include "table/find.hpp"
#include "table/history.hpp"
#include "table/image.hpp"
#include "table/verify_record.hpp"

namespace samepage::tables {

namespace {

std::string number(std::uint64_t n) { return std::to_string(n); }

// What a stripe's last turn has left; `cell` and `before` may also be changed by the owner of the space.
struct step_seen {
    std::uint64_t doing, records, cell, before;
    bool operator==(const step_seen&) const = default;
};

class verifier {
   public:
    verifier(const arena& where, const shared::object_header& header, const shared::participants& self,
             const os::deadline& until)
        : arena_(&where),
          body_(&where.fixed()),
          self_(&self),
          until_(until),
          find_(where),
          records_(where, header.parameters[seed_parameter], header.parameters[checked_parameter] != 0),
          map_(where, self) {}

    survey run_all() {
        judge();
        found_.wrong = wrong_.take();
        found_.pages_free = map_.pages_free();
        return std::move(found_);
    }

   private:
    const stripe& of(unsigned s) const { return body_->stripes[s]; }
    void say(std::string sentence) { mine_.say(std::move(sentence)); }

    void judge() {
        const std::uint64_t buckets = read(body_->buckets);
        if (buckets < buckets_min || buckets > buckets_max)
            return wrong_.say("there cannot be " + number(buckets) + " buckets");
        const auto mapped = map_.make(until_, wrong_);
        if (mapped == run_map::outcome::damaged) return;
        if (mapped == run_map::outcome::of_several_moments)
            found_.unjudged.emplace_back("which runs are free: others changed that all the time");
        if (mapped == run_map::outcome::busy) {
            found_.unjudged.emplace_back("runs and cells: " + who_has(body_->space.load()));
        } else {
            judge_stripes();
        }
        for (unsigned s = 0; s < stripes_count; ++s) {
            if (!judged_[s]) look_at_records(s);
        }
        std::sort(numbers_.begin(), numbers_.end());
        const auto twice = std::adjacent_find(numbers_.begin(), numbers_.end());
        if (twice != numbers_.end()) wrong_.say("two records have the number " + number(*twice));
        if (judged_.all()) judge_leftovers();
    }

    // Cells that were collected before their stripe was judged are in slabs that leave by now, if not yet on the map.
    void judge_leftovers() {
        if (!map_.has_leftovers()) return;
        if (is_mapped_anew()) return map_.check_leftovers(wrong_);
        if (!is_damaged_) found_.unjudged.emplace_back("cells that nobody has: " + who_has(body_->space.load()));
    }

    std::string who_has(std::uint64_t owner) const {
        if (shared::owner_word::is_free(owner)) return "others changed them all the time";
        return self_->describe(owner) + " has them and is alive (running or stopped)";
    }

    void judge_stripes() {
        do {
            for (unsigned s = 0; s < stripes_count; ++s) {
                if (!judged_[s]) judged_[s] = judge_stripe(s, false) || judge_stripe(s, true);
                if (is_damaged_) return;
            }
        } while (!judged_.all() && !until_.passed() && (std::this_thread::yield(), true));
    }

    step_seen step_of(unsigned s) const {
        const stripe& at = of(s);
        return {read(at.doing), read(at.records), read(at.cell), read(at.before)};
    }

    // False: it wasn't at rest throughout; or something looks wrong, and the map is an older one.
    bool judge_stripe(unsigned s, bool with_new_map) {
        const std::uint64_t turn = read(of(s).next_number);  // first of all: writer.hpp I4
        const std::uint64_t owner = of(s).owner.load();
        if (!is_at_rest(owner, *self_)) return false;
        if (with_new_map && !is_mapped_anew()) return false;
        const step_seen step = step_of(s);
        mine_.clear();
        counted_ = 0;
        const std::size_t numbers_before = numbers_.size();
        if ((owner & ~(shared::identity_bits | shared::owner_word::flags)) != 0)
            say("stripe " + number(s) + " has an owner word that cannot be");
        for (unsigned c = 0; c < classes_count; ++c) check_list(s, c);
        check_buckets(s, turn, step);
        check_locks(s);
        check_step(s, step);
        check_large(s);
        check_history(s, step);
        if (step_of(s) != step || read(of(s).next_number) != turn || (!with_new_map && !mine_.empty())) {
            map_.undo();
            numbers_.resize(numbers_before);
            return false;
        }
        map_.keep();
        wrong_.add(mine_);
        found_.records += counted_;
        return true;
    }

    bool is_mapped_anew() {
        complaints damage;
        const auto mapped = map_.make(until_, damage);
        is_damaged_ = mapped == run_map::outcome::damaged;
        if (is_damaged_) wrong_.add(damage);
        return mapped == run_map::outcome::whole || mapped == run_map::outcome::of_several_moments;
    }

    // ---- Cells ---------------------------------------------------------------------------------------------------

    template <class Who>
    bool claim_for(Who&& who, std::uint64_t offset, unsigned cell_class, unsigned stripe) {
        const auto how = map_.claim(offset, cell_class, stripe);
        if (how == run_map::claim_result::not_one)
            say(who() + " leads to " + hex(offset) + ", which is nothing of class " + number(cell_class));
        if (how == run_map::claim_result::again)
            say(who() + " leads to " + hex(offset) + ", which something else has too");
        return how == run_map::claim_result::first;
    }

    // A record's has no number; a group's leads nowhere, for those who still read in it.
    bool is_empty(std::uint64_t at, unsigned cell_class) const {
        if (cell_class != group_class) return read(arena_->at<record>(at).number) == 0;
        const group& g = arena_->at<group>(at);
        return std::all_of(std::begin(g.slots), std::end(g.slots), [](const word& slot) { return read(slot) == 0; });
    }

    void check_list(unsigned s, unsigned cell_class) {
        const cell_list& list = body_->lists[s][cell_class];
        const std::uint64_t last = read(list.last);
        const auto who = [=] { return "stripe " + number(s) + "'s list of class " + number(cell_class); };
        std::uint64_t before = 0;
        for (std::uint64_t at = read(list.first); at != 0;) {
            if (!claim_for(who, at, cell_class, s)) return;
            if (!is_empty(at, cell_class)) say(who() + ": the free cell at " + hex(at) + " isn't empty");
            const std::uint64_t next =
                read(cell_class == group_class ? arena_->at<group>(at).next : arena_->at<record>(at).lengths);
            if (next == 0 && at != last && (before != last || read(of(s).doing) == no_step))
                say(who() + " ends at " + hex(at) + ", not at " + hex(last));
            before = at;
            at = next;
        }
    }

    void check_large(unsigned s) {
        for (const run_map::known_run& r : map_.runs()) {
            if (r.kind == large_run && r.detail == s && !r.claimed[0] && r.offset != map_.pending())
                say("the run at " + hex(r.offset) + " is lost");
            if (r.kind == large_run && r.detail >= stripes_count && s == 0)
                say("the run at " + hex(r.offset) + " is no stripe's");
        }
    }

    // Where it is at all was looked at by the map.
    void check_history(unsigned s, const step_seen& step) {
        const std::uint64_t offset = read(body_->history), changes = read(of(s).changes);
        std::uint64_t ring_bytes = 0;
        if (offset == 0 || !find_history(*arena_, offset, ring_bytes)) return;
        const history_ring ring = ring_of(*arena_, offset, ring_bytes, s);
        if (!ring.is_whole(changes) && (step.doing == no_step || !ring.is_whole(changes - 1)))
            say("stripe " + number(s) + "'s history is not one of its " + number(changes) + " changes");
    }

    void check_locks(unsigned s) {
        const auto who = [=] { return "stripe " + number(s) + "'s list of locks"; };
        std::vector<std::uint64_t> hashes;
        for (std::uint64_t at = read(of(s).locks); at != 0;) {
            if (!claim_for(who, at, class_of(sizeof(lock_node)), s)) return;
            const lock_node& node = arena_->at<lock_node>(at);
            const std::uint64_t hash = read(node.hash), owner = read(node.owner);
            if (read(node.number) != 0) say(who() + ": the node at " + hex(at) + " looks like a record");
            if (stripe_of(hash) != s) say(who() + ": the node at " + hex(at) + " belongs elsewhere");
            if ((owner & ~(shared::identity_bits | shared::owner_word::flags)) != 0)
                say(who() + ": the node at " + hex(at) + " has no such owner: " + hex(owner));
            hashes.push_back(hash);
            at = read(node.next);
        }
        std::sort(hashes.begin(), hashes.end());
        if (std::adjacent_find(hashes.begin(), hashes.end()) != hashes.end()) say(who() + " has a key twice");
    }

    // ---- Steps ---------------------------------------------------------------------------------------------------

    // What is in a stripe's step, unless it is in a list or in use already.
    void claim_step(unsigned s, std::uint64_t offset, std::uint64_t cell_class, bool may_be_gone) {
        if (cell_class > large_class)
            return say("the step of stripe " + number(s) + " is about a class that doesn't exist");
        // A run that was freed may be anything by now.
        const auto how = map_.claim(offset, static_cast<unsigned>(cell_class), s);
        if (how == run_map::claim_result::not_one && !(may_be_gone && cell_class == large_class))
            say("the step of stripe " + number(s) + " is about " + hex(offset) + ", which is no cell");
    }

    void check_step(unsigned s, const step_seen& seen) {
        const stripe& at = of(s);
        std::uint64_t records = seen.records;
        switch (seen.doing) {
            case no_step: break;
            case refilling: check_refilling(s); break;
            case taking:
            case collecting: claim_step(s, seen.cell, read(at.cell_class), true); break;
            case publishing:
            case unlinking: records = check_publishing(s, seen); break;
            case splitting:
                if (read(at.at) % stripes_count != s || read(at.at) >= read(body_->buckets))
                    say("stripe " + number(s) + " splits bucket " + number(read(at.at)) + ", which it cannot");
                break;
            default: say("stripe " + number(s) + " is doing " + number(seen.doing) + ", which is no step");
        }
        if (records != counted_)
            say("stripe " + number(s) + " counts " + number(records) + " records and has " + number(counted_));
    }

    // How many records there are once the step is done.
    std::uint64_t check_publishing(unsigned s, const step_seen& seen) {
        const stripe& at = of(s);
        const std::uint64_t word_at = read(at.at), after = read(at.after);
        if (word_at % 8 != 0 || word_at < table_offset || !arena_->reaches(word_at, 8)) {
            say("the step of stripe " + number(s) + " changes " + hex(word_at) + ", which is no word");
            return seen.records;
        }
        const std::uint64_t now = read(arena_->at<word>(word_at));
        if (now == after) {
            if (seen.before != 0) claim_step(s, slot_offset(seen.before), read(at.before_class), true);
            return read(at.records_after);
        }
        // A link to a group is written down as a slot.
        if (now != seen.before && now != slot_offset(seen.before)) {
            say("the step of stripe " + number(s) + " changes " + hex(word_at) + ", which is neither of its two");
        } else if (after != 0 && seen.doing == publishing) {
            claim_step(s, seen.cell, read(at.cell_class), true);
        }
        return seen.records;
    }

    void check_refilling(unsigned s) {
        const std::uint64_t first = read(of(s).cell), cell_class = read(of(s).cell_class), count = read(of(s).count);
        const run_map::known_run* const slab = map_.run_of(first);
        if (cell_class >= classes_count || slab == nullptr || slab->kind != slab_run || slab->detail != cell_class ||
            first > slab->end())
            return say("stripe " + number(s) + " refills from " + hex(first) + ", which is no cell");
        const std::uint64_t size = class_bytes(static_cast<unsigned>(cell_class));
        if (count > (slab->end() - first) / size)
            return say("stripe " + number(s) + " refills with " + number(count) + " cells, which is too many");
        if (slab->next == first) return;  // they are not its own yet: who has the space sees to that
        for (std::uint64_t i = 0; i < count; ++i) claim_step(s, first + i * size, cell_class, false);
    }

    // ---- Buckets -------------------------------------------------------------------------------------------------

    void check_buckets(unsigned s, std::uint64_t turn, const step_seen& step) {
        const std::uint64_t buckets = read(body_->buckets);
        if (buckets < buckets_min || buckets > buckets_max)
            return say("there cannot be " + number(buckets) + " buckets");
        strangers_.clear();
        for (std::uint64_t bucket = s; bucket < std::min(buckets, map_.buckets_sound()); bucket += stripes_count) {
            if (read(of(s).next_number) != turn) return;  // it was all for nothing
            if (!check_bucket(s, bucket, buckets, step)) return;
        }
        // A split may have been given up in the middle: what it copied counts for nothing, the groups stay.
        const bool is_begun = buckets % stripes_count == s && buckets < map_.buckets_sound() &&
                              (buckets < first_groups || read(body_->pieces[piece_of(buckets).index]) != 0);
        if (is_begun && !check_chain(s, buckets, [](std::uint64_t) {})) return;
        for (const std::uint64_t offset : strangers_) {
            const std::uint64_t lengths = read(arena_->at<record>(offset).lengths);
            if (map_.claim(offset, class_of(record_bytes(lengths)), s) != run_map::claim_result::again)
                say("the record at " + hex(offset) + " is not in the bucket that it was split into");
        }
    }

    // False: there is no such bucket.
    template <class Use>
    bool check_chain(unsigned s, std::uint64_t bucket, Use&& use) {
        const auto who = [=] { return "bucket " + number(bucket) + "'s chain"; };
        const group* in = find_.bucket(bucket);
        while (in != nullptr) {
            for (const word& slot : in->slots) {
                if (const std::uint64_t seen = read(slot); seen != 0) use(seen);
            }
            const std::uint64_t next = read(in->next);
            if (next == 0 || !claim_for(who, next, group_class, s)) return true;
            in = find_.group_at(next);
        }
        say(who() + " can't be reached");
        return false;
    }

    bool check_bucket(unsigned s, std::uint64_t bucket, std::uint64_t buckets, const step_seen& seen) {
        records_.begin_bucket(bucket);
        return check_chain(s, bucket, [&](std::uint64_t slot) {
            const auto its = records_.check(slot, mine_);
            if (!its) return;
            if (const std::uint64_t right = bucket_of(its->hash, buckets); right != bucket) {
                // The bucket that was made last is the one that this was split into.
                const std::uint64_t made = read(body_->buckets) - 1;
                const bool is_stranger = seen.doing == splitting && read(of(s).at) == bucket && right == made;
                if (is_stranger) return strangers_.push_back(slot_offset(slot));
                return say(records_.who(slot) + " belongs to bucket " + number(right));
            }
            claim_for([&] { return records_.who(slot); }, slot_offset(slot), class_of(record_bytes(its->lengths)), s);
            numbers_.push_back(its->number);
            counted_ += 1;
        });
    }

    // ---- What others change all the time ----------------------------------------------------------------------------

    bool look_at_bucket(std::uint64_t bucket, std::uint64_t& seen) {
        records_.begin_bucket(bucket);
        const group* in = find_.bucket(bucket);
        for (std::uint64_t left = read(body_->end) / sizeof(group); in != nullptr && left > 0; --left) {
            for (unsigned index = 0; index < group_slots; ++index) seen += records_.look(*in, index, wrong_) ? 1U : 0U;
            const std::uint64_t next = read(in->next);
            if (next == 0) return true;
            in = find_.group_at(next);
        }
        return false;
    }

    // Of a stripe that was not at rest: its records, each by itself.
    void look_at_records(unsigned s) {
        std::uint64_t seen = 0;
        const std::uint64_t buckets = std::min(read(body_->buckets), map_.buckets_sound());
        for (std::uint64_t bucket = s; bucket < buckets; bucket += stripes_count) {
            if (!look_at_bucket(bucket, seen)) {
                wrong_.say("bucket " + number(bucket) + "'s chain can't be reached, or has no end");
                break;
            }
        }
        found_.records += seen;
        found_.unjudged.push_back("stripe " + number(s) + ": " + who_has(of(s).owner.load()) + "; " + number(seen) +
                                  " records were looked at one by one");
    }

    const arena* arena_;
    const body* body_;
    const shared::participants* self_;
    const os::deadline until_;
    finder find_;
    record_checker records_;
    run_map map_;
    std::bitset<stripes_count> judged_;
    bool is_damaged_ = false;
    complaints wrong_;
    std::vector<std::uint64_t> numbers_;
    survey found_;
    // Of the stripe that is being looked at.
    complaints mine_;
    std::uint64_t counted_ = 0;
    std::vector<std::uint64_t> strangers_;
};

}  // namespace

survey verify(const arena& where, const shared::object_header& header, const shared::participants& self,
              const os::deadline& until) {
    for (;;) {
        const std::uint64_t freed = read(where.fixed().slabs_freed);
        survey seen = verifier(where, header, self, until).run_all();
        if (seen.wrong.empty() || read(where.fixed().slabs_freed) == freed) return seen;
        if (!until.passed()) continue;
        seen.wrong.clear();
        seen.unjudged.emplace_back("what is wrong: somebody compacted it all the time");
        return seen;
    }
}

result<survey> verify(std::string_view place, duration patience) {
    shared::structured opened;
    if (auto done = opened.open(request_to_read(place, "verify a table")); !done) return done.error();
    const shared::participants self(opened.object(), opened.participants());
    return verify(arena(opened), opened.header(), self, os::deadline::after(patience));
}

}  // namespace samepage::tables
