// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/certificate_words.hpp"

#include <gtest/gtest.h>

#include "support/test_data.hpp"

namespace ktls::command {
namespace {

tls::Der first_in(const std::string& name) {
  return tls::certificates_from_pem(test::data(name)).value().front();
}

TEST(CertificateWords, AreOfAWholeCertificate) {
  const auto words = words_of(first_in("server.pem"));

  EXPECT_TRUE(words.readable);
  EXPECT_EQ(words.subject, "CN=server");
  EXPECT_EQ(words.issuer, "CN=ca");
  EXPECT_EQ(words.serial.size(), 40U);
  EXPECT_EQ(utc_text(wall_time(words.not_before_us)), "2024-01-01T00:00:00Z");
  EXPECT_EQ(utc_text(wall_time(words.not_after_us)), "2124-01-01T00:00:00Z");
  EXPECT_EQ(words.names, (std::vector<std::string>{"IP:192.0.2.1", "DNS:server.test",
                                                   "DNS:*.wild.test", "IP:2001:db8::1"}));
  EXPECT_EQ(words.key, "elliptic curve, 256 bits");
  EXPECT_EQ(words.sha256.size(), 64U);
  EXPECT_EQ(words.spki_sha256.size(), 64U);
  EXPECT_FALSE(words.authority);
  EXPECT_FALSE(words.self_signed);
}

TEST(CertificateWords, TellAnAuthority) {
  const auto words = words_of(first_in("ca.pem"));

  EXPECT_TRUE(words.authority);
  EXPECT_TRUE(words.self_signed);
}

TEST(CertificateWords, AreFitToBePrinted) {
  EXPECT_EQ(words_of(first_in("odd-subject.pem")).subject.find('\n'), std::string::npos);
}

TEST(CertificateWords, OfWhatIsNoneAreItsHash) {
  const auto words = words_of({std::byte{1}, std::byte{2}});

  EXPECT_FALSE(words.readable);
  EXPECT_EQ(words.sha256.size(), 64U);
  EXPECT_TRUE(certificate_json(words).at("subject").is_null());
}

TEST(PlaceInChain, GoesByWhoIssuedWhom) {
  const auto own = words_of(first_in("server.pem"));
  const auto ca = words_of(first_in("ca.pem"));

  EXPECT_EQ(place_in_chain({own, ca}, 0), "the peer's own, issued by the next one");
  EXPECT_EQ(place_in_chain({own, ca}, 1), "an authority above it, signed by itself");
  EXPECT_EQ(place_in_chain({own}, 0), "the peer's own, issued by one that was not sent");
  EXPECT_EQ(place_in_chain({ca, own}, 1),
            "no authority, though it is sent as one, issued by one that was not sent");
}

TEST(PemText, IsTheFile) {
  for (const auto* name : {"server.pem", "ca.pem", "server-rsa.pem", "odd-subject.pem"}) {
    const auto file = test::data(name);
    const auto pem = pem_text(first_in(name));

    EXPECT_NE(file.find(pem), std::string::npos) << name << "\n" << pem;
  }
}

} // namespace
} // namespace ktls::command
