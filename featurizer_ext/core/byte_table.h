// An open-addressing hash table from byte strings to their indices in order of insertion.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "characters.h"

namespace mtl {

// What identifies a byte string inside the table. Up to 16 bytes: the bytes themselves (two words that may
// overlap, plus the length), so that comparing needs no second memory access. Longer: a hash, checked against
// the stored bytes.
struct Key {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::uint32_t size = 0;

  bool is_long() const { return size > 16; }
  bool operator==(const Key& other) const { return a == other.a && b == other.b && size == other.size; }

  std::uint64_t hash() const {
    std::uint64_t h = (a ^ size) * 0x9E3779B97F4A7C15u;
    h = (h ^ (h >> 32) ^ b) * 0xD6E8FEB86659FD93u;
    return h ^ (h >> 32);
  }
};

template <bool lowercase>
inline std::uint64_t fold(std::uint64_t x) {
  return lowercase ? lower8(x) : x;
}

template <bool lowercase>
inline Key make_key(const char* p, std::size_t size) {
  Key key;
  key.size = static_cast<std::uint32_t>(size);
  if (size <= 3) {
    if (size == 0) return key;
    const auto byte = [p](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(p[i])}; };
    key.a = fold<lowercase>(byte(0) | byte(size / 2) << 8 | byte(size - 1) << 16);
  } else if (size < 8) {
    key.a = fold<lowercase>(load4(p) | load4(p + size - 4) << 32);
  } else if (size <= 16) {
    key.a = fold<lowercase>(load8(p));
    key.b = fold<lowercase>(load8(p + size - 8));
  } else {
    key.a = 0x2545F4914F6CDD1Du;
    key.b = size;
    for (std::size_t i = 0;; i += 8) {
      const std::size_t at = i + 8 < size ? i : size - 8;
      const std::uint64_t x = fold<lowercase>(load8(p + at));
      key.a = (key.a ^ x) * 0x9E3779B97F4A7C15u;
      key.a ^= key.a >> 29;
      key.b = (key.b + x) * 0xD6E8FEB86659FD93u;
      if (at == size - 8) break;
    }
  }
  return key;
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
  std::int32_t find(const char* p, std::size_t size) const {
    return cells_[slot<lowercase>(make_key<lowercase>(p, size), p)].index;
  }

  // The index of the (lower-cased) bytes, which are added if they are new.
  template <bool lowercase>
  std::int32_t insert(const char* p, std::size_t size) {
    const Key key = make_key<lowercase>(p, size);
    Cell& cell = cells_[slot<lowercase>(key, p)];
    if (cell.index != kAbsent) return cell.index;
    const auto index = static_cast<std::int32_t>(starts_.size());
    cell = {key, index};
    starts_.push_back(bytes_.size());
    for (std::size_t i = 0; i < size; ++i) bytes_.push_back(lowercase ? lower1(p[i]) : p[i]);
    if (2 * starts_.size() > cells_.size()) grow();
    return index;
  }

 private:
  struct Cell {
    Key key;
    std::int32_t index = kAbsent;
  };

  // The cell that holds the key, or the empty one where it belongs. The table is at most half full.
  template <bool lowercase>
  std::size_t slot(const Key& key, const char* p) const {
    const std::size_t mask = cells_.size() - 1;
    std::size_t at = key.hash() & mask;
    while (cells_[at].index != kAbsent && !(cells_[at].key == key && same_bytes<lowercase>(cells_[at], p))) {
      at = (at + 1) & mask;
    }
    return at;
  }

  template <bool lowercase>
  bool same_bytes(const Cell& cell, const char* p) const {
    if (!cell.key.is_long()) return true;
    const char* stored = bytes_.data() + starts_[static_cast<std::size_t>(cell.index)];
    for (std::size_t i = 0; i < cell.key.size; ++i) {
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
      std::size_t at = cell.key.hash() & mask;
      while (cells_[at].index != kAbsent) at = (at + 1) & mask;
      cells_[at] = cell;
    }
  }

  std::vector<Cell> cells_;  // a power of two of them
  std::vector<std::size_t> starts_;
  std::string bytes_;
};

}  // namespace mtl
