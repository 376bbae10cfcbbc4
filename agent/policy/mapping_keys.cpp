// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/mapping_keys.hpp"

#include <array>

namespace ktls::policy {
namespace {

constexpr std::size_t max_mapped = 1024;

constexpr std::array<Choice<MappingStrength>, 2> strengths{{
    {"weak", "", MappingStrength::Weak},
    {"strong", "", MappingStrength::Strong},
}};

constexpr std::array<Choice<RevokedSessions>, 2> fates{{
    {"keep", "", RevokedSessions::Keep},
    {"end", "", RevokedSessions::End},
}};

} // namespace

MappingDemands read_mapping(const Table& in) {
  MappingDemands mapping;
  in.read("map_user", mapping.map_user);
  in.read("min_mapping_strength", strengths, mapping.min_strength);
  in.read("revoked_sessions", fates, mapping.revoked_sessions);
  mapping.users = in.strings("mapped_users", max_mapped);
  mapping.groups = in.strings("mapped_groups", max_mapped);
  return mapping;
}

} // namespace ktls::policy
