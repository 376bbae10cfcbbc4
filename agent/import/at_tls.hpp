// SPDX-License-Identifier: GPL-2.0-or-later
// Import of a policy of AT-TLS, as the z/OS Policy Agent reads it. docs/at-tls.md has what becomes
// of what.
#pragma once

#include <string_view>

#include "import/import.hpp"

namespace ktls::importer {

// `file` is only named, in problems and comments. Other files that the text names are not read.
[[nodiscard]] Import import_at_tls(std::string_view text, std::string_view file);

} // namespace ktls::importer
