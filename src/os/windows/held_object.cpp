// Names as held objects: the kernel's own sections, so that a name lives exactly as long as its last handle.
// SPDX-License-Identifier: MIT
//
// Layout: "hello" is the section "Local\hello", all of it the user's bytes. A structured object's section is made with
// SEC_RESERVE, so that it can grow, and begins with samepage's header. A section with SEC_RESERVE but without header is
// another program's, and a region.
//
// A plain one needs no protocol: CreateFileMapping makes or opens in one step, zeroed. A structured one is made and
// opened under a mutex, its gate:
//
//   W1  the header is written under the gate, by whoever made the section under it.
//   W2  whoever finds a section with SEC_RESERVE but no header looks again under the gate. A maker that was killed took
//       its section along; if somebody had just opened that as a region, it is one until he closes it.
//
// Crash story: the kernel closes a dead process's handles; the name goes with the last, and an abandoned gate is free.
#include "os/windows/held_state.hpp"
#include "os/windows/path_object.hpp"
#include "os/windows/section.hpp"
#include "os/windows/system_error.hpp"
#include "os/windows/waiting.hpp"

namespace samepage::os {

held_object::held_object() noexcept = default;
held_object::held_object(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
held_object::held_object(held_object&&) noexcept = default;
held_object& held_object::operator=(held_object&&) noexcept = default;
held_object::~held_object() = default;

held_object::state::~state() {
    for (auto& semaphore : semaphores) handle(semaphore.load()).reset();
}

namespace {

constexpr const char* creating = "create";
constexpr const char* opening = "open";

const char* verb(const acquire_request& request) noexcept {
    return request.disposition == disposition::open_existing ? opening : creating;
}

error cannot_have(const acquire_request& request, DWORD why) {
    const std::string name = request.where->text();
    switch (why) {
        case ERROR_FILE_NOT_FOUND:
            return from_system(verb(request), why,
                               "nobody holds " + name + " (" + place_searched(*request.where) + ")");
        case ERROR_INVALID_HANDLE:
            return error(errc::wrong_kind, verb(request),
                         name + " is another program's, and no memory: a mutex, event or the like; choose another name",
                         static_cast<int>(why));
        case ERROR_ACCESS_DENIED:
            if (request.where->scope == scope::global) {
                return from_system(
                    verb(request), why,
                    name +
                        " is not allowed: to create a global name, Windows wants the right \"Create global "
                        "objects\" (administrators and services have it)");
            }
            return from_system(verb(request), why, name + " belongs to somebody who does not share it so");
        case ERROR_NOT_ENOUGH_MEMORY:
        case ERROR_COMMITMENT_LIMIT:
        case ERROR_NO_SYSTEM_RESOURCES:
            return from_system(verb(request), why,
                               "the page file has no room for it; enlarge it, or close something large");
        default: return from_system(verb(request), why);
    }
}

// The mutex under which a structured object is made and opened.
class gate {
   public:
    static result<gate> take(const acquire_request& request, const deadline& until) {
        gate taken;
        taken.mutex_ = handle(CreateMutexW(nullptr, FALSE, identity_of(*request.where).companion(L"gate").c_str()));
        if (!taken.mutex_) return cannot_have(request, GetLastError());
        for (;;) {
            // Abandoned: whoever had it died in it, which leaves nothing (see the crash story).
            const DWORD got = WaitForSingleObject(taken.mutex_.get(), milliseconds(until));
            if (got == WAIT_OBJECT_0 || got == WAIT_ABANDONED) {
                taken.owned_ = true;
                return taken;
            }
            if (got != WAIT_TIMEOUT) return from_system(verb(request), GetLastError());
            if (until.passed()) {
                return error(
                    errc::timed_out, verb(request),
                    "another process is just creating or opening " + request.where->text() + " and was stopped in it");
            }
        }
    }
    gate(gate&& other) noexcept : mutex_(std::move(other.mutex_)), owned_(std::exchange(other.owned_, false)) {}
    ~gate() {
        if (owned_) ReleaseMutex(mutex_.get());
    }

   private:
    gate() = default;
    handle mutex_;
    bool owned_ = false;
};

// What was opened or found, measured. Nothing in `kind`: a region.
struct found_section {
    section_facts facts;
    std::optional<samepage::kind> kind;
};

result<found_section> measure(const acquire_request& request, const handle& section) {
    found_section found;
    if (!query_section(section.get(), found.facts)) return from_system(verb(request), GetLastError());
    if (found.facts.reserved) found.kind = kind_in(section.get(), found.facts.size_bytes);
    return found;
}

// Takes the section over as the one that `s` holds.
result<void> take_over(handle section, const found_section& found, held_object::state& s) {
    s.section = std::move(section);
    s.section_bytes = found.facts.size_bytes;
    s.size_bytes = found.facts.size_bytes;
    s.is_file = found.facts.file;
    if (!found.facts.reserved) return {};
    auto committed = committed_bytes(s.section.get(), 0, s.section_bytes);
    if (!committed) return committed.error();
    s.size_bytes = *committed;
    return {};
}

result<void> open_region(const acquire_request& request, handle section, held_object::state& s) {
    auto found = measure(request, section);
    if (!found) return found.error();
    if (found->facts.reserved && !found->kind) {
        // Perhaps half-made (W2).
        const auto passed = gate::take(request, deadline::after(request.timeout));
        if (!passed) return passed.error();
        found = measure(request, section);
        if (!found) return found.error();
    }
    if (found->kind) return wrong_kind(verb(request), *request.where, found->kind);
    return take_over(std::move(section), *found, s);
}

result<void> acquire_plain(const acquire_request& request, held_object::state& s) {
    const std::wstring name = section_name(*request.where);
    if (request.disposition == disposition::open_existing) {
        handle section(OpenFileMappingW(rights_for(request.access), FALSE, name.c_str()));
        if (!section) return cannot_have(request, GetLastError());
        return open_region(request, std::move(section), s);
    }
    handle section;
    if (leads_to_file(request)) {
        if (auto ready = open_backing(request, s); !ready) return ready;
        const DWORD protection = request.access == access::read_only ? PAGE_READONLY : PAGE_READWRITE;
        section = handle(CreateFileMappingW(s.file.get(), nullptr, protection, high_half(s.size_bytes),
                                            low_half(s.size_bytes), name.c_str()));
    } else {
        section = handle(CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE,
                                            high_half(request.size_bytes), low_half(request.size_bytes), name.c_str()));
    }
    const DWORD code = GetLastError();
    if (!section) return cannot_have(request, code);
    if (code != ERROR_ALREADY_EXISTS) {
        s.created = true;
        s.is_file = static_cast<bool>(s.file);
        s.section = std::move(section);
        s.size_bytes = s.is_file ? s.size_bytes : request.size_bytes;
        s.section_bytes = s.size_bytes;
        return {};
    }
    s.file.reset();
    if (request.disposition == disposition::create_new) {
        return error(errc::already_exists, creating,
                     request.where->text() + " is held already; open it or choose another name");
    }
    return open_region(request, std::move(section), s);
}

// A new section of the request's name, committed and initialised. False: somebody has just made a region of that name.
result<bool> make_structured(const acquire_request& request, held_object::state& s) {
    const std::uint64_t reserve = reserve_for(request.size_bytes);
    s.section = handle(CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE | SEC_RESERVE,
                                          high_half(reserve), low_half(reserve), section_name(*request.where).c_str()));
    const DWORD code = GetLastError();
    if (!s.section) return cannot_have(request, code);
    if (code == ERROR_ALREADY_EXISTS) {
        s.section.reset();
        return false;
    }
    if (auto done = commit(s.section.get(), 0, request.size_bytes); !done) return done.error();
    const brief_view bytes(s.section.get(), 0, static_cast<std::size_t>(request.size_bytes), access::read_write);
    if (bytes.data() == nullptr) return from_system(creating, GetLastError());
    if (request.initialise) request.initialise({bytes.data(), bytes.size()});
    s.section_bytes = reserve;
    s.size_bytes = (request.size_bytes + page_bytes - 1) / page_bytes * page_bytes;
    s.created = true;
    return true;
}

result<void> acquire_structured(const acquire_request& request, held_object::state& s) {
    const deadline until = deadline::after(request.timeout);
    const auto passed = gate::take(request, until);
    if (!passed) return passed.error();
    for (;;) {
        handle section(OpenFileMappingW(rights_for(request.access), FALSE, section_name(*request.where).c_str()));
        if (section) {
            if (request.disposition == disposition::create_new) {
                return error(errc::already_exists, creating,
                             request.where->text() + " is held already; open it or choose another name");
            }
            auto found = measure(request, section);
            if (!found) return found.error();
            if (!found->facts.reserved) return wrong_kind(verb(request), *request.where, std::nullopt);
            return take_over(std::move(section), *found, s);
        }
        if (GetLastError() != ERROR_FILE_NOT_FOUND || request.disposition == disposition::open_existing) {
            return cannot_have(request, GetLastError());
        }
        auto made = make_structured(request, s);
        if (!made) return made.error();
        if (*made) return {};
    }
}

}  // namespace

