#include "word_ids.h"

namespace mtl {

Ids ids_of_words(const Rows& rows, const ByteTable& entries, unsigned how) { return word_ids(rows, entries, how); }

std::vector<std::uint32_t> hashes_of_words(const Rows& rows, unsigned how) { return word_hashes(rows, how); }

}  // namespace mtl
