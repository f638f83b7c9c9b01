// cell: one value shared by name. Always whole, the newest wins, and one can wait for the next.
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
#include <vector>

#include "samepage/duration.hpp"
#include "samepage/export.hpp"
#include "samepage/region.hpp"
#include "samepage/result.hpp"
#include "samepage/wait.hpp"

namespace samepage {

// How long a writer waits for another living writer, unless told otherwise.
inline constexpr duration writer_patience = std::chrono::seconds(5);

struct cell_options {
    samepage::access access = samepage::access::read_write;
    // The largest value, fixed when the cell is made; an existing cell keeps its own. At most 1 GiB.
    std::uint64_t capacity_bytes = 4096;
    wait_strategy strategy = wait_strategy::spin_then_sleep;
    // How long to wait for a process that is just creating or closing the same name and was stopped in it.
    duration timeout = std::chrono::seconds(5);
    // While this handle lives it alone writes: others are `denied`, in a sentence that names its process. Opening is
    // denied when there is one already. Ends with the handle, or its process. Needs the right to write.
    bool sole_writer = false;
};

// What there is to know about a cell, as of some moment during the call.
struct cell_info {
    std::uint64_t version = 0;  // of the newest value; 0: empty
    std::uint64_t size_bytes = 0;
    std::uint64_t capacity_bytes = 0;
    bool writer_active = false;             // somebody owns the cell to write; alive or dead
    std::uint32_t writer_process = 0;       // who, where the system shows it
    std::uint32_t sole_writer_process = 0;  // who alone may write, where the system shows it
    std::uint32_t waiters = 0;              // how many sleep until the next value; killed ones count until then
    bool sleeps = true;                     // false: this handle may not mark itself as waiting, and polls
};

// A value of bytes or text under a name. `cell<T>` is the same for a T.
//
// Processes: any number may read and write. A reader needs only the right to read; it takes no lock, and a writer that
// is slow, stopped or killed never makes it wait. Writers take turns; a killed one's turn ends by itself, a stopped one
// makes the others time out, naming it.
// Threads: const functions from any thread; closing, moving and assigning by one thread while no other uses the handle.
// fork(): a child's handle is a holder and a writer of its own.
// Lifetime: as region. A cell at a path keeps value and version when its holders go.
// Failure: a writer killed anywhere leaves the last acknowledged value or the one in flight, whole. Bytes that cannot
// be are `corrupt`.
//
//   auto temperature = samepage::cell_bytes::create("temp").value();
//   temperature.store_text("21.5").value();
//   // in another process:
//   auto same = samepage::cell_bytes::open("temp").value();
//   auto seen = same.load_text().value();          // {version 1, "21.5"}
//   auto next = same.wait(seen.version).value();   // sleeps until there is a newer one
class SAMEPAGE_API cell_bytes {
   public:
    struct loaded {
        std::uint64_t version;
        std::size_t size_bytes;
    };
    struct text_value {
        std::uint64_t version;
        std::string text;
    };
    // Gets the newest value (empty before the first), gives the new one, or an error, which update() then returns.
    using change = std::function<result<std::vector<std::byte>>(std::span<const std::byte>)>;

    cell_bytes() noexcept;  // closed
    cell_bytes(cell_bytes&&) noexcept;
    cell_bytes& operator=(cell_bytes&&) noexcept;
    ~cell_bytes();

    // Makes it, empty, or opens the one that exists: created() says which.
    static result<cell_bytes> create(std::string_view place, const cell_options& = {});
    // As create, but already_exists if there is one.
    static result<cell_bytes> create_new(std::string_view place, const cell_options& = {});
    // As create, but not_found if there is none.
    static result<cell_bytes> open(std::string_view place, const cell_options& = {});

    // Makes `value` the newest and gives its version: one more than the last one's. Waits for another writer at most
    // `timeout`. too_large, timed_out (naming the writer), denied (opened read-only), full (too many writers live).
    result<std::uint64_t> store(std::span<const std::byte> value, duration timeout = writer_patience) const;
    result<std::uint64_t> store_text(std::string_view text, duration timeout = writer_patience) const {
        return store(std::as_bytes(std::span(text)), timeout);
    }

    // Copies the newest value out. empty; too_large when `into` is too small, saying what is needed; busy when writers
    // lapped the reader in every one of many tries. Never waits.
    result<loaded> load(std::span<std::byte> into) const;
    result<text_value> load_text() const;

    // Of the newest value; 0 when there is none yet. One atomic load.
    std::uint64_t version() const noexcept;

    // Waits until the newest version is another one than `version`, and gives it. timed_out.
    result<std::uint64_t> wait(std::uint64_t version, duration timeout = forever) const;

    // For event loops (epoll, poll, asyncio), in place of wait(): a descriptor that becomes readable when there may be
    // a newer value. The handle's own: made at the first call, closed with it, never to be read from. Whenever it is
    // readable, call arm() *first* and load() then: a value that comes after arm() makes it readable again. A writer
    // killed right after it has published rings for nobody, the next one does: who can't bear that looks now and then.
    // fork(): a child asks for its own. not_supported (Windows), full (fs.inotify.max_user_instances), denied (a file
    // that this process may only read: it can't announce itself, and polls).
    //
    //   pollfd bell{static_cast<int>(same.descriptor().value()), POLLIN, 0};
    //   for (std::uint64_t seen = 0;; poll(&bell, 1, -1)) {
    //       if (same.arm().value() == seen) continue;
    //       auto newest = same.load_text().value();
    //       seen = newest.version;
    //   }
    result<native_handle> descriptor() const;
    // The descriptor waits for the next value from here on. Gives the newest version.
    result<std::uint64_t> arm() const;

