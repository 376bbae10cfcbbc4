// SPDX-License-Identifier: GPL-2.0-or-later
// Sessions for programs. Pure.
#pragma once

#include <optional>
#include <vector>

#include "bus/agent1.hpp"
#include "ktlsctl/certificate_words.hpp"
#include "ktlsctl/json.hpp"

namespace ktls::command {

[[nodiscard]] Json sessions_json(const std::vector<bus::SessionRow>& rows);
[[nodiscard]] Json details_json(const bus::SessionDetails& details);
// `chain`: none: it was not asked for, or is not to be had.
[[nodiscard]] Json session_json(const bus::SessionDetails& details,
                                const std::optional<std::vector<CertificateWords>>& chain);

} // namespace ktls::command
