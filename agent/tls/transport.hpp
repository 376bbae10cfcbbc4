// SPDX-License-Identifier: GPL-2.0-or-later
// Transport: the bytes between GnuTLS and a socket. Takes from the socket exactly what GnuTLS asks
// for, which is never more than the record it is in; collects what it writes, so that a flight is
// one send().
//
// A record is asked for in two pieces, and a flight has up to eight. So what is there is looked at
// first (MSG_PEEK), GnuTLS is served from that, and what it got is taken away in one go.
#pragma once

#include <gnutls/gnutls.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace ktls::tls {

class Transport {
public:
  // All that a peer may send in its handshake. GnuTLS alone would collect 16 MiB for one message.
  static constexpr std::size_t max_received = 128UL * 1024;

  explicit Transport(int socket) : socket_(socket) {}
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  void attach(gnutls_session_t session);

  // While paused there is nothing to read.
  void pause_reading(bool paused) { paused_ = paused; }
  // Takes away what GnuTLS was given. Before anybody else looks at the socket.
  void settle();

  enum class Flushed { All, Blocked, Broken };
  Flushed flush();

  [[nodiscard]] bool heard() const { return received_ > 0; }
  [[nodiscard]] bool peer_closed() const { return peer_closed_; }
  [[nodiscard]] bool broken() const { return error_ != 0; }
  // The first bytes cannot be the head of a TLS record (RFC 8446, section 5.1).
  [[nodiscard]] bool not_tls() const;
  // The peer sent more than max_received.
  [[nodiscard]] bool flooded() const { return received_ >= max_received; }
  // The first record starts with a ClientHello (RFC 8446, section 4).
  [[nodiscard]] bool peer_is_client() const;
  // The first record is an alert in clear text: its description (RFC 8446, section 6).
  [[nodiscard]] std::optional<unsigned char> opening_alert() const;

private:
  static ssize_t pull(gnutls_transport_ptr_t self, void* to, std::size_t size);
  static ssize_t push(gnutls_transport_ptr_t self, const void* from, std::size_t size);

  void note(std::span<const std::byte> piece);
  // What the socket holds: 0 for its end, below 0 for an errno.
  ssize_t look();

  static constexpr std::size_t look_ahead = 8192;
  using Ahead = std::array<std::byte, look_ahead>;

  int socket_;
  gnutls_session_t session_ = nullptr;
  std::vector<std::byte> outgoing_;
  std::array<unsigned char, 7> head_{}; // the first bytes received
  std::size_t head_size_ = 0;
  std::size_t received_ = 0;
  std::unique_ptr<Ahead> ahead_; // while GnuTLS runs: what is in the socket
  std::size_t ahead_size_ = 0;
  std::size_t given_ = 0; // of it, to GnuTLS
  bool paused_ = false;
  bool peer_closed_ = false;
  int error_ = 0;
};

} // namespace ktls::tls
