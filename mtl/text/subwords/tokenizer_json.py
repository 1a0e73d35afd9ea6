"""What a file `tokenizer.json` says, and what of it a graph cannot do.

Source: the serialized form of the package `tokenizers`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...base.errors import listing, some

Tree = Mapping[str, Any]

NORMALIZERS = ("BertNormalizer", "Lowercase", "NFD", "StripAccents")
PRE_TOKENIZERS = ("BertPreTokenizer", "WhitespaceSplit", "Metaspace")
PROCESSORS = ("BertProcessing", "RobertaProcessing", "TemplateProcessing")
_PADDINGS = ("[PAD]", "<pad>")
_OF_GRAPHS = "which is what an exported graph can do"


def normalizers(tree: Tree) -> list[Tree]:
    """Return the normalizers of a file, one after another."""
    return _leaves(tree.get("normalizer"), "normalizers")


def pre_tokenizers(tree: Tree) -> list[Tree]:
    """Return the pre-tokenizers of a file, one after another."""
    return _leaves(tree.get("pre_tokenizer"), "pretokenizers")


def _leaves(value: Any, inner: str) -> list[Tree]:
    if not isinstance(value, Mapping):
        return []
    if value.get("type") == "Sequence":
        return [leaf for part in value.get(inner) or () for leaf in _leaves(part, inner)]
    return [value]


def specials(tree: Tree) -> dict[str, int]:
    """Return the ids of the strings that stand for no text."""
    return {token["content"]: token["id"] for token in tree.get("added_tokens") or () if token.get("special")}


def around(tree: Tree) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the ids that are put before a text, and those after it."""
    processor = tree.get("post_processor") or {}
    if processor.get("type") in ("BertProcessing", "RobertaProcessing"):
        return (processor["cls"][1],), (processor["sep"][1],)
    before: list[int] = []
    after: list[int] = []
    side = before
    for item in processor.get("single") or ():
        if "Sequence" in item:
            side = after
        else:
            side += processor["special_tokens"][item["SpecialToken"]["id"]]["ids"]
    return tuple(before), tuple(after)


def between(tree: Tree) -> tuple[tuple[int, ...] | None, int]:
    """Return the ids between two texts in one row, and the segment of the second text and of what comes after it.

    The ids are None where a file says nothing of two texts, or puts other ids around them than around one, or where
    what comes before the second one is not in segment 0.
    """
    processor = tree.get("post_processor") or {}
    if processor.get("type") == "BertProcessing":
        return (processor["sep"][1],), 1
    if processor.get("type") == "RobertaProcessing":
        return (processor["sep"][1],) * 2, 0
    parts: list[list[int]] = [[]]
    segments: list[set[int]] = [set()]
    texts = []
    for item in processor.get("pair") or ():
        (kind, value), *_ = item.items()
        if kind == "Sequence":
            texts.append((value["id"], value["type_id"]))
            parts.append([])
            segments.append(set())
        else:
            parts[-1] += processor["special_tokens"][value["id"]]["ids"]
            segments[-1].add(value["type_id"])
    if [name for name, _ in texts] != ["A", "B"] or (tuple(parts[0]), tuple(parts[2])) != around(tree):
        return None, 0
    (_, first), (_, second) = texts
    if {first, *segments[0], *segments[1]} != {0} or segments[2] - {second}:
        return None, 0
    return tuple(parts[1]), second


def padding(tree: Tree) -> int | None:
    """Return the id of padding, where a file says which it is, or has one by its usual name."""
    if tree.get("padding"):
        found: int = tree["padding"]["pad_id"]
        return found
    known = specials(tree)
    return next((known[name] for name in _PADDINGS if name in known), None)


def entries(tree: Tree) -> dict[str, int]:
    """Return the ids of a model's vocabulary by its strings."""
    vocabulary = tree["model"]["vocab"]
    if isinstance(vocabulary, Mapping):
        return dict(vocabulary)
    return {piece: number for number, (piece, _) in enumerate(vocabulary)}


def unknown(tree: Tree) -> str | None:
    """Return the entry that stands for what has no pieces; None where there is none."""
    model = tree["model"]
    if model["type"] == "Unigram":
        number = model.get("unk_id")
        return None if number is None else str(model["vocab"][number][0])
    return model.get("unk_token") if model.get("unk_token") in model["vocab"] else None


