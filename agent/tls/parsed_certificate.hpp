// SPDX-License-Identifier: GPL-2.0-or-later
// ParsedCertificate: an X.509 certificate as its encoding says it, without any judgement on who
// issued it.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "tls/der.hpp"
#include "tls/distinguished_name.hpp"
#include "tls/distribution_point.hpp"
#include "tls/name_constraints.hpp"

namespace ktls::tls {

// RFC 5280, section 4.2.1.3, numbered as there.
enum class KeyUsage : std::uint8_t { KeyCertSign = 5, CrlSign = 6 };

// RFC 5280, section 4.2.1.12: the content of their OBJECT IDENTIFIER.
namespace key_purpose {
inline constexpr std::string_view server_auth{"\x2b\x06\x01\x05\x05\x07\x03\x01"};
inline constexpr std::string_view client_auth{"\x2b\x06\x01\x05\x05\x07\x03\x02"};
inline constexpr std::string_view ocsp_signing{"\x2b\x06\x01\x05\x05\x07\x03\x09"};
inline constexpr std::string_view any{"\x55\x1d\x25\x00", 4};
} // namespace key_purpose

// What is signed, how, and the signature: of a certificate as well as of a list.
struct Signed {
  Bytes content;   // all of the inner SEQUENCE
  Bytes algorithm; // AlgorithmIdentifier
  Bytes signature;
};
// `der`: a SEQUENCE of these three and nothing behind it.
std::optional<Signed> read_signed(Bytes der);

// All views are into the DER that it was made from.
struct ParsedCertificate {
  struct BasicConstraints {
    bool authority = false;
    std::optional<std::uint32_t> path_length;
  };

  struct Extension {
    std::string_view oid; // the content of the OBJECT IDENTIFIER
    Bytes value;
  };

  // Unexpected: what makes it unreadable.
  static tl::expected<ParsedCertificate, std::string> parse(Bytes der);

  // Absent, it allows each (RFC 5280, section 4.2.1.3).
  [[nodiscard]] bool allows(KeyUsage usage) const {
    return !key_usage || (*key_usage >> static_cast<unsigned>(usage) & 1U) != 0;
  }
  [[nodiscard]] bool is_authority() const {
    return basic_constraints && basic_constraints->authority;
  }
  // RFC 5280, section 6.1: "the same distinguished name appears in the subject and issuer fields".
  [[nodiscard]] bool is_self_issued() const { return subject == issuer; }
  // Self-signed, going by the names and key identifiers.
  [[nodiscard]] bool is_root() const {
    return is_self_issued() && (authority_key_id.empty() || subject_key_id.empty() ||
                                same(authority_key_id, subject_key_id));
  }
  // Of extensions that have no meaning for chains. None: it is not there.
  [[nodiscard]] std::optional<Bytes> extension(std::string_view oid) const;
  [[nodiscard]] bool has_purpose(std::string_view purpose) const;

  Bytes der;
  Signed signed_part;
  unsigned version = 3;
  Bytes serial;     // content of the INTEGER
  Bytes issuer_der; // all of the Name
  Bytes subject_der;
  DistinguishedName issuer;
  DistinguishedName subject;
  std::time_t not_before = 0;
  std::time_t not_after = 0;
  Bytes spki;
  std::vector<Extension> extensions; // all of them

  std::optional<BasicConstraints> basic_constraints;
  std::optional<std::uint16_t> key_usage; // bit N: usage N
  std::optional<std::vector<Bytes>> purposes;
  std::vector<GeneralName> alternative_names;
  std::optional<NameConstraints> name_constraints;
  std::vector<DistributionPoint> distribution_points; // of lists by the same issuer
  Bytes subject_key_id;
  Bytes authority_key_id;
  // RFC 5280, section 4.2.1.11: certificates below that may come without a policy.
  std::optional<std::uint32_t> explicit_policy_after;
  bool must_staple = false; // RFC 7633, status_request
  // What makes it unfit for any chain, though it can be read. Empty: nothing.
  std::string flaw;
};

} // namespace ktls::tls
