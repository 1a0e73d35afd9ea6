// MurmurHash3 (Austin Appleby; public domain), the variant of 32 bits for x86, as ONNX Runtime's operator computes it.
#pragma once

#include <cstdint>

#include "characters.h"

namespace mtl {

inline constexpr std::uint32_t rotate_left(std::uint32_t x, int bits) { return x << bits | x >> (32 - bits); }

inline constexpr std::uint32_t murmur_mix(std::uint32_t k) { return rotate_left(k * 0xCC9E2D51u, 15) * 0x1B873593u; }

// The hash of the (lower-cased) bytes under the seed 0; 0 for no bytes.
template <bool lowercase>
inline std::uint32_t murmur_hash(const char* p, std::size_t size) {
  const auto byte = [p](std::size_t i) -> std::uint32_t {
    return static_cast<unsigned char>(lowercase ? lower1(p[i]) : p[i]);
  };
  std::uint32_t h = 0;
  std::size_t i = 0;
  for (; i + 4 <= size; i += 4) {
    h ^= murmur_mix(byte(i) | byte(i + 1) << 8 | byte(i + 2) << 16 | byte(i + 3) << 24);
    h = rotate_left(h, 13) * 5 + 0xE6546B64u;
  }
  std::uint32_t rest = 0;
  for (std::size_t j = size; j > i; --j) rest = rest << 8 | byte(j - 1);
  if (i < size) h ^= murmur_mix(rest);
  h ^= static_cast<std::uint32_t>(size);
  h = (h ^ h >> 16) * 0x85EBCA6Bu;
  h = (h ^ h >> 13) * 0xC2B2AE35u;
  return h ^ h >> 16;
}

}  // namespace mtl
