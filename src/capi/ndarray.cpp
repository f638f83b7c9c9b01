// The C functions of arrays: the handle itself is what writes.
// SPDX-License-Identifier: MIT
#include "samepage/ndarray.hpp"

#include <string>

#include "capi/call.hpp"

namespace samepage::capi {

// Only the thread that writes by this handle touches `writing`; `writes` keeps those off who end what they haven't
// begun.
struct writing_array {
    explicit writing_array(samepage::ndarray from) : object(std::move(from)), dtype(object.dtype()) {}

    samepage::ndarray object;
    samepage::ndarray::writing writing;  // ends before the array does
    std::atomic<bool> writes{false};
    std::string dtype;
};

}  // namespace samepage::capi

struct samepage_ndarray : samepage::capi::slot<samepage::capi::writing_array> {};

namespace capi = samepage::capi;
using capi::writing_array;
using samepage::ndarray;

namespace {

constexpr const char* making = "make an array";
constexpr const char* asking = "ask an array";
constexpr const char* writing_in = "write in an array";

samepage::ndarray_options options_of(const samepage_ndarray_options* given) {
    const auto o = capi::options_of(given);
    samepage::ndarray_options options;
    options.access = capi::access_of(o.access);
    if (o.timeout_ns != 0) options.timeout = capi::duration_of(o.timeout_ns);
    return options;
}

std::span<const std::uint64_t> shape_of(const uint64_t* shape, size_t dimensions) {
    if (shape == nullptr && dimensions != 0) throw capi::refusal{"the shape is NULL"};
    return {shape, dimensions};
}

}  // namespace

samepage_status samepage_ndarray_create(const char* place, const char* dtype, const uint64_t* shape, size_t dimensions,
                                        const samepage_ndarray_options* options, samepage_ndarray** into) {
    return capi::open(making, into, [&] {
        return ndarray::create(capi::text_of(place), capi::text_of(dtype), shape_of(shape, dimensions),
                               options_of(options));
    });
}

samepage_status samepage_ndarray_create_new(const char* place, const char* dtype, const uint64_t* shape,
                                            size_t dimensions, const samepage_ndarray_options* options,
                                            samepage_ndarray** into) {
    return capi::open(making, into, [&] {
        return ndarray::create_new(capi::text_of(place), capi::text_of(dtype), shape_of(shape, dimensions),
                                   options_of(options));
    });
}

samepage_status samepage_ndarray_open(const char* place, const samepage_ndarray_options* options,
                                      samepage_ndarray** into) {
    return capi::open("open an array", into, [&] { return ndarray::open(capi::text_of(place), options_of(options)); });
}

void samepage_ndarray_close(samepage_ndarray* array) { capi::pool_of<samepage_ndarray>.close(array); }

samepage_status samepage_ndarray_created(samepage_ndarray* array, int32_t* created) {
    return capi::tell(array, asking, created, [](const writing_array& mine) { return mine.object.created(); });
}

samepage_status samepage_ndarray_access(samepage_ndarray* array, int32_t* access) {
    return capi::tell(array, asking, access,
                      [](const writing_array& mine) { return capi::number_of(mine.object.access()); });
}

samepage_status samepage_ndarray_check_name(samepage_ndarray* array) {
    return capi::with(array, asking, [](const writing_array& mine) { return capi::give(mine.object.check_name()); });
}

samepage_status samepage_ndarray_flush(samepage_ndarray* array) {
    return capi::with(array, "flush an array",
                      [](const writing_array& mine) { return capi::give(mine.object.flush()); });
}

void* samepage_ndarray_data(samepage_ndarray* array) {
    const writing_array* const mine = capi::object_of(array);
    return mine == nullptr ? nullptr : mine->object.data();
}

const char* samepage_ndarray_dtype(samepage_ndarray* array) {
    const writing_array* const mine = capi::object_of(array);
    return mine == nullptr ? nullptr : mine->dtype.c_str();
}

samepage_status samepage_ndarray_size(samepage_ndarray* array, uint64_t* size_bytes) {
    return capi::tell(array, asking, size_bytes, [](const writing_array& mine) { return mine.object.size_bytes(); });
}

samepage_status samepage_ndarray_shape(samepage_ndarray* array, uint64_t* shape, uint64_t* strides,
                                       size_t dimensions_max, size_t* dimensions) {
    return capi::with(array, asking, [&](const writing_array& mine) {
        const std::size_t given = std::min(dimensions_max, mine.object.shape().size());
        for (std::size_t i = 0; i < given; ++i) {
            if (shape != nullptr) shape[i] = mine.object.shape()[i];
            if (strides != nullptr) strides[i] = mine.object.strides()[i];
        }
        capi::set(dimensions, mine.object.shape().size());
        return samepage_ok;
    });
}

samepage_status samepage_ndarray_version(samepage_ndarray* array, uint64_t* version) {
    return capi::tell(array, asking, version, [](const writing_array& mine) { return mine.object.version(); });
}

samepage_status samepage_ndarray_begin_writing(samepage_ndarray* array, int64_t timeout_ns, int32_t* was_torn) {
    return capi::with(array, writing_in, [&](writing_array& mine) -> samepage_status {
        auto begun = mine.object.write(capi::duration_of(timeout_ns));
        if (!begun) return capi::fail(begun.error());
        capi::set(was_torn, begun->was_torn());
        mine.writing = std::move(*begun);
        mine.writes = true;
        return samepage_ok;
    });
}

samepage_status samepage_ndarray_end_writing(samepage_ndarray* array, int32_t whole, uint64_t* version) {
    return capi::with(array, writing_in, [&](writing_array& mine) -> samepage_status {
        if (!mine.writes.exchange(false)) return capi::fail(samepage::error(samepage::errc::not_owner, writing_in));
        auto ending = std::move(mine.writing);
        return whole != 0 ? capi::give(ending.finish(), version) : static_cast<samepage_status>(samepage_ok);
    });
}

samepage_status samepage_ndarray_copy(samepage_ndarray* array, void* into, size_t into_bytes, int64_t timeout_ns,
                                      size_t* size_bytes, uint64_t* version) {
    return capi::with(array, "copy an array", [&](const writing_array& mine) -> samepage_status {
        const auto seen = mine.object.copy(capi::room_of(into, into_bytes), capi::duration_of(timeout_ns));
        if (!seen) return capi::fail_with_size(seen.error(), size_bytes);
        capi::set(size_bytes, mine.object.size_bytes());
        capi::set(version, *seen);
        return samepage_ok;
    });
}
