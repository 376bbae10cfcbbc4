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

#include "base/host_name.hpp"
#include "base/reason.hpp"
#include "base/result.hpp"
#include "ipc/profile.hpp"
#include "tls/credentials.hpp"

namespace ktls::tls {

// GnuTLS reads a priority string once; sessions share the result.
class Priority {
public:
  static Result<Priority> create(const std::string& text);
  Priority(Priority&&) noexcept;
  Priority& operator=(Priority&&) noexcept;
  ~Priority();
  struct Parts;
  [[nodiscard]] const Parts& parts() const { return *parts_; } // for this folder only

private:
  explicit Priority(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

struct SessionParameters {
  ipc::HandshakeRole role;
  ipc::ClientAuthType client_auth_type = ipc::ClientAuthType::Required;
  bool anonymous = false;              // as client: present no certificate
  std::optional<HostName> server_name; // as client: mandatory
};

// The keys of one direction, pointing into the session.
struct TrafficState {
  std::span<const std::byte> key;
  std::span<const std::byte> iv;
  std::array<std::byte, 8> sequence; // of the next record, big-endian
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
                                                 const Credentials& credentials,
                                                 const Priority& priority);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Goes as far as the socket allows without blocking. After Complete and Failed: not again.
  Step advance();
  // Ends a handshake that is under way, telling the peer with the reason's alert. While advance()
  // waits on a fiber for something else than the socket, it does so, and fails with this reason,
  // when it goes on.
  void abort(Reason reason);

  // After Failed.
  [[nodiscard]] const Failure& failure() const;
  // After Complete.
  [[nodiscard]] std::string_view protocol() const; // "TLS 1.3"
  [[nodiscard]] std::string_view cipher() const;   // IANA name of the suite
  Result<TrafficState> transmit_state();
  Result<TrafficState> receive_state();
  // From the peer's Certificate on.
  [[nodiscard]] const std::string& peer_subject() const;
  [[nodiscard]] bool peer_authenticated() const;

private:
  struct Parts;
  explicit Session(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

} // namespace ktls::tls
