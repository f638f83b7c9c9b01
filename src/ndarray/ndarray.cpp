// Arrays: a head that says what they are, a slot for who writes, and a sequence by which copies are whole.
// SPDX-License-Identifier: MIT
//
// Layout: layout.hpp. Roles: a maker; one writer at a time; readers, who only read.
//
// Making: the region is there first, of zeros. Its maker claims the slot, writes the head, and `mark` last (release).
//   killed before `mark`, or while a large file was growing: the next one who says a shape makes it, unless there are
//   other bytes than zeros behind the head, which no maker leaves; who only opens waits for that until its time is up.
// Writing: claim the slot; make `sequence` odd; write; make it even, the next one; release the slot.
//   killed in between: it stays odd, and the slot is free. Readers see both and say torn; the next writer goes on with
//   the next odd number, and its end is whole. Killed after the end: nothing is left to do.
// Copying: a seqlock. Load `sequence` (S1), even; copy; load it again (S2), the same.
//   A copied word that a later writer has stored is loaded with acquire, behind that writer's fence: so S2 is not what
//   S1 was. That writer's stores are whoever's, plain ones: through NumPy, say. Processors keep what the fence says of
//   them; only a compiler could tear them, and a torn word is one of a copy that is thrown away.
// Torn or just being written? The sequence is odd, then nobody has the slot, and the sequence is still the same: no
//   living one is between its two changes of it.
// In one process: two handles exclude each other by the slot, the threads of a handle by `writes_`; both survive fork()
//   as nobody's, since they hold the generation of who took them.
#include "samepage/ndarray.hpp"

#include <algorithm>
#include <limits>
#include <thread>

#include "ndarray/layout.hpp"
#include "os/os.hpp"
#include "samepage/place.hpp"
#include "shared/poll.hpp"
#include "shared/words.hpp"

namespace samepage {

using ndarrays::head;

namespace {

constexpr const char* making = "make an array";
constexpr const char* opening = "open an array";
constexpr const char* writing_in = "write in an array";
constexpr const char* copying = "copy an array";

constexpr std::uint64_t data_bytes_max = std::uint64_t{1} << 50;

error closed(const char* operation) { return error(errc::closed, operation); }

// The bytes of an element; 0: there is no such type.
std::uint32_t element_bytes_of(std::string_view dtype) {
    constexpr std::string_view known[] = {"|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2",
                                          "<u4", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16"};
    if (std::find(std::begin(known), std::end(known), dtype) == std::end(known)) return 0;
    return dtype == "<c16" ? 16 : static_cast<std::uint32_t>(dtype[2] - '0');
}

// What an array is, in this process's own memory.
struct description {
    std::string dtype;
    std::uint32_t element_bytes = 0;
    std::uint64_t data_offset = sizeof(head), data_bytes = 0;
    std::size_t dimensions = 0;
    std::array<std::uint64_t, ndarray_dimensions_max> shape{}, strides{};

    std::string text() const {
        std::string all = "an array of " + dtype + ", ";
        for (std::size_t i = 0; i < dimensions; ++i) all += (i == 0 ? "" : " x ") + std::to_string(shape[i]);
        return all + (dimensions == 0 ? "one element" : "");
    }
    bool is_as(const description& other) const {
        return dtype == other.dtype && dimensions == other.dimensions && shape == other.shape;
    }
};

result<description> describe(std::string_view dtype, std::span<const std::uint64_t> shape) {
    description d;
    d.dtype = dtype;
    d.element_bytes = element_bytes_of(dtype);
    if (d.element_bytes == 0)
        return error(errc::invalid_argument, making,
                     "the type of elements is one of |b1 |i1 <i2 <i4 <i8 |u1 <u2 <u4 <u8 <f2 <f4 <f8 <c8 <c16");
    if (shape.size() > ndarray_dimensions_max)
        return error(errc::invalid_argument, making, "an array has at most 32 dimensions");
    d.dimensions = shape.size();
    std::copy(shape.begin(), shape.end(), d.shape.begin());
    d.data_bytes = d.element_bytes;
    for (std::size_t i = shape.size(); i-- > 0;) {
        d.strides[i] = d.data_bytes;
        if (shape[i] != 0 && d.data_bytes > data_bytes_max / shape[i])
            return error(errc::invalid_argument, making, "an array has at most 2^50 bytes");
        d.data_bytes *= shape[i];
    }
    return d;
}

// Whether every element that the shape and the strides lead to is among the data.
bool is_within(const description& d) {
    const auto shape = std::span(d.shape).first(d.dimensions);
    if (std::find(shape.begin(), shape.end(), 0U) != shape.end()) return true;  // there are none
    std::uint64_t last = d.element_bytes;
    for (std::size_t i = 0; i < d.dimensions; ++i) {
        if (d.strides[i] != 0 && d.shape[i] - 1 > data_bytes_max / d.strides[i]) return false;
        last += (d.shape[i] - 1) * d.strides[i];
        if (last > d.data_bytes) return false;
    }
    return last <= d.data_bytes;
}

}  // namespace

struct ndarray::state {
    os::held_object object;
    os::mapping whole;
    description is;
    std::atomic<std::uint32_t> writes_{0};  // 1 + the generation of the process whose thread writes by this handle
    std::atomic<std::uint32_t> asks_{0};    // the same of who asks or changes the object's slot

