// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/host_name.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ktls {
namespace {

const std::string label63(63, 'a');
// 253 characters, labels of 63, 63, 63 and 61
const std::string name253 = label63 + "." + label63 + "." + label63 + "." + std::string(61, 'a');

bool is_name(const std::string& text) {
  const auto host = HostName::parse(text);
  return host && !host->is_address() && host->text() == text;
}

bool refused(std::string_view text) {
  return !HostName::parse(text).has_value();
}

std::string address_of(std::string_view text) {
  const auto host = HostName::parse(text);
  std::string bytes;
  for (const auto byte : host ? host->address() : std::span<const std::byte>())
    bytes.push_back(static_cast<char>(byte));
  return bytes;
}

TEST(HostName, TakesNames) {
  EXPECT_TRUE(is_name("db.example.org"));
  EXPECT_TRUE(is_name("localhost"));
  EXPECT_TRUE(is_name("DB-1.Example.ORG"));
  EXPECT_TRUE(is_name("xn--mller-kva.example"));
  EXPECT_TRUE(is_name("_service._tcp.example.org"));
  EXPECT_TRUE(is_name("3com.com"));
  EXPECT_TRUE(is_name("1.2.3.4.example"));
  EXPECT_TRUE(is_name("a"));
}

TEST(HostName, DropsAFinalDot) {
  const auto host = HostName::parse("db.example.org.");

  ASSERT_TRUE(host);
  EXPECT_EQ(host->text(), "db.example.org");
  EXPECT_FALSE(host->is_address());
}

TEST(HostName, KeepsTheLimitsOfDns) {
  ASSERT_EQ(name253.size(), 253U);

  EXPECT_TRUE(is_name(label63 + ".org"));
  EXPECT_TRUE(refused(label63 + "a.org"));
  EXPECT_TRUE(is_name(name253));
  EXPECT_EQ(HostName::parse(name253 + ".")->text(), name253);
  EXPECT_TRUE(refused(name253 + "a"));
}

TEST(HostName, RefusesEmptyLabels) {
  for (const char* text : {"", ".", "..", ".org", "a..b", "example.org..", ".."})
    EXPECT_TRUE(refused(text)) << text;
}

TEST(HostName, RefusesHyphensAtTheEdgeOfALabel) {
  for (const char* text : {"-", "-a", "a-", "a.-b.org", "a.b-.org", "a-.", "a.b.-"})
    EXPECT_TRUE(refused(text)) << text;
}

TEST(HostName, RefusesOtherCharacters) {
  for (const char* text : {"a b", " a", "a\n", "a/b", "*.example.org", "user@host", "host:443",
                           "m\xc3\xbcller.de", "a,b", "a\x7f"})
    EXPECT_TRUE(refused(text)) << text;
}

TEST(HostName, RefusesNul) {
  EXPECT_TRUE(refused(std::string_view("good.org\0.evil.org", 18)));
  EXPECT_TRUE(refused(std::string_view("127.0.0.1\0", 10)));
  EXPECT_TRUE(refused(std::string_view("::1\0", 4)));
  EXPECT_TRUE(refused(std::string_view("[::1\0]", 6)));
}

TEST(HostName, TakesIpv4) {
  const auto host = HostName::parse("192.0.2.1");

  ASSERT_TRUE(host);
  EXPECT_TRUE(host->is_address());
  EXPECT_EQ(host->text(), "192.0.2.1");
  EXPECT_EQ(address_of("192.0.2.1"), std::string("\xc0\x00\x02\x01", 4));
}

TEST(HostName, TakesIpv6) {
  const std::string expected("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);

  EXPECT_EQ(address_of("2001:db8::1"), expected);
  EXPECT_EQ(address_of("2001:DB8:0:0:0:0:0:1"), expected);
  EXPECT_EQ(address_of("[2001:db8::1]"), expected);
  EXPECT_EQ(HostName::parse("[2001:db8::1]")->text(), "2001:db8::1");
  EXPECT_EQ(address_of("::ffff:192.0.2.1").size(), 16U);
}

TEST(HostName, RefusesZones) {
  for (const char* text : {"fe80::1%eth0", "fe80::1%1", "[fe80::1%eth0]", "127.0.0.1%lo"})
    EXPECT_TRUE(refused(text)) << text;
}

TEST(HostName, RefusesWhatOnlyLooksLikeAnAddress) {
  for (const char* text : {"1.2.3.4.5",
                           "1.2.3",
                           "1.2.3.256",
                           "01.2.3.4",
                           "1.2.3.4.",
                           "4294967295",
                           "1",
                           "2001:db8",
                           "2001:db8::1::2",
                           ":",
                           "::1:",
                           "[127.0.0.1]",
                           "[db.example.org]",
                           "[]",
                           "[",
                           "]",
                           "[::1",
                           "::1]",
                           "[[::1]]",
                           "[::1].",
                           "::1."})
    EXPECT_TRUE(refused(text)) << text;
}

} // namespace
} // namespace ktls
