// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/peer_identity.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "identity/identity_extensions.hpp"
#include "identity/oid_text.hpp"
#include "tls/parsed_certificate.hpp"

namespace ktls::identity {
namespace {

using tls::Bytes;
using tls::GeneralName;
using tls::ParsedCertificate;

std::string serial_text(Bytes content) {
  const bool is_negative = (content.front() & std::byte{0x80}) != std::byte{0};
  while (content.size() > 1 && content.front() == std::byte{0})
    content = content.subspan(1);
  return (is_negative ? "-" : "") + hex_text(content);
}

// Of 4 or 16 bytes.
std::string address_text(Bytes address) {
  constexpr std::size_t v4_size = 4;
  std::array<char, INET6_ADDRSTRLEN> out{};
  (void)::inet_ntop(address.size() == v4_size ? AF_INET : AF_INET6, address.data(), out.data(),
                    out.size());
  return out.data();
}

// Once one of a list is malformed, all of it is.
void add(Fact<Texts>& to, Fact<std::string> one) {
  if (!to)
    return;
  if (one)
    to->push_back(*std::move(one));
  else
    to = tl::make_unexpected(std::move(one).error());
}

Fact<std::string> read_directory_name(Bytes name) {
  auto read = read_name(name);
  if (!read)
    return tl::make_unexpected("a directory name of its alternative names is malformed");
  return std::move(read->text);
}

// One whose type cannot even be read could have been any.
void add_other_name(Bytes content, PeerIdentity& to) {
  const auto name = read_other_name(content);
  if (!name) {
    const tl::unexpected<std::string> why("an otherName of its alternative names is malformed");
    to.upns = why;
    to.principals = why;
  } else if (name->type == identity_oid::upn) {
    add(to.upns, read_upn(name->value));
  } else if (name->type == identity_oid::pkinit) {
    add(to.principals, read_pkinit_principal(name->value));
  }
}

void add_name(const GeneralName& name, PeerIdentity& to) {
  using Type = GeneralName::Type;
  switch (name.type) {
  case Type::Email:
    to.emails.emplace_back(tls::text_of(name.value));
    break;
  case Type::Dns:
    to.dns_names.emplace_back(tls::text_of(name.value));
    break;
  case Type::Uri:
    to.uris.emplace_back(tls::text_of(name.value));
    break;
  case Type::Address:
    to.addresses.push_back(address_text(name.value));
    break;
  case Type::RegisteredId:
    to.registered_ids.push_back(oid_text(name.value));
    break;
  case Type::Directory:
    add(to.directory_names, read_directory_name(name.value));
    break;
  case Type::Other:
    add_other_name(name.value, to);
    break;
  case Type::X400:
  case Type::Edi:
    break;
  }
}

// Unexpected: it is fit for nothing.
tl::expected<void, std::string> read_names(const ParsedCertificate& from, PeerIdentity& to) {
  auto issuer = read_name(from.issuer_der);
  auto subject = read_name(from.subject_der);
  if (!issuer || !subject)
    return tl::make_unexpected(
        fmt::format("has a name of more than {} attributes", NameText::max_attributes));
  if (from.alternative_names.size() > PeerIdentity::max_alternative_names)
    return tl::make_unexpected(fmt::format("has more than {} subject alternative names",
                                           PeerIdentity::max_alternative_names));
  to.issuer = std::move(issuer->text);
  to.subject = std::move(subject->text);
  to.subject_attributes = std::move(subject->attributes);
  for (const auto& name : from.alternative_names)
    add_name(name, to);
  return {};
}

tl::expected<void, std::string> read_usages(const ParsedCertificate& from, PeerIdentity& to) {
  to.key_usage = from.key_usage;
  if (!from.purposes)
    return {};
  if (from.purposes->size() > PeerIdentity::max_listed)
    return tl::make_unexpected(
        fmt::format("has more than {} extended key usages", PeerIdentity::max_listed));
  for (const auto purpose : *from.purposes)
    to.purposes.push_back(oid_text(purpose));
  return {};
}

void read_extensions(const ParsedCertificate& from, PeerIdentity& to) {
  if (const auto value = from.extension(identity_oid::certificate_policies))
    to.policies = read_policies(*value);
  if (const auto value = from.extension(identity_oid::host_id_mappings))
    to.host_ids = read_host_ids(*value);
  if (const auto value = from.extension(identity_oid::sid))
    to.sid = read_sid(*value);
}

} // namespace

tl::expected<PeerIdentity, std::string> PeerIdentity::parse(Bytes der) {
  if (der.size() > max_certificate)
    return tl::make_unexpected(fmt::format("has more than {} bytes", max_certificate));
  const auto certificate = ParsedCertificate::parse(der);
  if (!certificate)
    return tl::make_unexpected(certificate.error());
  // a NUL in a name, an extension twice, a malformed one of those that chains need, and the like
  if (!certificate->flaw.empty())
    return tl::make_unexpected(certificate->flaw);
  const auto certificate_hash = tls::sha256(der);
  const auto spki_hash = tls::sha256(certificate->spki);
  if (!certificate_hash || !spki_hash)
    return tl::make_unexpected("cannot be hashed");
  PeerIdentity out;
  out.certificate_sha256 = *certificate_hash;
  out.spki_sha256 = *spki_hash;
  out.serial = serial_text(certificate->serial);
  if (auto read = read_names(*certificate, out); !read)
    return tl::make_unexpected(std::move(read).error());
  if (auto read = read_usages(*certificate, out); !read)
    return tl::make_unexpected(std::move(read).error());
  read_extensions(*certificate, out);
  return out;
}

} // namespace ktls::identity
