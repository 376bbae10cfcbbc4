// SPDX-License-Identifier: GPL-2.0-or-later
// The peer's certificates on their way through the broker: from the worker to the application that
// wants them, and to nobody else.
#include <gtest/gtest.h>

#include "broker/application_intake_case.hpp"
#include "broker/dispatcher_case.hpp"

namespace ktls {
namespace {

using test::ApplicationIntakeTest;
using test::DispatcherTest;
using test::good_request;

using Certificates = std::vector<std::vector<std::byte>>;

std::vector<std::byte> bytes(const std::string& text) {
  const auto all = std::as_bytes(std::span(text));
  return {all.begin(), all.end()};
}

class PeerCertificatesTest : public DispatcherTest {
protected:
  std::uint64_t begin(bool wanted) {
    auto asked = request();
    asked.wants_certificates = wanted;
    return dispatcher.submit(std::move(asked));
  }
  void tell(std::uint64_t id, const std::string& der, Workers::Index worker = 0) {
    auto message = wire::make<ipc::PeerCertificate>();
    message.id = id;
    message.size = static_cast<std::uint32_t>(der.size());
    std::memcpy(message.der, der.data(), der.size());
    dispatcher.on_certificate({&workers, worker}, message);
  }
  void expect_replaced(Workers::Index worker) {
    EXPECT_EQ(workers.replaced, std::vector<Workers::Index>{worker});
  }
};

TEST_F(PeerCertificatesTest, ArePassedOnInTheirOrder) {
  const auto id = begin(true);
  tell(id, "leaf");
  tell(id, "intermediate");

  dispatcher.on_finished({&workers, 0}, finished(id));

  EXPECT_EQ(only_reason(), Reason::Success);
  EXPECT_EQ(outcomes.at(0).certificates, (Certificates{bytes("leaf"), bytes("intermediate")}));
  EXPECT_TRUE(workers.replaced.empty());
}

TEST_F(PeerCertificatesTest, StayWithTheirHandshake) {
  const auto one = begin(true);
  const auto other = begin(true);
  tell(one, "one");
  tell(other, "other");

  dispatcher.on_finished({&workers, 0}, finished(other));

  EXPECT_EQ(outcomes.at(0).certificates, Certificates{bytes("other")});
}

TEST_F(PeerCertificatesTest, AreNotPassedOnBehindAFailure) {
  const auto id = begin(true);
  tell(id, "leaf");

  dispatcher.on_finished({&workers, 0}, finished(id, Reason::KeyInstallFailed));

  EXPECT_EQ(only_reason(), Reason::KeyInstallFailed);
  EXPECT_TRUE(outcomes[0].certificates.empty());
}

TEST_F(PeerCertificatesTest, AreOfTheSessionThoughNobodyWantsThem) {
  std::vector<Session> sessions;
  dispatcher.on_secured([&](Session session, const tls::TrafficSecrets&, int) {
    sessions.push_back(std::move(session));
    return std::nullopt;
  });
  const auto id = begin(false);
  tell(id, "leaf");

  auto message = finished(id);
  message.peer_subject.assign_cut("CN=alice");
  message.peer_issuer.assign_cut("CN=ca");
  dispatcher.on_finished({&workers, 0}, message);

  EXPECT_TRUE(outcomes.at(0).certificates.empty());
  ASSERT_EQ(sessions.size(), 1U);
  ASSERT_TRUE(sessions[0].peer);
  EXPECT_EQ(*sessions[0].peer, (Peer{"CN=alice", "CN=ca", {bytes("leaf")}}));
}

TEST_F(PeerCertificatesTest, OfNoHandshakeEndTheWorker) {
  tell(begin(true) + 1, "leaf");

  expect_replaced(0);
}

TEST_F(PeerCertificatesTest, OfAnothersHandshakeEndTheWorker) {
  const auto id = begin(true);

  tell(id, "leaf", 5);

  expect_replaced(5);
  EXPECT_TRUE(outcomes.empty());
}

TEST_F(PeerCertificatesTest, BeyondTheirNumberEndTheWorker) {
  const auto id = begin(true);
  for (std::size_t i = 0; i < wire::max_certificates; ++i)
    tell(id, "one of them");
  ASSERT_TRUE(workers.replaced.empty());

  tell(id, "one more");

  expect_replaced(0);
}

TEST_F(ApplicationIntakeTest, AsksForCertificatesWhereTheApplicationWantsThem) {
  open();
  auto wanting = good_request();
  wanting.flags = wanting.wants_certificates;

  const auto one = asking(wanting);
  const auto other = asking();

  ASSERT_EQ(requests.size(), 2U);
  EXPECT_TRUE(requests[0].wants_certificates);
  EXPECT_FALSE(requests[1].wants_certificates);
}

// More than the connection has room for at once.
TEST_F(ApplicationIntakeTest, TellsAsManyCertificatesAsThereMayBe) {
  open();
  auto application = asking();
  Outcome outcome;
  outcome.reason = Reason::Success;
  const std::string largest(wire::PeerCertificate::max_size, 'x');
  outcome.certificates.assign(wire::max_certificates, bytes(largest));
  outcome.certificates.front() = bytes("its own");

  requests.at(0).complete(outcome, -1);

  const auto reply = application.next<wire::StartReply>();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->certificates, wire::max_certificates);
  const auto own = application.next<wire::PeerCertificate>();
  ASSERT_TRUE(own);
  EXPECT_EQ(std::string(own->der, own->der + own->size), "its own");
  EXPECT_EQ(own->id, 0U);
  for (std::size_t i = 1; i < wire::max_certificates; ++i) {
    pump.until_idle();
    const auto next = application.next<wire::PeerCertificate>();
    ASSERT_TRUE(next) << i;
    EXPECT_EQ(std::string(next->der, next->der + next->size), largest);
  }
  pump.until_idle();
  EXPECT_TRUE(application.is_closed());
}

} // namespace
} // namespace ktls
