// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/parsed_certificate.hpp"

#include <array>

namespace ktls::tls {
namespace {

using namespace std::string_view_literals;
using BasicConstraints = ParsedCertificate::BasicConstraints;

std::uint16_t first_bits(Bytes bit_string) {
  std::uint16_t bits = 0;
  for (unsigned i = 0; i < 16 && i / 8 + 1 < bit_string.size(); ++i) {
    const auto byte = std::to_integer<unsigned>(bit_string[i / 8 + 1]);
    if ((byte >> (7 - i % 8) & 1U) != 0)
      bits = static_cast<std::uint16_t>(bits | 1U << i);
  }
  return bits;
}

// Each reads the value of one extension; false: malformed.
bool read_basic_constraints(Bytes value, ParsedCertificate& to) {
  DerReader outer(value);
  DerReader reader(outer.take(der_tag::sequence));
  BasicConstraints read;
  read.authority = reader.boolean_if();
  if (const auto length = reader.take_if(der_tag::integer)) {
    read.path_length = small_number(*length);
    if (!read.path_length || !read.authority)
      return false;
  }
  to.basic_constraints = read;
  return outer.done() && reader.done();
}

bool read_key_usage(Bytes value, ParsedCertificate& to) {
  DerReader reader(value);
  const auto bits = reader.take(der_tag::bit_string);
  to.key_usage = first_bits(bits);
  // RFC 5280: "at least one of the bits MUST be set to 1"
  return reader.done() && to.key_usage != 0;
}

bool read_purposes(Bytes value, ParsedCertificate& to) {
  DerReader outer(value);
  DerReader reader(outer.take(der_tag::sequence));
  auto& purposes = to.purposes.emplace();
  while (!reader.at_end())
    purposes.push_back(reader.take(der_tag::oid));
  return outer.done() && reader.ok() && !purposes.empty();
}

// Of the characters of an IA5String only those that can be seen.
bool is_sound(const GeneralName& name) {
  switch (name.type) {
  case GeneralName::Type::Email:
  case GeneralName::Type::Dns:
  case GeneralName::Type::Uri:
    return std::ranges::all_of(name.value, [](std::byte byte) {
      return byte >= std::byte{0x20} && byte < std::byte{0x7f};
    });
  case GeneralName::Type::Address:
    return name.value.size() == 4 || name.value.size() == 16;
  default:
    return true;
  }
}

bool read_alternative_names(Bytes value, ParsedCertificate& to) {
  DerReader outer(value);
  auto names = read_general_names(outer.take(der_tag::sequence));
  if (!outer.done() || !names || !std::ranges::all_of(*names, is_sound))
    return false;
  to.alternative_names = *std::move(names);
  return true;
}

bool read_name_constraints(Bytes value, ParsedCertificate& to) {
  to.name_constraints = NameConstraints::parse(value);
  return to.name_constraints.has_value();
}

bool read_subject_key_id(Bytes value, ParsedCertificate& to) {
  DerReader reader(value);
  to.subject_key_id = reader.take(der_tag::octet_string);
  return reader.done();
}

bool read_authority_key_id(Bytes value, ParsedCertificate& to) {
  DerReader outer(value);
  DerReader reader(outer.take(der_tag::sequence));
  to.authority_key_id = reader.take_if(der_tag::context(0)).value_or(Bytes{});
  return outer.done() && reader.ok();
}

bool read_points(Bytes value, ParsedCertificate& to) {
  auto read = read_distribution_points(value, to.issuer);
  if (!read)
    return false;
  to.distribution_points = *std::move(read);
  return true;
}

bool read_policy_constraints(Bytes value, ParsedCertificate& to) {
  DerReader outer(value);
  DerReader reader(outer.take(der_tag::sequence));
  const auto explicit_policy = reader.take_if(der_tag::context(0));
  const auto inhibit_mapping = reader.take_if(der_tag::context(1));
  if (explicit_policy)
    to.explicit_policy_after = small_number(*explicit_policy);
  return outer.done() && reader.done() && (explicit_policy || inhibit_mapping) &&
         (!explicit_policy || to.explicit_policy_after);
}

bool read_tls_feature(Bytes value, ParsedCertificate& to) {
  constexpr std::uint32_t status_request = 5, status_request_v2 = 17; // RFC 6066, RFC 6961
  DerReader outer(value);
  DerReader reader(outer.take(der_tag::sequence));
  while (!reader.at_end()) {
    const auto feature = small_number(reader.take(der_tag::integer));
    to.must_staple = to.must_staple || feature == status_request || feature == status_request_v2;
  }
  return outer.done() && reader.ok();
}

bool read_information_access(Bytes value, ParsedCertificate&) {
  DerReader outer(value);
  DerReader reader(outer.take(der_tag::sequence));
  const bool some = !reader.at_end();
  while (!reader.at_end())
    (void)reader.take(der_tag::sequence);
  return outer.done() && reader.ok() && some;
}

// Heeded elsewhere, or without a meaning for those who demand no policy.
bool pass_over(Bytes, ParsedCertificate&) {
  return true;
}

constexpr auto alternative_name = "\x55\x1d\x11"sv;

enum class Critical { Never, Either, Always };
struct ExtensionRow {
  std::string_view oid;
  const char* name;
  Critical critical;
  bool (*read)(Bytes value, ParsedCertificate& to);
};
constexpr std::array<ExtensionRow, 15> extension_table{{
    {"\x55\x1d\x0e"sv, "subject key identifier", Critical::Never, read_subject_key_id},
    {"\x55\x1d\x0f"sv, "key usage", Critical::Either, read_key_usage},
    {alternative_name, "subject alternative name", Critical::Either, read_alternative_names},
    {"\x55\x1d\x12"sv, "issuer alternative name", Critical::Either, pass_over},
    {"\x55\x1d\x13"sv, "basic constraints", Critical::Either, read_basic_constraints},
    {"\x55\x1d\x1e"sv, "name constraints", Critical::Either, read_name_constraints},
    {"\x55\x1d\x1f"sv, "CRL distribution points", Critical::Either, read_points},
    {"\x55\x1d\x20"sv, "certificate policies", Critical::Either, pass_over},
    {"\x55\x1d\x21"sv, "policy mappings", Critical::Either, pass_over},
    {"\x55\x1d\x23"sv, "authority key identifier", Critical::Never, read_authority_key_id},
    {"\x55\x1d\x24"sv, "policy constraints", Critical::Always, read_policy_constraints},
    {"\x55\x1d\x25"sv, "extended key usage", Critical::Either, read_purposes},
    {"\x55\x1d\x36"sv, "inhibit anyPolicy", Critical::Either, pass_over},
    {"\x2b\x06\x01\x05\x05\x07\x01\x01"sv, "authority information access", Critical::Never,
     read_information_access},
    {"\x2b\x06\x01\x05\x05\x07\x01\x18"sv, "TLS feature", Critical::Either, read_tls_feature},
}};

// What is wrong with it; empty: nothing.
std::string read_extension(std::string_view oid, bool critical, Bytes value,
                           ParsedCertificate& to) {
  const auto* row = std::ranges::find(extension_table, oid, &ExtensionRow::oid);
  if (row == extension_table.end())
    return critical ? "has an unknown critical extension" : "";
  if (critical && row->critical == Critical::Never)
    return std::string("has an extension that must not be critical: ") + row->name;
  if (!critical && row->critical == Critical::Always)
    return std::string("has an extension that must be critical: ") + row->name;
  return row->read(value, to) ? "" : std::string("has a malformed extension: ") + row->name;
}

// False: unreadable.
bool read_extensions(Bytes content, ParsedCertificate& to) {
  DerReader outer(content);
  DerReader list(outer.take(der_tag::sequence));
  while (!list.at_end()) {
    DerReader reader(list.take(der_tag::sequence));
    const auto oid = text_of(reader.take(der_tag::oid));
    const bool critical = reader.boolean_if();
    const auto value = reader.take(der_tag::octet_string);
    if (!reader.done())
      return false;
    // RFC 5280: "A certificate MUST NOT include more than one instance of a particular extension."
    auto flaw =
        to.extension(oid) ? "has an extension twice" : read_extension(oid, critical, value, to);
    to.extensions.push_back({oid, value});
    // RFC 5280, section 4.2.1.6
    if (flaw.empty() && oid == alternative_name && !critical && to.subject.empty())
      flaw = "has neither a subject nor a critical subject alternative name";
    if (to.flaw.empty())
      to.flaw = std::move(flaw);
  }
  return outer.done() && list.ok();
}

// The parts of a TBSCertificate up to the public key.
bool read_fixed_parts(DerReader& reader, ParsedCertificate& to) {
  if (const auto version = reader.take_if(der_tag::constructed(0))) {
    DerReader number(*version);
    to.version = small_number(number.take(der_tag::integer)).value_or(99) + 1;
  } else {
    to.version = 1;
  }
  to.serial = reader.take(der_tag::integer);
  const auto algorithm = reader.whole(der_tag::sequence).whole;
  if (!same(algorithm, to.signed_part.algorithm))
    to.flaw = "names two different signature algorithms";
  const auto issuer_element = reader.whole(der_tag::sequence);
  auto issuer = DistinguishedName::parse(issuer_element.content);
  to.issuer_der = issuer_element.whole;
  DerReader validity(reader.take(der_tag::sequence));
  to.not_before = validity.time();
  to.not_after = validity.time();
  const auto subject_element = reader.whole(der_tag::sequence);
  auto subject = DistinguishedName::parse(subject_element.content);
  to.subject_der = subject_element.whole;
  to.spki = reader.whole(der_tag::sequence).whole;
  if (!reader.ok() || !validity.done() || !issuer || !subject || to.serial.empty() ||
      to.version > 3)
    return false;
  to.issuer = *std::move(issuer);
  to.subject = *std::move(subject);
  return true;
}

} // namespace

std::optional<Signed> read_signed(Bytes der) {
  DerReader outer(der);
  DerReader reader(outer.take(der_tag::sequence));
  Signed read;
  read.content = reader.whole(der_tag::sequence).whole;
  read.algorithm = reader.whole(der_tag::sequence).whole;
  const auto signature = whole_bytes(reader.take(der_tag::bit_string));
  if (!outer.done() || !reader.done() || !signature)
    return std::nullopt;
  read.signature = *signature;
  return read;
}

bool ParsedCertificate::has_purpose(std::string_view purpose) const {
  return purposes &&
         std::ranges::any_of(*purposes, [&](Bytes each) { return text_of(each) == purpose; });
}

std::optional<Bytes> ParsedCertificate::extension(std::string_view oid) const {
  const auto found = std::ranges::find(extensions, oid, &Extension::oid);
  return found == extensions.end() ? std::nullopt : std::optional(found->value);
}

tl::expected<ParsedCertificate, std::string> ParsedCertificate::parse(Bytes der) {
  const auto outer = read_signed(der);
  if (!outer)
    return tl::make_unexpected("is no certificate");
  ParsedCertificate read;
  read.der = der;
  read.signed_part = *outer;
  DerReader whole(outer->content);
  DerReader reader(whole.take(der_tag::sequence));
  if (!read_fixed_parts(reader, read))
    return tl::make_unexpected("is malformed");
  // issuerUniqueID and subjectUniqueID
  (void)reader.take_if(der_tag::context(1));
  (void)reader.take_if(der_tag::context(2));
  if (const auto extensions = reader.take_if(der_tag::constructed(3))) {
    if (!read_extensions(*extensions, read))
      return tl::make_unexpected("has malformed extensions");
    if (read.version != 3 && read.flaw.empty())
      read.flaw = "has extensions, but is not of version 3";
  }
  if (!whole.done() || !reader.done())
    return tl::make_unexpected("is malformed");
  if (read.flaw.empty() && (read.issuer.has_nul() || read.subject.has_nul()))
    read.flaw = "has a name with a NUL in it";
  return read;
}

} // namespace ktls::tls
