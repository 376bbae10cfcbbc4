// SPDX-License-Identifier: GPL-2.0-or-later
// What is behind a Session; for this folder only.
#pragma once

#include <optional>
#include <string_view>

#include "base/secret.hpp"
#include "tls/context_parts.hpp"
#include "tls/hello.hpp"
#include "tls/peer_limits.hpp"
#include "tls/peer_verifier.hpp"
#include "tls/psk_credentials.hpp"
#include "tls/session.hpp"
#include "tls/transport.hpp"

namespace ktls::tls {

struct Session::Parts : CertificateChoice {
  Parts(int socket, SessionParameters its_parameters, const Context& its_context)
      : transport(socket), parameters(std::move(its_parameters)), context(its_context) {}
  static Parts& of(gnutls_session_t session) {
    return *static_cast<Parts*>(static_cast<CertificateChoice*>(gnutls_session_get_ptr(session)));
  }
  [[nodiscard]] bool client() const { return context.profile().role == ipc::HandshakeRole::Client; }
  [[nodiscard]] bool uses_psk() const {
    return context.profile().authentication == ipc::Authentication::PreSharedKey;
  }

  // session.cpp
  Result<> set_up();
  Result<> set_up_names();
  Step step();
  void fail(int error);
  void fail(Reason reason, std::string_view detail, int error);
  Result<TrafficState> state(bool receive);
  static int on_secret(gnutls_session_t session, gnutls_record_encryption_level_t level,
                       const void* receive, const void* send, std::size_t size);

  // session_checks.cpp: judging the peer on the way, and all of it once more at the end
  void set_up_checks();
  [[nodiscard]] bool judge_completion();
  static int verify(gnutls_session_t session);
  Verdict judge_peer();
  int judge_user();
  [[nodiscard]] bool needs_user() const;
  [[nodiscard]] PresentedChain presented_chain() const;
  [[nodiscard]] std::optional<VerdictCache::Key> verdict_key(const PresentedChain& chain) const;
  static int on_message(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                        const gnutls_datum_t* message);
  int judge_offer(std::span<const std::byte> client_hello);
  int judge_message(unsigned type, std::span<const std::byte> message);
  int judge_hello(HelloKind kind, std::span<const std::byte> message);
  int judge_version();
  int judge_certificates(std::span<const std::byte> message);
  int judge_record_size(HelloKind kind, std::span<const std::byte> message);
  // Remembers why a callback ends the handshake; returns the error for GnuTLS.
  int refuse(Reason reason, std::string detail = {});

  // session_watch.cpp: for whoever wants to know
  void tell_message(unsigned type, bool sent, std::span<const std::byte> message);
  void tell_verdict();

  // session_key_log.cpp
  void set_up_key_log();
  static int on_secret(gnutls_session_t session, const char* label, const gnutls_datum_t* secret);

  // session_psk.cpp
  Result<> set_up_psk();
  [[nodiscard]] bool load_own_psk(); // as client, before the first message
  int find_psk(std::string_view identity, gnutls_datum_t* key);
  [[nodiscard]] bool uses_hash_of(std::string_view identity) const;

  Transport transport;
  SessionParameters parameters;
  const Context& context;
  PskClientHandle psk_client;
  PskServerHandle psk_server;
  SessionHandle session;
  std::optional<Psk> psk;
  int psk_lookups = 0;
  Verdict verdict;
  bool chain_told = false;           // to the watch
  bool user_judged = false;          // and found fit
  std::optional<Failure> refused;    // by one of our callbacks
  Hello peer_hello;                  // with the limits of EncryptedExtensions, too
  std::optional<Secret> send_secret; // of application data
  std::optional<Secret> receive_secret;
  Failure failed{Reason::InternalError, {}};
  bool handshake_done = false;
  bool busy = false;             // in advance(), perhaps waiting
  std::optional<Reason> aborted; // meanwhile; told when GnuTLS returns
  std::uint64_t tickets_sent = 0;
  int interruptions = 0;
};

} // namespace ktls::tls
