// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/conditions.hpp"

#include "parsing.hpp"

namespace ktls::policy {
namespace {

using test::ip;

Facts full_request() {
  Facts facts;
  facts.origin = Origin::Application;
  facts.direction = Direction::Outbound;
  facts.role = AskedRole::Client;
  facts.local_address = ip("192.0.2.10");
  facts.remote_address = ip("198.51.100.7");
  facts.local_port = 50'000;
  facts.remote_port = 443;
  facts.uid = 1000;
  facts.groups = {1000, 27};
  facts.unit = "web@1.service";
  facts.executable = "/usr/bin/web";
  facts.server_name = "db.example.org";
  facts.network_namespace = "/run/netns/blue";
  return facts;
}

TEST(Conditions, AreMetByAllWhenThereAreNone) {
  EXPECT_TRUE(Conditions{}.are_met_by(full_request()));
  EXPECT_TRUE(Conditions{}.are_met_by(Facts{}));
}

struct ConditionCase {
  std::string_view name;
  Conditions met;
  Conditions unmet;
};

template<class Key>
ConditionCase single(std::string_view name, Alternatives<Key> Conditions::*where,
                     Alternatives<Key> met, Alternatives<Key> unmet) {
  ConditionCase out{name, {}, {}};
  out.met.*where = std::move(met);
  out.unmet.*where = std::move(unmet);
  return out;
}

std::vector<ConditionCase> cases() {
  using C = Conditions;
  using Strings = Alternatives<std::string>;
  return {
      single("origin", &C::origin, {exactly(Origin::Application)}, {exactly(Origin::Kernel)}),
      single("direction", &C::direction, {exactly(Direction::Outbound)},
             {exactly(Direction::Inbound)}),
      single("role", &C::role, {exactly(AskedRole::Client)}, {exactly(AskedRole::Server)}),
      single("local_address", &C::local_address, {{ip("192.0.2.0"), ip("192.0.2.255")}},
             {{ip("192.0.3.0"), ip("192.0.3.255")}}),
      single("remote_address", &C::remote_address,
             {exactly(ip("::1")), exactly(ip("198.51.100.7"))}, {{ip("::"), ip("ffff::")}}),
      single("local_port", &C::local_port, {{49'152, 65'535}}, {{1, 49'999}, {50'001, 65'535}}),
      single("remote_port", &C::remote_port, {exactly(std::uint16_t{443})},
             {exactly(std::uint16_t{80})}),
      single("user", &C::uid, {exactly(uid_t{1000})}, {exactly(uid_t{0})}),
      single("group", &C::group, {exactly(gid_t{27})}, {exactly(gid_t{0})}),
      single("unit", &C::unit, Strings{beginning_with("web@")}, Strings{beginning_with("web@2")}),
      single("executable", &C::executable, Strings{exactly<std::string>("/usr/bin/web")},
             Strings{exactly<std::string>("/usr/bin/we")}),
      single("server_name", &C::server_name, Strings{server_names("*.example.org")},
             Strings{server_names("*.db.example.org"), server_names("example.org")}),
      single("network_namespace", &C::network_namespace,
             Strings{exactly<std::string>("/run/netns/blue")}, Strings{exactly<std::string>("")}),
  };
}

TEST(Conditions, AreMetOneByOne) {
  EXPECT_EQ(cases().size(), std::tuple_size_v<decltype(dimensions)>);
  for (const auto& [name, met, unmet] : cases()) {
    EXPECT_TRUE(met.are_met_by(full_request())) << name;
    EXPECT_EQ(unmet.unmet_by(full_request()), name);
  }
}

TEST(Conditions, AreNotMetByWhatIsNotKnown) {
  auto unknown = full_request();
  unknown.direction.reset();
  unknown.role.reset();
  unknown.local_address = unknown.remote_address = std::nullopt;
  unknown.uid.reset();
  unknown.groups.clear();
  unknown.unit = unknown.executable = unknown.server_name = unknown.network_namespace = "";
  for (const auto& [name, met, unmet] : cases()) {
    const bool always_known = name == "origin" || name.ends_with("port");
    EXPECT_EQ(met.are_met_by(unknown), always_known) << name;
  }
}

TEST(Conditions, HaveAllToBeMet) {
  Conditions both;
  both.uid = {exactly(uid_t{1000})};
  both.remote_port = {exactly(std::uint16_t{80})};

  EXPECT_EQ(both.unmet_by(full_request()), "remote_port");
}

TEST(ServerNames, AreThoseBelowAtAnyDepth) {
  const auto below = server_names("*.example.org");

  EXPECT_TRUE(below.has(turned_around("a.example.org")));
  EXPECT_TRUE(below.has(turned_around("a.b.example.org")));
  EXPECT_FALSE(below.has(turned_around("example.org")));
  EXPECT_FALSE(below.has(turned_around("badexample.org")));
  EXPECT_FALSE(below.has(turned_around("example.org.evil.net")));
}

} // namespace
} // namespace ktls::policy
