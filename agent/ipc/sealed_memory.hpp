// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes handed to another process in a memfd that nobody can change any more.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace ktls::ipc {

Result<Fd> make_sealed_memory(std::span<const std::byte> bytes);
// Refuses what is not sealed against writing and shrinking, or is larger than `limit`.
Result<std::vector<std::byte>> read_sealed_memory(int fd, std::size_t limit);

} // namespace ktls::ipc
