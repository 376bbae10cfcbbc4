// SPDX-License-Identifier: GPL-2.0-or-later
// The certificates of tests/unit/tls/data.
#pragma once

#include <chrono>

#include "base/file.hpp"
#include "fuzz.hpp"
#include "tls/certificate.hpp"
#include "tls/signature.hpp"

namespace ktls::fuzz {

inline constexpr std::time_t fixed_now = 1'900'000'000;

// The first of the file.
inline tls::Der certificate_in(const std::string& name) {
  constexpr std::size_t limit = 64UL * 1024;
  const auto pem = read_file(std::string(KTLS_TEST_DATA) + "/" + name, limit);
  must(pem.has_value(), "there is test data", name);
  return tls::certificates_from_pem(*pem).value().front();
}

// One that has been read; all views are into `der`.
struct Known {
  explicit Known(const std::string& name)
      : der(certificate_in(name)), certificate(tls::ParsedCertificate::parse(der).value()),
        key(tls::PublicKey::import(certificate.spki).value()) {}

  tls::Der der;
  tls::ParsedCertificate certificate;
  tls::PublicKey key;
};
inline const Known& authority() {
  static const Known one("ca.pem");
  return one;
}
inline const Known& server() {
  static const Known one("server.pem");
  return one;
}

} // namespace ktls::fuzz
