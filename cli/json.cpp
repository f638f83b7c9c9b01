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

json_object& json_object::set_null(const char* key) {
    state_->value[key] = nullptr;
    return *this;
}

json_object& json_object::bytes(const char* key, std::string_view value) {
    try {
        [[maybe_unused]] const std::string strict = json(std::string(value)).dump();
        return set(key, value);
    } catch (const json::exception&) {
        return set("base64", base64(value));
    }
}

std::string json_object::dump() const { return line(state_->value); }

std::string json_object::dump(const std::vector<json_object>& values) {
    json array = json::array();
    for (const json_object& v : values) array.push_back(v.state_->value);
    return line(array);
}

}  // namespace samepage::cli
