// SPDX-License-Identifier: GPL-2.0-or-later
#include "mapper/decision.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace ktls {
namespace {

Decision mapped() {
  Decision decision;
  decision.answer = bus::MappedUser{"alice", 1000, 1, {"filter", "staff", "subject=CN=alice", {}}};
  decision.certificate_sha256 = "ab12";
  decision.subject = "CN=alice";
  decision.issuer = "CN=Test CA";
  decision.serial = "07";
  decision.rule = "nfs";
  decision.remote_address = "192.0.2.1";
  return decision;
}

Decision refused() {
  auto decision = mapped();
  decision.answer = tl::make_unexpected(bus::Refused{bus::Refusal::UserRevoked, "alice is locked"});
  return decision;
}

std::string field(const Decision& decision, std::string_view name) {
  const auto fields = fields_of(decision);
  const auto found = std::ranges::find(fields, name, [](const auto& one) { return one.first; });
  return found == fields.end() ? "absent" : found->second;
}

TEST(Decision, IsALineForPeople) {
  EXPECT_EQ(line_of(mapped()),
            "certificate ab12 (subject \"CN=alice\", issuer \"CN=Test CA\", serial 07) is alice's "
            "(uid 1000): weak, by filter staff (subject=CN=alice), peer 192.0.2.1, rule \"nfs\"");
  EXPECT_EQ(line_of(refused()),
            "certificate ab12 (subject \"CN=alice\", issuer \"CN=Test CA\", serial 07) is refused: "
            "UserRevoked: alice is locked, peer 192.0.2.1, rule \"nfs\"");
}

TEST(Decision, MayBeAboutNoCertificate) {
  Decision decision;
  decision.answer = tl::make_unexpected(bus::Refused{bus::Refusal::CertificateInvalid, "garbage"});

  EXPECT_EQ(line_of(decision),
            "a certificate that cannot be read is refused: CertificateInvalid: garbage");
}

TEST(Decision, KeepsLongNamesOffTheLineAndInTheFields) {
  auto decision = mapped();
  decision.subject = "CN=" + std::string(5000, 'x');

  EXPECT_LT(line_of(decision).size(), 1000U);
  EXPECT_EQ(field(decision, "KTLS_PEER_SUBJECT"), decision.subject);
}

TEST(Decision, HasFieldsForTheJournal) {
  EXPECT_EQ(field(mapped(), "KTLS_USER"), "alice");
  EXPECT_EQ(field(mapped(), "KTLS_UID"), "1000");
  EXPECT_EQ(field(mapped(), "KTLS_MAP_SOURCE"), "filter");
  EXPECT_EQ(field(mapped(), "KTLS_MAP_RULE"), "staff");
  EXPECT_EQ(field(mapped(), "KTLS_MAP_STRENGTH"), "weak");
  EXPECT_EQ(field(mapped(), "KTLS_MAP_REFUSAL"), "absent");
  EXPECT_EQ(field(refused(), "KTLS_MAP_REFUSAL"), "UserRevoked");
  EXPECT_EQ(field(refused(), "KTLS_PEER_ISSUER"), "CN=Test CA");
  EXPECT_EQ(field(refused(), "KTLS_USER"), "absent");
  EXPECT_NE(field(mapped(), "MESSAGE_ID"), field(refused(), "MESSAGE_ID"));
}

TEST(DecisionLog, LeavesOutRefusalsInAFlood) {
  auto loop = EventLoop::create().value();
  DecisionLog log(loop);
  testing::internal::CaptureStderr();

  for (std::size_t i = 0; i < LineLimit::most + 5; ++i)
    log.write(refused());
  for (std::size_t i = 0; i < LineLimit::most + 5; ++i)
    log.write(mapped());
  while (!loop.run_once(std::chrono::seconds(10)).value()) {
  }

  const auto text = testing::internal::GetCapturedStderr();
  const auto count = [&text](std::string_view what) {
    std::size_t found = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
      ++found;
    return found;
  };
  EXPECT_EQ(count("is refused: UserRevoked"), LineLimit::most);
  EXPECT_EQ(count("5 more certificates are refused: UserRevoked"), 1U);
  EXPECT_EQ(count("is alice's"), LineLimit::most + 5);
}

} // namespace
} // namespace ktls
