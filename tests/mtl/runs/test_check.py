from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mtl.base import registry
from mtl.base.errors import RecipeError
from mtl.compile.loading import load_recipe, recipe_from_text
from mtl.graph import drawing
from mtl.graph.build import build_graph
from mtl.graph.sharing_graph import SharingGraph
from mtl.recipe.config import Recipe
from mtl.runs.check import check_recipe
from mtl.runs.meta_model import build_on_meta, placeholder
from mtl.text.tokenizers import Whitespace
from tests import small
from tests.commands import within

PLUGIN = '''
import torch
from mtl.base.errors import WrongValueError
from mtl.text.features import Feature, Ragged
from mtl.model.module import Decoder, Embedding, Representation, PaddedSequence
from mtl.base.registry import register

@register("representation", "{p}_too_wide")
class TooWide(Representation):
    """Says that its vectors are one wider than they are."""
    def __init__(self, input_dim: int) -> None:
        super().__init__()
        self.input_dim = input_dim
    def forward(self, inputs):
        return inputs
    @property
    def output_dim(self):
        return self.input_dim + 1

@register("representation", "{p}_negative")
class Negative(Representation):
    """Cannot be built."""
    def __init__(self, input_dim: int, *, size: int = 1) -> None:
        super().__init__()
        if size < 1:
            raise WrongValueError("size should be a positive number", str(size))

@register("representation", "{p}_broken")
class Broken(Representation):
    """Has a mistake in its constructor."""
    def __init__(self, input_dim: int) -> None:
        super().__init__()
        self.size = {{}}["size"]

@register("representation", "{p}_choosy")
class Choosy(Representation):
    """Takes batches of its own choice."""
    def __init__(self, input_dim: int) -> None:
        super().__init__()
        self.input_dim = input_dim
    def forward(self, inputs):
        count = inputs.values.shape[1]
        if count % 2:
            raise WrongValueError("an even number of tokens should come in", str(count))
        return inputs
    @property
    def output_dim(self):
        return self.input_dim

class OneFace(Feature):
    """A feature that no graph can compute."""
    size = 2
    def compute(self, tokens):
        return Ragged.of([[0 for _ in row] for row in tokens.strings()], self.dtype)

@register("embedding", "{p}_one_face")
class OneFaced(Embedding):
    """Eats it."""
    def __init__(self, features, *, dim: int = 3) -> None:
        super().__init__()
        self.table = torch.nn.Embedding(2, dim)
    @classmethod
    def features(cls):
        return (OneFace(),)
    def forward(self, lengths, *features):
        return PaddedSequence(self.table(features[0]), lengths)
    @property
    def output_dim(self):
        return self.table.embedding_dim
'''


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "mine.py").write_text(PLUGIN.format(p=tmp_path.name), "utf-8")
    return tmp_path


def load(folder: Path, *changes: tuple[str, str], recipe: str = small.RECIPE) -> Recipe:
    text = recipe.replace("seed: 1\n", "seed: 1\nplugins: [mine.py]\n")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after.replace("PLUGIN", folder.name), 1)
    return load_recipe(small.write(folder, text))


def test_a_possible_recipe(folder: Path) -> None:
    report = check_recipe(load(folder))
    assert set(report.parameters) == set(report.graph.components)
    assert report.parameters["encoder"] > 0
    assert report.parameters["words"] == 0  # its parts hold the parameters
    assert report.warnings == report.graph.warnings


def test_nothing_is_allocated(folder: Path) -> None:
    huge = load(folder, ("hidden: 8", "hidden: 50000"))
    model = build_on_meta(build_graph(huge))
    assert all(parameter.is_meta for parameter in model.parameters())
    assert check_recipe(huge).parameters["encoder"] > 10**10