std::wstring section_name(const samepage::place& where) {
    return (where.scope == scope::global ? L"Global\\" : L"Local\\") + to_utf16(where.name);
}

std::wstring identity::companion(std::wstring_view word) const {
    return scope + L"samepage." + std::wstring(word) + L"." + text;
}

std::wstring identity::companion(std::wstring_view word, unsigned number) const {
    return companion(std::wstring(word) + L"." + std::to_wstring(number));
}

os::identity identity_of(const samepage::place& name) {
    return {name.scope == scope::global ? L"Global\\" : L"Local\\", to_utf16(name.name)};
}

os::identity identity_of(HANDLE file) {
    BY_HANDLE_FILE_INFORMATION found{};
    if (GetFileInformationByHandle(file, &found) == 0) return {};
    return {L"Global\\", L"/" + std::to_wstring(found.dwVolumeSerialNumber) + L"/" +
                             std::to_wstring(found.nFileIndexHigh) + L"/" + std::to_wstring(found.nFileIndexLow)};
}

result<held_object> held_object::acquire(const acquire_request& request) {
    if (request.size_bytes == 0 && request.disposition != disposition::open_existing && !request.where->is_path() &&
        !leads_to_file(request)) {
        return error(errc::invalid_argument, creating,
                     "a size of at least 1 byte is needed; 0 is only for an existing file");
    }
    if (request.where->is_path()) {
        auto opened = acquire_path(request);
        if (!opened) return opened.error();
        return held_object(std::move(*opened));
    }
    auto s = std::make_unique<state>();
    s->access = request.access;
    s->where = *request.where;
    s->id = identity_of(*request.where);
    s->structured = request.structured;
    auto done = request.structured ? acquire_structured(request, *s) : acquire_plain(request, *s);
    if (!done) return done.error();
    return held_object(std::move(s));
}

