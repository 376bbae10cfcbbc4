// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/peer_limits.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/test_data.hpp"
#include "tls/made_certificate.hpp"
#include "tls/parties.hpp"

namespace ktls::tls {
namespace {

using test::rsa_certificate;
using ByteVector = std::vector<std::byte>;

const std::string exponent_65537("\x01\x00\x01", 3);

void append(ByteVector& to, std::span<const std::byte> bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}
void append_size(ByteVector& to, std::size_t size, int bytes) {
  for (int i = bytes - 1; i >= 0; --i)
    to.push_back(static_cast<std::byte>(size >> (8 * i)));
}

// A Certificate message.
ByteVector message_with(const std::vector<Der>& chain, bool tls13 = true) {
  ByteVector list;
  for (const auto& der : chain) {
    append_size(list, der.size(), 3);
    append(list, der);
    if (tls13)
      append_size(list, 0, 2);
  }
  ByteVector message;
  if (tls13)
    append_size(message, 0, 1);
  append_size(message, list.size(), 3);
  append(message, list);
  return message;
}

std::string broken_limit(std::span<const std::byte> message, bool tls13,
                         const ipc::PeerLimits& limits) {
  const auto chain = read_chain(message, tls13, limits);
  return chain ? broken_key_limit(*chain, limits) : chain.error();
}

std::string judge(const std::vector<Der>& chain, const ipc::PeerLimits& limits = {}) {
  return broken_limit(message_with(chain), true, limits);
}

Der good_certificate() {
  return certificates_from_pem(test::data("client.pem")).value().front();
}

TEST(PeerLimits, AreKeptByOrdinaryChains) {
  EXPECT_EQ(judge({good_certificate(), good_certificate()}), "");
  EXPECT_EQ(judge({}), "") << "no certificate at all is another matter";
  EXPECT_EQ(broken_limit(message_with({good_certificate(), good_certificate()}, false), false, {}),
            "");
  for (const char* name : {"server-rsa", "server-rsa-pss", "server-p521", "server-ed25519"}) {
    const auto chain = certificates_from_pem(test::data(std::string(name) + ".pem")).value();
    EXPECT_EQ(judge(chain), "") << name;
  }
}

TEST(PeerLimits, FindTheCertificatesInOrder) {
  const auto second = certificates_from_pem(test::data("server.pem")).value().front();
  for (const bool tls13 : {false, true}) {
    const auto message = message_with({good_certificate(), second}, tls13);

    const auto chain = read_chain(message, tls13, {}).value();

    ASSERT_EQ(chain.size(), 2U);
    EXPECT_TRUE(std::ranges::equal(chain[0], good_certificate()));
    EXPECT_TRUE(std::ranges::equal(chain[1], second));
  }
}

TEST(PeerLimits, CountCertificates) {
  ipc::PeerLimits two;
  two.chain_length = 2;

  EXPECT_EQ(judge({good_certificate(), good_certificate()}, two), "");
  EXPECT_EQ(judge({good_certificate(), good_certificate(), good_certificate()}, two),
            "more than 2 certificates");
}

TEST(PeerLimits, CountBytes) {
  ipc::PeerLimits small;
  small.chain_bytes = static_cast<std::uint32_t>(message_with({good_certificate()}).size());

  EXPECT_EQ(judge({good_certificate()}, small), "");
  EXPECT_NE(judge({good_certificate(), good_certificate()}, small).find("at most"),
            std::string::npos);
}

TEST(PeerLimits, MeasureRsaKeys) {
  EXPECT_EQ(judge({rsa_certificate(512, exponent_65537)}), "");
  EXPECT_EQ(judge({rsa_certificate(1024, exponent_65537)}),
            "an RSA key of 8192 bits, at most 4096 are allowed");
}

TEST(PeerLimits, MeasureExponents) {
  EXPECT_EQ(judge({rsa_certificate(256, "\xff\xff\xff\xff")}), "");
  EXPECT_EQ(judge({rsa_certificate(256, std::string(200, '\xff'))}),
            "an RSA exponent of 1600 bits, at most 32 are allowed");
}

TEST(PeerLimits, CountEachBitOfAnExponent) {
  ipc::PeerLimits least;
  least.rsa_exponent_bits = 17;
  EXPECT_EQ(judge({rsa_certificate(256, exponent_65537)}, least), "");

  least.rsa_exponent_bits = 16;
  EXPECT_EQ(judge({rsa_certificate(256, exponent_65537)}, least),
            "an RSA exponent of 17 bits, at most 16 are allowed");
}

TEST(PeerLimits, LookAtEveryCertificateOfAChain) {
  EXPECT_NE(judge({good_certificate(), good_certificate(), rsa_certificate(2048, exponent_65537)}),
            "");
}

TEST(PeerLimits, LeaveMalformedMessagesToGnutls) {
  const ByteVector whole = message_with({good_certificate()});

  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(broken_limit(std::span(whole).first(size), true, {}), "") << size;
  EXPECT_EQ(judge({Der(100, std::byte{0x30})}), "");
}

class EachVersion : public testing::TestWithParam<const char*> {};

// In the handshake, before a signature is checked with the key: the client does not even have it.
TEST_P(EachVersion, EndsAHandshakeOfAPeerThatBreaksThem) {
  auto options = test::client("client");
  options.priority = GetParam();
  auto there = test::asking_server();
  there.priority = GetParam();
  auto configuration = test::configuration_of(options);
  configuration.credentials.front().chain.push_back(rsa_certificate(1024, exponent_65537));
  const auto sockets = test::unix_pair();
  test::Party bomber(sockets.ours.get(), options, configuration);
  test::Party server(sockets.peers.get(), there);

  for (int i = 0; i < 10; ++i) {
    (void)bomber.advance();
    (void)server.advance();
  }

  EXPECT_EQ(server.step, Session::Step::Failed);
  EXPECT_EQ(server.reason(), Reason::CertificateLimit);
  EXPECT_EQ(server.detail(), "an RSA key of 8192 bits, at most 4096 are allowed");
}
INSTANTIATE_TEST_SUITE_P(PeerLimits, EachVersion,
                         testing::Values("-VERS-ALL:+VERS-TLS1.3", "-VERS-ALL:+VERS-TLS1.2"));

} // namespace
} // namespace ktls::tls
