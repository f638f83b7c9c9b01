// Starting the carriers, showing how they are, and stopping them.
// SPDX-License-Identifier: MIT
#include "run.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <ctime>
#include <optional>

#include "board.hpp"
#include "cell_mirror.hpp"
#include "cell_origin.hpp"
#include "channel_mirror.hpp"
#include "channel_origin.hpp"
#include "failure.hpp"
#include "log.hpp"
#include "table_mirror.hpp"
#include "table_origin.hpp"

namespace samepage::bridge {

namespace {

constexpr long show_every_ms = 200;

// SIGINT and SIGTERM, waited for instead of obeyed.
class end_requests {
   public:
    end_requests() {
        sigemptyset(&signals_);
        sigaddset(&signals_, SIGINT);
        sigaddset(&signals_, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &signals_, nullptr);  // for the threads that come, too
        ::signal(SIGPIPE, SIG_IGN);
    }
    // Whether one came; waits at most so long.
    bool wait(long ms) const {
        const timespec time{ms / 1000, ms % 1000 * 1'000'000};
        return sigtimedwait(&signals_, nullptr, &time) > 0;
    }

   private:
    sigset_t signals_{};
};

std::unique_ptr<carrier> make_carrier(const carrier::bridge& b, const object_spec& spec) {
    const bool is_origin = spec.direction == direction::origin;
    switch (spec.kind) {
        case kind::channel:
            if (is_origin) return std::make_unique<channel_origin>(b, spec);
            return std::make_unique<channel_mirror>(b, spec);
        case kind::cell:
            if (is_origin) return std::make_unique<cell_origin>(b, spec);
            return std::make_unique<cell_mirror>(b, spec);
        case kind::table:
            if (is_origin) return std::make_unique<table_origin>(b, spec);
            return std::make_unique<table_mirror>(b, spec);
        default: break;
    }
    throw cli::usage_error(fmt::format("{} can't be carried", spec.text()));
}

// Many records at once, and it may take a moment longer: less work for all than each by itself.
bool is_in_bulk(const object_spec& spec) { return spec.kind == kind::table && spec.direction == direction::origin; }

void check(const run_options& options) {
    options.server.check();
    if (options.objects.empty())
        throw cli::usage_error("which objects? (--origin KIND:PLACE, --mirror KIND:PLACE, or --config)");
    const auto& all = options.objects;
    constexpr std::size_t stream_name_max = 255;  // the servers'
    for (const object_spec& spec : all) {
        if (stream_names(spec, options.server.group).stream.size() > stream_name_max)
            throw cli::usage_error(fmt::format("{}: with the group before it the name '{}' is too long for the servers",
                                               spec.text(), spec.name));
    }
    for (auto a = all.begin(); a != all.end(); ++a) {
        for (auto b = all.begin(); b != a; ++b) {
            if (a->kind == b->kind && a->name == b->name)
                throw cli::usage_error(
                    fmt::format("'{}' is named twice: it has one origin, and one mirror on a host", a->name));
            if (a->place == b->place && (a->direction == direction::mirror || b->direction == direction::mirror))
                throw cli::usage_error(
                    fmt::format("{} is named twice: a mirror has nothing but what its origin has", a->place));
        }
    }
}

class running {
   public:
    running(const carrier::bridge& b, const carrier::bridge& in_bulk) : bridge_(b) {
        for (const object_spec& spec : b.options.objects)
            carriers_.push_back(make_carrier(is_in_bulk(spec) ? in_bulk : b, spec));
        shown_.resize(carriers_.size());
        for (carrier_report& r : shown_) r.lag = ~std::uint64_t{0};  // not shown yet
        try {
            for (const auto& c : carriers_) c->start();
        } catch (...) {
            stop();
            throw;
        }
    }
    running(const running&) = delete;
    running& operator=(const running&) = delete;
    ~running() {
        stop();
        show_all();
    }

    void show_all() {
        for (std::size_t i = 0; i < carriers_.size(); ++i) {
            const auto done = show(bridge_.self, *carriers_[i], bridge_.options.server.group, shown_[i]);
            const std::string text = done ? trouble_ : bridge_.self.trouble(done.error());
            if (text != trouble_) log(log_level::warn, "", text);
            trouble_ = text;
        }
    }
    std::size_t count(carrier_state s) const {
        return static_cast<std::size_t>(
            std::count_if(carriers_.begin(), carriers_.end(), [&](const auto& c) { return c->report().state == s; }));
    }
    std::size_t count() const { return carriers_.size(); }

   private:
    // All at once, and before any of them goes: their threads use them.
    void stop() {
        for (const auto& c : carriers_) c->stop();
        for (const auto& c : carriers_) c->join();
    }

    const carrier::bridge& bridge_;
    std::vector<std::unique_ptr<carrier>> carriers_;
    std::vector<carrier_report> shown_;
    std::string trouble_;  // why it couldn't be shown, the last time
};

}  // namespace

int run(const run_options& options) {
    const end_requests ends;
    set_log(options.log_level, options.json);
    check(options);
    const host self(options.state, options.host);
    const connection server(options.server, "samepage-bridge " + self.name());
    std::optional<connection> bulk;
    if (std::any_of(options.objects.begin(), options.objects.end(), is_in_bulk))
        bulk.emplace(options.server, "samepage-bridge " + self.name() + ", tables", connection::sending::in_bulk);
    const carrier::bridge b{server, self, options};
    running all(b, {bulk ? *bulk : server, self, options});
    bool said_live = false;
    // Soon at first, so that what is live is known to be so.
    while (!ends.wait(said_live ? show_every_ms : 20)) {
        all.show_all();
        const std::size_t live = all.count(carrier_state::live), refused = all.count(carrier_state::refused);
        if (refused == all.count()) return cli::status_conflict;
        if (server.is_over()) {
            log(log_level::error, "", server.trouble());
            return cli::status_denied;
        }
        if (said_live || live + refused < all.count()) continue;
        said_live = true;
        log(log_level::error, "",
            fmt::format("live: {} object{}{}", live, live == 1 ? "" : "s",
                        refused == 0 ? "" : fmt::format(", {} refused", refused)));
    }
    log(log_level::info, "", "stopping");
    return cli::status_ok;
}

}  // namespace samepage::bridge
