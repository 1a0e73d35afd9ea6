// What is computed from words beside ids. Compiled by itself: in one file with the look-up of ids, the compiler inlines
// less of that, which is on the path of every text.
#pragma once

#include <vector>

#include "core/gazetteer.h"
#include "core/ngrams.h"
#include "core/tokens.h"

namespace mtl {

Flags flags_of_names(const Rows& rows, const Names& names, unsigned how, bool ends);

CharacterIds bytes_of_tokens(const Rows& rows, unsigned how, std::size_t max_length);

CharacterIds affixes_of_tokens(const Rows& rows, const ByteTable& prefixes, const ByteTable& suffixes, unsigned how,
                               std::size_t most_prefixes, std::size_t most_suffixes);

std::vector<std::int32_t> shapes_of_tokens(const Rows& rows);

struct CountedStrings {
  ByteTable strings;
  std::vector<std::int64_t> counts;
};

void count_affixes(const Rows& rows, unsigned how, std::size_t most_prefixes, std::size_t most_suffixes,
                   CountedStrings& prefixes, CountedStrings& suffixes);

CharacterIds ngrams_of_rows(const Rows& rows, const Ngrams& ngrams, unsigned how);

void count_ngrams(const Rows& rows, unsigned how, NgramCounts& counts);

}  // namespace mtl
