// Checks the core against a slow reading of the same definitions, on random bytes. Prints what differs; run under
// sanitizers by test_core.py. Texts stand in exactly fitting heap memory, so that a read outside them is seen.
#include "core/affixes.h"
#include "core/gazetteer.h"
#include "core/ngrams.h"
#include "core/shapes.h"
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
bool is_pictograph(std::uint32_t c) { return in(std::begin(kPictographicRanges), std::end(kPictographicRanges), c); }
bool is_letter_of_flag(std::uint32_t c) { return in(std::begin(kFlagLetterRanges), std::end(kFlagLetterRanges), c); }
bool is_space(std::uint32_t c) { return in(std::begin(kSpaceRanges), std::end(kSpaceRanges), c); }

std::vector<Piece> slow_tokens(Tokenizer kind, const char* text, std::size_t size) {
  std::vector<Piece> pieces;
  bool joins = false;  // the last piece goes on if the next character is of its run
  bool token = false;  // the last character is no white space
  bool joiner = false;  // the last character is the zero-width joiner
  bool half = false;  // the last character but marks is the first letter of a flag
  for (std::size_t at = 0; at < size;) {
    const Decoded c = decode(text + at, text + size);
    const bool space = is_space(c.code_point);
    const bool runs = kind == Tokenizer::kWhitespace ? !space : kind == Tokenizer::kUnicodeWords && is_word(c.code_point);
    const bool extends = kind == Tokenizer::kUnicodeWords && is_extend(c.code_point);
    const bool letter = is_letter_of_flag(c.code_point);
    const bool linked = kind == Tokenizer::kUnicodeWords && ((joiner && is_pictograph(c.code_point)) || (half && letter));
    if (!space && ((joins && runs) || (token && extends) || linked)) {
      pieces.back().end = at + c.bytes;
    } else if (!space) {
      pieces.push_back({at, at + c.bytes});
    }
    joins = extends ? token && joins : runs;
    token = !space;
    joiner = c.code_point == 0x200D;
    half = letter ? !half : half && extends;
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
                                      "\xE2\x80\x8C", "\xE2\x80\x8D", "\xE2\x80\x8D\xF0\x9F\x91\xA6", "\xF0\x9F\x87\xA9", "\xF0\x9F\x87\xAA",
                                      "\xF0\x9F\x91\xA8", "\xEF\xB8\x8F", "\xF0\x9F\x8F\xBD", "\xE2\x9D\xA4"};
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

std::string text_of(const Token& token) { return {token.begin, token.end}; }

// Names from the texts themselves, of up to three tokens, looked for token by token and name by name.
void compare_names(const std::vector<std::string_view>& texts) {
  Rows rows(Tokenizer::kUnicodeWords);
  for (const std::string_view text : texts) rows.add_text(text);
  std::vector<std::vector<Token>> words(1);
  rows.visit([&](const Token& token) { words.back().push_back(token); }, [&] { words.emplace_back(); });
  Names names(2);
  std::vector<std::vector<std::string>> listed[2];
  for (std::size_t row = 0; row + 1 < words.size(); row += 3) {
    const std::size_t begin = row % words[row].size();
    std::vector<Token> name;
    std::vector<std::string> spelled;
    for (std::size_t i = begin; i < words[row].size() && i < begin + 1 + row % 4; ++i) {
      if (words[row][i].empty()) continue;
      name.push_back(words[row][i]);
      spelled.push_back(text_of(words[row][i]));
    }
    if (name.empty()) continue;
    names.add(name, row % 2);
    listed[row % 2].push_back(spelled);
  }
  for (const bool ends : {false, true}) {
    const Flags found = name_flags(rows, names, 0, ends);
    std::vector<std::int32_t> expected;
    for (std::size_t row = 0; row + 1 < words.size(); ++row) {
      const std::size_t first = expected.size();
      expected.resize(first + 2 * words[row].size());
      for (std::size_t type = 0; type < 2; ++type) {
        for (std::size_t at = 0; at < words[row].size();) {
          std::size_t longest = 0;
          for (const std::vector<std::string>& name : listed[type]) {
            bool same = name.size() > longest && at + name.size() <= words[row].size();
            for (std::size_t i = 0; same && i < name.size(); ++i) same = text_of(words[row][at + i]) == name[i];
            if (same) longest = name.size();
          }
          for (std::size_t i = 0; i < longest; ++i) {
            std::size_t position = i == 0 ? 0 : 1;
            if (ends && i + 1 == longest) position = i == 0 ? 3 : 2;
            expected[first + 2 * (at + i) + type] = static_cast<std::int32_t>(1 + type * (ends ? 4 : 2) + position);
          }
          at += longest == 0 ? 1 : longest;
        }
      }
    }
    check(found.values == expected, "flags of names");
    check(found.row_offsets == row_offsets(rows), "rows of flags");
  }
}

// Bytes, affixes and shapes of tokens that are characters of one kind each.
void compare_parts(const std::vector<std::string_view>& texts) {
  Rows rows(Tokenizer::kWhitespace);
  for (const std::string_view text : texts) rows.add_text(text);
  const CharacterIds bytes = byte_ids(rows, kAsciiLower, 5);
  std::vector<std::int32_t> expected;
  ByteTable prefixes, suffixes;
  std::size_t affixes = 0;
  rows.visit(
      [&](const Token& token) {
        const std::string word = lowered(text_of(token));
        for (std::size_t i = 0; i < word.size() && i < 5; ++i) expected.push_back(1 + static_cast<unsigned char>(word[i]));
        each_affix(token, 2, 3, [&](const Token& affix, auto is_prefix) {
          (is_prefix.value ? prefixes : suffixes).template insert<false>(affix);
          const std::string all = text_of(token), part = text_of(affix);
          check(all.compare(is_prefix.value ? 0 : all.size() - part.size(), part.size(), part) == 0, "affix");
          ++affixes;
        });
        const auto shape = static_cast<std::int32_t>(shape_of(token));
        check(shape <= static_cast<std::int32_t>(Shape::kOtherDigits) && (shape == 0) == token.empty(), "shape");
      },
      [] {});
  check(bytes.ids == expected, "bytes");
  const CharacterIds found = affix_ids(rows, prefixes, suffixes, 0, 2, 3);
  std::size_t there = 0;
  for (const std::int32_t id : found.ids) there += id >= kFirstId;
  check(there == affixes, "affixes that are known");
  check(found.ids.size() == 5 * static_cast<std::size_t>(found.row_offsets.back()), "affixes of a token");
}

// What `character` is in a mapping, by going through it from its beginning; nullptr where it is not there.
template <typename Entry, std::size_t N>
const Entry* slow_find(const Entry (&entries)[N], std::uint32_t character) {
  for (const Entry& entry : entries) {
    if (entry.from == character) return &entry;
  }
  return nullptr;
}

std::uint32_t slow_class(std::uint32_t c) {
  for (const CombiningClass& run : kCombiningClasses) {
    if (c >= run.first && c <= run.last) return run.value;
  }
  return 0;
}

// What two characters compose to, or 0. Hangul: every syllable is decomposed and compared.
std::uint32_t slow_compose(std::uint32_t first, std::uint32_t second) {
  for (const Composition& found : kCompositions) {
    if (found.first == first && found.second == second) return found.composed;
  }
  const bool vowel = second >= 0x1161 && second <= 0x1175 && first >= 0x1100 && first <= 0x1112;
  const bool last = second >= 0x11A8 && second <= 0x11C2 && first >= 0xAC00 && first <= 0xD7A3;
  if (vowel) return 0xAC00 + 588 * (first - 0x1100) + 28 * (second - 0x1161);
  return last && (first - 0xAC00) % 28 == 0 ? first + (second - 0x11A7) : 0;
}

using Points = std::vector<std::uint32_t>;

template <std::size_t N>
Points slow_mapped(const CharacterText (&entries)[N], const Points& text) {
  Points found;
  for (const std::uint32_t c : text) {
    const CharacterText* entry = slow_find(entries, c);
    if (entry == nullptr) {
      found.push_back(c);
    } else {
      found.insert(found.end(), kMappedText + entry->at, kMappedText + entry->at + entry->size);
    }
  }
  return found;
}

// NFKC by definitions D108, D109 and D115 to D117 of The Unicode Standard: neighbours are swapped until the classes are
// in order; then every character is composed with the last starter, where nothing between them blocks it.
Points slow_nfkc(const Points& text) {
  Points parts = slow_mapped(kCompatible, text);
  for (bool swapped = true; swapped;) {
    swapped = false;
    for (std::size_t i = 1; i < parts.size(); ++i) {
      if (slow_class(parts[i]) == 0 || slow_class(parts[i - 1]) <= slow_class(parts[i])) continue;
      std::swap(parts[i - 1], parts[i]);
      swapped = true;
    }
  }
  for (std::size_t i = 1; i < parts.size(); ++i) {
    std::size_t starter = i;
    while (starter > 0 && slow_class(parts[--starter]) != 0) {
    }
    if (slow_class(parts[starter]) != 0) continue;
    const bool blocked =
        starter + 1 < i && (slow_class(parts[i - 1]) == 0 || slow_class(parts[i - 1]) >= slow_class(parts[i]));
    const std::uint32_t composed = blocked ? 0 : slow_compose(parts[starter], parts[i]);
    if (composed == 0) continue;
    parts[starter] = composed;
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i--));
  }
  return parts;
}

