// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/crl.hpp"

#include <algorithm>

namespace ktls::tls {
namespace {

using namespace std::string_view_literals;

constexpr auto reason_code = "\x55\x1d\x15"sv;
constexpr auto invalidity_date = "\x55\x1d\x18"sv;
constexpr auto delta_indicator = "\x55\x1d\x1b"sv;
constexpr auto issuing_distribution_point = "\x55\x1d\x1c"sv;

struct Extension {
  std::string_view oid;
  bool critical = false;
  Bytes value;
};
std::optional<Extension> read_extension(DerReader& list) {
  DerReader reader(list.take(der_tag::sequence));
  Extension extension;
  extension.oid = text_of(reader.take(der_tag::oid));
  extension.critical = reader.boolean_if();
  extension.value = reader.take(der_tag::octet_string);
  if (!reader.done())
    return std::nullopt;
  return extension;
}

// What the extensions of one entry say.
struct EntryFacts {
  bool understood = true;
  bool removed = false; // of a delta: it is not revoked any more
};
std::optional<EntryFacts> read_entry_extensions(Bytes content) {
  constexpr std::byte remove_from_crl{8};
  EntryFacts facts;
  DerReader list(content);
  while (!list.at_end()) {
    const auto extension = read_extension(list);
    if (!extension)
      return std::nullopt;
    if (extension->oid == reason_code) {
      DerReader reader(extension->value);
      const auto reason = reader.take(der_tag::enumerated);
      facts.removed = reason.size() == 1 && reason.front() == remove_from_crl;
    } else if (extension->critical && extension->oid != invalidity_date) {
      facts.understood = false;
    }
  }
  return facts;
}

} // namespace

bool Crl::read_entries(Bytes content) {
  DerReader list(content);
  while (!list.at_end()) {
    DerReader entry(list.take(der_tag::sequence));
    const auto serial = text_of(entry.take(der_tag::integer));
    (void)entry.time();
    EntryFacts facts;
    if (const auto extensions = entry.take_if(der_tag::sequence)) {
      const auto read = read_entry_extensions(*extensions);
      if (!read)
        return false;
      facts = *read;
    }
    if (!entry.done())
      return false;
    if (!facts.understood)
      scope_ = Scope::None;
    if (!facts.removed)
      serials_.push_back(serial);
  }
  std::ranges::sort(serials_);
  return list.ok();
}

// RFC 5280, section 5.2.5
bool Crl::read_distribution_point(Bytes value) {
  DerReader outer(value);
  DerReader reader(outer.take(der_tag::sequence));
  if (const auto point = reader.take_if(der_tag::constructed(0))) {
    distribution_point_ = read_point_names(*point, issuer_);
    if (!distribution_point_)
      return false;
  }
  const auto is_set = [&](unsigned number) {
    const auto flag = reader.take_if(der_tag::context(number));
    return flag && flag->size() == 1 && flag->front() != std::byte{0};
  };
  const bool end_entities = is_set(1);
  const bool authorities = is_set(2);
  if (const auto reasons = reader.take_if(der_tag::context(3)))
    reasons_ = read_revocation_reasons(*reasons);
  for_several_issuers_ = is_set(4);
  const bool attributes = is_set(5);
  if (for_several_issuers_ || attributes || (end_entities && authorities))
    scope_ = Scope::None;
  else if (scope_ == Scope::All && (end_entities || authorities))
    scope_ = end_entities ? Scope::EndEntities : Scope::Authorities;
  return outer.done() && reader.done();
}

bool Crl::read_extensions(Bytes content) {
  DerReader outer(content);
  DerReader list(outer.take(der_tag::sequence));
  while (!list.at_end()) {
    const auto extension = read_extension(list);
    if (!extension)
      return false;
    if (extension->oid == issuing_distribution_point) {
      if (!read_distribution_point(extension->value))
        return false;
    } else if (extension->oid == delta_indicator || extension->critical) {
      scope_ = Scope::None; // the number must not be critical either
    }
  }
  return outer.done() && list.ok();
}

bool Crl::read(Bytes content) {
  DerReader whole(content);
  DerReader reader(whole.take(der_tag::sequence));
  if (const auto version = reader.take_if(der_tag::integer);
      version && small_number(*version) != 1U)
    return false;
  if (!same(reader.whole(der_tag::sequence).whole, signed_part_.algorithm))
    return false;
  auto issuer = DistinguishedName::parse(reader.take(der_tag::sequence));
  this_update_ = reader.time();
  if (reader.next_is(der_tag::utc_time) || reader.next_is(der_tag::generalized_time))
    next_update_ = reader.time();
  const auto entries = reader.take_if(der_tag::sequence);
  const auto extensions = reader.take_if(der_tag::constructed(0));
  if (!whole.done() || !reader.done() || !issuer || issuer->empty())
    return false;
  issuer_ = *std::move(issuer);
  return (!extensions || read_extensions(*extensions)) && (!entries || read_entries(*entries));
}

tl::expected<Crl, std::string> Crl::parse(ipc::Der der) {
  Crl crl;
  crl.der_ = std::move(der);
  const auto read = read_signed(crl.der_);
  if (!read)
    return tl::make_unexpected("it is no list of revoked certificates");
  crl.signed_part_ = *read;
  if (!crl.read(read->content))
    return tl::make_unexpected("it is malformed");
  return crl;
}

bool Crl::is_signed_by(Bytes spki, const PublicKey& key) const {
  constexpr std::size_t max_keys = 4; // of one issuer, in a change of keys
  for (const auto& known : memory_) {
    if (same(known.spki, spki))
      return known.good;
  }
  if (memory_.size() >= max_keys)
    memory_.clear();
  const bool good = check_signature(signed_part_, key) == SignatureStatus::Good;
  memory_.push_back({{spki.begin(), spki.end()}, good});
  return good;
}

bool Crl::names(const ParsedCertificate& certificate) const {
  // which issuer an entry is for, only its extensions would tell
  return !for_several_issuers_ && std::ranges::binary_search(serials_, text_of(certificate.serial));
}

RevocationReasons Crl::covers(const ParsedCertificate& certificate) const {
  const bool in_scope = scope_ == Scope::All ||
                        (scope_ == Scope::EndEntities && !certificate.is_authority()) ||
                        (scope_ == Scope::Authorities && certificate.is_authority());
  if (!in_scope || !distribution_point_)
    return in_scope ? reasons_ : 0;
  RevocationReasons covered = 0;
  for (const auto& point : certificate.distribution_points) {
    const bool here = std::ranges::any_of(point.names, [&](const std::string& name) {
      return std::ranges::count(*distribution_point_, name) != 0;
    });
    if (here)
      covered |= point.reasons & reasons_;
  }
  return covered;
}

} // namespace ktls::tls
