// Character classes of 64 bytes of UTF-8 at once.
#pragma once

#if defined(__SSE2__) && defined(__x86_64__) && !defined(MTL_PORTABLE)
#include <emmintrin.h>
#endif

#include "characters.h"

namespace mtl {

inline unsigned lowest(std::uint64_t bits) { return static_cast<unsigned>(__builtin_ctzll(bits)); }

inline constexpr std::uint32_t kNowhere = 0xFFFFFFFF;

// One bit a byte; a character of several bytes has its class in all of them.
struct Block {
  std::uint64_t word = 0;
  std::uint64_t space = 0;
};

// What a block has beside its classes where characters are not ASCII, and what they leave to the next block. Apart from
// `Block`, so that ASCII does not pay for it.
struct Beyond {
  bool any = false;          // whether the block has such characters; where it has none, nothing else is set
  std::uint64_t inner = 0;   // not the first byte of its character
  std::uint64_t joined = 0;  // inner, or of a character that stays with the one before it
  std::uint64_t glued = 0;   // where a character begins that stays with the one before it, though it is no mark
  // The remaining bytes of the block's last character, and their class.
  std::uint64_t word_left = 0;
  std::uint64_t extend_left = 0;
  std::uint64_t space_left = 0;
  std::uint64_t inner_left = 0;
  // Where the last joiner ends, and where a letter of a flag ends (and its marks) that waits for the other letter. Bytes
  // from the block's beginning: 64 and more are in the next block.
  std::uint32_t after_joiner = kNowhere;
  std::uint32_t after_flag_letter = kNowhere;
};

// The bits moved to the following bytes; the last one of the block before comes first.
inline std::uint64_t one_later(std::uint64_t now, std::uint64_t before) { return now << 1 | before >> 63; }

struct AsciiMasks {
  std::uint64_t word;
  std::uint64_t space;
  std::uint64_t high;  // bytes that are not ASCII
};

#if defined(__SSE2__) && defined(__x86_64__) && !defined(MTL_PORTABLE)

// Bytes from `first` on, `count` of them (unsigned comparison by shifting the range to the bottom).
inline __m128i bytes_in(__m128i x, int first, int count) {
  const __m128i shifted = _mm_add_epi8(x, _mm_set1_epi8(static_cast<char>(0x80 - first)));
  return _mm_cmplt_epi8(shifted, _mm_set1_epi8(static_cast<char>(0x80 + count)));
}

inline std::uint64_t to_mask(__m128i x) { return static_cast<std::uint32_t>(_mm_movemask_epi8(x)); }

inline AsciiMasks ascii_masks(const char* p) {
  AsciiMasks masks{0, 0, 0};
  for (int i = 0; i < 64; i += 16) {
    const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + i));
    const __m128i letters = bytes_in(_mm_or_si128(x, _mm_set1_epi8(0x20)), 'a', 26);
    masks.word |= to_mask(_mm_or_si128(letters, bytes_in(x, '0', 10))) << i;
    masks.space |= to_mask(_mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8(0x20)), bytes_in(x, 0x09, 5))) << i;
    masks.high |= to_mask(x) << i;
  }
  return masks;
}

#else

// Gathers bit 7 of each byte.
inline std::uint64_t to_mask(std::uint64_t x) { return ((x & kHighBits) >> 7) * 0x0102040810204080u >> 56; }

inline AsciiMasks ascii_masks(const char* p) {
  AsciiMasks masks{0, 0, 0};
  for (int i = 0; i < 64; i += 8) {
    const std::uint64_t x = load8(p + i);
    const std::uint64_t low7 = x & ~kHighBits;
    const std::uint64_t letters = bytes_between(low7 | kOnes * 0x20, 'a', 'z');
    masks.word |= to_mask((letters | bytes_between(low7, '0', '9')) & ~x) << i;
    masks.space |= to_mask((bytes_between(low7, 0x20, 0x20) | bytes_between(low7, 0x09, 0x0D)) & ~x) << i;
    masks.high |= to_mask(x) << i;
  }
  return masks;
}

