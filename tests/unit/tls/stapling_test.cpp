// SPDX-License-Identifier: GPL-2.0-or-later
// The OCSP response that a server sends with its certificate (RFC 6066, section 8).
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gtest/gtest.h>

#include <ctime>

#include "support/sockets.hpp"
#include "tls/made_ocsp.hpp"
#include "tls/party.hpp"

namespace ktls::tls {
namespace {

constexpr const char* stapling_tls12 = "NORMAL:-VERS-ALL:+VERS-TLS1.2";
constexpr const char* stapling_tls13 = "NORMAL:-VERS-ALL:+VERS-TLS1.3";

// A client of GnuTLS that asks for a response, as all do by default, and verifies nothing.
class PlainClient {
public:
  PlainClient(int socket, const char* priority) {
    EXPECT_EQ(::fcntl(socket, F_SETFL, O_NONBLOCK), 0);
    gnutls_certificate_credentials_t credentials = nullptr;
    EXPECT_EQ(gnutls_certificate_allocate_credentials(&credentials), 0);
    credentials_.reset(credentials);
    gnutls_session_t session = nullptr;
    EXPECT_EQ(gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK), 0);
    session_.reset(session);
    EXPECT_EQ(gnutls_priority_set_direct(session, priority, nullptr), 0);
    EXPECT_EQ(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials), 0);
    EXPECT_EQ(gnutls_server_name_set(session, GNUTLS_NAME_DNS, "server.test", 11), 0);
    gnutls_transport_set_int(session, socket);
  }
  int advance() { return gnutls_handshake(session_.get()); }
  // Empty: none came.
  [[nodiscard]] std::string staple() const {
    gnutls_datum_t got{};
    if (gnutls_ocsp_status_request_get(session_.get(), &got) < 0)
      return {};
    return {reinterpret_cast<const char*>(got.data), got.size};
  }

private:
  CredentialsHandle credentials_;
  SessionHandle session_;
};

// What a client is sent by a server with this response.
std::string stapled(const std::string& response, const char* version) {
  const auto sockets = test::unix_pair();
  auto options = test::server();
  options.priority = std::string(version).substr(std::string("NORMAL:").size());
  auto configuration = test::configuration_of(options);
  configuration.credentials.front().ocsp_response = test::to_der(response);
  test::Party server(sockets.ours.get(), options, configuration);
  PlainClient client(sockets.peers.get(), version);
  int status = -1;
  for (int i = 0; i < 20 && (status != 0 || !server.over()); ++i) {
    status = status == 0 ? 0 : client.advance();
    (void)server.advance();
  }
  EXPECT_EQ(status, 0) << gnutls_strerror(status);
  EXPECT_EQ(server.step, Session::Step::Complete) << server.detail();
  return client.staple();
}

TEST(Stapling, SendsTheResponse) {
  const auto response = test::ocsp_response({.next_update = std::time(nullptr) + test::day});

  EXPECT_EQ(stapled(response, stapling_tls13), response);
  EXPECT_EQ(stapled(response, stapling_tls12), response);
}

TEST(Stapling, SendsNoneThatHasExpired) {
  const auto response = test::ocsp_response({.next_update = std::time(nullptr) - test::day});

  EXPECT_EQ(stapled(response, stapling_tls13), "");
  EXPECT_EQ(stapled(response, stapling_tls12), "");
}

TEST(Stapling, SendsNoneWithoutAResponse) {
  EXPECT_EQ(stapled("", stapling_tls13), "");
  EXPECT_EQ(stapled("", stapling_tls12), "");
}

Result<std::time_t> next_update_of(const std::string& response) {
  return ocsp_next_update(std::as_bytes(std::span(response)));
}

TEST(OcspNextUpdate, IsTakenFromTheResponse) {
  EXPECT_EQ(next_update_of(test::ocsp_response({.next_update = test::made_now})), test::made_now);
}

TEST(OcspNextUpdate, IsNoneOfWhatIsOfNoUse) {
  using test::made_now;
  const auto sound = test::ocsp_response({.next_update = made_now});

  EXPECT_FALSE(next_update_of(test::ocsp_response({})));
  EXPECT_FALSE(
      next_update_of(test::ocsp_response({.status = test::ocsp_revoked, .next_update = made_now})));
  EXPECT_FALSE(
      next_update_of(test::ocsp_response({.status = test::ocsp_unknown, .next_update = made_now})));
  EXPECT_FALSE(next_update_of(test::ocsp_response(
      {.next_update = made_now, .outer_status = test::der::value(0x0a, "\x03")})));
  for (std::size_t size = 0; size < sound.size(); ++size)
    EXPECT_FALSE(next_update_of(sound.substr(0, size))) << size;
}

} // namespace
} // namespace ktls::tls
