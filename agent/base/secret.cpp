// SPDX-License-Identifier: GPL-2.0-or-later
// A page of its own for each key would cost five system calls and a page fault. So small secrets
// share blocks of pages, which are mapped once and kept: taking and giving back a slot is free of
// system calls. A slot is wiped when it goes.
#include "base/secret.hpp"

#include <sanitizer/asan_interface.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <mutex>
#include <vector>

namespace ktls {
namespace {

constexpr std::size_t slot_size = 128; // the keys of a connection, and what the kernel takes
constexpr std::size_t block_size = 128 * slot_size;

std::size_t page_size() {
  return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t whole_pages(std::size_t size) {
  const std::size_t page = page_size();
  return (size + page - 1) / page * page;
}

// Between two pages that cannot be touched.
Result<std::byte*> map_pages(std::size_t size) {
  const std::size_t guard = page_size();
  const std::size_t inner = whole_pages(size);
  if (inner < size || inner > SIZE_MAX - 2 * guard)
    return errno_error("allocating memory for a secret", ENOMEM);
  void* all = ::mmap(nullptr, inner + 2 * guard, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED)
    return errno_error("allocating memory for a secret");
  auto* pages = static_cast<std::byte*>(all) + guard;
  if (::mprotect(pages, inner, PROT_READ | PROT_WRITE) < 0) {
    const int error = errno;
    (void)::munmap(all, inner + 2 * guard);
    return errno_error("allocating memory for a secret", error);
  }
  (void)::mlock(pages, inner);
  (void)::madvise(pages, inner, MADV_DONTDUMP);
  (void)::madvise(pages, inner, MADV_WIPEONFORK);
  return pages;
}

void unmap_pages(std::byte* pages, std::size_t size) {
  const std::size_t guard = page_size();
  (void)::munmap(pages - guard, whole_pages(size) + 2 * guard);
}

// Blocks are never given back: their number follows the most secrets that there were at one time,
// which the limits on handshakes bound. Where a slot is free is not secret, so that is kept apart.
class Slots {
public:
  Result<std::byte*> take(std::size_t size) {
    const std::lock_guard lock(mutex_);
    if (free_.empty())
      TRY(add_block());
    std::byte* slot = free_.back();
    free_.pop_back();
    ASAN_UNPOISON_MEMORY_REGION(slot, size);
    return slot;
  }
  void give_back(std::byte* slot) noexcept {
    const std::lock_guard lock(mutex_);
    ASAN_POISON_MEMORY_REGION(slot, slot_size);
    free_.push_back(slot); // there is room for all
  }

private:
  Result<> add_block() {
    std::byte* block = TRY(map_pages(block_size));
    ASAN_POISON_MEMORY_REGION(block, block_size);
    slots_ += block_size / slot_size;
    free_.reserve(slots_);
    for (std::size_t at = block_size; at > 0; at -= slot_size)
      free_.push_back(block + at - slot_size);
    return {};
  }

  std::mutex mutex_;
  std::vector<std::byte*> free_;
  std::size_t slots_ = 0;
};

// As malloc() has its state: a secret can be made anywhere.
Slots& slots() {
  static Slots all;
  return all;
}

bool is_small(std::size_t size) {
  return size <= slot_size;
}

} // namespace

void wipe(std::span<std::byte> bytes) {
  ::explicit_bzero(bytes.data(), bytes.size());
}

Result<Secret> Secret::create(std::size_t size) {
  if (size == 0)
    return invalid("allocating memory for a secret");
  auto* bytes = TRY(is_small(size) ? slots().take(size) : map_pages(size));
  return Secret(bytes, size);
}

Secret::~Secret() {
  if (bytes_ == nullptr)
    return;
  ::explicit_bzero(bytes_, size_);
  if (is_small(size_))
    slots().give_back(bytes_);
  else
    unmap_pages(bytes_, size_);
}

} // namespace ktls
