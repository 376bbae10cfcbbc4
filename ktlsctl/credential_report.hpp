// SPDX-License-Identifier: GPL-2.0-or-later
// What ktlsctl credentials prints. Pure.
#pragma once

#include <string>
#include <vector>

#include "bus/agent1.hpp"
#include "ktlsctl/json.hpp"
#include "ktlsctl/terminal.hpp"
#include "ktlsctl/time_text.hpp"

namespace ktls::command {

[[nodiscard]] std::string credential_report(const std::vector<bus::CredentialRow>& rows,
                                            WallTime now, const Palette& palette);
[[nodiscard]] Json credentials_json(const std::vector<bus::CredentialRow>& rows, WallTime now);

} // namespace ktls::command
