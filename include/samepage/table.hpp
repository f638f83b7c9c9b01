// table: records under keys, shared by name; many processes write at once, readers wait for nobody.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "samepage/cell.hpp"
#include "samepage/duration.hpp"
#include "samepage/export.hpp"
#include "samepage/region.hpp"
#include "samepage/result.hpp"
#include "samepage/wait.hpp"

namespace samepage {

struct table_options {
    samepage::access access = samepage::access::read_write;
    wait_strategy strategy = wait_strategy::spin_then_sleep;  // of wait(), and of writers for other writers
    // How long to wait for a process that is just creating or closing the same name and was stopped in it.
    duration timeout = std::chrono::seconds(5);
    // What held::permit() gave to others, with commas between: this handle may write what their locks keep from others.
    std::string permits;
    // While this handle lives it alone writes: others are `denied`, in a sentence that names its process. Opening is
    // denied when there is one already. Ends with the handle, or its process. Needs the right to write.
    bool sole_writer = false;
    // Of a file that a power failure may have left half-written: opens what is there, instead of going back to the
    // checkpoint, or of being refused where there is none. To save what is whole; verify() says whether all is. To
    // write, it is taken for the table again, if all of it is whole, else it is corrupt.
    bool as_it_is = false;
};

// For put_options::expires_in: when the record that is there does; a new one never.
inline constexpr duration as_before = duration::zero();

// How a record is put.
struct put_options {
    // From then on no reader sees it any more, by the wall clock, if nobody has put it anew; its space comes back when
    // a writer of a key near it passes by. forever: it stays; as_before. Not negative.
    duration expires_in = forever;
    duration timeout = writer_patience;  // how long to wait for another writer, or who has locked the key
};

// What there is to know about a table, as of some moment during the call.
struct table_info {
    std::uint64_t records = 0;
    std::uint64_t size_bytes = 0;      // of memory or file, free space included
    std::uint64_t buckets = 0;         // of the hash table; there are about 5 records for each
    double load = 0;                   // how much of the buckets' first slots the records would fill; 0.7 is usual
    std::uint32_t writers_active = 0;  // processes that are changing something just now, or stopped in it
    // Processes that were killed in a change that the next writer there will finish or undo; and how often that was
    // done since the table was made (who is killed while doing so is counted once more, or in the other's place).
    std::uint32_t deaths_pending = 0;
    std::uint64_t deaths_recovered = 0;
    // In nanoseconds since 1970, 0: never. When the last checkpoint was made; when a power failure last made it go back
    // to a checkpoint, and when that one was made.
    std::uint64_t checkpoint_unix_ns = 0;
    std::uint64_t returned_unix_ns = 0, returned_to_unix_ns = 0;
    // The file on the disk is whole and new: nobody has changed it since somebody closed it in order.
    bool is_clean = false;
    std::uint32_t sole_writer_process = 0;  // who alone may write, where the system shows it
    // Of its history: 0 without one (keep_history). How many changes are kept.
    std::uint64_t history_bytes = 0, history_changes = 0;
};

// Where a subscriber begins, and what it wants.
struct feed_options {
    std::string prefix;        // only changes of keys that begin with it
    bool from_oldest = false;  // with the oldest that is kept; else with those that come
};

// What a checkpoint was.
struct table_checkpoint {
    std::uint64_t records = 0;
    std::uint64_t size_bytes = 0;  // of the file
    duration stall{};              // how long writers were held
};

// What compact() has done.
struct table_compaction {
    std::uint64_t records_moved = 0;
    std::uint64_t given_bytes = 0;    // that the system got back
    std::uint64_t pending_bytes = 0;  // that nothing uses, and the system would get back if nobody else had the table
    std::uint64_t size_bytes = 0;     // what it takes of the memory or the disk now
};

// What verify() found.
struct table_verdict {
    std::vector<std::string> wrong;     // a sentence for each fault, 20 at most; none: the table keeps its invariants
    std::vector<std::string> unjudged;  // what others changed, or were stopped in changing, all the time
    std::uint64_t records = 0;          // that were looked at
    std::uint64_t free_bytes = 0;       // in pages that nothing uses

