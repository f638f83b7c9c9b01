// Names and paths as held objects: a name lives exactly as long as its last holder.
// SPDX-License-Identifier: MIT
//
// Layout: one file per named object, BASE/samepage-UID/NAME. Its bytes are the user's; its locks (locks.hpp) say who
// lives. docs/lifetime.md has the protocol with its races, models/lifetime.pml checks it; here are the invariants:
//
//   L1  a life lock is taken exclusively only under the gate, or to give up: by a holder, or by who has just let go.
//   L2  under the gate, getting it exclusively proves that no holder is left: the file is new or a leftover.
//   L3  a shared one is taken only (a) after an exclusive one, by who made the object, or (b) after the kernel showed
//       another process's shared one, which proves a living holder. If that one dies in between, its life goes on in
//       the new holder: whoever looked meanwhile and found nobody has unlinked the file (L4), which the new one sees.
//   L4  a file is unlinked only under an exclusive life lock, and always by who finds it dead. Who finds its file
//       without a name after locking starts again.
//   L5  a leftover's file is never used again: bytes of an earlier life can't show.
//
// Crash story: the kernel drops both locks of whoever dies, at any point. What stays is a file that nobody holds, which
// is a leftover (L2): the next create, open, ls, clean or doctor frees it.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "os/format.hpp"
#include "os/linux/directory.hpp"
#include "os/linux/held_state.hpp"
#include "os/linux/holders.hpp"
#include "os/linux/linked_file.hpp"
#include "os/linux/locks.hpp"
#include "os/linux/path_object.hpp"
#include "os/linux/space.hpp"
#include "os/linux/system_error.hpp"

namespace samepage::os {

held_object::held_object() noexcept = default;
held_object::held_object(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
held_object::held_object(held_object&&) noexcept = default;
held_object& held_object::operator=(held_object&&) noexcept = default;
held_object::~held_object() = default;

held_object::state::~state() {
    const bool views_stay = mappings != nullptr;
    if (!file && !in_list) return;
    const no_fork still;
    leave_list();
    if (!file || path.empty()) return;
    if (leaves_file) {
        if (views_stay) unlock(file.get(), life_byte);
        return;
    }
    // The last holder gives up: exclusive means that nobody else holds, and that openers wait or start again (L1, L4).
    // Of two that go at once each may stand in the other's way. So whoever is refused lets go and tries again: the last
    // one to let go finds nobody.
    auto last = try_lock(file.get(), life_byte, lock_mode::exclusive);
    if (!last || !*last) {
        unlock(file.get(), life_byte);
        last = try_lock(file.get(), life_byte, lock_mode::exclusive);
    }
    if (!last || !*last) return;
    struct stat found {};
    if (::fstat(file.get(), &found) == 0 && leads_to(path, found)) ::unlink(path.c_str());
    if (views_stay) unlock(file.get(), life_byte);
    file.reset();
    sweep_one(names);
}

bool leads_to(const std::string& path, const struct stat& looked_at) noexcept {
    struct stat now {};
    errno = 0;
    return ::stat(path.c_str(), &now) == 0 && now.st_ino == looked_at.st_ino && now.st_dev == looked_at.st_dev;
}

namespace {

constexpr const char* creating = "create";
constexpr const char* opening = "open";

const char* verb(const acquire_request& request) noexcept {
    return request.disposition == disposition::open_existing ? opening : creating;
}

error not_found(const acquire_request& request) {
    return error(errc::not_found, verb(request),
                 "nobody holds " + request.where->text() + " (" + place_searched(*request.where) + ")");
}

// One try at a name. false: something changed on the way, so start again.
class name_attempt {
   public:
    name_attempt(const acquire_request& request, uid_t user, held_object::state& into, const deadline& until)
        : request_(request), user_(user), into_(into), until_(until) {}

    result<bool> run() {
        const bool may_create = request_.disposition != disposition::open_existing;
        const bool is_global = request_.where->scope == scope::global;
        const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (may_create && !is_global ? O_CREAT : 0);
        into_.file = handle(::open(into_.path.c_str(), flags, file_mode(request_.where->scope) | mark()));
        if (!into_.file && errno == ENOENT && may_create && is_global) return make_for_all();
        if (!into_.file) return why_not_opened(errno);
        auto others = held_by(into_.file.get(), life_byte);
        if (!others) return others.error();
        if (*others == lock_mode::shared) return live();
        // Nobody, or somebody who is just making it, giving it up or looking: only the gate can tell (L2).
        const auto gate = try_lock(into_.file.get(), gate_byte, lock_mode::exclusive);
        if (!gate) return gate.error();
        // Waits from the start again, with nothing open, so that forks needn't wait for somebody who is stopped.
        if (!*gate && !until_.passed()) return false;
        if (!*gate) {
            if (auto locked = lock_until(into_.file.get(), gate_byte, lock_mode::exclusive, until_); !locked)
                return locked.error();
        }
        const auto alone = try_lock(into_.file.get(), life_byte, lock_mode::exclusive);
        if (!alone) return alone.error();
        // A failed or repeated try closes the description, and with it the gate.
        if (!*alone) return false;
        result<bool> done = dead();
        if (done && *done) unlock(into_.file.get(), gate_byte);
        return done;
    }

   private:
    // A file of Global\ gets its name when all members may open it already, whatever the umask is: one that was killed
    // in between would leave a file that only its owner could free. Then the next try finds it.
    result<bool> make_for_all() {
        const std::string folder = into_.path.substr(0, into_.path.rfind('/'));
        const mode_t mode = file_mode(scope::global) | mark();
        const handle file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, mode));
        if (!file || ::fchmod(file.get(), mode) != 0) return why_not_opened(errno);
        const std::string self = "/proc/self/fd/" + std::to_string(file.get());
        const int linked = ::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, into_.path.c_str(), AT_SYMLINK_FOLLOW);
        if (linked != 0 && errno != EEXIST) return why_not_opened(errno);
        return false;
    }

