// SPDX-License-Identifier: GPL-2.0-or-later
// What the configuration of ktls-mapd says besides the mapping itself.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "identity/answer.hpp"

namespace ktls::identity {

// In the order in which they are asked, which is fixed.
enum class Source : std::uint8_t { Pin, Filter, Extension, Sssd, Mapper };

[[nodiscard]] std::string_view name_of(Source source);

// [sssd]
struct SssdSettings {
  struct Domain {
    std::string name;
    Strength strength = Strength::Weak;
  };
  bool enabled = false;
  std::vector<Domain> domains; // of others: Weak

  [[nodiscard]] Strength strength_of(const std::string& domain) const;
};

// [[mapper]]: another one of the same interface, in the order of the file.
struct OtherMapper {
  std::string bus_name;
  Strength strength = Strength::Weak; // at most
  std::string where;
};

// [accounts]
struct AccountSettings {
  // Users below first_uid, and 0 and 65534, that may be mapped to nevertheless.
  std::vector<std::string> system_users;
  uid_t first_uid = 1000;
  bool password_lock_revokes = false;
  bool nologin_shell_revokes = false;
  std::string pam_service; // empty: PAM is not asked
};

// All of these.
struct Settings {
  std::vector<Source> sources; // those that are asked
  std::size_t max_in_flight = 256;
  SssdSettings sssd;
  std::vector<OtherMapper> mappers;
  AccountSettings accounts;

  [[nodiscard]] bool asks(Source source) const;
};

} // namespace ktls::identity
