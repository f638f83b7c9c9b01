// Changes a table as programs do, with values that check themselves, and says what is in it.
// SPDX-License-Identifier: MIT
//
//   bridge_editor fill PLACE KEYS                   puts each of so many keys
//   bridge_editor edit PLACE KEYS SEED PAUSE_US     puts and erases at random until its input ends; prints how often
//   bridge_editor digest PLACE                      prints how many records there are, and a sum of them
//
// A value is "KEY NUMBER xxx… CHECKSUM", its checksum that of the rest: one that was cut, mixed or put under another
// key shows. The sum is of the records' own, so it doesn't depend on their order.
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <thread>

#include "samepage/table.hpp"

namespace {

using samepage::table_bytes;

[[noreturn]] void fail(const std::string& why) {
    std::fprintf(stderr, "bridge_editor: %s\n", why.c_str());
    std::exit(1);
}

template <class Result>
void need(const Result& r) {
    if (!r) fail(r.error().message());
}

std::uint64_t checksum(std::string_view text) {  // FNV-1a
    std::uint64_t sum = 0xcbf29ce484222325;
    for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return sum;
}

std::string key_of(std::uint64_t number) { return "record " + std::to_string(number); }

std::string value_of(const std::string& key, std::uint64_t number) {
    std::string value = key + " " + std::to_string(number) + " " + std::string(number % 150, 'x') + " ";
    char sum[17];
    std::snprintf(sum, sizeof sum, "%016" PRIx64, checksum(value));
    return value + sum;
}

void check(std::string_view key, std::string_view value) {
    if (value.size() < 16 || !value.starts_with(key)) fail("a value is another key's");
    const std::string sum(value.substr(value.size() - 16));
    if (std::strtoull(sum.c_str(), nullptr, 16) != checksum(value.substr(0, value.size() - 16)))
        fail("a value is damaged");
}

bool input_has_ended() {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    char byte = 0;
    return ::poll(&input, 1, 0) > 0 && ::read(STDIN_FILENO, &byte, 1) <= 0;
}

void fill(table_bytes& table, std::uint64_t keys) {
    for (std::uint64_t i = 0; i < keys; ++i) need(table.put_text(key_of(i), value_of(key_of(i), i)));
}

void edit(table_bytes& table, std::uint64_t keys, std::uint64_t seed, std::chrono::microseconds pause) {
    std::mt19937_64 random(seed);
    std::uint64_t changes = 0;
    for (; !input_has_ended(); ++changes) {
        const std::string key = key_of(random() % keys);
        if (random() % 5 == 0) {
            need(table.erase_text(key));
        } else {
            need(table.put_text(key, value_of(key, random() >> 1)));
        }
        std::this_thread::sleep_for(pause);
    }
    std::printf("%" PRIu64 "\n", changes);
}

void digest(const table_bytes& table) {
    std::uint64_t records = 0, sum = 0;
    const auto done = table.for_each([&](const table_bytes::record& r) {
        check(r.key_text(), r.text());
        ++records;
        sum += checksum(std::string(r.key_text()) + '\0' + std::string(r.text()));
        return true;
    });
    need(done);
    std::printf("%" PRIu64 " %016" PRIx64 "\n", records, sum);
}

}  // namespace

int main(int argc, char** argv) {
    const auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 10); };
    const std::string what = argc > 2 ? argv[1] : "";
    if (what == "digest" && argc == 3) {
        samepage::table_options options;
        options.access = samepage::access::read_only;
        const auto table = table_bytes::open(argv[2], options);
        need(table);
        digest(*table);
        return 0;
    }
    if ((what != "fill" || argc != 4) && (what != "edit" || argc != 6)) fail("see the comment of its source");
    auto table = table_bytes::create(argv[2]);
    need(table);
    if (what == "fill")
        fill(*table, number(3));
    else
        edit(*table, number(3), number(4), std::chrono::microseconds(number(5)));
}
