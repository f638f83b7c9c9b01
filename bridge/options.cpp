// Options from the command line's words.
// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <sstream>

#include "connection.hpp"
#include "failure.hpp"
#include "greeting.hpp"
#include "samepage/place.hpp"

namespace samepage::bridge {

void server_options::declare(CLI::App& app) {
    // Split here: of a lone comma CLI11's delimiter leaves nothing, and then it complains of the next word.
    const auto split = [this](const std::vector<std::string>& words) {
        for (const std::string& word : words) {
            const std::size_t before = urls.size();
            std::istringstream pieces(word);
            for (std::string url; std::getline(pieces, url, ',');) {
                if (!url.empty()) urls.push_back(url);
            }
            if (urls.size() == before) urls.emplace_back();  // check() refuses it
        }
    };
    app.add_option_function<std::vector<std::string>>("--server", split,
                                                      "Where the servers are: nats://HOST:PORT, more with commas")
        ->type_name("URL,...")
        ->expected(1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_option("--creds", credentials, "The credentials file that the servers' operator gave")->type_name("FILE");
    app.add_option("--tls-ca", tls_ca, "The certificates that the servers' are signed with")->type_name("FILE");
    app.add_option("--tls-cert", tls_certificate, "The certificate to show to the servers")->type_name("FILE");
    app.add_option("--tls-key", tls_key, "Its key")->type_name("FILE");
    app.add_option("--group", group, "Bridges of one group share objects (default: samepage)")->type_name("NAME");
}

void server_options::check() const {
    if (urls.empty()) throw cli::usage_error("which server? (--server nats://HOST:4222)");
    for (const std::string& url : urls) {
        try {
            address_of(url);
        } catch (const cli::failure& f) {
            throw cli::usage_error(fmt::format("--server '{}': {}", without_password(url), f.what()));
        }
    }
    if (tls_certificate.empty() != tls_key.empty()) throw cli::usage_error("--tls-cert and --tls-key go together");
    const auto fits = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_'; };
    if (group.empty() || group.size() > 64 || !std::all_of(group.begin(), group.end(), fits))
        throw cli::usage_error("a group is 1 to 64 letters, digits, '-' and '_'");
}

std::string_view name_of(direction d) noexcept { return d == direction::origin ? "origin" : "mirror"; }

object_spec object_spec::parse(std::string_view text, bridge::direction d) {
    const std::size_t colon = text.find(':');
    const std::string_view word = text.substr(0, colon);
    object_spec spec;
    spec.direction = d;
    spec.kind = word == "cell"      ? kind::cell
                : word == "channel" ? kind::channel
                : word == "table"   ? kind::table
                                    : kind::unknown;
    if (colon == std::string_view::npos || spec.kind == kind::unknown)
        throw cli::usage_error(fmt::format("'{}' is not KIND:PLACE, where KIND is cell, channel or table", text));
    std::string_view place = text.substr(colon + 1);
    // A place may have a '=' in it only where a name follows the last one.
    if (const std::size_t sign = place.rfind('='); sign != std::string_view::npos) {
        spec.name = place.substr(sign + 1);
        place = place.substr(0, sign);
    } else {
        spec.name = place.substr(place.find_last_of("/\\") + 1);
    }
    spec.place = place;
    spec.check();
    return spec;
}

std::string object_spec::text() const {
    return fmt::format("{} {} {}", bridge::name_of(direction), samepage::name_of(kind), place);
}

void object_spec::check() const {
    if (const auto parsed = samepage::place::parse(place); !parsed) throw cli::failure(parsed.error());
    if (name.empty() || name.size() > 64)
        throw cli::usage_error(fmt::format(
            "'{}' is not what an object can be called at the servers: that has 1 to 64 bytes; say another: {}:{}=NAME",
            name, samepage::name_of(kind), place));
}

log_level parse_log_level(std::string_view text) {
    if (text == "error") return log_level::error;
    if (text == "warn") return log_level::warn;
    if (text == "info") return log_level::info;
    if (text == "debug") return log_level::debug;
    throw cli::usage_error(fmt::format("'{}' is not a log level: error, warn, info or debug", text));
}

}  // namespace samepage::bridge
