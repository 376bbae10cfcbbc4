// SPDX-License-Identifier: GPL-2.0-or-later
// RawHandshake: both ends of a handshake by GnuTLS alone, which verify nothing.
#pragma once

#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "support/sockets.hpp"
#include "support/test_data.hpp"
#include "tls/handles.hpp"

namespace ktls::test {

class RawHandshake {
public:
  struct Options {
    std::string server = "server"; // certificates: files without their end
    std::string client{};          // none: it has no certificate
    std::string behind{};          // another certificate that the server sends
    std::optional<std::string> staple{};
  };

  explicit RawHandshake(const Options& options)
      : staple_(options.staple), server_credentials_(credentials(options.server, options.behind)),
        client_credentials_(credentials(options.client)),
        server_(session(GNUTLS_SERVER, server_credentials_, sockets_.ours.get())),
        client_(session(GNUTLS_CLIENT, client_credentials_, sockets_.peers.get())) {
    gnutls_certificate_server_set_request(server_.get(), GNUTLS_CERT_REQUEST);
    if (staple_)
      gnutls_certificate_set_ocsp_status_request_function(server_credentials_.get(), give_staple,
                                                          this);
    int here = -1;
    int there = -1;
    for (int i = 0; i < 10 && (here != 0 || there != 0); ++i) {
      here = here == 0 ? 0 : gnutls_handshake(client_.get());
      there = there == 0 ? 0 : gnutls_handshake(server_.get());
    }
    EXPECT_EQ(here, 0) << gnutls_strerror(here);
    EXPECT_EQ(there, 0) << gnutls_strerror(there);
  }

  [[nodiscard]] gnutls_session_t server() const { return server_.get(); }
  [[nodiscard]] gnutls_session_t client() const { return client_.get(); }

private:
  static tls::CredentialsHandle credentials(const std::string& name,
                                            const std::string& behind = {}) {
    gnutls_certificate_credentials_t raw = nullptr;
    EXPECT_EQ(gnutls_certificate_allocate_credentials(&raw), 0);
    tls::CredentialsHandle owned(raw);
    if (name.empty())
      return owned;
    const auto chain = data(name + ".pem") + (behind.empty() ? "" : data(behind + ".pem"));
    const auto key = data("leaf.key");
    const gnutls_datum_t chain_data = tls::view(std::as_bytes(std::span(chain)));
    const gnutls_datum_t key_data = tls::view(std::as_bytes(std::span(key)));
    EXPECT_EQ(gnutls_certificate_set_x509_key_mem(raw, &chain_data, &key_data, GNUTLS_X509_FMT_PEM),
              0);
    return owned;
  }
  static tls::SessionHandle session(unsigned side, const tls::CredentialsHandle& credentials,
                                    int socket) {
    gnutls_session_t raw = nullptr;
    EXPECT_EQ(gnutls_init(&raw, side | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS), 0);
    tls::SessionHandle owned(raw);
    EXPECT_EQ(gnutls_set_default_priority(raw), 0);
    EXPECT_EQ(gnutls_credentials_set(raw, GNUTLS_CRD_CERTIFICATE, credentials.get()), 0);
    EXPECT_EQ(::fcntl(socket, F_SETFL, O_NONBLOCK), 0);
    gnutls_transport_set_int(raw, socket);
    return owned;
  }
  static int give_staple(gnutls_session_t, void* self, gnutls_datum_t* response) {
    const auto& staple = *static_cast<RawHandshake*>(self)->staple_;
    response->data = static_cast<unsigned char*>(gnutls_malloc(staple.size()));
    std::copy(staple.begin(), staple.end(), response->data);
    response->size = static_cast<unsigned>(staple.size());
    return 0;
  }

  std::optional<std::string> staple_;
  Pair sockets_ = unix_pair();
  tls::CredentialsHandle server_credentials_;
  tls::CredentialsHandle client_credentials_;
  tls::SessionHandle server_;
  tls::SessionHandle client_;
};

} // namespace ktls::test
