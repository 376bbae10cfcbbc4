// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/mapping_log.hpp"

#include <gtest/gtest.h>

#include <map>

#include "broker/fake_mapper.hpp"

namespace ktls {
namespace {

MappingRecord record_of(MappingAnswer answer) {
  MappingRecord record;
  record.answer = std::move(answer);
  record.demanded = true;
  record.description = "kernel 192.0.2.1:2049 - 192.0.2.2:700";
  record.certificate_sha256 = "abcd";
  record.subject = "CN=alice";
  record.issuer = "CN=CA";
  record.rule = "nfs";
  return record;
}

TEST(MappingLine, SaysWhoseItIsAndWhy) {
  auto user = test::alice();
  user.attribute = "key 12";

  EXPECT_EQ(line_of(record_of(user)),
            "kernel 192.0.2.1:2049 - 192.0.2.2:700: certificate abcd (subject \"CN=alice\", issuer "
            "\"CN=CA\") is alice's (uid 1000): strong, by pin pins:1 (key 12), rule \"nfs\"");
}

TEST(MappingLine, SaysWhyItIsNobodys) {
  auto record = record_of(test::not_mapped(Reason::UserRevoked));
  const std::string begin = "kernel 192.0.2.1:2049 - 192.0.2.2:700: certificate abcd (subject "
                            "\"CN=alice\", issuer \"CN=CA\") ";

  EXPECT_EQ(line_of(record), begin + "is refused: user-revoked (because), rule \"nfs\"");
  record.demanded = false;
  EXPECT_EQ(line_of(record), begin + "is nobody's here: user-revoked (because), rule \"nfs\"");
}

TEST(MappingLine, IsNotFilledByLongNames) {
  auto record = record_of(test::alice());
  record.subject = std::string(3000, 'x');
  record.issuer = record.subject;

  EXPECT_LT(line_of(record).size(), 1400U);
}

// How many of a mapped one, one that is nobody's, and one that is refused are told.
std::vector<int> told_at(policy::LogLevel level) {
  std::vector<int> out;
  auto loop = EventLoop::create().value();
  for (auto record : {record_of(test::alice()), record_of(test::not_mapped(Reason::UserRevoked)),
                      record_of(test::not_mapped(Reason::UserRevoked))}) {
    record.demanded = out.size() != 1;
    record.level = level;
    int told = 0;
    MappingLog log(loop, [&told](auto, auto, auto) { ++told; });
    log.write(record);
    out.push_back(told);
  }
  return out;
}

TEST(MappingLog, HidesNobodyWhoIsRefused) {
  EXPECT_EQ(told_at(policy::LogLevel::Error), (std::vector{0, 0, 1}));
  EXPECT_EQ(told_at(policy::LogLevel::Warning), (std::vector{0, 1, 1}));
  EXPECT_EQ(told_at(policy::LogLevel::Info), (std::vector{1, 1, 1}));
}

TEST(MappingFields, HaveTheNamesAsTheyAre) {
  auto record = record_of(test::alice());
  record.subject = std::string(3000, 'x');

  const auto fields = fields_of(record);

  const std::map<std::string_view, std::string> found(fields.begin(), fields.end());
  EXPECT_EQ(found.at("KTLS_PEER_SUBJECT"), record.subject);
  EXPECT_EQ(found.at("KTLS_USER"), "alice");
}

} // namespace
} // namespace ktls
