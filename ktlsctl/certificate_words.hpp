// SPDX-License-Identifier: GPL-2.0-or-later
// A peer's certificates, for people and for programs. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ktlsctl/json.hpp"
#include "ktlsctl/time_text.hpp"
#include "tls/certificate.hpp"

namespace ktls::command {

// All of it fit to be printed. What cannot be read is empty.
struct CertificateWords {
  bool readable = false;
  std::string subject;
  std::string issuer;
  std::string serial; // hexadecimal digits
  std::int64_t not_before_us = 0;
  std::int64_t not_after_us = 0;
  std::vector<std::string> names; // "DNS:www.example.com"
  std::string key;                // "RSA, 2048 bits"
  std::string sha256;
  std::string spki_sha256;
  bool authority = false;
  bool self_signed = false;
};
[[nodiscard]] CertificateWords words_of(const tls::Der& certificate);

// In a few words, what certificate `number` (from 0) of the chain is in it.
[[nodiscard]] std::string place_in_chain(const std::vector<CertificateWords>& chain,
                                         std::size_t number);

[[nodiscard]] Json certificate_json(const CertificateWords& certificate);
// RFC 7468
[[nodiscard]] std::string pem_text(const tls::Der& certificate);

} // namespace ktls::command
