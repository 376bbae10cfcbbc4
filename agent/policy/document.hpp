// SPDX-License-Identifier: GPL-2.0-or-later
// Document: one file as TOML.
#pragma once

#include <optional>

#include "policy/report.hpp"
#include "policy/toml.hpp"

namespace ktls::policy {

// None: it is not TOML, which is reported.
[[nodiscard]] std::optional<toml::table> parse_document(const SourceFile& source,
                                                        std::uint32_t file, Report& report);

} // namespace ktls::policy
