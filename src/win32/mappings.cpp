// CreateFileMapping and OpenFileMapping: handles on regions.
// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <string_view>

#include "win32/objects.hpp"

namespace samepage::win32 {

namespace {

constexpr std::uint64_t page_bytes = 4096;
constexpr std::size_t name_units_max = 260;            // MAX_PATH
constexpr std::size_t name_bytes_max = 200;            // samepage's
constexpr std::uint64_t size_bytes_max = 1ULL << 47U;  // more than any process can map

region_options windows_only(bool may_write) {
    region_options options;
    options.access = may_write ? access::read_write : access::read_only;
    options.map_whole = false;
    return options;
}

// Windows' rules for names that samepage's differ from. 0: it may be one.
DWORD refuse_name(std::string_view name) {
    std::string_view rest = name;
    for (const std::string_view prefix : {std::string_view("Local\\"), std::string_view("Global\\")}) {
        if (rest.substr(0, prefix.size()) == prefix) rest.remove_prefix(prefix.size());
    }
    if (rest.find('\\') != std::string_view::npos) return ERROR_PATH_NOT_FOUND;
    if (name.size() > name_units_max || rest.size() > name_bytes_max) return ERROR_FILENAME_EXCED_RANGE;
    // To samepage that would be a path. Windows allows it; nobody's names have one.
    if (rest.find('/') != std::string_view::npos) return ERROR_INVALID_NAME;
    return 0;
}

HANDLE made(result<region> memory, bool may_write, bool named) {
    if (!memory) return fail(code_of(memory.error()));
    auto mapping = std::make_shared<file_mapping>();
    mapping->size_bytes = memory->size();
    mapping->may_write = may_write;
    const bool existed = named && !memory->created();
    mapping->memory = std::move(*memory);
    const HANDLE handle = new_handle({nullptr, std::move(mapping)});
    SetLastError(existed ? ERROR_ALREADY_EXISTS : NO_ERROR);
    return handle;
}

HANDLE map_page_file(std::uint64_t size_bytes, bool may_write, const std::optional<std::string>& name) {
    if (size_bytes == 0) return fail(ERROR_INVALID_PARAMETER);
    if (size_bytes > size_bytes_max) return fail(ERROR_NOT_ENOUGH_MEMORY);
    // Windows counts memory in pages, and views may use all of the last.
    const std::uint64_t whole_bytes = (size_bytes + page_bytes - 1) / page_bytes * page_bytes;
    if (!name) return made(region::anonymous(whole_bytes, windows_only(true)), may_write, false);
    return made(region::create(*name, whole_bytes, windows_only(true)), may_write, true);
}

HANDLE map_file(const open_file& file, std::uint64_t size_bytes, bool may_write,
                const std::optional<std::string>& name) {
    if (may_write && !file.may_write) return fail(ERROR_ACCESS_DENIED);
    struct stat found {};
    if (::fstat(file.descriptor, &found) != 0) return fail(ERROR_INVALID_HANDLE);
    const auto file_bytes = static_cast<std::uint64_t>(found.st_size);
    if (size_bytes == 0 && file_bytes == 0) return fail(ERROR_FILE_INVALID);
    if (size_bytes > file_bytes && !may_write) return fail(ERROR_NOT_ENOUGH_MEMORY);
    const region_options options = windows_only(may_write);
    if (!name) return made(region::from_native(file.descriptor, size_bytes, options), may_write, false);
    return made(region::create(*name, size_bytes, file.descriptor, options), may_write, true);
}

HANDLE create(HANDLE file, DWORD protection, std::uint64_t size_bytes, const std::optional<std::string>& name) {
    const DWORD access_part = protection & 0xFFU;
    if (access_part != PAGE_READONLY && access_part != PAGE_READWRITE && access_part != PAGE_WRITECOPY) {
        return fail(ERROR_INVALID_PARAMETER);
    }
    if (name && name->empty()) return create(file, protection, size_bytes, std::nullopt);
    if (name) {
        if (const DWORD code = refuse_name(*name); code != 0) return fail(code);
    }
    const bool may_write = access_part == PAGE_READWRITE;
    // FoxPro's 2^32 arrives as 0 in a 32-bit INTEGER, and the kernel takes both for the page file.
    if (file == nullptr || file == INVALID_HANDLE_VALUE) return map_page_file(size_bytes, may_write, name);
    const object found = find_handle(file);
    if (!found.file) return fail(ERROR_INVALID_HANDLE);
    return map_file(*found.file, size_bytes, may_write, name);
}

HANDLE open(DWORD wanted, const std::optional<std::string>& name) {
    if (!name || name->empty()) return fail(ERROR_INVALID_PARAMETER);
    if (const DWORD code = refuse_name(*name); code != 0) return fail(code);
    const bool may_write = (wanted & FILE_MAP_WRITE) != 0;
    auto memory = region::open(*name, windows_only(may_write));
    if (!memory) return fail(code_of(memory.error()));
    const DWORD before = GetLastError();
    const HANDLE handle = made(std::move(memory), may_write, false);
    SetLastError(before);
    return handle;
}

std::uint64_t whole(DWORD high, DWORD low) { return std::uint64_t{high} << 32U | low; }

std::optional<std::string> text_of(LPCSTR text) {
    return text == nullptr ? std::nullopt : std::optional<std::string>(text);
}

}  // namespace

}  // namespace samepage::win32

HANDLE CreateFileMappingA(HANDLE file, LPSECURITY_ATTRIBUTES, DWORD protection, DWORD size_high, DWORD size_low,
                          LPCSTR name) {
    return samepage::win32::create(file, protection, samepage::win32::whole(size_high, size_low),
                                   samepage::win32::text_of(name));
}

HANDLE CreateFileMappingW(HANDLE file, LPSECURITY_ATTRIBUTES, DWORD protection, DWORD size_high, DWORD size_low,
                          LPCWSTR name) {
    return samepage::win32::create(file, protection, samepage::win32::whole(size_high, size_low),
                                   samepage::win32::utf8_of(name));
}

HANDLE OpenFileMappingA(DWORD wanted, BOOL, LPCSTR name) {
    return samepage::win32::open(wanted, samepage::win32::text_of(name));
}

HANDLE OpenFileMappingW(DWORD wanted, BOOL, LPCWSTR name) {
    return samepage::win32::open(wanted, samepage::win32::utf8_of(name));
}
