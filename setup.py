"""Builds the C++ featurizer; everything else about the package is in setup.cfg."""

from pybind11.setup_helpers import ParallelCompile, Pybind11Extension, build_ext
from setuptools import setup

ParallelCompile("NPY_NUM_BUILD_JOBS").install()

setup(
    ext_modules=[
        Pybind11Extension(
            "mtl._featurizer",
            ["featurizer_ext/binding.cpp", "featurizer_ext/word_features.cpp", "featurizer_ext/word_ids.cpp"],
            depends=[
                "featurizer_ext/tables.h",
                "featurizer_ext/texts.h",
                "featurizer_ext/word_features.h",
                "featurizer_ext/word_ids.h",
                "featurizer_ext/core/affixes.h",
                "featurizer_ext/core/block.h",
                "featurizer_ext/core/byte_table.h",
                "featurizer_ext/core/characters.h",
                "featurizer_ext/core/code_point_map.h",
                "featurizer_ext/core/gazetteer.h",
                "featurizer_ext/core/murmur_hash.h",
                "featurizer_ext/core/ngrams.h",
                "featurizer_ext/core/normalization.h",
                "featurizer_ext/core/shapes.h",
                "featurizer_ext/core/tokenizer.h",
                "featurizer_ext/core/tokens.h",
                "featurizer_ext/core/unicode_mappings.h",
                "featurizer_ext/core/unicode_tables.h",
            ],
            cxx_std=17,
            extra_compile_args=["-O3"],
        )
    ],
    cmdclass={"build_ext": build_ext},
)
