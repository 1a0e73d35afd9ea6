// The tokens of a batch of texts, and the features computed from them.
#pragma once

#include <vector>

#include "byte_table.h"
#include "code_point_map.h"
#include "tokenizer.h"

namespace mtl {

inline constexpr std::int32_t kPaddingId = 0;
inline constexpr std::int32_t kUnknownId = 1;
inline constexpr std::int32_t kFirstId = 2;  // of a vocabulary's first entry

struct Token {
  const char* begin;
  const char* end;
  std::size_t size() const { return static_cast<std::size_t>(end - begin); }
};

// Tokens of all rows, one after another; points into texts that the owner of the table keeps alive. A row
// without tokens gets one empty token (the padding token), so that every row's length is at least 1.
class TokenTable {
 public:
  TokenTable() : row_offsets_{0} {}

  const std::vector<Token>& tokens() const { return tokens_; }
  const std::vector<std::int64_t>& row_offsets() const { return row_offsets_; }
  std::size_t rows() const { return row_offsets_.size() - 1; }

  template <Tokenizer kind>
  void add_text(std::string_view text) {
    scan<kind>(text, [this](const char* begin, const char* end) { tokens_.push_back({begin, end}); });
    close_row(text.data());
  }

  void add_token(std::string_view token) { tokens_.push_back({token.data(), token.data() + token.size()}); }

  void close_row(const char* empty) {
    if (static_cast<std::int64_t>(tokens_.size()) == row_offsets_.back()) tokens_.push_back({empty, empty});
    row_offsets_.push_back(static_cast<std::int64_t>(tokens_.size()));
  }

  // Writes one id a token.
  template <bool lowercase>
  void word_ids(const ByteTable& entries, std::int32_t* out) const {
    for (const Token& token : tokens_) {
      const std::int32_t index = entries.find<lowercase>(token.begin, token.size());
      *out++ = token.begin == token.end ? kPaddingId : index == ByteTable::kAbsent ? kUnknownId : index + kFirstId;
    }
  }

  // Appends the ids of every token's first `max_length` characters; writes size()+1 offsets into them.
  void character_ids(const CodePointMap<std::int32_t>& ids, bool lowercase, std::size_t max_length,
                     std::vector<std::int32_t>& out, std::int64_t* offsets) const {
    *offsets++ = 0;
    for (const Token& token : tokens_) {
      each_character(token, max_length, [&](std::uint32_t c) { out.push_back(ids.get(lowercase ? lower_code_point(c) : c)); });
      *offsets++ = static_cast<std::int64_t>(out.size());
    }
  }

  template <typename Visit>
  static void each_character(const Token& token, std::size_t max_length, Visit&& visit) {
    std::size_t seen = 0;
    for (const char* p = token.begin; p < token.end && seen < max_length; ++seen) {
      const Decoded character = decode(p, token.end);
      visit(character.code_point);
      p += character.bytes;
    }
  }

 private:
  std::vector<Token> tokens_;
  std::vector<std::int64_t> row_offsets_;
};

}  // namespace mtl
