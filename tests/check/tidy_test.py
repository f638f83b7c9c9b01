#!/usr/bin/env python3
# Whether tools/tidy.py notices: each rule is broken once in a small tree of files, and the same tree unbroken passes.
# SPDX-License-Identifier: MIT
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
sys.dont_write_bytecode = True
import tidy  # noqa: E402

HEAD = "// {}: a file for the test.\n// SPDX-License-Identifier: MIT\n"

# A tree that breaks no rule.
GOOD = {
    "CMakeLists.txt": "# What is built in this tree.\n# SPDX-License-Identifier: MIT\nadd_library(a src/a.cpp)\n",
    "README.md": "# A title\n\nSee [the source](src/a.cpp).\n",
    "include/samepage/a.hpp": HEAD.format("a") + '#include <vector>\n#include "samepage/b.h"\n#define SAMEPAGE_A 1\n',
    "include/samepage/b.h": "/* b: a file for the test. */\n/* SPDX-License-Identifier: MIT */\n#include <stdint.h>\n",
    "src/a.cpp": HEAD.format("a") + '#include "inner.hpp"\n#include "os/b.hpp"\n'
    "x.store(1, std::memory_order_release);  // release: pairs with the acquire in get (publish)\n\n"
    "// acquire: pairs with the release in put, which comes\n// before (publish)\n"
    "return x.load(\n    std::memory_order_acquire);\n\n"
    "y.load(std::memory_order_relaxed);  // relaxed: only this thread writes it\n",
    "src/inner.hpp": HEAD.format("inner"),
    "src/os/b.hpp": HEAD.format("b") + "#ifdef _WIN32\n#endif\n",
}


def broken_with(changes):
    """The rules that the good tree breaks with these files changed ('+': appended to)."""
    files = dict(GOOD)
    for path, text in changes.items():
        if text.startswith("+"):
            files[path] += text[1:]
        else:
            files[path] = text
    with tempfile.TemporaryDirectory() as root:
        write(root, files)
        return {rule for _, _, _, rule in tidy.broken(root)[1]}


def write(root, files):
    for path, text in files.items():
        os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
        with open(os.path.join(root, path), "w", encoding="utf-8") as opened:
            opened.write(text)


def run(files):
    """Exit code and output of the program itself in a tree of these files."""
    with tempfile.TemporaryDirectory() as root:
        write(root, files)
        ended = subprocess.run([sys.executable, tidy.__file__, root], capture_output=True, text=True)
        return ended.returncode, ended.stdout + ended.stderr


