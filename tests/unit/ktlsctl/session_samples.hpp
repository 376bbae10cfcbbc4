// SPDX-License-Identifier: GPL-2.0-or-later
// Sessions as the agent would tell them, and what no terminal must get.
#pragma once

#include <string>

#include "bus/agent1.hpp"
#include "ktlsctl/time_text.hpp"

namespace ktls::test {

inline const std::string hostile = "a\x1b[2J\nb";

// 2026-11-27 12:00:00 UTC
inline constexpr std::uint64_t noon_us = 1'795'780'800'000'000;
inline constexpr std::uint64_t minute_us = 60'000'000;
inline command::WallTime noon() {
  return command::wall_time(noon_us);
}

inline bus::SessionRow row() {
  return {4711,
          "application",
          "open",
          "server-with-client-auth",
          "192.0.2.1:443",
          "198.51.100.7:50123",
          "TLSv1.3",
          "TLS_AES_128_GCM_SHA256",
          "CN=alice,O=Example",
          "alice",
          "web",
          "web-server",
          33,
          1234,
          noon_us - 125 * minute_us};
}

inline bus::SessionRow row_of_the_kernel() {
  bus::SessionRow row;
  row.id = 12;
  row.origin = "kernel";
  row.state = "recovered";
  row.local = "[2001:db8::1]:2049";
  row.remote = "[2001:db8:1:2:3:4:5:6]:700";
  return row;
}

inline bus::SessionDetails details() {
  bus::SessionDetails out;
  out.row = row();
  out.row.peer.clear();
  out.peer_subject = "CN=alice,O=Example";
  out.peer_issuer = "CN=Example CA";
  out.peer_fingerprint = std::string(64, 'a');
  out.authenticated = true;
  out.group = "x25519";
  out.signature = "ed25519";
  out.server_name = "www.example.com";
  out.alpn = "h2";
  out.generation = 3;
  out.unit = "nginx.service";
  out.user_uid = 1000;
  out.map_source = "filter";
  out.map_rule = "staff";
  out.map_strength = "weak";
  out.tx_mode = "sw";
  out.rx_mode = "hw";
  out.rekeys = 2;
  return out;
}

inline bus::SessionDetails hostile_details() {
  auto out = details();
  for (auto* text :
       {&out.row.origin,  &out.row.state,        &out.row.role,     &out.row.local,
        &out.row.remote,  &out.row.protocol,     &out.row.cipher,   &out.row.peer,
        &out.row.user,    &out.row.rule,         &out.row.profile,  &out.peer_subject,
        &out.peer_issuer, &out.peer_fingerprint, &out.psk_identity, &out.network_namespace,
        &out.group,       &out.signature,        &out.server_name,  &out.alpn,
        &out.unit,        &out.map_source,       &out.map_rule,     &out.map_strength,
        &out.tx_mode,     &out.rx_mode})
    *text = hostile;
  return out;
}

// Nothing of it acts on a terminal, but ends of lines.
inline bool is_harmless(const std::string& text) {
  return text.find('\x1b') == std::string::npos && text.find("J\nb") == std::string::npos;
}

} // namespace ktls::test