Points points_of(const char* p, const char* end) {
  Points points;
  for (; p < end; p += decode(p, end).bytes) points.push_back(decode(p, end).code_point);
  return points;
}

Points slow_normalized(Points points, unsigned how) {
  if (how & kNfkc) points = slow_nfkc(points);
  for (std::uint32_t& c : points) {
    const CharacterPair* pair = how & kLower ? slow_find(kLowerCase, c) : nullptr;
    if (pair != nullptr) c = pair->to;
  }
  const Points bare = how & kStripAccents ? slow_mapped(kWithoutAccents, points) : Points();
  if (!bare.empty()) points = bare;
  for (std::uint32_t& c : points) {
    if (how & kAsciiLower && c >= 'A' && c <= 'Z') c += 32;
  }
  return points;
}

// Every sum of normalizations of a token in exactly fitting memory.
void compare_normalized(const std::string& word) {
  const auto memory = std::make_unique<char[]>(word.size());
  std::memcpy(memory.get(), word.data(), word.size());
  const Token token{memory.get(), memory.get() + word.size(), {memory.get(), word.size()}};
  const Points points = points_of(token.begin, token.end);
  for (unsigned how = 1; how < 16; ++how) {
    Normalizer normalizer(how);
    if (!normalizer.concerns(token)) continue;
    const Token found = normalizer(token);
    check(points_of(found.begin, found.end) == slow_normalized(points, how), "normalized");
    Rows rows;
    rows.add_token(token.text);
    rows.close_row();
    // Lower case of ASCII alone leaves all other bytes as they are, also those that are no character.
    const auto expected = how == kAsciiLower ? murmur_hash<true>(token.begin, token.size())
                                             : murmur_hash<false>(found.begin, found.size());
    check(word_hashes(rows, how) == std::vector<std::uint32_t>{expected}, "hash of what is normalized");
  }
}

