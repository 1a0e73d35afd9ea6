"""Small tokenizers, trained on the texts of recipes/data, as files `tokenizer.json`: for tests and for fuzzing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from tokenizers.normalizers import Normalizer
from tokenizers.pre_tokenizers import PreTokenizer

DATA = Path(__file__).resolve().parent.parent / "recipes/data"
SIZE = 800


class Variant(NamedTuple):
    """A model with what is before it; None for a normalizer that leaves texts as they are."""

    tokenizer: str
    normalizer: Normalizer | None
    pre_tokenizer: PreTokenizer


def _plain() -> Normalizer:
    return normalizers.Sequence([normalizers.NFD(), normalizers.Lowercase(), normalizers.StripAccents()])


VARIANTS = {
    "uncased": Variant("wordpiece", normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()),
    "cased": Variant("wordpiece", normalizers.BertNormalizer(lowercase=False), pre_tokenizers.BertPreTokenizer()),
    "as it is": Variant("wordpiece", None, pre_tokenizers.WhitespaceSplit()),
    "marked": Variant("unigram", None, pre_tokenizers.Metaspace()),
    "plain": Variant(
        "unigram", _plain(), pre_tokenizers.Sequence([pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Metaspace()])
    ),
    "unmarked": Variant("unigram", normalizers.Lowercase(), pre_tokenizers.WhitespaceSplit()),
}


def texts() -> Iterator[str]:
    """Yield the lines of the embedded data, with some that have what these lack."""
    for file in sorted(DATA.rglob("*.tsv")):
        yield from file.read_text("utf-8").splitlines()
    yield from ["Ça dépend, señor: 日本語 を 話す 東京", "한국어 ㎏ ﬁve ▁ ## a▁b ##ing [CLS] <s> İstanbul ß"] * 20


def write(name: str, folder: Path) -> Path:
    """Train one of `VARIANTS` and write its tokenizer.json into a folder; return the folder."""
    variant = VARIANTS[name]
    first, last = ("[CLS]", "[SEP]") if variant.tokenizer == "wordpiece" else ("<s>", "</s>")
    unknown, padding = ("[UNK]", "[PAD]") if variant.tokenizer == "wordpiece" else ("<unk>", "<pad>")
    specials = [padding, unknown, first, last]
    if variant.tokenizer == "wordpiece":
        tokenizer = Tokenizer(models.WordPiece(unk_token=unknown, max_input_chars_per_word=40))
        trainer: Any = trainers.WordPieceTrainer(vocab_size=SIZE, special_tokens=specials, show_progress=False)
    else:
        tokenizer = Tokenizer(models.Unigram())
        trainer = trainers.UnigramTrainer(
            vocab_size=SIZE, special_tokens=specials, unk_token=unknown, show_progress=False
        )
    if variant.normalizer is not None:
        tokenizer.normalizer = variant.normalizer
    tokenizer.pre_tokenizer = variant.pre_tokenizer
    tokenizer.train_from_iterator(texts(), trainer)
    sep, cls = ((mark, tokenizer.token_to_id(mark) or 0) for mark in (last, first))
    tokenizer.post_processor = processors.BertProcessing(sep, cls)
    tokenizer.enable_truncation(6)  # a file says so of texts that a model was trained on: `max_pieces` is in its place
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
