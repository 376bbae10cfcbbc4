// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/step_log.hpp"

#include <gtest/gtest.h>

#include <map>

#include "broker/message_ids.hpp"

namespace ktls {
namespace {

using namespace std::chrono_literals;

class StepLogTest : public testing::Test {
protected:
  EventLoop loop = EventLoop::create().value();
  std::vector<log::Level> levels;
  std::vector<std::string> lines;
  StepLog log{loop, [this](log::Level level, std::string_view line, auto) {
                levels.push_back(level);
                lines.emplace_back(line);
              }};
  std::string description = "test";
  StepRecord record{description, ipc::StepKind::Offer, 120us, "versions TLS 1.3", "r", "p", 5};
};

TEST_F(StepLogTest, WritesALineOfTheLevelDebug) {
  log.write(record);

  EXPECT_EQ(levels, std::vector{log::Level::Debug});
  EXPECT_EQ(lines,
            std::vector<std::string>{"test: offer after 120 us: versions TLS 1.3, profile \"p\""});
}

TEST_F(StepLogTest, HasFields) {
  const auto all = fields_of(record);
  const std::map<std::string_view, std::string> fields(all.begin(), all.end());

  EXPECT_EQ(fields.at("MESSAGE_ID"), message_id::step);
  EXPECT_EQ(fields.at("KTLS_STEP"), "offer");
  EXPECT_EQ(fields.at("KTLS_STEP_TEXT"), "versions TLS 1.3");
  EXPECT_EQ(fields.at("KTLS_STEP_USEC"), "120");
  EXPECT_EQ(fields.at("KTLS_HANDSHAKE"), "5");
  EXPECT_EQ(fields.at("KTLS_RULE"), "r");
  EXPECT_EQ(fields.at("KTLS_PROFILE"), "p");
}

TEST_F(StepLogTest, HasANameForEachStep) {
  for (const auto kind : {ipc::StepKind::Offer, ipc::StepKind::Choice, ipc::StepKind::Certificate,
                          ipc::StepKind::Verdict, ipc::StepKind::User, ipc::StepKind::Messages}) {
    record.kind = kind;
    EXPECT_EQ(line_of(record).find("test:  after"), std::string::npos);
  }
}

TEST_F(StepLogTest, IsNotFilledByAFlood) {
  std::size_t allowed = 0;
  for (std::size_t i = 0; i < 10 * LineLimit::most; ++i)
    allowed += log.allows() ? 1 : 0;

  EXPECT_GE(allowed, LineLimit::most);
  EXPECT_LE(allowed, 2 * LineLimit::most); // a second may have ended meanwhile
}

} // namespace
} // namespace ktls
