// SPDX-License-Identifier: GPL-2.0-or-later
// The secrets of a session, for those profiles whose are logged. Of all others none gets anywhere:
// GnuTLS's own way, by an environment variable, is not left in place.
#include <algorithm>
#include <array>
#include <string_view>

#include "tls/session_parts.hpp"

namespace ktls::tls {
namespace {

struct NamedKeyLabel {
  std::string_view gnutls;
  ipc::KeyLabel label;
};
constexpr std::array<NamedKeyLabel, 8> key_labels{{
    {"CLIENT_RANDOM", ipc::KeyLabel::ClientRandom},
    {"CLIENT_EARLY_TRAFFIC_SECRET", ipc::KeyLabel::ClientEarlyTrafficSecret},
    {"EARLY_EXPORTER_SECRET", ipc::KeyLabel::EarlyExporterSecret},
    {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", ipc::KeyLabel::ClientHandshakeTrafficSecret},
    {"SERVER_HANDSHAKE_TRAFFIC_SECRET", ipc::KeyLabel::ServerHandshakeTrafficSecret},
    {"CLIENT_TRAFFIC_SECRET_0", ipc::KeyLabel::ClientTrafficSecret0},
    {"SERVER_TRAFFIC_SECRET_0", ipc::KeyLabel::ServerTrafficSecret0},
    {"EXPORTER_SECRET", ipc::KeyLabel::ExporterSecret},
}};

} // namespace

void Session::Parts::set_up_key_log() {
  gnutls_session_set_keylog_function(session.get(), on_secret);
}

// Whatever comes of it, the handshake goes on.
int Session::Parts::on_secret(gnutls_session_t session, const char* label,
                              const gnutls_datum_t* secret) {
  auto* log = of(session).parameters.key_log;
  const auto* known = std::ranges::find(key_labels, label, &NamedKeyLabel::gnutls);
  if (log == nullptr || known == key_labels.end())
    return 0;
  gnutls_datum_t client_random{};
  gnutls_datum_t server_random{};
  gnutls_session_get_random(session, &client_random, &server_random);
  log->on_secret(known->label, std::as_bytes(std::span(client_random.data, client_random.size)),
                 std::as_bytes(std::span(secret->data, secret->size)));
  return 0;
}

} // namespace ktls::tls