    bool wants_mark() const noexcept { return request_.structured || leads_to_file(request_); }
    mode_t mark() const noexcept { return wants_mark() ? S_ISVTX : 0U; }

    result<bool> why_not_opened(int why) const {
        if (why == ENOENT) forget_directory();  // perhaps it is gone: look, and make it again
        if (why == ENOENT && request_.disposition == disposition::open_existing) return not_found(request_);
        if (why == ENOENT) return false;
        if (why == ELOOP || why == ENXIO || why == EISDIR) return no_file_of_ours(why);
        return from_system(verb(request_), why);
    }

    error no_file_of_ours(int why) const {
        return error(errc::denied, verb(request_), into_.path + " is not a file of samepage's; remove it", why);
    }

    // Looks at the locked file. true: it has a name still, and is one of ours.
    result<bool> look() {
        if (::fstat(into_.file.get(), &found_) != 0) return from_system(verb(request_), errno);
        if (!S_ISREG(found_.st_mode)) return no_file_of_ours(0);
        // Whoever can put files in a user's directory of that name must be that user.
        if (request_.where->scope == scope::local && found_.st_uid != user_) return no_file_of_ours(0);
        return found_.st_nlink != 0;
    }

    void unlink_ours() const noexcept {
        if (leads_to(into_.path, found_)) ::unlink(into_.path.c_str());
    }

    // Nobody holds it (L2): a leftover, or made by the open above.
    result<bool> dead() {
        if (auto named = look(); !named || !*named) return named;
        const bool fresh = found_.st_size == 0 && has_structured_mark(found_) == wants_mark();
        if (request_.disposition == disposition::open_existing || !fresh) {
            unlink_ours();
            if (request_.disposition == disposition::open_existing) return not_found(request_);
            return false;  // create anew under a new file (L5)
        }
        if (auto made = make(); !made) {
            unlink_ours();
            return made.error();
        }
        // Exclusive to shared, atomically: from here on others may open it.
        const auto shared = try_lock(into_.file.get(), life_byte, lock_mode::shared);
        if (!shared) return shared.error();
        into_.created = true;
        return true;
    }