    bool is_whole() const noexcept { return wrong.empty() && unjudged.empty(); }
};

// Records of bytes under keys of bytes. `table<K, V>` is the same for a K and a V.
//
// Keys have 1 byte to 64 KiB, values up to 1 GiB. There is no size to choose: it grows as long as there is memory, or
// disk. There is no order.
// Processes: any number read and write. A reader needs only the right to read; it takes no lock, writes nothing, and a
// writer that is slow, stopped or killed never makes it wait. Writers of different keys go on at the same time (a key
// belongs to one of 32 stripes, and a stripe has one writer at a time); a killed one's step is finished or undone by
// the next; a stopped one makes others of its stripe time out, naming it (and, if it was just getting pages for the
// table, all who need pages, too).
// Threads: const functions from any thread; closing, moving and assigning by one thread while no other uses the handle.
// fork(): a child's handle is a holder and a writer of its own.
// Lifetime: as region. A table at a path keeps its records when its holders go or are killed. After a power failure it
// is as of its last checkpoint(), or as it was closed if nobody had changed it since; if it was never checkpointed, it
// may be half-written, and opening it is refused. So the first change to a file that was closed waits for the disk, and
// the last close of one who has changed it does.
// Expiry: a record may be put so that it is gone from a moment on; nothing need run for that. It goes by the wall clock
// of each process, so it is off by as much as somebody sets that; put in one boot, it expires in another.
// Failure: killed anywhere, a writer leaves each record as it was or as it was to be.
// Bytes that cannot be are `corrupt`.
//
//   auto stock = samepage::table_bytes::create("stock");
//   if (!stock->put_text("bolt", "12")) …
//   // in another process:
//   auto same = samepage::table_bytes::open("stock");
//   auto seen = same->get_text("bolt");        // {version, "12"}
class SAMEPAGE_API table_bytes {
   public:
    struct found {
        std::uint64_t version;
        std::size_t size_bytes;
    };
    struct text_value {
        std::uint64_t version;
        std::string text;
    };
    // A record in a scan: a copy, until the function returns.
    struct record {
        std::span<const std::byte> key, value;
        std::uint64_t version;
        std::uint64_t expires_unix_ns;  // when it expires, in nanoseconds since 1970; 0: never
        std::string_view key_text() const noexcept { return {reinterpret_cast<const char*>(key.data()), key.size()}; }
        std::string_view text() const noexcept { return {reinterpret_cast<const char*>(value.data()), value.size()}; }
    };
    // Goes over records as for_each does. Move-only; one thread at a time; ends before its table handle does.
    class SAMEPAGE_API cursor {
       public:
        cursor() noexcept;  // of no table
        cursor(cursor&&) noexcept;
        cursor& operator=(cursor&&) noexcept;
        ~cursor();

        // The next record, a copy until the next call. no_key: there are no more. busy, corrupt.
        result<record> next();

       private:
        friend class table_bytes;
        struct state;
        explicit cursor(std::unique_ptr<state> s) noexcept;
        std::unique_ptr<state> state_;
    };
    // One subscriber's place in a table's history. Needs only the right to read, leaves no trace, and nobody waits for
    // it: where writers overran it, it is told how many changes it missed. Move-only; one thread at a time; ends before
    // its table handle does. fork(): a child's copy goes on by itself.
    // Order: a key's changes come in the order they were made. Those of different keys come in any order.
    class SAMEPAGE_API feed {
       public:
        struct entry {
            // A copy, until the next call. Empty: it only says that some were missed.
            std::span<const std::byte> key;
            std::uint64_t version;  // of the record that was put; of an erased one the last that it had
            bool erased;            // or it had expired, and its space came back
            // How many changes it was never shown since the last entry, of any keys: that is more than of its prefix.
            // Whoever mirrors the table copies it anew then.
            std::uint64_t missed;

