// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session.hpp"

#include <cstdlib>

extern "C" {

void ktlsctl_session_free(ktlsctl_session* session) noexcept {
  std::free(session);
}

const char* ktlsctl_session_protocol(const ktlsctl_session* session) noexcept {
  return session == nullptr ? "" : session->reply.protocol.bytes;
}

const char* ktlsctl_session_cipher(const ktlsctl_session* session) noexcept {
  return session == nullptr ? "" : session->reply.cipher.bytes;
}

const char* ktlsctl_session_alpn(const ktlsctl_session* session) noexcept {
  return session == nullptr ? "" : session->reply.alpn.bytes;
}

const char* ktlsctl_session_peer_subject(const ktlsctl_session* session) noexcept {
  return session == nullptr ? "" : session->reply.peer_subject.bytes;
}

const char* ktlsctl_session_rule(const ktlsctl_session* session) noexcept {
  return session == nullptr ? "" : session->reply.rule.bytes;
}

const char* ktlsctl_session_profile(const ktlsctl_session* session) noexcept {
  return session == nullptr ? "" : session->reply.profile.bytes;
}

const char* ktlsctl_session_reason(const ktlsctl_session* session) noexcept {
  return session == nullptr ? "" : session->reply.reason.bytes;
}

const char* ktlsctl_session_message(const ktlsctl_session* session) noexcept {
  return session == nullptr ? "" : session->reply.message.bytes;
}

} // extern "C"
