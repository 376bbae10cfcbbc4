// SPDX-License-Identifier: GPL-2.0-or-later
// The keys of a profile that are about the users that certificates belong to.
#include "policy/mapping_keys.hpp"

#include "parsing.hpp"
#include "policy/show.hpp"

namespace ktls::policy {
namespace {

using test::problems;
using test::profile_of;
using test::server;

const std::string safcheck = "client_auth_type = \"safcheck\"\n";

TEST(Mapping, IsStrongAndForAllByDefault) {
  const auto profile = profile_of(server(safcheck));

  EXPECT_TRUE(profile.asks_user());
  EXPECT_TRUE(profile.needs_user());
  EXPECT_EQ(profile.mapping.min_strength, MappingStrength::Strong);
  EXPECT_TRUE(profile.mapping.lets_in("anybody", {}));
}

TEST(Mapping, IsReportedWhereTheProfileWantsIt) {
  for (const std::string type : {"full", "required"}) {
    const auto level = "client_auth_type = \"" + type + "\"\n";
    const auto silent = profile_of(server(level));
    const auto reporting = profile_of(server(level + "map_user = true"));

    EXPECT_FALSE(silent.asks_user());
    EXPECT_TRUE(silent.can_ask_user());
    EXPECT_TRUE(reporting.asks_user());
    EXPECT_FALSE(reporting.needs_user());
  }
  EXPECT_FALSE(profile_of(server("client_auth_type = \"passthru\"")).can_ask_user());
}

TEST(Mapping, ReadsWhomItLetsIn) {
  const auto profile = profile_of(server(safcheck + "min_mapping_strength = \"weak\"\n"
                                                    "mapped_users = [\"alice\", \"bob\"]\n"
                                                    "mapped_groups = \"staff\""));

  EXPECT_EQ(profile.mapping.min_strength, MappingStrength::Weak);
  EXPECT_TRUE(profile.mapping.lets_in("bob", {}));
  EXPECT_TRUE(profile.mapping.lets_in("carol", {"users", "staff"}));
  EXPECT_FALSE(profile.mapping.lets_in("carol", {"users"}));
}

TEST(Mapping, ReadsWhatBecomesOfSessions) {
  EXPECT_EQ(profile_of(server(safcheck)).mapping.revoked_sessions, RevokedSessions::Keep);
  const auto text = server(safcheck + "revoked_sessions = \"end\"\n");
  EXPECT_EQ(profile_of(text).mapping.revoked_sessions, RevokedSessions::End);
  EXPECT_NE(to_toml(test::read(text)).find("revoked_sessions = \"end\"\n"), std::string::npos);
}

TEST(Mapping, IsShownAsItIsRead) {
  const auto shown = to_toml(test::read(server(safcheck + "min_mapping_strength = \"weak\"\n"
                                                          "mapped_users = [\"alice\", \"b\"]")));

  EXPECT_NE(shown.find("min_mapping_strength = \"weak\"\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find("mapped_users = [\"alice\", \"b\"]\n"), std::string::npos) << shown;
  EXPECT_EQ(shown.find("map_user"), std::string::npos) << shown;
}

TEST(Mapping, RefusesKeysThatDoNotCount) {
  EXPECT_EQ(problems(test::client("map_user = true")),
            "f:4: profile.c.map_user: counts only with handshake_role = "
            "\"server-with-client-auth\"");
  EXPECT_EQ(problems(server(safcheck + "map_user = true")),
            "f:9: profile.s.map_user: does not go with client_auth_type = \"safcheck\", which "
            "always does so");
  EXPECT_EQ(problems(server("client_auth_type = \"passthru\"\nmap_user = true")),
            "f:9: profile.s.map_user: does not go with client_auth_type = \"passthru\": what "
            "nobody has validated belongs to nobody");
  for (const std::string key : {"min_mapping_strength = \"weak\"", "mapped_users = \"a\"",
                                "mapped_groups = \"a\"", "revoked_sessions = \"end\""})
    EXPECT_EQ(problems(server(key)),
              "f:8: profile.s." + key.substr(0, key.find(' ')) +
                  ": counts only with client_auth_type = \"safcheck\", or with map_user = true");
}

TEST(Mapping, RefusesDemandsOnUsersWhoAreNotLookedUp) {
  for (const std::string key : {"min_mapping_strength = \"weak\"", "mapped_users = \"a\"",
                                "mapped_groups = \"a\"", "revoked_sessions = \"end\""}) {
    EXPECT_EQ(problems(server("map_user = false\n" + key)),
              "f:9: profile.s." + key.substr(0, key.find(' ')) +
                  ": counts only with client_auth_type = \"safcheck\", or with map_user = true");
    EXPECT_EQ(problems(server("map_user = true\n" + key)), "");
  }
}

TEST(Mapping, DropsDemandsThatAreInheritedWithTheLookup) {
  EXPECT_EQ(problems(server("map_user = true\nmapped_users = \"a\"\n"
                            "[profile.t]\ninherits = \"s\"\nmap_user = false")),
            "");
}

TEST(Mapping, RefusesValuesThatAreNone) {
  EXPECT_EQ(problems(server(safcheck + "min_mapping_strength = \"medium\"")),
            "f:9: profile.s.min_mapping_strength: \"medium\" is not one of: weak, strong");
  EXPECT_EQ(problems(server(safcheck + "revoked_sessions = \"stop\"")),
            "f:9: profile.s.revoked_sessions: \"stop\" is not one of: keep, end");
  EXPECT_EQ(problems(server(safcheck + "mapped_users = []")),
            "f:9: profile.s.mapped_users: must be one value, or a list of 1 to 1024");
}

} // namespace
} // namespace ktls::policy
