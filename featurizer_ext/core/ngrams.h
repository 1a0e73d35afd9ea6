// n-grams of words and of the characters of each word, and which of them rows have.
#pragma once

#include <algorithm>
#include <functional>
#include <unordered_map>
#include <vector>

#include "tokens.h"

namespace mtl {

inline constexpr std::size_t kNgramCharacters = 100;  // of a word; further ones are left out

// How many symbols the shortest and the longest n-gram have; none where `most` is 0.
struct NgramSizes {
  std::size_t least;
  std::size_t most;
};

// A tree of sequences of symbols: code points, or numbers of words.
class SymbolTrie {
 public:
  static constexpr std::int32_t kRoot = 0;
  static constexpr std::int32_t kNone = -1;

  SymbolTrie() : nodes_{{kNone, 0}} {}

  std::size_t size() const { return nodes_.size(); }

  std::int32_t find(std::int32_t node, std::uint32_t symbol) const {
    const auto found = edges_.find(edge(node, symbol));
    return found == edges_.end() ? kNone : found->second;
  }

  std::int32_t insert(std::int32_t node, std::uint32_t symbol) {
    const auto [place, is_new] = edges_.try_emplace(edge(node, symbol), static_cast<std::int32_t>(nodes_.size()));
    if (is_new) nodes_.push_back({node, symbol});
    return place->second;
  }

  // The symbols on the way from the root to a node.
  std::vector<std::uint32_t> path(std::int32_t node) const {
    std::vector<std::uint32_t> result;
    for (; node != kRoot; node = nodes_[static_cast<std::size_t>(node)].parent) {
      result.push_back(nodes_[static_cast<std::size_t>(node)].symbol);
    }
    std::reverse(result.begin(), result.end());
    return result;
  }

 private:
  struct Node {
    std::int32_t parent;
    std::uint32_t symbol;
  };

  static std::uint64_t edge(std::int32_t node, std::uint32_t symbol) {
    return static_cast<std::uint64_t>(node) << 32 | symbol;
  }

  std::unordered_map<std::uint64_t, std::int32_t> edges_;
  std::vector<Node> nodes_;
};

// Replaces `symbols` by the characters of a word with a space before and after them; by nothing for an empty word.
inline void spaced_characters(const Token& token, bool lowercase, std::vector<std::uint32_t>& symbols) {
  symbols.clear();
  if (token.empty()) return;
  symbols.push_back(' ');
  each_character(token, kNgramCharacters, lowercase, [&](std::uint32_t c) { symbols.push_back(c); });
  symbols.push_back(' ');
}

// The n-grams of a vocabulary, with their ids.
class Ngrams {
 public:
  void add_words(const std::vector<Token>& words, std::int32_t id) {
    std::int32_t node = SymbolTrie::kRoot;
    for (const Token& word : words) {
      node = words_.insert(node, static_cast<std::uint32_t>(table_.insert<false>(word)));
    }
    set(word_ids_, words_, node, id);
  }

  void add_characters(const Token& characters, std::int32_t id) {
    std::int32_t node = SymbolTrie::kRoot;
    each_character(characters, kAllTokens, false, [&](std::uint32_t c) { node = characters_.insert(node, c); });
    set(character_ids_, characters_, node, id);
  }

  // The word's number, or ByteTable::kAbsent where no n-gram has it.
  template <bool lowercase>
  std::int32_t word(const Token& token) const {
    return token.empty() ? ByteTable::kAbsent : table_.find<lowercase>(token);
  }

  // Appends the ids of all n-grams of a row's words.
  void find_words(const std::vector<std::int32_t>& words, std::vector<std::int32_t>& found) const {
    for (std::size_t first = 0; first < words.size(); ++first) {
      std::int32_t node = SymbolTrie::kRoot;
      for (std::size_t at = first; at < words.size() && words[at] != ByteTable::kAbsent; ++at) {
        node = words_.find(node, static_cast<std::uint32_t>(words[at]));
        if (node == SymbolTrie::kNone) break;
        note(word_ids_, node, found);
      }
    }
  }

  // Appends the ids of all n-grams of a word's characters.
  void find_characters(const std::vector<std::uint32_t>& symbols, std::vector<std::int32_t>& found) const {
    for (std::size_t first = 0; first < symbols.size(); ++first) {
      std::int32_t node = SymbolTrie::kRoot;
      for (std::size_t at = first; at < symbols.size(); ++at) {
        node = characters_.find(node, symbols[at]);
        if (node == SymbolTrie::kNone) break;
        note(character_ids_, node, found);
      }
    }
  }

