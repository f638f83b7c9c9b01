// samepage bench channel: how fast messages go between two processes on this machine.
// SPDX-License-Identifier: MIT
//
// Three channels: `tasks` tells the second process what to do next, the messages go through `there` and `back`.
//   latency      the second process answers each message of `there` in `back`; half of the round trip is one way.
//   throughput   the second process sends in `back` as fast as it can, to a registered listener, which reads all.
// A message without bytes is the last of its measurement.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

#include "../failure.hpp"
#include "../json.hpp"
#include "../output.hpp"
#include "../system.hpp"
#include "../units.hpp"
#include "commands.hpp"
#include "samepage/channel.hpp"

namespace samepage::cli {

namespace {

using clock = std::chrono::steady_clock;

constexpr duration patience = std::chrono::seconds(5);  // then the other process has gone
constexpr std::size_t latency_bytes = 64, large_bytes = std::size_t{16} << 10U;
constexpr std::size_t round_trips_max = 2'000'000;

struct task {
    std::uint64_t answers;      // 1: latency; 0: throughput
    std::uint64_t sleeps;       // 1: waits asleep; 0: polls
    std::uint64_t size_bytes;   // of a message
    std::uint64_t batch_count;  // sent and received at once; 0: there is nothing more to do
    std::uint64_t time_ns;
};

// One process's ends for one task.
struct ends {
    channel_bytes out, in;
    subscriber_bytes from;

    ends(const std::string& out_place, const std::string& in_place, const task& t) {
        channel_options options;
        options.strategy = t.sleeps != 0    ? wait_strategy::sleep
                           : t.answers != 0 ? wait_strategy::spin
                                            : wait_strategy::spin_then_sleep;
        out = need(channel_bytes::create(out_place, options));
        in = need(channel_bytes::create(in_place, options));
        subscribe_options registered;
        registered.registered = true;
        from = need(in.subscribe(registered));
    }
    void send(std::span<const std::byte> message) const { need(out.send(message, patience)); }
    std::size_t receive(std::span<std::byte> into) { return need(from.receive(into, patience)).size_bytes; }
};

struct latency {
    const char* name;
    std::vector<std::uint32_t> round_trips_ns;  // sorted
    std::uint64_t one_way_ns(double part) const {
        const auto last = static_cast<double>(round_trips_ns.size() - 1);
        return round_trips_ns[static_cast<std::size_t>(part * last)] / 2;
    }
};

struct throughput {
    std::uint64_t size_bytes, batch_count, messages_per_s;
};

// Writes a number in each message, so that there is something to be brought over.
void write_number(std::span<std::byte> message, std::uint64_t number) {
    std::memcpy(message.data(), &number, sizeof number);
}

void answer_all(ends& e) {
    std::array<std::byte, latency_bytes> message{};
    while (e.receive(message) != 0) e.send(message);
}

void send_for_a_while(const ends& e, const task& t) {
    const auto size_bytes = static_cast<std::size_t>(t.size_bytes), count = static_cast<std::size_t>(t.batch_count);
    std::vector<std::byte> content(size_bytes * count);
    std::vector<std::span<const std::byte>> batch;
    for (std::size_t i = 0; i < count; ++i) batch.push_back(std::span(content).subspan(i * size_bytes, size_bytes));
    const auto until = clock::now() + duration(t.time_ns);
    for (std::uint64_t number = 0; number % 1024 != 0 || clock::now() < until; ++number) {
        std::fill(content.begin(), content.end(), static_cast<std::byte>(number));
        write_number(content, number);
        if (count == 1) {
            e.send(content);
        } else {
            for (std::span<const std::span<const std::byte>> rest = batch; !rest.empty();)
                rest = rest.subspan(need(e.out.send_many(rest, patience)));
        }
    }
    e.send({});
}

latency measure_latency(ends& e, const char* name, const task& t) {
    latency seen{name, {}};
    std::array<std::byte, latency_bytes> message{};
    const auto until = clock::now() + duration(t.time_ns);
    auto start = clock::now();
    do {
        write_number(message, seen.round_trips_ns.size());
        e.send(message);
        e.receive(message);
        const auto end = clock::now();
        seen.round_trips_ns.push_back(
            static_cast<std::uint32_t>(std::min<std::int64_t>((end - start).count(), UINT32_MAX)));
        start = end;
    } while (start < until && seen.round_trips_ns.size() < round_trips_max);
    e.send({});
    std::sort(seen.round_trips_ns.begin(), seen.round_trips_ns.end());
    return seen;
}

throughput measure_throughput(ends& e, const task& t) {
    std::vector<std::byte> content(std::max(large_bytes, static_cast<std::size_t>(t.size_bytes * t.batch_count)));
    std::vector<subscriber_bytes::part> parts(static_cast<std::size_t>(t.batch_count));
    std::uint64_t count = 0;
    auto start = clock::now();
    for (bool goes_on = true; goes_on;) {
        const std::size_t got = need(e.from.receive_many(content, parts, patience));
        if (count == 0) start = clock::now();
        count += got;
        goes_on = !parts[got - 1].bytes.empty();
    }
    const double time_s = std::chrono::duration<double>(clock::now() - start).count();
    return {t.size_bytes, t.batch_count, static_cast<std::uint64_t>(static_cast<double>(count - 1) / time_s)};
}

class bench_channel : public command {
   public:
    void declare(arguments& a) override {
        a.time("--time", time_, "How long it measures, all in all; default 8s");
        a.text("--second", second_, "NAME", "Be the second process: bench starts one so");
        a.example("samepage bench channel");
    }

