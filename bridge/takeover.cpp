// Taking a stream from another owner.
// SPDX-License-Identifier: MIT
#include "takeover.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "connection.hpp"
#include "failure.hpp"
#include "host.hpp"
#include "ownership.hpp"
#include "record.hpp"

namespace samepage::bridge {

namespace {

constexpr std::int64_t connect_ms = 5'000;

[[noreturn]] void fail(const connection& server, const outcome& o, const std::string& what) {
    const std::string text = server.sentence(o, what);
    if (o.overtaken())
        throw cli::failure(cli::status_conflict, "conflict",
                           "conflict: its origin published just now, so it lives: stop it, or try again");
    throw cli::failure(o.unanswered() ? cli::status_timed_out : cli::status_error,
                       o.unanswered() ? "timed_out" : "system", (o.unanswered() ? "timed_out: " : "system: ") + text);
}

}  // namespace

int takeover(const server_options& options, const std::string& object, const std::string& state,
             const std::string& host_name, bool json) {
    options.check();
    const object_spec spec = object_spec::parse(object, direction::origin);
    const stream_names names(spec, options.group);
    const host self(state, host_name);
    const connection server(options, "samepage-bridge takeover");
    server.wait_until_up(connect_ms);
    owner former;
    former.host_name = "whoever had it";
    if (const outcome o = read_owner(server, names, former); !o && !o.foreign()) {
        if (!o.not_found()) fail(server, o, "reading who owns it");
        throw cli::failure(cli::status_not_found, "not_found",
                           fmt::format("not_found: nobody is the origin of {} in the group '{}': simply run it with "
                                       "--origin",
                                       object, options.group));
    }
    const owner own{self.id(), self.name(), former.incarnation, former.capacity_bytes, now_unix_ns()};
    if (const claim c = take_stream(server, names, own, true); !c.result) fail(server, c.result, "taking the stream");
    if (json) {
        const nlohmann::ordered_json answer = {{"kind", samepage::name_of(spec.kind)},
                                               {"name", spec.name},
                                               {"former", former.host_name},
                                               {"owner", self.name()}};
        fmt::print("{}\n", answer.dump());
    } else {
        fmt::print("{} '{}' belongs to this host, no longer to {}; now run it with --origin\n",
                   samepage::name_of(spec.kind), spec.name, former.host_name);
    }
    return cli::status_ok;
}

}  // namespace samepage::bridge
