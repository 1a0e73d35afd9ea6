// The tokens of a batch of texts, and the features computed from them.
#pragma once

#include <type_traits>
#include <vector>

#include "byte_table.h"
#include "code_point_map.h"
#include "murmur_hash.h"
#include "normalization.h"
#include "tokenizer.h"

namespace mtl {

inline constexpr std::int32_t kPaddingId = 0;
inline constexpr std::int32_t kUnknownId = 1;
inline constexpr std::int32_t kFirstId = 2;  // of a vocabulary's first entry
inline constexpr std::size_t kAllTokens = static_cast<std::size_t>(-1);

// Rows of tokens: texts and how to split them, or tokens that came as such. Points into memory that its owner
// keeps alive. Tokens of a text are not stored but found again for every feature: that is faster than to
// remember them.
class Rows {
 public:
  // Every row has up to `most` tokens; what comes after them is ignored.
  explicit Rows(Tokenizer tokenizer, std::size_t most = kAllTokens)
      : tokenizer_(tokenizer), ready_made_(false), most_(most) {}
  explicit Rows(std::size_t most = kAllTokens) : tokenizer_(Tokenizer::kWhitespace), ready_made_(true), most_(most) {}

  void add_text(std::string_view text) { strings_.push_back(text); }
  void add_token(std::string_view token) { strings_.push_back(token); }
  void close_row() { ends_.push_back(strings_.size()); }

  bool ready_made() const { return ready_made_; }

  // About how many tokens there are: a little more than in most English texts. For reserving memory.
  std::size_t expected_tokens() const {
    std::size_t bytes = 0;
    for (const std::string_view string : strings_) bytes += string.size();
    const std::size_t all = strings_.size() + (ready_made_ ? 0 : bytes / (tokenizer_ == Tokenizer::kCharacters ? 1 : 5));
    const std::size_t rows = ready_made_ ? ends_.size() : strings_.size();
    return most_ < all / (rows + 1) ? most_ * rows : all;
  }

  // Calls `on_token(Token)` for every token and `on_row()` after every row. A row without tokens gets one empty
  // token (the padding token), so that every row's length is at least 1.
  template <typename OnToken, typename OnRow>
  void visit(OnToken&& on_token, OnRow&& on_row) const {
    if (ready_made_) return visit_ready_made(on_token, on_row);
    switch (tokenizer_) {
      case Tokenizer::kWhitespace: return visit_kind<Tokenizer::kWhitespace>(on_token, on_row);
      case Tokenizer::kUnicodeWords: return visit_kind<Tokenizer::kUnicodeWords>(on_token, on_row);
      case Tokenizer::kCharacters: return visit_kind<Tokenizer::kCharacters>(on_token, on_row);
    }
  }

 private:
  template <Tokenizer kind, typename OnToken, typename OnRow>
  void visit_kind(OnToken& on_token, OnRow& on_row) const {
    // Two loops: where every token is wanted, counting them would cost a tenth of the time.
    most_ == kAllTokens ? visit_texts<kind, false>(on_token, on_row) : visit_texts<kind, true>(on_token, on_row);
  }

  template <Tokenizer kind, bool bounded, typename OnToken, typename OnRow>
  void visit_texts(OnToken& on_token, OnRow& on_row) const {
    for (const std::string_view text : strings_) {
      std::size_t seen = 0;
      scan<kind>(text, [&](const char* begin, const char* end) {
        on_token(Token{begin, end, text});
        seen = bounded ? seen + 1 : 1;
        return !bounded || seen < most_;
      });
      if (seen == 0) on_token(Token{text.data(), text.data(), text});
      on_row();
    }
  }

  template <typename OnToken, typename OnRow>
  void visit_ready_made(OnToken& on_token, OnRow& on_row) const {
    std::size_t i = 0;
    for (const std::size_t end : ends_) {
      if (i == end) on_token(Token{"", "", {}});
      const std::size_t last = end - i > most_ ? i + most_ : end;
      for (; i < last; ++i) on_token(Token{strings_[i].data(), strings_[i].data() + strings_[i].size(), strings_[i]});
      i = end;
      on_row();
    }
  }