    result<void> make() {
        if (leads_to_file(request_)) return make_link(request_, into_);
        if (auto room = reserve_space(into_.file.get(), 0, request_.size_bytes, into_.path); !room) return room;
        into_.size_bytes = request_.size_bytes;
        return request_.structured ? initialise(into_.file.get(), request_) : result<void>();
    }

    // Somebody holds it (L3b).
    result<bool> live() {
        if (request_.disposition == disposition::create_new) {
            // A name that it has now it had when a holder was seen. Refused without a lock: whoever saw that lock would
            // take it for a holder's (L3b).
            if (auto named = look(); !named || !*named) return named;
            return error(errc::already_exists, creating,
                         request_.where->text() + " is held already; open it or choose another name");
        }
        const auto held = try_lock(into_.file.get(), life_byte, lock_mode::shared);
        if (!held || !*held) return held;  // refused: its last holder is giving it up
        if (auto named = look(); !named || !*named) return named;
        into_.size_bytes = static_cast<std::uint64_t>(found_.st_size);
        if (has_structured_mark(found_)) {
            const auto link = read_link(into_.file.get());
            if (!link) return link.error();
            if (*link) return open_linked(**link);
        }
        if (has_structured_mark(found_) != request_.structured) {
            return wrong_kind(into_.file.get(), *request_.where, request_.structured);
        }
        return true;
    }

    result<bool> open_linked(const file_link& link) {
        if (request_.structured) return wrong_kind(into_.file.get(), *request_.where, true);
        // Another member of Global\ could lead this user to write in a file of the user's own.
        if (found_.st_uid != user_ && found_.st_uid != 0) {
            return error(errc::denied, opening,
                         request_.where->text() + " leads to a file that user " + std::to_string(found_.st_uid) +
                             " chose; open that file by its path if it is meant");
        }
        auto opened = follow(link, request_.access, into_);
        if (!opened) return opened.error();
        return true;
    }

    const acquire_request& request_;
    const uid_t user_;
    held_object::state& into_;
    const deadline& until_;
    struct stat found_ {};
};

// Why try after try found something changing: mostly one who stopped between looking for other holders and unlinking.
std::string in_the_way(const acquire_request& request, const held_object::state& last_try) {
    const std::uint32_t process = last_try.file ? locker(last_try.file.get(), life_byte) : 0;
    if (process == 0 || process == static_cast<std::uint32_t>(::getpid())) {
        return request.where->text() + " was being created and given up all the time";
    }
    return "process " + std::to_string(process) + " is giving " + request.where->text() +
           " up and doesn't go on; is it stopped?";
}

result<std::unique_ptr<held_object::state>> acquire_name(const acquire_request& request) {
    const deadline until = deadline::after(request.timeout);
    bool swept = false;
    for (unsigned tries = 0;; ++tries) {
        const bool make_directory = request.disposition != disposition::open_existing;
        auto directory = checked_directory(request.where->scope, make_directory);
        if (!directory) {
            if (directory.error().code() == errc::not_found) return not_found(request);
            return directory.error();
        }
        std::optional<no_fork> still(std::in_place);
        auto state = std::make_unique<held_object::state>();
        state->access = request.access;
        state->names = request.where->scope;
        state->path = directory->path + "/" + request.where->name;
        const auto done = name_attempt(request, directory->user, *state, until).run();
        if (done && *done) {
            if (state->created) sweep_one(request.where->scope);
            state->join_list();
            return state;
        }
        if (done && until.passed()) {
            const error late(errc::timed_out, verb(request), in_the_way(request, *state));
            state->abandon();
            return late;
        }
        state->abandon();
        if (!done && done.error().code() == errc::no_space && !swept) {
            // Before anybody is told that there is no room, leftovers of killed processes go.
            swept = true;
            if (sweep_all(request.where->scope) != 0) continue;
        }
        if (!done) return done.error();
        state.reset();
        still.reset();
        back_off(tries / 4);
    }
}

}  // namespace