#endif

// Makes marks and format characters (the bytes `extend`) part of the word that they follow, or of what else does not
// have the class of white space.
inline void join_extend(Block& block, Beyond& beyond, std::uint64_t extend, const Block& previous) {
  // A sum carries a bit from the first byte of a run of ones to just after its last one.
  const std::uint64_t first = one_later(block.word, previous.word) & extend;
  block.word |= ((extend + first) ^ extend) & extend;
  beyond.joined |= extend & ~one_later(block.space, previous.space);
}

// Finds characters that stay with the one before them: a pictograph after a joiner (rule WB3c of UAX 29), and the second
// letter of a flag (WB15 and WB16).
inline void glue(Beyond& beyond, std::uint32_t c, std::uint32_t at, std::uint32_t after, bool extends) {
  if (beyond.after_joiner == at && kPictographic.contains(c)) beyond.glued |= std::uint64_t{1} << at;
  const bool waited_for = beyond.after_flag_letter == at;
  if (is_flag_letter(c)) {
    if (waited_for) beyond.glued |= std::uint64_t{1} << at;
    beyond.after_flag_letter = waited_for ? kNowhere : after;
  } else if (extends && waited_for) {
    beyond.after_flag_letter = after;
  }
  if (c == kJoiner) beyond.after_joiner = after;
}

// A place of the block before, counted from the beginning of this one.
inline std::uint32_t carried(std::uint32_t place) { return place != kNowhere && place >= 64 ? place - 64 : kNowhere; }

// Adds the characters that are not ASCII (whose bytes are `high`) to the block at `base`. `beyond` is the one of the
// block before and becomes this one's. Not inlined: the loop over blocks of ASCII is the faster for it.
[[gnu::noinline]] inline void classify_beyond(Block& block, Beyond& beyond, std::uint64_t high, const char* base,
                                              const char* end, const Block& previous) {
  const Beyond before = beyond;
  beyond = Beyond();
  block.word |= before.word_left;
  block.space |= before.space_left;
  if (high == 0) return;
  beyond.any = true;
  beyond.after_joiner = carried(before.after_joiner);
  beyond.after_flag_letter = carried(before.after_flag_letter);
  beyond.inner = before.inner_left;
  std::uint64_t extend = before.extend_left;
  high &= ~before.inner_left;
  while (high != 0) {
    const unsigned at = lowest(high);
    const Decoded character = decode(base + at, end);
    const std::uint64_t ones = (std::uint64_t{1} << character.bytes) - 1;
    const std::uint64_t here = ones << at;
    const std::uint64_t left = at + character.bytes > 64 ? ones >> (64 - at) : 0;
    bool extends = false;
    if (kWord.contains(character.code_point)) {
      block.word |= here;
      beyond.word_left = left;
    } else if (kExtend.contains(character.code_point)) {
      extends = true;
      extend |= here;
      beyond.extend_left = left;
    } else if (kSpace.contains(character.code_point)) {
      block.space |= here;
      beyond.space_left = left;
    }
    glue(beyond, character.code_point, at, at + character.bytes, extends);
    beyond.inner |= here & (here - (std::uint64_t{1} << at));
    beyond.inner_left = left;
    high &= ~here;
  }
  beyond.joined = beyond.inner;
  if (extend != 0) join_extend(block, beyond, extend, previous);
}

// Classifies the bytes at `base`, up to 64 of them; after the text's end is white space. `beyond` as above.
inline Block classify(const char* base, const char* end, const Block& previous, Beyond& beyond) {
  char tail[64];
  const char* bytes = base;
  if (end - base < 64) {
    std::memset(tail, ' ', sizeof tail);
    std::memcpy(tail, base, static_cast<std::size_t>(end - base));
    bytes = tail;
  }
  const AsciiMasks ascii = ascii_masks(bytes);
  Block block{ascii.word, ascii.space};
  if (ascii.high != 0 || beyond.any) classify_beyond(block, beyond, ascii.high, base, end, previous);
  return block;
}

}  // namespace mtl
