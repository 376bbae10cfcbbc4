// SPDX-License-Identifier: GPL-2.0-or-later
// DescriptorReserve: descriptors kept for the moment at which no other is free.
#pragma once

#include <fcntl.h>

#include <array>

#include "base/fd.hpp"

namespace ktls {

// Whoever is at the limit can still accept a connection, and say so on it, instead of leaving it to
// wait for nothing.
class DescriptorReserve {
public:
  DescriptorReserve() { refill(); }

  // Makes its descriptors free for others.
  void release() {
    for (Fd& spare : spares_)
      spare.reset();
  }
  // Takes back what it can get.
  void refill() {
    for (Fd& spare : spares_) {
      if (!spare)
        spare.reset(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    }
  }

private:
  std::array<Fd, 4> spares_;
};

} // namespace ktls
