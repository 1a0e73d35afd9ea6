// The tables of Unicode as Python's lists, for the side that runs in exported graphs.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "core/normalization.h"
#include "core/unicode_mappings.h"
#include "core/unicode_tables.h"

namespace mtl {

namespace py = pybind11;

template <std::size_t N>
std::vector<std::pair<std::uint32_t, std::uint32_t>> to_pairs(const Range (&ranges)[N]) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
  for (const Range& range : ranges) pairs.emplace_back(range.first, range.last);
  return pairs;
}

// Each character that is mapped, and the code points that it becomes.
template <std::size_t N>
std::vector<std::pair<std::uint32_t, std::vector<std::uint32_t>>> to_texts(const CharacterText (&texts)[N]) {
  std::vector<std::pair<std::uint32_t, std::vector<std::uint32_t>>> pairs;
  for (const CharacterText& text : texts) {
    const std::uint32_t* begin = kMappedText + text.at;
    pairs.emplace_back(text.from, std::vector<std::uint32_t>(begin, begin + text.size));
  }
  return pairs;
}

// Adds a function for every table, and which Unicode they are of.
inline void add_tables(py::module_& module) {
  module.attr("UNICODE_VERSION") = kUnicodeVersion;
  module.def("word_ranges", [] { return to_pairs(kWordRanges); });
  module.def("extend_ranges", [] { return to_pairs(kExtendRanges); });
  module.def("space_ranges", [] { return to_pairs(kSpaceRanges); });
  module.def("pictographic_ranges", [] { return to_pairs(kPictographicRanges); });
  module.def("flag_letter_ranges", [] { return to_pairs(kFlagLetterRanges); });
  module.def("digit_ranges", [] { return to_pairs(kDigitRanges); });
  module.def("lower_case", [] {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
    for (const CharacterPair& pair : kLowerCase) pairs.emplace_back(pair.from, pair.to);
    return pairs;
  });
  module.def("without_accents", [] { return to_texts(kWithoutAccents); });
  module.def("compatible", [] { return to_texts(kCompatible); });
  module.def("combining_classes", [] {
    std::vector<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>> runs;
    for (const CombiningClass& run : kCombiningClasses) runs.emplace_back(run.first, run.last, run.value);
    return runs;
  });
  module.def("compositions", [] {
    std::vector<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>> triples;
    for (const Composition& found : kCompositions) triples.emplace_back(found.first, found.second, found.composed);
    return triples;
  });
}

}  // namespace mtl
