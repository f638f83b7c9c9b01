// ndarray: an array of numbers under a name, which says its own type and shape; NumPy's, read and written from C++.
// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "samepage/cell.hpp"
#include "samepage/duration.hpp"
#include "samepage/export.hpp"
#include "samepage/region.hpp"
#include "samepage/result.hpp"

namespace samepage {

struct ndarray_options {
    samepage::access access = samepage::access::read_write;
    // How long to wait for a process that is just making it and was stopped in it.
    duration timeout = std::chrono::seconds(5);
};

inline constexpr std::size_t ndarray_dimensions_max = 32;

// What NumPy calls T: "<f4" is little-endian, a floating-point number, 4 bytes; "|u1" has no order of bytes.
template <class T>
std::string dtype_of() {
    static_assert(std::endian::native == std::endian::little);
    const bool is_complex = std::is_same_v<T, std::complex<float>> || std::is_same_v<T, std::complex<double>>;
    static_assert(std::is_arithmetic_v<T> || is_complex, "an element is a number");
    const char kind = is_complex                    ? 'c'
                      : std::is_same_v<T, bool>     ? 'b'
                      : std::is_floating_point_v<T> ? 'f'
                      : std::is_unsigned_v<T>       ? 'u'
                                                    : 'i';
    return std::string(sizeof(T) == 1 ? "|" : "<") + kind + std::to_string(sizeof(T));
}

// An array in a region, behind a head that says its type and shape (docs/format.md): who opens it needs the name alone.
// Elements: NumPy's b1, i1 to i8, u1 to u8, f2 to f8, c8 and c16, little-endian. Made row by row (C order).
//
// Its bytes may be used where they lie, by any number of processes; who does that sees what others are just writing.
// For whole copies, who writes says when: write() begins, finish() ends, and copy() gives only what was there between
// two of these. It never stops who writes; it copies anew what was changed meanwhile.
// Processes: one writes at a time. A writer that is killed between write() and finish() (or drops the first without the
// second) leaves the array torn: copy() says so at once, by that error, as there is no older whole one any more; it is
// whole again when the next writer has finished. A stopped writer is alive: others time out, naming it.
// Threads: const functions from any thread; closing, moving and assigning by one thread while no other uses the handle
// and no `writing` of it is left.
// fork(): a child's handle is one of its own; it doesn't write what its parent writes.
// Lifetime: as region, and it is one to others: `samepage ls` says so.
//
//   const std::uint64_t shape[] = {480, 640, 3};
//   auto frame = samepage::ndarray::create("frame", "|u1", shape).value();
//   auto writing = frame.write().value();
//   std::ranges::fill(frame.values<std::uint8_t>().value(), 7);
//   writing.finish().value();
//   // in another process:
//   auto same = samepage::ndarray::open("frame").value();
//   std::vector<std::byte> whole(same.size_bytes());
//   same.copy(whole).value();
class SAMEPAGE_API ndarray {
   public:
    // Writing in it, until finish(). Without that, its end leaves the array torn. Move-only, one thread at a time; ends
    // before its handle does.
    class SAMEPAGE_API writing {
       public:
        writing() noexcept = default;  // nothing
        writing(writing&& other) noexcept { swap(other); }
        writing& operator=(writing&& other) noexcept {
            writing(std::move(other)).swap(*this);
            return *this;
        }
        ~writing();

        // An earlier writer hadn't finished: what isn't written now may be half-written.
        bool was_torn() const noexcept { return was_torn_; }
        // The array is whole; gives its version. not_owner: finished already, or a forked child's copy of its parent's.
        result<std::uint64_t> finish();

       private:
        friend class ndarray;
        void swap(writing& other) noexcept {
            std::swap(state_, other.state_);
            std::swap(generation_, other.generation_);
            std::swap(was_torn_, other.was_torn_);
        }

        void* state_ = nullptr;  // the handle's
        std::uint32_t generation_ = 0;
        bool was_torn_ = false;
    };

    ndarray() noexcept;  // closed
    ndarray(ndarray&&) noexcept;
    ndarray& operator=(ndarray&&) noexcept;
    ~ndarray();

    // Makes it, of zeros, or opens the one that exists: created() says which. wrong_kind: one of another type or shape
    // exists, or something else. invalid_argument: no such dtype, or more than ndarray_dimensions_max dimensions.
    static result<ndarray> create(std::string_view place, std::string_view dtype, std::span<const std::uint64_t> shape,
                                  const ndarray_options& = {});
    // As create, but already_exists if there is one.
    static result<ndarray> create_new(std::string_view place, std::string_view dtype,
                                      std::span<const std::uint64_t> shape, const ndarray_options& = {});
    // Opens what exists, whatever its type and shape; else not_found. wrong_kind: it is no array.
    static result<ndarray> open(std::string_view place, const ndarray_options& = {});

    std::string_view dtype() const noexcept;
    std::span<const std::uint64_t> shape() const noexcept;
    std::span<const std::uint64_t> strides() const noexcept;  // bytes from one element to the next, of each dimension
    std::uint64_t size_bytes() const noexcept;                // of all elements
    // Where they lie; 64 bytes aligned. Of a read-only handle: not to be written.
    std::byte* data() const noexcept;
    std::span<std::byte> bytes() const noexcept { return {data(), static_cast<std::size_t>(size_bytes())}; }
    // The same as numbers. wrong_kind when they are of another type.
    template <class T>
    result<std::span<T>> values() const {
        if (dtype_of<T>() != dtype())
            return error(errc::wrong_kind, "look at an array",
                         "its elements are " + std::string(dtype()) + ", not " + dtype_of<T>());
        return std::span<T>(reinterpret_cast<T*>(data()), static_cast<std::size_t>(size_bytes() / sizeof(T)));
    }

    // Begins to write, as soon as nobody else does; waits at most `timeout`: timed_out names who does. denied.
    result<writing> write(duration timeout = writer_patience) const;
    // All of its bytes as some writer has finished them. Gives the version. Waits at most `timeout` for who writes:
    // timed_out. busy: it was written anew in all that time. torn: see above. too_large: `into` is smaller, the error
    // says what is needed.
    result<std::uint64_t> copy(std::span<std::byte> into, duration timeout = writer_patience) const;
    // Larger with each writing; those that never finished are counted, too.
    std::uint64_t version() const noexcept;

    bool is_open() const noexcept;
    bool created() const noexcept;
    samepage::access access() const noexcept;
    result<void> flush() const;       // as region::flush
    result<void> check_name() const;  // as region::check_name

    void close() noexcept;  // what the destructor does

   private:
    struct state;
    explicit ndarray(std::unique_ptr<state> s) noexcept;
    std::unique_ptr<state> state_;
};

}  // namespace samepage
