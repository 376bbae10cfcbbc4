// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/private_key.hpp"

#include <gtest/gtest.h>

#include "support/test_data.hpp"
#include "tls/handles.hpp"
#include "tls/local_signer.hpp"
#include "tls/signature_scheme.hpp"

namespace ktls::tls {
namespace {

using ByteVector = std::vector<std::byte>;

Result<PrivateKey> read(std::string_view pem) {
  return PrivateKey::from_pem(std::as_bytes(std::span(pem)));
}
Result<PrivateKey> read_file(const char* name) {
  return read(test::data(name));
}

ByteVector bytes(const std::string& text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

const std::string spaces(64, ' ');
const std::string server_context("TLS 1.3, server CertificateVerify\0", 34);
const std::string client_context("TLS 1.3, client CertificateVerify\0", 34);

ByteVector content(const std::string& context, std::size_t hash_size) {
  return bytes(spaces + context + std::string(hash_size, '\x5a'));
}

// RFC 8422, section 5.4: random values, named_curve, a group, and a point with its size.
ByteVector key_exchange(char group, std::size_t point_size) {
  return bytes(std::string(64, 'r') + std::string("\x03\0", 2) + group +
               static_cast<char>(point_size) + std::string(point_size, 'p'));
}

bool verifies(const char* certificate, const SignatureScheme& scheme,
              const ByteVector& signed_bytes, const ByteVector& signature) {
  gnutls_x509_crt_t raw_certificate = nullptr;
  gnutls_pubkey_t raw_key = nullptr;
  EXPECT_EQ(gnutls_x509_crt_init(&raw_certificate), 0);
  EXPECT_EQ(gnutls_pubkey_init(&raw_key), 0);
  const CertificateHandle parsed(raw_certificate);
  const PublicKeyHandle key(raw_key);
  const auto der = test::certificates(certificate).front();
  const gnutls_datum_t input = view(der);
  EXPECT_EQ(gnutls_x509_crt_import(raw_certificate, &input, GNUTLS_X509_FMT_DER), 0);
  EXPECT_EQ(gnutls_pubkey_import_x509(raw_key, raw_certificate, 0), 0);
  const gnutls_datum_t what = view(signed_bytes);
  const gnutls_datum_t how = view(signature);
  const auto algorithm = static_cast<gnutls_sign_algorithm_t>(scheme.gnutls_algorithm);
  return (scheme.digest_size == 0
              ? gnutls_pubkey_verify_data2(raw_key, algorithm, 0, &what, &how)
              : gnutls_pubkey_verify_hash2(raw_key, algorithm, 0, &what, &how)) >= 0;
}

struct SchemeCase {
  const char* key;
  const char* certificate;
  std::uint16_t scheme; // RFC 8446, section 4.2.3
  std::size_t digest_size;
};

class EachScheme : public testing::TestWithParam<SchemeCase> {};

TEST_P(EachScheme, Signs) {
  const auto key = test::private_key(GetParam().key);
  const auto scheme = scheme_by_number(GetParam().scheme).value();
  const ByteVector signable = scheme.digest_size == 0
                                  ? content(server_context, 32)
                                  : ByteVector(GetParam().digest_size, std::byte{7});

  const auto signature = key.sign(GetParam().scheme, signable);

  ASSERT_TRUE(signature) << signature.error().message();
  EXPECT_TRUE(verifies(GetParam().certificate, scheme, signable, *signature));
}

TEST_P(EachScheme, RefusesWhatIsNoDigest) {
  const auto key = test::private_key(GetParam().key);

  for (const std::size_t size : {0UL, 1UL, 20UL, 31UL, 33UL, 47UL, 49UL, 63UL, 65UL, 130UL}) {
    const auto refused = key.sign(GetParam().scheme, ByteVector(size, std::byte{' '}));
    ASSERT_FALSE(refused) << size;
    EXPECT_EQ(refused.error().message(), "not what a TLS handshake has signed");
  }
}

INSTANTIATE_TEST_SUITE_P(PrivateKey, EachScheme,
                         testing::Values(SchemeCase{"leaf", "server", 0x0403, 32},
                                         SchemeCase{"p384", "server-p384", 0x0503, 48},
                                         SchemeCase{"p521", "server-p521", 0x0603, 64},
                                         SchemeCase{"p384", "server-p384", 0x0403, 32},
                                         SchemeCase{"rsa", "server-rsa", 0x0401, 32},
                                         SchemeCase{"rsa", "server-rsa", 0x0501, 48},
                                         SchemeCase{"rsa", "server-rsa", 0x0601, 64},
                                         SchemeCase{"rsa", "server-rsa", 0x0804, 32},
                                         SchemeCase{"rsa", "server-rsa", 0x0805, 48},
                                         SchemeCase{"rsa", "server-rsa", 0x0806, 64},
                                         SchemeCase{"ed25519", "server-ed25519", 0x0807, 0},
                                         SchemeCase{"ed448", "server-ed448", 0x0808, 0},
                                         SchemeCase{"rsa-pss", "server-rsa-pss", 0x0809, 32},
                                         SchemeCase{"rsa-pss", "server-rsa-pss", 0x080a, 48},
                                         SchemeCase{"rsa-pss", "server-rsa-pss", 0x080b, 64}));

TEST(PrivateKey, RefusesSchemesThatTlsNoLongerHas) {
  const auto key = test::private_key("rsa");

  for (const auto scheme :
       std::initializer_list<std::uint16_t>{0x0000, 0x0101, 0x0201, 0x0203, 0x0301, 0xffff})
    EXPECT_FALSE(key.sign(scheme, ByteVector(32, std::byte{7}))) << scheme;
}

TEST(PrivateKey, RefusesSchemesOfOtherKeys) {
  EXPECT_FALSE(test::private_key("leaf").sign(0x0804, ByteVector(32, std::byte{7})));
  EXPECT_FALSE(test::private_key("rsa").sign(0x0403, ByteVector(32, std::byte{7})));
  EXPECT_FALSE(test::private_key("rsa").sign(0x0807, content(server_context, 32)));
  EXPECT_FALSE(test::private_key("ed25519").sign(0x0403, ByteVector(32, std::byte{7})));
}

TEST(PrivateKey, SignsOnlyCertificateVerifyWithEdDsa) {
  const auto key = test::private_key("ed25519");

  EXPECT_TRUE(key.sign(0x0807, content(client_context, 48)));
  EXPECT_FALSE(
      key.sign(0x0807, content(std::string("TLS 1.3, server Finished---------\0", 34), 32)));
  EXPECT_FALSE(key.sign(0x0807, bytes("transfer all my money")));
}

TEST(PrivateKey, SignsAServerKeyExchangeWithEdDsa) {
  const auto key = test::private_key("ed25519");

  EXPECT_TRUE(key.sign(0x0807, key_exchange(0x1d, 32)));
  EXPECT_FALSE(key.sign(0x0807, key_exchange(0x1d, 33)));
}

TEST(PrivateKey, MatchesItsCertificate) {
  for (const std::string name : {"p384", "p521", "ed25519", "ed448", "rsa", "rsa-pss"})
    EXPECT_EQ(test::private_key(name).spki_sha256().value(),
              spki_sha256(test::certificates("server-" + name).front()).value())
        << name;
  EXPECT_NE(test::private_key("p384").spki_sha256().value(),
            spki_sha256(test::certificates("server").front()).value());
}

TEST(PrivateKey, ReadsTheOlderForms) {
  EXPECT_EQ(read_file("leaf-sec1.key")->spki_sha256().value(),
            read_file("leaf.key")->spki_sha256().value());
  EXPECT_EQ(read_file("rsa-pkcs1.key")->spki_sha256().value(),
            read_file("rsa.key")->spki_sha256().value());
}

TEST(PrivateKey, SaysThatItIsEncrypted) {
  for (const char* name : {"encrypted.key", "encrypted-pkcs1.key"}) {
    const auto refused = read_file(name);
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().message(),
              "the private key is encrypted; only unencrypted ones can be used");
  }
}

TEST(PrivateKey, SaysThatATpmKeyCannotBeUsed) {
  const auto refused =
      read("-----BEGIN TSS2 PRIVATE KEY-----\nMAA=\n-----END TSS2 PRIVATE KEY-----\n");

  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("tpm2-pkcs11"), std::string::npos);
}

TEST(PrivateKey, RefusesWhatIsNoKey) {
  const std::string whole = test::data("leaf.key");

  EXPECT_FALSE(read(""));
  EXPECT_FALSE(read("garbage"));
  EXPECT_FALSE(read_file("server.pem"));
  EXPECT_FALSE(read("-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n"));
  for (std::size_t size = 0; size <= whole.find("-----END"); ++size)
    EXPECT_FALSE(read(whole.substr(0, size))) << size;
}

TEST(CertificateVerifyContent, IsWellFormed) {
  EXPECT_TRUE(is_certificate_verify_content(content(server_context, 32)));
  EXPECT_TRUE(is_certificate_verify_content(content(client_context, 32)));
  EXPECT_TRUE(is_certificate_verify_content(content(server_context, 48)));
  EXPECT_TRUE(is_certificate_verify_content(content(client_context, 48)));
}

TEST(CertificateVerifyContent, HasTheHashOfASuite) {
  for (const std::size_t size : {0UL, 1UL, 20UL, 31UL, 33UL, 47UL, 49UL, 64UL})
    EXPECT_FALSE(is_certificate_verify_content(content(server_context, size))) << size;
}

TEST(CertificateVerifyContent, HasItsPaddingAndContext) {
  const std::string hash(32, '\x5a');
  const std::string unterminated("TLS 1.3, server CertificateVerify.", 34);

  EXPECT_FALSE(is_certificate_verify_content({}));
  EXPECT_FALSE(is_certificate_verify_content(bytes(spaces)));
  EXPECT_FALSE(is_certificate_verify_content(bytes(std::string(130, ' '))));
  EXPECT_FALSE(is_certificate_verify_content(bytes(spaces.substr(1) + server_context + hash)));
  EXPECT_FALSE(is_certificate_verify_content(bytes(spaces + " " + server_context + hash)));
  EXPECT_FALSE(is_certificate_verify_content(bytes(std::string(64, '\0') + server_context + hash)));
  EXPECT_FALSE(is_certificate_verify_content(bytes(spaces + unterminated + hash)));
  EXPECT_FALSE(is_certificate_verify_content(
      bytes(spaces + std::string("TLS 1.3, Server CertificateVerify\0", 34) + hash)));
  EXPECT_FALSE(is_certificate_verify_content(bytes(server_context + spaces + hash)));
}

TEST(ServerKeyExchangeContent, HasAPointOfItsGroup) {
  EXPECT_TRUE(is_server_key_exchange_content(key_exchange(0x17, 65)));
  EXPECT_TRUE(is_server_key_exchange_content(key_exchange(0x18, 97)));
  EXPECT_TRUE(is_server_key_exchange_content(key_exchange(0x19, 133)));
  EXPECT_TRUE(is_server_key_exchange_content(key_exchange(0x1d, 32)));
  EXPECT_TRUE(is_server_key_exchange_content(key_exchange(0x1e, 56)));

  EXPECT_FALSE(is_server_key_exchange_content(key_exchange(0x17, 64)));
  EXPECT_FALSE(is_server_key_exchange_content(key_exchange(0x1d, 65)));
  EXPECT_FALSE(is_server_key_exchange_content(key_exchange(0x1f, 32)));
}

TEST(ServerKeyExchangeContent, IsAsLongAsItSays) {
  const auto whole = key_exchange(0x1d, 32);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(is_server_key_exchange_content(std::span(whole).first(size))) << size;
  auto longer = whole;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(is_server_key_exchange_content(longer));
  auto explicit_curve = whole;
  explicit_curve[64] = std::byte{1};
  EXPECT_FALSE(is_server_key_exchange_content(explicit_curve));
  auto other_group = whole;
  other_group[65] = std::byte{1};
  EXPECT_FALSE(is_server_key_exchange_content(other_group));
}

TEST(EdDsaContent, IsOneOfTwo) {
  EXPECT_TRUE(is_eddsa_content(content(client_context, 48)));
  EXPECT_TRUE(is_eddsa_content(key_exchange(0x17, 65)));
  EXPECT_FALSE(is_eddsa_content(bytes("\x01 a ClientHello, and all behind it")));
}

// RFC 8017, section 9.2, note 1
const std::string
    sha256_prefix("\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
                  19);

TEST(DigestInfo, HasASchemeAndADigest) {
  const auto info = bytes(sha256_prefix + std::string(32, 'd'));

  const auto read = read_digest_info(info);

  ASSERT_TRUE(read);
  EXPECT_EQ(read->scheme.number, 0x0401);
  EXPECT_EQ(ByteVector(read->digest.begin(), read->digest.end()), bytes(std::string(32, 'd')));
}

TEST(DigestInfo, HasNoByteOutOfPlace) {
  const std::string sound = sha256_prefix + std::string(32, 'd');

  for (std::size_t size = 0; size < sound.size(); ++size)
    EXPECT_FALSE(read_digest_info(bytes(sound.substr(0, size)))) << size;
  EXPECT_FALSE(read_digest_info(bytes(sound + "d")));
  for (std::size_t i = 0; i < sha256_prefix.size(); ++i) {
    auto broken = bytes(sound);
    broken[i] ^= std::byte{0x40};
    EXPECT_FALSE(read_digest_info(broken)) << i;
  }
}

TEST(SignatureScheme, IsFoundByEitherNumber) {
  for (unsigned number = 0; number <= 0xffff; ++number) {
    const auto scheme = scheme_by_number(static_cast<std::uint16_t>(number));
    if (scheme) {
      EXPECT_EQ(scheme_by_algorithm(scheme->gnutls_algorithm)->number, number);
    }
  }
  EXPECT_FALSE(scheme_by_number(0x0201));
  EXPECT_FALSE(scheme_by_algorithm(GNUTLS_SIGN_RSA_SHA1));
  EXPECT_FALSE(scheme_by_algorithm(GNUTLS_SIGN_RSA_RAW));
}

} // namespace
} // namespace ktls::tls
