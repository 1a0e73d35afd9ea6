"""The tokenizer `wordpiece`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ...base.registry import register
from .alphabet import Alphabet
from .hugging_face import HuggingFaceTokenizer

if TYPE_CHECKING:
    import onnx_ir as ir
    from onnx_ir.tape import Tape


@register("tokenizer", "wordpiece")
class WordPiece(HuggingFaceTokenizer):
    """The words of a BERT tokenizer, in pieces of its vocabulary, from a folder of Hugging Face's with a tokenizer.json.

    `path` is the folder, or the file. Tokens are words; embeddings of pieces (`piece`) read the longest pieces of each,
    from the left, by the ids that the vocabulary has. Its own normalizer says what happens to them: `lowercase` and the
    like of the input are for embeddings of words. What stands for no text, as `[CLS]`, is text where a text has it.
    `sha256` is that of the file; a run's recipe.yaml has it, and the run's folder a copy of the file.
    """

    model: ClassVar[str] = "WordPiece"

    def onnx_pieces_of_words(self, tape: Tape, words: ir.Value) -> tuple[ir.Value, ir.Value]:
        from .wordpiece_graph import WordPieceTables, piece_ids  # it imports what only exporting needs

        model = self.loaded.tree["model"]
        tables = WordPieceTables.of(
            self.loaded.entries,
            Alphabet.of(self.loaded),
            model["continuing_subword_prefix"],
            self.vocabulary.unknown,
            model["max_input_chars_per_word"],
        )
        return piece_ids(tape, words, tables)
