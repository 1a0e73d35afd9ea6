# ruff: noqa: E501  # messages stand in one piece
from __future__ import annotations

from importlib.metadata import EntryPoints
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pydantic
import pytest

from mtl.base import registry
from mtl.base.errors import UsageError
from mtl.base.registry import Address, InitialFile
from mtl.evaluate.metrics import Metric
from mtl.model.module import Decoder, Embedding
from mtl.recipe.task import Task

if TYPE_CHECKING:
    from decimal import Decimal


class Composite(Embedding):
    def __init__(
        self,
        features: tuple[Decimal, ...],  # not imported at run time, and not needed then
        *,
        parts: dict[str, Embedding],
        inner: Embedding | None = None,
        dim: int = 3,
        start: InitialFile | None = None,
        how: Literal["sum", "mean"] = "sum",
    ) -> None:
        super().__init__()


class Conditioned(Decoder):
    def __init__(
        self,
        input_dim: int,
        *,
        one: Address | None = None,
        several: list[Address] | None = None,
        either: Address | list[Address] = Address("a.output"),  # noqa: B008
    ) -> None:
        super().__init__()


class Bare(Decoder):
    pass


def test_keyword_only_arguments_are_the_recipe_keys_and_positional_ones_are_inferred() -> None:
    assert list(registry.recipe_keys(Composite)) == ["parts", "inner", "dim", "start", "how"]
    assert registry.inferred_arguments(Composite) == ("features",)
    assert registry.recipe_keys(Bare) == {}
    assert registry.inferred_arguments(Bare) == ()


def test_keys_that_hold_modules() -> None:
    keys = registry.recipe_keys(Composite)
    assert registry.nested_kind(keys["parts"].annotation) == ("embedding", True)
    assert registry.nested_kind(keys["inner"].annotation) == ("embedding", False)
    assert registry.nested_kind(keys["dim"].annotation) is None
    assert registry.nested_kind(keys["how"].annotation) is None


def test_keys_that_hold_addresses() -> None:
    assert registry.address_keys(Conditioned) == ("one", "several", "either")
    assert registry.address_keys(Composite) == ()


@pytest.mark.parametrize(
    ("cls", "values"),
    [
        (Conditioned, {"one": "a.output", "several": ["a.output", "b.output"], "either": ["a.output"]}),
        (Conditioned, {"either": "a.output", "several": None}),
        (Composite, {"parts": {}, "start": "vectors.txt", "inner": "anything"}),
    ],
)
def test_what_a_recipe_may_write(cls: type, values: dict[str, Any]) -> None:
    model = registry.schema(cls).model_validate(values)
    assert {key: getattr(model, key) for key in values} == values


@pytest.mark.parametrize(
    ("cls", "values"),
    [
        (Conditioned, {"one": ["a.output"]}),
        (Conditioned, {"several": "a.output"}),
        (Conditioned, {"either": None}),
        (Composite, {}),
        (Composite, {"parts": {}, "dim": True}),
        (Composite, {"parts": {}, "start": 3}),
        (Composite, {"parts": {}, "features": ()}),
    ],
)
def test_what_a_recipe_may_not_write(cls: type, values: dict[str, Any]) -> None:
    with pytest.raises(pydantic.ValidationError):
        registry.schema(cls).model_validate(values)


def test_types_of_keys_must_be_there_at_run_time() -> None:
    class Wrong(Decoder):
        def __init__(self, *, size: Decimal) -> None:
            super().__init__()

    with pytest.raises(UsageError) as caught:
        registry.recipe_keys(Wrong)
    assert str(caught.value) == (
        f"the types of the recipe keys of {Wrong.__module__}.{Wrong.__qualname__} should be imported when the program "
        "runs, not for type checkers alone. Found: name 'Decimal' is not defined."
    )


