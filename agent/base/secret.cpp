// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/secret.hpp"

#include <sys/mman.h>

#include <cstring>

namespace ktls {

void wipe(std::span<std::byte> bytes) {
  ::explicit_bzero(bytes.data(), bytes.size());
}

Result<Secret> Secret::create(std::size_t size) {
  void* pages = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED)
    return errno_error("allocating memory for a secret");
  (void)::mlock(pages, size);
  (void)::madvise(pages, size, MADV_DONTDUMP);
  (void)::madvise(pages, size, MADV_WIPEONFORK);
  return Secret(static_cast<std::byte*>(pages), size);
}

Secret::~Secret() {
  if (pages_ == nullptr)
    return;
  ::explicit_bzero(pages_, size_);
  (void)::munmap(pages_, size_);
}

} // namespace ktls
