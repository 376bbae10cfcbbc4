// SPDX-License-Identifier: GPL-2.0-or-later
// What GnuTLS hands over to be signed reaches the signer in a form that it signs, in either
// version.
#include <gtest/gtest.h>

#include "tls/parties.hpp"

namespace ktls::tls {
namespace {

using Step = Session::Step;
using test::Parties;

const std::string signing_tls12 = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA";
const std::string signing_tls13 = "NORMAL:-VERS-ALL:+VERS-TLS1.3";

struct SigningCase {
  const char* certificate;
  const char* key;
  std::string priority;
};

class RemoteSigning : public testing::TestWithParam<SigningCase> {};

TEST_P(RemoteSigning, SecuresAServer) {
  auto its_client = test::client();
  auto its_server = test::server(GetParam().certificate, GetParam().key);
  its_client.priority = its_server.priority = GetParam().priority;
  Parties parties(its_client, its_server);

  parties.shake();

  EXPECT_EQ(parties.server.step, Step::Complete) << parties.server.detail();
  EXPECT_EQ(parties.client.step, Step::Complete) << parties.client.detail();
  EXPECT_EQ(parties.server.signer.asked, 1) << "a permit is good for one";
}

INSTANTIATE_TEST_SUITE_P(
    Tls, RemoteSigning,
    testing::Values(SigningCase{"server", "leaf", signing_tls12},
                    SigningCase{"server-p384", "p384", signing_tls12},
                    SigningCase{"server-rsa", "rsa", signing_tls12},
                    SigningCase{"server-rsa-pss", "rsa-pss", signing_tls12},
                    SigningCase{"server-ed25519", "ed25519", signing_tls12},
                    SigningCase{"server-rsa", "rsa", signing_tls12 + ":-SIGN-ALL:+SIGN-RSA-SHA256"},
                    SigningCase{"server-rsa", "rsa", signing_tls12 + ":-SIGN-ALL:+SIGN-RSA-SHA384"},
                    SigningCase{"server-rsa", "rsa", signing_tls12 + ":-SIGN-ALL:+SIGN-RSA-SHA512"},
                    SigningCase{"server", "leaf", signing_tls13},
                    SigningCase{"server-p384", "p384", signing_tls13},
                    SigningCase{"server-rsa", "rsa", signing_tls13},
                    SigningCase{"server-rsa-pss", "rsa-pss", signing_tls13},
                    SigningCase{"server-ed25519", "ed25519", signing_tls13}));

TEST(RemoteSigningOfClients, IsDoneOnce) {
  for (const auto& version : {signing_tls12, signing_tls13}) {
    auto its_client = test::client("client");
    auto its_server = test::asking_server();
    its_client.priority = its_server.priority = version;
    Parties parties(its_client, its_server);

    parties.shake();

    EXPECT_EQ(parties.server.step, Step::Complete) << version << parties.server.detail();
    EXPECT_EQ(parties.client.signer.asked, 1) << version;
  }
}

// RFC 5246, section 7.4.8: a client signs all handshake messages; EdDSA would get them whole.
TEST(RemoteSigningOfClients, IsRefusedForEdDsaInTls12) {
  auto its_client = test::client("server-ed25519");
  its_client.key = "ed25519";
  auto its_server = test::asking_server();
  its_client.priority = its_server.priority = signing_tls12;
  Parties parties(its_client, its_server);

  parties.shake();

  EXPECT_EQ(parties.client.reason(), Reason::NegotiationFailed);
  EXPECT_EQ(parties.client.signer.asked, 0);
}

} // namespace
} // namespace ktls::tls
