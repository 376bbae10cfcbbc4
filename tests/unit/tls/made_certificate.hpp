// SPDX-License-Identifier: GPL-2.0-or-later
// Certificates made in the test, for what no honest authority would make.
#pragma once

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tls/certificate.hpp"

namespace ktls::test {

// Self-signed by a small key, for an RSA key with these numbers, which nobody has the other half
// of.
inline tls::Der rsa_certificate(std::size_t modulus_bytes, const std::string& exponent) {
  std::string modulus(modulus_bytes, '\xff');
  const auto datum = [](const std::string& bytes) {
    return gnutls_datum_t{reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data())),
                          static_cast<unsigned>(bytes.size())};
  };
  const gnutls_datum_t m = datum(modulus);
  const gnutls_datum_t e = datum(exponent);
  gnutls_pubkey_t key = nullptr;
  gnutls_x509_privkey_t signer = nullptr;
  gnutls_x509_crt_t certificate = nullptr;
  EXPECT_EQ(gnutls_pubkey_init(&key), 0);
  EXPECT_EQ(gnutls_pubkey_import_rsa_raw(key, &m, &e), 0);
  EXPECT_EQ(gnutls_x509_privkey_init(&signer), 0);
  EXPECT_EQ(gnutls_x509_privkey_generate(signer, GNUTLS_PK_ECDSA,
                                         GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
            0);
  EXPECT_EQ(gnutls_x509_crt_init(&certificate), 0);
  gnutls_x509_crt_t issuer = nullptr;
  EXPECT_EQ(gnutls_x509_crt_init(&issuer), 0);
  for (auto* each : {certificate, issuer}) {
    gnutls_x509_crt_set_version(each, 3);
    gnutls_x509_crt_set_serial(each, "\x01", 1);
    gnutls_x509_crt_set_activation_time(each, 0);
    gnutls_x509_crt_set_expiration_time(each, 2'000'000'000);
    gnutls_x509_crt_set_dn(each, "CN=bomb", nullptr);
  }
  EXPECT_EQ(gnutls_x509_crt_set_key(issuer, signer), 0);
  EXPECT_EQ(gnutls_x509_crt_set_pubkey(certificate, key), 0);
  EXPECT_EQ(gnutls_x509_crt_sign2(certificate, issuer, signer, GNUTLS_DIG_SHA256, 0), 0);
  gnutls_datum_t der{};
  EXPECT_EQ(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, &der), 0);
  const auto bytes = std::as_bytes(std::span(der.data, der.size));
  tls::Der out(bytes.begin(), bytes.end());
  gnutls_free(der.data);
  gnutls_x509_crt_deinit(certificate);
  gnutls_x509_crt_deinit(issuer);
  gnutls_x509_privkey_deinit(signer);
  gnutls_pubkey_deinit(key);
  return out;
}

} // namespace ktls::test
