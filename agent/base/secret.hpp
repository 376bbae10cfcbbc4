// SPDX-License-Identifier: GPL-2.0-or-later
// Secret: bytes in pages that hold nothing but secrets: locked, left out of core dumps, empty in
// children. They are wiped when it goes.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "base/result.hpp"

namespace ktls {

// For copies of secrets that are not in a Secret: a message, say.
void wipe(std::span<std::byte> bytes);
template<class Message>
void wipe_message(Message& message) {
  wipe(std::as_writable_bytes(std::span(&message, 1)));
}

class Secret {
public:
  // Zeroed. Falls back to unlocked pages where locking is not permitted (lock_memory() reports it).
  static Result<Secret> create(std::size_t size);

  Secret(Secret&& other) noexcept
      : bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Secret& operator=(Secret&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  [[nodiscard]] std::span<std::byte> bytes() { return {bytes_, size_}; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return {bytes_, size_}; }

private:
  Secret(std::byte* bytes, std::size_t size) : bytes_(bytes), size_(size) {}

  std::byte* bytes_;
  std::size_t size_;
};

} // namespace ktls
