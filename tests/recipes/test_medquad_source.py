"""The source of MedQuAD: rows, splits by document, and what is missing or malformed."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import DataError
from mtl.base.registry import import_file
from mtl.sources import Row, Source

PLUGIN = Path(__file__).resolve().parents[2] / "recipes" / "medquad.py"
SPLITS = ("train", "dev", "test")
PAIR = (
    '<QAPair pid="1">\n<Question qid="1-1" qtype="causes">{question}</Question>\n<Answer>{answer}</Answer>\n</QAPair>'
)


@pytest.fixture(scope="module")
def plugin() -> Any:
    return import_file(PLUGIN)


def write(folder: Path, number: int, *pairs: tuple[str, str], source: str = ' source="NIDDK"') -> Path:
    file = folder / "5_NIDDK_QA" / f"{number:07}.xml"
    file.parent.mkdir(exist_ok=True)
    text = "\n".join(PAIR.format(question=question, answer=answer) for question, answer in pairs)
    file.write_text(f'<Document id="x"{source}>\n<Focus>Gout</Focus>\n<QAPairs>\n{text}\n</QAPairs>\n</Document>\n')
    return file


def rows(source: Source, base: Path) -> dict[str, list[Row]]:
    return {split: list(source.read(split, base)) for split in SPLITS}


def in_train(plugin: Any) -> int:
    return next(n for n in range(100) if plugin.split_of(f"5_NIDDK_QA/{n:07}") == "train")


def test_a_row_is_a_question_with_its_answer(plugin: Any, tmp_path: Path) -> None:
    number = in_train(plugin)
    pairs = ("What causes Gout ?", "Uric acid\n   &quot;crystals&quot;."), ("Why ?", "So.")
    file = write(tmp_path, number, *pairs)
    source = plugin.MedQuAD(folder=".")
    first, second = source.read("train", tmp_path)
    name = f"5_NIDDK_QA/{number:07}"
    assert dict(first.values) == {
        "question": "What causes Gout ?",
        "answer": 'Uric acid "crystals".',
        "question_type": "causes",
        "source": "NIDDK",
        "focus": "Gout",
        "document": name,
        "pair": f"{name}#1",
    }
    assert sorted(source.columns("train", tmp_path)) == sorted(first.values)
    assert (first.file, first.line) == (str(file), 4)
    assert (second.values["pair"], second.line) == (f"{name}#2", 9)


def test_a_document_without_a_source_has_none(plugin: Any, tmp_path: Path) -> None:
    write(tmp_path, in_train(plugin), ("Why ?", "So."), source="")
    (row,) = plugin.MedQuAD(folder=".").read("train", tmp_path)
    assert row.values["source"] is None


def test_pairs_without_an_answer_and_malformed_documents_are_left_out_and_listed(plugin: Any, tmp_path: Path) -> None:
    number = in_train(plugin)
    file = write(tmp_path, number, ("Why ?", "So."), ("Where ?", " \n "), ("", "Here."))
    broken = file.parent.parent / "9_CDC_QA" / "0000001.xml"
    broken.parent.mkdir()
    for n in range(100):
        broken = broken.with_name(f"{n:07}.xml")
        if plugin.split_of(plugin.document_of(broken)) == "train":
            break
    broken.write_text("<Document>\n<QAPairs>\n</Document>\n")
    source = plugin.MedQuAD(folder=".")
    assert [row.values["pair"] for row in source.read("train", tmp_path)] == [f"5_NIDDK_QA/{number:07}#1"]
    assert [str(fault) for fault in source.skipped_in("train")] == [
        f"{file}:8: answer: should have text. Found none in pair 2.",
        f"{file}:13: question: should have text. Found none in pair 3.",
        f"{broken}:3: should be XML. Found mismatched tag.",
    ]
    with pytest.raises(DataError) as error:
        list(plugin.MedQuAD(folder=".", on_bad_row="error").read("train", tmp_path))
    assert str(error.value) == f"{file}:8: answer: should have text. Found none in pair 2."


def test_a_folder_without_documents_is_told(plugin: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        list(plugin.MedQuAD(folder=".").read("train", tmp_path))
    assert str(error.value) == (
        f"{tmp_path}: should be a folder of MedQuAD's folders of XML documents (1_CancerGov_QA/…). Found no */*.xml."
    )


def test_the_splits_are_shares_of_the_documents(plugin: Any) -> None:
    counts = Counter(plugin.split_of(f"5_NIDDK_QA/{n:07}") for n in range(10_000))
    assert abs(counts["train"] - 8000) < 150
    assert abs(counts["dev"] - 1000) < 100
    assert plugin.split_of("5_NIDDK_QA/0000001") == plugin.split_of("5_NIDDK_QA/0000001")


def test_all_of_medquad_is_read(plugin: Any, data_sets: Callable[[str], Path]) -> None:
    folder = data_sets("medquad")
    source = plugin.MedQuAD(folder=folder.name)
    found = rows(source, folder.parent)
    everything = [row.values for split in SPLITS for row in found[split]]
    documents = {split: {row.values["document"] for row in found[split]} for split in SPLITS}
    assert len(everything) == len({values["pair"] for values in everything}) == 5029
    assert source.skipped == []
    assert not documents["train"] & documents["test"] | documents["train"] & documents["dev"]
    assert not documents["dev"] & documents["test"]
    assert len({values["question_type"] for values in everything}) == 16
    assert Counter(values["source"] for values in everything).keys() == {
        "CancerGov", "CDC", "MPlusHealthTopics", "NIDDK", "NIHSeniorHealth", "NINDS", None,
    }  # fmt: skip


def test_the_script_writes_a_collection(tmp_path: Path) -> None:
    for number in range(60):
        write(tmp_path, number, ("what is gout", f"a  disease\n{number}"), ("why", "acid"))
    done = subprocess.run([sys.executable, PLUGIN, tmp_path], capture_output=True, text=True, check=True)
    lines = [
        f"5_NIDDK_QA/{n:07}#{pair}\t{text}" for n in range(60) for pair, text in ((1, f"a disease {n}"), (2, "acid"))
    ]
    assert sorted(done.stdout.splitlines()) == lines
    done = subprocess.run([sys.executable, PLUGIN], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "usage: python recipes/medquad.py DIR > answers.tsv   (DIR holds 1_CancerGov_QA/, …)\n"
    done = subprocess.run([sys.executable, PLUGIN, tmp_path / "none"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        f"{tmp_path / 'none'}: should be a folder of MedQuAD's folders of XML documents (1_CancerGov_QA/…). "
        "Found no */*.xml.\n"
    )