def test_sizes_that_do_not_fit_are_told_at_the_line_of_the_component_that_met_them(folder: Path) -> None:
    recipe = load(folder, ("{type: bilstm, hidden: 8}", "{type: PLUGIN_too_wide}"))
    with pytest.raises(RecipeError) as error:
        check_recipe(recipe)
    file = folder / "small.yaml"
    start = "should take a batch of 2 rows, 3 tokens and 4 characters. Found RuntimeError: "
    rows = str(error.value).splitlines()
    assert len(rows) == 3
    assert rows[0].startswith(f"{file}:")
    assert f"tasks.intent.model.decoder: {start}" in rows[0] + rows[1]
    assert f"tasks.slots.model.decoder: {start}" in rows[0] + rows[1]
    assert rows[2] == f"2 errors in {file}"


def test_a_constructor_that_refuses_its_keys(folder: Path) -> None:
    recipe = load(folder, ("{type: bilstm, hidden: 8}", "{type: PLUGIN_negative, size: -3}"))
    with pytest.raises(RecipeError) as error:
        check_recipe(recipe)
    file = folder / "small.yaml"
    assert str(error.value).splitlines() == [
        f"{file}:24: tasks.intent.model.representation: size should be a positive number. Found -3.",
        f"1 error in {file}",
    ]


def test_a_constructor_with_a_mistake_is_named(folder: Path) -> None:
    file = folder / "small.yaml"
    with pytest.raises(RecipeError) as error:
        check_recipe(load(folder, ("{type: bilstm, hidden: 8}", "{type: PLUGIN_broken}")))
    assert str(error.value).splitlines() == [
        f"{file}:24: tasks.intent.model.representation: should be built from its keys and from what flows in. "
        "Found KeyError: 'size'.",
        f"1 error in {file}",
    ]


def test_a_feature_without_its_second_face(folder: Path) -> None:
    recipe = load(folder, ("char: {type: char_cnn, dim: 4, char_dim: 4}", "char: {type: PLUGIN_one_face}"))
    with pytest.raises(RecipeError) as error:
        check_recipe(recipe)
    file = folder / "small.yaml"
    assert str(error.value).splitlines() == [
        f"{file}:23: tasks.intent.model.embedding.parts.char: every feature should have a method 'onnx', as its tasks "
        "are exported (intent, slots). Found OneFace without one.",
        f"1 error in {file}",
    ]


def test_labels_that_keys_name_are_among_the_placeholders(folder: Path) -> None:
    recipe = load(folder, ("pooling: max", "pooling: max\n      output: {type: softmax, class_weights: {play: 2.0}}"))
    graph = build_graph(recipe)
    assert "play" in placeholder(graph).labels["intent"].names
    check_recipe(recipe)


TWO_POLARITIES = """\
sources: {reviews: {format: tsv, train: reviews.tsv}}
tasks:
  film:
    type: text_classification
    source: reviews
    target: film
    model: {output: {type: softmax, class_weights: {good: 2.0}}}
  actor:
    type: text_classification
    source: reviews
    target: actor
    model: {output: {type: softmax, label_smoothing: 0.1}}
  sound:
    type: text_classification
    source: reviews
    target: sound
share:
  heads: [film.decoder, actor.decoder]
  ends: [actor.output, sound.output]
"""


def test_labels_that_keys_name_are_those_of_all_tasks_that_are_tied_to_have_the_same() -> None:
    recipe = recipe_from_text(TWO_POLARITIES)
    labels = placeholder(build_graph(recipe)).labels
    assert [labels[task].names for task in recipe.tasks] == [("B-a", "I-a", "O", "good")] * 3
    check_recipe(recipe)


def refused(recipe: Recipe, **settings: bool) -> list[str]:
    with pytest.raises(RecipeError) as error:
        check_recipe(recipe, **settings)
    return str(error.value).splitlines()


def test_a_batch_that_a_module_refuses_is_told_in_its_own_words(folder: Path) -> None:
    recipe = load(folder, ("{type: bilstm, hidden: 8}", "{type: PLUGIN_choosy}"))
    file = folder / "small.yaml"
    assert refused(recipe) == [
        f"{file}:24: tasks.intent.model.representation: an even number of tokens should come in. Found 3.",
        f"1 error in {file}",
    ]


