// Hostile bytes in a table: those who get, put, erase, scan and split, with handles that were open or are opened now.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <string>
#include <vector>

#include "hostile.hpp"
#include "samepage/table.hpp"
#include "table/hash.hpp"
#include "table/verify.hpp"

namespace hostile {

namespace {

using samepage::access;
using samepage::no_wait;
using samepage::table_bytes;
using samepage::table_options;
namespace tables = samepage::tables;

constexpr std::uint64_t seed = 12345;  // instead of a random one: the same attacks in every run
constexpr std::size_t large_bytes = 20000;
constexpr unsigned crowd = 8;  // records in one bucket: one more than a group has

std::uint64_t hash_of(const std::string& key) { return tables::hash_of(std::as_bytes(std::span(key)), seed); }

// Keys of one bucket, the first of its stripe's.
std::string crowd_key(unsigned number) {
    static const std::vector<std::string> keys = [] {
        std::vector<std::string> found;
        for (unsigned tried = 0; found.size() < crowd; ++tried) {
            std::string key = "key " + std::to_string(tried);
            if (hash_of(key) % tables::buckets_min == 5) found.push_back(std::move(key));
        }
        return found;
    }();
    return keys[number];
}

// The next key of that bucket.
const std::string& expiring_key() {
    static const std::string key = [] {
        for (unsigned tried = 0;; ++tried) {
            std::string found = "expiring " + std::to_string(tried);
            if (hash_of(found) % tables::buckets_min == 5) return found;
        }
    }();
    return key;
}

samepage::put_options later() { return {std::chrono::hours(24), no_wait}; }

template <class T>
bool went_well(const samepage::result<T>& r) {
    using samepage::errc;
    if (r) return true;
    switch (r.error().code()) {
        case errc::no_key:
        case errc::already_exists:
        case errc::no_space: return false;
        default: require_explained(r.error()); return false;
    }
}

// What is kept of changes, from its oldest on; and how many.
unsigned read_along(const table_bytes& t) {
    unsigned seen = 0;
    auto feed = t.subscribe({"", true});
    if (!feed && feed.error().code() == samepage::errc::not_supported) return 0;  // there is none any more
    if (!went_well(feed)) return 0;
    for (auto one = feed->next(no_wait); went_well(one) && seen < 1000; one = feed->next(no_wait), ++seen)
        require(one->key.size() <= tables::key_max, "a subscriber is given a key that can't be");
    return seen;
}

// `closely`: also what names an owner, see looks_too.
void read(const table_bytes& t, bool closely) {
    std::array<std::byte, 64> small;
    for (const std::string& key :
         {crowd_key(0), crowd_key(crowd - 1), std::string("large"), std::string("none"), expiring_key()}) {
        const auto bytes = std::as_bytes(std::span(key));
        if (const auto seen = t.get(bytes, small); went_well(seen))
            require(seen->size_bytes <= small.size(), "more was got than there is room for");
        went_well(t.get_text(key));
        went_well(t.version(bytes));
        went_well(t.expires_unix_ns(bytes));
        went_well(t.wait(bytes, 1, no_wait));
    }
    std::array<std::uint64_t, 3> versions;
    std::array<std::byte, 3 * 24> values;
    const std::string three = crowd_key(0).substr(0, 5) + crowd_key(1).substr(0, 5) + "large";
    went_well(t.get_many(std::as_bytes(std::span(three)), 5, values, 24, versions));
    unsigned seen = 0;
    went_well(t.for_each([&](const table_bytes::record& r) {
        require(!r.key.empty() && r.key.size() <= tables::key_max, "a scan shows a key that can't be");
        return ++seen < 1000;
    }));
    static_cast<void>(t.size());
    if (closely) went_well(t.info());
    read_along(t);
}

void write(const table_bytes& t, bool closely) {
    for (unsigned i = 0; i < 3; ++i) {
        went_well(t.put_text(crowd_key(i), "mine", no_wait));
        went_well(t.put_text("new " + std::to_string(i), std::string(i * 200, 'n'), no_wait));
    }
    went_well(t.put_text("large", std::string(large_bytes, 'm'), no_wait));
    went_well(t.put_text(expiring_key(), "mine", later()));
    went_well(t.add(std::as_bytes(std::span(expiring_key())), 1, later()));
    went_well(t.erase_text(crowd_key(crowd - 1), no_wait));
    const auto key = std::as_bytes(std::span("counter", 7));
    went_well(t.add(key, 1, no_wait));
    went_well(t.insert(key, key, no_wait));
    went_well(t.compare_exchange(key, 3, key, no_wait));
    const auto longer = [](const std::span<const std::byte>* old) -> samepage::result<std::vector<std::byte>> {
        return std::vector<std::byte>(old == nullptr ? 1 : (old->size() + 1) % 1000);
    };
    went_well(t.update(key, longer, no_wait));
    went_well(t.erase_text("large", no_wait));
    for (const std::string& one : {crowd_key(0), std::string("locked"), std::string("free")}) {
        went_well(t.put_text(one, "mine", no_wait));
        if (one == crowd_key(0) && !closely) continue;  // it is locked
        if (auto held = t.lock_text(one, no_wait); went_well(held)) went_well(held->release());
    }
    if (!closely) return;
    if (auto held = t.lock_all(no_wait); went_well(held)) went_well(held->release());
    went_well(t.keep_history(1, no_wait));
}

struct table_under_attack {
    std::string path = scratch_path();
    table_bytes table = make(path);
    table_bytes::held lock = table.lock_text(crowd_key(0)).value();
    table_bytes reader = open(path, access::read_only);
    std::vector<std::uint64_t> spots = spots_of(path);
    victim bytes{path};

