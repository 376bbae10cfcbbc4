// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/nearest.hpp"

#include <gtest/gtest.h>

namespace ktls::policy {
namespace {

using KeyNames = std::vector<std::string_view>;
const KeyNames known_keys{"truststore", "trust_intermediates", "alpn", "private_key", "crls"};

TEST(Nearest, ResemblesWhatWasWritten) {
  EXPECT_EQ(nearest("trustsore", known_keys), KeyNames{"truststore"});
  EXPECT_EQ(nearest("TrustStore", known_keys), KeyNames{"truststore"});
  EXPECT_EQ(nearest("private-key", known_keys), KeyNames{"private_key"});
  EXPECT_EQ(nearest("crl", known_keys), KeyNames{"crls"});
  EXPECT_TRUE(nearest("certificate", known_keys).empty());
  EXPECT_TRUE(nearest(std::string(100'000, 'x'), known_keys).empty());
}

TEST(Nearest, IsAFewTheNearestFirst) {
  const KeyNames many{"aax", "aab", "aaa", "aac", "aad"};

  EXPECT_EQ(nearest("aaa", many), (KeyNames{"aaa", "aax", "aab"}));
}

TEST(Suggestion, IsWhatIsNearOrAllThatThereIs) {
  EXPECT_EQ(suggestion("alpm", known_keys), "; is it alpn?");
  EXPECT_EQ(suggestion("x", KeyNames{"agent", "rule"}), "; known here: agent, rule");
  EXPECT_EQ(suggestion("x", KeyNames{}), "");
  EXPECT_EQ(suggestion("y", KeyNames(30, "other")), "");
}

} // namespace
} // namespace ktls::policy