def test_faults_of_every_sort_come_together(folder: Path) -> None:
    recipe = load(
        folder,
        ("word: {type: word, dim: 8}", "word: {type: word, dim: 8, pretrained: vectors.txt}"),
        ("char: {type: char_cnn, dim: 4, char_dim: 4}", "char: {type: PLUGIN_one_face}"),
        ("{type: bilstm, hidden: 8}", "{type: PLUGIN_negative, size: -3}"),
    )
    lines = [row.removeprefix(f"{folder / 'small.yaml'}:").split(":")[0] for row in refused(recipe)]
    assert lines == ["22", "23", "24", f"3 errors in {folder / 'small.yaml'}"]


def test_a_tokenizer_without_a_graph_side(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._classes, "tokenizer", dict(registry._classes["tokenizer"]))

    class Letters(Whitespace):
        """Pieces of one letter each, in training alone."""

        def pieces(self, token: str) -> list[str]:
            return list(token)

    registry.register("tokenizer", "letters")(Letters)
    letters = ("{column: text, lowercase: true}", "{column: text, tokenizer: letters, lowercase: true}")
    file = folder / "small.yaml"
    message = "the tokenizer 'letters' should have a method 'onnx_pieces', as the task is exported. There is none."
    check_recipe(load(folder, letters, letters))  # nothing reads pieces
    piece = ("char: {type: char_cnn, dim: 4, char_dim: 4}", "piece: {type: piece, dim: 4}")
    assert refused(load(folder, letters, letters, piece)) == [
        f"{file}:16: tasks.intent.inputs.text: {message}",
        f"{file}:29: tasks.slots.inputs.text: {message}",
        f"2 errors in {file}",
    ]


# -- files of first weights

VECTORS = ("word: {type: word, dim: 8}", "word: {type: word, dim: 8, pretrained: vectors.txt}")
VECTORS_AT = "22: tasks.intent.model.embedding.parts.word"


def test_a_file_of_vectors_that_is_not_there(folder: Path) -> None:
    recipe = load(folder, VECTORS)
    file = folder / "small.yaml"
    assert refused(recipe) == [
        f"{file}:{VECTORS_AT}.pretrained: should be a file that can be read. "
        f"Found '{folder / 'vectors.txt'}': No such file or directory.",
        f"1 error in {file}",
    ]
    assert check_recipe(recipe, initial=False).parameters["encoder"] > 0


def test_a_folder_is_no_file_of_vectors(folder: Path) -> None:
    (folder / "vectors.txt").mkdir()
    assert refused(load(folder, VECTORS))[0] == (
        f"{folder / 'small.yaml'}:{VECTORS_AT}.pretrained: should be a file that can be read. "
        f"Found '{folder / 'vectors.txt'}': Is a directory."
    )


def test_vectors_of_another_size(folder: Path) -> None:
    (folder / "vectors.txt").write_text("play 1 2 3\n", "utf-8")
    assert refused(load(folder, VECTORS))[0] == (
        f"{folder / 'small.yaml'}:{VECTORS_AT}: 'dim' should be 3, the size of the vectors in "
        f"{folder / 'vectors.txt'}. Found 8. Write 'dim: 3'."
    )
    (folder / "vectors.txt").write_text("play 1 2 3 4 5 6 7 8\n", "utf-8")
    check_recipe(load(folder, VECTORS))


@pytest.mark.parametrize(
    ("made", "found"),
    [
        ((), "'{old}': No such file or directory."),
        (("old",), "'{old}/encoder.safetensors': No such file or directory."),
        (("old/components",), "'{old}/components/encoder.safetensors': No such file or directory."),
    ],
)
def test_weights_that_are_not_there(folder: Path, made: tuple[str, ...], found: str) -> None:
    for path in made:
        (folder / path).mkdir(parents=True)
    recipe = load(folder, ("{type: bilstm, hidden: 8}", "{type: bilstm, hidden: 8, weights: old}"))
    file = folder / "small.yaml"
    assert refused(recipe) == [
        f"{file}:24: tasks.intent.model.representation.weights: should be a file or folder with weights. "
        f"Found {found.format(old=folder / 'old')}",
        f"1 error in {file}",
    ]


