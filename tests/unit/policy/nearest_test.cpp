// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/nearest.hpp"

#include <gtest/gtest.h>

namespace ktls::policy {
namespace {

using Names = std::vector<std::string_view>;
const Names known{"truststore", "trust_intermediates", "alpn", "private_key", "crls"};

TEST(Nearest, ResemblesWhatWasWritten) {
  EXPECT_EQ(nearest("trustsore", known), Names{"truststore"});
  EXPECT_EQ(nearest("TrustStore", known), Names{"truststore"});
  EXPECT_EQ(nearest("private-key", known), Names{"private_key"});
  EXPECT_EQ(nearest("crl", known), Names{"crls"});
  EXPECT_TRUE(nearest("certificate", known).empty());
  EXPECT_TRUE(nearest(std::string(100'000, 'x'), known).empty());
}

TEST(Nearest, IsAFewTheNearestFirst) {
  const Names many{"aax", "aab", "aaa", "aac", "aad"};

  EXPECT_EQ(nearest("aaa", many), (Names{"aaa", "aax", "aab"}));
}

TEST(Suggestion, IsWhatIsNearOrAllThatThereIs) {
  EXPECT_EQ(suggestion("alpm", known), "; is it alpn?");
  EXPECT_EQ(suggestion("x", Names{"agent", "rule"}), "; known here: agent, rule");
  EXPECT_EQ(suggestion("x", Names{}), "");
  EXPECT_EQ(suggestion("y", Names(30, "other")), "");
}

} // namespace
} // namespace ktls::policy