void check_normalizations(std::mt19937& generator) {
  static const char* const parts[] = {
      "A", "e", "\xC3\x89", "\xC4\xB0", "\xC3\x85", "\xE2\x84\xAB", "\xEF\xBC\xA1", "\xEF\xAC\x81", "\xC2\xBD",
      "\xCC\x81", "\xCC\xA3", "\xCC\x82", "\xCD\x84", "\xD6\xB0", "\xE3\x82\x99", "\xE3\x81\x8B",  // marks
      "\xE1\x84\x92", "\xE1\x85\xA1", "\xE1\x86\xAB", "\xE1\x86\xA7", "\xED\x95\x98", "\xED\x95\x9C",  // Hangul
      "\xEF\xB7\xBA", "\xEF\xB7\xBB",                                        // of 18 and of 8 characters in NFKC
      "\xF0\x90\x90\x80", "\xE0\xB3\x8B", "\xF4\x8F\xBF\xBF", "\xEF\xBF\xBD", "\xED\xA0\x80"};
  constexpr std::size_t kParts = sizeof parts / sizeof *parts;
  for (const char* const part : parts) {
    const std::string whole(part);
    for (std::size_t size = 1; size <= whole.size(); ++size) {  // ends within a character, too
      compare_normalized(whole.substr(0, size));
      compare_normalized("\xCC\x81" + whole.substr(0, size));
      compare_normalized("A" + whole + whole.substr(0, size));
    }
  }
  std::string expanding;
  for (int i = 0; i < 100; ++i) expanding += "\xEF\xB7\xBA\xCC\xA3\xCC\x81";
  compare_normalized(expanding);
  for (int i = 0; i < 500; ++i) {
    std::string word;
    const unsigned count = 1 + generator() % 8;
    for (unsigned j = 0; j < count; ++j) {
      const std::string part = parts[generator() % kParts];
      word += generator() % 8 == 0 ? part.substr(0, 1 + generator() % part.size()) : part;
    }
    compare_normalized(word);
  }
}