def faults(tree: Any, model: str, others: Mapping[str, str]) -> Iterator[str]:
    """Yield what keeps a tokenizer with the model of one type from being had in a graph.

    `others` are the names of tokenizers for the models of other types.
    """
    found = tree.get("model") if isinstance(tree, Mapping) else None
    if not isinstance(found, Mapping) or "vocab" not in found:
        yield "should be what the package 'tokenizers' writes, with a 'model' that has a 'vocab'. There is none."
        return
    if found.get("type") == "BPE":
        yield _fault_of_bpe(tree, model)
        return  # its normalizers and pre-tokenizers are made for it
    yield from _faults_of_model(found, model, others)
    yield from _faults_of_normalizers(tree)
    yield from _faults_of_pre_tokenizers(tree)
    ordinary = [token["content"] for token in tree.get("added_tokens") or () if not token.get("special")]
    if ordinary:
        quoted = some(f"'{content}'" for content in ordinary)
        yield f"added tokens should be special ones, as texts are not searched for others. Found {quoted}."
    processor = (tree.get("post_processor") or {}).get("type")
    if processor not in (None, *PROCESSORS):
        yield f"'post_processor' should be {_any(PROCESSORS)}, or null. Found '{processor}'."


def _fault_of_bpe(tree: Tree, model: str) -> str:
    by_bytes = any(leaf.get("type") == "ByteLevel" for leaf in pre_tokenizers(tree))
    what, lacking = (
        ("byte-level BPE, as RoBERTa and GPT-2 have it", "neither the bytes of a text, nor a look-ahead, nor merges")
        if by_bytes
        else ("BPE", "no merges")
    )
    return (
        f"'model' should be of type '{model}', {_OF_GRAPHS}. Found {what}: stock operators have {lacking} by their "
        "ranks. Use an encoder whose tokenizer is WordPiece, such as BERT, DistilBERT or MiniLM."
    )


def _faults_of_model(found: Tree, model: str, others: Mapping[str, str]) -> Iterator[str]:
    kind = found.get("type")
    if kind != model:
        hint = f" Write 'type: {others[str(kind)]}'." if kind in others else ""
        yield f"'model' should be of type '{model}', {_OF_GRAPHS}. Found {_quoted(kind)}.{hint}"
        return
    if found.get("byte_fallback"):
        yield f"'byte_fallback' of the model should be false, {_OF_GRAPHS}. Found true."
    if unknown({"model": found}) is None:
        key, what = ("unk_id", "a number") if model == "Unigram" else ("unk_token", "an entry")
        yield f"'{key}' of the model should be {what} of its vocabulary. Found {_quoted(found.get(key))}."


def _faults_of_normalizers(tree: Tree) -> Iterator[str]:
    names = [str(leaf.get("type")) for leaf in normalizers(tree)]
    others = [name for name in dict.fromkeys(names) if name not in NORMALIZERS]
    if others:
        yield f"normalizers should be {_any(NORMALIZERS)}, {_OF_GRAPHS}. Found {_all(others)}."
    if "NFD" in names and "StripAccents" not in names[names.index("NFD") :]:
        yield "the normalizer 'NFD' should have 'StripAccents' after it: a graph does not order marks. There is none."
    first = next((leaf.get("type") for leaf in pre_tokenizers(tree)), None)
    if first == "Metaspace" and "BertNormalizer" in names:
        yield (
            "'Metaspace' should come after another pre-tokenizer where the normalizer is 'BertNormalizer', which adds "
            "spaces. Found it as the first one."
        )


def _faults_of_pre_tokenizers(tree: Tree) -> Iterator[str]:
    leaves = pre_tokenizers(tree)
    names = [str(leaf.get("type")) for leaf in leaves]
    others = [name for name in dict.fromkeys(names) if name not in PRE_TOKENIZERS]
    if others or not names:
        yield f"pre-tokenizers should be {_any(PRE_TOKENIZERS)}, {_OF_GRAPHS}. Found {_all(others)}."
    if "Metaspace" in names[:-1]:
        yield f"'Metaspace' should be the last pre-tokenizer. Found '{names[-1]}' after it."
    for leaf in leaves:
        if leaf.get("type") == "Metaspace":
            yield from _faults_of_metaspace(leaf, alone=len(leaves) == 1)


def _faults_of_metaspace(leaf: Tree, *, alone: bool) -> Iterator[str]:
    scheme = leaf.get("prepend_scheme", "always" if leaf.get("add_prefix_space", True) else "never")
    allowed = ("always", "first") if alone else ("always",)
    if scheme not in allowed:
        yield (
            f"'prepend_scheme' of 'Metaspace' should be {_any(allowed)}, so that the pieces of a word do not depend on "
            f"its place. Found '{scheme}'."
        )
    if not leaf.get("split", True):
        yield "'split' of 'Metaspace' should be true, as pieces are those of words. Found false."


def _any(names: Sequence[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _all(names: Sequence[str]) -> str:
    return listing(f"'{name}'" for name in names) if names else "nothing"


def _quoted(value: Any) -> str:
    return "nothing" if value is None else f"'{value}'"
