// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/priority.hpp"

#include <gtest/gtest.h>

namespace ktls::tls {
namespace {

PriorityRequest request() {
  PriorityRequest request;
  request.kernel_suites = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                           "TLS_CHACHA20_POLY1305_SHA256"};
  return request;
}

bool holds(const std::string& text, std::string_view item) {
  return (text + ':').find(':' + std::string(item) + ':') != std::string::npos;
}

std::size_t place(const std::string& text, std::string_view item) {
  return (text + ':').find(':' + std::string(item) + ':');
}

TEST(PriorityFor, AllowsWhatTheKernelTakes) {
  const auto priority = priority_for(request()).value();

  EXPECT_TRUE(holds(priority, "+AES-128-GCM")) << priority;
  EXPECT_TRUE(holds(priority, "+AES-256-GCM"));
  EXPECT_TRUE(holds(priority, "+CHACHA20-POLY1305"));
  EXPECT_FALSE(holds(priority, "+AES-128-CCM"));
  EXPECT_TRUE(holds(priority, "-CIPHER-ALL"));
}

TEST(PriorityFor, LeavesOutWhatGnutlsDoesNotHave) {
  auto odd = request();
  odd.kernel_suites = {"TLS_SM4_GCM_SM3", "TLS_AES_128_GCM_SHA256", ":+NULL"};

  const auto priority = priority_for(odd).value();

  EXPECT_TRUE(holds(priority, "+AES-128-GCM"));
  EXPECT_EQ(priority.find("NULL:"), priority.find("NULL:-KX-ALL")) << "compression only";
}

TEST(PriorityFor, WantsAtLeastOneOfEachKind) {
  auto no_cipher = request();
  no_cipher.kernel_suites = {};
  auto no_version = request();
  no_version.tls13 = false;
  auto no_group = request();
  no_group.groups = {"X25519MLKEM9999"};
  auto no_signature = request();
  no_signature.signature_algorithms = {"rsa_pkcs1_md5"};

  EXPECT_FALSE(priority_for(no_cipher));
  EXPECT_FALSE(priority_for(no_version));
  EXPECT_FALSE(priority_for(no_group));
  EXPECT_FALSE(priority_for(no_signature));
}

TEST(PriorityFor, KeepsTheProfilesOrder) {
  auto ordered = request();
  ordered.groups = {"x448", "SECP256R1", "x25519"};
  ordered.ciphers = {"CHACHA20-POLY1305", "aes-128-gcm"};
  ordered.signature_algorithms = {"ed25519", "ecdsa_secp256r1_sha256"};

  const auto priority = priority_for(ordered).value();

  EXPECT_NE(priority.find(":-GROUP-ALL:+GROUP-X448:+GROUP-SECP256R1:+GROUP-X25519:"),
            std::string::npos)
      << priority;
  EXPECT_NE(priority.find(":-CIPHER-ALL:+CHACHA20-POLY1305:+AES-128-GCM:"), std::string::npos);
  EXPECT_NE(priority.find(":+SIGN-EdDSA-Ed25519:+SIGN-ECDSA-SECP256R1-SHA256:"), std::string::npos);
}

TEST(PriorityFor, NeverAllowsSha1) {
  const auto priority = priority_for(request()).value();

  EXPECT_EQ(priority.find("SHA1"), std::string::npos) << priority;
}

TEST(PriorityFor, PrefersTheNewerVersion) {
  auto both = request();
  both.tls12 = true;

  const auto priority = priority_for(both).value();

  EXPECT_LT(place(priority, "+VERS-TLS1.3"), place(priority, "+VERS-TLS1.2"));
  EXPECT_FALSE(holds(priority_for(request()).value(), "+VERS-TLS1.2"));
}

TEST(PriorityFor, AllowsOnlyForwardSecrecy) {
  auto psk = request();
  psk.authentication = ipc::Authentication::PreSharedKey;

  EXPECT_TRUE(priority_for(request())->ends_with(":-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA"));
  EXPECT_TRUE(priority_for(psk)->ends_with(":-KX-ALL:+ECDHE-PSK"));
}

TEST(Priority, RefusesNonsense) {
  EXPECT_TRUE(Priority::create(priority_for(request()).value()));
  EXPECT_FALSE(Priority::create("+NO-SUCH-CIPHER"));
}

} // namespace
} // namespace ktls::tls
