// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/session_words.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "ktlsctl/field_list.hpp"

namespace ktls::command {
namespace {

using bus::SessionDetails;

std::string in_brackets(const std::string& text, const std::string& more) {
  return text.empty() || more.empty() ? text : fmt::format("{} ({})", text, more);
}

std::string mode_words(const std::string& mode) {
  if (mode == "sw")
    return "the kernel";
  if (mode == "hw")
    return "the network card";
  if (mode == "hw-record")
    return "the network card, records and all";
  return mode;
}

std::string asked_by(const bus::SessionRow& row) {
  if (row.origin == "kernel")
    return "the kernel, for one of its own services";
  if (row.origin == "application")
    return "an application";
  if (row.origin == "foreign" && row.state == "recovered")
    return "not known: it was there before the agent, which was not told of it";
  if (row.origin == "foreign")
    return "another program, which did the handshake itself";
  return row.origin;
}

std::string owner_words(const SessionDetails& details) {
  std::string out;
  const auto append = [&](const std::string& what) { out += (out.empty() ? "" : ", ") + what; };
  if (details.row.pid != 0)
    append(fmt::format("pid {}", details.row.pid));
  if (details.row.uid != bus::no_owner)
    append(fmt::format("uid {}", details.row.uid));
  if (!details.unit.empty())
    append(details.unit);
  return out;
}

void add_connection(FieldList& fields, const SessionDetails& details, WallTime now) {
  const auto& row = details.row;
  const auto began = wall_time(row.began_us);
  fields.title(fmt::format("session {}", row.id))
      .add("local", row.local)
      .add("remote", row.remote)
      .add("namespace", details.network_namespace)
      .add("role", row.role)
      .add("since",
           row.began_us == 0 ? "" : in_brackets(date_text(began), duration_text(now - began)))
      .add("state", row.state == "recovered" ? "recovered: there before the agent" : row.state,
           row.state == "recovered" ? Tone::Warning : Tone::Plain)
      .add("asked for by", asked_by(row))
      .add("owner", owner_words(details));
}

void add_protection(FieldList& fields, const SessionDetails& details) {
  const bool known = !details.row.protocol.empty();
  fields.title("protection")
      .add("protocol", known ? details.row.protocol : "TLS, of a version that is not known")
      .add("cipher", details.row.cipher)
      .add("group", details.group)
      .add("signature", details.signature)
      .add("server name", details.server_name)
      .add("ALPN", details.alpn)
      .add("resumed", known && details.resumed ? "yes, an earlier session" : "")
      .add("keys", details.key_logged ? "LOGGED: whoever reads the file can decrypt this" : "",
           Tone::Bad)
      .add("encrypts", mode_words(details.tx_mode))
      .add("decrypts", mode_words(details.rx_mode))
      .add("rekeys", details.rekeys == 0 ? "" : std::to_string(details.rekeys));
}

void add_policy_part(FieldList& fields, const SessionDetails& details) {
  if (details.row.profile.empty() && details.row.rule.empty())
    return;
  fields.title("policy")
      .add("rule", details.row.rule)
      .add("profile", details.row.profile)
      .add("generation", details.generation == 0 ? "" : std::to_string(details.generation));
}

void add_peer(FieldList& fields, const SessionDetails& details) {
  const bool none = details.peer_subject.empty() && details.psk_identity.empty();
  fields.title("peer")
      .add("subject", details.peer_subject)
      .add("issuer", details.peer_issuer)
      .add("sha256", details.peer_fingerprint)
      .add("PSK identity", details.psk_identity)
      .add("validated", details.authenticated ? "yes" : (none ? "" : "no"),
           details.authenticated ? Tone::Good : Tone::Bad)
      .add("identity", none ? "it has shown none, or none is known" : "")
      .add("user", in_brackets(details.row.user, details.user_uid == bus::no_owner
                                                     ? ""
                                                     : fmt::format("uid {}", details.user_uid)))
      .add("mapped by", in_brackets(details.map_source, details.map_rule))
      .add("strength", details.map_strength);
}

std::string names_line(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names)
    out += (out.empty() ? "" : ", ") + name;
  return out;
}

void add_certificate(FieldList& fields, const std::vector<CertificateWords>& chain,
                     std::size_t number, WallTime now) {
  const auto& one = chain.at(number);
  fields.title(fmt::format("certificate {} of {}: {}", number + 1, chain.size(),
                           place_in_chain(chain, number)));
  if (one.readable) {
    const auto end = wall_time(one.not_after_us);
    const bool over = end < now;
    fields.add("subject", one.subject)
        .add("issuer", one.issuer)
        .add("serial", one.serial)
        .add("names", names_line(one.names))
        .add("key", one.key)
        .add("valid from", date_text(wall_time(one.not_before_us)))
        .add("valid until", in_brackets(date_text(end), expiry_text(end, now)),
             over ? Tone::Bad : Tone::Plain);
  }
  fields.add("sha256", one.sha256).add("key's sha256", one.spki_sha256);
}

} // namespace

std::string session_words(const SessionDetails& details,
                          const std::optional<std::vector<CertificateWords>>& chain, WallTime now,
                          const Palette& palette) {
  FieldList fields(palette);
  add_connection(fields, details, now);
  add_protection(fields, details);
  add_policy_part(fields, details);
  add_peer(fields, details);
  for (std::size_t i = 0; chain && i < chain->size(); ++i)
    add_certificate(fields, *chain, i, now);
  return fields.text();
}

} // namespace ktls::command