result<bool> wrong_kind(int descriptor, const place& where, bool asked_structured) {
    structured_prefix prefix{};
    const bool read = ::pread(descriptor, &prefix, sizeof prefix, 0) == static_cast<ssize_t>(sizeof prefix);
    const bool known = read && prefix.magic == structured_magic;
    if (asked_structured && !known) {
        return error(errc::wrong_kind, opening, where.text() + " is a region: samepage read " + where.text());
    }
    if (!known) return error(errc::corrupt, opening, where.text() + " has no header that samepage knows; make it anew");
    const std::string kind_name(name_of(static_cast<kind>(prefix.kind)));
    return error(errc::wrong_kind, opening,
                 where.text() + " is a " + kind_name + ", not a region: samepage " +
                     (kind_name == "cell" ? "cell get " : "info ") + where.text());
}

result<void> initialise(int descriptor, const acquire_request& request) {
    const auto size = static_cast<std::size_t>(request.size_bytes);
    void* bytes = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (bytes == MAP_FAILED) return from_system(creating, errno);
    if (request.initialise) request.initialise({static_cast<std::byte*>(bytes), size});
    ::munmap(bytes, size);
    return {};
}

void held_object::state::abandon() noexcept {
    // Only the descriptors go: what this try holds was never a holder's, or is for whoever comes next to look at.
    file.reset();
    backing.reset();
}

result<held_object> held_object::acquire(const acquire_request& request) {
    if (request.size_bytes == 0 && request.disposition != disposition::open_existing && !request.where->is_path() &&
        !leads_to_file(request)) {
        return error(errc::invalid_argument, creating,
                     "a size of at least 1 byte is needed; 0 is only for an existing file");
    }
    if (!request.where->is_path()) {
        auto named = acquire_name(request);
        if (!named) return named.error();
        return held_object(std::move(*named));
    }
    const no_fork still;
    auto state = acquire_path(request);
    if (!state) return state.error();
    (*state)->join_list();
    return held_object(std::move(*state));
}

result<held_object> held_object::adopt(native_handle native, std::uint64_t size_bytes, samepage::access wanted) {
    auto s = std::make_unique<state>();
    s->file = handle(::fcntl(static_cast<int>(native), F_DUPFD_CLOEXEC, 0));
    struct stat found {};
    if (!s->file || ::fstat(s->file.get(), &found) != 0) return from_system("adopt a descriptor", errno);
    if (!S_ISREG(found.st_mode))
        return error(errc::invalid_argument, "adopt a descriptor", "only a file can be mapped");
    s->size_bytes = static_cast<std::uint64_t>(found.st_size);
    if (wanted == samepage::access::read_write) {
        if (auto room = reserve_file(s->file.get(), found, size_bytes, "/proc/self/fd/x"); !room) return room.error();
        s->size_bytes = std::max(s->size_bytes, size_bytes);
    }
    if (size_bytes > s->size_bytes)
        return error(errc::invalid_argument, "adopt a descriptor", "the file is smaller, and read-only");
    if (size_bytes != 0) s->size_bytes = size_bytes;
    if (s->size_bytes == 0) return error(errc::invalid_argument, "adopt a descriptor", "the file is empty: say a size");
    s->access = wanted;
    s->is_file = true;
    s->join_list();
    return held_object(std::move(s));
}

