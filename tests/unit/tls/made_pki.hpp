// SPDX-License-Identifier: GPL-2.0-or-later
// Authorities, certificates, lists of revoked ones and OCSP responses, made in the test.
#pragma once

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "ipc/verification.hpp"
#include "tls/der_writer.hpp"
#include "tls/handles.hpp"

namespace ktls::test {

using namespace std::string_literals;

inline constexpr std::time_t made_now = 1'700'000'000;
inline constexpr std::time_t day = 24L * 60 * 60;

namespace algorithm {
inline const std::string ecdsa_sha256 = der::sequence(der::oid("\x2a\x86\x48\xce\x3d\x04\x03\x02"));
inline const std::string ecdsa_sha1 = der::sequence(der::oid("\x2a\x86\x48\xce\x3d\x04\x01"));
inline const std::string rsa_sha256 =
    der::sequence(der::oid("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b") + "\x05\x00"s);
} // namespace algorithm

class Key {
public:
  explicit Key(gnutls_pk_algorithm_t type = GNUTLS_PK_ECDSA,
               unsigned bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1)) {
    gnutls_privkey_t raw = nullptr;
    EXPECT_EQ(gnutls_privkey_init(&raw), 0);
    key_.reset(raw);
    EXPECT_EQ(gnutls_privkey_generate(raw, type, bits, 0), 0);
    gnutls_pubkey_t shared = nullptr;
    EXPECT_EQ(gnutls_pubkey_init(&shared), 0);
    const tls::PublicKeyHandle owned(shared);
    EXPECT_EQ(gnutls_pubkey_import_privkey(shared, raw, 0, 0), 0);
    tls::Datum out;
    EXPECT_EQ(gnutls_pubkey_export2(shared, GNUTLS_X509_FMT_DER, out.out()), 0);
    spki_ = tls::text_of(out.bytes());
    algorithm = type == GNUTLS_PK_RSA ? test::algorithm::rsa_sha256 : test::algorithm::ecdsa_sha256;
  }
  [[nodiscard]] const std::string& spki() const { return spki_; }
  [[nodiscard]] std::string sign(const std::string& content) const {
    const gnutls_datum_t data = tls::view(der::bytes(content));
    const auto digest =
        algorithm == test::algorithm::ecdsa_sha1 ? GNUTLS_DIG_SHA1 : GNUTLS_DIG_SHA256;
    tls::Datum signature;
    EXPECT_EQ(gnutls_privkey_sign_data(key_.get(), digest, 0, &data, signature.out()), 0);
    return std::string(tls::text_of(signature.bytes()));
  }
  // A SEQUENCE of content, algorithm and signature, and what is behind.
  [[nodiscard]] std::string signed_sequence(const std::string& content,
                                            const std::string& behind = {}) const {
    return der::sequence(content + algorithm + der::bits(sign(content)) + behind);
  }

  std::string algorithm; // AlgorithmIdentifier of its signatures

private:
  tls::PrivateKeyHandle key_;
  std::string spki_;
};

namespace extension {
inline constexpr std::string_view key_usage_id = "\x55\x1d\x0f", names_id = "\x55\x1d\x11",
                                  basic_id = "\x55\x1d\x13", constraints_id = "\x55\x1d\x1e",
                                  purposes_id = "\x55\x1d\x25";
inline const std::string server_auth = der::oid("\x2b\x06\x01\x05\x05\x07\x03\x01");
inline const std::string client_auth = der::oid("\x2b\x06\x01\x05\x05\x07\x03\x02");
inline const std::string ocsp_signing = der::oid("\x2b\x06\x01\x05\x05\x07\x03\x09");
inline const std::string any_purpose = der::oid("\x55\x1d\x25\x00"s);

inline std::string authority(std::optional<unsigned> path_length = std::nullopt) {
  return der::extension(
      basic_id, der::sequence(der::boolean() + (path_length ? der::number(*path_length) : "")),
      true);
}
// The bits of the first byte: 0x80 digitalSignature, 0x04 keyCertSign, 0x02 cRLSign.
inline std::string key_usage(unsigned char first) {
  return der::extension(key_usage_id, der::bits(std::string(1, static_cast<char>(first))), true);
}
inline std::string purposes(const std::string& oids) {
  return der::extension(purposes_id, der::sequence(oids));
}
inline std::string dns(std::string_view name) {
  return der::context(2, name);
}
inline std::string email(std::string_view name) {
  return der::context(1, name);
}
inline std::string names(const std::string& general_names) {
  return der::extension(names_id, der::sequence(general_names));
}
// Of the DER of general names
inline std::string constraints(const std::vector<std::string>& permitted,
                               const std::vector<std::string>& excluded = {}) {
  const auto subtrees = [](unsigned tag, const std::vector<std::string>& list) {
    std::string all;
    for (const auto& base : list)
      all += der::sequence(base);
    return list.empty() ? all : der::constructed(tag, all);
  };
  return der::extension(constraints_id,
                        der::sequence(subtrees(0, permitted) + subtrees(1, excluded)), true);
}
} // namespace extension

