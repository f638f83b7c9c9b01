# mypy in its strict mode accepts the package, and a program that uses it.
# SPDX-License-Identifier: MIT
import pathlib
import subprocess
import sys
import tempfile
import unittest

import samepage


class TypesTest(unittest.TestCase):
    def test_mypy(self) -> None:
        package = pathlib.Path(samepage.__file__).parent
        program = pathlib.Path(__file__).with_name("typed_program.py")
        with tempfile.TemporaryDirectory() as cache:
            # Outside the environment's packages, so that an installed one is not looked at instead.
            done = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", cache,
                                   str(package), str(program)], cwd=package.parent, capture_output=True, text=True)
        self.assertEqual((done.stdout, done.returncode), ("", 0), done.stderr)


if __name__ == "__main__":
    unittest.main()
