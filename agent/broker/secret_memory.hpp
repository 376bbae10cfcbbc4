// SPDX-License-Identifier: GPL-2.0-or-later
// SecretMemory: shared memory for secrets, which is in no core dump, and may outlive this process:
// memfd_secret(2), whose pages are never swapped and the kernel itself has no mapping of; or, on a
// kernel without, a sealed memfd, which is locked as long as a process has it mapped.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace ktls {

class SecretMemory {
public:
  // Zeroed.
  static Result<SecretMemory> create(std::size_t size);
  // Of an earlier process. Refuses any other size.
  static Result<SecretMemory> open(Fd fd, std::size_t size);

  [[nodiscard]] std::span<std::byte> bytes() const {
    return {mapping_.get(), mapping_.get_deleter().size};
  }
  [[nodiscard]] int fd() const { return fd_.get(); }

private:
  struct Unmap {
    std::size_t size = 0;
    void operator()(std::byte* mapped) const;
  };
  using Mapping = std::unique_ptr<std::byte[], Unmap>;
  SecretMemory(Fd fd, Mapping mapping) : fd_(std::move(fd)), mapping_(std::move(mapping)) {}
  static Result<Mapping> map(int fd, std::size_t size);

  Fd fd_;
  Mapping mapping_;
};

} // namespace ktls