 private:
  static void set(std::vector<std::int32_t>& ids, const SymbolTrie& trie, std::int32_t node, std::int32_t id) {
    ids.resize(trie.size(), kPaddingId);
    ids[static_cast<std::size_t>(node)] = id;
  }

  static void note(const std::vector<std::int32_t>& ids, std::int32_t node, std::vector<std::int32_t>& found) {
    const std::int32_t id = ids[static_cast<std::size_t>(node)];
    if (id != kPaddingId) found.push_back(id);
  }

  ByteTable table_;
  SymbolTrie words_, characters_;
  std::vector<std::int32_t> word_ids_, character_ids_;  // by node; kPaddingId where no n-gram ends
};

// The ids of all n-grams that each row has, as often as it has them, highest first; they are values of its first token.
inline CharacterIds ngram_ids(const Rows& rows, const Ngrams& ngrams, unsigned how) {
  CharacterIds result{{}, {0}, {0}};
  std::vector<std::int32_t> words, found;
  std::vector<std::uint32_t> symbols;
  visit_normalized(
      rows, how,
      [&](const Token& token, auto lowercase) {
        words.push_back(ngrams.word<lowercase.value>(token));
        spaced_characters(token, lowercase, symbols);
        ngrams.find_characters(symbols, found);
      },
      [&] {
        ngrams.find_words(words, found);
        std::sort(found.begin(), found.end(), std::greater<>());
        result.ids.insert(result.ids.end(), found.begin(), found.end());
        result.token_offsets.resize(result.token_offsets.size() + words.size(),
                                    static_cast<std::int64_t>(result.ids.size()));
        result.row_offsets.push_back(static_cast<std::int64_t>(result.token_offsets.size() - 1));
        words.clear();
        found.clear();
      });
  return result;
}

// In how many rows each n-gram is.
class NgramCounts {
 public:
  NgramCounts(NgramSizes words, NgramSizes characters) : word_sizes_(words), character_sizes_(characters) {}

  void add(const Rows& rows, unsigned how) {
    std::vector<std::uint32_t> words, symbols;
    visit_normalized(
        rows, how,
        [&](const Token& token, auto lowercase) {
          if (token.empty()) {  // which no n-gram goes across
            words_.add(words, word_sizes_, rows_);
            words.clear();
            return;
          }
          if (word_sizes_.most > 0) words.push_back(static_cast<std::uint32_t>(table_.insert<lowercase.value>(token)));
          spaced_characters(token, lowercase, symbols);
          characters_.add(symbols, character_sizes_, rows_);
        },
        [&] {
          words_.add(words, word_sizes_, rows_);
          words.clear();
          ++rows_;
        });
  }

  std::int64_t rows() const { return rows_; }

  // Calls `visit(words, rows)` for every n-gram of words, by the words themselves.
  template <typename Visit>
  void each_of_words(Visit&& visit) const {
    words_.each([&](const std::vector<std::uint32_t>& path, std::int64_t count) {
      std::vector<std::string_view> words;
      for (const std::uint32_t number : path) words.push_back(table_[number]);
      visit(words, count);
    });
  }

  // Calls `visit(code_points, rows)` for every n-gram of characters.
  template <typename Visit>
  void each_of_characters(Visit&& visit) const {
    characters_.each(visit);
  }

 private:
  struct Counted {
    SymbolTrie trie;
    std::vector<std::int64_t> counts;
    std::vector<std::int64_t> seen;  // the last row that had the n-gram

    void add(const std::vector<std::uint32_t>& symbols, NgramSizes sizes, std::int64_t row) {
      for (std::size_t first = 0; first < symbols.size(); ++first) {
        std::int32_t node = SymbolTrie::kRoot;
        for (std::size_t size = 1; size <= sizes.most && first + size <= symbols.size(); ++size) {
          node = trie.insert(node, symbols[first + size - 1]);
          if (size >= sizes.least) count(static_cast<std::size_t>(node), row);
        }
      }
    }

    void count(std::size_t node, std::int64_t row) {
      if (node >= counts.size()) {
        counts.resize(trie.size(), 0);
        seen.resize(trie.size(), -1);
      }
      if (seen[node] == row) return;
      seen[node] = row;
      ++counts[node];
    }

    template <typename Visit>
    void each(Visit&& visit) const {
      for (std::size_t node = 1; node < counts.size(); ++node) {
        if (counts[node] > 0) visit(trie.path(static_cast<std::int32_t>(node)), counts[node]);
      }
    }
  };

  NgramSizes word_sizes_, character_sizes_;
  ByteTable table_;
  Counted words_, characters_;
  std::int64_t rows_ = 0;
};

}  // namespace mtl