struct CertificateSpec {
  std::string subject{}; // Name
  std::vector<std::string> extensions{};
  std::string serial = "\x07";
  std::time_t not_before = made_now - 100 * day;
  std::time_t not_after = made_now + 100 * day;
  std::optional<unsigned> version = 3;
  std::optional<std::string> inner_algorithm{}; // another than that of the signature
};

inline ipc::Der to_der(const std::string& text) {
  const auto bytes = der::bytes(text);
  return {bytes.begin(), bytes.end()};
}

inline std::string certificate_text(const CertificateSpec& spec, const Key& key,
                                    const std::string& issuer, const Key& issuer_key) {
  std::string extensions;
  for (const auto& each : spec.extensions)
    extensions += each;
  const std::string content = der::sequence(
      (spec.version ? der::constructed(0, der::number(*spec.version - 1)) : "") +
      der::integer(spec.serial) + spec.inner_algorithm.value_or(issuer_key.algorithm) + issuer +
      der::sequence(der::time(spec.not_before) + der::time(spec.not_after)) + spec.subject +
      key.spki() + (extensions.empty() ? "" : der::constructed(3, der::sequence(extensions))));
  return issuer_key.signed_sequence(content);
}

// A name with a key, which issues.
struct Authority {
  explicit Authority(const std::string& common_name) : name(der::name(common_name)) {}

  [[nodiscard]] std::string issue(const CertificateSpec& spec, const Key& for_key) const {
    return certificate_text(spec, for_key, name, key);
  }
  // Its own certificate, by itself or by another.
  [[nodiscard]] std::string certificate(CertificateSpec spec = {}) const {
    return by(*this, std::move(spec));
  }
  [[nodiscard]] std::string by(const Authority& issuer, CertificateSpec spec = {}) const {
    spec.subject = name;
    if (spec.extensions.empty())
      spec.extensions = {extension::authority(), extension::key_usage(0x06)};
    return issuer.issue(spec, key);
  }

  std::string name;
  Key key;
};

struct CrlSpec {
  std::vector<std::string> serials{};
  std::time_t this_update = made_now - day;
  std::optional<std::time_t> next_update = made_now + day;
  std::vector<std::string> extensions{};
};

inline ipc::Der crl(const Authority& issuer, const CrlSpec& spec = {},
                    const std::string& entry_extensions = {}) {
  std::string entries;
  for (const auto& serial : spec.serials)
    entries += der::sequence(der::integer(serial) + der::time(made_now - day) +
                             (entry_extensions.empty() ? "" : der::sequence(entry_extensions)));
  std::string extensions;
  for (const auto& each : spec.extensions)
    extensions += each;
  const auto content = der::sequence(
      der::number(1) + issuer.key.algorithm + issuer.name + der::time(spec.this_update) +
      (spec.next_update ? der::time(*spec.next_update) : "") +
      (entries.empty() ? "" : der::sequence(entries)) +
      (extensions.empty() ? "" : der::constructed(0, der::sequence(extensions))));
  return to_der(issuer.key.signed_sequence(content));
}

} // namespace ktls::test
