// Records from DBF files, through shapelib.
// SPDX-License-Identifier: MIT
//
// shapelib opens the file and finds its records, deletion marks and code page. What it says of fields is read anew from
// their descriptors, since it knows the types of dBase only and takes no blanks before characters. Whatever a file says
// is checked against its size before it is believed.
#include "dbf_input.hpp"

#include <fmt/format.h>
#include <iconv.h>
#include <shapefil.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "csv.hpp"
#include "dbf_field.hpp"
#include "failure.hpp"
#include "suggest.hpp"

namespace samepage::cli {

namespace {

[[noreturn]] void malformed(const std::string& path, const std::string& why) {
    throw failure(status_error, "malformed", fmt::format("malformed: {}: {}; nothing was put", path, why));
}

// ---- Opening -----------------------------------------------------------------------------------------------------

struct dbf_header {
    std::uint64_t records = 0, header_bytes = 0, record_bytes = 0, file_bytes = 0;
    // How many of its records are in the file.
    std::uint64_t records_there() const noexcept {
        return std::min(records, (file_bytes - header_bytes) / record_bytes);
    }
};

dbf_header read_header(const std::string& path) {
    constexpr std::string_view known_types("\x03\x30\x31\x32\x43\x63\x83\x8b\xcb\xf5\xfb");
    input in = open_input(path);
    std::array<char, 32> bytes{};
    std::size_t got = 0;
    for (std::size_t more = 1; got < bytes.size() && more > 0; got += more)
        more = read_some(in.file.get(), path, std::span(bytes).subspan(got));
    if (got == 0) malformed(path, "it is empty, and no DBF");
    const auto byte = [&](std::size_t at) { return std::uint64_t{static_cast<unsigned char>(bytes[at])}; };
    if (known_types.find(bytes[0]) == std::string_view::npos)
        malformed(path, fmt::format("its first byte is {:#04x}, which no DBF of dBase III or FoxPro has", byte(0)));
    dbf_header h;
    h.records = byte(4) | byte(5) << 8U | byte(6) << 16U | byte(7) << 24U;
    h.header_bytes = byte(8) | byte(9) << 8U;
    h.record_bytes = byte(10) | byte(11) << 8U;
    h.file_bytes = in.size_bytes.value_or(0);
    if (got < bytes.size() || h.header_bytes < 32 + 32 + 1 || h.record_bytes < 2 || h.file_bytes < h.header_bytes)
        malformed(path, "it is cut short, or no DBF");
    return h;
}

// shapelib looks for other names than the one it gets, and says on standard error what it doesn't like.
thread_local const std::string* the_path = nullptr;

SAFile open_for_shapelib(const char* name, const char* access) {
    const std::string_view asked(name);
    const bool is_code_page = asked.ends_with(".cpg") || asked.ends_with(".CPG");
    return reinterpret_cast<SAFile>(std::fopen(is_code_page ? name : the_path->c_str(), access));
}

struct closing {
    void operator()(DBFInfo* file) const noexcept { DBFClose(file); }
};
using dbf_file = std::unique_ptr<DBFInfo, closing>;

dbf_file open_file(const std::string& path) {
    SAHooks hooks;
    SASetupDefaultHooks(&hooks);
    hooks.FOpen = open_for_shapelib;
    hooks.Error = [](const char*) {};
    the_path = &path;
    dbf_file file(DBFOpenLL(path.c_str(), "rb", &hooks));
    if (!file) malformed(path, "it is no DBF");
    return file;
}

// ---- Code pages --------------------------------------------------------------------------------------------------

// What FoxPro's and dBase's headers say, as iconv calls it; nothing for what is unknown.
std::string code_page_of(std::string_view said) {
    struct driver {
        int number;
        const char* name;
    };
    static constexpr driver drivers[] = {
        {0x01, "CP437"},  {0x02, "CP850"},  {0x03, "CP1252"}, {0x08, "CP865"},  {0x09, "CP437"},  {0x0a, "CP850"},
        {0x0b, "CP437"},  {0x0d, "CP437"},  {0x0e, "CP850"},  {0x0f, "CP437"},  {0x10, "CP850"},  {0x11, "CP437"},
        {0x12, "CP850"},  {0x13, "CP932"},  {0x14, "CP850"},  {0x15, "CP437"},  {0x16, "CP850"},  {0x17, "CP865"},
        {0x18, "CP437"},  {0x19, "CP437"},  {0x1a, "CP850"},  {0x1b, "CP437"},  {0x1c, "CP863"},  {0x1d, "CP850"},
        {0x1f, "CP852"},  {0x22, "CP852"},  {0x23, "CP852"},  {0x24, "CP860"},  {0x25, "CP850"},  {0x26, "CP866"},
        {0x37, "CP850"},  {0x40, "CP852"},  {0x4d, "CP936"},  {0x4e, "CP949"},  {0x4f, "CP950"},  {0x50, "CP874"},
        {0x57, "CP1252"}, {0x58, "CP1252"}, {0x59, "CP1252"}, {0x64, "CP852"},  {0x65, "CP866"},  {0x66, "CP865"},
        {0x67, "CP861"},  {0x6a, "CP737"},  {0x6b, "CP857"},  {0x6c, "CP863"},  {0x78, "CP950"},  {0x79, "CP949"},
        {0x7a, "CP936"},  {0x7b, "CP932"},  {0x7c, "CP874"},  {0x7d, "CP1255"}, {0x7e, "CP1256"}, {0xc8, "CP1250"},
        {0xc9, "CP1251"}, {0xca, "CP1254"}, {0xcb, "CP1253"}, {0xcc, "CP1257"}};
    if (said.starts_with("LDID/")) {
        const std::string number(said.substr(5));
        const auto* const found = std::find_if(std::begin(drivers), std::end(drivers),
                                               [&](const driver& d) { return std::to_string(d.number) == number; });
        return found == std::end(drivers) ? "" : found->name;
    }
    // A .cpg file beside it: UTF-8, 1252, ANSI 1252, ISO 88591, 88591.
    for (const std::string_view word : {"ANSI ", "OEM ", "ISO "}) {
        if (said.starts_with(word)) said.remove_prefix(word.size());
    }
    const bool is_number = said.find_first_not_of("0123456789") == std::string_view::npos && !said.empty();
    if (is_number && said.size() > 4 && said.starts_with("8859")) return "ISO-8859-" + std::string(said.substr(4));
    return is_number ? "CP" + std::string(said) : std::string(said);
}

class to_utf8 {
   public:
    // Nothing: bytes stay as they are.
    explicit to_utf8(const std::string& from) : name_(from) {
        if (!from.empty()) converter_ = ::iconv_open("UTF-8", from.c_str());
    }
    to_utf8(const to_utf8&) = delete;
    to_utf8& operator=(const to_utf8&) = delete;
    ~to_utf8() {
        if (is_known()) ::iconv_close(converter_);
    }

