// SPDX-License-Identifier: GPL-2.0-or-later
// Values that are users, groups and units.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "policy/policy.hpp"
#include "policy/toml_table.hpp"

namespace ktls::policy {

// Asks for each name once.
class KnownAccounts {
public:
  explicit KnownAccounts(const Accounts& accounts) : accounts_(accounts) {}

  [[nodiscard]] std::optional<uid_t> uid(const std::string& name);
  [[nodiscard]] std::optional<gid_t> gid(const std::string& name);

private:
  const Accounts& accounts_;
  std::unordered_map<std::string, std::optional<uid_t>> uids_;
  std::unordered_map<std::string, std::optional<gid_t>> gids_;
};

// Lists of names or numbers.
[[nodiscard]] std::vector<uid_t> read_users(const Table& in, std::string_view key, std::size_t most,
                                            KnownAccounts& accounts);
[[nodiscard]] std::vector<gid_t> read_groups(const Table& in, std::string_view key,
                                             std::size_t most, KnownAccounts& accounts);
// A list of "nginx.service" or "web@*".
[[nodiscard]] std::vector<std::string> read_units(const Table& in, std::string_view key,
                                                  std::size_t most);

} // namespace ktls::policy