def test_weights_of_a_run_that_has_no_best_checkpoint(folder: Path) -> None:
    (folder / "old/checkpoints").mkdir(parents=True)
    recipe = load(folder, ("{type: bilstm, hidden: 8}", "{type: bilstm, hidden: 8, weights: old}"))
    assert refused(recipe)[0] == (
        f"{folder / 'small.yaml'}:24: tasks.intent.model.representation.weights: {folder / 'old/checkpoints'}: should "
        "hold a best checkpoint. There is none."
    )


def test_weights_that_are_there(folder: Path) -> None:
    (folder / "encoder.safetensors").write_bytes(b"read when training begins")
    check_recipe(load(folder, ("{type: bilstm, hidden: 8}", "{type: bilstm, hidden: 8, weights: encoder.safetensors}")))
    check_recipe(load(folder, ("{type: bilstm, hidden: 8}", "{type: bilstm, hidden: 8, weights: .}")))


def test_the_command_checks_without_reading_data(tmp_path: Path) -> None:
    recipe = small.write(tmp_path)
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.tsv").unlink()
    result = within("check", recipe)
    assert result.returncode == 0
    assert result.stdout == f"{recipe}: no faults. 2 tasks, 9 components, 4 of which serve more than one task.\n"


@pytest.mark.parametrize("arguments", [["--sources"], ["--data"], ["--data", "."]])
def test_the_command_reads_the_sources_where_it_is_asked_to(
    tmp_path: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    result = within("check", "small.yaml", *arguments)
    assert result.returncode == 0
    assert "read utterances/train: 45 rows, 207 tokens\n" in result.stdout
    assert "labels of slots: 5\n" in result.stdout


def test_data_elsewhere_that_lacks_a_column(tmp_path: Path) -> None:
    recipe = small.write(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    for split in ("train", "dev", "test"):
        text = (tmp_path / f"{split}.tsv").read_text("utf-8").replace("slots", "slot", 1)
        (other / f"{split}.tsv").write_text(text, "utf-8")
    result = within("check", recipe, "--data", other)
    assert result.returncode == 2
    assert "Did you mean 'slot'?" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(("name", "draw"), [("text", drawing.text), ("mermaid", drawing.mermaid)])
def test_graph(tmp_path: Path, name: str, draw: Callable[[SharingGraph], str]) -> None:
    recipe = small.write(tmp_path)
    result = within("graph", recipe, "--format", name)
    assert result.stdout.rstrip("\n") == draw(build_graph(load_recipe(recipe))).rstrip("\n")


def test_a_drawing_that_does_not_exist(tmp_path: Path) -> None:
    result = within("graph", small.write(tmp_path), "--format", "mermade")
    assert result.returncode == 2
    assert result.stderr == "--format should be text or mermaid. Found 'mermade'. Did you mean 'mermaid'?\n"


def test_a_metric_of_scores_computes_something(tmp_path: Path) -> None:
    text = small.RECIPE.replace("target: intent\n", "target: intent\n    metrics: [accuracy, roc_auc]\n", 1)
    assert check_recipe(load_recipe(small.write(tmp_path, text))).warnings == ()


def test_a_metric_that_computes_nothing(tmp_path: Path) -> None:
    (tmp_path / "idle.py").write_text(
        "from mtl.evaluate.metrics import Metric\n"
        "from mtl.base.registry import register\n"
        "@register('metric', 'test_idle')\n"
        "class Idle(Metric):\n"
        "    '''Says what it measures, not how.'''\n"
        "    figures = ('idle',)\n",
        "utf-8",
    )
    text = small.RECIPE.replace("target: intent\n", "target: intent\n    metrics: [accuracy, test_idle]\n", 1)
    file = small.write(tmp_path, f"plugins: [idle.py]\n{text}")
    line = file.read_text("utf-8").splitlines().index("    metrics: [accuracy, test_idle]") + 1
    with pytest.raises(RecipeError) as error:
        check_recipe(load_recipe(file))
    assert [str(fault) for fault in error.value.faults] == [
        f"{file}:{line}: tasks.intent.metrics.1: the metric 'test_idle', class Idle: should have a method 'compute'. "
        "There is none of its own."
    ]