result<held_object> held_object::adopt(native_handle native, std::uint64_t size_bytes, samepage::access wanted) {
    constexpr const char* operation = "adopt a handle";
    HANDLE copy = nullptr;
    const HANDLE self = GetCurrentProcess();
    if (DuplicateHandle(self, reinterpret_cast<HANDLE>(native), self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS) == 0) {
        return from_system(operation, GetLastError());
    }
    handle duplicate(copy);
    auto s = std::make_unique<state>();
    s->access = wanted;
    section_facts facts;
    if (query_section(duplicate.get(), facts)) {
        if (auto done = take_over(std::move(duplicate), {facts, std::nullopt}, *s); !done) return done.error();
    } else if (GetFileType(duplicate.get()) == FILE_TYPE_DISK) {
        s->file = std::move(duplicate);
        acquire_request as_file;
        as_file.access = wanted;
        as_file.size_bytes = size_bytes;
        as_file.backing = reinterpret_cast<native_handle>(s->file.get());
        if (auto ready = open_backing(as_file, *s); !ready) return ready.error();
        if (auto done = section_over_file(operation, *s, s->size_bytes); !done) return done.error();
    } else {
        return error(errc::invalid_argument, operation, "only a file or a section can be mapped");
    }
    if (size_bytes > s->size_bytes) return error(errc::invalid_argument, operation, "the section is smaller");
    if (size_bytes != 0) s->size_bytes = size_bytes;
    return held_object(std::move(s));
}

