// json_object: fields in the order in which they are set, printed as JSON. A thin face of nlohmann-json.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace samepage::cli {

// nlohmann-json stays inside json.cpp: it costs seconds to compile. Text that is not UTF-8 gets replacement characters;
// bytes that must survive go through bytes().
class json_object {
   public:
    json_object();
    json_object(json_object&&) noexcept;
    ~json_object();

    json_object& set(const char* key, std::string_view value);
    json_object& set(const char* key, const char* value) { return set(key, std::string_view(value)); }
    json_object& set(const char* key, std::uint64_t value);
    json_object& set(const char* key, bool value);
    json_object& set(const char* key, const json_object& value);
    json_object& set(const char* key, const std::vector<json_object>& values);
    json_object& set(const char* key, const std::vector<std::string>& values);
    json_object& set_null(const char* key);
    // UTF-8 as `key`; other bytes as `otherwise` instead.
    json_object& bytes(const char* key, std::string_view value, const char* otherwise = "base64");

    std::string dump() const;  // one line, without its end
    static std::string dump(const std::vector<json_object>& values);

   private:
    struct state;
    std::unique_ptr<state> state_;
};

// The text as JSON has it, with its quotes; nothing where it isn't UTF-8.
std::optional<std::string> json_text(std::string_view text);

bool is_json_object(std::string_view text);

// What the member `name` of the object in `text` says: a text's bytes, or a whole number as it is written. Otherwise
// why not, in `wrong`.
std::string json_member(std::string_view text, const std::string& name, std::string& wrong);

}  // namespace samepage::cli
