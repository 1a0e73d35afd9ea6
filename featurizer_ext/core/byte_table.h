// An open-addressing hash table from byte strings to their indices in order of insertion.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "block.h"

namespace mtl {

// What identifies a byte string inside the table. Up to 16 bytes: the bytes themselves, zeros after them, and
// the length, so that comparing needs no second memory access. Longer: a hash, checked against the stored bytes.
struct Key {
  std::uint64_t a;
  std::uint64_t b;
  std::uint32_t size;

  bool is_long() const { return size > 16; }

  std::uint64_t hash() const {
    std::uint64_t h = (a ^ size) * 0x9E3779B97F4A7C15u;
    h = (h ^ (h >> 32) ^ b) * 0xD6E8FEB86659FD93u;
    return h ^ (h >> 32);
  }
};

// A part of a text. Knowing where the text ends allows reading 16 bytes at once wherever there are as many.
struct Token {
  const char* begin;
  const char* end;
  std::string_view text;

  bool empty() const { return begin == end; }
  std::size_t size() const { return static_cast<std::size_t>(end - begin); }
};

template <bool lowercase>
inline std::uint64_t fold(std::uint64_t x) {
  return lowercase ? lower8(x) : x;
}

#if defined(__SSE2__) && defined(__x86_64__) && !defined(MTL_PORTABLE)

alignas(32) inline constexpr unsigned char kOnesThenZeros[32] = {
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};

// The key of the first `size` <= 16 of 16 readable bytes.
template <bool lowercase>
inline Key short_key(const char* p, std::size_t size) {
  const auto* mask = reinterpret_cast<const __m128i*>(kOnesThenZeros + 16 - size);
  __m128i x = _mm_and_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)), _mm_loadu_si128(mask));
  if (lowercase) x = _mm_or_si128(x, _mm_and_si128(bytes_in(x, 'A', 26), _mm_set1_epi8(0x20)));
  const auto a = static_cast<std::uint64_t>(_mm_cvtsi128_si64(x));
  const auto b = static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(x, x)));
  return {a, b, static_cast<std::uint32_t>(size)};
}

#else

// The lowest `bytes` bytes of a number.
inline std::uint64_t low_bytes(std::uint64_t x, std::size_t bytes) {
  return bytes >= 8 ? x : x & ((std::uint64_t{1} << (8 * bytes)) - 1);
}

template <bool lowercase>
inline Key short_key(const char* p, std::size_t size) {
  const std::uint64_t a = fold<lowercase>(low_bytes(load8(p), size));
  const std::uint64_t b = fold<lowercase>(low_bytes(load8(p + 8), size > 8 ? size - 8 : 0));
  return {a, b, static_cast<std::uint32_t>(size)};
}

#endif

template <bool lowercase>
inline Key long_key(const Token& token) {
  const std::size_t size = token.size();
  Key key{0x2545F4914F6CDD1Du, size, static_cast<std::uint32_t>(size)};
  for (std::size_t i = 0;; i += 8) {
    const std::size_t at = i + 8 < size ? i : size - 8;
    const std::uint64_t x = fold<lowercase>(load8(token.begin + at));
    key.a = (key.a ^ x) * 0x9E3779B97F4A7C15u;
    key.a ^= key.a >> 29;
    key.b = (key.b + x) * 0xD6E8FEB86659FD93u;
    if (at + 8 == size) return key;
  }
}

template <bool lowercase>
inline Key make_key(const Token& token) {
  const std::size_t size = token.size();
  if (size > 16) return long_key<lowercase>(token);
  if (token.text.data() + token.text.size() - token.begin >= 16) return short_key<lowercase>(token.begin, size);
  char bytes[16] = {};  // near the text's end; the bytes after the token do not matter
  for (std::size_t i = 0; i < size; ++i) bytes[i] = token.begin[i];
  return short_key<lowercase>(bytes, size);
}

class ByteTable {
 public:
  static constexpr std::int32_t kAbsent = -1;

  ByteTable() : cells_(64) {}

  std::size_t size() const { return starts_.size(); }

  std::string_view operator[](std::size_t index) const {
    const std::size_t end = index + 1 < starts_.size() ? starts_[index + 1] : bytes_.size();
    return std::string_view(bytes_).substr(starts_[index], end - starts_[index]);
  }

  // The index of the (lower-cased) bytes, or kAbsent.
  template <bool lowercase>
  std::int32_t find(const Token& token) const {
    return cells_[slot<lowercase>(make_key<lowercase>(token), token.begin)].index;
  }

  // The index of the (lower-cased) bytes, which are added if they are new.
  template <bool lowercase>
  std::int32_t insert(const Token& token) {
    const Key key = make_key<lowercase>(token);
    Cell& cell = cells_[slot<lowercase>(key, token.begin)];
    if (cell.index != kAbsent) return cell.index;
    const auto index = static_cast<std::int32_t>(starts_.size());
    cell = {key.a, key.b, key.size, index};
    starts_.push_back(bytes_.size());
    for (const char* p = token.begin; p < token.end; ++p) bytes_.push_back(lowercase ? lower1(*p) : *p);
    if (2 * starts_.size() > cells_.size()) grow();
    return index;
  }

 private:
  struct Cell {
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    std::uint32_t size = 0;
    std::int32_t index = kAbsent;

    Key key() const { return {a, b, size}; }
  };

  // The cell that holds the key, or the empty one where it belongs. The table is at most half full.
  template <bool lowercase>
  std::size_t slot(const Key& key, const char* p) const {
    const std::size_t mask = cells_.size() - 1;
    std::size_t at = key.hash() & mask;
    while (cells_[at].index != kAbsent && !holds<lowercase>(cells_[at], key, p)) at = (at + 1) & mask;
    return at;
  }

  template <bool lowercase>
  bool holds(const Cell& cell, const Key& key, const char* p) const {
    if (cell.a != key.a || cell.b != key.b || cell.size != key.size) return false;
    if (!key.is_long()) return true;
    const char* stored = bytes_.data() + starts_[static_cast<std::size_t>(cell.index)];
    for (std::size_t i = 0; i < key.size; ++i) {
      if (stored[i] != (lowercase ? lower1(p[i]) : p[i])) return false;
    }
    return true;
  }

  void grow() {
    std::vector<Cell> old(2 * cells_.size());
    old.swap(cells_);
    const std::size_t mask = cells_.size() - 1;
    for (const Cell& cell : old) {
      if (cell.index == kAbsent) continue;
      std::size_t at = cell.key().hash() & mask;
      while (cells_[at].index != kAbsent) at = (at + 1) & mask;
      cells_[at] = cell;
    }
  }

  std::vector<Cell> cells_;  // a power of two of them
  std::vector<std::size_t> starts_;
  std::string bytes_;
};

}  // namespace mtl
