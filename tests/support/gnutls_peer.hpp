// SPDX-License-Identifier: GPL-2.0-or-later
// GnutlsPeer: a plain GnuTLS session on a socket, for tests of what is done with its keys.
#pragma once

#include <gnutls/gnutls.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

#include "base/handle.hpp"
#include "ktls/traffic_keys.hpp"

namespace ktls::test {

// The suites of TLS 1.2, and what makes GnuTLS negotiate each.
struct Tls12Row {
  std::string_view suite;
  std::string_view exchange;
  std::string_view cipher;
};
inline constexpr std::array<Tls12Row, 7> tls12_rows{{
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA", "AES-128-GCM"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA", "AES-128-GCM"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA", "AES-256-GCM"},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA", "AES-256-GCM"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CCM", "ECDHE-ECDSA", "AES-128-CCM"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA", "CHACHA20-POLY1305"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA", "CHACHA20-POLY1305"},
}};
inline std::string name_of(const testing::TestParamInfo<Tls12Row>& test) {
  return std::string(test.param.suite);
}

class GnutlsPeer {
public:
  enum class Side { Client, Server };

  // `socket` stays the caller's. A server has the certificate and key of these files.
  GnutlsPeer(int socket, Side side, const Tls12Row& row, const std::string& certificate = {},
             const std::string& key = {}) {
    gnutls_certificate_credentials_t credentials = nullptr;
    EXPECT_EQ(gnutls_certificate_allocate_credentials(&credentials), 0);
    credentials_.reset(credentials);
    if (side == Side::Server) {
      EXPECT_EQ(gnutls_certificate_set_x509_key_file(credentials, certificate.c_str(), key.c_str(),
                                                     GNUTLS_X509_FMT_PEM),
                0);
    }
    gnutls_session_t session = nullptr;
    EXPECT_EQ(gnutls_init(&session, (side == Side::Server ? GNUTLS_SERVER : GNUTLS_CLIENT) |
                                        GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL),
              0);
    session_.reset(session);
    const std::string priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+" +
                                 std::string(row.exchange) + ":-CIPHER-ALL:+" +
                                 std::string(row.cipher);
    EXPECT_EQ(gnutls_priority_set_direct(session, priority.c_str(), nullptr), 0);
    EXPECT_EQ(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials), 0);
    gnutls_transport_set_int(session, socket);
  }

  // 0 when the handshake is over.
  int advance() { return gnutls_handshake(session_.get()); }
  [[nodiscard]] std::string_view suite() const { return gnutls_ciphersuite_get(session_.get()); }

  TransmitKeys transmit_keys() { return keys<TransmitKeys>(false); }
  ReceiveKeys receive_keys() { return keys<ReceiveKeys>(true); }

  [[nodiscard]] gnutls_session_t get() const { return session_.get(); }

private:
  template<class Keys>
  Keys keys(bool receive) {
    std::array<std::byte, 8> sequence{};
    gnutls_datum_t unused{};
    gnutls_datum_t iv{};
    gnutls_datum_t key{};
    EXPECT_EQ(gnutls_record_get_state(session_.get(), receive ? 1 : 0, &unused, &iv, &key,
                                      reinterpret_cast<unsigned char*>(sequence.data())),
              0);
    return Keys::create(suite_from_name(suite()).value(),
                        std::as_bytes(std::span(key.data, key.size)),
                        std::as_bytes(std::span(iv.data, iv.size)), sequence)
        .value();
  }

  Handle<std::remove_pointer_t<gnutls_certificate_credentials_t>,
         gnutls_certificate_free_credentials>
      credentials_;
  Handle<std::remove_pointer_t<gnutls_session_t>, gnutls_deinit> session_;
};

} // namespace ktls::test
