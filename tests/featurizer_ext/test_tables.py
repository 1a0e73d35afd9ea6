import functools
import itertools
import sys
import unicodedata

import pytest

from mtl.text.featurizer import (
    UNICODE_VERSION,
    extend_ranges,
    flag_letter_ranges,
    pictographic_ranges,
    space_ranges,
    word_ranges,
)
from tests.featurizer_ext.generators import generator


@pytest.fixture(scope="module")
def generate_tables():
    module = generator("generate_tables")
    ranges = module.ranges
    module.ranges = functools.cache(lambda holds: list(ranges(holds)))  # the header and the compiled ones need them
    return module


@pytest.mark.slow  # the script looks at every code point for every range
@pytest.mark.skipif(unicodedata.unidata_version != UNICODE_VERSION, reason="this Python has another Unicode version")
def test_header_is_what_the_script_writes(generate_tables):
    assert generate_tables.HEADER.read_text(encoding="utf-8") == generate_tables.header()


@pytest.mark.slow  # the script looks at every code point for every range
@pytest.mark.skipif(unicodedata.unidata_version != UNICODE_VERSION, reason="this Python has another Unicode version")
def test_compiled_ranges_are_the_header_s(generate_tables):
    assert word_ranges() == generate_tables.ranges(generate_tables.is_word)
    assert extend_ranges() == generate_tables.ranges(generate_tables.is_extend)
    assert space_ranges() == generate_tables.ranges(generate_tables.is_space)
    assert pictographic_ranges() == generate_tables.ranges(generate_tables.is_pictographic)
    assert flag_letter_ranges() == generate_tables.ranges(generate_tables.is_flag_letter)


def test_white_space_is_what_python_calls_so_but_for_separators_of_files_and_records():
    space = {chr(c) for first, last in space_ranges() for c in range(first, last + 1)}
    python = {chr(c) for c in range(sys.maxunicode + 1) if chr(c).isspace()}
    assert python - space == {"\x1c", "\x1d", "\x1e", "\x1f"}
    assert len(space) == 25


def test_classes_share_no_character_and_are_in_order():
    classes = (word_ranges(), extend_ranges(), space_ranges(), pictographic_ranges(), flag_letter_ranges())
    for ranges in classes:
        assert all(first <= last for first, last in ranges)
        assert all(last + 1 < first for (_, last), (first, _) in itertools.pairwise(ranges))
    members = [{c for first, last in ranges for c in range(first, last + 1)} for ranges in classes]
    for one, other in itertools.combinations(members, 2):
        assert one.isdisjoint(other)


def test_pictographs_are_symbols_or_not_yet_assigned():
    found = {unicodedata.category(chr(c)) for first, last in pictographic_ranges() for c in range(first, last + 1)}
    assert found == {"So", "Sm", "Po", "Pd", "Cn"}
    assert all(any(first <= ord(c) <= last for first, last in pictographic_ranges()) for c in "©❤☎👨🔥🧑🫠♂")
