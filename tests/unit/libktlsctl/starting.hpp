// SPDX-License-Identifier: GPL-2.0-or-later
// What the tests of ktlsctl_start() share: options, an agent's replies, and the outcome.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "start.hpp"
#include "support/sockets.hpp"

namespace ktls::test {

using Session = std::unique_ptr<ktlsctl_session, decltype(&ktlsctl_session_free)>;

// Far more than any test takes: a test that meets it has failed.
inline constexpr std::uint32_t long_limit_ms = 30'000;

inline ktlsctl_options client(const char* agent, std::uint32_t timeout_ms = long_limit_ms) {
  return {sizeof(ktlsctl_options), KTLSCTL_ROLE_CLIENT, timeout_ms, "db.example.org", agent, 0};
}

inline wire::StartReply success() {
  auto reply = wire::make<wire::StartReply>();
  reply.reason.assign_cut("success");
  reply.protocol.assign_cut("TLS 1.3");
  reply.cipher.assign_cut("TLS_AES_128_GCM_SHA256");
  reply.peer_subject.assign_cut("CN=db.example.org");
  reply.message.assign_cut("the handshake succeeded");
  return reply;
}

inline wire::StartReply refusal() {
  auto reply = wire::make<wire::StartReply>();
  reply.error = EACCES;
  reply.reason.assign_cut("certificate-expired");
  reply.message.assign_cut("a certificate of the peer's chain has expired");
  return reply;
}

inline auto answer(std::vector<char> bytes) {
  return [bytes = std::move(bytes)](int connection) {
    const auto received = receive_request(connection);
    send_bytes(connection, bytes.data(), bytes.size());
  };
}

inline std::vector<char> bytes_of(const wire::StartReply& reply) {
  const auto* first = reinterpret_cast<const char*>(&reply);
  return {first, first + sizeof reply};
}

// In place of a look at the socket.
inline bool has_keys(int) {
  return true;
}

struct Outcome {
  int status;
  Session session;
  std::string reason;
};

inline Outcome start_with(const Pair& pair, const ktlsctl_options& options) {
  ktlsctl_session* session = nullptr;
  const int status = ktlsctl_start(pair.ours.get(), &options, &session);
  return {status, Session(session, ktlsctl_session_free), ktlsctl_session_reason(session)};
}

} // namespace ktls::test