            std::string_view key_text() const noexcept {
                return {reinterpret_cast<const char*>(key.data()), key.size()};
            }
        };

        feed() noexcept;  // of no table
        feed(feed&&) noexcept;
        feed& operator=(feed&&) noexcept;
        ~feed();

        // The next change, waiting for it. The value isn't in it: get() gives it, or a later one, or none any more.
        // timed_out. busy: writers were faster in every try. corrupt.
        result<entry> next(duration timeout = forever);
        bool is_open() const noexcept { return state_ != nullptr; }

       private:
        friend class table_bytes;
        struct state;
        explicit feed(std::unique_ptr<state> s) noexcept;
        std::unique_ptr<state> state_;
    };
    // Gets the value there is (null: none), gives the new one, or an error, which update() then returns.
    using change = std::function<result<std::vector<std::byte>>(const std::span<const std::byte>*)>;

    // Owning a lock of lock() or lock_all(), until its end. Move-only, one thread at a time; ends before its handle.
    class SAMEPAGE_API held {
       public:
        held() noexcept = default;  // owns nothing
        held(held&& other) noexcept { swap(other); }
        held& operator=(held&& other) noexcept {
            held(std::move(other)).swap(*this);
            return *this;
        }
        ~held() {
            if (owns()) static_cast<void>(release());
        }

        bool owns() const noexcept { return identity_ != 0; }
        // An earlier owner died with it, and nobody has repaired since: what it guards may be half-done. Stays so, for
        // the next owners too, until somebody calls mark_repaired().
        bool owner_died() const noexcept { return owner_died_; }
        void mark_repaired() noexcept { owner_died_ = false; }
        // For table_options::permits: other handles, of other processes too, that do a part of the owner's work. It is
        // of use while this handle has a lock.
        std::string permit() const;
        // Waits for nobody. not_owner: it owns nothing (any more), or it is a forked child's copy of its parent's.
        result<void> release();

       private:
        friend class table_bytes;
        void swap(held& other) noexcept {
            std::swap(state_, other.state_);
            std::swap(identity_, other.identity_);
            std::swap(node_, other.node_);
            std::swap(owner_died_, other.owner_died_);
        }

        void* state_ = nullptr;  // the table handle's
        std::uint64_t identity_ = 0, node_ = 0;
        bool owner_died_ = false;
    };

    table_bytes() noexcept;  // closed
    table_bytes(table_bytes&&) noexcept;
    table_bytes& operator=(table_bytes&&) noexcept;
    ~table_bytes();

    // Makes it, empty, or opens the one that exists: created() says which.
    static result<table_bytes> create(std::string_view place, const table_options& = {});
    // As create, but already_exists if there is one.
    static result<table_bytes> create_new(std::string_view place, const table_options& = {});
    // As create, but not_found if there is none.
    static result<table_bytes> open(std::string_view place, const table_options& = {});

    // Copies the value out. no_key; too_large when `into` is too small, saying what is needed; busy when writers
    // replaced the record in every one of many tries. Never waits.
    result<found> get(std::span<const std::byte> key, std::span<std::byte> into) const;
    result<std::vector<std::byte>> get(std::span<const std::byte> key) const;
    result<text_value> get_text(std::string_view key) const;
    // As get, of many keys of `key_bytes` each, one behind the other in `keys`: their misses of the cache overlap, so
    // it takes a fraction of the time. Values go to `values`, `value_bytes` for each key, their versions to `versions`,
    // 0 where there is none. Gives how many there were. wrong_kind when a value has another length; invalid_argument
    // when the lengths don't fit each other.
    result<std::size_t> get_many(std::span<const std::byte> keys, std::size_t key_bytes, std::span<std::byte> values,
                                 std::size_t value_bytes, std::span<std::uint64_t> versions) const;
    // The record's version, or 0 where there is none.
    result<std::uint64_t> version(std::span<const std::byte> key) const;
    // When the record expires, in nanoseconds since 1970, or 0: never. no_key.
    result<std::uint64_t> expires_unix_ns(std::span<const std::byte> key) const;
    result<bool> contains(std::string_view key) const;

