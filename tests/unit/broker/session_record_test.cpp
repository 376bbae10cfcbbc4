// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/session_record.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "broker/record_log.hpp"
#include "broker/session_samples.hpp"

namespace ktls {
namespace {

using nlohmann::json;

bool are_equal(const sockaddr_storage& left, const sockaddr_storage& right) {
  return std::memcmp(&left, &right, sizeof left) == 0;
}

class SessionRecordTest : public testing::Test {
protected:
  void write_shared() {
    EXPECT_TRUE(reader.read(record_of(1, test::sample_terms())));
    EXPECT_TRUE(reader.read(record_of(2, test::sample_peer())));
    EXPECT_TRUE(reader.read(record_of(3, test::alice())));
  }
  bool reads(const json& value) { return reader.read(json::to_cbor(value)).has_value(); }
  std::vector<Session> sessions() { return std::move(reader).sessions(); }

  static constexpr SharedNumbers all{1, 2, 3};
  RecordReader reader;
};

TEST_F(SessionRecordTest, LosesNothingOfASession) {
  const auto written = test::sample_session(42);
  write_shared();
  EXPECT_TRUE(reader.read(record_of(written, all)));

  const auto read = sessions();

  ASSERT_EQ(read.size(), 1U);
  const auto& session = read.front();
  EXPECT_EQ(session.cookie, 42U);
  EXPECT_EQ(session.network_namespace, 7U);
  EXPECT_EQ(session.inode, 12U);
  EXPECT_TRUE(are_equal(session.addresses.local, written.addresses.local));
  EXPECT_TRUE(are_equal(session.addresses.remote, written.addresses.remote));
  EXPECT_EQ(*session.terms, *written.terms);
  EXPECT_EQ(*session.peer, *written.peer);
  EXPECT_EQ(*session.user, *written.user);
  EXPECT_EQ(session.anchor_spki, written.anchor_spki);
  EXPECT_EQ(session.psk_identity, "nobody");
  EXPECT_EQ(session.pid, 17);
  EXPECT_EQ(session.began, written.began);
  EXPECT_FALSE(session.recovered);
}

TEST_F(SessionRecordTest, KnowsWhatASessionDoesNotHave) {
  auto written = test::sample_session(1);
  written.recovered = written.foreign = true;
  SessionTerms terms;
  EXPECT_TRUE(reader.read(record_of(1, terms)));
  EXPECT_TRUE(reader.read(record_of(written, {1, 0, 0})));

  const auto read = sessions();

  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].peer, nullptr);
  EXPECT_EQ(read[0].user, nullptr);
  EXPECT_EQ(read[0].terms->uid, std::nullopt);
  EXPECT_TRUE(read[0].recovered && read[0].foreign);
}

TEST_F(SessionRecordTest, ForgetsThoseThatHaveEnded) {
  write_shared();
  for (const auto cookie : {1U, 2U, 3U})
    EXPECT_TRUE(reader.read(record_of(test::sample_session(cookie), all)));
  EXPECT_TRUE(reader.read(record_of_end(2)));
  EXPECT_TRUE(reader.read(record_of_end(9)));

  const auto read = sessions();

  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0].cookie, 1U);
  EXPECT_EQ(read[1].cookie, 3U);
  EXPECT_EQ(read[0].terms, read[1].terms);
}

TEST_F(SessionRecordTest, ReadsWhatANewerAgentWrites) {
  EXPECT_TRUE(reads({1, 1, {{"rule", "web"}, {"moon", "full"}}}));
  EXPECT_TRUE(reads({4,
                     5,
                     {{"terms", 1},
                      {"local", json::binary({})},
                      {"remote", json::binary({})},
                      {"began", 0},
                      {"moon", 1}}}));

  const auto read = sessions();

  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].terms->rule, "web");
  EXPECT_EQ(read[0].terms->profile, "");
  EXPECT_EQ(read[0].addresses.local.ss_family, AF_UNSPEC);
}

