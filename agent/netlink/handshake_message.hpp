// SPDX-License-Identifier: GPL-2.0-or-later
// The messages of the kernel's handshake upcall: a parser for datagrams, builders for requests.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "netlink/handshake_uapi.hpp"

namespace ktls {

using KeySerial = std::int32_t; // of a key or keyring, keyrings(7); 0 is none

inline constexpr int max_errno = 4095; // MAX_ERRNO of the kernel

struct CertificateSerials {
  KeySerial certificate = 0;
  KeySerial private_key = 0;
};

// What the kernel's consumer (NFS, NVMe, ...) asks for.
struct HandshakeParameters {
  MessageType message_type = MessageType::ClientHello;
  AuthMode auth_mode = AuthMode::X509;
  std::optional<std::chrono::milliseconds> timeout;
  std::vector<KeySerial> peer_identities;       // for Psk, in order of preference
  std::vector<CertificateSerials> certificates; // none: the agent's own
  std::string peer_name;                        // without NULs, at most 255 bytes; empty: none
  std::optional<KeySerial> keyring;
  std::optional<std::uint32_t> max_tags; // counts only where the kernel takes tags
};

struct Ready {};
struct AcceptReply {
  int sockfd = -1; // already in this process's table
  HandshakeParameters parameters;
};
struct Acknowledged {};
struct Failed {
  int error = 0; // positive errno
};
struct Other {}; // another family, command or handler class, or netlink's own control messages
struct Malformed {
  Error error;
};

struct KernelMessage {
  std::uint32_t sequence = 0;
  std::variant<Ready, AcceptReply, Acknowledged, Failed, Other, Malformed> content;
};

struct KernelDatagram {
  // Never empty. A message whose end cannot be told is the last one, and Malformed.
  std::vector<KernelMessage> messages;
  // Each descriptor that an ACCEPT reply names, once, also where the reply is Malformed: the kernel
  // has put it into the table of this process before it wrote the reply.
  std::vector<int> descriptors;
};

// Attributes with a number unknown here are ignored: newer kernels add some.
[[nodiscard]] KernelDatagram parse_datagram(std::span<const std::byte> bytes, std::uint16_t family);

[[nodiscard]] std::vector<std::byte> build_accept(std::uint16_t family, std::uint32_t sequence);

struct HandshakeOutcome {
  int sockfd = -1;
  int status = 0;                       // positive errno; 0: success
  std::optional<KeySerial> remote_peer; // told only with status 0
  std::vector<std::string> tags;        // as sendable_tags() gives them; told only with status 0
};

// Without those that a kernel refuses, or beyond its limit and the request's own: a tag grants
// something, so that one less is never too much.
[[nodiscard]] std::vector<std::string> sendable_tags(std::vector<std::string> tags,
                                                     std::optional<std::uint32_t> limit);

// The kernel is asked to acknowledge it.
[[nodiscard]] std::vector<std::byte> build_done(std::uint16_t family, std::uint32_t sequence,
                                                const HandshakeOutcome& outcome);

} // namespace ktls