    static table_bytes open(const std::string& path, access how) {
        table_options options;
        options.access = how;
        return std::move(table_bytes::open(path, options).value());
    }

    // Its seed is written into an empty one, before its first use.
    static void set_seed(const std::string& path) {
        samepage::shared::object_header header;
        const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
        require(pread(file, &header, sizeof header, 0) == sizeof header, "no header can be read");
        header.parameters[tables::seed_parameter] = seed;
        header.check = samepage::shared::fnv1a(reinterpret_cast<const std::uint8_t*>(&header),
                                               offsetof(samepage::shared::object_header, check));
        require(pwrite(file, &header, sizeof header, 0) == sizeof header, "no header can be written");
        close(file);
    }

    static table_bytes make(const std::string& path) {
        static_cast<void>(table_bytes::create(path).value());
        set_seed(path);
        table_bytes t = open(path, access::read_write);
        t.keep_history(1).value();
        for (unsigned i = 0; i < crowd; ++i) t.put_text(crowd_key(i), "value " + std::to_string(i)).value();
        t.put_text("large", std::string(large_bytes, 'x')).value();
        t.put_text(expiring_key(), "a value", later()).value();
        t.put_text("freed", std::string(large_bytes, 'x')).value();
        t.erase_text("freed").value();
        return t;
    }

