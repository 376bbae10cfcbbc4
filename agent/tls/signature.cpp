// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/signature.hpp"

#include <gnutls/crypto.h>

#include <array>

namespace ktls::tls {
namespace {

using namespace std::string_view_literals;

enum class Hash { None, Sha256, Sha384, Sha512 };

struct HashRow {
  std::string_view oid;
  Hash hash;
  std::uint32_t size;
};
// RFC 5754, section 2
constexpr std::array<HashRow, 3> hash_table{{
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x01"sv, Hash::Sha256, 32},
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x02"sv, Hash::Sha384, 48},
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x03"sv, Hash::Sha512, 64},
}};

enum class Parameters { Absent, NullOrAbsent };
struct AlgorithmRow {
  std::string_view oid;
  gnutls_sign_algorithm_t algorithm;
  Parameters parameters;
};
// RFC 4055, RFC 5758, RFC 8410
constexpr std::array<AlgorithmRow, 8> algorithm_table{{
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"sv, GNUTLS_SIGN_RSA_SHA256, Parameters::NullOrAbsent},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"sv, GNUTLS_SIGN_RSA_SHA384, Parameters::NullOrAbsent},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"sv, GNUTLS_SIGN_RSA_SHA512, Parameters::NullOrAbsent},
    {"\x2a\x86\x48\xce\x3d\x04\x03\x02"sv, GNUTLS_SIGN_ECDSA_SHA256, Parameters::Absent},
    {"\x2a\x86\x48\xce\x3d\x04\x03\x03"sv, GNUTLS_SIGN_ECDSA_SHA384, Parameters::Absent},
    {"\x2a\x86\x48\xce\x3d\x04\x03\x04"sv, GNUTLS_SIGN_ECDSA_SHA512, Parameters::Absent},
    {"\x2b\x65\x70"sv, GNUTLS_SIGN_EDDSA_ED25519, Parameters::Absent},
    {"\x2b\x65\x71"sv, GNUTLS_SIGN_EDDSA_ED448, Parameters::Absent},
}};
constexpr auto rsa_pss = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"sv;
constexpr auto mgf1 = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"sv;

// RFC 9881: numbered as the GnuTLS that has them does, which is found by name.
struct NamedRow {
  std::string_view oid;
  const char* name;
};
constexpr std::array<NamedRow, 3> named_table{{
    {"\x60\x86\x48\x01\x65\x03\x04\x03\x11"sv, "ML-DSA-44"},
    {"\x60\x86\x48\x01\x65\x03\x04\x03\x12"sv, "ML-DSA-65"},
    {"\x60\x86\x48\x01\x65\x03\x04\x03\x13"sv, "ML-DSA-87"},
}};

bool has_parameters(DerReader& reader, Parameters expected) {
  constexpr std::uint8_t null = 0x05;
  if (expected == Parameters::NullOrAbsent) {
    const auto content = reader.take_if(null);
    if (content && !content->empty())
      return false;
  }
  return reader.done();
}

const HashRow* read_hash(Bytes algorithm) {
  DerReader reader(algorithm);
  const auto oid = text_of(reader.take(der_tag::oid));
  const auto* row = std::ranges::find(hash_table, oid, &HashRow::oid);
  return row != hash_table.end() && has_parameters(reader, Parameters::NullOrAbsent) ? row
                                                                                     : nullptr;
}

// RFC 4055, section 3.1: hash, the same with MGF1, and a salt as long as it.
Hash read_pss(DerReader& reader) {
  DerReader parameters(reader.take(der_tag::sequence));
  DerReader hash(parameters.take(der_tag::constructed(0)));
  const auto* row = read_hash(hash.take(der_tag::sequence));
  DerReader mask(parameters.take(der_tag::constructed(1)));
  DerReader generation(mask.take(der_tag::sequence));
  const bool is_mgf1 = text_of(generation.take(der_tag::oid)) == mgf1;
  const auto* inner = read_hash(generation.take(der_tag::sequence));
  DerReader salt(parameters.take(der_tag::constructed(2)));
  const auto size = small_number(salt.take(der_tag::integer));
  if (const auto trailer = parameters.take_if(der_tag::constructed(3))) {
    DerReader number(*trailer);
    if (small_number(number.take(der_tag::integer)) != 1U)
      return Hash::None;
  }
  const bool sound = reader.done() && parameters.done() && hash.done() && mask.done() &&
                     generation.done() && salt.done() && is_mgf1;
  return sound && row != nullptr && row == inner && size == row->size ? row->hash : Hash::None;
}

gnutls_sign_algorithm_t pss_algorithm(Hash hash, gnutls_pk_algorithm_t key) {
  const bool any_rsa = key == GNUTLS_PK_RSA;
  switch (hash) {
  case Hash::Sha256:
    return any_rsa ? GNUTLS_SIGN_RSA_PSS_RSAE_SHA256 : GNUTLS_SIGN_RSA_PSS_SHA256;
  case Hash::Sha384:
    return any_rsa ? GNUTLS_SIGN_RSA_PSS_RSAE_SHA384 : GNUTLS_SIGN_RSA_PSS_SHA384;
  case Hash::Sha512:
    return any_rsa ? GNUTLS_SIGN_RSA_PSS_RSAE_SHA512 : GNUTLS_SIGN_RSA_PSS_SHA512;
  case Hash::None:
    break;
  }
  return GNUTLS_SIGN_UNKNOWN;
}

gnutls_sign_algorithm_t read_algorithm(Bytes identifier, gnutls_pk_algorithm_t key) {
  DerReader outer(identifier);
  DerReader reader(outer.take(der_tag::sequence));
  const auto oid = text_of(reader.take(der_tag::oid));
  if (oid == rsa_pss)
    return pss_algorithm(read_pss(reader), key);
  if (const auto* row = std::ranges::find(algorithm_table, oid, &AlgorithmRow::oid);
      row != algorithm_table.end())
    return has_parameters(reader, row->parameters) ? row->algorithm : GNUTLS_SIGN_UNKNOWN;
  if (const auto* row = std::ranges::find(named_table, oid, &NamedRow::oid);
      row != named_table.end() && reader.done())
    return gnutls_sign_get_id(row->name);
  return GNUTLS_SIGN_UNKNOWN;
}

std::optional<PublicKey::Kind> kind_of(gnutls_pk_algorithm_t algorithm) {
  switch (static_cast<int>(algorithm)) {
  case GNUTLS_PK_RSA:
  case GNUTLS_PK_RSA_PSS:
    return PublicKey::Kind::Rsa;
  case GNUTLS_PK_ECDSA:
  case GNUTLS_PK_EDDSA_ED25519:
  case GNUTLS_PK_EDDSA_ED448:
    return PublicKey::Kind::EllipticCurve;
  default:
    break;
  }
  const char* name = gnutls_pk_get_name(algorithm);
  if (name != nullptr && std::string_view(name).starts_with("ML-DSA"))
    return PublicKey::Kind::PostQuantum;
  return std::nullopt;
}

} // namespace