    // Inserts or replaces, and gives the record's version: a number that the table gives once, larger than any that
    // this key has had. Waits for another writer, or who has locked the key, at most `timeout`: timed_out names it.
    // no_space leaves the table as it was. denied (opened read-only), full (too many writers live), invalid_argument
    // (no key, or a too long one).
    // `how` may say that the record expires; else it doesn't, whatever there was before.
    result<std::uint64_t> put(std::span<const std::byte> key, std::span<const std::byte> value,
                              const put_options& how) const;
    result<std::uint64_t> put(std::span<const std::byte> key, std::span<const std::byte> value,
                              duration timeout = writer_patience) const {
        return put(key, value, put_options{forever, timeout});
    }
    result<std::uint64_t> put_text(std::string_view key, std::string_view text, const put_options& how) const {
        return put(std::as_bytes(std::span(key)), std::as_bytes(std::span(text)), how);
    }
    result<std::uint64_t> put_text(std::string_view key, std::string_view text,
                                   duration timeout = writer_patience) const {
        return put_text(key, text, put_options{forever, timeout});
    }
    // As put, of many records of the same lengths, one behind the other in `keys` and `values`: their misses of the
    // cache overlap. Each is a put of its own; their versions go to `versions`. Gives how many were put, in their
    // order: fewer than all where one was refused; when the first was, why. invalid_argument as get_many.
    result<std::size_t> put_many(std::span<const std::byte> keys, std::size_t key_bytes,
                                 std::span<const std::byte> values, std::size_t value_bytes,
                                 std::span<std::uint64_t> versions, const put_options& how = {}) const;
    // As put, but already_exists where there is a record.
    result<std::uint64_t> insert(std::span<const std::byte> key, std::span<const std::byte> value,
                                 const put_options& how) const;
    result<std::uint64_t> insert(std::span<const std::byte> key, std::span<const std::byte> value,
                                 duration timeout = writer_patience) const {
        return insert(key, value, put_options{forever, timeout});
    }
    // As put, but only if the record's version is `expected` (0: if there is none). conflict otherwise.
    result<std::uint64_t> compare_exchange(std::span<const std::byte> key, std::uint64_t expected,
                                           std::span<const std::byte> value, const put_options& how) const;
    result<std::uint64_t> compare_exchange(std::span<const std::byte> key, std::uint64_t expected,
                                           std::span<const std::byte> value, duration timeout = writer_patience) const {
        return compare_exchange(key, expected, value, put_options{forever, timeout});
    }
    // Reads, changes and puts as one step; `f` runs once, while writers of the same stripe wait (readers don't). A
    // record that is there expires when it would have; `how` says it of one that is new.
    result<std::uint64_t> update(std::span<const std::byte> key, const change& f, const put_options& how) const;
    result<std::uint64_t> update(std::span<const std::byte> key, const change& f,
                                 duration timeout = writer_patience) const {
        return update(key, f, put_options{forever, timeout});
    }
    // Whether there was a record.
    result<bool> erase(std::span<const std::byte> key, duration timeout = writer_patience) const;
    result<bool> erase_text(std::string_view key, duration timeout = writer_patience) const {
        return erase(std::as_bytes(std::span(key)), timeout);
    }

    // Adds to a counter, a record of 8 bytes that holds a little-endian number, and gives the new number (modulo 2^64).
    // A counter that isn't there is 0. wrong_kind when the record has another length. It expires as update() says.
    result<std::uint64_t> add(std::span<const std::byte> key, std::uint64_t more, const put_options& how) const;
    result<std::uint64_t> add(std::span<const std::byte> key, std::uint64_t more,
                              duration timeout = writer_patience) const {
        return add(key, more, put_options{forever, timeout});
    }

