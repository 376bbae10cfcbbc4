// SPDX-License-Identifier: GPL-2.0-or-later
// Reading whole files.
#pragma once

#include <string>

#include "base/result.hpp"

namespace ktls {

// EFBIG for a file that is larger than `limit`.
Result<std::string> read_file(const std::string& path, std::size_t limit);

} // namespace ktls