tl::expected<PublicKey, std::string> PublicKey::import(Bytes spki) {
  gnutls_pubkey_t raw = nullptr;
  if (gnutls_pubkey_init(&raw) < 0)
    return tl::make_unexpected("has a key for which there is no memory");
  PublicKey key;
  key.handle.reset(raw);
  const gnutls_datum_t data = view(spki);
  if (gnutls_pubkey_import(raw, &data, GNUTLS_X509_FMT_DER) < 0)
    return tl::make_unexpected("has a key of an unknown type or curve");
  const int algorithm = gnutls_pubkey_get_pk_algorithm(raw, &key.bits);
  key.algorithm = static_cast<gnutls_pk_algorithm_t>(algorithm);
  const auto kind = kind_of(key.algorithm);
  if (algorithm < 0 || !kind)
    return tl::make_unexpected("has a key that is neither RSA, ECDSA, EdDSA nor ML-DSA");
  key.kind = *kind;
  return key;
}

SignatureStatus check_signature(const Signed& what, const PublicKey& key) {
  const auto algorithm = read_algorithm(what.algorithm, key.algorithm);
  if (algorithm == GNUTLS_SIGN_UNKNOWN)
    return SignatureStatus::Weak;
  if (gnutls_sign_supports_pk_algorithm(algorithm, key.algorithm) == 0)
    return SignatureStatus::Bad;
  const gnutls_datum_t content = view(what.content);
  const gnutls_datum_t signature = view(what.signature);
  const int status =
      gnutls_pubkey_verify_data2(key.handle.get(), algorithm, 0, &content, &signature);
  if (status == GNUTLS_E_INSUFFICIENT_SECURITY)
    return SignatureStatus::Weak;
  return status >= 0 ? SignatureStatus::Good : SignatureStatus::Bad;
}

bool hash_spki(Bytes spki, ipc::SpkiHash& to) {
  return gnutls_hash_fast(GNUTLS_DIG_SHA256, spki.data(), spki.size(), to.data()) == 0;
}

} // namespace ktls::tls
