// How a word is written: capitals, and the pattern of its digits.
#pragma once

#include <vector>

#include "tokens.h"

namespace mtl {

// Exclusive; 0 is padding. Where a word has digits and no letter, the first sign of a list decides. `mtl/text/shapes.py`
// has the same list.
enum class Shape : std::int32_t {
  kPadding = 0,
  kSigns,            // neither letter nor digit
  kLower,            // no capital
  kInitial,          // one capital, the first letter or digit
  kUpper,            // capitals alone, two or more
  kMixed,            // any other word of letters
  kDigitsAndLetters,
  kTwoDigits,        // two digits and nothing else
  kFourDigits,
  kDigitsAndDash,
  kDigitsAndSlash,
  kDigitsAndComma,
  kDigitsAndPeriod,
  kDigitsAndColon,
  kOtherDigits,
};

inline const CodePointSet kDigit(kDigitRanges);

inline Shape shape_of(const Token& token) {
  if (token.empty()) return Shape::kPadding;
  std::size_t characters = 0, digits = 0, letters = 0, capitals = 0;
  bool initial = false;
  bool signs[5] = {};
  constexpr char kSign[5] = {'-', '/', ',', '.', ':'};
  for (const char* p = token.begin; p < token.end; ++characters) {
    const Decoded character = decode(p, token.end);
    const std::uint32_t c = character.code_point;
    p += character.bytes;
    if (kDigit.contains(c)) {
      ++digits;
    } else if (kWord.contains(c)) {
      const bool capital = kMappings.lower.get(c) != 0;
      if (capital && letters == 0) initial = true;
      ++letters;
      capitals += capital;
    } else {
      for (std::size_t i = 0; i < 5; ++i) signs[i] = signs[i] || c == static_cast<unsigned char>(kSign[i]);
    }
  }
  if (digits > 0 && letters > 0) return Shape::kDigitsAndLetters;
  if (digits > 0) {
    if (digits == characters && digits == 2) return Shape::kTwoDigits;
    if (digits == characters && digits == 4) return Shape::kFourDigits;
    for (std::int32_t i = 0; i < 5; ++i) {
      if (signs[i]) return static_cast<Shape>(static_cast<std::int32_t>(Shape::kDigitsAndDash) + i);
    }
    return Shape::kOtherDigits;
  }
  if (letters == 0) return Shape::kSigns;
  if (capitals == 0) return Shape::kLower;
  if (capitals == 1 && initial) return Shape::kInitial;
  return capitals == letters ? Shape::kUpper : Shape::kMixed;
}

// The shape of every token as it is in the text.
inline std::vector<std::int32_t> shapes(const Rows& rows) {
  std::vector<std::int32_t> result;
  result.reserve(rows.expected_tokens());
  rows.visit([&](const Token& token) { result.push_back(static_cast<std::int32_t>(shape_of(token))); }, [] {});
  return result;
}

}  // namespace mtl
