"""Tokenizers of subwords that come from a file `tokenizer.json`, as Hugging Face's folders have it.

In training the package `tokenizers` cuts words into pieces; in the exported graph operators of a stock onnxruntime do,
to the same ids.

alphabet         the characters of texts as rows of symbols, which pieces are strings of
characters       what a normalizer makes of each character, and whether a word goes on at it
hugging_face     what tokenizers of such files have in common
matching_graph   the pieces that begin at each symbol, inside the graph
reading          from the file to the tokenizer of the package, and what it knows
strides          strings of symbols as tables, which match several symbols at a time
symbols_graph    words as symbols, inside the graph
tokenizer_json   what such a file says, and what of it a graph cannot do
unigram          the tokenizer `unigram`
unigram_graph    the pieces of a word whose scores have the highest sum, inside the graph
walk_graph       what is reached from some places by jumps, inside the graph
wordpiece        the tokenizer `wordpiece`
wordpiece_graph  the longest pieces of a word, one after another, inside the graph
words_graph      texts as words, inside the graph
"""

from .unigram import Unigram
from .wordpiece import WordPiece

__all__ = ["Unigram", "WordPiece"]
