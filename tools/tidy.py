#!/usr/bin/env python3
# Checks the rules of this repository that no other tool knows: `tidy.py [ROOT]`; ends with 1 when one is broken.
# SPDX-License-Identifier: MIT
#
# Each rule is a function that yields (path, line number, what is wrong). tests/check/tidy_test.py breaks each once.
import os
import re
import subprocess
import sys

COLUMNS_MAX = 120
LINES_MAX = 600
C_HEADER = "include/samepage/samepage.h"  # a stable interface is one file, that all languages read
C_HEADER_LINES_MAX = 800
CODE = (".cpp", ".hpp", ".c", ".h")
SCRIPTS = (".py", ".sh", ".bash", ".cmake", ".in")
COMMENTED = CODE + SCRIPTS + (".pml",)
MARK = re.compile(r"^(//|/\*|#|;) ?(.*?)(\*/)?$")
# Written in two parts, because this file obeys its own rules.
LEFT_FOR_LATER = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b|\bfor " r"now\b|not implemented " r"yet")
MACHINE_PATH = re.compile(r"(^|[^A-Za-z])(/wo" r"rk/|/fa" r"rm/|/tmp/bash" r"_jobs|/ro" r"ot/|/home/[a-z])")
SYSTEM_MACRO = re.compile(r"\b(_WIN32|_WIN64|_MSC_VER|__MINGW32__|__linux__|__unix__|__APPLE__)\b")
ORDER = re.compile(r"\bmemory_order(?:_|::)(relaxed|consume|acquire|release|acq_rel)\b")
PAIR = re.compile(r"\bpairs with\b.*? \(([a-z][a-z0-9 _-]*)\)")


class file:
    def __init__(self, root, path):
        self.path = path
        self.name = os.path.basename(path)
        self.suffix = os.path.splitext(path)[1]
        with open(os.path.join(root, path), "rb") as opened:
            bytes_read = opened.read()
        self.is_text = b"\0" not in bytes_read
        self.lines = bytes_read.decode("utf-8", "replace").splitlines() if self.is_text else []
        self.is_code = self.suffix in CODE
        self.has_shebang = bool(self.lines) and self.lines[0].startswith("#!")
        self.is_commented = (self.suffix in COMMENTED or self.has_shebang or self.name == "CMakeLists.txt"
                             or self.name in (".clang-format", ".clang-tidy"))

    def under(self, *folders):
        return self.path.startswith(folders)


def read_files(root):
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard", "-z"], capture_output=True)
    if listed.returncode == 0:
        paths = [os.fsdecode(p) for p in listed.stdout.split(b"\0") if p]
    else:  # an unpacked archive
        paths = []
        for folder, folders, names in os.walk(root):
            folders[:] = [f for f in folders if f not in ("build", ".git", ".cache", "__pycache__")]
            paths += [os.path.relpath(os.path.join(folder, n), root) for n in names]
    return [file(root, p) for p in sorted(set(paths)) if os.path.isfile(os.path.join(root, p))
            and not os.path.islink(os.path.join(root, p))]


def code_of(line):
    """The line without its comment and without what stands in string literals."""
    line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
    return re.sub(r"//.*|/\*.*?\*/|/\*.*", "", line)


def comment_of(line):
    found = re.search(r"//(.*)|/\*(.*)", line)
    return (found.group(1) or found.group(2) or "").strip() if found else ""


def first_lines(files):
    """The first line says in one sentence what the file is, the next names the licence."""
    for f in files:
        if not f.is_commented:
            continue
        top = f.lines[1:] if f.has_shebang else f.lines
        sentence = MARK.match(top[0].strip()) if top else None
        text = sentence.group(2).strip() if sentence else ""
        if len(text.split()) < 3 or text[-1] not in ".:":
            yield f.path, 1, "the first line must say in one sentence what the file is"
        if len(top) < 2 or not re.match(r"^(//|/\*|#|;) SPDX-License-Identifier: MIT( \*/)?$", top[1].strip()):
            yield f.path, 2, "the line after the first must be 'SPDX-License-Identifier: MIT'"


def columns(files):
    """120 columns; tables and addresses in documents may be longer."""
    for f in files:
        if not f.is_commented and f.suffix not in (".md", ".scd"):
            continue
        for number, line in enumerate(f.lines, 1):
            free = f.suffix == ".md" and (line.lstrip().startswith("|") or "://" in line)
            if len(line) > COLUMNS_MAX and not free:
                yield f.path, number, f"{len(line)} columns, more than {COLUMNS_MAX}"
            if line != line.rstrip() and f.suffix != ".md":
                yield f.path, number, "blanks at the end of the line"


def lengths(files):
    """A file is one subject."""
    for f in files:
        most = C_HEADER_LINES_MAX if f.path == C_HEADER else LINES_MAX
        if (f.is_commented or f.suffix == ".js") and len(f.lines) > most:
            yield f.path, 1, f"{len(f.lines)} lines, more than {most}: split it by subject"


def system_macros(files):
    """Only src/os and export.hpp know on which system they are."""
    for f in files:
        if not f.is_code or f.under("src/os/") or f.path == "include/samepage/export.hpp":
            continue
        for number, line in enumerate(f.lines, 1):
            if SYSTEM_MACRO.search(code_of(line)):
                yield f.path, number, "only src/os and export.hpp may ask which system this is"


def words_near(lines, at):
    """The comment on this line and those above it, up to a blank line or twelve lines."""
    near = [comment_of(lines[at])]
    for line in reversed(lines[max(0, at - 12):at]):
        if not line.strip():
            break
        near.insert(0, comment_of(line))
    return " ".join(part for part in near if part)


