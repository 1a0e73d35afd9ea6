// The beginnings and ends of words: their first and last characters, one to several of them.
#pragma once

#include <algorithm>
#include <vector>

#include "tokens.h"

namespace mtl {

// Calls `visit(affix, is_prefix)` for the prefixes of 1 to `prefixes` characters that a token has, shortest first, then
// for its suffixes. An affix may be the whole token, and is a part of it in memory.
template <typename Visit>
inline void each_affix(const Token& token, std::size_t prefixes, std::size_t suffixes, Visit&& visit) {
  const char* p = token.begin;
  for (std::size_t seen = 0; p < token.end && seen < prefixes; ++seen) {
    p += decode(p, token.end).bytes;
    visit(Token{token.begin, p, token.text}, std::true_type());
  }
  p = token.end;
  for (std::size_t seen = 0; p > token.begin && seen < suffixes; ++seen) {
    do {
      --p;
    } while (p > token.begin && (static_cast<unsigned char>(*p) & 0xC0) == 0x80);
    visit(Token{p, token.end, token.text}, std::false_type());
  }
}

// `prefixes` + `suffixes` ids per token: 0 where a token is too short, else that of the affix. Suffixes
// count on from the prefixes.
inline CharacterIds affix_ids(const Rows& rows, const ByteTable& prefixes, const ByteTable& suffixes, unsigned how,
                              std::size_t most_prefixes, std::size_t most_suffixes) {
  CharacterIds result{{}, {0}, {0}};
  const std::size_t width = most_prefixes + most_suffixes;
  const auto first_suffix = static_cast<std::int32_t>(prefixes.size()) + kFirstId;
  result.ids.reserve(rows.expected_tokens() * width);
  visit_normalized(
      rows, how,
      [&](const Token& token, auto lowercase) {
        std::size_t at[2] = {result.ids.size(), result.ids.size() + most_prefixes};
        result.ids.resize(result.ids.size() + width, kPaddingId);
        each_affix(token, most_prefixes, most_suffixes, [&](const Token& affix, auto is_prefix) {
          const std::int32_t index = (is_prefix.value ? prefixes : suffixes).template find<lowercase.value>(affix);
          const std::int32_t first = is_prefix.value ? kFirstId : first_suffix;
          result.ids[at[is_prefix.value ? 0 : 1]++] = index == ByteTable::kAbsent ? kUnknownId : first + index;
        });
        result.token_offsets.push_back(static_cast<std::int64_t>(result.ids.size()));
      },
      [&] { result.row_offsets.push_back(static_cast<std::int64_t>(result.token_offsets.size() - 1)); });
  return result;
}

// The first `max_length` bytes of every token's UTF-8, as 1 to 256.
inline CharacterIds byte_ids(const Rows& rows, unsigned how, std::size_t max_length) {
  CharacterIds result{{}, {0}, {0}};
  visit_normalized(
      rows, how,
      [&](const Token& token, bool lowercase) {
        const char* end = token.begin + std::min(token.size(), max_length);
        for (const char* p = token.begin; p < end; ++p) {
          result.ids.push_back(1 + static_cast<unsigned char>(lowercase ? lower1(*p) : *p));
        }
        result.token_offsets.push_back(static_cast<std::int64_t>(result.ids.size()));
      },
      [&] { result.row_offsets.push_back(static_cast<std::int64_t>(result.token_offsets.size() - 1)); });
  return result;
}

}  // namespace mtl
