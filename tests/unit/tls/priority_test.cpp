// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/priority.hpp"

#include <gtest/gtest.h>

#include <array>

namespace ktls::tls {
namespace {

constexpr std::string_view only_tls13 = "NORMAL:-VERS-ALL:+VERS-TLS1.3:%NO_TICKETS:-CIPHER-ALL";

std::string after_common_part(const std::string& priority) {
  EXPECT_TRUE(priority.starts_with(only_tls13)) << priority;
  return priority.substr(std::min(priority.size(), only_tls13.size()));
}

TEST(PriorityFor, AllowsWhatWasNamed) {
  const auto priority = priority_for(std::array<std::string_view, 1>{"TLS_AES_128_CCM_SHA256"});

  ASSERT_TRUE(priority);
  EXPECT_EQ(after_common_part(*priority), ":+AES-128-CCM");
}

TEST(PriorityFor, KeepsTheOrder) {
  const auto priority = priority_for(std::array<std::string_view, 3>{
      "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"});

  ASSERT_TRUE(priority);
  EXPECT_EQ(after_common_part(*priority), ":+CHACHA20-POLY1305:+AES-256-GCM:+AES-128-GCM");
}

TEST(PriorityFor, LeavesOutWhatGnutlsDoesNotHave) {
  const auto priority = priority_for(
      std::array<std::string_view, 3>{"TLS_SM4_GCM_SM3", "TLS_AES_128_GCM_SHA256", ":+NULL"});

  ASSERT_TRUE(priority);
  EXPECT_EQ(after_common_part(*priority), ":+AES-128-GCM");
}

TEST(PriorityFor, WantsAtLeastOne) {
  EXPECT_FALSE(priority_for({}));
  EXPECT_FALSE(priority_for(std::array<std::string_view, 1>{"TLS_SM4_GCM_SM3"}));
}

} // namespace
} // namespace ktls::tls
