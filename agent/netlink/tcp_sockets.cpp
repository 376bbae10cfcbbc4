// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/tcp_sockets.hpp"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace ktls {
namespace {

constexpr int ends_buffer = 4 << 20;            // of about 10,000 ends
constexpr std::size_t diag_datagram = 64 << 10; // the kernel's dumps come in up to 32 KiB
constexpr int max_strays = 8;                   // datagrams that are not the answer
constexpr int max_dump = 1 << 16;               // datagrams of one dump

} // namespace

Result<TcpSockets> TcpSockets::create() {
  auto ends = std::make_unique<NetlinkSocket>(TRY(NetlinkSocket::create(NETLINK_SOCK_DIAG)));
  TRY(ends->set_buffer_size(ends_buffer));
  TRY(ends->subscribe(SKNLGRP_INET_TCP_DESTROY));
  TRY(ends->subscribe(SKNLGRP_INET6_TCP_DESTROY));
  auto queries = std::make_unique<NetlinkSocket>(TRY(NetlinkSocket::create(NETLINK_SOCK_DIAG)));
  TRY(queries->connect_to_kernel());
  TcpSockets made(std::move(ends), std::move(queries));
  // the kernel loads what it needs for this when it is asked, and tells of no ends before
  TRY(made.alive());
  return made;
}

Result<TcpSockets::Ends> TcpSockets::take_ends() {
  constexpr int batches_at_once = 64; // the rest in the next turn
  Ends found;
  NetlinkPort::Batch buffer;
  for (int i = 0; i < batches_at_once; ++i) {
    const auto batch = ends_->receive_waiting(buffer);
    if (!batch && batch.error() == EAGAIN)
      break;
    if (!batch && batch.error() == ENOBUFS) {
      found.some_were_lost = true;
      continue;
    }
    if (!batch)
      return errno_error("reading which sockets have ended", batch.error());
    for (const auto& received : *batch) {
      if (!received.from_kernel)
        continue;
      const auto messages = read_diag(received.bytes);
      found.some_were_lost |= !messages || received.cut_off;
      for (const auto& message : messages.value_or(std::vector<DiagMessage>{})) {
        if (message.socket)
          found.cookies.push_back(message.socket->connection.cookie);
      }
    }
    if (batch->size() < NetlinkPort::max_batch)
      break;
  }
  return found;
}

Result<std::vector<DiagMessage>> TcpSockets::receive(std::uint32_t sequence) {
  std::vector<std::byte> room(diag_datagram);
  for (int i = 0; i < max_strays; ++i) {
    const auto received = queries_->receive(room);
    if (!received)
      return errno_error("waiting for sock_diag", received.error());
    if (!received->from_kernel)
      continue;
    if (received->cut_off)
      return invalid("an answer of sock_diag is too long");
    auto messages = TRY(read_diag(received->bytes));
    // what an earlier question left behind is passed over
    std::erase_if(messages, [&](const DiagMessage& one) { return one.sequence != sequence; });
    if (!messages.empty())
      return messages;
  }
  return invalid("sock_diag gave no answer");
}

Result<> TcpSockets::dump(DumpDetail detail, const std::function<void(const DiagSocket&)>& use) {
  for (const int family : {AF_INET, AF_INET6}) {
    const auto sequence = ++sequence_;
    TRY(queries_->send(build_dump_query(static_cast<std::uint8_t>(family), detail, sequence)));
    bool done = false;
    for (int i = 0; i < max_dump && !done; ++i) {
      for (const auto& message : TRY(receive(sequence))) {
        if (message.error.value_or(0) != 0)
          return errno_error("asking sock_diag for all sockets", *message.error);
        if (message.socket)
          use(*message.socket);
        done |= message.done || message.error;
      }
    }
    if (!done)
      return invalid("sock_diag has no end of sockets");
  }
  return {};
}

Result<std::unordered_set<std::uint64_t>> TcpSockets::alive() {
  std::unordered_set<std::uint64_t> cookies;
  TRY(dump(DumpDetail::Sockets,
           [&](const DiagSocket& one) { cookies.insert(one.connection.cookie); }));
  return cookies;
}

Result<std::vector<DiagSocket>> TcpSockets::with_tls() {
  std::vector<DiagSocket> out;
  TRY(dump(DumpDetail::UpperProtocols, [&](const DiagSocket& one) {
    if (one.tls)
      out.push_back(one);
  }));
  return out;
}

Result<std::optional<DiagTls>> TcpSockets::tls_of(const DiagConnection& connection) {
  const auto sequence = ++sequence_;
  TRY(queries_->send(build_tls_query(connection, sequence)));
  for (const auto& message : TRY(receive(sequence))) {
    if (message.socket)
      return message.socket->tls;
    if (message.error.value_or(ENOENT) == ENOENT)
      return std::nullopt;
    if (*message.error != 0)
      return errno_error("asking sock_diag for a socket", *message.error);
  }
  return std::nullopt;
}

Result<int> TcpSockets::destroy(const DiagConnection& connection) {
  const auto sequence = ++sequence_;
  TRY(queries_->send(build_destroy_query(connection, sequence)));
  for (const auto& message : TRY(receive(sequence))) {
    if (message.error)
      return *message.error;
  }
  return invalid("sock_diag does not say whether it ended a connection");
}

bool TcpSockets::can_destroy() {
  sockaddr_in nowhere{};
  nowhere.sin_family = AF_INET;
  DiagConnection none{};
  std::memcpy(&none.local, &nowhere, sizeof nowhere);
  std::memcpy(&none.remote, &nowhere, sizeof nowhere);
  const auto answer = destroy(none);
  return answer && *answer == ENOENT;
}

} // namespace ktls
