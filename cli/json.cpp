// JSON through nlohmann-json.
// SPDX-License-Identifier: MIT
#include "json.hpp"

#include <nlohmann/json.hpp>

namespace samepage::cli {

namespace {

using json = nlohmann::ordered_json;

std::string line(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

std::string base64(std::string_view bytes) {
    static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t three = 0;
        for (std::size_t k = 0; k < 3; ++k)
            three = three << 8U | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k) out += i + k > bytes.size() ? '=' : digits[three >> (18 - 6 * k) & 63U];
    }
    return out;
}

}  // namespace

struct json_object::state {
    json value = json::object();
};

json_object::json_object() : state_(std::make_unique<state>()) {}
json_object::json_object(json_object&&) noexcept = default;
json_object::~json_object() = default;

json_object& json_object::set(const char* key, std::string_view value) {
    state_->value[key] = std::string(value);
    return *this;
}

json_object& json_object::set(const char* key, std::uint64_t value) {
    state_->value[key] = value;
    return *this;
}

json_object& json_object::set(const char* key, bool value) {
    state_->value[key] = value;
    return *this;
}

json_object& json_object::set(const char* key, const json_object& value) {
    state_->value[key] = value.state_->value;
    return *this;
}

json_object& json_object::set(const char* key, const std::vector<json_object>& values) {
    json array = json::array();
    for (const json_object& v : values) array.push_back(v.state_->value);
    state_->value[key] = std::move(array);
    return *this;
}

json_object& json_object::set(const char* key, const std::vector<std::string>& values) {
    state_->value[key] = values;
    return *this;
}

json_object& json_object::set_null(const char* key) {
    state_->value[key] = nullptr;
    return *this;
}

json_object& json_object::bytes(const char* key, std::string_view value, const char* otherwise) {
    try {
        [[maybe_unused]] const std::string strict = json(std::string(value)).dump();
        return set(key, value);
    } catch (const json::exception&) {
        return set(otherwise, base64(value));
    }
}

std::string json_object::dump() const { return line(state_->value); }

std::string json_object::dump(const std::vector<json_object>& values) {
    json array = json::array();
    for (const json_object& v : values) array.push_back(v.state_->value);
    return line(array);
}

std::optional<std::string> json_text(std::string_view text) {
    try {
        return json(std::string(text)).dump();
    } catch (const json::exception&) {
        return std::nullopt;
    }
}

bool is_json_object(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    return begin != std::string_view::npos && text[begin] == '{' && json::accept(text);
}

std::string json_member(std::string_view text, const std::string& name, std::string& wrong) {
    const auto value = nlohmann::json::parse(text, nullptr, false);
    if (!value.is_object()) {
        wrong = value.is_discarded() ? "it is no JSON" : "it is JSON, but no object";
        return {};
    }
    const auto member = value.find(name);
    if (member == value.end()) {
        wrong = "it has no member \"" + name + "\"";
    } else if (member->is_string()) {
        return member->get<std::string>();
    } else if (member->is_number_integer()) {
        return member->dump();
    } else {
        wrong = "its member \"" + name + "\" is neither a text nor a whole number";
    }
    return {};
}

}  // namespace samepage::cli
