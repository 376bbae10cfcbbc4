// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/ocsp_staple.hpp"

#include <gnutls/crypto.h>

#include <array>

namespace ktls::tls {
namespace {

using namespace std::string_view_literals;

constexpr auto basic_response = "\x2b\x06\x01\x05\x05\x07\x30\x01\x01"sv;
constexpr std::size_t max_responders = 2; // whose signatures are checked

struct BasicResponse {
  Signed signed_part;
  std::vector<Bytes> certificates;
};

// RFC 6960, section 4.2.1. None also for a response without an answer.
std::optional<BasicResponse> read_response(Bytes der) {
  DerReader outer(der);
  DerReader response(outer.take(der_tag::sequence));
  const auto status = response.take(der_tag::enumerated);
  DerReader tagged(response.take(der_tag::constructed(0)));
  DerReader bytes(tagged.take(der_tag::sequence));
  const auto type = text_of(bytes.take(der_tag::oid));
  DerReader basic_outer(bytes.take(der_tag::octet_string));
  DerReader basic(basic_outer.take(der_tag::sequence));
  BasicResponse read;
  read.signed_part.content = basic.whole(der_tag::sequence).whole;
  read.signed_part.algorithm = basic.whole(der_tag::sequence).whole;
  const auto signature = whole_bytes(basic.take(der_tag::bit_string));
  if (const auto certificates = basic.take_if(der_tag::constructed(0))) {
    DerReader tag(*certificates);
    DerReader list(tag.take(der_tag::sequence));
    while (!list.at_end())
      read.certificates.push_back(list.whole(der_tag::sequence).whole);
    if (!tag.done() || !list.ok())
      return std::nullopt;
  }
  const bool successful = status.size() == 1 && status.front() == std::byte{0};
  if (!outer.done() || !response.done() || !tagged.done() || !bytes.done() || !basic_outer.done() ||
      !basic.done() || !successful || type != basic_response || !signature)
    return std::nullopt;
  read.signed_part.signature = *signature;
  return read;
}

struct DigestRow {
  std::string_view oid;
  gnutls_digest_algorithm_t digest;
  std::size_t size;
};
// It only tells certificates of one issuer from those of others: SHA-1 does.
constexpr std::array<DigestRow, 2> digest_table{{
    {"\x2b\x0e\x03\x02\x1a"sv, GNUTLS_DIG_SHA1, 20},
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x01"sv, GNUTLS_DIG_SHA256, 32},
}};

bool is_hash_of(Bytes hash, const DigestRow& row, Bytes of) {
  std::array<std::byte, 32> made{};
  return hash.size() == row.size &&
         gnutls_hash_fast(row.digest, of.data(), of.size(), made.data()) == 0 &&
         same(hash, Bytes(made).first(row.size));
}

// RFC 6960, section 4.1.1: "excluding the tag and length" and the unused bits.
Bytes key_bits(Bytes spki) {
  DerReader outer(spki);
  DerReader reader(outer.take(der_tag::sequence));
  (void)reader.take(der_tag::sequence);
  return whole_bytes(reader.take(der_tag::bit_string)).value_or(Bytes{});
}

bool is_id_of(Bytes id, const ParsedCertificate& certificate, const Issuer& issuer) {
  DerReader reader(id);
  DerReader algorithm(reader.take(der_tag::sequence));
  const auto oid = text_of(algorithm.take(der_tag::oid));
  const auto name_hash = reader.take(der_tag::octet_string);
  const auto key_hash = reader.take(der_tag::octet_string);
  const auto serial = reader.take(der_tag::integer);
  const auto* row = std::ranges::find(digest_table, oid, &DigestRow::oid);
  return reader.done() && row != digest_table.end() && same(serial, certificate.serial) &&
         is_hash_of(name_hash, *row, certificate.issuer_der) &&
         is_hash_of(key_hash, *row, key_bits(issuer.certificate.spki));
}

enum class Status { Good, Revoked, Unknown };
struct SingleResponse {
  Status status = Status::Unknown;
  std::time_t this_update = 0;
  std::time_t good_until = 0;
};

bool has_critical_extension(std::optional<Bytes> extensions) {
  if (!extensions)
    return false;
  DerReader outer(*extensions);
  DerReader list(outer.take(der_tag::sequence));
  while (!list.at_end()) {
    DerReader reader(list.take(der_tag::sequence));
    (void)reader.take(der_tag::oid);
    if (reader.boolean_if())
      return true;
  }
  return !outer.done() || !list.ok();
}

// None: malformed, or of no use.
std::optional<SingleResponse> read_single(DerReader& reader) {
  SingleResponse read;
  if (const auto good = reader.take_if(der_tag::context(0)))
    read.status = Status::Good;
  else if (const auto revoked = reader.take_if(der_tag::constructed(1)))
    read.status = Status::Revoked;
  else
    (void)reader.take(der_tag::context(2));
  read.this_update = reader.time();
  read.good_until = read.this_update + staple_life;
  if (const auto next = reader.take_if(der_tag::constructed(0))) {
    DerReader time(*next);
    read.good_until = time.time();
    if (!time.done())
      return std::nullopt;
  }
  const auto extensions = reader.take_if(der_tag::constructed(1));
  if (!reader.done() || has_critical_extension(extensions))
    return std::nullopt;
  return read;
}

// Of the ResponseData: what it says about this one.
std::optional<SingleResponse> find_single(Bytes content, const ParsedCertificate& certificate,
                                          const Issuer& issuer) {
  DerReader outer(content);
  DerReader reader(outer.take(der_tag::sequence));
  (void)reader.take_if(der_tag::constructed(0)); // version
  (void)reader.next();                           // responderID
  (void)reader.time();                           // producedAt
  DerReader list(reader.take(der_tag::sequence));
  const auto extensions = reader.take_if(der_tag::constructed(1));
  if (!outer.done() || !reader.done() || has_critical_extension(extensions))
    return std::nullopt;
  while (!list.at_end()) {
    DerReader single(list.take(der_tag::sequence));
    const auto id = single.take(der_tag::sequence);
    if (is_id_of(id, certificate, issuer))
      return read_single(single);
  }
  return std::nullopt;
}

// RFC 6960, section 4.2.2.2: by the issuer itself, or by whom it gave a certificate for it.
std::optional<std::time_t> signer_is_good_until(const BasicResponse& response, const Issuer& issuer,
                                                const Rules& rules) {
  if (check_signature(response.signed_part, issuer.key) == SignatureStatus::Good)
    return issuer.certificate.not_after;
  std::size_t tried = 0;
  for (const Bytes der : response.certificates) {
    const auto responder = ParsedCertificate::parse(der);
    if (!responder || judge_itself(*responder, false, rules) || responder->is_authority() ||
        !(responder->issuer == issuer.certificate.subject) ||
        !responder->has_purpose(key_purpose::ocsp_signing))
      continue;
    if (++tried > max_responders)
      return std::nullopt;
    const auto key = PublicKey::import(responder->spki);
    if (key && !judge_key(*key, rules) &&
        check_signature(responder->signed_part, issuer.key) == SignatureStatus::Good &&
        check_signature(response.signed_part, *key) == SignatureStatus::Good)
      return responder->not_after;
  }
  return std::nullopt;
}

RevocationFinding unfit(const char* why) {
  return {Reason::OcspStapleInvalid, why, {}};
}

} // namespace

RevocationFinding judge_staple(Bytes response, const ParsedCertificate& certificate,
                               const Issuer& issuer, const Rules& rules) {
  const auto read = read_response(response);
  if (!read)
    return unfit("its OCSP response is malformed, or holds no answer");
  const auto single = find_single(read->signed_part.content, certificate, issuer);
  if (!single)
    return unfit("its OCSP response is for another certificate");
  const auto signer_until = signer_is_good_until(*read, issuer, rules);
  if (!signer_until)
    return unfit("its OCSP response is not signed by its issuer, nor for it");
  if (single->status == Status::Revoked)
    return {Reason::CertificateRevoked, "its OCSP response says that it is revoked", {}};
  if (single->status == Status::Unknown)
    return unfit("its OCSP response does not know it");
  if (rules.now < single->this_update || rules.now >= single->good_until)
    return unfit("its OCSP response is out of date");
  return {Reason::Success, {}, std::min(*signer_until, single->good_until)};
}

} // namespace ktls::tls
