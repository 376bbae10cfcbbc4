// SPDX-License-Identifier: GPL-2.0-or-later
// The running ktlsd as tests see it: its socket, its processes and their descriptors.
//
// KTLS_AGENT_SOCKET        the agent's socket
// KTLSD_PID                the broker
// KTLS_REQUEST_TIMEOUT_MS  the agent's limit for a client that says nothing. Default: 5000
#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "support/sockets.hpp"

namespace ktls::test {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using namespace std::chrono_literals;
using Bytes = std::vector<char>;

// Guests are slow; an agent that answers takes a few milliseconds.
inline constexpr milliseconds prompt = 2s;

inline std::string setting(const char* name, const char* fallback = "") {
  const char* value = std::getenv(name);
  return value != nullptr ? value : fallback;
}

inline milliseconds request_timeout() {
  return milliseconds(std::stol(setting("KTLS_REQUEST_TIMEOUT_MS", "5000")));
}

// False when `fd` has nothing to read, nor an end, before `limit`.
inline bool wait_readable(int fd, milliseconds limit) {
  pollfd entry = {fd, POLLIN, 0};
  return poll(&entry, 1, static_cast<int>(limit.count())) > 0;
}

using Census = std::map<pid_t, std::size_t>; // process: number of its descriptors

// proc(5): "pid (comm) state ppid ..."; comm may hold anything
inline pid_t parent_of(const std::filesystem::path& process) {
  std::ifstream file(process / "stat");
  std::string line;
  std::getline(file, line);
  const std::size_t end = line.rfind(") ");
  return end == std::string::npos ? 0 : std::atoi(line.c_str() + end + 4);
}

inline std::map<pid_t, pid_t> all_parents() {
  std::map<pid_t, pid_t> parents;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid > 0)
      parents[pid] = parent_of(entry.path());
  }
  return parents;
}

inline Census take_census() {
  const pid_t broker = std::stoi(setting("KTLSD_PID"));
  const auto parents = all_parents();
  Census census;
  for (const auto& [pid, parent] : parents) {
    pid_t ancestor = pid;
    while (ancestor != broker && parents.count(ancestor) != 0)
      ancestor = parents.at(ancestor);
    if (ancestor != broker)
      continue;
    std::error_code gone;
    const auto files = "/proc/" + std::to_string(pid) + "/fd";
    census[pid] = static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(files, gone), {}));
  }
  return census;
}

// Takes a census again and again until it is `wanted`, or until the time is over.
inline Census await_census(const Census& wanted, milliseconds limit) {
  const auto end = Clock::now() + limit;
  Census census = take_census();
  while (census != wanted && Clock::now() < end) {
    (void)poll(nullptr, 0, 10); // between two looks at /proc, which tells nobody of a change
    census = take_census();
  }
  return census;
}

// When nothing has changed for a moment: what ended just now may still be closing its descriptors.
inline Census settled_census() {
  Census last = take_census();
  while (await_census({}, 50ms) != last)
    last = take_census();
  return last;
}

class Client {
public:
  Client() : socket_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) {
    const std::string path = setting("KTLS_AGENT_SOCKET");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0)
        << path << ": " << std::strerror(errno);
  }

  void send(const Bytes& bytes, const std::vector<int>& descriptors) const {
    EXPECT_TRUE(try_send(bytes, descriptors)) << std::strerror(errno);
  }
  // False where the agent has answered and closed already.
  [[nodiscard]] bool try_send(const Bytes& bytes, const std::vector<int>& descriptors) const {
    Bytes control(CMSG_SPACE(descriptors.size() * sizeof(int)));
    iovec part = {const_cast<char*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!descriptors.empty()) {
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
      std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size() * sizeof(int));
    }
    return sendmsg(socket_.get(), &message, MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }

  // The reason in the reply, or what came instead of one, in parentheses.
  [[nodiscard]] std::string reason(milliseconds limit = prompt) const {
    wire::StartReply reply;
    return read_reply(limit, reply);
  }
  // All of it; nothing when there is none.
  [[nodiscard]] wire::StartReply reply(milliseconds limit = prompt) const {
    auto out = wire::make<wire::StartReply>();
    (void)read_reply(limit, out);
    return out;
  }

  // "the agent answers with one StartReply and closes"
  [[nodiscard]] bool ends(milliseconds limit = prompt) const {
    char byte = 0;
    return wait_readable(socket_.get(), limit) && recv(socket_.get(), &byte, 1, 0) <= 0;
  }

  [[nodiscard]] int get() const { return socket_.get(); }
  void close() { socket_.reset(); }

private:
  std::string read_reply(milliseconds limit, wire::StartReply& reply) const {
    if (!wait_readable(socket_.get(), limit))
      return "(no answer)";
    Bytes bytes(sizeof(wire::StartReply) + 1);
    ssize_t size = recv(socket_.get(), bytes.data(), bytes.size(), MSG_TRUNC);
    if (size < 0 && errno == ECONNRESET) // reported first when our message was never read
      size = recv(socket_.get(), bytes.data(), bytes.size(), MSG_TRUNC);
    if (size <= 0)
      return "(closed)";
    if (!wire::decode(bytes.data(), static_cast<std::size_t>(size), reply))
      return "(malformed reply)";
    if ((reply.error == 0) != (reply.reason.view() == "success"))
      return "(contradictory reply)";
    return std::string(reply.reason.view());
  }

  Fd socket_;
};

inline wire::StartRequest good_request(wire::Role role = wire::Role::Server) {
  auto request = wire::make<wire::StartRequest>();
  request.role = role;
  if (role == wire::Role::Client)
    request.peer_name.assign_cut("localhost");
  return request;
}

inline Bytes bytes_of(const wire::StartRequest& request) {
  const auto* first = reinterpret_cast<const char*>(&request);
  return {first, first + sizeof request};
}

// The answer to one message, after which the agent must have closed.
inline std::string answer_to(const Bytes& bytes, const std::vector<int>& descriptors) {
  const Client client;
  client.send(bytes, descriptors);
  std::string reason = client.reason();
  if (reason.front() != '(' && !client.ends())
    reason += " (and not closed)";
  return reason;
}

// Whether the peer of a TCP connection sees its end before `limit`, whatever comes before.
inline bool sees_end(int fd, milliseconds limit = prompt) {
  const auto end = Clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now());
    Bytes bytes(4096);
    if (left <= 0ms || !wait_readable(fd, left))
      return false;
    if (recv(fd, bytes.data(), bytes.size(), 0) <= 0)
      return true;
  }
}

} // namespace ktls::test
