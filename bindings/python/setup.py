# Builds the extension module with CMake, from the sources of the library beside this folder.
# SPDX-License-Identifier: MIT
#
# SAMEPAGE_PYTHON_MODULE names one that is built already, for whoever builds with CMake anyway; SAMEPAGE_SOURCE the
# library's folder, where this one was copied elsewhere.
import os
import pathlib
import re
import shutil
import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from wheel.bdist_wheel import bdist_wheel

ROOT = pathlib.Path(os.environ.get("SAMEPAGE_SOURCE") or pathlib.Path(__file__).resolve().parents[2])


def version() -> str:
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    found = re.search(r"project\(samepage VERSION ([0-9.]+)", text)
    assert found, "the library's CMakeLists.txt says its version"
    return found.group(1)


class build_with_cmake(build_ext):
    def build_extension(self, ext: Extension) -> None:
        into = pathlib.Path(self.get_ext_fullpath(ext.name))
        into.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(os.environ.get("SAMEPAGE_PYTHON_MODULE") or self.build_module(), into)

    def build_module(self) -> pathlib.Path:
        build = pathlib.Path(self.build_temp).resolve() / "cmake"
        configure = ["cmake", "-S", str(ROOT), "-B", str(build), "-DCMAKE_BUILD_TYPE=Release", "-DSAMEPAGE_PYTHON=ON",
                     "-DPython3_EXECUTABLE=" + sys.executable, "-DSAMEPAGE_CLI=OFF", "-DSAMEPAGE_TESTS=OFF",
                     "-DSAMEPAGE_BENCH=OFF", "-DBUILD_SHARED_LIBS=OFF"]
        if shutil.which("ninja"):
            configure += ["-G", "Ninja"]
        jobs = os.environ.get("SAMEPAGE_JOBS") or str(os.cpu_count() or 1)
        subprocess.run(configure, check=True)
        subprocess.run(["cmake", "--build", str(build), "--target", "samepage_python", "-j", jobs], check=True)
        return build / "bindings" / "python" / "package" / "samepage" / "_samepage.abi3.so"


class stable_wheel(bdist_wheel):
    def get_tag(self) -> tuple[str, str, str]:
        return "cp311", "abi3", super().get_tag()[2]


setup(
    version=version(),
    ext_modules=[Extension("samepage._samepage", sources=[], py_limited_api=True)],
    cmdclass={"build_ext": build_with_cmake, "bdist_wheel": stable_wheel},
)
