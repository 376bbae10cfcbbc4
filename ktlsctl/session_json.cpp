// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/session_json.hpp"

namespace ktls::command {
namespace {

Json row_json(const bus::SessionRow& row) {
  return {{"id", row.id},
          {"origin", row.origin},
          {"state", row.state},
          {"role", or_null(row.role)},
          {"local", or_null(row.local)},
          {"remote", or_null(row.remote)},
          {"protocol", or_null(row.protocol)},
          {"cipher", or_null(row.cipher)},
          {"peer", or_null(row.peer)},
          {"user", or_null(row.user)},
          {"rule", or_null(row.rule)},
          {"profile", or_null(row.profile)},
          {"uid", uid_or_null(row.uid)},
          {"pid", number_or_null(row.pid)},
          {"began", time_or_null(row.began_us)}};
}

Json peer_json(const bus::SessionDetails& details) {
  return {{"subject", or_null(details.peer_subject)},
          {"issuer", or_null(details.peer_issuer)},
          {"sha256", or_null(details.peer_fingerprint)},
          {"psk_identity", or_null(details.psk_identity)},
          {"authenticated", details.authenticated}};
}

} // namespace

Json sessions_json(const std::vector<bus::SessionRow>& rows) {
  Json list = Json::array();
  for (const auto& row : rows)
    list.push_back(row_json(row));
  return {{"sessions", list}};
}

Json details_json(const bus::SessionDetails& details) {
  const auto& row = details.row;
  return {{"id", row.id},
          {"origin", row.origin},
          {"state", row.state},
          {"role", or_null(row.role)},
          {"local", or_null(row.local)},
          {"remote", or_null(row.remote)},
          {"network_namespace", or_null(details.network_namespace)},
          {"protocol", or_null(row.protocol)},
          {"cipher", or_null(row.cipher)},
          {"group", or_null(details.group)},
          {"signature", or_null(details.signature)},
          {"server_name", or_null(details.server_name)},
          {"alpn", or_null(details.alpn)},
          {"resumed", details.resumed},
          {"key_logged", details.key_logged},
          {"tx_mode", or_null(details.tx_mode)},
          {"rx_mode", or_null(details.rx_mode)},
          {"rekeys", details.rekeys},
          {"peer", peer_json(details)},
          {"user", or_null(row.user)},
          {"user_uid", uid_or_null(details.user_uid)},
          {"mapping",
           {{"source", or_null(details.map_source)},
            {"rule", or_null(details.map_rule)},
            {"strength", or_null(details.map_strength)}}},
          {"rule", or_null(row.rule)},
          {"profile", or_null(row.profile)},
          {"generation", number_or_null(details.generation)},
          {"uid", uid_or_null(row.uid)},
          {"pid", number_or_null(row.pid)},
          {"unit", or_null(details.unit)},
          {"began", time_or_null(row.began_us)}};
}

Json session_json(const bus::SessionDetails& details,
                  const std::optional<std::vector<CertificateWords>>& chain) {
  Json out = details_json(details);
  out["certificates"] = chain ? Json::array() : Json();
  if (chain) {
    for (const auto& certificate : *chain)
      out["certificates"].push_back(certificate_json(certificate));
  }
  return out;
}

} // namespace ktls::command
