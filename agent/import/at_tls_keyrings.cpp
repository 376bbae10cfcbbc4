// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/at_tls_keyrings.hpp"

#include <fmt/format.h>

#include "import/words.hpp"

namespace ktls::importer {
namespace {

constexpr std::string_view directory = "/etc/ktlsd/import";
constexpr std::string_view token_prefix = "*TOKEN*/";
constexpr std::string_view default_label = "DEFAULT";

std::string_view owner_of(std::string_view ring) {
  const auto slash = ring.find('/');
  return slash == std::string_view::npos ? std::string_view() : ring.substr(0, slash);
}

// The last part: of "USER/RING", of "*TOKEN*/NAME" and of a path.
std::string_view short_name(std::string_view keyring) {
  if (kind_of(keyring) == KeyringKind::AllAuthorities)
    return "AUTH";
  const auto slash = keyring.rfind('/');
  return slash == std::string_view::npos ? keyring : keyring.substr(slash + 1);
}

// No line of the input has a "\n".
std::string joined(std::string_view ring, std::string_view label) {
  return fmt::format("{}\n{}", ring, label);
}

} // namespace

KeyringKind kind_of(std::string_view keyring) {
  if (keyring.starts_with('/'))
    return KeyringKind::Database;
  if (same(keyring.substr(0, token_prefix.size()), token_prefix))
    return KeyringKind::Token;
  if (same(keyring, "*AUTH*/*"))
    return KeyringKind::AllAuthorities;
  return KeyringKind::Ring;
}

Keyrings::Ring& Keyrings::ring(const Statement& keyring) {
  const auto [found, fresh] = numbers_.try_emplace(keyring.value, rings_.size());
  if (fresh)
    rings_.push_back({keyring.value,
                      keyring.line,
                      fmt::format("{}/{}", directory,
                                  directories_.name(keyring.value, short_name(keyring.value))),
                      NameTable("."),
                      false,
                      {}});
  return rings_[found->second];
}

std::string Keyrings::truststore(const Statement& keyring) {
  auto& of = ring(keyring);
  of.truststore = true;
  return fmt::format("{}/ca.pem", of.directory);
}

std::string Keyrings::credential(const Statement& keyring, std::string_view label) {
  auto& of = ring(keyring);
  const auto original = joined(of.name, label);
  auto& name = known_[original];
  if (!name.empty())
    return name;
  const auto shown = label.empty() ? default_label : label;
  // "ca" is the trust store's
  const auto file = of.files.name(label, same(shown, "ca") ? "ca-cert" : shown);
  name = credentials_.name(original, fmt::format("{}-{}", short_name(of.name), shown));
  of.certificates.push_back({std::string(label), name, fmt::format("{}/{}", of.directory, file)});
  return name;
}

void Keyrings::write_steps(TomlWriter& out, const Ring& ring) {
  switch (kind_of(ring.name)) {
  case KeyringKind::Ring:
    if (owner_of(ring.name).empty())
      out.comment("This is a ring of whoever runs the program: there may be one for each of them, "
                  "and here is one place for all.");
    out.comment(fmt::format("RACDCERT LISTRING({}) ID({}) tells what is in it.",
                            short_name(ring.name),
                            owner_of(ring.name).empty() ? "user" : owner_of(ring.name)));
    out.comment("An authority: RACDCERT CERTAUTH EXPORT(LABEL('label')) DSN(dataset) "
                "FORMAT(CERTB64)");
    out.comment(
        "A certificate with its key: RACDCERT ID(owner) EXPORT(LABEL('label')) DSN(dataset) "
        "FORMAT(PKCS12DER) PASSWORD('...'), transfer it as binary, and then "
        "openssl pkcs12 -nodes -in FILE");
    return;
  case KeyringKind::Database:
    out.comment("gskkyman exports what is in it: authorities as Base64 DER, a certificate with its "
                "key as PKCS #12, and then openssl pkcs12 -nodes -in FILE");
    return;
  case KeyringKind::Token:
    out.comment(
        "This is a token of PKCS #11. A key that cannot be exported stays there: make a new "
        "one here, or put it into a token (private_key = \"pkcs11:...\").");
    return;
  case KeyringKind::AllAuthorities:
    out.comment("This stands for each authority that z/OS trusts: RACDCERT CERTAUTH LIST. Take "
                "those alone that are meant.");
    return;
  }
}

void Keyrings::write_ring(TomlWriter& out, const Ring& ring) {
  out.comment(fmt::format("Keyring {}, line {}:", ring.name, ring.line));
  write_steps(out, ring);
  if (ring.truststore)
    out.comment(fmt::format("{}/ca.pem: its authorities (CERTAUTH, and SITE), one behind the other",
                            ring.directory));
  for (const auto& certificate : ring.certificates)
    out.comment(fmt::format("{0}.pem and {0}.key: {1}", certificate.path,
                            certificate.label.empty()
                                ? std::string("the certificate that is the ring's default")
                                : fmt::format("the certificate '{}'", certificate.label)));
}

void Keyrings::write(TomlWriter& out) const {
  if (rings_.empty())
    return;
  out.blank();
  out.comment("Files to bring over from z/OS, each in PEM: certificates with the intermediate ones "
              "behind them, private keys unencrypted and with mode 0600. A key in hardware (ICSF) "
              "cannot be exported.");
  for (const auto& ring : rings_) {
    out.comment("");
    write_ring(out, ring);
  }
  for (const auto& ring : rings_) {
    for (const auto& certificate : ring.certificates) {
      out.blank();
      out.table(fmt::format("[credential.{}]", certificate.credential));
      out.key("certificate", Value::text(certificate.path + ".pem"));
      out.key("private_key", Value::text(certificate.path + ".key"));
    }
  }
}

} // namespace ktls::importer