  Tokenizer tokenizer_;
  bool ready_made_;
  std::size_t most_;  // at least 1
  std::vector<std::string_view> strings_;  // a text per row, or all tokens
  std::vector<std::size_t> ends_;          // of the rows in `strings_`, where it holds tokens
};

// Calls `on_token(token, lowercase)` for every token as a normalization leaves it, and `on_row()` after every row.
// `lowercase` is std::true_type where the ASCII letters of the token are still to be lower-cased.
template <typename OnToken, typename OnRow>
inline void visit_normalized(const Rows& rows, unsigned how, OnToken&& on_token, OnRow&& on_row) {
  if (how == 0) return rows.visit([&](const Token& token) { on_token(token, std::false_type()); }, on_row);
  if (how == kAsciiLower) return rows.visit([&](const Token& token) { on_token(token, std::true_type()); }, on_row);
  Normalizer normalizer(how);
  const bool lowers = (how & (kAsciiLower | kLower)) != 0;
  rows.visit(
      [&](const Token& token) {
        if (normalizer.concerns(token)) return on_token(normalizer(token), std::false_type());
        lowers ? on_token(token, std::true_type()) : on_token(token, std::false_type());
      },
      on_row);
}

template <typename Visit>
inline void each_character(const Token& token, std::size_t max_length, bool lowercase, Visit&& visit) {
  const char* p = token.begin;
  for (std::size_t seen = 0; p < token.end && seen < max_length; ++seen) {
    const Decoded character = decode(p, token.end);
    visit(lowercase ? lower_code_point(character.code_point) : character.code_point);
    p += character.bytes;
  }
}

using Offsets = std::vector<std::int64_t>;

inline Offsets row_offsets(const Rows& rows) {
  Offsets offsets{0};
  std::int64_t count = 0;
  rows.visit([&](const Token&) { ++count; }, [&] { offsets.push_back(count); });
  return offsets;
}

struct Ids {
  std::vector<std::int32_t> ids;
  Offsets row_offsets;
};

// One id per token, and the row offsets that come with them.
inline Ids word_ids(const Rows& rows, const ByteTable& entries, unsigned how) {
  Ids result{{}, {0}};
  result.ids.reserve(rows.expected_tokens());
  visit_normalized(
      rows, how,
      [&](const Token& token, auto lowercase) {
        const std::int32_t index = entries.find<lowercase.value>(token);
        result.ids.push_back(token.empty() ? kPaddingId : index == ByteTable::kAbsent ? kUnknownId : index + kFirstId);
      },
      [&] { result.row_offsets.push_back(static_cast<std::int64_t>(result.ids.size())); });
  return result;
}

// One hash per token.
inline std::vector<std::uint32_t> word_hashes(const Rows& rows, unsigned how) {
  std::vector<std::uint32_t> result;
  result.reserve(rows.expected_tokens());
  visit_normalized(
      rows, how,
      [&](const Token& token, auto lowercase) {
        result.push_back(murmur_hash<lowercase.value>(token.begin, token.size()));
      },
      [] {});
  return result;
}

struct CharacterIds {
  std::vector<std::int32_t> ids;
  Offsets token_offsets;
  Offsets row_offsets;
};

// The ids of every token's first `max_length` characters.
inline CharacterIds character_ids(const Rows& rows, const CodePointMap<std::int32_t>& entries, unsigned how,
                                  std::size_t max_length) {
  CharacterIds result{{}, {0}, {0}};
  visit_normalized(
      rows, how,
      [&](const Token& token, bool lowercase) {
        each_character(token, max_length, lowercase, [&](std::uint32_t c) { result.ids.push_back(entries.get(c)); });
        result.token_offsets.push_back(static_cast<std::int64_t>(result.ids.size()));
      },
      [&] { result.row_offsets.push_back(static_cast<std::int64_t>(result.token_offsets.size() - 1)); });
  return result;
}

// Where tokens begin and end, in code points of their row's text: two numbers per token. Ready-made tokens count as
// if their row were joined by one space.
inline std::vector<std::int64_t> spans(const Rows& rows) {
  std::vector<std::int64_t> result;
  const char* seen = nullptr;  // up to here the row's text is counted
  std::int64_t position = 0;
  rows.visit(
      [&](const Token& token) {
        if (!rows.ready_made()) position += count_code_points(seen ? seen : token.text.data(), token.begin);
        result.push_back(position);
        position += count_code_points(token.begin, token.end);
        result.push_back(position);
        if (rows.ready_made()) ++position;
        seen = token.end;
      },
      [&] {
        seen = nullptr;
        position = 0;
      });
  return result;
}

}  // namespace mtl
