// Where the tokens of a UTF-8 text begin and end.
//
//   whitespace      runs of characters without the White_Space property
//   unicode_words   runs of letters, numbers and marks; every other character but white space by itself
//   characters      every character but white space by itself
//
// NUL, control characters and unassigned code points are ordinary characters: not white space, no letters.
#pragma once

#include <string_view>

#include "characters.h"

namespace mtl {

enum class Tokenizer { kWhitespace, kUnicodeWords, kCharacters };

struct WordRun {
  static bool contains(std::uint32_t c) { return kWord.contains(c); }
  static std::uint64_t stops8(std::uint64_t x) { return not_ascii_word8(x); }
};

struct NonSpaceRun {
  static bool contains(std::uint32_t c) { return !kSpace.contains(c); }
  static std::uint64_t stops8(std::uint64_t x) { return ascii_space_or_high8(x); }
};

// The first position at or after `p` whose character is not in the run.
template <typename Run>
inline const char* run_end(const char* p, const char* end) {
  while (p < end) {
    if (end - p >= 8) {
      const std::uint64_t stops = Run::stops8(load8(p));
      if (stops == 0) {
        p += 8;
        continue;
      }
      p += first_byte(stops);
    }
    const Decoded next = decode(p, end);
    if (!Run::contains(next.code_point)) return p;
    p += next.bytes;
  }
  return end;
}

// Calls `emit(begin, end)` for every token of the text, in order.
template <Tokenizer kind, typename Emit>
inline void scan(std::string_view text, Emit&& emit) {
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p < end) {
    const Decoded first = decode(p, end);
    const char* const begin = p;
    p += first.bytes;
    if (kSpace.contains(first.code_point)) continue;
    if constexpr (kind == Tokenizer::kWhitespace) {
      p = run_end<NonSpaceRun>(p, end);
    } else if constexpr (kind == Tokenizer::kUnicodeWords) {
      if (kWord.contains(first.code_point)) p = run_end<WordRun>(p, end);
    }
    emit(begin, p);
  }
}

}  // namespace mtl
