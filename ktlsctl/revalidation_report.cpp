// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/revalidation_report.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace ktls::command {

RevalidationReport revalidation_report(const bus::RevalidationCounts& counts,
                                       std::uint32_t not_ended) {
  RevalidationReport report;
  report.outcome = fmt::format("{} of a known user, {} revoked", counted(counts.judged, "session"),
                               counts.revoked);
  if (counts.revoked > 0)
    report.outcome += fmt::format(", {} ended", counts.ended);
  report.outcome += ".\n";
  if (counts.undecided > 0)
    report.problems +=
        fmt::format("{}: nobody could say whether the user may go on; see the agent's log\n",
                    counted(counts.undecided, "session"));
  if (not_ended > 0)
    report.problems +=
        fmt::format("{}: could not be ended; see the agent's log\n", counted(not_ended, "session"));
  return report;
}

RevalidationReport verdict_report(std::uint64_t id, const std::string& verdict) {
  if (verdict == "allowed")
    return {fmt::format("Session {}: its user may go on.\n", id), ""};
  if (verdict == "revoked")
    return {fmt::format("Session {}: its user may have none any more; whether it ends is up to "
                        "revoked_sessions of its profile.\n",
                        id),
            ""};
  if (verdict == "no-user")
    return {fmt::format("Session {}: no user is known of it.\n", id), ""};
  if (verdict == "undecided")
    return {"", fmt::format("session {}: nobody could say whether the user may go on; see the "
                            "agent's log\n",
                            id)};
  return {"", fmt::format("session {}: ktlsd answers \"{}\"; is it of the same version as "
                          "ktlsctl?\n",
                          id, escape(verdict))};
}

} // namespace ktls::command
