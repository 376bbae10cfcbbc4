// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/settings.hpp"

#include <algorithm>

namespace ktls::identity {

Strength SssdSettings::strength_of(const std::string& domain) const {
  const auto found = std::ranges::find(domains, domain, &Domain::name);
  return found == domains.end() ? Strength::Weak : found->strength;
}

bool Settings::asks(Source source) const {
  return std::ranges::find(sources, source) != sources.end();
}

std::string_view name_of(Source source) {
  switch (source) {
  case Source::Pin:
    return "pin";
  case Source::Filter:
    return "filter";
  case Source::Extension:
    return "extension";
  case Source::Sssd:
    return "sssd";
  case Source::Mapper:
    return "mapper";
  }
  return "";
}

} // namespace ktls::identity
