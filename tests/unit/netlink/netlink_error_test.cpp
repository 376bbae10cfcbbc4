// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/netlink_error.hpp"

#include <gtest/gtest.h>

namespace ktls {
namespace {

TEST(NetlinkError, SaysWhatLibnlSays) {
  constexpr int nle_obj_notfound = 12;

  const Error error = netlink_error("looking something up", -nle_obj_notfound).value();

  EXPECT_EQ(error.message(), "looking something up: Object not found");
}

TEST(NetlinkError, ComparesWithErrc) {
  constexpr int nle_perm = 28;

  const Error error = netlink_error("looking something up", -nle_perm).value();

  EXPECT_EQ(error.code, std::errc::operation_not_permitted);
}

} // namespace
} // namespace ktls
