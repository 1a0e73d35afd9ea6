"""The tokenizer `unigram`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ...base.registry import register
from .hugging_face import HuggingFaceTokenizer

if TYPE_CHECKING:
    import onnx_ir as ir
    from onnx_ir.tape import Tape


@register("tokenizer", "unigram")
class Unigram(HuggingFaceTokenizer):
    """Words in the most probable pieces of a Unigram vocabulary, from a file tokenizer.json.

    `path` is the file, or the folder of Hugging Face's that it is in. Tokens are its words; embeddings of pieces
    (`piece`) read the pieces of each, by the ids that the vocabulary has. Its own normalizer says what happens to them:
    `lowercase` and the like of the input are for embeddings of words. What stands for no text, as `<s>`, is text
    where a text has it. `sha256` is that of the file; a run's recipe.yaml has it, and the run's folder a copy of it.
    """

    model: ClassVar[str] = "Unigram"

    def onnx_pieces_of_words(self, tape: Tape, words: ir.Value) -> tuple[ir.Value, ir.Value]:
        from .unigram_graph import piece_ids, tables_of  # it imports what only exporting needs

        return piece_ids(tape, words, tables_of(self.content))