    static result<ndarray> open(std::string_view place, const description* wanted, bool only_new,
                                const ndarray_options& options);
    static result<os::held_object> acquire(const samepage::place& where, const description* wanted, bool only_new,
                                           const ndarray_options& options, const os::deadline& until);
    result<bool> read_or_make(const description* wanted, bool is_path);
    result<bool> make_again(const description& d);
    bool is_blank() const noexcept;
    result<bool> read(std::uint64_t object_bytes);
    void make(const description& d);

    head& top() const noexcept { return *reinterpret_cast<head*>(whole.data()); }
    std::uint32_t mine() const noexcept { return object.generation() + 1; }
    bool take(std::atomic<std::uint32_t>& flag) const noexcept {
        std::uint32_t seen = flag;
        return seen != mine() && flag.compare_exchange_strong(seen, mine());
    }
    // With the object's slot, by one thread at a time.
    template <class F>
    auto asking(F&& f) {
        while (!take(asks_)) std::this_thread::yield();
        auto answer = f();
        asks_ = 0;
        return answer;
    }
    result<bool> claim() {
        return asking([&] { return object.claim_slot(ndarrays::writer_slot); });
    }
    void release() {
        asking([&] { return object.release_slot(), 0; });
    }
    result<bool> somebody_writes() {
        if (writes_ == mine()) return true;
        return asking([&] { return object.slot_is_live(ndarrays::writer_slot); });
    }
    std::string who() const {
        const std::uint32_t process = object.slot_process(ndarrays::writer_slot);
        return process == 0 ? "another handle is writing" : "process " + std::to_string(process) + " is writing";
    }
};

ndarray::ndarray() noexcept = default;
ndarray::ndarray(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
ndarray::ndarray(ndarray&&) noexcept = default;
ndarray& ndarray::operator=(ndarray&&) noexcept = default;
ndarray::~ndarray() = default;
void ndarray::close() noexcept { state_.reset(); }

namespace {

// Waits a little, more each time, at most a millisecond. False: the time is up.
class pauses {
   public:
    explicit pauses(const os::deadline& until) noexcept : until_(until) {}
    bool wait() {
        if (until_.passed()) return false;
        if (turns_++ < shared::spins_before_sleep) {
            shared::relax();
            return true;
        }
        std::this_thread::sleep_for(std::min<duration>(pause_, std::max<duration>(until_.left(), duration(1))));
        pause_ = std::min<duration>(2 * pause_, std::chrono::milliseconds(1));
        return true;
    }

   private:
    const os::deadline& until_;
    unsigned turns_ = 0;
    duration pause_ = std::chrono::microseconds(20);
};

}  // namespace

// ---- Opening -------------------------------------------------------------------------------------------------------

// Never by a create that may extend an existing file, which may be anything; but for one without a byte: its maker is
// just making it, or was killed in it.
result<os::held_object> ndarray::state::acquire(const samepage::place& where, const description* wanted, bool only_new,
                                                const ndarray_options& options, const os::deadline& until) {
    os::acquire_request request;
    request.where = &where;
    request.access = options.access;
    request.timeout = options.timeout;
    for (pauses pause(until);;) {
        request.disposition = os::disposition::create_new;
        if (!only_new) {
            request.disposition = os::disposition::open_existing;
            request.size_bytes = 0;
            auto found = os::held_object::acquire(request);
            if (found) return found;
            const bool is_empty = where.is_path() && found.error().needed_bytes() != 0;
            if (!is_empty && (wanted == nullptr || found.error().code() != errc::not_found)) return found;
            if (wanted == nullptr) {
                if (pause.wait()) continue;
                return error(errc::wrong_kind, opening,
                             "it is an empty file, and no array; say a type and shape to make it one");
            }
            request.disposition = is_empty ? os::disposition::create_or_open : os::disposition::create_new;
        }
        request.size_bytes = ndarrays::object_bytes(wanted->data_offset, wanted->data_bytes);
        auto made = os::held_object::acquire(request);
        if (made || only_new || made.error().code() != errc::already_exists || !pause.wait()) return made;
    }
}

result<ndarray> ndarray::state::open(std::string_view place_text, const description* wanted, bool only_new,
                                     const ndarray_options& options) {
    const char* const operation = wanted == nullptr ? opening : making;
    const auto where = place::parse(place_text);
    if (!where) return where.error();
    if (wanted != nullptr && options.access == access::read_only)
        return error(errc::invalid_argument, making, "who makes an array writes; open it by its name alone");
    const auto until = os::deadline::after(options.timeout);
    for (pauses pause(until);;) {
        auto s = std::make_unique<state>();
        auto got = acquire(*where, wanted, only_new, options, until);
        if (!got) return got.error();
        s->object = std::move(*got);
        const std::uint64_t size = s->object.size_bytes();
        if (size > std::numeric_limits<std::size_t>::max())
            return error(errc::too_large, operation, "this process has fewer addresses than that");
        auto mapped = s->object.map(0, static_cast<std::size_t>(size), options.access);
        if (!mapped) return mapped.error();
        s->whole = std::move(*mapped);
        const auto there = s->read_or_make(wanted, where->is_path());
        if (!there) return there.error();
        if (*there && wanted != nullptr && !wanted->is_as(s->is))
            return error(errc::wrong_kind, operation,
                         std::string(place_text) + " is " + s->is.text() + ", not " + wanted->text() +
                             "; open it by its name alone");
        if (*there) return ndarray(std::move(s));
        if (pause.wait()) continue;
        if (wanted != nullptr) return error(errc::timed_out, operation, s->who());
        return error(errc::wrong_kind, operation,
                     std::string(place_text) +
                         " is a region, and no array; open it as a region, or say a type and shape to make it one");
    }
}

// True: it is there. False: it may be in a moment.
result<bool> ndarray::state::read_or_make(const description* wanted, bool is_path) {
    const auto size = static_cast<std::uint64_t>(whole.size());
    constexpr const char* no_array = "it is a region, and no array; open it as a region";
    if (size < sizeof(std::uint64_t)) return error(errc::wrong_kind, opening, no_array);
    // acquire: pairs with the release in make() (made)
    const auto mark = [&] { return top().mark.load(std::memory_order_acquire); };
    if (mark() == ndarrays::magic) return read(size);
    if (mark() != 0) return error(errc::wrong_kind, opening, no_array);
    if (wanted == nullptr) return false;
    // A file grows to its size after it is there; a name is made with it.
    if (!is_path && size < ndarrays::object_bytes(wanted->data_offset, wanted->data_bytes))
        return error(errc::wrong_kind, opening, no_array);
    const auto claimed = claim();
    if (!claimed || !*claimed) return claimed;
    const auto made = mark() == 0 ? make_again(*wanted) : result<bool>(true);
    release();
    if (!made) return made;
    if (mark() != ndarrays::magic) return error(errc::wrong_kind, opening, no_array);
    return read(static_cast<std::uint64_t>(whole.size()));
}

// True: it is made. False: somebody's bytes are there. Another maker may be growing the file at the same time: neither
// takes a byte from the other.
result<bool> ndarray::state::make_again(const description& d) {
    if (!object.created() && !is_blank()) return false;
    const std::uint64_t size = ndarrays::object_bytes(d.data_offset, d.data_bytes);
    if (size > std::numeric_limits<std::size_t>::max())
        return error(errc::too_large, making, "this process has fewer addresses than that");
    if (whole.size() < size) {
        if (auto grown = object.grow(size); !grown) return grown.error();
        auto mapped = object.map(0, static_cast<std::size_t>(size), access::read_write);
        if (!mapped) return mapped.error();
        whole = std::move(*mapped);
    }
    make(d);
    return true;
}

// Whether there are only zeros behind the head: no maker wrote elements before `mark`.
bool ndarray::state::is_blank() const noexcept {
    constexpr std::size_t step = sizeof(std::uint64_t);
    const std::size_t size = whole.size();
    std::size_t at = sizeof(head);
    for (; at + step <= size; at += step) {
        // relaxed: nobody is to have written it
        const auto* const word = reinterpret_cast<const std::atomic<std::uint64_t>*>(whole.data() + at);
        if (word->load(std::memory_order_relaxed) != 0) return false;
    }
    for (; at < size; ++at)
        if (whole.data()[at] != std::byte{0}) return false;
    return true;
}

void ndarray::state::make(const description& d) {
    head& h = top();
    h.version = ndarrays::format_version;
    h.data_offset = static_cast<std::uint32_t>(d.data_offset);
    h.dtype = {};
    std::copy(d.dtype.begin(), d.dtype.end(), h.dtype.begin());
    h.element_bytes = d.element_bytes;
    h.dimensions = static_cast<std::uint32_t>(d.dimensions);
    h.data_bytes = d.data_bytes;
    h.shape = d.shape;
    h.strides = d.strides;
    h.sequence.store(0);
    // release: pairs with the acquire in read_or_make() (made)
    h.mark.store(ndarrays::magic, std::memory_order_release);
}

// What others may have written is looked at here, once.
result<bool> ndarray::state::read(std::uint64_t object_bytes) {
    const error damaged(errc::corrupt, opening, "its head says what cannot be; something else has written in it");
    if (object_bytes < sizeof(head)) return damaged;
    // One copy, so that what is judged is what is used.
    alignas(head) std::array<std::byte, sizeof(head)> copy;
    shared::load_bytes(copy.data(), whole.data(), copy.size());
    const head& h = *reinterpret_cast<const head*>(copy.data());
    if (h.version != ndarrays::format_version)
        return error(errc::wrong_version, opening, "the array's format is " + std::to_string(h.version));
    is.dtype.assign(h.dtype.begin(), std::find(h.dtype.begin(), h.dtype.end(), '\0'));
    is.element_bytes = h.element_bytes;
    is.dimensions = h.dimensions;
    is.data_offset = h.data_offset;
    is.data_bytes = h.data_bytes;
    is.shape = h.shape;
    is.strides = h.strides;
    const bool is_good = is.element_bytes != 0 && element_bytes_of(is.dtype) == is.element_bytes &&
                         is.dimensions <= ndarray_dimensions_max && is.data_offset >= sizeof(head) &&
                         is.data_offset % 64 == 0 && is.data_bytes <= data_bytes_max &&
                         is.data_bytes % is.element_bytes == 0 &&
                         ndarrays::object_bytes(is.data_offset, is.data_bytes) <= object_bytes && is_within(is);
    if (!is_good) return damaged;
    std::fill(is.shape.begin() + static_cast<std::ptrdiff_t>(is.dimensions), is.shape.end(), 0);
    return true;
}

result<ndarray> ndarray::create(std::string_view place, std::string_view dtype, std::span<const std::uint64_t> shape,
                                const ndarray_options& options) {
    const auto wanted = describe(dtype, shape);
    if (!wanted) return wanted.error();
    return state::open(place, &*wanted, false, options);
}

result<ndarray> ndarray::create_new(std::string_view place, std::string_view dtype,
                                    std::span<const std::uint64_t> shape, const ndarray_options& options) {
    const auto wanted = describe(dtype, shape);
    if (!wanted) return wanted.error();
    return state::open(place, &*wanted, true, options);
}

result<ndarray> ndarray::open(std::string_view place, const ndarray_options& options) {
    return state::open(place, nullptr, false, options);
}

// ---- Writing and copying -------------------------------------------------------------------------------------------

result<ndarray::writing> ndarray::write(duration timeout) const {
    if (!state_) return closed(writing_in);
    state& s = *state_;
    if (s.object.access() == access::read_only)
        return error(errc::denied, writing_in, "the handle was opened to read; open it to write");
    const auto until = os::deadline::after(timeout);
    bool is_mine = false;
    for (pauses pause(until);;) {
        is_mine = is_mine || s.take(s.writes_);
        const auto claimed = is_mine ? s.claim() : result<bool>(false);
        if (claimed && *claimed) break;
        if (claimed && pause.wait()) continue;
        if (is_mine) s.writes_ = 0;
        if (!claimed) return claimed.error();
        return error(errc::timed_out, writing_in, is_mine ? s.who() : "another thread is writing by this handle");
    }
    std::atomic<std::uint64_t>& sequence = s.top().sequence;
    const std::uint64_t before = sequence.load(std::memory_order_relaxed);  // relaxed: changed under the slot alone
    writing begun;
    begun.state_ = &s;
    begun.generation_ = s.mine();
    begun.was_torn_ = before % 2 != 0;
    // relaxed: the fence orders it (whole)
    sequence.store(begun.was_torn_ ? before + 2 : before + 1, std::memory_order_relaxed);
    // release: pairs with the acquires of the words in copy() (whole)
    std::atomic_thread_fence(std::memory_order_release);
    return begun;
}

result<std::uint64_t> ndarray::writing::finish() {
    auto* const s = static_cast<ndarray::state*>(std::exchange(state_, nullptr));
    // A forked child has its parent's, of another generation.
    if (s == nullptr || generation_ != s->mine() || s->writes_ != generation_)
        return error(errc::not_owner, writing_in, "this handle is not writing; begin to");
    std::atomic<std::uint64_t>& sequence = s->top().sequence;
    const std::uint64_t now = sequence.load(std::memory_order_relaxed) + 1;  // relaxed: changed under the slot alone
    // release: pairs with the acquire of S1 in copy() (whole)
    sequence.store(now, std::memory_order_release);
    s->release();
    s->writes_ = 0;
    return now / 2;
}

ndarray::writing::~writing() {
    auto* const s = static_cast<ndarray::state*>(state_);
    if (s == nullptr || generation_ != s->mine() || s->writes_ != generation_) return;
    s->release();
    s->writes_ = 0;
}

result<std::uint64_t> ndarray::copy(std::span<std::byte> into, duration timeout) const {
    if (!state_) return closed(copying);
    state& s = *state_;
    const auto size = static_cast<std::size_t>(s.is.data_bytes);
    if (into.size() < size)
        return error(errc::too_large, copying, "it has " + std::to_string(size) + " bytes; give a larger buffer")
            .set_needed_bytes(size);
    const auto until = os::deadline::after(timeout);
    const std::atomic<std::uint64_t>& sequence = s.top().sequence;
    for (pauses pause(until);;) {
        // acquire: pairs with the release in finish() (whole)
        const std::uint64_t before = sequence.load(std::memory_order_acquire);  // S1
        if (before % 2 == 0) {
            shared::load_bytes(into.data(), data(), size);
            // relaxed: behind the acquires of load_bytes, which pair with the fence in write() (whole)
            if (sequence.load(std::memory_order_relaxed) == before) return before / 2;  // S2
            if (!pause.wait()) return error(errc::busy, copying, "it was written anew in every try; try again");
            continue;
        }
        const auto written = s.somebody_writes();
        if (!written) return written.error();
        if (!*written && sequence.load() == before)
            return error(errc::torn, copying, "its last writer died in the middle, or gave up");
        if (!pause.wait())
            return error(errc::timed_out, copying, s.writes_ == s.mine() ? "this handle is writing" : s.who());
    }
}

std::uint64_t ndarray::version() const noexcept {
    // acquire: pairs with the release in finish() (whole)
    return state_ ? state_->top().sequence.load(std::memory_order_acquire) / 2 : 0;
}

// ---- What it is ----------------------------------------------------------------------------------------------------

std::string_view ndarray::dtype() const noexcept { return state_ ? state_->is.dtype : std::string_view(); }
std::span<const std::uint64_t> ndarray::shape() const noexcept {
    return state_ ? std::span(state_->is.shape).first(state_->is.dimensions) : std::span<const std::uint64_t>();
}
std::span<const std::uint64_t> ndarray::strides() const noexcept {
    return state_ ? std::span(state_->is.strides).first(state_->is.dimensions) : std::span<const std::uint64_t>();
}
std::uint64_t ndarray::size_bytes() const noexcept { return state_ ? state_->is.data_bytes : 0; }
std::byte* ndarray::data() const noexcept {
    return state_ ? state_->whole.data() + static_cast<std::size_t>(state_->is.data_offset) : nullptr;
}
bool ndarray::is_open() const noexcept { return state_ != nullptr; }
bool ndarray::created() const noexcept { return state_ && state_->object.created(); }
access ndarray::access() const noexcept { return state_ ? state_->object.access() : samepage::access::read_only; }
result<void> ndarray::flush() const { return state_ ? state_->whole.flush() : result<void>(closed("flush an array")); }
result<void> ndarray::check_name() const {
    return state_ ? state_->object.check_name() : result<void>(closed("check the name"));
}

}  // namespace samepage