    // Where something stands that is believed, or could be.
    static std::vector<std::uint64_t> spots_of(const std::string& path) {
        samepage::shared::structured opened;
        samepage::shared::structured_request request;
        request.place = path;
        request.disposition = samepage::os::disposition::open_existing;
        request.access = access::read_only;
        request.spec.kind = samepage::kind::table;
        request.spec.format_version = tables::format_version;
        request.spec.fingerprint = tables::fingerprint;
        request.reserve_bytes = tables::reserve_bytes;
        opened.open(request).value();
        const tables::arena inside(opened);
        const tables::body& body = inside.fixed();
        constexpr unsigned stripe = 5;
        const auto at = [&](const auto& field) {
            return static_cast<std::uint64_t>(reinterpret_cast<const std::byte*>(&field) - opened.whole().data());
        };
        std::vector<std::uint64_t> all = {0,
                                          samepage::shared::wait_page_offset,
                                          samepage::shared::participants_offset + 64,
                                          at(body.buckets),
                                          at(body.end),
                                          at(body.whole),
                                          at(body.granted),
                                          at(body.growth),
                                          at(body.space),
                                          at(body.rover),
                                          at(body.pending),
                                          at(body.numbers),
                                          at(body.freeing),
                                          at(body.space_turns),
                                          at(body.deaths),
                                          at(body.pieces),
                                          at(body.expiring),
                                          at(body.history)};
        for (const unsigned s : {stripe, tables::stripe_of(hash_of("large"))}) {
            const tables::stripe& its = body.stripes[s];
            for (const tables::word* const w :
                 {&its.owner, &its.records, &its.next_number, &its.doing, &its.cell, &its.cell_class, &its.at,
                  &its.before, &its.after, &its.before_class, &its.locks})
                all.push_back(at(*w));
        }
        const tables::group& bucket = body.first[stripe];
        const tables::record& one = inside.at<tables::record>(tables::slot_offset(tables::read(bucket.slots[0])));
        const auto record_class = tables::class_of(tables::record_bytes(tables::read(one.lengths)));
        for (const unsigned c : {record_class, tables::group_class}) {
            const tables::cell_list& list = body.lists[stripe][c];
            all.insert(all.end(), {at(body.slabs[c]), at(list), at(inside.at<tables::record>(tables::read(list.first))),
                                   tables::read(body.slabs[c])});
        }
        all.insert(all.end(), {at(bucket), at(bucket.next), tables::read(bucket.next), at(one), tables::arena_offset});
        for (std::uint64_t within = 0; within < sizeof(tables::lock_node); within += 8)
            all.push_back(tables::read(body.stripes[stripe].locks) + within);
        // What expires: its slot, its lengths and its moment. It came when the first group was full.
        const auto& behind = inside.at<tables::group>(tables::read(bucket.next));
        for (const tables::word& slot : behind.slots) {
            const std::uint64_t seen = tables::read(slot), offset = tables::slot_offset(seen);
            if ((seen & tables::slot_expires) == 0) continue;
            const std::uint64_t lengths = tables::read(inside.at<tables::record>(offset).lengths);
            all.insert(all.end(), {at(slot), offset + 8, offset + tables::record_bytes(lengths) - 8});
        }
        // The history: its run, and of one stripe the head and the first entries.
        const std::uint64_t history = tables::read(body.history);
        const std::uint64_t head = history + stripe * sizeof(tables::history_head);
        const std::uint64_t ring =
            history + tables::stripes_count * sizeof(tables::history_head) + stripe * tables::ring_bytes_min;
        all.insert(all.end(), {history - sizeof(tables::run) + 8, head, head + 8, head + 16, ring, ring + 8, ring + 16,
                               ring + tables::entry_bytes(8), ring + tables::entry_bytes(8) + 8});
        const tables::group& other = body.first[hash_of("large") % tables::buckets_min];
        const std::uint64_t large = tables::slot_offset(tables::read(other.slots[0]));
        all.insert(all.end(),
                   {at(other), large, large - sizeof(tables::run), tables::read(body.rover), tables::read(body.fresh)});
        return all;
    }
};

// Another, of small records under 8-byte keys and nothing else, in which puts and gets go straight through.
struct plain_under_attack {
    static constexpr std::uint64_t wanted = 6;  // records, all in one bucket
    using value = std::array<std::uint64_t, 6>;

    std::string path = scratch_path();
    std::vector<std::uint64_t> keys = keys_of_one_bucket();
    samepage::table<std::uint64_t, value> table = make(path, keys);
    std::vector<std::uint64_t> spots = spots_of(keys[0]);
    victim bytes{path};