result<held_object> held_object::anonymous(std::uint64_t size_bytes) {
    if (size_bytes == 0) return error(errc::invalid_argument, creating, "a size of at least 1 byte is needed");
    auto s = std::make_unique<state>();
    s->file = handle(::memfd_create("samepage", MFD_CLOEXEC));
    if (!s->file) return from_system(creating, errno);
    if (auto room = reserve_space(s->file.get(), 0, size_bytes, "/dev/shm/"); !room) return room.error();
    s->size_bytes = size_bytes;
    s->created = true;
    s->join_list();
    return held_object(std::move(s));
}

bool held_object::is_open() const noexcept { return state_ != nullptr; }
bool held_object::created() const noexcept { return state_ && state_->created; }
bool held_object::is_file() const noexcept { return state_ && state_->is_file; }
samepage::access held_object::access() const noexcept { return state_ ? state_->access : samepage::access::read_only; }
std::uint64_t held_object::size_bytes() const noexcept { return state_ ? state_->size_bytes : 0; }
native_handle held_object::native() const noexcept { return state_ ? state_->mapped().get() : -1; }
std::uint32_t held_object::generation() const noexcept { return forks(); }

result<void> held_object::grow(std::uint64_t size_bytes) {
    if (!state_) return error(errc::closed, "grow");
    auto now = refresh_size();
    if (!now) return now.error();
    if (size_bytes <= *now) return {};
    // Never cut off again on failure: another process may have grown past it meanwhile.
    if (auto room = reserve_space(state_->mapped().get(), *now, size_bytes, state_->path); !room) return room;
    state_->size_bytes = size_bytes;
    return {};
}

result<std::uint64_t> held_object::refresh_size() {
    struct stat found {};
    if (!state_ || ::fstat(state_->mapped().get(), &found) != 0) return from_system("look at the size", errno);
    state_->size_bytes = static_cast<std::uint64_t>(found.st_size);
    return state_->size_bytes;
}

std::uint64_t held_object::stored_bytes() const noexcept {
    struct stat found {};
    if (!state_ || ::fstat(state_->mapped().get(), &found) != 0) return 0;
    return static_cast<std::uint64_t>(found.st_blocks) * 512;
}

result<void> held_object::discard(std::uint64_t offset, std::uint64_t size_bytes) const {
    if (!state_) return error(errc::closed, "give space back");
    return punch_hole(state_->mapped().get(), offset, size_bytes);
}

result<void> held_object::reserve(std::uint64_t offset, std::uint64_t size_bytes) const {
    if (!state_) return error(errc::closed, "reserve space");
    return reserve_inside(state_->mapped().get(), offset, size_bytes, state_->path);
}

// An opener that finds the life lock taken so comes again (L1).
result<bool> held_object::when_alone(const std::function<result<void>()>& deed) const {
    if (!state_ || !state_->file || state_->path.empty()) return false;
    const no_fork still;
    const int file = state_->file.get();
    const auto gate = try_lock(file, gate_byte, lock_mode::exclusive);
    if (!gate || !*gate) return gate;
    const auto alone = try_lock(file, life_byte, lock_mode::exclusive);
    result<void> done;
    if (alone && *alone) {
        done = deed();
        static_cast<void>(try_lock(file, life_byte, lock_mode::shared));  // nobody can be in the way
    }
    unlock(file, gate_byte);
    if (!done) return done.error();
    return alone;
}

result<void> held_object::check_name() const {
    if (!state_) return error(errc::closed, "check the name");
    if (state_->path.empty()) return {};
    struct stat held {};
    if (!state_->file || ::fstat(state_->file.get(), &held) != 0) {
        return error(errc::lost_name, "check the name",
                     "this forked process could not take its own hold; open it again");
    }
    if (leads_to(state_->path, held)) return {};
    if (errno != ENOENT && errno != ENOTDIR && errno != 0) return from_system("check the name", errno, state_->path);
    return error(errc::lost_name, "check the name",
                 "somebody removed " + state_->path + "; close it and create it anew");
}

}  // namespace samepage::os
