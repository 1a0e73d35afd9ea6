"""Texts beyond ASCII from rows to verified graphs: what is normalized in training is in the graphs too."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import mtl
from tests import small

ACCENTED = str.maketrans({"e": "é", "a": "Å", "o": "Ö", "k": "\u212a", "n": "n\u0303", "i": "ｉ"})


def rows() -> dict[str, list[dict[str, str]]]:
    """The small data, in training as it is and in the test split in capitals, accented and in full width."""
    plain = [dict(zip(("text", "intent", "slots"), row, strict=True)) for row in small.rows()]
    odd = [{**row, "text": row["text"].translate(ACCENTED).upper()} for row in plain]
    return {"train": plain, "dev": plain[::3], "test": [*plain[::5], *odd]}


@pytest.mark.parametrize(
    ("reading", "known"),
    [
        pytest.param("lowercase: true", False, marks=pytest.mark.slow),
        pytest.param("lowercase: ascii", False, marks=pytest.mark.slow),
        ("lowercase: true, strip_accents: true, nfkc: true", True),
    ],
)
def test_a_run_on_texts_beyond_ascii(reading: str, known: bool, tmp_path: Path) -> None:
    recipe = small.RECIPE.replace("lowercase: true", reading).replace("format: tsv", "format: python")
    for split in ("train", "dev", "test"):
        recipe = recipe.replace(f"    {split}: {split}.tsv\n", "")
    (tmp_path / "recipe.yaml").write_text(recipe, encoding="utf-8")
    given = {"utterances": rows()}
    run = mtl.run(tmp_path / "recipe.yaml", out=tmp_path / "run", sources=given, overrides=["train.epochs=4"])
    assert run.manifest["verified"]["rows"] == {"intent": len(rows()["test"]), "slots": len(rows()["test"])}
    texts = ["put on blackbird", "PUT ON BLACKBIRD", "PÙT Ｏn blÅc\u212abírd"]
    session = onnxruntime.InferenceSession(tmp_path / "run/export/slots.onnx")
    tokens, tags = session.run(["tokens", "tags"], {"text": np.array(texts, object)})
    assert tokens.tolist() == [text.split() for text in texts]  # as they are in the text
    assert tags.tolist() == [prediction["tags"] for prediction in run.predict("slots", texts)]
    scores = onnxruntime.InferenceSession(tmp_path / "run/export/intent.onnx").run(
        ["scores"], {"text": np.array(texts, object)}
    )[0]
    assert (scores[0] == scores[1]).all()
    assert bool((scores[0] == scores[2]).all()) is known
    described = json.loads((tmp_path / "run/export/manifest.json").read_text())["tasks"]["intent"]["front_ends"]["text"]
    assert described == {
        "tokenizer": "unicode_words",
        "lowercase": "ascii" if "ascii" in reading else True,
        "max_tokens": None,
        "strip_accents": known,
        "nfkc": known,
        "max_pieces": None,
    }
