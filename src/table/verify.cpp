// Walks over all runs, lists, buckets and steps of a table, and claims each cell and run for who has it.
// SPDX-License-Identifier: MIT
#include "table/verify.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "shared/check.hpp"
#include "shared/owner_word.hpp"
#include "table/find.hpp"
#include "table/hash.hpp"

namespace samepage::tables {

namespace {

std::string hex(std::uint64_t offset) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(offset));
    return text;
}

std::string number(std::uint64_t n) { return std::to_string(n); }

// A run, and which of its cells somebody has. A large run or one of groups has one "cell".
struct known_run {
    std::uint64_t offset, pages, kind, detail, next;
    std::vector<bool> claimed;

    std::uint64_t inside() const { return offset + sizeof(run); }
    std::uint64_t end() const { return offset + pages * page - spare_bytes; }
};

class verifier {
   public:
    verifier(const arena& where, std::uint64_t seed, bool checked)
        : arena_(&where), body_(&where.fixed()), find_(where), seed_(seed), checked_(checked) {}

    survey run_all() {
        if (tile()) {
            check_words();
            for (unsigned s = 0; s < stripes_count; ++s)
                for (unsigned c = 0; c < classes_count; ++c) check_list(s, c);
            check_buckets();
            for (unsigned s = 0; s < stripes_count; ++s) check_locks(s);
            for (unsigned s = 0; s < stripes_count; ++s) check_step(s);
            check_leftovers();
        }
        return std::move(found_);
    }

   private:
    void say(std::string sentence) {
        if (found_.wrong.size() < wrong_max) found_.wrong.push_back(std::move(sentence));
    }

    const stripe& of(unsigned s) const { return body_->stripes[s]; }

    // ---- Runs ----------------------------------------------------------------------------------------------------

    // False: nothing else can be looked at.
    bool tile() {
        buckets_ = read(body_->buckets);
        const std::uint64_t end = read(body_->end);
        if (buckets_ < buckets_min || buckets_ > buckets_max)
            return say("there cannot be " + number(buckets_) + " buckets"), false;
        if (end < arena_offset || end % page != 0 || !arena_->reaches(arena_offset, end - arena_offset))
            return say("the object doesn't reach to " + hex(end) + ", where its runs are to end"), false;
        for (std::uint64_t at = arena_offset; at < end;) {
            const run& r = arena_->at<run>(at);
            const std::uint64_t head = read(r.head), pages = pages_of(head), kind = kind_of(head);
            if (pages == 0 || pages > (end - at) / page || kind < free_run || kind > groups_run)
                return say("at " + hex(at) + " there is no run: its head is " + hex(head)), false;
            known_run known{at, pages, kind, read(r.detail), read(r.next), {}};
            if (kind == free_run) found_.pages_free += pages;
            if (kind == large_run || kind == groups_run) known.claimed.resize(1);
            if (kind == slab_run && !check_slab(known)) return false;
            runs_.push_back(std::move(known));
            at += pages * page;
        }
        return true;
    }

    bool check_slab(known_run& slab) {
        const std::uint64_t size = slab.detail < classes_count ? class_bytes(static_cast<unsigned>(slab.detail)) : 0;
        if (size == 0 || slab.next < slab.inside() || slab.next > slab.end() || (slab.next - slab.inside()) % size != 0)
            return say("the slab at " + hex(slab.offset) + " cannot be: class " + number(slab.detail) + ", next cell " +
                       hex(slab.next)),
                   false;
        slab.claimed.resize(static_cast<std::size_t>((slab.next - slab.inside()) / size));
        if (read(body_->slabs[slab.detail]) != slab.offset && read(body_->pending) != slab.offset &&
            (slab.end() - slab.next) / size != 0)
            say("the slab at " + hex(slab.offset) + " has cells that nobody can get");
        return true;
    }

    // The run that `offset` lies in, or null.
    known_run* run_of(std::uint64_t offset) {
        const auto behind = std::upper_bound(runs_.begin(), runs_.end(), offset,
                                             [](std::uint64_t at, const known_run& r) { return at < r.offset; });
        if (behind == runs_.begin() || offset >= std::prev(behind)->offset + std::prev(behind)->pages * page)
            return nullptr;
        return &*std::prev(behind);
    }
    bool starts_run(std::uint64_t offset) {
        const known_run* const r = run_of(offset);
        return r != nullptr && r->offset == offset;
    }

