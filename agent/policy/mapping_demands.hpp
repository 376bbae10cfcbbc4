// SPDX-License-Identifier: GPL-2.0-or-later
// MappingDemands: what a profile wants of the local user that a client's certificate belongs to.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace ktls::policy {

// How surely a certificate is tied to its user. Strong: by what identifies the certificate, its key
// or the account itself; weak: by a name, which others may come to have, too.
enum class MappingStrength : std::uint8_t { Weak = 1, Strong = 2 };

// What happens to an open session whose user may not have one any more.
enum class RevokedSessions : std::uint8_t { Keep, End };

struct MappingDemands {
  // With client_auth_type "full" and "required": the user is looked up, and told where there is
  // one. With "safcheck" there must be one.
  bool map_user = false;
  MappingStrength min_strength = MappingStrength::Strong;
  // Who is let in: who is in here, or has a group that is. Both empty: each user.
  std::vector<std::string> users;
  std::vector<std::string> groups;
  RevokedSessions revoked_sessions = RevokedSessions::Keep;

  [[nodiscard]] bool lets_in(const std::string& user, const std::vector<std::string>& its) const {
    const auto has = [](const std::vector<std::string>& all, const std::string& one) {
      return std::ranges::find(all, one) != all.end();
    };
    return (users.empty() && groups.empty()) || has(users, user) ||
           std::ranges::any_of(its, [&](const std::string& group) { return has(groups, group); });
  }
};

} // namespace ktls::policy
