// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/network_namespace.hpp"

#include <gtest/gtest.h>

namespace ktls {
namespace {

TEST(CheckNetworkNamespace, KnowsOne) {
  EXPECT_TRUE(check_network_namespace("/proc/self/ns/net"));
}

TEST(CheckNetworkNamespace, NamesWhatIsNone) {
  for (const char* path : {"/proc/self/ns/mnt", "/dev/null", "/", "/proc/self/exe"}) {
    const auto found = check_network_namespace(path);
    ASSERT_FALSE(found) << path;
    EXPECT_EQ(found.error().message(), std::string(path) + ": not a network namespace");
  }
}

TEST(CheckNetworkNamespace, SaysThatNothingIsThere) {
  EXPECT_EQ(check_network_namespace("/nonexistent").error().message(),
            "/nonexistent: No such file or directory");
}

} // namespace
} // namespace ktls