    // Locks a key, whether it has a record or not, for as long as the answer lives: until then no other handle puts or
    // erases it (they wait, at most for their own timeouts); this one does, from any thread. Readers never mind.
    // As with samepage::lock, a handle that has it waits for it like any other, and an owner's death frees it, and is
    // told. timed_out names the owner. Keys whose 64-bit hashes are equal share a lock.
    // Who takes several: in one order, the same everywhere, or with a timeout, else two may wait for each other.
    result<held> lock(std::span<const std::byte> key, duration timeout = forever) const;
    result<held> lock_text(std::string_view key, duration timeout = forever) const {
        return lock(std::as_bytes(std::span(key)), timeout);
    }
    // The same of the whole table. It waits until no other handle has a lock; from the call on only handles that have
    // one get more. A death with it is told to who locks a key, too, until one that has all repairs. Two that have a
    // key and lock all wait for each other: with a timeout, then.
    result<held> lock_all(duration timeout = forever) const;

    // Waits until the key's version is another one than `version`, and gives it; 0: there is no record, or none any
    // more; that it has expired, too, is noticed. timed_out.
    result<std::uint64_t> wait(std::span<const std::byte> key, std::uint64_t version, duration timeout = forever) const;
    // How many puts and erases there were, of all keys; of a record that has expired, when its space comes back.
    std::uint64_t changes() const noexcept;
    // Waits until there were more, or less, than `changes`, and gives how many. timed_out.
    result<std::uint64_t> wait_any(std::uint64_t changes, duration timeout = forever) const;

    // From now on the table keeps its last changes, in so many bytes (rounded up; 32 KiB to 2 GiB), for subscribers. A
    // change takes 24 bytes and its key's, in one of 32 equal parts; of a key that takes half of a part, only that it
    // changed is kept. Made once: a table that has a history keeps the one it has. Gives its bytes. Waits at most
    // `timeout` for writers. invalid_argument, timed_out, no_space, denied.
    result<std::uint64_t> keep_history(std::uint64_t size_bytes, duration timeout = writer_patience) const;
    // Reads changes along, from here on. To have a copy of the table and keep it right: subscribe first, then scan,
    // then get each key that comes. not_supported: it keeps no history.
    result<feed> subscribe(const feed_options& = {}) const;
    // For event loops, in place of waiting in next() or wait_any(): as cell_bytes::descriptor and arm. Whenever it is
    // readable, and once at the beginning, call arm() *first*, then next(no_wait) until it has timed out. A change that
    // comes after arm() makes it readable again.
    result<native_handle> descriptor() const;
    result<void> arm() const;

    // How many records there are. One that was put or erased by who was killed just then is counted as before, and one
    // that has expired is counted, until another writer of a key near it passes by.
    std::uint64_t size() const noexcept;
    // Calls `f` with records whose key begins with `prefix`, in no order, until it returns false. One that is there all
    // the time comes once, with a value that it had meanwhile; one that is put or erased meanwhile comes once for each
    // time it was put, or not. Reads the whole table, whatever the prefix. busy, corrupt.
    result<void> for_each(const std::function<bool(const record&)>& f, std::string_view prefix = {}) const;

    // The same, one record after the other, for who can't be called back.
    result<cursor> scan(std::string_view prefix = {}) const;