def comment_blocks(lines):
    """(line number, words) of each run of lines that have comments."""
    start, block = 0, []
    for number, line in enumerate(lines + [""], 1):
        words = comment_of(line)
        if words:
            start = start if block else number
            block.append(words)
        elif block:
            yield start, " ".join(block)
            block = []


def memory_orders(files):
    """Each order that isn't the default says why; each pair's tag stands at both ends.

    Why relaxed is enough may stand once for a whole file, in the comment that opens it."""
    ends = {}
    for f in files:
        if not f.is_code or not f.under("src/", "include/"):
            continue
        opening = next((i for i, line in enumerate(f.lines) if not line.startswith("//")), len(f.lines))
        relaxed_throughout = any("relaxed:" in line for line in f.lines[:opening])
        for number, line in enumerate(f.lines, 1):
            for order in ORDER.findall(code_of(line)):
                words = words_near(f.lines, number - 1)
                if order == "relaxed":
                    if "relaxed:" not in words and not relaxed_throughout:
                        yield f.path, number, "memory_order relaxed needs a comment 'relaxed: why'"
                elif not PAIR.search(words) and f"{order}: there is no partner" not in words:
                    yield f.path, number, f"memory_order {order} needs a comment '{order}: pairs with … (tag)'"
        for number, words in comment_blocks(f.lines):
            for tag in PAIR.findall(words):
                ends.setdefault(tag, []).append((f.path, number))
    for tag, places in sorted(ends.items()):
        if len(places) < 2:
            yield *places[0], f"the tag ({tag}) stands at one end only"


def public_headers(files):
    """A public header brings in no system header and no macro of a foreign name."""
    for f in files:
        # The exception has Windows' names for its purpose.
        if not f.is_code or not f.under("include/") or f.under("include/samepage/win32"):
            continue
        for number, line in enumerate(f.lines, 1):
            included = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
            defined = re.match(r"\s*#\s*define\s+(\w+)", line)
            if included:
                mark, name = included.groups()
                standard = "/" not in name and ("." not in name or name in ("stddef.h", "stdint.h", "stdbool.h"))
                if not (name.startswith("samepage/") or (mark == "<" and standard)):
                    yield f.path, number, f"a public header must not include {name}"
            if defined and not defined.group(1).startswith("SAMEPAGE_"):
                yield f.path, number, f"a public header must not define {defined.group(1)}"


def names_in(text):
    """Patterns of the files that a CMake list or a script names; ${…} stands for anything."""
    for name in re.findall(r"[\w.${}/-]+\.(?:cpp|c|py|sh|pml)\b", text):
        name = re.sub(r"^(\.\./|\./|\$\{\w+\}/)+", "", name)
        yield re.compile("(^|/)" + "[^/]+".join(re.escape(part) for part in re.split(r"\$\{\w+\}", name)) + "$")


def dead_files(files):
    """What nothing builds, runs or includes is dead."""
    named, stems, included = [], {}, set()
    for f in files:
        text = "\n".join(f.lines)
        if f.name == "CMakeLists.txt" or f.suffix == ".cmake" or f.has_shebang:
            named += [(f.path, pattern) for pattern in names_in(text)]
            for word in re.findall(r"\w+", text):
                stems.setdefault(word, set()).add(f.path)
        if f.suffix == ".py":
            for word in re.findall(r"^\s*(?:import|from) (\w+)", text, re.MULTILINE):
                stems.setdefault(word, set()).add(f.path)
        if f.is_code:
            included.update(os.path.basename(name) for name in re.findall(r'#\s*include\s*[<"]([^>"]+)', text))
    for f in files:
        # A list of tests, benches or models may name them without what they all have in common.
        stem = re.sub(r"_(test|bench|fuzz)$", "", os.path.splitext(f.name)[0])
        is_named = any(path != f.path and pattern.search(f.path) for path, pattern in named)
        if f.suffix in (".cpp", ".c", ".py", ".sh", ".pml") and not is_named and not stems.get(stem, set()) - {f.path}:
            yield f.path, 1, "no CMake list and no script names this file"
        if f.suffix in (".hpp", ".h") and not f.under("include/") and f.name not in included:
            yield f.path, 1, "nothing includes this header"


def forbidden_words(files):
    """What is left for later is an issue, not a comment; and nothing may lead to somebody's machine."""
    for f in files:
        for number, line in enumerate(f.lines, 1):
            history = f.name.startswith("CHANGELOG") or f.under("docs/decisions/")
            if LEFT_FOR_LATER.search(line) and not history:
                yield f.path, number, f"left for later: '{LEFT_FOR_LATER.search(line).group(0)}'"
            if MACHINE_PATH.search(line):
                yield f.path, number, "a path of one machine"


def links(files):
    """Documents lead only to what exists."""
    paths = {f.path for f in files}
    folders = {os.path.dirname(p) for p in paths}
    for f in files:
        if f.suffix != ".md":
            continue
        for number, line in enumerate(f.lines, 1):
            for target in re.findall(r"\]\(([^)#\s]+)", line):
                if "://" in target or target.startswith("mailto:"):
                    continue
                path = os.path.normpath(os.path.join(os.path.dirname(f.path), target))
                if path not in paths and path not in folders:
                    yield f.path, number, f"the link to {target} leads nowhere"


RULES = (first_lines, columns, lengths, system_macros, memory_orders, public_headers, dead_files, forbidden_words,
         links)


def broken(root):
    """How many files there are, and what is wrong with them: (path, line number, what, rule)."""
    files = read_files(root)
    return len(files), [(path, number, what, rule.__name__) for rule in RULES for path, number, what in rule(files)]


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    count, found = broken(root)
    if not count:
        sys.exit(f"tidy: there are no files in {root}")
    for path, number, what, rule in found:
        print(f"{path}:{number}: {what} [{rule}]")
    print(f"tidy: {count} files, {len(found)} broken rules")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
