// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/certificate_checks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ktls::tls {
namespace {

// What it is known by to its issuer. RFC 5280, section 4.1.2.2: "The serial number MUST be a
// positive integer", and "Conforming CAs MUST NOT use serialNumber values longer than 20 octets."
bool is_serial(Bytes serial) {
  constexpr std::size_t max_size = 20;
  const bool zero = std::ranges::all_of(serial, [](std::byte b) { return b == std::byte{0}; });
  const bool negative = (serial.front() & std::byte{0x80}) != std::byte{0};
  const bool padded = serial.front() == std::byte{0};
  return !zero && !negative && serial.size() - (padded ? 1 : 0) <= max_size;
}

Flaw certificate_invalid(std::string what) {
  return {Reason::CertificateInvalid, std::move(what)};
}

// RFC 5280, section 4.2.1.12. Without the extension it is for all.
Judgement judge_purpose(const ParsedCertificate& certificate, std::string_view purpose) {
  if (!certificate.purposes || certificate.has_purpose(purpose))
    return std::nullopt;
  return Flaw{Reason::CertificateWrongPurpose, "is for other purposes"};
}

// Of whatever is judged by its issuer and its number, or mapped by them.
Judgement judge_serial(const ParsedCertificate& certificate) {
  if (is_serial(certificate.serial))
    return std::nullopt;
  return certificate_invalid("has a serial number that is not positive, or has more than 20 bytes");
}

} // namespace

Judgement judge_itself(const ParsedCertificate& certificate, bool anchor, const Rules& rules) {
  if (!certificate.flaw.empty())
    return certificate_invalid(certificate.flaw);
  if (!anchor && certificate.version != 3)
    return certificate_invalid(fmt::format("is of version {} of X.509", certificate.version));
  if (certificate.issuer.empty())
    return certificate_invalid("does not name its issuer");
  if (rules.now < certificate.not_before)
    return Flaw{Reason::CertificateNotYetValid, "is not valid yet"};
  if (rules.now > certificate.not_after)
    return Flaw{Reason::CertificateExpired, "has expired"};
  return std::nullopt;
}

Judgement judge_key(const PublicKey& key, const Rules& rules) {
  const auto too_small = [&](const char* type, std::uint32_t min) -> Judgement {
    if (key.bits >= min)
      return std::nullopt;
    return Flaw{
        Reason::CertificateKeyTooSmall,
        fmt::format("has {} key of {} bits, at least {} are required", type, key.bits, min)};
  };
  switch (key.kind) {
  case PublicKey::Kind::Rsa:
    if (key.bits % 8 != 0)
      return certificate_invalid(
          fmt::format("has an RSA key of {} bits, which is no multiple of 8", key.bits));
    return too_small("an RSA", rules.min_rsa_bits);
  case PublicKey::Kind::EllipticCurve:
    return too_small("an elliptic curve", rules.min_ec_bits);
  case PublicKey::Kind::PostQuantum:
    break;
  }
  return std::nullopt;
}

Judgement judge_leaf(const ParsedCertificate& leaf, bool anchor, const Rules& rules) {
  if (auto flaw = judge_itself(leaf, anchor, rules))
    return flaw;
  if (auto flaw = judge_serial(leaf))
    return flaw;
  // as OpenSSL and NSS have it, a certificate for any purpose is not meant for this one
  if (auto flaw = judge_purpose(leaf, rules.purpose))
    return flaw;
  if (anchor)
    return std::nullopt;
  if (leaf.is_authority())
    return certificate_invalid("is an authority's own certificate");
  if (leaf.key_usage && leaf.allows(KeyUsage::KeyCertSign))
    return certificate_invalid("may issue certificates, but is no authority's");
  if (leaf.name_constraints)
    return certificate_invalid("has name constraints, but is no authority's");
  return std::nullopt;
}

Judgement judge_issuer(const ParsedCertificate& issuer, bool anchor, std::size_t authorities_below,
                       const Rules& rules) {
  if (auto flaw = judge_itself(issuer, anchor, rules))
    return flaw;
  if (!anchor) {
    if (auto flaw = judge_serial(issuer))
      return flaw;
  }
  if (!issuer.has_purpose(key_purpose::any)) {
    if (auto flaw = judge_purpose(issuer, rules.purpose))
      return flaw;
  }
  const bool before_extensions = anchor && issuer.version != 3;
  if (!before_extensions && !issuer.is_authority())
    return Flaw{Reason::CertificateUntrusted, "has issued a certificate, but is no authority's"};
  if (!issuer.allows(KeyUsage::KeyCertSign))
    return Flaw{Reason::CertificateUntrusted, "may not issue certificates"};
  if (issuer.basic_constraints && issuer.basic_constraints->path_length &&
      authorities_below > *issuer.basic_constraints->path_length)
    return Flaw{Reason::CertificateConstraint,
                fmt::format("allows {} authorities below, there are {}",
                            *issuer.basic_constraints->path_length, authorities_below)};
  return std::nullopt;
}

} // namespace ktls::tls