// Every n-gram of the texts is found again, in as many rows as it was counted in.
void compare_ngrams(const std::vector<std::string_view>& texts) {
  Rows rows(Tokenizer::kUnicodeWords);
  for (const std::string_view text : texts) rows.add_text(text);
  NgramCounts counts({1, 2}, {2, 3});
  counts.add(rows, kAsciiLower);
  Ngrams ngrams;
  std::vector<std::int64_t> expected{0};
  std::vector<Token> words;
  counts.each_of_words([&](const std::vector<std::string_view>& ngram, std::int64_t count) {
    words.clear();
    for (const std::string_view word : ngram) words.push_back({word.data(), word.data() + word.size(), word});
    ngrams.add_words(words, static_cast<std::int32_t>(expected.size()));
    expected.push_back(count);
  });
  counts.each_of_characters([&](const std::vector<std::uint32_t>& ngram, std::int64_t count) {
    check(ngram.size() == 2 || ngram.size() == 3, "characters of an n-gram");
    if (std::any_of(ngram.begin(), ngram.end(), [](std::uint32_t c) { return c >= 0x80; })) return;
    const std::string text(ngram.begin(), ngram.end());
    ngrams.add_characters({text.data(), text.data() + text.size(), text}, static_cast<std::int32_t>(expected.size()));
    expected.push_back(count);
  });
  const CharacterIds found = ngram_ids(rows, ngrams, kAsciiLower);
  std::vector<std::int64_t> seen(expected.size(), 0);
  for (std::size_t row = 0; row < texts.size(); ++row) {
    const auto begin = found.token_offsets[static_cast<std::size_t>(found.row_offsets[row])];
    const auto end = found.token_offsets[static_cast<std::size_t>(found.row_offsets[row + 1])];
    for (auto at = begin; at < end; ++at) {
      const std::int32_t id = found.ids[static_cast<std::size_t>(at)];
      const bool again = at > begin && found.ids[static_cast<std::size_t>(at - 1)] == id;
      check(at == begin || found.ids[static_cast<std::size_t>(at - 1)] >= id, "order of n-grams");
      if (!again) ++seen[static_cast<std::size_t>(id)];
    }
  }
  check(seen == expected, "rows of n-grams");
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
  compare_names({texts.begin(), texts.begin() + 500});
  compare_parts(texts);
  compare_ngrams({texts.begin(), texts.begin() + 2000});
  check_hashes();
  check_normalizations(generator);
  std::printf("%d faults\n", faults);
  return faults == 0 ? 0 : 1;
}
