// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/session_words.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "ktlsctl/session_samples.hpp"

namespace ktls::command {
namespace {

class SessionWordsTest : public testing::Test {
protected:
  SessionWordsTest() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
  static std::string words(const bus::SessionDetails& details) {
    return session_words(details, std::nullopt, test::noon(), Palette());
  }
};

TEST_F(SessionWordsTest, SayAllOfIt) {
  EXPECT_EQ(words(test::details()), "session 4711\n"
                                    "  local         192.0.2.1:443\n"
                                    "  remote        198.51.100.7:50123\n"
                                    "  role          server-with-client-auth\n"
                                    "  since         2026-11-27 09:55:00 (2 h 5 min)\n"
                                    "  state         open\n"
                                    "  asked for by  an application\n"
                                    "  owner         pid 1234, uid 33, nginx.service\n"
                                    "\n"
                                    "protection\n"
                                    "  protocol      TLSv1.3\n"
                                    "  cipher        TLS_AES_128_GCM_SHA256\n"
                                    "  group         x25519\n"
                                    "  signature     ed25519\n"
                                    "  server name   www.example.com\n"
                                    "  ALPN          h2\n"
                                    "  encrypts      the kernel\n"
                                    "  decrypts      the network card\n"
                                    "  rekeys        2\n"
                                    "\n"
                                    "policy\n"
                                    "  rule          web\n"
                                    "  profile       web-server\n"
                                    "  generation    3\n"
                                    "\n"
                                    "peer\n"
                                    "  subject       CN=alice,O=Example\n"
                                    "  issuer        CN=Example CA\n"
                                    "  sha256        " +
                                        std::string(64, 'a') +
                                        "\n"
                                        "  validated     yes\n"
                                        "  user          alice (uid 1000)\n"
                                        "  mapped by     filter (staff)\n"
                                        "  strength      weak\n");
}

TEST_F(SessionWordsTest, SayWhatIsNotKnown) {
  bus::SessionDetails details;
  details.row = test::row_of_the_kernel();

  EXPECT_EQ(words(details), "session 12\n"
                            "  local         [2001:db8::1]:2049\n"
                            "  remote        [2001:db8:1:2:3:4:5:6]:700\n"
                            "  state         recovered: there before the agent\n"
                            "  asked for by  the kernel, for one of its own services\n"
                            "\n"
                            "protection\n"
                            "  protocol      TLS, of a version that is not known\n"
                            "\n"
                            "peer\n"
                            "  identity      it has shown none, or none is known\n");
}

TEST_F(SessionWordsTest, SayThatOneWasThereBefore) {
  auto details = test::details();
  details.row.origin = "foreign";
  details.row.state = "recovered";
  const auto told = words(details);

  EXPECT_NE(told.find("  state         recovered: there before the agent\n"), std::string::npos)
      << told;
  EXPECT_NE(told.find("  asked for by  not known: it was there before"), std::string::npos) << told;
}

TEST_F(SessionWordsTest, SayThatAPeerWasNotValidated) {
  auto details = test::details();
  details.authenticated = false;

  EXPECT_NE(words(details).find("  validated     no\n"), std::string::npos);
}

TEST_F(SessionWordsTest, TellOfEachCertificate) {
  CertificateWords own;
  own.readable = true;
  own.subject = "CN=alice";
  own.issuer = "CN=ca";
  own.serial = "0a";
  own.names = {"DNS:a.example.com", "IP:192.0.2.1"};
  own.key = "RSA, 2048 bits";
  own.sha256 = "ab";
  own.spki_sha256 = "cd";
  own.not_after_us = static_cast<std::int64_t>(test::noon_us - test::minute_us);
  CertificateWords odd;
  odd.sha256 = "ef";

  const auto text = session_words(test::details(), {{own, odd}}, test::noon(), Palette());

  const auto chain = text.substr(text.find("\ncertificate 1"));
  EXPECT_EQ(chain, "\ncertificate 1 of 2: the peer's own, issued by one that was not sent\n"
                   "  subject       CN=alice\n"
                   "  issuer        CN=ca\n"
                   "  serial        0a\n"
                   "  names         DNS:a.example.com, IP:192.0.2.1\n"
                   "  key           RSA, 2048 bits\n"
                   "  valid from    1970-01-01 00:00:00\n"
                   "  valid until   2026-11-27 11:59:00 (expired less than a day ago)\n"
                   "  sha256        ab\n"
                   "  key's sha256  cd\n"
                   "\n"
                   "certificate 2 of 2: cannot be read\n"
                   "  sha256        ef\n");
}

TEST_F(SessionWordsTest, PrintNothingThatActsOnATerminal) {
  EXPECT_TRUE(test::is_harmless(words(test::hostile_details())));
}

} // namespace
} // namespace ktls::command
