// Where the tokens of a UTF-8 text begin and end.
//
//   whitespace      runs of characters without the White_Space property
//   unicode_words   runs of letters and numbers; every other character but white space by itself; marks and format
//                   characters (kExtendRanges) stay with what they follow, and where that is white space or nothing,
//                   a run of them is a token (rule WB4 of UAX 29); a pictograph stays with a zero-width joiner before
//                   it (WB3c), and two letters of a flag are one token (WB15, WB16)
//   characters      every character but white space by itself
//
// NUL, control characters and unassigned code points are ordinary characters: not white space, no letters.
#pragma once

#include <string_view>

#include "block.h"

namespace mtl {

enum class Tokenizer { kWhitespace, kUnicodeWords, kCharacters };

// Bytes of a block at which a token begins.
template <Tokenizer kind>
inline std::uint64_t token_starts(const Block& block, const Block& previous, const Beyond& beyond) {
  if constexpr (kind == Tokenizer::kWhitespace) {
    return ~block.space & one_later(block.space, previous.space);
  } else if constexpr (kind == Tokenizer::kUnicodeWords) {
    const std::uint64_t run_starts = block.word & ~one_later(block.word, previous.word);
    return (run_starts | ~(block.word | block.space | beyond.joined)) & ~beyond.glued;
  } else {
    return ~(block.space | beyond.inner);
  }
}

// Calls `emit(begin, end)` for every token of the text, in order, as long as it returns true.
//
// Works on blocks of 64 bytes, each one bit of a mask, so that (in ASCII) no branch depends on single characters.
template <Tokenizer kind, typename Emit>
inline void scan(std::string_view text, Emit&& emit) {
  const char* const end = text.data() + text.size();
  const char* open = nullptr;  // a token whose end is in a later block
  Beyond beyond;
  Block previous{0, ~std::uint64_t{0}};  // a text begins as if white space came before it
  for (const char* base = text.data(); base < end; base += 64) {
    const Block block = classify(base, end, previous, beyond);
    std::uint64_t starts = token_starts<kind>(block, previous, beyond);
    // A token ends where the next one begins, or white space.
    const std::uint64_t stops = starts | block.space;
    previous = block;
    if (open != nullptr) {
      if (stops == 0) continue;
      if (!emit(open, base + lowest(stops))) return;
      open = nullptr;
    }
    for (; starts != 0; starts &= starts - 1) {
      const unsigned at = lowest(starts);
      const std::uint64_t later = stops & (~std::uint64_t{1} << at);
      if (later == 0) {
        open = base + at;  // necessarily the last start
        break;
      }
      if (!emit(base + at, base + lowest(later))) return;
    }
  }
  if (open != nullptr) emit(open, end);
}

}  // namespace mtl
