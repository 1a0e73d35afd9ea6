// Ids and hashes of words. Compiled by itself: beside anything else that visits tokens, the compiler inlines less of
// what is on the path of every text.
#pragma once

#include <vector>

#include "core/tokens.h"

namespace mtl {

Ids ids_of_words(const Rows& rows, const ByteTable& entries, unsigned how);

std::vector<std::uint32_t> hashes_of_words(const Rows& rows, unsigned how);

}  // namespace mtl
