// SPDX-License-Identifier: GPL-2.0-or-later
// Handle: a unique_ptr for the opaque types of C libraries, freed by one named function.
#pragma once

#include <memory>

namespace ktls {

template<auto Free>
struct Deleter {
  template<class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

template<class T, auto Free>
using Handle = std::unique_ptr<T, Deleter<Free>>;

} // namespace ktls
