// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/ip_address.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>

namespace ktls {
namespace {

IpAddress ip(std::string_view text) {
  return IpAddress::parse(text).value();
}

TEST(IpAddress, ReadsAndPrintsAddresses) {
  for (const char* text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::1"})
    EXPECT_EQ(ip(text).text(), text);
  EXPECT_TRUE(ip("192.0.2.1").is_v4());
  EXPECT_FALSE(ip("::1").is_v4());
}

TEST(IpAddress, TakesAMappedAddressForIpv4) {
  EXPECT_EQ(ip("::ffff:192.0.2.1"), ip("192.0.2.1"));
}

TEST(IpAddress, RefusesWhatIsNone) {
  using namespace std::string_view_literals;
  for (const auto text : {""sv, "1.2.3"sv, "1.2.3.4.5"sv, "1.2.3.256"sv, "01.2.3.4"sv, "[::1]"sv,
                          "fe80::1%lo"sv, ":::"sv, "host"sv, "1.2.3.4\0"sv, " 1.2.3.4"sv})
    EXPECT_FALSE(IpAddress::parse(text)) << text;
}

TEST(IpAddress, ComesFromASocketAddress) {
  sockaddr_storage storage{};
  EXPECT_FALSE(IpAddress::of(storage));
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(0xc0000201);
  std::memcpy(&storage, &in, sizeof in);
  EXPECT_EQ(IpAddress::of(storage), ip("192.0.2.1"));
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_addr = in6addr_loopback;
  std::memcpy(&storage, &in6, sizeof in6);
  EXPECT_EQ(IpAddress::of(storage), ip("::1"));
}

TEST(IpAddress, BecomesASocketAddressAgain) {
  for (const char* text : {"192.0.2.1", "2001:db8::1"}) {
    const auto address = *IpAddress::parse(text);
    const auto made = address.with_port(443);
    EXPECT_EQ(IpAddress::of(made), address);
    // at the same place in both
    EXPECT_EQ(reinterpret_cast<const sockaddr_in*>(&made)->sin_port, htons(443));
  }
}

TEST(IpAddress, IsOrderedByFamilyAndNumber) {
  EXPECT_LT(ip("9.0.0.0"), ip("10.0.0.0"));
  EXPECT_LT(ip("255.255.255.255"), ip("::"));
  EXPECT_LT(ip("::1"), ip("::2"));
}

TEST(IpAddress, KnowsTheEndsOfItsNetworks) {
  const auto v4 = ip("10.171.3.7");
  EXPECT_EQ(v4.first_with(32), v4);
  EXPECT_EQ(v4.last_with(32), v4);
  EXPECT_EQ(v4.first_with(8), ip("10.0.0.0"));
  EXPECT_EQ(v4.last_with(8), ip("10.255.255.255"));
  EXPECT_EQ(v4.first_with(9), ip("10.128.0.0"));
  EXPECT_EQ(v4.last_with(11), ip("10.191.255.255"));
  EXPECT_EQ(v4.first_with(0), ip("0.0.0.0"));
  EXPECT_EQ(v4.last_with(0), ip("255.255.255.255"));
  EXPECT_EQ(ip("2001:db8::7").last_with(64), ip("2001:db8::ffff:ffff:ffff:ffff"));
  EXPECT_EQ(ip("2001:db8::7").first_with(127), ip("2001:db8::6"));
}

} // namespace
} // namespace ktls