    // Words of the body that lead to runs.
    void check_words() {
        if (!starts_run(read(body_->rover))) say("rover leads to " + hex(read(body_->rover)) + ", where no run starts");
        if (!starts_run(read(body_->fresh))) say("fresh leads to " + hex(read(body_->fresh)) + ", where no run starts");
        const std::uint64_t pending = read(body_->pending);
        if (pending != 0 && !starts_run(pending)) say("pending leads to " + hex(pending) + ", where no run starts");
        const std::uint64_t freeing = read(body_->freeing);
        if (freeing != 0 && !starts_run(freeing)) say("freeing leads to " + hex(freeing) + ", where no run starts");
        for (unsigned c = 0; c < classes_count; ++c) {
            const std::uint64_t offset = read(body_->slabs[c]);
            if (offset == 0) continue;
            const known_run* const slab = run_of(offset);
            if (slab == nullptr || slab->offset != offset || slab->kind != slab_run || slab->detail != c)
                say("class " + number(c) + " takes cells from " + hex(offset) + ", which is no slab of it");
        }
        for (std::uint64_t bucket = first_groups; bucket < buckets_max; bucket += piece_of(bucket).groups) {
            if (!check_piece(bucket)) buckets_ = std::min(buckets_, bucket);  // the others can't be looked at
        }
    }

    bool check_piece(std::uint64_t bucket) {
        const piece p = piece_of(bucket);
        const std::uint64_t offset = read(body_->pieces[p.index]);
        if (offset == 0) {
            if (bucket < buckets_) say("the piece of bucket " + number(bucket) + " is missing");
            return bucket >= buckets_;
        }
        known_run* const r = run_of(offset);
        if (r == nullptr || r->inside() != offset || r->kind != groups_run ||
            p.groups * sizeof(group) > r->end() - r->inside())
            return say("the piece of bucket " + number(bucket) + " is at " + hex(offset) + ", which has no groups"),
                   false;
        if (r->claimed[0]) return say("two pieces are at " + hex(offset)), false;
        return r->claimed[0] = true;
    }

    // ---- Cells ---------------------------------------------------------------------------------------------------

    enum class claim_result : std::uint8_t { first, again, not_one };

    // A record's cell, or a group's; or the run of a large record of that stripe.
    claim_result claim(std::uint64_t offset, unsigned cell_class, unsigned stripe) {
        known_run* const r = run_of(offset);
        std::uint64_t index = 0;
        if (r == nullptr || offset < r->inside()) return claim_result::not_one;
        if (cell_class == large_class) {
            if (r->kind != large_run || offset != r->inside() || r->detail != stripe) return claim_result::not_one;
        } else {
            const std::uint64_t size = class_bytes(cell_class);
            index = (offset - r->inside()) / size;
            if (r->kind != slab_run || r->detail != cell_class || (offset - r->inside()) % size != 0 ||
                index >= r->claimed.size())
                return claim_result::not_one;
        }
        const auto at = static_cast<std::size_t>(index);
        if (r->claimed[at]) return claim_result::again;
        r->claimed[at] = true;
        return claim_result::first;
    }

