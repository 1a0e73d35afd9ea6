"""The wheel: what is in it, and that a bundle answers from it beside onnxruntime and numpy alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # pip builds the wheel and compiles the featurizer
CHECKOUT = Path(__file__).resolve().parent.parent
SOURCES = (
    "mtl",
    "tasks",
    "shared_modules",
    "featurizer_ext",
    "setup.cfg",
    "setup.py",
    "pyproject.toml",
    "README.md",
    "LICENSE",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of its sources, so that the checkout stays as it is."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        source = CHECKOUT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("*.so", "__pycache__", "*.egg-info")
            shutil.copytree(source, folder / "sources" / name, ignore=ignored)
        else:
            shutil.copy(source, folder / "sources" / name)
    quiet = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-index", "--no-build-isolation"]
    command = [sys.executable, "-m", "pip", "wheel", *quiet, "--wheel-dir", folder, folder / "sources"]
    subprocess.run(command, check=True)
    (made,) = folder.glob("*.whl")
    return made


def test_everything_is_in_it(wheel: Path) -> None:
    assert wheel.name.startswith("mtl_nlp-")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        entry_points = archive.read(next(n for n in names if n.endswith("entry_points.txt"))).decode()
    roots = {"mtl": CHECKOUT / "mtl", "mtl_tasks": CHECKOUT / "tasks/mtl_tasks"}
    roots["mtl_modules"] = CHECKOUT / "shared_modules/mtl_modules"
    for package, root in roots.items():
        there = {f"{package}/{file.relative_to(root).as_posix()}" for file in root.rglob("*.py")}
        assert there <= names
        assert f"{package}/py.typed" in names
    assert "mtl/_featurizer.pyi" in names
    assert any(name.startswith("mtl/_featurizer.") and name.endswith((".so", ".pyd")) for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.split("/")[0] for name in names if not name.split("/")[0].endswith(".dist-info")} == set(roots)
    assert "mtl = mtl.cli:main" in entry_points
    assert "[mtl.plugins]" in entry_points


def test_a_bundle_answers_where_there_is_nothing_but_onnxruntime_and_numpy(
    wheel: Path, small_run: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r})\n"
        "import mtl\n"
        f"bundle = mtl.Bundle({str(small_run / 'export')!r})\n"
        "print(mtl.__file__, bundle.predict('intent', ['play yesterday'])[0]['label'])\n"
        "found = {name.partition('.')[0] for name in sys.modules}\n"
        "assert not found & {'torch', 'onnx', 'onnx_ir', 'pydantic', 'pyarrow', 'yaml', 'networkx', 'typer', 'rich'}\n"
    )
    # -I: neither the checkout nor the folder that the tests run in is on the path
    result = subprocess.run(
        [sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert result.stdout == f"{tmp_path / 'site/mtl/__init__.py'} play\n"
