// SPDX-License-Identifier: GPL-2.0-or-later
// BareEnd: one end of a mutually authenticated handshake by GnuTLS alone, as a careful program does
// it: what the agent is measured against.
#pragma once

#include <array>
#include <string>

#include "base/result.hpp"
#include "tls/handles.hpp"

namespace ktls::bench {

// What priority_for() gives where the kernel takes every cipher.
inline constexpr const char* priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:%NO_TICKETS:-CIPHER-ALL:"
                                        "+AES-128-GCM:+AES-256-GCM:+AES-128-CCM:+CHACHA20-POLY1305";

inline void succeed(int status, const char* what) {
  check(status >= 0, what);
}

inline tls::PriorityHandle parse_priority() {
  gnutls_priority_t raw = nullptr;
  succeed(gnutls_priority_init(&raw, priority, nullptr), "the priority is known to GnuTLS");
  return tls::PriorityHandle(raw);
}

inline tls::CredentialsHandle load_credentials(const std::string& certificate,
                                               const std::string& key, const std::string& trust) {
  gnutls_certificate_credentials_t raw = nullptr;
  succeed(gnutls_certificate_allocate_credentials(&raw), "there is memory");
  tls::CredentialsHandle credentials(raw);
  succeed(gnutls_certificate_set_x509_key_file(raw, certificate.c_str(), key.c_str(),
                                               GNUTLS_X509_FMT_PEM),
          "certificate and key can be read");
  succeed(gnutls_certificate_set_x509_trust_file(raw, trust.c_str(), GNUTLS_X509_FMT_PEM),
          "the trust store can be read");
  return credentials;
}

class BareEnd {
public:
  // `name`: of the server, for the client; null for the server. All must outlive the end; `socket`
  // must not block.
  BareEnd(int socket, const char* name, gnutls_certificate_credentials_t credentials,
          gnutls_priority_t its_priority) {
    gnutls_session_t raw = nullptr;
    succeed(gnutls_init(&raw, (name != nullptr ? GNUTLS_CLIENT : GNUTLS_SERVER) | GNUTLS_NONBLOCK |
                                  GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS),
            "there is memory");
    session_.reset(raw);
    succeed(gnutls_priority_set(raw, its_priority), "a priority can be set");
    succeed(gnutls_credentials_set(raw, GNUTLS_CRD_CERTIFICATE, credentials),
            "credentials can be set");
    demand(name);
    gnutls_transport_set_int(raw, socket);
  }

  // Goes as far as the socket allows; true once it is complete.
  bool advance() {
    if (complete_)
      return true;
    const int status = gnutls_handshake(session_.get());
    check(status == 0 || gnutls_error_is_fatal(status) == 0, "the bare handshake succeeds");
    return complete_ = status == 0;
  }

private:
  // Chain, purpose, and the name of a server.
  void demand(const char* name) {
    const char* purpose = name != nullptr ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT;
    demands_[0] = {GNUTLS_DT_KEY_PURPOSE_OID, text(purpose), 0};
    demands_[1] = {GNUTLS_DT_DNS_HOSTNAME, text(name), 0};
    gnutls_session_set_verify_cert2(session_.get(), demands_.data(), name != nullptr ? 2 : 1, 0);
    if (name == nullptr)
      gnutls_certificate_server_set_request(session_.get(), GNUTLS_CERT_REQUIRE);
    else
      succeed(gnutls_server_name_set(session_.get(), GNUTLS_NAME_DNS, name,
                                     std::char_traits<char>::length(name)),
              "a server name can be set");
  }
  static unsigned char* text(const char* bytes) { // GnuTLS only reads it
    return reinterpret_cast<unsigned char*>(const_cast<char*>(bytes));
  }

  std::array<gnutls_typed_vdata_st, 2> demands_{};
  tls::SessionHandle session_;
  bool complete_ = false;
};

// Until both are complete.
template<class Client, class Server>
void shake(Client& client, Server& server) {
  for (bool done = false; !done;) {
    done = client.advance();
    done = server.advance() && done;
  }
}

} // namespace ktls::bench
