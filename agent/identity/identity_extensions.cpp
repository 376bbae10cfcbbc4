// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/identity_extensions.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "identity/oid_text.hpp"

namespace ktls::identity {
namespace {

using tls::Bytes;
using tls::DerReader;
namespace der_tag = tls::der_tag;

constexpr std::uint8_t utf8_string = 0x0c, general_string = 0x1b;

tl::unexpected<std::string> malformed(const char* what) {
  return tl::make_unexpected(std::string(what) + " is malformed, or too long");
}

// Text that can be seen, so that what is printed of it is all that there is.
bool is_plain(std::string_view text) {
  return !text.empty() && is_utf8(text) && std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}
bool is_plain_ascii(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

// IdProof ::= SEQUENCE { secret OCTET STRING, encryptionAlgorithm OBJECT IDENTIFIER }
bool skip_proof(DerReader& reader) {
  if (reader.at_end())
    return true;
  DerReader proof(reader.take(der_tag::sequence));
  (void)proof.take(der_tag::octet_string);
  (void)proof.take(der_tag::oid);
  return proof.done();
}

// In Kerberos' text a component has its separators quoted; these have none to quote.
bool is_component(std::string_view text) {
  return is_plain(text) && text.find_first_of("/@\\") == std::string_view::npos;
}

// PrincipalName ::= SEQUENCE { name-type [0] Int32, name-string [1] SEQUENCE OF KerberosString }
std::optional<std::string> read_principal_name(Bytes content) {
  DerReader outer(content);
  DerReader reader(outer.take(der_tag::sequence));
  DerReader type(reader.take(der_tag::constructed(0)));
  (void)type.take(der_tag::integer);
  DerReader strings(reader.take(der_tag::constructed(1)));
  DerReader components(strings.take(der_tag::sequence));
  std::string out;
  while (!components.at_end()) {
    const auto component = tls::text_of(components.take(general_string));
    if (!is_component(component))
      return std::nullopt;
    out += (out.empty() ? "" : "/") + std::string(component);
  }
  const bool sound = outer.done() && reader.done() && type.done() && strings.done() &&
                     components.ok() && !out.empty();
  return sound ? std::optional(out) : std::nullopt;
}

} // namespace

Fact<Texts> read_policies(Bytes value) {
  constexpr auto* what = "its list of policies";
  DerReader outer(value);
  DerReader policies(outer.take(der_tag::sequence));
  Texts out;
  while (!policies.at_end() && out.size() < PeerIdentity::max_listed) {
    DerReader policy(policies.take(der_tag::sequence));
    out.push_back(oid_text(policy.take(der_tag::oid)));
    if (!policy.at_end())
      (void)policy.take(der_tag::sequence); // qualifiers
    if (!policy.done())
      return malformed(what);
  }
  if (!outer.done() || !policies.done() || out.empty())
    return malformed(what);
  return out;
}

// HostIdMappings ::= SET OF SEQUENCE {
//   hostName [1] IMPLICIT IA5String, subjectId [2] IMPLICIT IA5String, IdProof OPTIONAL }
Fact<std::vector<HostId>> read_host_ids(Bytes value) {
  constexpr auto* what = "its hostIdMappings extension";
  DerReader outer(value);
  DerReader mappings(outer.take(der_tag::set));
  std::vector<HostId> out;
  while (!mappings.at_end() && out.size() < PeerIdentity::max_listed) {
    DerReader mapping(mappings.take(der_tag::sequence));
    const auto host = tls::text_of(mapping.take(der_tag::context(1)));
    const auto user = tls::text_of(mapping.take(der_tag::context(2)));
    if (!skip_proof(mapping) || !mapping.done() || !is_plain_ascii(host) || !is_plain_ascii(user))
      return malformed(what);
    out.push_back({std::string(host), std::string(user)});
  }
  if (!outer.done() || !mappings.done() || out.empty())
    return malformed(what);
  return out;
}

// SEQUENCE OF otherName, as [MS-WCCE], section 2.2.2.7.7.4, has it, with an OCTET STRING.
Fact<std::string> read_sid(Bytes value) {
  constexpr auto* what = "its SID extension";
  DerReader outer(value);
  DerReader list(outer.take(der_tag::sequence));
  const auto name = read_other_name(list.take(der_tag::constructed(0)));
  if (!outer.done() || !list.done() || !name || name->type != identity_oid::sid_object)
    return malformed(what);
  DerReader reader(name->value);
  const auto text = tls::text_of(reader.take(der_tag::octet_string));
  if (!reader.done() || !is_sid(text))
    return malformed(what);
  return std::string(text);
}

// [MS-DTYP], section 2.4.2.1, in decimal.
bool is_sid(std::string_view text) {
  constexpr std::string_view prefix = "S-1-";
  constexpr std::size_t most = 184; // of 15 numbers of 32 bits
  if (!text.starts_with(prefix) || text.size() > most)
    return false;
  std::string numbers(text.substr(prefix.size()));
  if (numbers.find('.') != std::string::npos)
    return false;
  std::ranges::replace(numbers, '-', '.');
  return is_oid(numbers);
}

std::optional<OtherName> read_other_name(Bytes content) {
  DerReader reader(content);
  const auto type = tls::text_of(reader.take(der_tag::oid));
  const auto value = reader.take(der_tag::constructed(0));
  return reader.done() ? std::optional(OtherName{type, value}) : std::nullopt;
}

Fact<std::string> read_upn(Bytes value) {
  DerReader reader(value);
  const auto text = tls::text_of(reader.take(utf8_string));
  if (!reader.done() || !is_plain(text))
    return malformed("its user principal name");
  return std::string(text);
}

// KRB5PrincipalName ::= SEQUENCE { realm [0] Realm, principalName [1] PrincipalName }
Fact<std::string> read_pkinit_principal(Bytes value) {
  DerReader outer(value);
  DerReader reader(outer.take(der_tag::sequence));
  DerReader realm_reader(reader.take(der_tag::constructed(0)));
  const auto realm = tls::text_of(realm_reader.take(general_string));
  const auto name = read_principal_name(reader.take(der_tag::constructed(1)));
  if (!outer.done() || !reader.done() || !realm_reader.done() || !is_component(realm) || !name)
    return malformed("its Kerberos principal name");
  return *name + "@" + std::string(realm);
}

} // namespace ktls::identity
