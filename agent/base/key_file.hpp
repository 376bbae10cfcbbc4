// SPDX-License-Identifier: GPL-2.0-or-later
// Reading a file that holds a private or pre-shared key.
#pragma once

#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace ktls {

inline constexpr std::size_t max_key_file_size = 64UL * 1024;

// A regular file that others than its owner and group cannot read. The bytes are in locked memory.
Result<Secret> read_key_file(const std::string& path);

} // namespace ktls
