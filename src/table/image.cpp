// Copies a table's pages, with their check sums, and checks such copies. The format is in the header.
// SPDX-License-Identifier: MIT
#include "table/image.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "shared/words.hpp"
#include "table/bytes.hpp"

namespace samepage::tables {

namespace {

constexpr std::uint64_t prime = 0x9e3779b97f4a7c15U;
constexpr std::size_t gathered_max = std::size_t{256} << 10;  // written at once

using page_copy = std::array<std::byte, page>;

}  // namespace

// Four sums side by side, so that the processor multiplies all the time. Each step is one-to-one.
std::uint64_t page_check(std::span<const std::byte> bytes, std::uint64_t number) noexcept {
    std::array<std::uint64_t, 4> sums = {prime, prime * 3, prime * 5, prime * 7};
    for (std::size_t at = 0; at < bytes.size(); at += 32) {
        for (std::size_t lane = 0; lane < 4; ++lane) {
            sums[lane] = std::rotl((sums[lane] ^ eight_of(bytes.data() + at + lane * 8)) * prime, 29);
        }
    }
    std::uint64_t hash = (number + 1) * prime;
    for (const std::uint64_t sum : sums) hash = std::rotl((hash ^ sum) * prime, 31);
    return (hash ^ hash >> 32) * prime;
}

std::uint64_t fixed_part::check() const noexcept {
    std::uint64_t sum = 0;
    for (std::uint64_t at = 0; at < arena_offset; at += page) {
        page_copy copy;
        std::memcpy(copy.data(), bytes().data() + at, page);
        constexpr std::uint64_t left_out = table_offset + offsetof(body, image_check);
        if (left_out / page == at / page) std::memset(copy.data() + left_out % page, 0, 8);
        sum += page_check(copy, at / page);
    }
    return sum;
}

// ---- Writing -------------------------------------------------------------------------------------------------------

result<std::uint64_t> image_writer::copy_runs(std::uint64_t end) {
    if (end < arena_offset || end % page != 0 || !from_->reaches(0, end))
        return error(errc::corrupt, "copy a table", "it ends where it cannot; something else has written in it");
    checks_.resize(static_cast<std::size_t>((end - arena_offset) / page));
    std::uint64_t copied = 0;
    for (std::size_t i = 0; i < checks_.size(); ++i) {
        const std::uint64_t offset = arena_offset + i * page;
        page_copy copy;
        shared::load_bytes(copy.data(), &from_->at<std::byte>(offset), copy.size());
        const std::uint64_t check = page_check(copy, offset / page);
        known_page& known = checks_[i];
        if (known.is_known && known.check == check) continue;
        known = {check, true};
        ++copied;
        if (gathered_.size() >= gathered_max || gathered_at_ + gathered_.size() != offset) {
            if (auto done = write_gathered(); !done) return done.error();
            gathered_at_ = offset;
        }
        gathered_.insert(gathered_.end(), copy.begin(), copy.end());
    }
    if (auto done = write_gathered(); !done) return done.error();
    return copied;
}

result<void> image_writer::write_gathered() {
    if (gathered_.empty()) return {};
    auto done = to_->write(gathered_at_, gathered_);
    gathered_.clear();
    return done;
}

void image_writer::take_fixed(std::uint64_t made_ns) {
    shared::load_bytes(fixed_.bytes().data(), &from_->at<std::byte>(0), fixed_.bytes().size());
    std::memset(fixed_.bytes().data() + shared::wait_page_offset, 0, shared::page_bytes);
    body& fixed = fixed_.fixed();
    for (stripe& s : fixed.stripes) write(s.owner, 0);
    for (word* const owner : {&fixed.growth, &fixed.space, &fixed.checkpoint}) write(*owner, 0);
    write(fixed.mark, clean);
    write(fixed.checkpoint_ns, made_ns);
}

result<void> image_writer::finish() {
    std::uint64_t sum = fixed_.check();
    for (const known_page& known : checks_) sum += known.check;
    write(fixed_.fixed().image_check, sum);
    return to_->write(0, fixed_.bytes());
}

std::uint64_t image_writer::records() {
    std::uint64_t count = 0;
    for (const stripe& s : fixed_.fixed().stripes) count += read(s.records);
    return count;
}

// ---- Reading -------------------------------------------------------------------------------------------------------

shared::structured_request request_to_read(std::string_view place, const char* operation) {
    shared::structured_request request;
    request.place = place;
    request.disposition = os::disposition::open_existing;
    request.access = access::read_only;
    request.spec.kind = kind::table;
    request.spec.format_version = format_version;
    request.spec.fingerprint = fingerprint;
    request.spec.object_bytes = initial_bytes;
    request.reserve_bytes = reserve_bytes;
    request.operation = operation;
    return request;
}

result<void> checkpoint_file::open(const std::string& path, const shared::object_header& of, const char* operation) {
    if (auto done = file_.open(request_to_read(path, operation)); !done) return done;
    const auto not_whole = [&](const char* what) { return error(errc::corrupt, operation, path + what); };
    const shared::object_header& header = file_.header();
    if (header.parameters != of.parameters || header.created_unix_ns != of.created_unix_ns)
        return error(errc::wrong_kind, operation, path + " is of another table");
    if (file_.whole().size() < arena_offset) return not_whole(" is too short");
    shared::load_bytes(fixed_.bytes().data(), at(0), fixed_.bytes().size());
    end_ = read(fixed_.fixed().end);
    if (read(fixed_.fixed().mark) != clean) return not_whole(" was changed since it was made");
    if (end_ < arena_offset || end_ % page != 0 || end_ > file_.whole().size()) return not_whole(" is too short");
    std::uint64_t sum = fixed_.check();
    for (std::uint64_t offset = arena_offset; offset < end_; offset += page) {
        page_copy copy;
        shared::load_bytes(copy.data(), at(offset), copy.size());
        sum += page_check(copy, offset / page);
    }
    if (sum != read(fixed_.fixed().image_check)) return not_whole(" isn't as it was made; its check sum is wrong");
    return {};
}

}  // namespace samepage::tables
