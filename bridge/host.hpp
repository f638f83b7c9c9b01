// host: this machine's bridge as the others know it, and the directory where it keeps that.
// SPDX-License-Identifier: MIT
//
//   host         the id, made once: who owns what at the servers is written with it
//   state.page   a table: how far each object is ("mark …"), and what status shows ("status …")
//
// Crash story: the id is made whole under another name first. A table keeps each record whole.
#pragma once

#include <optional>
#include <string>

#include "failure.hpp"
#include "options.hpp"
#include "samepage/table.hpp"

namespace samepage::bridge {

// Any thread, once it is made.
class host {
   public:
    // Opens the state directory, made if it isn't there. Empty strings: the user's own, the machine's name. Throws
    // failure.
    host(const std::string& directory, const std::string& name);

    const std::string& id() const noexcept { return id_; }
    const std::string& name() const noexcept { return name_; }
    const table_bytes& state() const noexcept { return state_; }
    // What it means for people that state() gave the error.
    std::string trouble(const error& e) const;

   private:
    std::string directory_, id_, name_;
    table_bytes state_;
};

// The state directory for `given`, which may be empty.
std::string state_directory(const std::string& given);
// The table in it, and what it means for people that it can't be opened.
std::string state_page(const std::string& directory);
cli::failure state_failure(const error& e, const std::string& page);

// Which object is at the place: the same as long as it is that one, another one once it was made anew. Errors as
// look_up.
result<std::string> incarnation_of(const std::string& place);

}  // namespace samepage::bridge
