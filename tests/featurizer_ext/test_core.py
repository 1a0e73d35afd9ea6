"""The C++ core by itself, compiled with the address and undefined-behaviour sanitizers."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMPILER = shutil.which("c++") or shutil.which("g++")


@pytest.mark.slow
@pytest.mark.skipif(COMPILER is None, reason="no C++ compiler")
@pytest.mark.parametrize("variant", [(), ("-DMTL_PORTABLE",)], ids=["simd", "portable"])
def test_core_on_random_bytes(tmp_path, variant):
    program = tmp_path / "core_test"
    command = [COMPILER, "-std=c++17", "-O1", "-g", "-Wall", "-Wextra", "-Werror", *variant]
    source = Path(__file__).with_name("core_test.cpp")
    sanitize = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    build = [*command, f"-I{ROOT / 'featurizer_ext'}", str(source), "-o", str(program)]
    if subprocess.run([*build, *sanitize], capture_output=True).returncode != 0:
        built = subprocess.run(build, capture_output=True, text=True)  # a compiler without the sanitizers' libraries
        assert built.returncode == 0, built.stderr
    ran = subprocess.run([str(program)], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (0, "0 faults\n"), ran.stdout + ran.stderr