    bool is_open() const noexcept;
    bool created() const noexcept;
    samepage::access access() const noexcept;
    result<table_info> info() const;
    // Looks whether the table keeps its invariants, all of it: what is wrong is damage that something else has done.
    // Only reads, beside writers too: what they are changing is looked at again and again, for as long as `patience`.
    // What a killed one has left unfinished is no fault. Takes memory for every record's number.
    result<table_verdict> verify(duration patience = std::chrono::seconds(5)) const;
    // Makes all that is there now survive power failures: a whole table, as of one moment, is on the disk at its path +
    // ".checkpoint" then. Readers aren't stopped; writers are for a moment, see `stall`. Waits at most `timeout` for
    // writers and for who is making one, too: timed_out names it, and the checkpoint before stays. It takes as long as
    // reading and writing all of it does. not_supported on names; corrupt when the table isn't whole; no_space.
    result<table_checkpoint> checkpoint(duration timeout = std::chrono::seconds(5)) const;
    // Moves records together, erases what has expired, and gives the memory or disk that is free then back to the
    // system, if no other handle has the table open (on Linux; Windows gives none back). Else it is kept for new
    // records: see `pending_bytes`. Readers aren't stopped; writers wait for it as for each other. Records keep their
    // versions, and nobody is told of a change. Killed anywhere, it loses nothing; the next one goes on. Waits at most
    // `timeout` for each stopped writer, and for another compaction or checkpoint. timed_out names it; no_space: there
    // was none even for moving; corrupt.
    result<table_compaction> compact(duration timeout = std::chrono::seconds(5)) const;
    // Whether opening this handle had to go back to the checkpoint. What had been there is at its path + ".aside".
    bool went_back() const noexcept;
    result<void> check_name() const;  // as region::check_name

    void close() noexcept;  // what the destructor does

   private:
    template <class K, class V>
    friend class table;
    struct state;
    explicit table_bytes(std::unique_ptr<state> s) noexcept;
    // What table<K, V>::get begins with: the version, where nothing unusual is in the way and the value has exactly so
    // many bytes; else 0, which says nothing. The key has at most 64 KiB.
    std::uint64_t get_plain(const void* key, std::size_t key_bytes, void* into, std::size_t value_bytes) const noexcept;
    std::unique_ptr<state> state_;
};

// A table of Vs under Ks: a thin view of table_bytes. A record that has another size is wrong_kind.
// K's and V's layout should be the same in all processes: fixed-width members, no pointers; K without padding.
//
//   auto prices = samepage::table<std::uint64_t, double>::create("prices");
//   if (!prices->put(4711, 1.25)) …
//   double price = prices->get(4711).value().value;
template <class K, class V>
class table {
    static_assert(std::is_trivially_copyable_v<K> && std::is_trivially_copyable_v<V>,
                  "records are copied byte by byte");
    static_assert(std::has_unique_object_representations_v<K>, "keys that are equal must have equal bytes");
    static_assert(sizeof(K) <= std::size_t{64} << 10, "a key has at most 64 KiB");

   public:
    struct found {
        std::uint64_t version;
        V value;
    };

    table() noexcept = default;
    static result<table> create(std::string_view place, const table_options& options = {}) {
        return of(table_bytes::create(place, options));
    }
    static result<table> create_new(std::string_view place, const table_options& options = {}) {
        return of(table_bytes::create_new(place, options));
    }
    static result<table> open(std::string_view place, const table_options& options = {}) {
        return of(table_bytes::open(place, options));
    }

