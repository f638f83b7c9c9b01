# A wheel is built of the package and installed without a network; what is installed works.
# SPDX-License-Identifier: MIT
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

# Builds the module from the sources with SAMEPAGE_TEST_WHEEL=sources; else it takes the one that is built already.
FROM_SOURCES = os.environ.get("SAMEPAGE_TEST_WHEEL") == "sources"
SOURCE = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = """
import subprocess, sys, samepage
print(samepage.__file__)
with samepage.Table("wheel", codec=str) as table:
    other = "import samepage; samepage.Table.open('wheel')['a'] = 'from another process'"
    subprocess.run([sys.executable, "-c", other], check=True)
    print(table["a"])
"""


class WheelTest(unittest.TestCase):
    def test_pip_installs_what_works(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            # A copy: building leaves files beside the sources.
            package = pathlib.Path(folder, "package")
            shutil.copytree(SOURCE / "bindings" / "python", package,
                            ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
            environment = {**os.environ, "SAMEPAGE_SOURCE": str(SOURCE), "SAMEPAGE_DIR": folder,
                           "PYTHONDONTWRITEBYTECODE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
            environment.pop("PYTHONPATH", None)
            if FROM_SOURCES:
                environment.pop("SAMEPAGE_PYTHON_MODULE", None)
            pip = [sys.executable, "-m", "pip", "--quiet", "--no-cache-dir"]
            self.run_quietly([*pip, "wheel", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", folder,
                              str(package)], environment)
            wheel, = pathlib.Path(folder).glob("*.whl")
            self.assertRegex(wheel.name, r"^samepage_ipc-\d+\.\d+\.\d+-cp311-abi3-\w+\.whl$")
            names = set(zipfile.ZipFile(wheel).namelist())
            for name in ("__init__.py", "_samepage.abi3.so", "_samepage.pyi", "py.typed", "table.py"):
                self.assertIn("samepage/" + name, names)

            into = str(pathlib.Path(folder, "site"))
            self.run_quietly([*pip, "install", "--no-index", "--no-deps", "--target", into, str(wheel)], environment)
            environment["PYTHONPATH"] = into
            printed = self.run_quietly([sys.executable, "-c", PROGRAM], environment).splitlines()
            self.assertTrue(printed[0].startswith(into))
            self.assertEqual(printed[1], "from another process")

    def run_quietly(self, command: list[str], environment: dict[str, str]) -> str:
        done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, f"{command}: {done.stdout}{done.stderr}")
        return done.stdout


if __name__ == "__main__":
    unittest.main()
