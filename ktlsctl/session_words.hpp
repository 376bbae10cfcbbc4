// SPDX-License-Identifier: GPL-2.0-or-later
// All that is known of a session, for people. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bus/agent1.hpp"
#include "ktlsctl/certificate_words.hpp"
#include "ktlsctl/terminal.hpp"
#include "ktlsctl/time_text.hpp"

namespace ktls::command {

// `chain`: none: nothing is said of it.
[[nodiscard]] std::string session_words(const bus::SessionDetails& details,
                                        const std::optional<std::vector<CertificateWords>>& chain,
                                        WallTime now, const Palette& palette);

} // namespace ktls::command