    static std::uint64_t hash_of(std::uint64_t key) { return tables::hash_of(std::as_bytes(std::span(&key, 1)), seed); }
    static std::vector<std::uint64_t> keys_of_one_bucket() {
        std::vector<std::uint64_t> found;
        for (std::uint64_t key = 0; found.size() < wanted + 3; ++key) {
            if (hash_of(key) % tables::buckets_min == 7) found.push_back(key);
        }
        return found;
    }
    static value value_of(std::uint64_t number) {
        value v;
        v.fill(number);
        return v;
    }
    static samepage::table<std::uint64_t, value> make(const std::string& path, const std::vector<std::uint64_t>& keys) {
        static_cast<void>(table_bytes::create(path).value());
        table_under_attack::set_seed(path);
        auto t = samepage::table<std::uint64_t, value>::open(path).value();
        // Twice, so that freed cells are in the list.
        for (unsigned round = 0; round < 2; ++round) {
            for (std::uint64_t i = 0; i < wanted; ++i) t.put(keys[i], value_of(i)).value();
        }
        return t;
    }
    static std::vector<std::uint64_t> spots_of(std::uint64_t key);
    void use() {
        for (const std::uint64_t key : keys) {
            went_well(table.put(key, value_of(1), no_wait));
            went_well(table.get(key));
        }
        went_well(table.insert(keys.back() + 1, value_of(2), no_wait));
        went_well(table.erase(keys[1], no_wait));
        std::array<value, 3> values;
        std::array<std::uint64_t, 3> versions;
        went_well(table.put_many(std::span(keys).first(3), values, versions, {samepage::forever, no_wait}));
        went_well(table.get_many(std::span(keys).first(3), values, versions));
    }
};

std::vector<std::uint64_t> plain_under_attack::spots_of(std::uint64_t key) {
    using tables::body;
    const std::uint64_t h = hash_of(key), base = tables::table_offset;
    const std::uint64_t stripe = base + offsetof(body, stripes) + tables::stripe_of(h) * sizeof(tables::stripe);
    const std::uint64_t group = base + offsetof(body, first) + h % tables::buckets_min * sizeof(tables::group);
    const unsigned cell_class = tables::class_of(tables::record_bytes(tables::lengths_of(8, sizeof(value))));
    const std::uint64_t list = base + offsetof(body, lists) +
                               (tables::stripe_of(h) * tables::classes_count + cell_class) * sizeof(tables::cell_list);
    // The slab's first cells: they are in use, or in the list.
    const std::uint64_t cell = tables::arena_offset + sizeof(tables::run), next = tables::class_bytes(cell_class);
    std::vector<std::uint64_t> all{base + offsetof(body, buckets),
                                   base + offsetof(body, expiring),
                                   base + offsetof(body, granted),
                                   base + offsetof(body, numbers),
                                   list,
                                   list + 8};
    for (const std::size_t field :
         {offsetof(tables::stripe, owner), offsetof(tables::stripe, next_number), offsetof(tables::stripe, number_end),
          offsetof(tables::stripe, doing), offsetof(tables::stripe, locks)})
        all.push_back(stripe + field);
    for (unsigned slot = 0; slot <= tables::group_slots; ++slot) all.push_back(group + slot * 8);
    for (unsigned i = 0; i < 12; ++i) all.insert(all.end(), {cell + i * next, cell + i * next + 8});
    return all;
}

void attack_plain(input bytes) {
    static plain_under_attack attacked;
    attacked.bytes.patch(bytes, attacked.spots);
    attacked.use();
    attacked.bytes.mend();
    for (std::uint64_t i = 0; i < plain_under_attack::wanted; ++i) {
        const auto got = attacked.table.get(attacked.keys[i]);
        require(got && got->value == plain_under_attack::value_of(i), "after mending, a plain record isn't there");
    }
    for (unsigned round = 0; round < 2; ++round)
        require(attacked.table.put(attacked.keys[0], plain_under_attack::value_of(0)).has_value(),
                "after mending, nothing plain can be put");
    const auto seen = attacked.table.bytes().verify();
    require(seen && seen->is_whole(), "after mending, something plain is wrong");
}

}  // namespace

void attack_table(input bytes) {
    attack_plain(bytes);
    static table_under_attack attacked;
    const bool closely = looks_too(bytes);
    attacked.bytes.patch(bytes, attacked.spots);
    read(attacked.reader, closely);
    write(attacked.table, closely);
    read(attacked.table, closely);

    attacked.bytes.patch(bytes, attacked.spots);
    write(attacked.table, closely);
    table_options reading;
    reading.access = access::read_only;
    if (const auto fresh = table_bytes::open(attacked.path, reading); went_well(fresh)) read(*fresh, closely);
    if (const auto seen = tables::verify(attacked.path, no_wait); went_well(seen))
        require(seen->wrong.size() <= tables::complaints::most, "too many complaints");

    attacked.bytes.mend();
    for (const table_bytes* const t : {&attacked.table, &attacked.reader}) {
        for (unsigned i = 0; i < crowd; ++i) {
            const auto got = t->get_text(crowd_key(i));
            require(got && got->text == "value " + std::to_string(i), "after mending, a record isn't there");
        }
        require(t->get_text("large")->text == std::string(large_bytes, 'x'),
                "after mending, the large one isn't there");
    }
    for (const table_bytes* const t : {&attacked.table, &attacked.reader})
        require(t->get_text(expiring_key())->text == "a value", "after mending, the expiring one isn't there");
    require(read_along(attacked.reader) == crowd + 4, "after mending, other changes are told");
    require(attacked.table.put_text("new", "after").has_value(), "after mending, nothing can be put");
    const auto seen = attacked.reader.verify();
    require(seen && seen->is_whole(), "after mending, something is wrong");
}

}  // namespace hostile
