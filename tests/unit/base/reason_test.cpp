// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/reason.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <string>

namespace ktls {
namespace {

Reason reason_at(std::size_t number) {
  return reason_from_number(static_cast<std::uint16_t>(number)).value();
}

class EachReason : public testing::TestWithParam<std::size_t> {
protected:
  const ReasonFacts& row = facts(reason_at(GetParam()));
};

TEST_P(EachReason, KeepsItsNumber) {
  EXPECT_EQ(static_cast<std::size_t>(row.reason), GetParam());
}

TEST_P(EachReason, HasAStableName) {
  EXPECT_FALSE(row.name.empty());
  EXPECT_LE(row.name.size(), 31U) << "wire::StartReply";
  EXPECT_EQ(row.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), std::string_view::npos);
  EXPECT_NE(row.name.front(), '-');
  EXPECT_NE(row.name.back(), '-');
}

TEST_P(EachReason, HasHelp) {
  EXPECT_FALSE(row.help.empty());
  EXPECT_LT(row.help.size(), 400U) << "leaves room for details in wire::StartReply";
}

TEST_P(EachReason, IsAnErrorUnlessItIsSuccess) {
  const bool success = row.reason == Reason::Success;

  EXPECT_EQ(row.error == 0, success);
  EXPECT_EQ(row.kernel_status == 0, success);
  EXPECT_GE(row.error, 0);
  EXPECT_LT(row.error, 4096);
  EXPECT_GE(row.kernel_status, 0);
  EXPECT_LT(row.kernel_status, 4096);
}

INSTANTIATE_TEST_SUITE_P(Reason, EachReason, testing::Range<std::size_t>(0, reason_count));

TEST(Reason, NamesAreUnique) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < reason_count; ++i)
    names.insert(facts(reason_at(i)).name);

  EXPECT_EQ(names.size(), reason_count);
}

// The names are the public contract: a change here breaks applications.
TEST(Reason, NamesStay) {
  EXPECT_EQ(facts(Reason::Success).name, "success");
  EXPECT_EQ(facts(Reason::NoPolicy).name, "no-policy");
  EXPECT_EQ(facts(Reason::HandshakeTimeout).name, "handshake-timeout");
  EXPECT_EQ(facts(Reason::RoleConflict).name, "role-conflict");
  EXPECT_EQ(facts(Reason::CertificateWrongName).name, "certificate-wrong-name");
  EXPECT_EQ(facts(Reason::InternalError).name, "internal-error");
}

TEST(Reason, NumbersOutOfRangeAreNone) {
  EXPECT_FALSE(reason_from_number(reason_count));
  EXPECT_FALSE(reason_from_number(0xffff));
}

TEST(Reason, TimeoutsAreNoRefusals) {
  for (const auto reason : {Reason::RequestTimeout, Reason::HandshakeTimeout}) {
    EXPECT_EQ(facts(reason).error, ETIMEDOUT);
    EXPECT_EQ(facts(reason).kernel_status, ETIMEDOUT);
  }
}

// The NFS client takes everything but this and EACCES as a refusal for good.
TEST(Reason, FailuresThatPassAreTriedAgain) {
  for (const auto reason :
       {Reason::Busy, Reason::WorkerDied, Reason::WorkerStuck, Reason::SignerUnavailable,
        Reason::AgentStopping, Reason::NotConnected, Reason::PeerClosed, Reason::ConnectionReset})
    EXPECT_EQ(facts(reason).kernel_status, ETIMEDOUT) << facts(reason).name;
}

// NVMe's host does not connect again after these.
TEST(Reason, AMissingKeyIsNothingToTryAgain) {
  EXPECT_EQ(facts(Reason::PskMissing).kernel_status, ENOKEY);
  EXPECT_EQ(facts(Reason::PskUnknown).kernel_status, EKEYREJECTED);
}

TEST(Reason, AuthenticationFailuresAreRefusals) {
  for (const auto reason :
       {Reason::CertificateMissing, Reason::CertificateUntrusted, Reason::CertificateExpired,
        Reason::CertificateNotYetValid, Reason::CertificateRevoked, Reason::CertificateInvalid,
        Reason::CertificateWrongName, Reason::CertificateWrongPurpose, Reason::NoPolicy}) {
    EXPECT_EQ(facts(reason).error, EACCES) << facts(reason).name;
    EXPECT_EQ(facts(reason).kernel_status, EACCES) << facts(reason).name;
  }
}

// RFC 8446, section 6.
TEST(Reason, AlertsAreThoseOfTls) {
  EXPECT_EQ(facts(Reason::CertificateMissing).alert, 116);
  EXPECT_EQ(facts(Reason::CertificateUntrusted).alert, 48);
  EXPECT_EQ(facts(Reason::CertificateExpired).alert, 45);
  EXPECT_EQ(facts(Reason::CertificateNotYetValid).alert, 45);
  EXPECT_EQ(facts(Reason::CertificateRevoked).alert, 44);
  EXPECT_EQ(facts(Reason::CertificateInvalid).alert, 42);
  EXPECT_EQ(facts(Reason::CertificateWrongName).alert, 42);
  EXPECT_EQ(facts(Reason::CertificateWrongPurpose).alert, 43);
  EXPECT_EQ(facts(Reason::Cancelled).alert, 90);
  EXPECT_EQ(facts(Reason::HandshakeTimeout).alert, 90);
  EXPECT_EQ(facts(Reason::InternalError).alert, 80);
  EXPECT_EQ(facts(Reason::FirstByteTimeout).alert, 90);
  EXPECT_EQ(facts(Reason::NoPolicy).alert, 49);
  EXPECT_EQ(facts(Reason::Busy).alert, 80);
  EXPECT_EQ(facts(Reason::AgentStopping).alert, 80);
  EXPECT_EQ(facts(Reason::Success).alert, std::nullopt);
}

} // namespace
} // namespace ktls
