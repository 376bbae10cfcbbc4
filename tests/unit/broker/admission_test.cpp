// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/admission.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>
#include <vector>

#include "broker/socket_address.hpp"

namespace ktls {
namespace {

std::optional<RemoteNetwork> network(const std::string& text) {
  sockaddr_storage address{};
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) {
    const sockaddr_in in{AF_INET, htons(4433), v4, {}};
    std::memcpy(&address, &in, sizeof in);
  } else if (::inet_pton(AF_INET6, text.c_str(), &v6) == 1) {
    const sockaddr_in6 in{AF_INET6, htons(4433), 0, v6, 7};
    std::memcpy(&address, &in, sizeof in);
  } else {
    address.ss_family = AF_UNIX;
  }
  return RemoteNetwork::of(address);
}

TEST(RemoteNetwork, IsAnIpv4Address) {
  EXPECT_EQ(network("192.0.2.1")->text(), "192.0.2.1");
  EXPECT_EQ(network("192.0.2.1"), network("192.0.2.1"));
  EXPECT_NE(network("192.0.2.1"), network("192.0.2.2"));
}

TEST(RemoteNetwork, IsTheWhole64OfAnIpv6Address) {
  EXPECT_EQ(network("2001:db8:0:1:2:3:4:5")->text(), "2001:db8:0:1::/64");
  EXPECT_EQ(network("2001:db8:0:1::1"), network("2001:db8:0:1:ffff:ffff:ffff:ffff"));
  EXPECT_NE(network("2001:db8:0:1::1"), network("2001:db8:0:2::1"));
  EXPECT_EQ(network("::1")->text(), "::/64");
}

TEST(RemoteNetwork, TakesAMappedAddressForIpv4) {
  EXPECT_EQ(network("::ffff:192.0.2.1"), network("192.0.2.1"));
  EXPECT_EQ(network("::ffff:192.0.2.1")->text(), "192.0.2.1");
}

TEST(RemoteNetwork, IsNoneWithoutAnAddress) {
  EXPECT_EQ(network("a path"), std::nullopt);
  EXPECT_EQ(RemoteNetwork::of(addresses_of(-1).remote), std::nullopt);
}

TEST(Admission, AdmitsAUserUpToTheLimit) {
  Admission admission({2, 100});
  const Party user{1000, std::nullopt};
  const auto one = admission.admit(user);
  const auto two = admission.admit(user);

  const auto three = admission.admit(user);
  const auto another = admission.admit({1001, std::nullopt});

  EXPECT_TRUE(one && two && another);
  ASSERT_FALSE(three);
  EXPECT_EQ(three.error(), "agent.max_handshakes_per_uid = 2 for uid 1000");
}

TEST(Admission, AdmitsARemoteNetworkUpToTheLimit) {
  Admission admission({100, 1});
  const auto one = admission.admit({1000, network("2001:db8::1")});

  const auto same_network = admission.admit({1001, network("2001:db8::2")});
  const auto another = admission.admit({1000, network("2001:db8:1::1")});

  EXPECT_TRUE(one && another);
  ASSERT_FALSE(same_network);
  EXPECT_EQ(same_network.error(), "agent.max_handshakes_per_address = 1 for 2001:db8::/64");
}

TEST(Admission, BindsTheKernelByTheAddressOnly) {
  Admission admission({0, 1});
  const auto kernel = admission.admit({std::nullopt, network("192.0.2.1")});

  EXPECT_TRUE(kernel);
  EXPECT_FALSE(admission.admit({std::nullopt, network("192.0.2.1")}));
  EXPECT_FALSE(admission.admit({0, network("192.0.2.2")})) << "root's applications are a user's";
}

TEST(Admission, ForgetsWhoIsGone) {
  Admission admission({3, 3});
  {
    std::vector<Admission::Place> places;
    for (uid_t uid = 0; uid < 3; ++uid)
      places.push_back(std::move(*admission.admit({uid, network("192.0.2.1")})));
    EXPECT_FALSE(admission.admit({7, network("192.0.2.1")}));
    EXPECT_EQ(admission.entries(), 4U);
    places.pop_back();
    places.pop_back();
    EXPECT_EQ(admission.entries(), 2U);
  }

  EXPECT_EQ(admission.entries(), 0U);
  EXPECT_TRUE(admission.admit({7, network("192.0.2.1")}));
  EXPECT_EQ(admission.entries(), 0U) << "the place was given back at once";
}

TEST(Admission, CountsNothingForARefusal) {
  Admission admission({100, 0});

  EXPECT_FALSE(admission.admit({1000, network("192.0.2.1")}));

  EXPECT_EQ(admission.entries(), 0U);
}

TEST(Admission, MayGoBeforeItsPlaces) {
  auto admission = std::make_unique<Admission>(Admission::Limits{1, 1});
  const auto place = admission->admit({1000, network("192.0.2.1")});
  admission.reset();

  EXPECT_TRUE(place);
}

} // namespace
} // namespace ktls
