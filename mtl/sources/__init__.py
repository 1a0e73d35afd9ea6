"""Where rows come from: one reader per family of formats, each registered as a recipe's `format:`.

Importing this package registers all of them.

arrow        columnar files read by pyarrow, one record batch in memory at a time
base         what a source of rows is: named splits, each a stream of rows that know their place
conll        columns of tokens, one token a line, a blank line after each sentence
conllu       CoNLL-U, the format of Universal Dependencies (https://universaldependencies.org/format.html)
delimited    tables as text: tab-separated (`tsv`, no quoting) and comma-separated (`csv`, quoted as RFC 4180 says)
dividing     how groups of rows are divided: those that stay in train, and those that make up shares of all rows
header       the columns of a table: their names, and how many fields a row has for them
held_out     which rows of a train file are held out of it as dev or test, where these are shares of it
joined_rows  rows that belong together, as they have a value in common
huggingface  local data of the `datasets` library (an optional extra, imported only when such a source is read)
jsonl        JSON lines: one object a line
lines        files that are aligned line by line: one file per column (SNIPS and ATIS: seq.in, seq.out, label)
named_texts  a file of named texts, found by name without being held in memory: queries or documents, one per line
opening      the sources of a recipe, opened
other_kinds  what is found where a file of one kind was expected: text where a table was, a packed file where either was
plain_text   text files as they are: line by line, in rows of so many words or characters, or whole
python       rows from Python: any iterable of dicts, given by library code or named in a recipe
qrels        judgements that name their texts
rereading    rows that are read again: whether they are those of the first time
shares       shares of the train file that are dev or test in place of files: `dev: 10%`
squad        SQuAD's JSON: articles, their paragraphs, questions about each
table_hints  what rows that do not fit their table's columns hint at
text         lines of text files: decoded one by one
torchtext    datasets of torchtext 0.6.0 (an optional extra, imported only when such a source is read)
values       values of typed formats (JSON, Parquet, Arrow, Python) as the library knows them
"""

from . import arrow, conll, conllu, delimited, huggingface, jsonl, lines, plain_text, python, qrels, squad, torchtext
from .base import SPLITS, Row, Source
from .opening import open_sources

__all__ = [
    "SPLITS",
    "Row",
    "Source",
    "arrow",
    "conll",
    "conllu",
    "delimited",
    "huggingface",
    "jsonl",
    "lines",
    "open_sources",
    "plain_text",
    "python",
    "qrels",
    "squad",
    "torchtext",
]
