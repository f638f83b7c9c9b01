// The fields of a DBF record, the tables of dBase and FoxPro, as text.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace samepage::cli {

struct dbf_field {
    std::string name;
    char type = 'C';
    std::size_t begin = 0, bytes = 0;  // in the record
    bool is_binary = false;            // in no code page
    int null_bit = -1;  // in the record's own field of such bits, says that it is nothing; -1: it can't be

    // Whether its contents are in the record, and in a form that is known here.
    bool is_read() const noexcept;
};

// The field's contents, from its bytes in the record: blanks before and behind are no part of numbers, blanks behind
// none of characters; a date is 2026-01-31, a time 2026-01-31T12:00:00, a truth T or F, what isn't filled in is
// nothing. Characters are in the file's code page. `wrong` is set where the bytes can't be of that type.
std::string dbf_text(const dbf_field& field, std::string_view bytes, std::string& wrong);

}  // namespace samepage::cli
