// A map from code points to small values: pages of 256, made where they are written.
#pragma once

#include <array>
#include <memory>

#include "characters.h"

namespace mtl {

template <typename Value>
class CodePointMap {
 public:
  explicit CodePointMap(Value missing) : missing_(missing) {}

  Value get(std::uint32_t c) const {
    const Page* page = pages_[c >> 8].get();
    return page == nullptr ? missing_ : (*page)[c & 255];
  }

  Value& at(std::uint32_t c) {
    std::unique_ptr<Page>& page = pages_[c >> 8];
    if (page == nullptr) {
      page = std::make_unique<Page>();
      page->fill(missing_);
    }
    return (*page)[c & 255];
  }

 private:
  using Page = std::array<Value, 256>;
  Value missing_;
  std::array<std::unique_ptr<Page>, kCodePoints / 256> pages_;
};

}  // namespace mtl
