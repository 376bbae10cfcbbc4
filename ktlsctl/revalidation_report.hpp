// SPDX-License-Identifier: GPL-2.0-or-later
// What ktlsctl revalidate prints. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "bus/agent1.hpp"

namespace ktls::command {

struct RevalidationReport {
  std::string outcome;
  std::string problems; // for standard error; empty: none
};
[[nodiscard]] RevalidationReport revalidation_report(const bus::RevalidationCounts& counts,
                                                     std::uint32_t not_ended);
// Of one session.
[[nodiscard]] RevalidationReport verdict_report(std::uint64_t id, const std::string& verdict);

} // namespace ktls::command
