// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/condition_values.hpp"

#include <gtest/gtest.h>

namespace ktls::policy {
namespace {

// The text that a value has; or what is wrong.
std::string addresses(std::string_view text) {
  const auto parsed = parse_addresses(text);
  return parsed ? addresses_text(*parsed) : parsed.error();
}
std::string ports(std::string_view text) {
  const auto parsed = parse_ports(text);
  return parsed ? ports_text(*parsed) : parsed.error();
}

TEST(Addresses, AreReadAndWritten) {
  EXPECT_EQ(addresses("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(addresses("192.0.2.0/24"), "192.0.2.0/24");
  EXPECT_EQ(addresses("192.0.2.1/32"), "192.0.2.1");
  EXPECT_EQ(addresses("0.0.0.0/0"), "0.0.0.0/0");
  EXPECT_EQ(addresses("192.0.2.1-192.0.2.9"), "192.0.2.1-192.0.2.9");
  EXPECT_EQ(addresses("192.0.2.0-192.0.2.255"), "192.0.2.0/24");
  EXPECT_EQ(addresses("192.0.2.1-192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(addresses("2001:db8::1"), "2001:db8::1");
  EXPECT_EQ(addresses("2001:db8::/33"), "2001:db8::/33");
  EXPECT_EQ(addresses("::/0"), "::/0");
  EXPECT_EQ(addresses("::1-::9"), "::1-::9");
  EXPECT_EQ(addresses("::ffff:192.0.2.1"), "192.0.2.1");
}

TEST(Addresses, AreRefused) {
  for (const char* text :
       {"", "/", "-", "192.0.2", "192.0.2.0/", "192.0.2.0/x", "/24", "::/-1", "192.0.2.0/24/24",
        "192.0.2.1-", "192.0.2.1-9", "[::1]", "fe80::1%eth0", "192.0.2.1 ", "192.0.2.0/+8", "All"})
    EXPECT_NE(addresses(text).find("is not an address"), std::string::npos) << text;
  EXPECT_EQ(addresses("192.0.2.0/33"), "\"192.0.2.0/33\" is too long: 32 bits at most");
  EXPECT_EQ(addresses("::/129"), "\"::/129\" is too long: 128 bits at most");
  EXPECT_EQ(addresses("2001:db8::1/64"),
            "\"2001:db8::1/64\" has bits set behind its length; is it 2001:db8::/64?");
  EXPECT_EQ(addresses("192.0.2.9-192.0.2.1"), "\"192.0.2.9-192.0.2.1\" ends before it begins");
  EXPECT_EQ(addresses("192.0.2.9-::1"), "\"192.0.2.9-::1\" is of IPv4 and of IPv6");
}

TEST(Ports, AreReadAndWritten) {
  EXPECT_EQ(ports("443"), "443");
  EXPECT_EQ(ports("1-65535"), "1-65535");
  EXPECT_EQ(ports("8-8"), "8");
}

TEST(Ports, AreRefused) {
  for (const char* text : {"", "-", "x", "65536", "1-65536", "1-", "-1", "1 2", "+1", "1-2-3"})
    EXPECT_NE(ports(text).find("is not a port"), std::string::npos) << text;
  EXPECT_EQ(ports("0"), "\"0\": no connection has port 0");
  EXPECT_EQ(ports("0-9"), "\"0-9\": no connection has port 0");
  EXPECT_EQ(ports("9-8"), "\"9-8\" ends before it begins");
}

TEST(Executable, IsAPathOrItsBeginning) {
  EXPECT_EQ(names_text(parse_executable("/usr/bin/web").value()), "/usr/bin/web");
  EXPECT_EQ(names_text(parse_executable("/opt/*").value()), "/opt/*");
  EXPECT_TRUE(parse_executable("/opt/*")->has("/opt/a/b"));
  EXPECT_FALSE(parse_executable("/opt/*")->has("/opt"));
  EXPECT_FALSE(parse_executable("opt/*"));
  EXPECT_FALSE(parse_executable("/a**"));
}

// Whoever names a program chooses the bytes.
TEST(Executable, BeginsAsItDoesWithWhateverBytesBehind) {
  const auto below = parse_executable("/opt/*").value();

  EXPECT_TRUE(below.has("/opt/\xff"));
  EXPECT_TRUE(below.has("/opt/\xff\xff/x"));
  EXPECT_TRUE(below.has("/opt/" + std::string(255, '\xff') + "/" + std::string(255, '\xff')));
  EXPECT_FALSE(below.has("/opu"));
}

TEST(ServerNamesText, IsThatOfThePattern) {
  for (const char* text : {"db.example.org", "*.example.org", "192.0.2.1", "::1"})
    EXPECT_EQ(server_names_text(parse_server_names(text).value()), text);
  EXPECT_EQ(server_names_text(parse_server_names("DB.Example.org.").value()), "db.example.org");
}

} // namespace
} // namespace ktls::policy
