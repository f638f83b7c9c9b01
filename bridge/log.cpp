// Writing messages, each with one call, so that threads' lines don't mix.
// SPDX-License-Identifier: MIT
#include "log.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

namespace samepage::bridge {

namespace {

log_level shown = log_level::info;
bool as_json = false;

constexpr const char* names[] = {"error", "warn", "info", "debug"};

}  // namespace

std::string plain(std::string_view text) {
    constexpr std::size_t most = 400;
    std::string clean(text.substr(0, most));
    for (char& c : clean) {
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
    }
    if (text.size() <= most) return clean;
    while (!clean.empty() && (static_cast<unsigned char>(clean.back()) & 0xc0U) == 0x80) clean.pop_back();
    if (!clean.empty() && static_cast<unsigned char>(clean.back()) >= 0xc0) clean.pop_back();  // half a character
    return clean + "…";
}

void set_log(log_level most, bool json) {
    shown = most;
    as_json = json;
}

void log(log_level level, std::string_view object, std::string_view message) {
    if (level > shown) return;
    std::string line;
    if (as_json) {
        nlohmann::ordered_json fields = {{"level", names[static_cast<int>(level)]}};
        if (!object.empty()) fields["object"] = object;
        fields["message"] = message;
        line = fields.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    } else {
        line = object.empty() ? fmt::format("samepage-bridge: {}\n", message)
                              : fmt::format("samepage-bridge: {}: {}\n", object, message);
    }
    // What can't be said changes nothing.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace samepage::bridge
