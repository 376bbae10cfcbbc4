// SPDX-License-Identifier: GPL-2.0-or-later
// Reading [profile.NAME].
#pragma once

#include "policy/account_values.hpp"
#include "policy/name_index.hpp"
#include "policy/policy.hpp"
#include "policy/toml_table.hpp"

namespace ktls::policy {

[[nodiscard]] std::span<const Key> profile_keys();

// What a profile refers to.
struct Surroundings {
  const AgentSettings& agent;
  const std::vector<NamedCredential>& credentials;
  const NameIndex& credential_names;
  KnownAccounts& accounts;
};

// `in` has what is inherited. What does not go with a key that stands nearer to the profile is
// taken out of it. Not `whole`: what it inherits could not be told, and is not missed.
[[nodiscard]] ProfileSettings read_profile(const std::string& name, Table& in,
                                           const Surroundings& around, bool whole);

} // namespace ktls::policy
