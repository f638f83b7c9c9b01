// A process in C++ that does with all nouns what it is told, a line at a time: the protocol of abi/c/partner.c.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <samepage/cell.hpp>
#include <samepage/channel.hpp>
#include <samepage/lock.hpp>
#include <samepage/ndarray.hpp>
#include <samepage/queue.hpp>
#include <samepage/region.hpp>
#include <samepage/table.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

using std::string;
using std::to_string;

// What there is, or this process answers with the error's name and ends: none is expected here.
template <class T>
T need(samepage::result<T> found) {
    if (!found) {
        std::cout << name_of(found.error().code()) << std::endl;
        std::exit(1);
    }
    if constexpr (!std::is_void_v<T>) return std::move(*found);
}

class partner {
   public:
    string answer(const string& verb, const string& text, const string& more) {
        if (verb == "create" || verb == "open") return begin(text, verb == "create");
        if (verb == "write") return need(region_->write_text(text)), "0";
        if (verb == "read") return need(region_->read_text());
        if (verb == "store") return to_string(need(cell_->store_text(text)));
        if (verb == "load") return load();
        if (verb == "await") return wait(std::stoull(text));
        if (verb == "acquire") return acquire();
        if (verb == "release") return need(held_.release()), "released";
        if (verb == "send") return to_string(need(channel_->send_text(text)));
        if (verb == "receive") return receive();
        if (verb == "work") return work();
        if (verb == "call") return need(queue_->call_text(text));
        if (verb == "put") return to_string(need(table_->put_text(text, more)));
        if (verb == "array") return make_array(text);
        if (verb == "fill" || verb == "half") return write(std::stoul(text), verb == "fill");
        if (verb == "whole") return whole();
        if (verb == "keep") return need(table_->keep_history(1 << 20)), "kept";
        if (verb == "follow") return feed_ = need(table_->subscribe()), "following";
        if (verb == "next") return next();
        if (verb == "get") return need(table_->get_text(text)).text;
        return "what?";
    }

   private:
    // Those of an earlier name are let go.
    template <class Noun>
    void open(std::optional<Noun>& into, const string& place, bool create) {
        into.reset();
        into.emplace(need(create ? Noun::create_new(place) : Noun::open(place)));
    }

    string begin(const string& name, bool create) {
        subscriber_.reset();
        feed_ = {};
        region_.reset();
        const string place = name + ".region";
        region_.emplace(need(create ? samepage::region::create_new(place, 4096) : samepage::region::open(place)));
        open(cell_, name + ".cell", create);
        open(lock_, name + ".lock", create);
        open(channel_, name + ".channel", create);
        open(queue_, name + ".queue", create);
        open(table_, name + ".table", create);
        subscriber_.emplace(need(channel_->subscribe()));
        return "ready";
    }

    string load() {
        const auto seen = need(cell_->load_text());
        return to_string(seen.version) + " " + seen.text;
    }

    string wait(std::uint64_t version) {
        std::cout << "sleeping" << std::endl;
        return to_string(need(cell_->wait(version)));
    }

    string acquire() {
        held_ = need(lock_->acquire());
        return held_.owner_died() ? "owner_died" : "acquired";
    }

    string receive() {
        const auto seen = need(subscriber_->receive_text());
        return to_string(seen.sequence) + " " + seen.text;
    }

    string work() {
        auto job = need(queue_->take());
        need(job.reply_text(string(job.text()) + string(job.text())));
        return "replied";
    }

    string next() {
        const auto seen = need(feed_.next());
        return (seen.erased ? "erased " : "put ") + string(seen.key_text()) + " " + to_string(seen.version);
    }

    string make_array(const string& name) {
        const std::uint64_t shape[] = {1000};
        array_.emplace(need(samepage::ndarray::create(name, "|u1", shape)));
        return "ready";
    }

    string write(std::size_t number, bool all) {
        writing_ = need(array_->write(samepage::forever));
        const auto bytes = array_->bytes();
        std::fill_n(bytes.begin(), all ? 1000 : 500, static_cast<std::byte>(number));
        return all ? to_string(need(writing_.finish())) : "half";
    }

    string whole() {
        std::vector<std::byte> copy(1000);
        const auto copied = array_->copy(copy, samepage::forever);
        if (!copied) return string(name_of(copied.error().code()));
        return to_string(std::to_integer<int>(copy.front())) + " " + to_string(std::to_integer<int>(copy.back()));
    }

    std::optional<samepage::region> region_;
    std::optional<samepage::cell_bytes> cell_;
    std::optional<samepage::lock> lock_;
    samepage::lock::held held_;  // ends before its lock does
    std::optional<samepage::channel_bytes> channel_;
    std::optional<samepage::subscriber_bytes> subscriber_;
    std::optional<samepage::queue_bytes> queue_;
    std::optional<samepage::table_bytes> table_;
    samepage::table_bytes::feed feed_;  // ends before its table does
    std::optional<samepage::ndarray> array_;
    samepage::ndarray::writing writing_;  // ends before its array does
};

}  // namespace

int main() {
    partner me;
    for (string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        string verb, text, more;
        words >> verb >> text >> more;
        std::cout << me.answer(verb, text, more) << std::endl;
    }
}