    bool is_known() const noexcept { return converter_ != no_converter(); }
    const std::string& name() const noexcept { return name_; }
    // Whether any bytes stayed as they were that aren't ASCII.
    bool has_left_some() const noexcept { return has_left_some_; }

    // False: these bytes are none of that code page. All code pages here have ASCII as it is.
    bool convert(std::string& text) {
        const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
        if (std::all_of(text.begin(), text.end(), is_ascii)) return true;
        if (!is_known()) has_left_some_ = true;
        if (!is_known()) return true;
        std::string out(text.size() * 4, '\0');
        char *from = text.data(), *to = out.data();
        std::size_t from_bytes = text.size(), to_bytes = out.size();
        ::iconv(converter_, nullptr, nullptr, nullptr, nullptr);
        if (::iconv(converter_, &from, &from_bytes, &to, &to_bytes) == static_cast<std::size_t>(-1)) return false;
        out.resize(out.size() - to_bytes);
        text = std::move(out);
        return true;
    }

   private:
    static iconv_t no_converter() noexcept { return reinterpret_cast<iconv_t>(-1); }

    std::string name_;
    iconv_t converter_ = no_converter();
    bool has_left_some_ = false;
};

// ---- Records -----------------------------------------------------------------------------------------------------

class dbf_input : public record_input {
   public:
    dbf_input(const std::string& path, const std::optional<std::string>& key,
              const std::optional<std::string>& encoding, record_part part)
        : path_(path),
          header_(read_header(path)),
          file_(open_file(path)),
          text_(encoding ? *encoding : code_page_of(DBFGetCodePage(file_.get()) ? DBFGetCodePage(file_.get()) : "")),
          at_(part.number - 1),
          step_(part.count) {
        if (encoding && !text_.is_known())
            throw usage_error("--encoding: there is no code page " + *encoding + " here");
        read_fields();
        std::vector<std::string> names;
        for (const dbf_field& f : fields_) names.push_back(f.name);
        for (std::size_t i = 0; i < names.size(); ++i) add_csv_field(columns_, names[i], i == 0);
        key_ = key ? column_of(path, *key, names, columns_) : 0;
    }

    std::optional<std::string> columns() const override { return columns_; }
    const char* unit() const noexcept override { return "record"; }
    std::uint64_t size_bytes() const noexcept override { return header_.file_bytes; }
    std::uint64_t used_bytes() const noexcept override { return header_.header_bytes + at_ * header_.record_bytes; }

    bool next(record& into) override {
        const std::uint64_t there = header_.records_there();
        into.wrong.clear();
        for (; at_ < there; at_ += step_) {
            const char* const bytes = DBFReadTuple(file_.get(), static_cast<int>(at_));
            if (bytes == nullptr || *bytes != '*') {
                into.line = at_ + 1;
                at_ += step_;
                if (bytes == nullptr) into.wrong = "it can't be read";
                if (bytes != nullptr) take({bytes, static_cast<std::size_t>(header_.record_bytes)}, into);
                return true;
            }
            ++deleted_;
        }
        if (there == header_.records || end_is_told_) return false;
        end_is_told_ = true;
        into.line = there + 1;
        into.wrong =
            fmt::format("the file ends before it, and its header says that there are {} records", header_.records);
        return true;
    }