    // Reads, changes and stores as one step; `f` runs once, while other writers wait (readers don't).
    result<std::uint64_t> update(const change& f, duration timeout = writer_patience) const;

    // Stores only if the newest version is `expected` (0: if it is empty). conflict otherwise.
    result<std::uint64_t> compare_exchange(std::uint64_t expected, std::span<const std::byte> value,
                                           duration timeout = writer_patience) const;

    bool is_open() const noexcept;
    bool created() const noexcept;
    samepage::access access() const noexcept;
    std::uint64_t capacity_bytes() const noexcept;
    result<cell_info> info() const;
    result<void> check_name() const;  // as region::check_name

    void close() noexcept;  // what the destructor does

   private:
    struct state;
    explicit cell_bytes(std::unique_ptr<state> s) noexcept;
    result<loaded> load_again(std::span<std::byte> into) const;
    result<std::uint64_t> store_waiting(std::span<const std::byte> value, duration timeout) const;
    std::unique_ptr<state> state_;
};

// A T and the number of the store that made it.
template <class T>
struct versioned {
    T value;
    std::uint64_t version;
};

// A cell of one T: a thin view of cell_bytes. A cell that holds a value of another size is wrong_kind when loaded.
// T's layout should be the same in all processes: fixed-width members, no pointers.
//
//   auto position = samepage::cell<point>::create("position").value();
//   position.store({1, 2}).value();
template <class T>
class cell {
    static_assert(std::is_trivially_copyable_v<T>, "a cell's value is copied byte by byte");

   public:
    cell() noexcept = default;

    static result<cell> create(std::string_view place, cell_options options = {}) {
        options.capacity_bytes = sizeof(T);
        return of(cell_bytes::create(place, options));
    }
    static result<cell> create_new(std::string_view place, cell_options options = {}) {
        options.capacity_bytes = sizeof(T);
        return of(cell_bytes::create_new(place, options));
    }
    static result<cell> open(std::string_view place, const cell_options& options = {}) {
        return of(cell_bytes::open(place, options));
    }

    result<std::uint64_t> store(const T& value, duration timeout = writer_patience) const {
        return bytes_.store(std::as_bytes(std::span(&value, 1)), timeout);
    }
    result<versioned<T>> load() const {
        std::array<std::byte, sizeof(T)> copy;
        const auto seen = bytes_.load(copy);
        if (!seen) return seen.error();
        if (seen->size_bytes != sizeof(T)) return wrong_size(seen->size_bytes);
        return versioned<T>{std::bit_cast<T>(copy), seen->version};
    }
    std::uint64_t version() const noexcept { return bytes_.version(); }
    result<std::uint64_t> wait(std::uint64_t version, duration timeout = forever) const {
        return bytes_.wait(version, timeout);
    }
    result<native_handle> descriptor() const { return bytes_.descriptor(); }
    result<std::uint64_t> arm() const { return bytes_.arm(); }
    // `f` makes a T of a T. empty when there is none yet.
    template <class F>
    result<std::uint64_t> update(F&& f, duration timeout = writer_patience) const {
        return bytes_.update(
            [&](std::span<const std::byte> old) -> result<std::vector<std::byte>> {
                if (old.empty()) return error(errc::empty, "update");
                if (old.size() != sizeof(T)) return wrong_size(old.size());
                std::array<std::byte, sizeof(T)> copy;
                std::memcpy(copy.data(), old.data(), sizeof(T));
                const T changed = f(std::bit_cast<T>(copy));
                const auto bytes = std::as_bytes(std::span(&changed, 1));
                return std::vector<std::byte>(bytes.begin(), bytes.end());
            },
            timeout);
    }
    result<std::uint64_t> compare_exchange(std::uint64_t expected, const T& value,
                                           duration timeout = writer_patience) const {
        return bytes_.compare_exchange(expected, std::as_bytes(std::span(&value, 1)), timeout);
    }

    bool is_open() const noexcept { return bytes_.is_open(); }
    bool created() const noexcept { return bytes_.created(); }
    const cell_bytes& bytes() const noexcept { return bytes_; }
    void close() noexcept { bytes_.close(); }

   private:
    explicit cell(cell_bytes bytes) noexcept : bytes_(std::move(bytes)) {}
    static result<cell> of(result<cell_bytes> opened) {
        if (!opened) return opened.error();
        return cell(std::move(*opened));
    }
    static error wrong_size(std::size_t size_bytes) {
        return error(errc::wrong_kind, "load",
                     "the value has " + std::to_string(size_bytes) + " bytes, this type has " +
                         std::to_string(sizeof(T)) + "; load it as the type that was stored");
    }

    cell_bytes bytes_;
};

}  // namespace samepage
