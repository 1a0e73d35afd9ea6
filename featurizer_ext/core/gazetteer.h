// Names of one or more tokens, each of some types, and where they are in rows of tokens.
#pragma once

#include <unordered_map>
#include <vector>

#include "tokens.h"

namespace mtl {

// A trie over the ids of tokens.
class Names {
 public:
  explicit Names(std::size_t types) : types_(types), of_(1) {}

  std::size_t types() const { return types_; }

  // Adds a name (at least one token) of a type (below `types()`); again is harmless.
  void add(const std::vector<Token>& name, std::size_t type) {
    std::int32_t node = kRoot;
    for (const Token& token : name) {
      const std::int32_t word = words_.insert<false>(token);
      const auto [place, is_new] = edges_.try_emplace(edge(node, word), static_cast<std::int32_t>(of_.size()));
      if (is_new) of_.emplace_back();
      node = place->second;
    }
    std::vector<std::int32_t>& types = of_[static_cast<std::size_t>(node)];
    const auto number = static_cast<std::int32_t>(type);
    if (std::find(types.begin(), types.end(), number) == types.end()) types.push_back(number);
  }

  // The word's id, or ByteTable::kAbsent where no name has it.
  template <bool lowercase>
  std::int32_t word(const Token& token) const {
    return words_.find<lowercase>(token);
  }

  // Writes for each type how many of the words, from the first on, its longest name has (0: none begins here).
  void longest(const std::int32_t* words, const std::int32_t* end, std::vector<std::int32_t>& found) const {
    std::fill(found.begin(), found.end(), 0);
    std::int32_t node = kRoot;
    for (const std::int32_t* at = words; at < end && *at != ByteTable::kAbsent; ++at) {
      const auto next = edges_.find(edge(node, *at));
      if (next == edges_.end()) return;
      node = next->second;
      const auto length = static_cast<std::int32_t>(at - words + 1);
      for (const std::int32_t type : of_[static_cast<std::size_t>(node)]) found[static_cast<std::size_t>(type)] = length;
    }
  }

 private:
  static constexpr std::int32_t kRoot = 0;

  static std::uint64_t edge(std::int32_t node, std::int32_t word) {
    return static_cast<std::uint64_t>(node) << 32 | static_cast<std::uint32_t>(word);
  }

  std::size_t types_;
  ByteTable words_;
  std::unordered_map<std::uint64_t, std::int32_t> edges_;
  std::vector<std::vector<std::int32_t>> of_;  // the types of the names that end at a node
};

// Where a token is in a name.
inline std::int32_t position_in_name(std::int32_t at, std::int32_t size, bool ends) {
  if (!ends) return at == 0 ? 0 : 1;               // begin, inside
  if (size == 1) return 3;                         // single
  return at == 0 ? 0 : at + 1 < size ? 1 : 2;      // begin, inside, end
}

struct Flags {
  std::vector<std::int32_t> values;
  Offsets token_offsets;
  Offsets row_offsets;
};

// A value per type for each token: 0 outside of names, else 1 + type * positions + position. For each type by
// itself the longest name is taken from the left, and the search goes on after it. Positions are 2 (begin, inside) or,
// where names have `ends`, 4 (begin, inside, end, single).
inline Flags name_flags(const Rows& rows, const Names& names, unsigned how, bool ends) {
  Flags result{{}, {0}, {0}};
  const std::size_t types = names.types();
  const std::int32_t positions = ends ? 4 : 2;
  result.values.reserve(rows.expected_tokens() * types);
  std::vector<std::int32_t> words;  // of the row
  std::vector<std::int32_t> longest(types);
  std::vector<std::size_t> free(types);  // of each type the first token that no name has yet
  visit_normalized(
      rows, how,
      [&](const Token& token, auto lowercase) {
        words.push_back(token.empty() ? ByteTable::kAbsent : names.word<lowercase.value>(token));
        result.values.resize(result.values.size() + types);
        result.token_offsets.push_back(static_cast<std::int64_t>(result.values.size()));
      },
      [&] {
        const auto first = static_cast<std::size_t>(result.row_offsets.back());
        std::fill(free.begin(), free.end(), 0);
        for (std::size_t at = 0; at < words.size(); ++at) {
          if (words[at] == ByteTable::kAbsent) continue;
          names.longest(words.data() + at, words.data() + words.size(), longest);
          for (std::size_t type = 0; type < types; ++type) {
            if (longest[type] == 0 || free[type] > at) continue;
            free[type] = at + static_cast<std::size_t>(longest[type]);
            for (std::int32_t i = 0; i < longest[type]; ++i) {
              const std::int64_t begin = result.token_offsets[first + at + static_cast<std::size_t>(i)];
              result.values[static_cast<std::size_t>(begin) + type] =
                  1 + static_cast<std::int32_t>(type) * positions + position_in_name(i, longest[type], ends);
            }
          }
        }
        words.clear();
        result.row_offsets.push_back(static_cast<std::int64_t>(result.token_offsets.size() - 1));
      });
  return result;
}

}  // namespace mtl