result<held_object> held_object::anonymous(std::uint64_t size_bytes) {
    if (size_bytes == 0) return error(errc::invalid_argument, creating, "a size of at least 1 byte is needed");
    auto s = std::make_unique<state>();
    s->section = handle(CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE, high_half(size_bytes),
                                           low_half(size_bytes), nullptr));
    if (!s->section) return from_system(creating, GetLastError());
    s->size_bytes = s->section_bytes = size_bytes;
    s->created = true;
    return held_object(std::move(s));
}

bool held_object::is_open() const noexcept { return state_ != nullptr; }
bool held_object::created() const noexcept { return state_ && state_->created; }
bool held_object::is_file() const noexcept { return state_ && state_->is_file; }
samepage::access held_object::access() const noexcept { return state_ ? state_->access : samepage::access::read_only; }
std::uint64_t held_object::size_bytes() const noexcept { return state_ ? state_->size_bytes : 0; }
native_handle held_object::native() const noexcept {
    return state_ ? reinterpret_cast<native_handle>(state_->section.get()) : 0;
}
std::uint32_t held_object::generation() const noexcept { return 0; }  // there is no fork

// A file grows for everybody, but views made before end where they did: its holders map again.
result<void> held_object::grow(std::uint64_t size_bytes) {
    if (!state_) return error(errc::closed, "grow");
    if (!state_->structured && !state_->where.is_path()) {
        return error(errc::not_supported, "grow", "a region keeps the size that it was made with");
    }
    auto now = refresh_size();
    if (!now) return now.error();
    if (size_bytes <= *now) return {};
    if (state_->is_file) return section_over_file("grow", *state_, size_bytes);
    const std::uint64_t size_bytes_max = state_->section_bytes - spare_bytes;
    if (size_bytes > size_bytes_max) {
        return error(
            errc::too_large, "grow",
            "it was made to grow to at most " + std::to_string(size_bytes_max) + " bytes; make it larger at first");
    }
    if (auto done = commit(state_->section.get(), *now, size_bytes); !done) return done;
    state_->size_bytes = (size_bytes + page_bytes - 1) / page_bytes * page_bytes;
    return {};
}

result<std::uint64_t> held_object::refresh_size() {
    if (!state_) return error(errc::closed, "look at the size");
    if (state_->grows_in_place()) {
        auto committed = committed_bytes(state_->section.get(), state_->size_bytes, state_->section_bytes);
        if (!committed) return committed.error();
        state_->size_bytes = *committed;
    } else if (state_->file && state_->where.is_path()) {
        LARGE_INTEGER size{};
        if (GetFileSizeEx(state_->file.get(), &size) == 0) return from_system("look at the size", GetLastError());
        const auto bytes = static_cast<std::uint64_t>(size.QuadPart);
        if (bytes > state_->section_bytes) {
            if (auto done = section_over_file("look at the size", *state_, bytes); !done) return done.error();
        }
    }
    return state_->size_bytes;
}

// The kernel takes no name from a living section. A file can be renamed or deleted under its holders.
result<void> held_object::check_name() const {
    if (!state_) return error(errc::closed, "check the name");
    if (!state_->where.is_path()) return {};
    const handle now(CreateFileW(to_utf16(state_->where.name).c_str(), 0,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING,
                                 FILE_ATTRIBUTE_NORMAL, nullptr));
    const DWORD why = now ? 0 : GetLastError();
    if (now && identity_of(now.get()).text == identity_of(state_->file.get()).text) return {};
    const bool is_lost =
        now || why == ERROR_FILE_NOT_FOUND || why == ERROR_PATH_NOT_FOUND || why == ERROR_ACCESS_DENIED;
    if (!is_lost) return from_system("check the name", why);
    return error(errc::lost_name, "check the name",
                 "somebody removed " + state_->where.name + "; close it and create it anew");
}

}  // namespace samepage::os
