// Reading the configuration file with toml++.
// SPDX-License-Identifier: MIT
#include "config.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include "failure.hpp"
#include "units.hpp"

namespace samepage::bridge {

namespace {

class reader {
   public:
    reader(std::string path, run_options& into) : path_(std::move(path)), into_(into) {}

    void read() {
        const toml::table all = parse();
        for (const auto& [key, value] : all) take(key.str(), value);
    }

   private:
    [[noreturn]] void refuse(const toml::node& at, const std::string& why) const {
        throw cli::usage_error(fmt::format("{}:{}: {}", path_, at.source().begin.line, why));
    }

    toml::table parse() const {
        try {
            return toml::parse_file(path_);
        } catch (const toml::parse_error& e) {
            const auto at = e.source().begin;
            if (at.line == 0)
                throw cli::failure(cli::status_not_found, "not_found",
                                   fmt::format("not_found: {} can't be read", path_));
            throw cli::usage_error(fmt::format("{}:{}:{}: {}", path_, at.line, at.column, e.description()));
        }
    }

    std::string text(const toml::node& value) const {
        if (const auto seen = value.value<std::string>()) return *seen;
        refuse(value, "a text in quotes is wanted here");
    }

    // What `parse` makes of the text; where that fails, it is told with the line.
    template <class Parse>
    auto meant(const toml::node& value, Parse&& parse) const {
        const std::string word = text(value);
        try {
            return parse(word);
        } catch (const cli::failure& f) {
            refuse(value, f.what());
        }
    }

    void text_unless_said(const toml::node& value, std::string& into, std::string_view standard = {}) const {
        const std::string seen = text(value);
        if (into == standard) into = seen;
    }

    void take(std::string_view key, const toml::node& value) {
        server_options& server = into_.server;
        if (key == "server") return take_servers(value);
        if (key == "object") return take_objects(value);
        if (key == "creds") return text_unless_said(value, server.credentials);
        if (key == "tls_ca") return text_unless_said(value, server.tls_ca);
        if (key == "tls_cert") return text_unless_said(value, server.tls_certificate);
        if (key == "tls_key") return text_unless_said(value, server.tls_key);
        if (key == "group") return text_unless_said(value, server.group, server_options().group);
        if (key == "state") return text_unless_said(value, into_.state);
        if (key == "host") return text_unless_said(value, into_.host);
        if (key == "log_level") {
            const log_level seen = meant(value, [](const std::string& word) { return parse_log_level(word); });
            if (into_.log_level == run_options().log_level) into_.log_level = seen;
            return;
        }
        if (key == "replicas") {
            const auto count = value.value<std::int64_t>();
            if (!count || *count < 1 || *count > 5) refuse(value, "replicas is 1 to 5");
            if (into_.replicas == run_options().replicas) into_.replicas = static_cast<std::uint64_t>(*count);
            return;
        }
        if (key == "keep") {
            const auto size_bytes = cli::parse_size(text(value));
            if (!size_bytes) refuse(value, "keep is a size, as \"256M\"");
            if (into_.keep_bytes == run_options().keep_bytes) into_.keep_bytes = *size_bytes;
            return;
        }
        refuse(value, fmt::format("there is no setting '{}'", key));
    }

    void take_servers(const toml::node& value) {
        if (!into_.server.urls.empty()) return;
        const toml::array* many = value.as_array();
        if (many == nullptr) {
            into_.server.urls = {text(value)};
        } else {
            for (const toml::node& one : *many) into_.server.urls.push_back(text(one));
        }
    }

    void take_objects(const toml::node& value) {
        const toml::array* many = value.as_array();
        if (many == nullptr) refuse(value, "objects are written as [[object]]");
        for (const toml::node& one : *many) {
            const toml::table* object = one.as_table();
            if (object == nullptr || object->size() != 1) refuse(one, "an object has origin = or mirror =");
            for (const auto& [key, what] : *object) {
                if (key != "origin" && key != "mirror") refuse(what, "an object has origin = or mirror =");
                const auto d = key == "origin" ? direction::origin : direction::mirror;
                into_.objects.push_back(
                    meant(what, [&](const std::string& word) { return object_spec::parse(word, d); }));
            }
        }
    }

    std::string path_;
    run_options& into_;
};

}  // namespace

void read_config(const std::string& path, run_options& into) { reader(path, into).read(); }

}  // namespace samepage::bridge