    std::vector<std::string> remarks() const override {
        std::vector<std::string> all;
        if (deleted_ > 0)
            all.push_back(fmt::format("{} record{} of {} {} marked as deleted, and left out", deleted_,
                                      deleted_ == 1 ? "" : "s", path_, deleted_ == 1 ? "is" : "are"));
        std::string unread;
        for (const dbf_field& f : fields_) {
            if (!f.is_read()) unread += fmt::format("{}{} ({})", unread.empty() ? "" : ", ", f.name, f.type);
        }
        if (!unread.empty())
            all.push_back(
                fmt::format("what isn't in {} itself, as memos, or of a type that is unknown here stays "
                            "empty: {}",
                            path_, unread));
        if (text_.has_left_some())
            all.push_back(
                fmt::format("{} {}; bytes beyond ASCII are left as they are. Say --encoding CP1252, or "
                            "what it is",
                            path_,
                            text_.name().empty() ? "doesn't say its code page"
                                                 : "has a code page that is unknown here: " + text_.name()));
        return all;
    }

   private:
    // A descriptor: 11 bytes name, the type, 4 bytes, the length (of characters 2 bytes), flags at 18.
    void read_fields() {
        std::size_t end = 1;  // behind the deletion mark
        int null_bits = 0;
        for (int i = 0; i < DBFGetFieldCount(file_.get()); ++i) {
            const std::string_view from(file_->pszHeader + std::ptrdiff_t{32} * i, 32);
            const auto byte = [&](std::size_t at) { return std::size_t{static_cast<unsigned char>(from[at])}; };
            dbf_field f;
            f.name = from.substr(0, std::min<std::size_t>(from.find('\0'), 11));
            f.name.erase(f.name.find_last_not_of(' ') + 1);
            f.type = from[11];
            f.begin = end;
            f.bytes = f.type == 'C' ? byte(16) + byte(17) * 256 : byte(16);
            f.is_binary = (byte(18) & 4U) != 0;
            // FoxPro gives a bit to each field that has no fixed length, and one to each that can be nothing.
            if (f.type == 'V' || f.type == 'Q') ++null_bits;
            if ((byte(18) & 2U) != 0) f.null_bit = null_bits++;
            end += f.bytes;
            if (!text_.convert(f.name)) malformed(path_, "a field's name is none of " + text_.name());
            const bool is_systems = (byte(18) & 1U) != 0;  // those bits
            if (is_systems) nulls_ = f;
            if (!is_systems) fields_.push_back(std::move(f));
        }
        if (fields_.empty() || end != header_.record_bytes)
            malformed(path_, fmt::format("its fields have {} bytes together, and its records {}", end - 1,
                                         header_.record_bytes - 1));
    }

    bool is_null(const dbf_field& f, std::string_view bytes) const {
        const auto bit = static_cast<std::size_t>(f.null_bit);
        if (f.null_bit < 0 || bit / 8 >= nulls_.bytes) return false;
        return (std::uint32_t{static_cast<unsigned char>(bytes[nulls_.begin + bit / 8])} >> bit % 8 & 1U) != 0;
    }

    void take(std::string_view bytes, record& into) {
        into.value.clear();
        for (std::size_t i = 0; i < fields_.size(); ++i) {
            const dbf_field& f = fields_[i];
            std::string text;
            if (!is_null(f, bytes)) text = dbf_text(f, bytes.substr(f.begin, f.bytes), into.wrong);
            if (f.type == 'C' && !f.is_binary && !text_.convert(text))
                into.wrong = fmt::format("its field {} is none of {}", f.name, text_.name());
            add_csv_field(into.value, text, i == 0);
            if (i == key_) into.key = std::move(text);
        }
        // One empty field would be a line that is no row.
        if (into.value.empty()) into.value = "\"\"";
        if (into.wrong.empty()) check_key(into);
    }

    std::string path_;
    dbf_header header_;
    dbf_file file_;
    to_utf8 text_;
    std::vector<dbf_field> fields_;
    dbf_field nulls_;
    std::string columns_;
    std::size_t key_ = 0;
    std::uint64_t at_, step_;
    std::uint64_t deleted_ = 0;
    bool end_is_told_ = false;
};

}  // namespace

std::unique_ptr<record_input> open_dbf(const std::string& path, const std::optional<std::string>& key,
                                       const std::optional<std::string>& encoding, record_part part) {
    if (path == "-") throw usage_error("DBF is read from a file, not from standard input");
    return std::make_unique<dbf_input>(path, key, encoding, part);
}

}  // namespace samepage::cli
