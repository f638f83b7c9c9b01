// The C functions of regions and their views.
// SPDX-License-Identifier: MIT
#include "samepage/region.hpp"

#include "capi/call.hpp"

struct samepage_region : samepage::capi::slot<samepage::region> {};
struct samepage_view : samepage::capi::slot<samepage::region_view> {};

namespace capi = samepage::capi;
using samepage::region;
using samepage::region_view;

namespace {

constexpr const char* creating = "create a region";
constexpr const char* opening = "open a region";
constexpr const char* asking = "ask a region";
constexpr const char* asking_view = "ask a view";

samepage::region_options options_of(const samepage_region_options* given) {
    const auto o = capi::options_of(given);
    samepage::region_options options;
    options.access = capi::access_of(o.access);
    options.map_whole = o.windows_only == 0;
    if (o.timeout_ns != 0) options.timeout = capi::duration_of(o.timeout_ns);
    return options;
}

}  // namespace

samepage_status samepage_region_create(const char* place, uint64_t size_bytes, const samepage_region_options* options,
                                       samepage_region** into) {
    return capi::open(creating, into,
                      [&] { return region::create(capi::text_of(place), size_bytes, options_of(options)); });
}

samepage_status samepage_region_create_new(const char* place, uint64_t size_bytes,
                                           const samepage_region_options* options, samepage_region** into) {
    return capi::open(creating, into,
                      [&] { return region::create_new(capi::text_of(place), size_bytes, options_of(options)); });
}

samepage_status samepage_region_open(const char* place, const samepage_region_options* options,
                                     samepage_region** into) {
    return capi::open(opening, into, [&] { return region::open(capi::text_of(place), options_of(options)); });
}

samepage_status samepage_region_create_backed(const char* name, uint64_t size_bytes, const char* backing_path,
                                              const samepage_region_options* options, samepage_region** into) {
    return capi::open(creating, into, [&] {
        return region::create(capi::text_of(name), size_bytes, capi::text_of(backing_path), options_of(options));
    });
}

samepage_status samepage_region_create_over(const char* name, uint64_t size_bytes, intptr_t native_file,
                                            const samepage_region_options* options, samepage_region** into) {
    return capi::open(creating, into, [&] {
        return region::create(capi::text_of(name), size_bytes, samepage::native_handle{native_file},
                              options_of(options));
    });
}

samepage_status samepage_region_from_native(intptr_t native, uint64_t size_bytes,
                                            const samepage_region_options* options, samepage_region** into) {
    return capi::open(opening, into, [&] { return region::from_native(native, size_bytes, options_of(options)); });
}

samepage_status samepage_region_anonymous(uint64_t size_bytes, const samepage_region_options* options,
                                          samepage_region** into) {
    return capi::open(creating, into, [&] { return region::anonymous(size_bytes, options_of(options)); });
}

void samepage_region_close(samepage_region* r) { capi::pool_of<samepage_region>.close(r); }

samepage_status samepage_region_created(samepage_region* r, int32_t* created) {
    return capi::tell(r, asking, created, [](const region& object) { return object.created(); });
}

samepage_status samepage_region_size(samepage_region* r, uint64_t* size_bytes) {
    return capi::tell(r, asking, size_bytes, [](const region& object) { return object.size(); });
}

samepage_status samepage_region_access(samepage_region* r, int32_t* access) {
    return capi::tell(r, asking, access, [](const region& object) { return capi::number_of(object.access()); });
}

samepage_status samepage_region_native(samepage_region* r, intptr_t* native) {
    return capi::tell(r, asking, native, [](const region& object) { return object.native(); });
}

samepage_status samepage_region_check_name(samepage_region* r) {
    return capi::with(r, asking, [](const region& object) { return capi::give(object.check_name()); });
}

void* samepage_region_data(samepage_region* r) {
    const region* const object = capi::object_of(r);
    return object == nullptr ? nullptr : object->data();
}

samepage_status samepage_region_flush(samepage_region* r) {
    return capi::with(r, "flush a region", [](const region& object) { return capi::give(object.flush()); });
}

samepage_status samepage_region_write_text(samepage_region* r, const char* text, uint64_t offset_bytes) {
    return capi::with(r, "write text", [&](const region& object) {
        return capi::give(object.write_text(capi::text_of(text), offset_bytes));
    });
}

samepage_status samepage_region_read_text(samepage_region* r, char* into, size_t into_bytes, uint64_t offset_bytes,
                                          size_t* size_bytes) {
    return capi::with(r, "read text", [&](const region& object) -> samepage_status {
        const auto room = capi::room_of(into, into_bytes);
        if (room.empty()) throw capi::refusal{"the buffer has no room for the terminating zero"};
        const auto text = object.read_text(into_bytes - 1, offset_bytes);
        if (!text) return capi::fail(text.error());
        std::memcpy(into, text->c_str(), text->size() + 1);
        capi::set(size_bytes, text->size());
        return samepage_ok;
    });
}

samepage_status samepage_region_map(samepage_region* r, uint64_t offset_bytes, size_t size_bytes,
                                    samepage_view** view) {
    if (view != nullptr) *view = nullptr;
    return capi::with(r, "map a window", [&](const region& object) {
        return capi::open("map a window", view, [&] { return object.map(offset_bytes, size_bytes); });
    });
}

void* samepage_view_data(samepage_view* view) {
    const region_view* const object = capi::object_of(view);
    return object == nullptr ? nullptr : object->data();
}

samepage_status samepage_view_size(samepage_view* view, size_t* size_bytes) {
    return capi::tell(view, asking_view, size_bytes, [](const region_view& object) { return object.size(); });
}

samepage_status samepage_view_flush(samepage_view* view) {
    return capi::with(view, "flush a view", [](const region_view& object) { return capi::give(object.flush()); });
}

void samepage_view_close(samepage_view* view) { capi::pool_of<samepage_view>.close(view); }
