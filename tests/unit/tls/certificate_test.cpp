// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/certificate.hpp"

#include <gtest/gtest.h>

#include <cstdio>

#include "support/test_data.hpp"

namespace ktls::tls {
namespace {

std::string hex(const Sha256& digest) {
  std::string out;
  for (const auto byte : digest) {
    std::array<char, 3> two{};
    (void)std::snprintf(two.data(), two.size(), "%02x", byte);
    out += two.data();
  }
  return out;
}

TEST(CertificatesFromPem, ReadsOne) {
  const auto list = certificates_from_pem(test::data("server.pem"));

  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 1U);
  EXPECT_EQ(list->front().front(), std::byte{0x30}); // a DER sequence
}

TEST(CertificatesFromPem, KeepsTheOrder) {
  const auto leaf = certificates_from_pem(test::data("below-intermediate.pem")).value();
  const auto above = certificates_from_pem(test::data("intermediate.pem")).value();

  const auto both = certificates_from_pem(test::data("below-intermediate.pem") + "a comment\n" +
                                          test::data("intermediate.pem"));

  ASSERT_TRUE(both);
  EXPECT_EQ(*both, (std::vector<Der>{leaf.front(), above.front()}));
}

// Sorting or verifying is not its task: a trust store has certificates that belong to no chain.
TEST(CertificatesFromPem, TakesUnrelatedOnes) {
  const auto list = certificates_from_pem(test::data("ca.pem") + test::data("other-ca.pem") +
                                          test::data("expired.pem"));

  ASSERT_TRUE(list);
  EXPECT_EQ(list->size(), 3U);
}

TEST(CertificatesFromPem, SkipsAKeyInTheSameFile) {
  const auto list = certificates_from_pem(test::data("leaf.key") + test::data("server.pem"));

  ASSERT_TRUE(list);
  EXPECT_EQ(list->size(), 1U);
}

TEST(CertificatesFromPem, RefusesWhatHoldsNone) {
  EXPECT_FALSE(certificates_from_pem(""));
  EXPECT_FALSE(certificates_from_pem("garbage"));
  EXPECT_FALSE(certificates_from_pem(test::data("leaf.key")));
}

TEST(CertificatesFromPem, RefusesABrokenOneAmongOthers) {
  std::string second = test::data("ca.pem");
  second.replace(second.find('\n') + 1, 8, "AAAAAAAA");

  EXPECT_FALSE(certificates_from_pem(second));
  EXPECT_FALSE(certificates_from_pem(test::data("server.pem") + second));
}

TEST(CertificatesFromPem, RefusesTruncation) {
  const std::string whole = test::data("server.pem");

  for (std::size_t size = 0; size <= whole.find("-----END"); ++size)
    EXPECT_FALSE(certificates_from_pem(whole.substr(0, size))) << size;
}

TEST(SpkiSha256, IsWhatOpenSslSays) {
  const auto certificate = certificates_from_pem(test::data("server.pem")).value().front();

  const auto digest = spki_sha256(certificate);

  ASSERT_TRUE(digest);
  // openssl x509 -in server.pem -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum
  EXPECT_EQ(hex(*digest), "cd11f94ac71631e926d3b0df8e3ca829f92d37f1f96a66d66e3b1421c3a3c822");
}

TEST(SpkiSha256, RefusesWhatIsNoCertificate) {
  auto certificate = certificates_from_pem(test::data("server.pem")).value().front();

  for (std::size_t size = 0; size < certificate.size(); ++size)
    EXPECT_FALSE(spki_sha256(std::span(certificate).first(size))) << size;
  certificate.push_back(std::byte{0});
  EXPECT_FALSE(spki_sha256(certificate));
}

TEST(NamesOf, SaysBothNames) {
  const auto leaf = certificates_from_pem(test::data("below-intermediate.pem")).value().front();
  const auto above = certificates_from_pem(test::data("intermediate.pem")).value().front();

  const auto names = names_of(leaf, 1000);

  ASSERT_TRUE(names);
  EXPECT_EQ(names->subject, facts_of(leaf)->subject);
  EXPECT_EQ(names->issuer, facts_of(above)->subject);
  EXPECT_EQ(names_of(leaf, 6)->issuer.size(), 6U);
  EXPECT_FALSE(names_of({}, 1000));
}

TEST(IsSelfSigned, GoesByNamesAndSignature) {
  const auto of = [](const std::string& name) {
    return certificates_from_pem(test::data(name)).value().front();
  };
  auto forged = of("ca.pem");
  forged.back() ^= std::byte{1};

  EXPECT_TRUE(is_self_signed(of("ca.pem")));
  EXPECT_FALSE(is_self_signed(of("intermediate.pem")));
  EXPECT_FALSE(is_self_signed(of("server.pem")));
  EXPECT_FALSE(is_self_signed(forged));
  EXPECT_FALSE(is_self_signed({}));
}

} // namespace
} // namespace ktls::tls