TEST_F(SessionRecordTest, HasNoUseForWhatIsNone) {
  const std::vector<std::uint8_t> noise{0xff, 0x00, 0x13};
  EXPECT_FALSE(reader.read(noise));
  EXPECT_FALSE(reader.read({}));
  EXPECT_FALSE(reads(7));
  EXPECT_FALSE(reads({1}));
  EXPECT_FALSE(reads({1, "one", json::object()}));
  EXPECT_FALSE(reads({1, 1, {{"rule", 7}}}));
  EXPECT_FALSE(reads({2, 1, {{"subject", "CN=a"}}})) << "no certificate";
  EXPECT_FALSE(reads({2, 1, {{"chain", json::array()}}})) << "none either";
  EXPECT_FALSE(reads({3, 1, {{"name", "root"}}})) << "no uid";
  EXPECT_FALSE(reader.read(record_of(test::sample_session(1), all))) << "nobody knows its terms";
  write_shared();
  EXPECT_TRUE(reader.read(record_of(test::sample_session(1), all)));
  EXPECT_EQ(sessions().size(), 1U) << "the others count";
}

TEST_F(SessionRecordTest, HasNoUseForNumbersThatDoNotFit) {
  for (const json& uid : {json(std::uint64_t{1} << 32U), json(-1), json(0.5), json(1e300)}) {
    EXPECT_FALSE(reads({1, 1, {{"uid", uid}}})) << uid;
    EXPECT_FALSE(reads({3, 1, {{"name", "alice"}, {"uid", uid}}})) << uid;
  }
  EXPECT_FALSE(reads({1, 1, {{"origin", 1e300}}}));
  EXPECT_FALSE(reads({1e300, 1, json::object()}));
  EXPECT_FALSE(reads({1, -1, json::object()}));
}

TEST_F(SessionRecordTest, HasTimesAsFarAsTheClockGoes) {
  constexpr auto latest = std::numeric_limits<std::int64_t>::max();
  const auto none = json::binary({});
  EXPECT_TRUE(reads({1, 1, json::object()}));
  EXPECT_TRUE(reads({4, 5, {{"terms", 1}, {"local", none}, {"remote", none}, {"began", latest}}}));

  const auto read = sessions();

  ASSERT_EQ(read.size(), 1U);
  EXPECT_GT(read[0].began, std::chrono::system_clock::now());
}

TEST_F(SessionRecordTest, HasNoUseForWhatTakesAllStack) {
  for (const auto lists : RecordBytes{0x81, 0xa1, 0x9f, 0xbf, 0x5f, 0x7f, 0xd9})
    EXPECT_FALSE(reader.read(RecordBytes(RecordLog::max_record, lists))) << int(lists);
}

TEST_F(SessionRecordTest, HasNoUseForAnyPartOfOne) {
  write_shared();
  const auto record = record_of(test::sample_session(1), all);
  for (std::size_t size = 0; size < record.size(); ++size)
    EXPECT_FALSE(reader.read(std::span(record).first(size))) << size;
}

// By way of trial: no damage ends the process, or makes two of one.
TEST_F(SessionRecordTest, SurvivesDamage) {
  const auto record = record_of(test::sample_session(1), all);
  for (std::size_t at = 0; at < record.size(); ++at) {
    for (const unsigned flip : {0x01U, 0x80U, 0xffU}) {
      RecordReader damaged;
      (void)damaged.read(record_of(1, test::sample_terms()));
      (void)damaged.read(record_of(2, test::sample_peer()));
      (void)damaged.read(record_of(3, test::alice()));
      auto copy = record;
      copy[at] = static_cast<std::uint8_t>(copy[at] ^ flip);
      (void)damaged.read(copy);
      EXPECT_LE(std::move(damaged).sessions().size(), 1U);
    }
  }
}

} // namespace
} // namespace ktls