class tidy_test(unittest.TestCase):
    def assert_noticed(self, rule, changes):
        self.assertEqual(broken_with(changes), {rule})

    def assert_good(self, changes):
        self.assertEqual(broken_with(changes), set())

    def test_the_program_tells_by_its_exit_code(self):
        self.assertEqual(run(GOOD), (0, f"tidy: {len(GOOD)} files, 0 broken rules\n"))
        code, output = run(GOOD | {"src/inner.hpp": HEAD.format("inner") + "int x; \n"})
        self.assertEqual(code, 1)
        self.assertIn("src/inner.hpp:3: blanks at the end of the line [columns]\n", output)
        self.assertEqual(run({})[0], 1)

    def test_a_good_tree_passes(self):
        self.assert_good({})
        self.assert_good({"src/c.hpp": HEAD.format("c"), "src/a.cpp": '+#include "c.hpp"\n'})

    def test_first_lines(self):
        for text in ("", "\n", "int x;\n", "// a\n// SPDX-License-Identifier: MIT\n",
                     "// This is cut in the\n// middle. SPDX-License-Identifier: MIT\n",
                     "// A sentence without licence.\n",
                     "// A sentence too far from it.\n\n// SPDX-License-Identifier: MIT\n"):
            self.assert_noticed("first_lines", {"src/inner.hpp": text})
        self.assert_noticed("first_lines", {"tool": "#!/bin/sh\necho\n"})

    def test_columns(self):
        self.assert_noticed("columns", {"src/inner.hpp": "+// " + "x" * 118 + "\n"})
        self.assert_noticed("columns", {"src/inner.hpp": "+int x; \n"})
        self.assert_noticed("columns", {"README.md": "+" + "ä" * 121 + "\n"})
        allowed = {"README.md": "+| " + "x" * 140 + " |\n", "src/inner.hpp": "+// " + "ä" * 117 + "\n"}
        self.assert_good(allowed)

    def test_lengths(self):
        self.assert_noticed("lengths", {"src/inner.hpp": "+" + "int x;\n" * 599})
        header = GOOD["include/samepage/b.h"]
        self.assert_good({"include/samepage/samepage.h": header + "int x;\n" * 700})
        self.assert_noticed("lengths", {"include/samepage/samepage.h": header + "int x;\n" * 800})
        self.assert_good({"src/inner.hpp": "+" + "int x;\n" * 598})

    def test_system_macros(self):
        self.assert_noticed("system_macros", {"src/inner.hpp": "+#if defined(_WIN32)\n#endif\n"})
        self.assert_noticed("system_macros", {"include/samepage/a.hpp": "+#ifdef __linux__\n#endif\n"})
        self.assert_good({"src/inner.hpp": '+// no _WIN32 here\nauto s = "_WIN32";\n'})

    def test_memory_orders(self):
        for line in ("x.load(std::memory_order_acquire);", "x.load(std::memory_order_relaxed);",
                     "x.load(std::memory_order::acq_rel);  // pairs with nothing that has a tag",
                     "x.load(std::memory_order_relaxed);  // pairs with the release (publish)",
                     "x.load(std::memory_order_acquire);  // acquire: pairs with the release in put (lonely)",
                     "// acquire: pairs with the release in put (publish)\n\nx.load(std::memory_order_acquire);"):
            self.assert_noticed("memory_orders", {"src/inner.hpp": f"+\n{line}\n"})
        self.assert_good({"src/inner.hpp": "+x.load(std::memory_order_seq_cst);\n"})
        self.assert_good({"src/inner.hpp": "+x.store(1);  // pairs with the acquire in f() (flag)\n\n"
                                           "// acquire: pairs with the store in g() (flag)\n"
                                           "x.load(std::memory_order_acquire);\n"})
        throughout = GOOD["src/inner.hpp"] + "// relaxed: one thread uses it\n\nx.load(std::memory_order_relaxed);\n"
        self.assert_good({"src/inner.hpp": throughout})
        self.assert_good({"src/inner.hpp": "+// acquire: there is no partner, the dead release nothing\n"
                                           "x.load(std::memory_order_acquire);\n"})

    def test_public_headers(self):
        for line in ("#include <unistd.h>", "#include <sys/mman.h>", '#include "inner.hpp"', "#include <fmt/core.h>",
                     "#define PUBLIC 1", "# define MAX 1"):
            self.assert_noticed("public_headers", {"include/samepage/a.hpp": f"+{line}\n"})

    def test_dead_files(self):
        self.assert_noticed("dead_files", {"src/c.cpp": HEAD.format("c")})
        listed = GOOD["CMakeLists.txt"] + "add_library(c c_${system}.cpp)\nadd_test(NAME b.one)\n"
        self.assert_good({"CMakeLists.txt": listed, "src/c_posix.cpp": HEAD.format("c"),
                          "src/one_test.cpp": HEAD.format("d")})
        self.assert_noticed("dead_files", {"CMakeLists.txt": listed, "src/d_posix.cpp": HEAD.format("d")})
        script = "# A script for the test.\n# SPDX-License-Identifier: MIT\n"
        self.assert_good({"used.py": script, "using.py": "#!/bin/python\n" + script + "import used\n",
                          "CMakeLists.txt": GOOD["CMakeLists.txt"] + "add_test(NAME u COMMAND using.py)\n"})
        self.assert_noticed("dead_files", {"unused.py": script})
        self.assert_noticed("dead_files", {"src/d.hpp": HEAD.format("d")})
        self.assert_noticed("dead_files", {"CMakeLists.txt": "# What is built in this tree.\n"
                                           "# SPDX-License-Identifier: MIT\nadd_library(b src/ba.cpp)\n"})

    def test_forbidden_words(self):
        for line in ("// TO" + "DO: later", "// X" + "XX", "// good enough for " + "now", '"/wo' + 'rk/main"'):
            self.assert_noticed("forbidden_words", {"src/inner.hpp": f"+{line}\n"})

    def test_links(self):
        self.assert_noticed("links", {"README.md": "+[gone](docs/gone.md)\n"})
        self.assert_good({"README.md": "+[folder](src) [web](https://example.org/x) [here](#part)\n"})


if __name__ == "__main__":
    unittest.main()