    result<found> get(const K& key) const {
        if constexpr (std::is_trivially_default_constructible_v<V> && !std::is_const_v<V>) {
            result<found> seen(std::in_place);  // so that the value is copied once
            seen->version = bytes_.get_plain(&key, sizeof key, &seen->value, sizeof seen->value);
            if (seen->version == 0) [[unlikely]]
                seen = get_closely(key);
            return seen;
        } else {
            std::array<std::byte, sizeof(V)> copy;
            const std::uint64_t version = bytes_.get_plain(&key, sizeof key, copy.data(), sizeof copy);
            return version != 0 ? found{version, std::bit_cast<V>(copy)} : get_closely(key);
        }
    }
    // The same into the caller's V, all of its bytes; gives the version. It isn't where the key is, and no part of an
    // object that keeps something in its padding. After an error anything is there.
    result<std::uint64_t> get(const K& key, V& into) const {
        if (const std::uint64_t version = bytes_.get_plain(&key, sizeof key, &into, sizeof into); version != 0)
            [[likely]]
            return version;
        const auto seen = get_closely(key);
        if (!seen) return seen.error();
        std::memcpy(static_cast<void*>(&into), &seen->value, sizeof into);
        return seen->version;
    }
    // All three have one element for each key.
    result<std::size_t> get_many(std::span<const K> keys, std::span<V> values,
                                 std::span<std::uint64_t> versions) const {
        return bytes_.get_many(std::as_bytes(keys), sizeof(K), std::as_writable_bytes(values), sizeof(V), versions);
    }
    result<std::size_t> put_many(std::span<const K> keys, std::span<const V> values, std::span<std::uint64_t> versions,
                                 const put_options& how = {}) const {
        return bytes_.put_many(std::as_bytes(keys), sizeof(K), std::as_bytes(values), sizeof(V), versions, how);
    }
    result<std::uint64_t> put(const K& key, const V& value, const put_options& how) const {
        return bytes_.put(bytes_of(key), bytes_of(value), how);
    }
    result<std::uint64_t> put(const K& key, const V& value, duration timeout = writer_patience) const {
        return put(key, value, put_options{forever, timeout});
    }
    result<std::uint64_t> insert(const K& key, const V& value, const put_options& how) const {
        return bytes_.insert(bytes_of(key), bytes_of(value), how);
    }
    result<std::uint64_t> insert(const K& key, const V& value, duration timeout = writer_patience) const {
        return insert(key, value, put_options{forever, timeout});
    }
    result<std::uint64_t> compare_exchange(const K& key, std::uint64_t expected, const V& value,
                                           const put_options& how) const {
        return bytes_.compare_exchange(bytes_of(key), expected, bytes_of(value), how);
    }
    result<std::uint64_t> compare_exchange(const K& key, std::uint64_t expected, const V& value,
                                           duration timeout = writer_patience) const {
        return compare_exchange(key, expected, value, put_options{forever, timeout});
    }
    result<bool> erase(const K& key, duration timeout = writer_patience) const {
        return bytes_.erase(bytes_of(key), timeout);
    }
    result<table_bytes::held> lock(const K& key, duration timeout = forever) const {
        return bytes_.lock(bytes_of(key), timeout);
    }
    result<table_bytes::held> lock_all(duration timeout = forever) const { return bytes_.lock_all(timeout); }
    result<std::uint64_t> version(const K& key) const { return bytes_.version(bytes_of(key)); }
    result<std::uint64_t> wait(const K& key, std::uint64_t version, duration timeout = forever) const {
        return bytes_.wait(bytes_of(key), version, timeout);
    }

    std::uint64_t size() const noexcept { return bytes_.size(); }
    bool is_open() const noexcept { return bytes_.is_open(); }
    bool created() const noexcept { return bytes_.created(); }
    const table_bytes& bytes() const noexcept { return bytes_; }
    void close() noexcept { bytes_.close(); }

   private:
    explicit table(table_bytes bytes) noexcept : bytes_(std::move(bytes)) {}
    static result<table> of(result<table_bytes> opened) {
        if (!opened) return opened.error();
        return table(std::move(*opened));
    }
    [[gnu::noinline]] result<found> get_closely(const K& key) const {
        std::array<std::byte, sizeof(V)> copy;
        const auto seen = bytes_.get(bytes_of(key), copy);
        if (!seen && seen.error().code() != errc::too_large) return seen.error();
        if (!seen || seen->size_bytes != sizeof(V)) {
            return error(errc::wrong_kind, "get from a table",
                         "the record hasn't the " + std::to_string(sizeof(V)) +
                             " bytes of this type; get it as the type that was put");
        }
        return found{seen->version, std::bit_cast<V>(copy)};
    }
    template <class T>
    static std::span<const std::byte> bytes_of(const T& value) noexcept {
        return std::as_bytes(std::span(&value, 1));
    }

    table_bytes bytes_;
};

}  // namespace samepage
