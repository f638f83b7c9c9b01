// Crash subjects: making a checkpoint of a table, going back to one, and the mark that says when.
// SPDX-License-Identifier: MIT
//
// The promise: killed anywhere in it, nothing of the table changes; its checkpoint is the one before or the new one,
// and once the call has returned, the new one. When the machine is started again then, the table is as that says.
#include <chrono>
#include <fstream>
#include <map>
#include <string>

#include "samepage/table.hpp"
#include "scene.hpp"
#include "table_inside.hpp"

namespace crash {

namespace {

using samepage::errc;
using samepage::table_bytes;
using samepage::table_options;
namespace tables = samepage::tables;

constexpr auto patience = std::chrono::seconds(30);
constexpr auto short_wait = std::chrono::milliseconds(5);

using contents = std::map<std::string, std::string>;
const contents old_ones = {{"bolt", "old"}, {"nut", "old"}, {"screw", "old"}};
const contents new_ones = {{"bolt", "new"}, {"screw", "old"}, {"washer", "new"}};

contents all_of(const scene& s, const table_bytes& t) {
    contents all;
    const auto done = t.for_each([&](const table_bytes::record& r) {
        all.emplace(r.key_text(), r.text());
        return true;
    });
    require(s, done.has_value(), "for_each: " + (done ? "" : done.error().message()));
    return all;
}

table_bytes open(const scene& s, const std::string& place, samepage::access access = samepage::access::read_write,
                 bool as_it_is = false) {
    table_options options;
    options.access = access;
    options.as_it_is = as_it_is;
    auto t = table_bytes::open(place, options);
    require(s, t.has_value(), "can't open: " + (t ? "" : t.error().message()));
    return std::move(*t);
}

// A file that can't be read just now looks like none of samepage's, or like no way back.
bool is_explained(const scene& s, const samepage::error& why) {
    for (const errc code :
         {errc::system, errc::no_space, errc::not_supported, errc::wrong_kind, errc::corrupt, errc::not_found}) {
        if (why.code() == code) return true;
    }
    return s.victim != 0 && why.code() == errc::timed_out &&
           why.detail().find(std::to_string(s.victim)) != std::string_view::npos;
}

void set_mark(const scene& s, std::uint64_t mark) {
    std::fstream file(s.place, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(tables::table_offset + offsetof(tables::body, mark)));
    file.write(reinterpret_cast<const char*>(&mark), sizeof mark);
    require(s, bool(file.flush()), "can't write the mark");
}

// A table with a checkpoint of the old ones, then the new ones.
void prepare(const scene& s) {
    const auto t = table_bytes::create(s.place).value();
    for (const auto& [key, value] : old_ones) t.put_text(key, value).value();
    t.checkpoint(patience).value();
    t.put_text("bolt", "new").value();
    t.put_text("washer", "new").value();
    t.erase_text("nut").value();
}

void is_whole(const scene& s, const std::string& place) {
    const std::string wrong = table_inside::wrong_with(place);
    require(s, wrong.empty(), place + ": " + wrong);
}

void goes_on(const scene& s, const contents& expected) {
    const table_bytes t = open(s, s.place);
    require(s, all_of(s, t) == expected, "the records are others");
    require(s, t.put_text("on", "it goes", patience).has_value(), "can't go on");
    require(s, t.erase_text("on", patience).value(), "what was put isn't there");
    const auto made = t.checkpoint(patience);
    require(s, made.has_value(), "no more checkpoints: " + (made ? "" : made.error().message()));
    require(s, all_of(s, open(s, s.place + ".checkpoint", samepage::access::read_only)) == expected,
            "the next checkpoint has other records");
}

// ---- Making one ----------------------------------------------------------------------------------------------------

void make(const scene& s) {
    const table_bytes t = open(s, s.place);
    require(s, t.erase_text("none", patience).has_value(), "can't attach");
    s.begin();
    s.act([&] {
        auto made = t.checkpoint(patience);
        require(s, made || is_explained(s, made.error()), "checkpoint: " + (made ? "" : made.error().message()));
        return made;
    });
    s.end();
}

void check_made(const scene& s) {
    const contents there = all_of(s, open(s, s.place + ".checkpoint", samepage::access::read_only));
    const bool acknowledged = s.of(actor::victim).acknowledged > 0;
    require(s, there == new_ones || (!acknowledged && there == old_ones), "the checkpoint has other records");
    is_whole(s, s.place);
    require(s, all_of(s, open(s, s.place, samepage::access::read_only)) == new_ones, "the table has other records");
    set_mark(s, 4711);  // the machine is started again
    const table_bytes t = open(s, s.place);
    require(s, t.went_back(), "it doesn't notice");
    require(s, all_of(s, t) == there, "it didn't go back to its checkpoint");
    is_whole(s, s.place);
    goes_on(s, there);
}

// Others go on beside a stopped one, or are told who it is.
void beside(const scene& s) {
    const table_bytes reader = open(s, s.place, samepage::access::read_only);
    require(s, all_of(s, reader) == new_ones, "a reader sees others");
    const table_bytes t = open(s, s.place);
    const auto put = t.put_text("bolt", "new", short_wait);
    require(s, put || is_explained(s, put.error()), "put: " + (put ? "" : put.error().message()));
    const auto made = t.checkpoint(short_wait);
    require(s, made || is_explained(s, made.error()), "checkpoint: " + (made ? "" : made.error().message()));
}

// ---- Going back ----------------------------------------------------------------------------------------------------

void go_back(const scene& s) {
    s.begin();
    s.act([&] {
        auto t = table_bytes::open(s.place);
        require(s, t || is_explained(s, t.error()), "open: " + (t ? "" : t.error().message()));
        return t;
    });
    s.end();
}

void check_gone_back(const scene& s) {
    const table_bytes t = open(s, s.place);
    require(s, all_of(s, t) == old_ones, "it isn't as of its checkpoint");
    is_whole(s, s.place);
    require(s, all_of(s, open(s, s.place + ".aside", samepage::access::read_only, true)) == new_ones,
            "what was put aside has other records");
    goes_on(s, old_ones);
}

// ---- The mark ------------------------------------------------------------------------------------------------------

// A table that was closed, changed and closed again: no kill makes its mark say less than is true.
void change_and_close(const scene& s) {
    s.begin();
    s.act([&]() -> samepage::result<std::uint64_t> {
        const auto t = table_bytes::open(s.place);
        auto put = t ? t->put_text("bolt", "newer", patience) : t.error();
        require(s, put || is_explained(s, put.error()), "put: " + (put ? "" : put.error().message()));
        return put;
    });
    s.end();
}

// Whoever was closed to, or waits for one who closes.
void change_beside(const scene& s) {
    const table_bytes t = open(s, s.place);
    const auto put = t.put_text("bolt", "newer", short_wait);
    require(s, put || is_explained(s, put.error()), "put: " + (put ? "" : put.error().message()));
}

void check_mark(const scene& s) {
    const table_inside::view inside(s.place);
    const bool is_clean = tables::read(inside.body().mark) == tables::clean;
    const auto is_newer = all_of(s, open(s, s.place, samepage::access::read_only)).at("bolt") == "newer";
    const bool acknowledged = s.of(actor::victim).acknowledged > 0;
    require(s, is_newer || !acknowledged, "what was put isn't there");
    // Clean says that nobody is in the middle of a change.
    for (const tables::stripe& stripe : inside.body().stripes)
        require(s, !is_clean || tables::read(stripe.doing) == tables::no_step, "clean, in the middle of a change");
    table_bytes t = open(s, s.place);
    require(s, t.put_text("bolt", "new", patience).has_value(), "can't go on");
    require(s, tables::read(inside.body().mark) != tables::clean, "it was changed and is called clean");
    t.close();
    require(s, tables::read(inside.body().mark) == tables::clean, "it was closed and isn't called clean");
    goes_on(s, new_ones);
}

subject of_files(const char* name, void (*operate)(const scene&), void (*check)(const scene&), std::uint64_t mark) {
    subject s;
    s.name = name;
    s.on_names = false;
    s.keeps = false;
    s.prepare = [=](const scene& at) {
        prepare(at);
        if (mark != 0) set_mark(at, mark);
        return std::shared_ptr<void>();
    };
    s.operate = operate;
    s.check = check;
    return s;
}

}  // namespace

std::vector<subject> table_checkpoint_subjects() {
    subject making = of_files("table.checkpoint", make, check_made, 0);
    making.meanwhile = beside;
    subject changing = of_files("table.mark", change_and_close, check_mark, 0);
    changing.meanwhile = change_beside;
    return {making, changing, of_files("table.go_back", go_back, check_gone_back, 4711)};
}

}  // namespace crash
