// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/opening.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "bus/private_bus.hpp"

namespace ktls::bus {
namespace {

using std::chrono::milliseconds;

class OpeningTest : public test::BusTest {
protected:
  std::unique_ptr<Opening> start(Opening::SetUp set_up = [](Connection&) { return Result<>(); }) {
    return Opening::start(
               loop, [] {}, std::move(set_up),
               [this](Result<std::unique_ptr<Connection>> got) {
                 ++ended;
                 opened = std::move(got);
               })
        .value();
  }
  void wait() {
    run_until([this] { return ended > 0; });
  }

  int ended = 0;
  Result<std::unique_ptr<Connection>> opened = nullptr;
};

TEST_F(OpeningTest, GivesAConnectionInTheLoop) {
  std::thread::id where;
  const auto opening = start([&](Connection& connection) -> Result<> {
    where = std::this_thread::get_id();
    return connection.on_owner_change("org.example.Name", [] {});
  });
  EXPECT_EQ(ended, 0);

  wait();

  ASSERT_TRUE(opened);
  EXPECT_NE(where, std::this_thread::get_id());
  ASSERT_TRUE((*opened)->watch());
  EXPECT_TRUE((*opened)->request_name("org.example.Other"));
}

TEST_F(OpeningTest, HearsWhatWasSetUp) {
  int changes = 0;
  const auto opening = start([&](Connection& connection) {
    return connection.on_owner_change("org.example.Name", [&] { ++changes; });
  });
  wait();
  ASSERT_TRUE(opened);
  ASSERT_TRUE((*opened)->watch());
  const auto other = connect();

  EXPECT_TRUE(other->request_name("org.example.Name"));

  run_until([&] { return changes == 1; });
}

TEST_F(OpeningTest, SaysWhyThereIsNone) {
  bus.end();
  const auto opening = start();

  wait();

  EXPECT_FALSE(opened);
}

TEST_F(OpeningTest, FailsWithWhatCouldNotBeSetUp) {
  const auto opening =
      start([](Connection&) -> Result<> { return errno_error("listening", EPROTO); });

  wait();

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, std::errc::protocol_error);
}

TEST_F(OpeningTest, IsNotHeardOfWhenItIsGone) {
  std::atomic<bool> set_up = false;
  auto opening = start([&](Connection&) {
    set_up = true;
    return Result<>();
  });

  opening.reset();

  run_until([&] { return set_up.load(); });
  (void)loop.run_once(milliseconds(100));
  EXPECT_EQ(ended, 0);
}

TEST_F(OpeningTest, MayBeDestroyedByItsEnd) {
  std::unique_ptr<Opening> opening;
  opening = Opening::start(
                loop, [] {}, [](Connection&) { return Result<>(); },
                [&](const Result<std::unique_ptr<Connection>>&) {
                  opening.reset();
                  ++ended;
                })
                .value();

  wait();

  EXPECT_EQ(opening, nullptr);
}

// A bus that takes the connection, and says nothing.
TEST_F(OpeningTest, HoldsUpNobodyWhileTheBusHangs) {
  const std::string path = "/tmp/ktls-silent-bus." + std::to_string(::getpid());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  Fd silent(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(silent.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(silent.get(), 1), 0);
  ::setenv("DBUS_SYSTEM_BUS_ADDRESS", ("unix:path=" + path).c_str(), 1);
  bool others_go_on = false;
  const auto timer =
      loop.on_time(EventLoop::Clock::now() + milliseconds(50), [&] { others_go_on = true; });

  const auto opening = start();

  run_until([&] { return others_go_on; });
  EXPECT_EQ(ended, 0);
  ::unlink(path.c_str());
  silent.reset();
  wait();
  EXPECT_FALSE(opened);
}

} // namespace
} // namespace ktls::bus
