// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/record_log.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

namespace ktls {
namespace {

RecordLog::Bytes record_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string record_text(RecordLog::Bytes record) {
  return {record.begin(), record.end()};
}

struct ReadBack {
  std::vector<std::string> records;
  bool whole = true;
};
ReadBack read_back(int fd) {
  ReadBack out;
  out.whole = RecordLog::read(fd,
                              [&](RecordLog::Bytes record) { //
                                out.records.push_back(record_text(record));
                              })
                  .has_value();
  return out;
}

class RecordLogTest : public testing::Test {
protected:
  RecordLog log = *RecordLog::create();
};

TEST_F(RecordLogTest, IsReadInTheOrderOfWriting) {
  for (const auto* text : {"a", "bcd", "e"})
    EXPECT_TRUE(log.append(record_bytes(text)));

  const auto read = read_back(log.fd());

  EXPECT_TRUE(read.whole);
  EXPECT_EQ(read.records, (std::vector<std::string>{"a", "bcd", "e"}));
}

TEST_F(RecordLogTest, IsEmptyAtFirst) {
  EXPECT_TRUE(read_back(log.fd()).whole);
  EXPECT_TRUE(read_back(log.fd()).records.empty());
}

TEST_F(RecordLogTest, KnowsWhereARecordIs) {
  EXPECT_TRUE(log.append(record_bytes("before")));
  const auto extent = log.append(record_bytes("it"));
  EXPECT_TRUE(log.append(record_bytes("behind")));

  ASSERT_TRUE(extent);
  EXPECT_EQ(record_text(log.record_at(*extent)), "it");
}

TEST_F(RecordLogTest, GrowsAsItMust) {
  const std::string large(100'000, 'x');
  for (int i = 0; i < 50; ++i)
    ASSERT_TRUE(log.append(record_bytes(large)));

  const auto read = read_back(log.fd());

  EXPECT_TRUE(read.whole);
  EXPECT_EQ(read.records, std::vector<std::string>(50, large));
  EXPECT_EQ(log.size(), 50 * (large.size() + 4));
}

TEST_F(RecordLogTest, TakesNoRecordThatCouldNotBeRead) {
  EXPECT_FALSE(log.append({}));
  EXPECT_FALSE(log.append(record_bytes(std::string(RecordLog::max_record + 1, 'x'))));
  EXPECT_EQ(log.size(), 0U);
}

TEST_F(RecordLogTest, HasMemoryThatCannotShrink) {
  EXPECT_EQ(::ftruncate(log.fd(), 0), -1);
}

TEST_F(RecordLogTest, IsReadUpToWhatIsCutShort) {
  EXPECT_TRUE(log.append(record_bytes("whole")));
  const std::uint32_t length = 1U << 19U; // more than there is
  ASSERT_EQ(::pwrite(log.fd(), &length, sizeof length, static_cast<off_t>(log.size())), 4);

  const auto read = read_back(log.fd());

  EXPECT_FALSE(read.whole);
  EXPECT_EQ(read.records, std::vector<std::string>{"whole"});
}

TEST_F(RecordLogTest, IsReadWithoutWhatHasNoLengthYet) {
  EXPECT_TRUE(log.append(record_bytes("whole")));
  ASSERT_EQ(::pwrite(log.fd(), "half", 4, static_cast<off_t>(log.size()) + 4), 4);

  const auto read = read_back(log.fd());

  EXPECT_TRUE(read.whole);
  EXPECT_EQ(read.records, std::vector<std::string>{"whole"});
}

TEST(RecordLogMemory, HasToBeSealedMemory) {
  const Fd unsealed(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const Fd pipe(ends[0]);
  const Fd other(ends[1]);

  EXPECT_FALSE(read_back(unsealed.get()).whole);
  EXPECT_FALSE(read_back(pipe.get()).whole);
  EXPECT_FALSE(read_back(-1).whole);
}

} // namespace
} // namespace ktls
