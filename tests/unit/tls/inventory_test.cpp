// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/inventory.hpp"

#include <gtest/gtest.h>

#include "tls/context_parts.hpp"
#include "tls/made_ocsp.hpp"
#include "tls/parties.hpp"

namespace ktls::tls {
namespace {

// Two profiles of one certificate and one trust store, and a third of others.
ipc::WorkerConfiguration three_profiles() {
  ipc::WorkerConfiguration out;
  out.credentials = {{1, test::certificates("server"), {}},
                     {2, test::certificates("server-rsa"), {}}};
  out.trust_stores = {{test::certificates("ca"), {}}, {test::certificates("other-ca"), {}}};
  for (const std::uint32_t which : {0U, 0U, 1U}) {
    auto& profile = out.profiles.emplace_back();
    profile.role = ipc::HandshakeRole::ServerWithClientAuth;
    profile.priority = "-VERS-ALL:+VERS-TLS1.3";
    profile.credentials = {which};
    profile.verification.trust_store = which;
  }
  return out;
}

class InventoryTest : public testing::Test {
protected:
  [[nodiscard]] std::unique_ptr<Context> context(std::size_t profile) const {
    return Context::create(configuration.profiles.at(profile), *inventory, true).value();
  }
  Result<std::unique_ptr<Inventory>> try_create(const ipc::WorkerConfiguration& from) {
    return Inventory::create(from.credentials, from.trust_stores, signer);
  }

  test::LocalSigner signer{"leaf"};
  ipc::WorkerConfiguration configuration = three_profiles();
  std::unique_ptr<Inventory> inventory = test::inventory_of(configuration, signer);
};

TEST_F(InventoryTest, IsSharedByTheProfiles) {
  const auto first = context(0);
  const auto second = context(1);
  const auto third = context(2);

  EXPECT_EQ(first->parts().trust, second->parts().trust);
  EXPECT_NE(first->parts().trust, third->parts().trust);
  const auto own = [](const Context& of) { return of.parts().credentials->parts().own; };
  EXPECT_EQ(own(*first), own(*second));
  EXPECT_EQ(own(*first).size(), 1U);
  EXPECT_NE(own(*first), own(*third));
}

TEST_F(InventoryTest, LetsProfilesHaveWhatTheyNameInTheirOrder) {
  configuration.profiles[0].credentials = {1, 0};

  const auto both = context(0);

  const auto& own = both->parts().credentials->parts().own;
  ASSERT_EQ(own.size(), 2U);
  EXPECT_EQ(own[0]->key_id, 2U);
  EXPECT_EQ(own[1]->key_id, 1U);
}

// Each with verdicts of its own: what one believes, another need not.
TEST_F(InventoryTest, SharesNoVerdicts) {
  EXPECT_NE(context(0)->parts().verdicts, context(1)->parts().verdicts);
}

TEST_F(InventoryTest, TrustsNobodyWithoutATrustStore) {
  const auto sockets = test::unix_pair();
  auto configured = test::configuration_of(test::client());
  configured.profiles.front().verification.trust_store = ipc::no_trust_store;
  test::Party client(sockets.ours.get(), test::client(), configured);
  test::Party server(sockets.peers.get(), test::server());

  for (int i = 0; i < 10; ++i) {
    (void)client.advance();
    (void)server.advance();
  }

  ASSERT_EQ(client.step, Session::Step::Failed);
  EXPECT_EQ(client.reason(), Reason::CertificateUntrusted);
}

TEST_F(InventoryTest, RefusesDamagedCertificates) {
  auto damaged = configuration;
  damaged.credentials[1].chain[0].pop_back();
  EXPECT_FALSE(try_create(damaged));

  damaged = configuration;
  damaged.trust_stores[1].anchors[0].pop_back();
  EXPECT_FALSE(try_create(damaged));

  damaged = configuration;
  damaged.trust_stores[1].crls.push_back(test::to_der("no list"));
  EXPECT_FALSE(try_create(damaged));
}

TEST_F(InventoryTest, RefusesOcspResponsesOfNoUse) {
  auto with = configuration;
  with.credentials[0].ocsp_response =
      test::to_der(test::ocsp_response({.next_update = test::made_now}));
  EXPECT_TRUE(try_create(with)) << "GnuTLS does not send what has expired";

  with.credentials[0].ocsp_response = test::to_der(test::ocsp_response({}));
  EXPECT_FALSE(try_create(with));
  with.credentials[0].ocsp_response = test::to_der("no response");
  EXPECT_FALSE(try_create(with));
}

} // namespace
} // namespace ktls::tls
