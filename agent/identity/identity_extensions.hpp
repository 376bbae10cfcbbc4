// SPDX-License-Identifier: GPL-2.0-or-later
// Values in certificates that name a user, and that only mappings look at. Each is DER that a peer
// may have chosen; unexpected: why it is malformed. Pure.
#pragma once

#include "identity/peer_identity.hpp"

namespace ktls::identity {

namespace identity_oid {
using namespace std::string_view_literals;
// The content of their OBJECT IDENTIFIER.
inline constexpr auto certificate_policies = "\x55\x1d\x20"sv;
inline constexpr auto host_id_mappings = "\x2b\x12\x00\x02\x12\x01"sv;           // 1.3.18.0.2.18.1
inline constexpr auto sid = "\x2b\x06\x01\x04\x01\x82\x37\x19\x02"sv;            // ...311.25.2
inline constexpr auto sid_object = "\x2b\x06\x01\x04\x01\x82\x37\x19\x02\x01"sv; // ...311.25.2.1
inline constexpr auto upn = "\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x03"sv;        // ...311.20.2.3
inline constexpr auto pkinit = "\x2b\x06\x01\x05\x02\x02"sv;                     // RFC 4556
} // namespace identity_oid

// Of the whole value of an extension.
[[nodiscard]] Fact<Texts> read_policies(tls::Bytes value);
[[nodiscard]] Fact<std::vector<HostId>> read_host_ids(tls::Bytes value);
[[nodiscard]] Fact<std::string> read_sid(tls::Bytes value);

// Whether it looks like one: "S-1-5-21-1-2-3".
[[nodiscard]] bool is_sid(std::string_view text);

// Of an otherName (RFC 5280, section 4.2.1.6): its type, and the DER of its value.
struct OtherName {
  std::string_view type;
  tls::Bytes value;
};
[[nodiscard]] std::optional<OtherName> read_other_name(tls::Bytes content);
[[nodiscard]] Fact<std::string> read_upn(tls::Bytes value);
[[nodiscard]] Fact<std::string> read_pkinit_principal(tls::Bytes value);

} // namespace ktls::identity
