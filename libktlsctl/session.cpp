// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session.hpp"

#include <cerrno>
#include <cstdlib>

extern "C" {

void ktlsctl_session_free(ktlsctl_session* session) noexcept {
  if (session != nullptr)
    std::free(session->certificates);
  std::free(session);
}

int ktlsctl_session_peer_authenticated(const ktlsctl_session* session) noexcept {
  return session != nullptr && session->reply.authenticated == 1 ? 1 : 0;
}

int ktlsctl_session_peer_certificate(const ktlsctl_session* session, size_t index,
                                     const unsigned char** der, size_t* size) noexcept {
  if (session == nullptr || session->certificates == nullptr ||
      index >= session->reply.certificates)
    return -ENOENT;
  *der = session->certificates[index].der;
  *size = session->certificates[index].size;
  return 0;
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

const char* ktlsctl_session_user(const ktlsctl_session* session) noexcept {
  return session == nullptr ? "" : session->reply.user.bytes;
}

int ktlsctl_session_uid(const ktlsctl_session* session, uint32_t* uid) noexcept {
  if (ktlsctl_session_user_strength(session) == KTLSCTL_STRENGTH_NONE)
    return -ENOENT;
  *uid = session->reply.uid;
  return 0;
}

int ktlsctl_session_user_strength(const ktlsctl_session* session) noexcept {
  return session == nullptr ? KTLSCTL_STRENGTH_NONE
                            : static_cast<int>(session->reply.user_strength);
}

const char* ktlsctl_session_user_source(const ktlsctl_session* session) noexcept {
  return session == nullptr ? "" : session->reply.user_source.bytes;
}

const char* ktlsctl_session_user_rule(const ktlsctl_session* session) noexcept {
  return session == nullptr ? "" : session->reply.user_rule.bytes;
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
