// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/names.hpp"

#include <gnutls/gnutls.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace ktls::tls {
namespace {

using Found = std::vector<std::string_view>;

TEST(GnutlsNames, AreThoseOfTheRegistry) {
  EXPECT_EQ(gnutls_names(group_names(), "x25519"), Found{"X25519"});
  EXPECT_EQ(gnutls_names(group_names(), "X25519MLKEM768"), Found{"X25519-MLKEM768"});
  EXPECT_EQ(gnutls_names(cipher_names(), "aes-128-ccm"), Found{"AES-128-CCM"});
  EXPECT_EQ(gnutls_names(suite_names(), "TLS_CHACHA20_POLY1305_SHA256"),
            Found{"CHACHA20-POLY1305"});
}

TEST(GnutlsNames, AreTwoForEcdsa) {
  EXPECT_EQ(gnutls_names(signature_names(), "ecdsa_secp256r1_sha256"),
            (Found{"ECDSA-SECP256R1-SHA256", "ECDSA-SHA256"}));
}

TEST(GnutlsNames, DoNotDependOnCase) {
  EXPECT_EQ(gnutls_names(group_names(), "SECP256R1"), Found{"SECP256R1"});
  EXPECT_EQ(gnutls_names(signature_names(), "ED25519"), Found{"EdDSA-Ed25519"});
}

TEST(GnutlsNames, AreNoneOfWhatIsUnknown) {
  for (const char* name : {"", "x2551", "x255190", "GROUP-X25519", "x25519:+VERS-ALL"})
    EXPECT_TRUE(gnutls_names(group_names(), name).empty()) << name;
  EXPECT_TRUE(gnutls_names(signature_names(), "rsa_pkcs1_sha1").empty());
  EXPECT_TRUE(gnutls_names(cipher_names(), "aes-256-cbc").empty());
}

// Newer and rarer ones depend on the library; these are in all that we run with.
TEST(GnutlsNames, AreKnownToGnutls) {
  for (const char* group : {"x25519", "secp256r1", "secp384r1", "secp521r1", "x448", "ffdhe2048",
                            "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192"}) {
    const std::string name(gnutls_names(group_names(), group).at(0));
    EXPECT_NE(gnutls_group_get_id(name.c_str()), GNUTLS_GROUP_INVALID) << name;
  }
  for (const auto& signature : signature_names())
    EXPECT_NE(gnutls_sign_get_id(std::string(signature.gnutls).c_str()), GNUTLS_SIGN_UNKNOWN)
        << signature.gnutls;
  for (const auto& cipher : cipher_names())
    EXPECT_NE(gnutls_cipher_get_id(std::string(cipher.gnutls).c_str()), GNUTLS_CIPHER_UNKNOWN)
        << cipher.gnutls;
}

TEST(GnutlsNames, AreWithoutMd5AndSha1) {
  for (const auto& signature : signature_names()) {
    EXPECT_EQ(signature.gnutls.find("SHA1"), std::string_view::npos);
    EXPECT_EQ(signature.gnutls.find("MD5"), std::string_view::npos);
  }
}

} // namespace
} // namespace ktls::tls
