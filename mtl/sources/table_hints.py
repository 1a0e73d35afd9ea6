"""What rows that do not fit their table's columns hint at: another delimiter, fields in quotation marks."""

from __future__ import annotations

from collections.abc import Sequence

_WRITTEN = {"\t": '"\\t"', ";": '";"', ",": '","', "|": '"|"'}  # delimiters as a recipe writes them
_OWN = {"\t": "tsv", ",": "csv"}  # the formats that have them without being asked


def delimiter_hint(fields: Sequence[str], delimiter: str) -> str:
    """Return a hint where a row is one field, with the delimiter of other tables inside, or an empty string.

    >>> delimiter_hint(["text;label"], ",")
    ' If \\';\\' parts the columns, write \\'delimiter: ";"\\'.'
    >>> delimiter_hint(["text,label"], "\\t"), delimiter_hint(["text"], "\\t")
    (" If ',' parts the columns, write 'format: csv'.", '')
    """
    if len(fields) != 1:
        return ""
    found = max((mark for mark in _WRITTEN if mark != delimiter), key=fields[0].count)
    if found not in fields[0]:
        return ""
    key = f"format: {_OWN[found]}" if found in _OWN else f"delimiter: {_WRITTEN[found]}"
    return f" If {'a tab' if found == chr(9) else repr(found)} parts the columns, write '{key}'."


def quotes_hint(fields: Sequence[str], delimiter: str) -> str:
    """Return a hint where a quotation mark opens or closes one of a row's fields and its other half is not there.

    >>> quotes_hint(["1", '"play'], ";")
    ' If fields in quotation marks go on over several lines, write \\'format: csv\\' and \\'delimiter: ";"\\'.'
    """
    halves = [field for field in fields if field.count('"') % 2 and (field[0] == '"' or field[-1] == '"')]
    if not halves:
        return ""
    key = "" if delimiter == "," else f" and 'delimiter: {_WRITTEN.get(delimiter, chr(34) + delimiter + chr(34))}'"
    return f" If fields in quotation marks go on over several lines, write 'format: csv'{key}."
