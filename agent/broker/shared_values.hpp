// SPDX-License-Identifier: GPL-2.0-or-later
// SharedValues: equal values are kept once, for as long as anybody has them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <set>

namespace ktls {

template<class T>
class SharedValues {
public:
  using Pointer = std::shared_ptr<const T>;

  // An equal one that is known already, or this one. Null stays null.
  Pointer share(Pointer value) {
    if (!value)
      return value;
    if (values_.size() >= sweep_at_)
      sweep();
    return *values_.insert(std::move(value)).first;
  }
  [[nodiscard]] std::size_t size() const { return values_.size(); }

private:
  static constexpr std::size_t least = 64;
  struct Before {
    bool operator()(const Pointer& a, const Pointer& b) const { return *a < *b; }
  };

  void sweep() {
    std::erase_if(values_, [](const Pointer& value) { return value.use_count() == 1; });
    sweep_at_ = std::max(least, 2 * values_.size());
  }

  std::set<Pointer, Before> values_;
  std::size_t sweep_at_ = least;
};

} // namespace ktls
