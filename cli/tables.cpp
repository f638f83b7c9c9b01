// Tables as commands open them.
// SPDX-License-Identifier: MIT
#include "tables.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <utility>

#include "output.hpp"
#include "samepage/place.hpp"
#include "units.hpp"

namespace samepage::cli {

namespace {

table_bytes say_if_it_went_back(const std::string& place, table_bytes t) {
    if (t.went_back()) {
        complain(
            fmt::format("{0} was being changed when the power failed or the machine was restarted: it is as of its "
                        "checkpoint of {1} again; what was there is in {0}.aside",
                        place, time_text(need(t.info()).returned_to_unix_ns)));
    }
    return t;
}

}  // namespace

table_options options_to_write() {
    const char* const permits = std::getenv("SAMEPAGE_PERMITS");
    table_options options;
    if (permits != nullptr) options.permits = permits;
    return options;
}

table_bytes table_to_write(const std::string& place, bool create) {
    const table_options options = options_to_write();
    if (create || need(place::parse(place)).is_path())
        return say_if_it_went_back(place, need(table_bytes::create(place, options)));
    auto opened = table_bytes::open(place, options);
    if (opened) return *std::move(opened);
    if (opened.error().code() != errc::not_found) throw failure(opened.error());
    throw failure(
        status_not_found, "not_found",
        fmt::format("not_found: nobody holds {0}: run \"samepage table hold {0}\", add \"-- CMD\" or \"--for 5s\", "
                    "or use the file ./{0}",
                    place));
}

table_bytes table_to_read(const std::string& place, bool as_it_is) {
    table_options options;
    options.access = access::read_only;
    options.as_it_is = as_it_is;
    return table_opened(place, options);
}

table_bytes table_opened(const std::string& place, const table_options& options) {
    return say_if_it_went_back(place, need(table_bytes::open(place, options)));
}

std::string shown_key(std::string_view key) {
    constexpr std::size_t shown_bytes_max = 80;
    if (key.size() <= shown_bytes_max) return fmt::format("\"{}\"", key);
    std::size_t cut = shown_bytes_max;
    while (cut > 0 && (static_cast<unsigned char>(key[cut]) & 0xC0U) == 0x80U) --cut;
    return fmt::format("\"{}…\" ({} bytes)", key.substr(0, cut), key.size());
}

failure no_key(const std::string& place, std::string_view key, std::size_t more) {
    std::string text = fmt::format("no_key: {} has no record of the key {}", place, shown_key(key));
    if (more > 0) text += fmt::format(", nor of {} more that were asked for", more);
    return {status_not_found, std::string(name_of(errc::no_key)), text};
}

void need_all(const std::string& place, const std::vector<const std::string*>& missing) {
    if (missing.empty()) return;
    flush_output();
    throw no_key(place, *missing.front(), missing.size() - 1);
}

void for_each_record(const table_bytes& t, std::string_view prefix,
                     const std::function<void(const table_bytes::record&)>& use) {
    std::exception_ptr thrown;  // the library calls no function that throws
    const auto done = t.for_each(
        [&](const table_bytes::record& r) {
            try {
                use(r);
                return true;
            } catch (...) {
                thrown = std::current_exception();
                return false;
            }
        },
        prefix);
    if (thrown) std::rethrow_exception(thrown);
    need(done);
}

json_object record_as_json(const std::string& place, std::string_view key, std::uint64_t version,
                           std::string_view value) {
    json_object row;
    row.set("place", place).bytes("key", key, "key_base64").set("version", version).bytes("value", value);
    return row;
}

}  // namespace samepage::cli
