// SPDX-License-Identifier: GPL-2.0-or-later
// The numbers of the kernel's generic netlink family "handshake" (linux/handshake.h).
//
// Debian 12's linux-libc-dev is older than that header, so they are defined here and nowhere else.
// Origin: Documentation/netlink/specs/handshake.yaml of Linux 6.4 to 7.2; `keyring` came with 6.16.
// Numbers above these are used by two competing patch series (tags, KeyUpdate) and mean nothing
// before the kernel's own policy says which one it has.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ktls {

enum class MessageType : std::uint32_t { ClientHello = 1, ServerHello = 2 };
enum class AuthMode : std::uint32_t { Unauthenticated = 1, Psk = 2, X509 = 3 };

} // namespace ktls

namespace ktls::handshake_uapi {

inline constexpr const char* family_name = "handshake";
inline constexpr const char* group_name = "tlshd";
inline constexpr std::uint8_t family_version = 1;
inline constexpr std::uint32_t handler_class_tlshd = 1;

inline constexpr std::uint8_t cmd_ready = 1;
inline constexpr std::uint8_t cmd_accept = 2;
inline constexpr std::uint8_t cmd_done = 3;

// of READY, and of ACCEPT in both directions
inline constexpr std::uint16_t accept_sockfd = 1;        // s32
inline constexpr std::uint16_t accept_handler_class = 2; // u32
inline constexpr std::uint16_t accept_message_type = 3;  // u32
inline constexpr std::uint16_t accept_timeout = 4;       // u32, milliseconds
inline constexpr std::uint16_t accept_auth_mode = 5;     // u32
inline constexpr std::uint16_t accept_peer_identity = 6; // u32, repeated
inline constexpr std::uint16_t accept_certificate = 7;   // nest of x509_*, repeated
inline constexpr std::uint16_t accept_peername = 8;      // string
inline constexpr std::uint16_t accept_keyring = 9;       // u32

inline constexpr std::uint16_t x509_cert = 1;    // s32
inline constexpr std::uint16_t x509_privkey = 2; // s32

// of DONE
inline constexpr std::uint16_t done_status = 1;      // u32, positive errno
inline constexpr std::uint16_t done_sockfd = 2;      // s32
inline constexpr std::uint16_t done_remote_auth = 3; // u32, repeated; consumers get the first only

// Only where the kernel's policy says that it takes strings here (kernel_capabilities.hpp): the
// KeyUpdate series has its session id (u32) under the first number, and the kind of key update
// under the second.
inline constexpr std::uint16_t done_tag = 4;         // string, repeated
inline constexpr std::uint16_t accept_max_tags = 10; // u32, in replies
// of the KeyUpdate series
inline constexpr std::uint16_t accept_session_id = 11; // u32

inline constexpr std::size_t max_tags = 64;
inline constexpr std::size_t max_tag_size = 255;

// struct tls_handshake_args in net/handshake.h: ta_my_peerids[5]
inline constexpr std::size_t max_peer_identities = 5;

} // namespace ktls::handshake_uapi
