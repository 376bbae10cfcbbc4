// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/library.hpp"

#include <gtest/gtest.h>

#include "tls/names.hpp"
#include "tls/psk.hpp"

namespace ktls::tls {
namespace {

bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(Library, SaysWhatItCannotDo) {
  const auto text = describe_library();

  EXPECT_TRUE(text.starts_with("GnuTLS " + std::string(library_version()) + ": ")) << text;
  EXPECT_EQ(says(text, "no post-quantum groups"), hybrid_groups().empty()) << text;
  EXPECT_EQ(says(text, "SHA-256 only"), !can_use_psk_with_sha384()) << text;
}

TEST(Library, HasOnlyHybridGroupsThatAreKnownHere) {
  for (const auto group : hybrid_groups())
    EXPECT_FALSE(gnutls_names(group_names(), group).empty()) << group;
}

TEST(RegistryName, IsTheOneOfTheRfc) {
  EXPECT_EQ(registry_name(group_names(), "X25519"), "x25519");
  EXPECT_EQ(registry_name(group_names(), "X25519-MLKEM768"), "X25519MLKEM768");
  EXPECT_EQ(registry_name(group_names(), "GC256B"), "GC256B");
}

} // namespace
} // namespace ktls::tls
