// Checks the core against a slow reading of the same definitions, on random bytes. Prints what differs; run under
// sanitizers by test_core.py. Texts stand in exactly fitting heap memory, so that a read outside them is seen.
#include "core/tokens.h"

#include <cstdio>
#include <map>
#include <memory>
#include <random>

using namespace mtl;

namespace {

int faults = 0;

void check(bool holds, const char* what) {
  if (!holds) {
    ++faults;
    if (faults < 20) std::printf("differs: %s\n", what);
  }
}

struct Piece {
  std::size_t begin;
  std::size_t end;
};

bool in(const Range* first, const Range* last, std::uint32_t c) {
  for (; first < last; ++first) {
    if (c >= first->first && c <= first->last) return true;
  }
  return false;
}

bool is_word(std::uint32_t c) { return in(std::begin(kWordRanges), std::end(kWordRanges), c); }
bool is_extend(std::uint32_t c) { return in(std::begin(kExtendRanges), std::end(kExtendRanges), c); }
bool is_space(std::uint32_t c) { return in(std::begin(kSpaceRanges), std::end(kSpaceRanges), c); }

std::vector<Piece> slow_tokens(Tokenizer kind, const char* text, std::size_t size) {
  std::vector<Piece> pieces;
  bool joins = false;  // the last piece goes on if the next character is of its run
  bool token = false;  // the last character is no white space
  for (std::size_t at = 0; at < size;) {
    const Decoded c = decode(text + at, text + size);
    const bool space = is_space(c.code_point);
    const bool runs = kind == Tokenizer::kWhitespace ? !space : kind == Tokenizer::kUnicodeWords && is_word(c.code_point);
    const bool extends = kind == Tokenizer::kUnicodeWords && is_extend(c.code_point);
    if (!space && ((joins && runs) || (token && extends))) {
      pieces.back().end = at + c.bytes;
    } else if (!space) {
      pieces.push_back({at, at + c.bytes});
    }
    joins = extends ? token && joins : runs;
    token = !space;
    at += c.bytes;
  }
  return pieces;
}

std::string lowered(std::string text) {
  for (char& c : text) c = lower1(c);
  return text;
}

std::string random_text(std::mt19937& generator) {
  static const char* const parts[] = {"a", "Zebra", "9", " ", "  ", "\t", ".", ",!", "\xC3\x89", "\xCC\x81", "\xE3\x80\x80",
                                      "\xE2\x80\x83", "\xF0\x9F\x98\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC0\x80",
                                      "incomprehensibilities", "\xE6\x97\xA5\xE6\x9C\xAC", "Strasse", "\xC2\x85", "\xC2\xAD",
                                      "\xE2\x80\x8C", "\xEF\xB8\x8F", "\xF0\x9F\x8F\xBD", "\xE2\x9D\xA4"};
  std::string text;
  const unsigned count = generator() % 40;
  for (unsigned i = 0; i < count; ++i) {
    const unsigned kind = generator() % 8;
    if (kind == 0) {
      text.push_back(static_cast<char>(generator() & 255));
    } else {
      text += parts[generator() % (sizeof parts / sizeof *parts)];
    }
  }
  return text;
}

template <Tokenizer kind>
bool first_tokens(const char* text, std::size_t size, std::size_t most, const std::vector<Piece>& expected) {
  Rows rows(kind, most);
  rows.add_text({text, size});
  std::size_t seen = 0;
  bool same = true;
  rows.visit(
      [&](const Token& token) {
        if (expected.empty()) {
          same = same && token.empty();
        } else {
          same = same && seen < expected.size() && token.begin == text + expected[seen].begin;
        }
        ++seen;
      },
      [] {});
  const std::size_t there = expected.empty() ? 1 : expected.size();
  return same && seen == (most < there ? most : there);
}

template <Tokenizer kind>
void compare(const char* text, std::size_t size) {
  const std::vector<Piece> expected = slow_tokens(kind, text, size);
  std::vector<Piece> found;
  scan<kind>({text, size}, [&](const char* begin, const char* end) {
    found.push_back({static_cast<std::size_t>(begin - text), static_cast<std::size_t>(end - text)});
    return true;
  });
  bool same = found.size() == expected.size();
  for (std::size_t i = 0; same && i < found.size(); ++i) {
    same = found[i].begin == expected[i].begin && found[i].end == expected[i].end;
  }
  check(same, "tokens");
  for (const std::size_t most : {std::size_t{1}, std::size_t{2}, expected.size(), expected.size() + 1}) {
    if (most != 0) check(first_tokens<kind>(text, size, most, expected), "first tokens");
  }
}

void compare_table(const std::vector<std::string_view>& texts) {
  ByteTable exact, lower;
  std::map<std::string, std::int32_t> exact_ids, lower_ids;
  Rows rows(Tokenizer::kUnicodeWords);
  for (const std::string_view text : texts) rows.add_text(text);
  std::size_t seen = 0;
  rows.visit(
      [&](const Token& token) {
        const std::string word(token.begin, token.end);
        if (++seen % 3 == 0) return;  // leave some unknown
        const auto a = exact_ids.emplace(word, exact_ids.size()).first->second;
        check(exact.insert<false>(token) == a, "index, exact");
        const auto b = lower_ids.emplace(lowered(word), lower_ids.size()).first->second;
        check(lower.insert<true>(token) == b, "index, lower-cased");
      },
      [] {});
  rows.visit(
      [&](const Token& token) {
        const std::string word(token.begin, token.end);
        const auto a = exact_ids.find(word);
        check(exact.find<false>(token) == (a == exact_ids.end() ? -1 : a->second), "look-up, exact");
        const auto b = lower_ids.find(lowered(word));
        check(lower.find<true>(token) == (b == lower_ids.end() ? -1 : b->second), "look-up, lower-cased");
      },
      [] {});
  for (const auto& [word, index] : lower_ids) check(lower[static_cast<std::size_t>(index)] == word, "stored bytes");
}

// Published values of MurmurHash3_x86_32 with the seed 0, in exactly fitting memory.
void check_hashes() {
  const std::map<std::string, std::uint32_t> published = {
      {"", 0}, {"test", 0xBA6BD213u}, {"Hello, world!", 0xC0363E43u},
      {"The quick brown fox jumps over the lazy dog", 0x2E4FF723u}};
  for (const auto& [text, hash] : published) {
    const auto memory = std::make_unique<char[]>(text.size());
    std::memcpy(memory.get(), text.data(), text.size());
    check(murmur_hash<false>(memory.get(), text.size()) == hash, "hash");
    const std::string lower = lowered(text);
    check(murmur_hash<true>(memory.get(), text.size()) == murmur_hash<false>(lower.data(), lower.size()),
          "hash, lower-cased");
  }
}

}  // namespace

int main() {
  std::mt19937 generator(1);
  std::vector<std::unique_ptr<char[]>> memory;
  std::vector<std::string_view> texts;
  for (int i = 0; i < 20000; ++i) {
    const std::string text = random_text(generator);
    memory.push_back(std::make_unique<char[]>(text.size()));
    std::memcpy(memory.back().get(), text.data(), text.size());
    texts.emplace_back(memory.back().get(), text.size());
    compare<Tokenizer::kWhitespace>(memory.back().get(), text.size());
    compare<Tokenizer::kUnicodeWords>(memory.back().get(), text.size());
    compare<Tokenizer::kCharacters>(memory.back().get(), text.size());
  }
  compare_table(texts);
  check_hashes();
  std::printf("%d faults\n", faults);
  return faults == 0 ? 0 : 1;
}
