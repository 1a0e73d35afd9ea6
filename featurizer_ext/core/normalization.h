// Normalizations of tokens: compatibility composition (NFKC), lower-casing, accents left out, in this order; lower-casing
// of ASCII alone comes last.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "byte_table.h"
#include "code_point_map.h"
#include "unicode_mappings.h"

namespace mtl {

// What is done to a token before it is looked up: a sum of these.
enum Normalization : unsigned { kAsciiLower = 1, kLower = 2, kStripAccents = 4, kNfkc = 8 };

// The mappings of characters, looked up in constant time.
struct Mappings {
  CodePointMap<std::uint32_t> lower{0};                // 0: itself
  CodePointMap<const CharacterText*> accents{nullptr};  // nullptr: itself
  CodePointMap<const CharacterText*> compatible{nullptr};
  CodePointMap<std::uint8_t> classes{0};

  Mappings() {
    for (const CharacterPair& pair : kLowerCase) lower.at(pair.from) = pair.to;
    for (const CharacterText& text : kWithoutAccents) accents.at(text.from) = &text;
    for (const CharacterText& text : kCompatible) compatible.at(text.from) = &text;
    for (const CombiningClass& run : kCombiningClasses) {
      for (std::uint32_t c = run.first; c <= run.last; ++c) classes.at(c) = static_cast<std::uint8_t>(run.value);
    }
  }

  std::uint32_t lowered(std::uint32_t c) const {
    const std::uint32_t found = lower.get(c);
    return found == 0 ? c : found;
  }
};

inline const Mappings kMappings;

// Appends what a mapping makes of a character.
inline void append(std::u32string& to, const CharacterText* text, char32_t itself) {
  if (text == nullptr) return to.push_back(itself);
  for (std::uint16_t i = 0; i < text->size; ++i) to.push_back(kMappedText[text->at + i]);
}

// Hangul syllables are decomposed and composed by arithmetic (The Unicode Standard, section 3.12).
namespace hangul {
inline constexpr char32_t kS = 0xAC00, kL = 0x1100, kV = 0x1161, kT = 0x11A7;
inline constexpr char32_t kLs = 19, kVs = 21, kTs = 28, kSs = kLs * kVs * kTs;

inline char32_t compose(char32_t first, char32_t second) {
  if (first - kL < kLs && second - kV < kVs) return kS + ((first - kL) * kVs + (second - kV)) * kTs;
  if (first - kS < kSs && (first - kS) % kTs == 0 && second > kT && second - kT < kTs) return first + (second - kT);
  return 0;
}
}  // namespace hangul

// What two characters compose to, or 0.
inline char32_t compose(char32_t first, char32_t second) {
  const auto before = [](const Composition& a, const Composition& b) {
    return a.first != b.first ? a.first < b.first : a.second < b.second;
  };
  const Composition wanted{first, second, 0};
  const auto* found = std::lower_bound(std::begin(kCompositions), std::end(kCompositions), wanted, before);
  if (found != std::end(kCompositions) && !before(wanted, *found)) return found->composed;
  return hangul::compose(first, second);
}

// Replaces a text by its NFKC (Unicode Standard Annex 15). Hangul syllables are not decomposed on the way: nothing but a
// final consonant composes with one, as it would with the parts.
inline void to_nfkc(std::u32string& text, std::u32string& spare) {
  spare.clear();
  for (const char32_t c : text) append(spare, kMappings.compatible.get(c), c);
  for (std::size_t begin = 0; begin < spare.size(); ++begin) {
    std::size_t end = begin;
    while (end < spare.size() && kMappings.classes.get(spare[end]) != 0) ++end;
    std::stable_sort(spare.begin() + static_cast<std::ptrdiff_t>(begin), spare.begin() + static_cast<std::ptrdiff_t>(end),
                     [](char32_t a, char32_t b) { return kMappings.classes.get(a) < kMappings.classes.get(b); });
    begin = end;
  }
  text.clear();
  constexpr auto kNone = static_cast<std::size_t>(-1);
  std::size_t starter = kNone;
  int last = -1;  // the class of what was kept after the starter; -1: nothing was
  for (const char32_t c : spare) {
    const int own = kMappings.classes.get(c);
    if (starter != kNone && last < own) {
      if (const char32_t composed = compose(text[starter], c)) {
        text[starter] = composed;
        continue;
      }
    }
    if (own == 0) starter = text.size();
    last = own == 0 ? -1 : own;
    text.push_back(c);
  }
}

inline void encode(char32_t c, std::string& to) {
  const auto byte = [&to](char32_t bits) { to.push_back(static_cast<char>(bits)); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xC0 | c >> 6);
  } else {
    if (c < 0x10000) {
      byte(0xE0 | c >> 12);
    } else {
      byte(0xF0 | c >> 18);
      byte(0x80 | (c >> 12 & 0x3F));
    }
    byte(0x80 | (c >> 6 & 0x3F));
  }
  byte(0x80 | (c & 0x3F));
}

inline bool is_ascii(const char* p, const char* end) {
  std::uint64_t bits = 0;
  for (; end - p >= 32; p += 32) bits |= load8(p) | load8(p + 8) | load8(p + 16) | load8(p + 24);
  for (; end - p >= 8; p += 8) bits |= load8(p);
  for (; p < end; ++p) bits |= static_cast<unsigned char>(*p);
  return (bits & kHighBits) == 0;
}

// Normalizes the tokens that are not ASCII alone. All that is done to the others is lower-casing.
class Normalizer {
 public:
  explicit Normalizer(unsigned how) : how_(how) {}

  // Says whether a token has characters beyond ASCII; quickly where the whole text has none.
  bool concerns(const Token& token) {
    if (token.text.data() != text_) {
      text_ = token.text.data();
      plain_ = is_ascii(text_, text_ + token.text.size());
    }
    return !plain_ && !is_ascii(token.begin, token.end);
  }

  // The normalized token, which is valid until the next one. It is never empty.
  Token operator()(const Token& token) {
    points_.clear();
    for (const char* p = token.begin; p < token.end;) {
      const Decoded character = decode(p, token.end);
      points_.push_back(character.code_point);
      p += character.bytes;
    }
    if (how_ & kNfkc) to_nfkc(points_, spare_);
    if (how_ & kLower) {
      for (char32_t& c : points_) c = kMappings.lowered(c);
    }
    if (how_ & kStripAccents) strip_accents();
    if (how_ & kAsciiLower) {  // last, so that a letter without its accent is one of ASCII
      for (char32_t& c : points_) c = lower_code_point(c);
    }
    bytes_.clear();
    for (const char32_t c : points_) encode(c, bytes_);
    return {bytes_.data(), bytes_.data() + bytes_.size(), bytes_};
  }

 private:
  void strip_accents() {
    spare_.clear();
    for (const char32_t c : points_) append(spare_, kMappings.accents.get(c), c);
    if (!spare_.empty()) points_.swap(spare_);  // a token of marks alone stays as it is
  }

  unsigned how_;
  const char* text_ = nullptr;  // the text that was looked at last
  bool plain_ = false;          // it is ASCII alone
  std::u32string points_, spare_;
  std::string bytes_;
};

}  // namespace mtl
