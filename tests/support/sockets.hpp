// SPDX-License-Identifier: GPL-2.0-or-later
// Sockets for tests: connected pairs, a stand-in for the agent, and the count of open descriptors.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <iterator>
#include <string>
#include <thread>

#include "base/fd.hpp"
#include "wire.hpp"

namespace ktls::test {

inline std::ptrdiff_t count_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

struct Pair {
  Fd ours;
  Fd peers;
};

inline Pair tcp_pair() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  Pair pair;
  const Fd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(bind(listener.get(), any, size), 0);
  EXPECT_EQ(listen(listener.get(), 1), 0);
  EXPECT_EQ(getsockname(listener.get(), any, &size), 0);
  pair.ours = Fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(connect(pair.ours.get(), any, size), 0);
  pair.peers = Fd(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  EXPECT_TRUE(pair.peers);
  return pair;
}

inline Pair unix_pair() {
  std::array<int, 2> fds{-1, -1};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()), 0);
  return {Fd(fds[0]), Fd(fds[1])};
}

// Neither end can send, and the peer has been told.
inline bool is_shut_down(const Pair& pair) {
  char byte = 0;
  return send(pair.ours.get(), &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EPIPE &&
         recv(pair.peers.get(), &byte, 1, MSG_DONTWAIT) == 0;
}

// A directory of its own that goes away with all that is in it.
class TemporaryDirectory {
public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "ktlsctl-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr)
      path_ = name;
    EXPECT_FALSE(path_.empty());
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string file(const char* name) const { return path_ / name; }

private:
  std::filesystem::path path_;
};

inline Fd agent_listener(const std::string& path, int backlog) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  EXPECT_LT(path.size(), sizeof address.sun_path);
  std::memcpy(address.sun_path, path.data(), path.size());
  Fd listener(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  EXPECT_EQ(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(listen(listener.get(), backlog), 0);
  return listener;
}

// Accepts one connection, in a thread, and lets `converse` have it.
class FakeAgent {
public:
  explicit FakeAgent(std::function<void(int connection)> converse)
      : path_(directory_.file("agent.sock")), listener_(agent_listener(path_, 8)),
        thread_([this, converse = std::move(converse)] {
          const Fd connection(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
          if (connection)
            converse(connection.get());
        }) {}
  FakeAgent(const FakeAgent&) = delete;
  FakeAgent& operator=(const FakeAgent&) = delete;
  ~FakeAgent() { finish(); }

  [[nodiscard]] const char* path() const { return path_.c_str(); }
  // Waits until the conversation is over.
  void finish() {
    (void)shutdown(listener_.get(), SHUT_RDWR);
    if (thread_.joinable())
      thread_.join();
  }

private:
  TemporaryDirectory directory_;
  std::string path_;
  Fd listener_;
  std::thread thread_;
};

struct Received {
  wire::StartRequest request;
  std::size_t size;
  Fd socket;
};

// What the agent does first; an empty result when nothing came.
inline Received receive_request(int connection) {
  Received received{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  iovec bytes = {&received.request, sizeof received.request};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = recvmsg(connection, &message, MSG_CMSG_CLOEXEC | MSG_TRUNC);
  received.size = size > 0 ? static_cast<std::size_t>(size) : 0;
  if (const cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    received.socket = Fd(fd);
  }
  return received;
}

inline void send_bytes(int connection, const void* data, std::size_t size) {
  EXPECT_EQ(send(connection, data, size, MSG_NOSIGNAL), static_cast<ssize_t>(size));
}

// Blocks until the other end has closed.
inline void wait_for_end(int connection) {
  char byte = 0;
  (void)recv(connection, &byte, sizeof byte, 0);
}

} // namespace ktls::test
