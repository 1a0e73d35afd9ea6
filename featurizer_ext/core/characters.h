// Code points of a UTF-8 text: decoding, character classes, ASCII lower-casing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "unicode_tables.h"

namespace mtl {

inline constexpr std::uint32_t kCodePoints = 0x110000;
inline constexpr std::uint32_t kReplacement = 0xFFFD;
inline constexpr std::uint32_t kJoiner = 0x200D;  // zero-width

// A set of code points as a bitmap (136 KiB). Real text touches a few cache lines of it.
class CodePointSet {
 public:
  template <std::size_t N>
  explicit CodePointSet(const Range (&ranges)[N]) {
    for (const Range& range : ranges) {
      for (std::uint32_t c = range.first; c <= range.last; ++c) bits_[c >> 6] |= std::uint64_t{1} << (c & 63);
    }
  }
  bool contains(std::uint32_t c) const { return (bits_[c >> 6] >> (c & 63)) & 1; }

 private:
  std::array<std::uint64_t, kCodePoints / 64> bits_{};
};

inline const CodePointSet kWord(kWordRanges);
inline const CodePointSet kExtend(kExtendRanges);
inline const CodePointSet kSpace(kSpaceRanges);
inline const CodePointSet kPictographic(kPictographicRanges);

inline bool is_flag_letter(std::uint32_t c) { return c >= kFlagLetterRanges[0].first && c <= kFlagLetterRanges[0].last; }

struct Decoded {
  std::uint32_t code_point;
  std::uint32_t bytes;  // at least 1
};

// Decodes the code point at `p` < `end`. A byte that starts no valid sequence is U+FFFD, one byte long; the
// binding hands over valid UTF-8 only, this keeps the core total on any bytes.
inline Decoded decode(const char* p, const char* end) {
  const auto* s = reinterpret_cast<const unsigned char*>(p);
  const std::ptrdiff_t left = end - p;
  const std::uint32_t lead = s[0];
  const auto continues = [&](int i) { return left > i && (s[i] & 0xC0) == 0x80; };
  if (lead < 0x80) return {lead, 1};
  if (lead >= 0xC2 && lead < 0xE0 && continues(1)) return {((lead & 0x1F) << 6) | (s[1] & 0x3Fu), 2};
  if (lead >= 0xE0 && lead < 0xF0 && continues(1) && continues(2)) {
    const std::uint32_t c = ((lead & 0x0F) << 12) | ((s[1] & 0x3Fu) << 6) | (s[2] & 0x3Fu);
    if (c >= 0x800 && (c < 0xD800 || c > 0xDFFF)) return {c, 3};
  }
  if (lead >= 0xF0 && lead < 0xF5 && continues(1) && continues(2) && continues(3)) {
    const std::uint32_t c =
        ((lead & 0x07) << 18) | ((s[1] & 0x3Fu) << 12) | ((s[2] & 0x3Fu) << 6) | (s[3] & 0x3Fu);
    if (c >= 0x10000 && c < kCodePoints) return {c, 4};
  }
  return {kReplacement, 1};
}

// Code points that begin in [p, end), where the bytes are valid UTF-8.
inline std::int64_t count_code_points(const char* p, const char* end) {
  std::int64_t count = 0;
  for (; p < end; ++p) count += (static_cast<unsigned char>(*p) & 0xC0) != 0x80;
  return count;
}

// Eight bytes as a number whose lowest byte is the first one.
inline std::uint64_t load8(const char* p) {
  std::uint64_t x;
  std::memcpy(&x, p, sizeof x);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  x = __builtin_bswap64(x);
#endif
  return x;
}

// Eight bytes at once ("SIMD within a register"): the result has bit 7 of a byte set where the byte qualifies;
// adding to bytes whose bit 7 is cleared cannot carry into a neighbour.
inline constexpr std::uint64_t kOnes = 0x0101010101010101u;
inline constexpr std::uint64_t kHighBits = kOnes * 0x80;

inline constexpr std::uint64_t bytes_between(std::uint64_t low7, unsigned first, unsigned last) {
  return ((low7 + kOnes * (0x80 - first)) & ~(low7 + kOnes * (0x7F - last))) & kHighBits;
}

inline constexpr std::uint64_t lower8(std::uint64_t x) {
  const std::uint64_t upper = bytes_between(x & ~kHighBits, 'A', 'Z') & ~x;
  return x | (upper >> 2);
}

inline constexpr char lower1(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

inline constexpr std::uint32_t lower_code_point(std::uint32_t c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; }

}  // namespace mtl
