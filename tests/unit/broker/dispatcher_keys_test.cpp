// SPDX-License-Identifier: GPL-2.0-or-later
// Handshakes whose keys are logged.
#include <gtest/gtest.h>

#include "broker/dispatcher_case.hpp"

namespace ktls {
namespace {

using test::DispatcherTest;

constexpr const char* key_log_policy = R"(
[agent]
allow_key_logging = true
[profile.client]
handshake_role = "client"
truststore = "/ca.pem"
key_log_file = "/keys"
log_level = "error"
[profile.server]
handshake_role = "client"
truststore = "/ca.pem"
[[rule]]
name = "logged"
local_address = "127.0.0.0/8"
profile = "client"
)";

class DispatcherKeysTest : public DispatcherTest {
protected:
  DispatcherKeysTest() {
    workers.on_lost = [this](Workers::Index worker) {
      logging.on_lost({&workers, worker}, Workers::Loss::Failed);
    };
    logging.log_keys([this](const std::string& path, const ipc::KeyLogEntry& entry) {
      paths.push_back(path);
      EXPECT_EQ(entry.secret[0], 0x5e);
    });
    logging.on_secured([this](const Session& session, const tls::TrafficSecrets&, int) {
      sessions.push_back(session);
      return std::optional<std::uint64_t>();
    });
  }
  void key(std::uint64_t id) {
    auto message = wire::make<ipc::KeyLogEntry>();
    message.id = id;
    message.label = ipc::KeyLabel::ClientRandom;
    message.size = 1;
    message.secret[0] = 0x5e;
    logging.on_key({&workers, 0}, message);
  }

  std::vector<std::string> lines;
  std::vector<std::string> paths;
  std::vector<Session> sessions;
  Dispatcher logging{loop, ample, local_time, nullptr,
                     [this](log::Level, std::string_view line, auto) { lines.emplace_back(line); }};
};

TEST_F(DispatcherKeysTest, AreAskedForPassedOnAndTold) {
  serve(logging, ample, key_log_policy);
  const auto id = logging.submit(request());
  EXPECT_EQ(workers.started.at(0).request.logs_keys, 1U);

  key(id);
  logging.on_finished({&workers, 0}, finished(id));

  EXPECT_EQ(paths, std::vector<std::string>{"/keys"});
  ASSERT_EQ(lines.size(), 1U) << "whatever the level";
  EXPECT_NE(lines[0].find(", KEYS LOGGED"), std::string::npos) << lines[0];
  ASSERT_EQ(sessions.size(), 1U);
  EXPECT_TRUE(sessions[0].terms->key_logged);
}

TEST_F(DispatcherKeysTest, AreTakenFromNobodyElse) {
  serve(logging, ample);
  const auto id = logging.submit(request());
  EXPECT_EQ(workers.started.at(0).request.logs_keys, 0U);

  key(id);

  EXPECT_TRUE(paths.empty());
  EXPECT_EQ(workers.replaced.size(), 1U);
}

TEST_F(DispatcherKeysTest, AreOnlySoMany) {
  serve(logging, ample, key_log_policy);
  const auto id = logging.submit(request());
  for (std::size_t i = 0; i < ipc::KeyLogEntry::max_entries; ++i)
    key(id);
  EXPECT_TRUE(workers.replaced.empty());

  key(id);

  EXPECT_EQ(workers.replaced.size(), 1U);
  EXPECT_EQ(paths.size(), ipc::KeyLogEntry::max_entries);
}

} // namespace
} // namespace ktls
