// SPDX-License-Identifier: GPL-2.0-or-later
// ExtensionRules: users that an authority has put into a certificate, where it may. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "identity/anchor.hpp"
#include "identity/answer.hpp"
#include "identity/user_template.hpp"

namespace ktls::identity {

// A user for a name: [[sid]] or [[spiffe]].
struct NamedUser {
  std::string user;
  std::string where;
};

// [[upn]] or [[email]]
struct RealmUser {
  UserTemplate user;
  std::string where;
};

struct ExtensionRules {
  static constexpr std::size_t max_entries = 100'000; // of each kind

  bool host_id_mappings = false;
  Texts host_ids; // what this host is called there; small letters
  std::map<std::string, NamedUser, std::less<>> sids;
  std::map<std::string, NamedUser, std::less<>> spiffe_ids;
  std::vector<RealmUser> upns;
  std::vector<RealmUser> emails;

  [[nodiscard]] bool empty() const {
    return !host_id_mappings && sids.empty() && spiffe_ids.empty() && upns.empty() &&
           emails.empty();
  }
  // `anchor`: at which the chain ends; none: it is none of the configuration's.
  [[nodiscard]] Step map(const PeerIdentity& peer, const Anchor* anchor) const;
};

} // namespace ktls::identity