def test_registering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._classes, "pooling", {})
    registry.register("pooling", "bare")(Bare)
    registry.register("pooling", "bare")(Bare)
    assert registry.lookup("pooling", "bare") is Bare
    assert registry.name_of(Bare) == "bare"
    assert registry.names("pooling") == ["bare"]
    with pytest.raises(UsageError) as caught:
        registry.register("pooling", "bare")(Composite)
    assert str(caught.value) == (
        f"the pooling 'bare' of {Composite.__module__}.Composite should have a name of its own. "
        f"Found it used by {Bare.__module__}.Bare."
    )
    with pytest.raises(UsageError) as caught:
        registry.lookup("pooling", "baer")
    assert str(caught.value) == "no pooling named 'baer'. Did you mean 'bare'?"
    with pytest.raises(UsageError) as caught:
        registry.lookup("pooling", "mean")
    assert str(caught.value) == (
        "no pooling named 'mean'. There are: bare. A class of your own is visible once its file is named under 'plugins:'."
    )
    with pytest.raises(UsageError) as caught:
        registry.lookup("scorer", "bare")
    assert str(caught.value) == (
        "no scorer named 'bare', which is of the kind 'pooling'. `mtl components scorer` lists what there is."
    )
    del Bare.registered_name  # type: ignore[attr-defined]
    with pytest.raises(UsageError) as caught:
        registry.register("pool", "x")
    assert str(caught.value) == f"no kind of component is called 'pool'. Kinds: {', '.join(registry.KINDS)}."


class Hits:
    """A metric that derives from nothing."""

    def compute(self, gold: Any, predicted: Any) -> dict[str, float]:
        return {"hits": 0.0}


class Aimless(Task):
    units = "rows"


class Untyped(Metric):
    figures = ("x",)

    def __init__(self, *, weight=1.0) -> None:  # type: ignore[no-untyped-def]
        self.weight = weight


@pytest.mark.parametrize(
    ("cls", "kind", "sentence"),
    [
        (
            Hits,
            "metric",
            "the metric 'mine', class Hits: should have elements, axes, figures, higher_is_better, bounded, needs_scope, of_rejections, needs_spans, fitted, gain, as mtl.evaluate.metrics.Metric says. "
            "There is none. Derive it from mtl.evaluate.metrics.Metric.",
        ),
        (
            Aimless,
            "task",
            "the task 'mine', class Aimless: should have predicts, as mtl.recipe.task.Task says. There is none.",
        ),
        (
            Untyped,
            "metric",
            "the metric 'mine', class Untyped: the argument 'weight', a recipe key, should have a type. There is none.",
        ),
    ],
)
def test_a_class_that_cannot_be_of_its_kind_is_refused(cls: type, kind: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        registry.register(kind, "mine")(cls)
    assert str(caught.value) == sentence
    assert "mine" not in registry.names(kind)


def test_plugins_that_cannot_be_imported(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import no_such_module_at_all\n")
    with pytest.raises(UsageError) as caught:
        registry.load_plugins(("bad.py",), tmp_path)
    assert str(caught.value) == (
        "plugin 'bad.py' should be importable. Found ModuleNotFoundError: No module named 'no_such_module_at_all'."
    )
    with pytest.raises(UsageError) as caught:
        registry.load_plugins(("none.py",), tmp_path)
    assert str(caught.value) == f"plugin '{tmp_path / 'none.py'}' should be a Python file. Found nothing there."


def test_a_plugin_file_is_imported_once(tmp_path: Path) -> None:
    (tmp_path / "once.py").write_text("value = []\n")
    assert registry.import_file(tmp_path / "once.py") is registry.import_file(
        tmp_path / ".." / tmp_path.name / "once.py"
    )


def test_plugin_files_of_like_names_are_two_modules(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for number, name in enumerate(("a/b.py", "a_b.py", "a-b.py", "a b.py")):
        (tmp_path / name).write_text(f"value = {number}\n")
    names = ("a/b.py", "a_b.py", "a-b.py", "a b.py")
    assert [registry.import_file(tmp_path / name).value for name in names] == [0, 1, 2, 3]


def test_packages_are_asked_once_until_one_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, real = [], registry.entry_points

    def noting(**wanted: str) -> EntryPoints:
        asked.append(wanted)
        return real(**wanted)

    monkeypatch.setattr(registry, "entry_points", noting)
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(site)
    monkeypatch.syspath_prepend(tmp_path / "no such folder")
    for _ in range(2):
        registry.load_plugins()
    assert asked == [{"group": "mtl.plugins"}]
    (site / "installed_later.py").write_text("1 / 0\n")
    information = site / "installed_later-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: installed-later\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[mtl.plugins]\nlater = installed_later\n")
    with pytest.raises(UsageError) as caught:
        registry.load_plugins()
    assert str(caught.value) == "plugin 'later' should be importable. Found ZeroDivisionError: division by zero."
    monkeypatch.undo()
    registry.load_plugins()
    assert len(asked) == 2
