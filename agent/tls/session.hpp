// SPDX-License-Identifier: GPL-2.0-or-later
// Session: one TLS handshake on a socket, advanced whenever the socket is ready.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/host_name.hpp"
#include "base/reason.hpp"
#include "base/result.hpp"
#include "tls/context.hpp"
#include "tls/handshake_watch.hpp"
#include "tls/key_log.hpp"
#include "tls/psk.hpp"
#include "tls/user_check.hpp"

namespace ktls::tls {

// What is particular to one handshake.
struct SessionParameters {
  std::optional<HostName> server_name; // as client: mandatory, but for pre-shared keys
  bool anonymous = false;              // as client: present no certificate
  PskLookup* psk = nullptr;            // where the profile authenticates by pre-shared keys
  // As server, with certificates: asked about each client with a valid one, before it is told that
  // the handshake is complete, and in a resumed session again. None: a profile with safcheck lets
  // nobody in.
  UserCheck* user = nullptr;
  // Where the profile has session tickets: the key that all workers share. None: no tickets.
  std::span<const std::byte> ticket_key = {};
  bool keeps_secrets = false;      // for traffic_secrets()
  HandshakeWatch* watch = nullptr; // none: nobody wants to know
  KeyLog* key_log = nullptr;       // none: no secret leaves the session
};

inline constexpr std::size_t ticket_key_size = 64; // GnuTLS's: name, encryption and MAC key

// The keys of one direction, pointing into the session.
struct TrafficState {
  std::span<const std::byte> key;
  std::span<const std::byte> iv;
  std::array<std::byte, 8> sequence; // of the next record, big-endian
};

// Of TLS 1.3 (RFC 8446, section 7.1), pointing into the session. Empty: not known.
struct TrafficSecrets {
  std::span<const std::byte> send;
  std::span<const std::byte> receive;
};

struct Failure {
  Reason reason;
  std::string detail; // escaped
};

class Session {
public:
  enum class Step { WantRead, WantWrite, Complete, Failed };

  // Never reads past the handshake, and changes nothing about `socket`, which stays the caller's.
  // Everything referred to must outlive the session.
  static Result<std::unique_ptr<Session>> create(int socket, const SessionParameters& parameters,
                                                 const Context& context);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // The first step: as client, says hello and does not look for an answer yet; as server, nothing,
  // since the peer comes first. Asks neither signer nor PskLookup, and is not for pre-shared keys.
  Step begin();
  // Goes as far as the socket allows without blocking, but for signer and PskLookup. After Complete
  // and Failed: not again.
  Step advance();
  // Ends a handshake that is under way, telling the peer with the reason's alert. While advance()
  // waits on a fiber for something else than the socket, it does so, and fails with this reason,
  // when it goes on.
  void abort(Reason reason);

  // The peer has sent something.
  [[nodiscard]] bool heard() const;
  // After Failed.
  [[nodiscard]] const Failure& failure() const;
  // After Complete.
  [[nodiscard]] std::string_view protocol() const; // "TLS 1.3"
  [[nodiscard]] std::string_view cipher() const;   // IANA name of the suite
  // Of the key exchange, by its registry name; empty: a session was resumed without one.
  [[nodiscard]] std::string_view group() const;
  // By which the peer proved that it has its key, by its registry name; empty: it did not have to.
  [[nodiscard]] std::string_view signature() const;
  // The DNS name that the client asked for (RFC 6066, section 3); empty: none.
  [[nodiscard]] std::string server_name() const;
  [[nodiscard]] std::string alpn() const; // empty: none was negotiated
  [[nodiscard]] bool resumed() const;
  // The largest record that the peer takes, where it has set a limit: as RFC 8449 counts, in
  // TLS 1.3 with the byte of the content type.
  [[nodiscard]] std::optional<std::uint16_t> record_size_limit() const;
  // Records that were sent under transmit_state()'s keys: in TLS 1.3 those with tickets.
  [[nodiscard]] std::uint64_t tickets_sent() const;
  Result<TrafficState> transmit_state();
  Result<TrafficState> receive_state();
  // That those keys are made of. Empty in TLS 1.2, and without keeps_secrets.
  [[nodiscard]] TrafficSecrets traffic_secrets() const;
  // X.509 in DER, the peer's own first; views into the session. Empty: it presented none.
  [[nodiscard]] std::vector<std::span<const std::byte>> peer_certificates() const;
  // From the peer's Certificate on; escaped.
  [[nodiscard]] const std::string& peer_subject() const;
  [[nodiscard]] const std::string& peer_issuer() const;
  // From the first message that names it on; without NULs, and not escaped.
  [[nodiscard]] std::string_view psk_identity() const;
  [[nodiscard]] bool peer_authenticated() const;

private:
  struct Parts;
  explicit Session(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

} // namespace ktls::tls
