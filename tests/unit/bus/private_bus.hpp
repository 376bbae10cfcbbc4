// SPDX-License-Identifier: GPL-2.0-or-later
// A message bus of the test's own, and connections to it in one event loop.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include "base/event_loop.hpp"
#include "base/fd.hpp"
#include "bus/compatibility.hpp"
#include "bus/connection.hpp"

namespace ktls::bus::test {

using std::chrono::milliseconds;
using std::chrono::seconds;

// dbus-daemon, which lets everybody do everything; ended with this.
class PrivateBus {
public:
  // `listen`: an address of its own, or one that others know already.
  explicit PrivateBus(const std::string& listen = "unix:tmpdir=/tmp") {
    const std::string config = "/tmp/ktls-bus-test." + std::to_string(::getpid()) + ".conf";
    std::ofstream(config) << "<busconfig><type>session</type><listen>" << listen << R"(</listen>
      <auth>EXTERNAL</auth><policy context="default"><allow user="*"/><allow own="*"/>
      <allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>)";
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    const Fd address(ends[0]);
    Fd for_daemon(ends[1]);
    pid_ = ::fork();
    if (pid_ == 0) {
      (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
      // it complains that it may not have more descriptors
      (void)::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
      const std::string print = "--print-address=" + std::to_string(for_daemon.get());
      ::execlp("dbus-daemon", "dbus-daemon", ("--config-file=" + config).c_str(), "--nofork",
               print.c_str(), nullptr);
      ::_exit(127);
    }
    for_daemon.reset();
    char c = 0;
    std::string line;
    while (::read(address.get(), &c, 1) == 1 && c != '\n')
      line += c;
    EXPECT_NE(line, "");
    ::unlink(config.c_str());
    ::setenv("DBUS_SYSTEM_BUS_ADDRESS", line.c_str(), 1);
  }
  PrivateBus(const PrivateBus&) = delete;
  PrivateBus& operator=(const PrivateBus&) = delete;
  ~PrivateBus() { end(); }

  void end() {
    if (pid_ <= 0)
      return;
    ::kill(pid_, SIGTERM); // it takes its socket away
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

private:
  pid_t pid_ = -1;
};

class BusTest : public testing::Test {
protected:
  std::unique_ptr<Connection> connect() {
    auto made = Connection::open(loop, [this] { ++lost; });
    EXPECT_TRUE(made);
    return std::move(*made);
  }

  // Until it is so; a test that fails says so instead of waiting for ever.
  void run_until(const std::function<bool()>& reached) {
    const auto end = std::chrono::steady_clock::now() + seconds(10);
    while (!reached()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      ASSERT_TRUE(loop.run_once(milliseconds(100)));
    }
  }

  PrivateBus bus;
  EventLoop loop = EventLoop::create().value();
  int lost = 0;
};

} // namespace ktls::bus::test