    template <class Who>
    bool claim_for(Who&& who, std::uint64_t offset, unsigned cell_class, unsigned stripe) {
        const claim_result how = claim(offset, cell_class, stripe);
        if (how == claim_result::not_one)
            say(who() + " leads to " + hex(offset) + ", which is nothing of class " + number(cell_class));
        if (how == claim_result::again) say(who() + " leads to " + hex(offset) + ", which something else has too");
        return how == claim_result::first;
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
            found_.cells_free += 1;
            const std::uint64_t next =
                read(cell_class == group_class ? arena_->at<group>(at).next : arena_->at<record>(at).lengths);
            if (next == 0 && at != last && (before != last || read(of(s).doing) == no_step))
                say(who() + " ends at " + hex(at) + ", not at " + hex(last));
            before = at;
            at = next;
        }
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
            if ((owner & ~(shared::identity_bits | shared::owner_word::starving | shared::owner_word::died)) != 0)
                say(who() + ": the node at " + hex(at) + " has no such owner: " + hex(owner));
            if (std::find(hashes.begin(), hashes.end(), hash) != hashes.end())
                say(who() + ": the node at " + hex(at) + " is of a key that came before");
            hashes.push_back(hash);
            at = read(node.next);
        }
    }

    // What is in a stripe's step, unless it is in a list or in use already.
    void claim_step(unsigned s, std::uint64_t offset, std::uint64_t cell_class, bool may_be_gone) {
        if (cell_class > large_class)
            return say("the step of stripe " + number(s) + " is about a class that doesn't exist");
        // A run that was freed may be anything by now.
        const claim_result how = claim(offset, static_cast<unsigned>(cell_class), s);
        if (how == claim_result::not_one && !(may_be_gone && cell_class == large_class))
            say("the step of stripe " + number(s) + " is about " + hex(offset) + ", which is no cell");
    }

    void check_step(unsigned s) {
        const stripe& at = of(s);
        const std::uint64_t doing = read(at.doing), cell = read(at.cell), cell_class = read(at.cell_class);
        std::uint64_t records = read(at.records);
        if (doing == refilling) {
            check_refilling(s);
        } else if (doing == taking) {
            claim_step(s, cell, cell_class, true);
        } else if (doing == publishing || doing == unlinking) {
            const std::uint64_t word_at = read(at.at), before = read(at.before), after = read(at.after);
            if (word_at % 8 != 0 || word_at < table_offset || !arena_->reaches(word_at, 8))
                return say("the step of stripe " + number(s) + " changes " + hex(word_at) + ", which is no word");
            const std::uint64_t now = read(arena_->at<word>(word_at));
            if (now == after) {
                records = read(at.records_after);
                if (before != 0) claim_step(s, slot_offset(before), read(at.before_class), true);
            } else if (now == before || now == slot_offset(before)) {  // a link to a group is written down as a slot
                if (after != 0 && doing == publishing) claim_step(s, cell, cell_class, true);
            } else {
                say("the step of stripe " + number(s) + " changes " + hex(word_at) + ", which is neither of its two");
            }
        } else if (doing == splitting) {
            if (read(at.at) % stripes_count != s || read(at.at) >= read(body_->buckets))
                say("stripe " + number(s) + " splits bucket " + number(read(at.at)) + ", which it cannot");
        } else if (doing != no_step) {
            say("stripe " + number(s) + " is doing " + number(doing) + ", which is no step");
        }
        if (records != counted_[s])
            say("stripe " + number(s) + " counts " + number(records) + " records and has " + number(counted_[s]));
    }

    void check_refilling(unsigned s) {
        const std::uint64_t first = read(of(s).cell), cell_class = read(of(s).cell_class), count = read(of(s).count);
        const known_run* const slab = run_of(first);
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

    void check_buckets() {
        for (std::uint64_t bucket = 0; bucket < buckets_; ++bucket) check_bucket(bucket, false);
        // A split may have been given up in the middle: what it copied counts for nothing, the groups stay.
        if (buckets_ < first_groups || (buckets_ < buckets_max && read(body_->pieces[piece_of(buckets_).index]) != 0))
            check_bucket(buckets_, true);
        std::sort(numbers_.begin(), numbers_.end());
        const auto twice = std::adjacent_find(numbers_.begin(), numbers_.end());
        if (twice != numbers_.end()) say("two records have the number " + number(*twice));
        for (const std::uint64_t offset : strangers_) {
            if (claim(offset, class_of(record_bytes(read(arena_->at<record>(offset).lengths))), stripe_of_split_) !=
                claim_result::again)
                say("the record at " + hex(offset) + " is not in the bucket that it was split into");
        }
    }

    void check_bucket(std::uint64_t bucket, bool groups_only) {
        const auto s = static_cast<unsigned>(bucket % stripes_count);
        const auto who = [=] { return "bucket " + number(bucket) + "'s chain"; };
        const group* in = find_.bucket(bucket);
        keys_.clear();
        while (in != nullptr) {
            for (const word& slot : in->slots) {
                if (const std::uint64_t seen = read(slot); seen != 0 && !groups_only) check_record(bucket, seen);
            }
            const std::uint64_t next = read(in->next);
            if (next == 0 || !claim_for(who, next, group_class, s)) return;
            in = find_.group_at(next);
        }
        say(who() + " can't be reached");
    }

    void check_record(std::uint64_t bucket, std::uint64_t slot) {
        const auto s = static_cast<unsigned>(bucket % stripes_count);
        const std::uint64_t offset = slot_offset(slot);
        const auto who = [=] { return "the record at " + hex(offset) + " in bucket " + number(bucket); };
        if (!arena_->reaches(offset, sizeof(record) + 8)) return say(who() + " is outside");
        const record& r = arena_->at<record>(offset);
        const std::uint64_t lengths = read(r.lengths), check = read(r.check), own = read(r.number);
        if (lengths >> 48 != 0 || value_bytes_of(lengths) > value_max ||
            !arena_->reaches(offset, record_bytes(lengths) + spare_bytes))
            return say(who() + " cannot have such lengths: " + hex(lengths));
        if (own == 0 || own >= read(body_->numbers)) say(who() + " has a number that was not given: " + number(own));
        const auto* const bytes = &arena_->at<std::byte>(offset) + sizeof(record);
        const std::span key(bytes, static_cast<std::size_t>(key_bytes_of(lengths)));
        const std::span value(bytes + round_up(key.size(), 8), static_cast<std::size_t>(value_bytes_of(lengths)));
        const std::uint64_t hash = hash_of(key, seed_);
        if (tag_of(hash) != tag_of(slot) || check >> 32 != (hash & 0xffffffffU))
            say(who() + " has another hash than its key");
        if (checked_ && (check & 0xffffffffU) != shared::check_of(key, shared::check_of(value, own)))
            say(who() + " has a wrong check sum");
        if (std::any_of(key.data() + key.size(), bytes + round_up(key.size(), 8),
                        [](std::byte b) { return b != std::byte{0}; }))
            say(who() + " has a key with something behind it");
        if (const std::uint64_t right = bucket_of(hash, buckets_); right != bucket) {
            stripe_of_split_ = s;
            if (read(of(s).doing) == splitting && read(of(s).at) == bucket && right == buckets_ - 1)
                return strangers_.push_back(offset);
            return say(who() + " belongs to bucket " + number(right));
        }
        claim_for(who, offset, class_of(record_bytes(lengths)), s);
        for (const auto& other : keys_) {
            if (std::equal(key.begin(), key.end(), other.begin(), other.end()))
                say(who() + " has a key that came before");
        }
        keys_.push_back(key);
        numbers_.push_back(own);
        counted_[s] += 1;
        found_.records += 1;
    }

    // ---- The rest ------------------------------------------------------------------------------------------------

    void check_leftovers() {
        for (const known_run& r : runs_) {
            const auto lost = static_cast<std::uint64_t>(std::count(r.claimed.begin(), r.claimed.end(), false));
            if (lost == 0 || (r.kind != slab_run && read(body_->pending) == r.offset)) continue;
            if (r.kind == slab_run) say(number(lost) + " cells of the slab at " + hex(r.offset) + " are lost");
            if (r.kind != slab_run) say("the run at " + hex(r.offset) + " is lost");
        }
    }

    const arena* arena_;
    const body* body_;
    finder find_;
    std::uint64_t seed_;
    bool checked_;
    std::uint64_t buckets_ = 0;
    std::vector<known_run> runs_;                   // by offset
    std::vector<std::span<const std::byte>> keys_;  // of one bucket
    std::vector<std::uint64_t> numbers_, strangers_;
    unsigned stripe_of_split_ = 0;
    std::uint64_t counted_[stripes_count] = {};
    survey found_;
};

}  // namespace

survey verify(const arena& where, const shared::object_header& header) {
    return verifier(where, header.parameters[seed_parameter], header.parameters[checked_parameter] != 0).run_all();
}

result<survey> verify(std::string_view place) {
    shared::structured_request request;
    request.place = place;
    request.disposition = os::disposition::open_existing;
    request.access = access::read_only;
    request.spec.kind = kind::table;
    request.spec.format_version = format_version;
    request.spec.fingerprint = fingerprint;
    request.reserve_bytes = reserve_bytes;
    request.operation = "verify a table";
    shared::structured opened;
    if (auto done = opened.open(request); !done) return done.error();
    return verify(arena(opened), opened.header());
}

}  // namespace samepage::tables
