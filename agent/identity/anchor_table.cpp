// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/anchor_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "identity/oid_text.hpp"
#include "policy/path_values.hpp"
#include "policy/pin.hpp"

namespace ktls::identity {
namespace {

using policy::Table;

constexpr std::size_t max_listed = 64;

constexpr std::array<policy::Key, 7> anchor_key_list{{
    {"spki_sha256", ""},
    {"certificate", ""},
    {"high_trust", ""},
    {"names_trusted", ""},
    {"policy_oids", ""},
    {"upn_suffixes", ""},
    {"spiffe_trust_domains", ""},
}};

std::optional<tls::Sha256> spki_of_file(const Table& in, const FileReader& read) {
  const auto path = policy::read_path(in, "certificate", policy::PathKind::Path);
  if (!path)
    return std::nullopt;
  const auto problem = [&](std::string_view text) {
    in.problem(*in.find("certificate"), fmt::format("{}: {}", escape(path->path), text));
    return std::nullopt;
  };
  const auto text = read(path->path);
  if (!text)
    return problem(text.error().message());
  const auto certificates = tls::certificates_from_pem(*text);
  if (!certificates)
    return problem(certificates.error().message());
  if (certificates->size() != 1)
    return problem("must have one certificate, that of the anchor");
  const auto spki = tls::spki_sha256(certificates->front());
  return spki ? std::optional(*spki) : problem(spki.error().message());
}

std::optional<tls::Sha256> read_spki(const Table& in, const FileReader& read) {
  if (in.has("spki_sha256") == in.has("certificate")) {
    in.report().add(in.place(), in.name(), "needs either spki_sha256 or certificate");
    return std::nullopt;
  }
  if (in.has("certificate"))
    return spki_of_file(in, read);
  const auto text = in.text("spki_sha256");
  const auto pin = text ? policy::parse_pin(*text) : std::nullopt;
  if (text && !pin)
    in.problem(*in.find("spki_sha256"), "must be 64 hexadecimal digits");
  return pin;
}

// Strings in small letters, each of which `is` has to be true for.
Texts read_texts(const Table& in, std::string_view key, bool (*is)(std::string_view),
                 std::string_view what) {
  Texts out;
  for (const auto& text : in.strings(key, max_listed)) {
    out.push_back(lower_case(text));
    if (!is(out.back()))
      in.problem(*in.find(key), fmt::format("\"{}\" is not {}", escape(text), what));
  }
  return out;
}

bool is_realm(std::string_view text) {
  return text.find_first_of("@/ ") == std::string_view::npos;
}

} // namespace

Anchor read_anchor(const policy::NamedNode& from, const FileReader& read, policy::Report& report) {
  static const toml::table none;
  const auto path = fmt::format("anchor.{}", from.name);
  const auto* table = from.node->as_table();
  Anchor out;
  out.name = from.name;
  out.where = report.where(from.place);
  if (table == nullptr) {
    report.add(from.place, path, fmt::format("must be a table: [{}]", path));
    return out;
  }
  const Table in(path, *table, from.place.file, anchor_key_list, report);
  out.spki = read_spki(in, read);
  in.read("high_trust", out.high_trust);
  in.read("names_trusted", out.names_trusted);
  out.policies = read_texts(in, "policy_oids", is_oid, "an object identifier as 1.3.6.1.4.1.99");
  out.upn_suffixes = read_texts(in, "upn_suffixes", is_realm, "what is behind an '@'");
  out.spiffe_trust_domains =
      read_texts(in, "spiffe_trust_domains", is_trust_domain, "a SPIFFE trust domain");
  if (!out.names_trusted)
    in.conflict("policy_oids", "says which names are trusted, but names_trusted is not true");
  if (!out.high_trust)
    in.conflict("spiffe_trust_domains", "counts with high_trust = true only");
  return out;
}

} // namespace ktls::identity
