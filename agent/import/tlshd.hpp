// SPDX-License-Identifier: GPL-2.0-or-later
// Import of the configuration of tlshd: tlshd.conf(5) of ktls-utils, up to 1.4.0 and what came
// behind it until June 2026.
#pragma once

#include <string_view>

#include "import/import.hpp"

namespace ktls::importer {

// `file` is only named, in problems and comments.
[[nodiscard]] Import import_tlshd(std::string_view text, std::string_view file);

} // namespace ktls::importer
