# Compiles the examples of the README and of the headers, with all warnings: `examples_test.py CXX`.
# SPDX-License-Identifier: MIT
import os
import re
import shutil
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEADERS = ("region", "cell", "channel", "lock", "queue")
FLAGS = ("-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-Wno-unused-variable",
         "-Wno-unused-but-set-variable")
# What examples use that a reader knows to be their own.
BEFORE = """#include <poll.h>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
struct point { std::int32_t x, y; };
struct tick { std::uint64_t number, price; };
struct order { std::int32_t article, count; };
struct receipt { std::int64_t price; };
inline bool do_it(std::string_view) { return true; }
inline receipt handle(order o) { return {std::int64_t{o.count} * 5}; }
inline void repair() {}
"""


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def function(name, scopes):
    """Each scope sees what those before it have declared."""
    return f"int {name}() {{\n" + "".join("{\n" + scope for scope in scopes) + "}" * len(scopes) + "\nreturn 0; }\n"


def of_readme():
    blocks = re.findall(r"```cpp\n(.*?)```", read("README.md"), re.S)
    includes = "".join(line for block in blocks for line in re.findall(r"#include .*\n", block))
    functions = [function(f"readme_{at}", [re.sub(r"#include .*\n", "", block)]) for at, block in enumerate(blocks)]
    assert len(functions) > 2
    return includes + "".join(functions)


def of_header(name):
    """Lines of comments that are indented by three blanks. A comment among them begins what another process does."""
    scopes = []
    inside = False
    for line in read(f"include/samepage/{name}.hpp").splitlines():
        code = re.match(r" *//   (.*)", line)
        if code and (not inside or code.group(1).startswith("// ")):
            scopes.append("")
        if code:
            scopes[-1] += code.group(1) + "\n"
        inside = code is not None
    assert scopes
    return f"#include <samepage/{name}.hpp>\n" + function(f"of_{name}", scopes)


class Examples(unittest.TestCase):
    def compile(self, compiler, text):
        return subprocess.run([compiler, *FLAGS, "-I", f"{ROOT}/include", "-x", "c++", "-"], input=BEFORE + text,
                              capture_output=True, text=True)

    def test_they_compile_without_warnings(self):
        text = of_readme() + "".join(of_header(name) for name in HEADERS)
        for compiler in COMPILERS:
            done = self.compile(compiler, text)
            self.assertEqual(done.returncode, 0, f"{compiler}:\n{text}\n{done.stderr}")

    def test_a_result_that_is_dropped_is_noticed(self):
        text = of_header("region").replace('shared page file.").value();', 'shared page file.");')
        self.assertIn("nodiscard", self.compile(COMPILERS[0], text).stderr)


# Another compiler warns of other things.
OTHER = shutil.which("g++" if "clang" in os.path.basename(sys.argv[1]) else "clang++")
COMPILERS = [sys.argv[1]] + ([OTHER] if OTHER else [])
unittest.main(argv=sys.argv[:1], verbosity=1)
