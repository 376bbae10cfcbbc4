// SPDX-License-Identifier: GPL-2.0-or-later
// What the configuration names, and where it does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ktls::policy {

// A path from the file, or "credential:NAME", and where it stands there: "/etc/ktlsd/ktlsd.toml:7".
struct LocatedPath {
  std::string path;
  std::string where;
};

// Names from the file, which whoever knows the registry they are from has to check.
struct LocatedNames {
  std::vector<std::string> names; // none: not limited
  std::string where;
};

// Where a private key is, which only a signer opens.
enum class KeyPlace { File, Token };
struct KeyLocation : LocatedPath { // for Token: a URL, which may hold a PIN
  KeyPlace place = KeyPlace::File;

  // For messages: without what may hold a PIN.
  [[nodiscard]] std::string name() const;
};

// In a LocatedPath: the name of a systemd credential follows.
inline constexpr std::string_view credential_prefix = "credential:";

} // namespace ktls::policy