    int run(bool json) override {
        if (second_) return be_second(*second_);
        const duration each = time_.value_or(std::chrono::seconds(8)) / 5;
        const std::string name = fmt::format("bench-{}", own_process_id());
        tasks_ = need(channel_bytes::create(name + "-tasks"));
        other_ = std::make_unique<child>(std::vector<std::string>{own_program(), "bench", "channel", "--second", name});
        hint(fmt::format("Measuring for {}, with a second process", duration_text(each * 5)));

        std::vector<latency> latencies;
        std::vector<throughput> throughputs;
        for (const bool sleeps : {false, true}) {
            const task t{1, sleeps ? 1U : 0U, latency_bytes, 1, static_cast<std::uint64_t>(each.count())};
            ends e = begin(name, t);
            latencies.push_back(measure_latency(e, sleeps ? "asleep" : "polling", t));
        }
        for (const auto& [size, batch] : {std::pair{latency_bytes, 1U}, {latency_bytes, 64U}, {large_bytes, 1U}}) {
            const task t{0, 0, size, batch, static_cast<std::uint64_t>(each.count())};
            ends e = begin(name, t);
            throughputs.push_back(measure_throughput(e, t));
        }
        const task end{};
        need(tasks_.send(std::as_bytes(std::span(&end, 1)), patience));
        if (other_->status() != status_ok)
            throw failure(status_error, "bench_failed", "the second process did not end well");
        if (json) {
            print_json(latencies, throughputs);
        } else {
            print_tables(latencies, throughputs);
        }
        return status_ok;
    }

   private:
    // The second process is ready for the task when it has sent something.
    ends begin(const std::string& name, const task& t) const {
        ends e(name + "-there", name + "-back", t);
        need(tasks_.send(std::as_bytes(std::span(&t, 1)), patience));
        std::array<std::byte, latency_bytes> ready{};
        e.receive(ready);
        return e;
    }

    static int be_second(const std::string& name) {
        const auto tasks = need(channel<task>::open(name + "-tasks"));
        subscribe_options all;
        all.start = start::oldest;
        auto next = need(tasks.subscribe(all));
        for (;;) {
            const auto got = next.receive(patience);
            if (!got) return status_error;  // the first has gone
            const task t = got->value;
            if (t.batch_count == 0) return status_ok;
            ends e(name + "-back", name + "-there", t);
            e.send(std::array<std::byte, 1>{});
            if (t.answers != 0) {
                answer_all(e);
            } else {
                send_for_a_while(e, t);
            }
        }
    }

    static void print_tables(const std::vector<latency>& latencies, const std::vector<throughput>& throughputs) {
        std::vector<std::vector<std::string>> rows;
        const auto us = [](std::uint64_t ns) { return fmt::format("{:.2f} us", static_cast<double>(ns) / 1000); };
        for (const latency& l : latencies)
            rows.push_back({l.name, us(l.one_way_ns(0.5)), us(l.one_way_ns(0.99)), us(l.one_way_ns(0.999))});
        print_table({"64 BYTES, ONE WAY, WAITING", "50 %", "99 %", "99.9 %"}, rows);
        print_line("");
        rows.clear();
        for (const throughput& t : throughputs) {
            const auto messages = static_cast<double>(t.messages_per_s);
            rows.push_back({fmt::format("{}, {}", size_text(t.size_bytes),
                                        t.batch_count == 1 ? "one by one" : fmt::format("{} at once", t.batch_count)),
                            fmt::format("{:.3f} million", messages / 1e6),
                            fmt::format("{:.0f}", messages * static_cast<double>(t.size_bytes) / 1e6)});
        }
        print_table({"A STREAM, NOTHING LOST", "MESSAGES/S", "MB/S"}, rows);
    }

    static void print_json(const std::vector<latency>& latencies, const std::vector<throughput>& throughputs) {
        std::vector<json_object> rows;
        for (const latency& l : latencies) {
            json_object row;
            row.set("waiting", l.name).set("message_bytes", std::uint64_t{latency_bytes});
            row.set("round_trips", std::uint64_t{l.round_trips_ns.size()});
            row.set("p50_ns", l.one_way_ns(0.5)).set("p99_ns", l.one_way_ns(0.99)).set("p999_ns", l.one_way_ns(0.999));
            rows.push_back(std::move(row));
        }
        json_object answer;
        answer.set("latency", rows);
        rows.clear();
        for (const throughput& t : throughputs) {
            json_object row;
            row.set("message_bytes", t.size_bytes).set("batch", t.batch_count);
            row.set("messages_per_s", t.messages_per_s).set("bytes_per_s", t.messages_per_s * t.size_bytes);
            rows.push_back(std::move(row));
        }
        print_line(answer.set("throughput", rows).dump());
    }

    std::optional<duration> time_;
    std::optional<std::string> second_;
    channel_bytes tasks_;
    std::unique_ptr<child> other_;
};

}  // namespace

std::unique_ptr<command> make_bench_channel() { return std::make_unique<bench_channel>(); }

}  // namespace samepage::cli
