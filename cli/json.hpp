// json_object: fields in the order in which they are set, printed as JSON. A thin face of nlohmann-json.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
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
    json_object& set_null(const char* key);
    // UTF-8 as `key`; other bytes as "base64" instead.
    json_object& bytes(const char* key, std::string_view value);

    std::string dump() const;  // one line, without its end
    static std::string dump(const std::vector<json_object>& values);

   private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace samepage::cli
