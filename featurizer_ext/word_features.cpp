#include "word_features.h"

#include "core/affixes.h"
#include "core/shapes.h"

namespace mtl {

Flags flags_of_names(const Rows& rows, const Names& names, unsigned how, bool ends) {
  return name_flags(rows, names, how, ends);
}

CharacterIds bytes_of_tokens(const Rows& rows, unsigned how, std::size_t max_length) {
  return byte_ids(rows, how, max_length);
}

CharacterIds affixes_of_tokens(const Rows& rows, const ByteTable& prefixes, const ByteTable& suffixes, unsigned how,
                               std::size_t most_prefixes, std::size_t most_suffixes) {
  return affix_ids(rows, prefixes, suffixes, how, most_prefixes, most_suffixes);
}

std::vector<std::int32_t> shapes_of_tokens(const Rows& rows) { return shapes(rows); }

void count_affixes(const Rows& rows, unsigned how, std::size_t most_prefixes, std::size_t most_suffixes,
                   CountedStrings& prefixes, CountedStrings& suffixes) {
  visit_normalized(
      rows, how,
      [&](const Token& token, auto lowercase) {
        each_affix(token, most_prefixes, most_suffixes, [&](const Token& affix, auto is_prefix) {
          CountedStrings& counted = is_prefix.value ? prefixes : suffixes;
          const auto index = static_cast<std::size_t>(counted.strings.insert<lowercase.value>(affix));
          if (index == counted.counts.size()) counted.counts.push_back(0);
          ++counted.counts[index];
        });
      },
      [] {});
}

CharacterIds ngrams_of_rows(const Rows& rows, const Ngrams& ngrams, unsigned how) {
  return ngram_ids(rows, ngrams, how);
}

void count_ngrams(const Rows& rows, unsigned how, NgramCounts& counts) { counts.add(rows, how); }

}  // namespace mtl
