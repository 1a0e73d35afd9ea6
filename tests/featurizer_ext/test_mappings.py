import functools
import unicodedata

import pytest

from mtl import _featurizer
from mtl.text.featurizer import UNICODE_VERSION
from tests.featurizer_ext.generators import generator

pinned = pytest.mark.skipif(
    unicodedata.unidata_version != UNICODE_VERSION, reason="this Python has another Unicode version"
)


@pytest.fixture(scope="module")
def generate_mappings():
    module = generator("generate_mappings")
    for name in ("lower_case", "without_accents", "compatible"):  # the header and the compiled ones need them
        setattr(module, name, functools.cache(getattr(module, name)))
    return module


@pinned
def test_header_is_what_the_script_writes(generate_mappings):
    assert generate_mappings.HEADER.read_text(encoding="utf-8") == generate_mappings.header()


@pinned
def test_compiled_mappings_are_the_script_s(generate_mappings):
    def codes(mapping):
        return [(ord(c), [ord(part) for part in to]) for c, to in mapping.items()]

    assert [(c, [to]) for c, to in _featurizer.lower_case()] == codes(generate_mappings.lower_case())
    assert _featurizer.without_accents() == codes(generate_mappings.without_accents())
    assert _featurizer.compatible() == codes(generate_mappings.compatible())
    assert _featurizer.combining_classes() == list(generate_mappings.combining_classes())
    composed = sorted(tuple(map(ord, triple)) for triple in generate_mappings.compositions())
    assert _featurizer.compositions() == composed
