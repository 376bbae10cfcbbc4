// SPDX-License-Identifier: GPL-2.0-or-later
// Handshakes whose steps are to be logged, and levels that say so.
#include <gtest/gtest.h>

#include "broker/dispatcher_case.hpp"

namespace ktls {
namespace {

using policy::LogLevel;
using test::DispatcherTest;

class DispatcherStepsTest : public DispatcherTest {
protected:
  DispatcherStepsTest() {
    serve(logging, ample);
    logging.take_levels([this](const policy::ProfileSettings&) { return level; });
    workers.on_lost = [this](Workers::Index worker) {
      logging.on_lost({&workers, worker}, Workers::Loss::Failed);
    };
  }
  std::uint64_t begin() { return logging.submit(request()); }
  void step(std::uint64_t id, const std::string& text = "versions\nTLS 1.3") {
    auto message = wire::make<ipc::HandshakeStep>();
    message.id = id;
    message.since_us = 7;
    message.kind = ipc::StepKind::Offer;
    message.text.assign_cut(text);
    logging.on_step({&workers, 0}, message);
  }
  void finish(std::uint64_t id, Reason reason = Reason::Success) {
    logging.on_finished({&workers, 0}, finished(id, reason));
  }

  LogLevel level = LogLevel::Debug;
  std::vector<std::string> lines;
  Dispatcher logging{loop, ample, local_time, nullptr,
                     [this](log::Level, std::string_view line, auto) { lines.emplace_back(line); }};
};

TEST_F(DispatcherStepsTest, AreAskedForAndLogged) {
  const auto id = begin();
  EXPECT_EQ(workers.started.at(0).request.tells_steps, 1U);

  step(id);

  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("offer after 7 us: versions\\x0aTLS 1.3, profile \"client\""),
            std::string::npos)
      << lines[0];
  finish(id);
  EXPECT_EQ(only_reason(), Reason::Success);
  EXPECT_EQ(lines.size(), 2U);
}

TEST_F(DispatcherStepsTest, AreNotAskedForBelowDebug) {
  level = LogLevel::Info;
  const auto id = begin();
  EXPECT_EQ(workers.started.at(0).request.tells_steps, 0U);

  step(id);

  EXPECT_EQ(workers.replaced.size(), 1U) << "nobody asked for it";
  EXPECT_EQ(only_reason(), Reason::WorkerDied);
}

TEST_F(DispatcherStepsTest, AreOnlySoMany) {
  const auto id = begin();
  for (std::size_t i = 0; i < ipc::HandshakeStep::max_steps; ++i)
    step(id);
  EXPECT_TRUE(workers.replaced.empty());

  step(id);

  EXPECT_EQ(workers.replaced.size(), 1U);
}

TEST_F(DispatcherStepsTest, AreOfAHandshakeThatThereIs) {
  step(begin() + 1);

  EXPECT_EQ(workers.replaced.size(), 1U);
}

TEST_F(DispatcherStepsTest, TheLevelAtTheEndCounts) {
  level = LogLevel::Info;
  const auto id = begin();
  level = LogLevel::Error;
  finish(id);
  EXPECT_TRUE(lines.empty());

  finish(begin(), Reason::CertificateExpired);
  EXPECT_EQ(lines.size(), 1U);
}

} // namespace
} // namespace ktls
