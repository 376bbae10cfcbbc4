// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/ocsp_staple.hpp"

#include <gtest/gtest.h>

#include "tls/chain_case.hpp"

namespace ktls::tls {
namespace {

namespace der = test::der;
namespace extension = test::extension;
using namespace std::string_literals;
using test::ChainCase;
using test::day;
using test::good;
using test::made_now;

constexpr auto unfit = Reason::OcspStapleInvalid;

std::string sha1(std::string_view text) {
  std::string out(20, '\0');
  EXPECT_EQ(gnutls_hash_fast(GNUTLS_DIG_SHA1, text.data(), text.size(), out.data()), 0);
  return out;
}

const auto is_good = der::context(0, "");
const auto is_revoked = der::constructed(1, der::time(made_now - day));
const auto is_unknown = der::context(2, "");

struct ResponseSpec {
  std::string status = is_good;
  std::string serial = "\x07"; // of all that is made
  std::time_t this_update = made_now - 10;
  std::optional<std::time_t> next_update = made_now + 10;
  std::string single_extensions{};
  const test::Key* issuer_key = nullptr; // another than the right one
  std::string certificates{};            // behind the signature
  std::string outer_status = der::value(0x0a, "\0"s);
};

std::string response(const ChainCase& chain, const test::Key& signer,
                     const ResponseSpec& spec = {}) {
  const auto& issuer_key = spec.issuer_key != nullptr ? *spec.issuer_key : chain.sub.key;
  const auto key = std::string(issuer_key.spki()).substr(issuer_key.spki().size() - 65); // P-256
  const auto id = der::sequence(der::sequence(der::oid("\x2b\x0e\x03\x02\x1a") + "\x05\x00"s) +
                                der::octets(sha1(chain.sub.name)) + der::octets(sha1(key)) +
                                der::integer(spec.serial));
  const auto next = spec.next_update ? der::constructed(0, der::time(*spec.next_update)) : "";
  const auto single =
      der::sequence(id + spec.status + der::time(spec.this_update) + next + spec.single_extensions);
  const auto content = der::sequence(der::constructed(2, der::octets(sha1(key))) +
                                     der::time(spec.this_update) + der::sequence(single));
  const auto certificates =
      spec.certificates.empty() ? "" : der::constructed(0, der::sequence(spec.certificates));
  const auto basic = signer.signed_sequence(content, certificates);
  return der::sequence(
      spec.outer_status +
      der::constructed(
          0, der::sequence(der::oid("\x2b\x06\x01\x05\x05\x07\x30\x01\x01") + der::octets(basic))));
}

Reason with(const ResponseSpec& spec) {
  ChainCase chain;
  chain.staple = response(chain, chain.sub.key, spec);
  return chain.reason();
}

TEST(OcspStaple, IsBelieved) {
  EXPECT_EQ(with({}), good);
  EXPECT_EQ(with({.status = is_revoked}), Reason::CertificateRevoked);
  EXPECT_EQ(with({.status = is_unknown}), unfit);
}

TEST(OcspStaple, MustBeAboutTheCertificate) {
  const test::Key other;
  EXPECT_EQ(with({.serial = "\x08"}), unfit);
  EXPECT_EQ(with({.issuer_key = &other}), unfit);
}

TEST(OcspStaple, MustBeCurrent) {
  EXPECT_EQ(with({.this_update = made_now + 1}), unfit);
  EXPECT_EQ(with({.next_update = made_now}), unfit);
  EXPECT_EQ(with({.next_update = std::nullopt}), good);
  EXPECT_EQ(with({.this_update = made_now - staple_life, .next_update = std::nullopt}), unfit);
}

TEST(OcspStaple, MustHoldAnAnswer) {
  EXPECT_EQ(with({.outer_status = der::value(0x0a, "\x03")}), unfit) << "try later";
  const auto critical = der::constructed(1, der::sequence(der::extension("\x2a\x03", "", true)));
  EXPECT_EQ(with({.single_extensions = critical}), unfit);
}

TEST(OcspStaple, MustBeSignedByTheIssuer) {
  ChainCase chain;
  const test::Key stranger;
  chain.staple = response(chain, stranger);
  EXPECT_EQ(chain.reason(), unfit);
  chain.staple = response(chain, chain.root.key);
  EXPECT_EQ(chain.reason(), unfit);
}

TEST(OcspStaple, RefusesEachDamage) {
  ChainCase chain;
  const auto sound = response(chain, chain.sub.key);
  for (std::size_t i = 0; i < sound.size(); ++i) {
    chain.staple = sound.substr(0, i);
    EXPECT_EQ(chain.reason(), unfit) << i;
  }
}

Reason by_responder(const test::Authority* issuer, test::CertificateSpec spec,
                    const test::Key& responder = test::Key()) {
  ChainCase chain;
  spec.subject = der::name("responder");
  const auto certificate = (issuer != nullptr ? *issuer : chain.sub).issue(spec, responder);
  chain.staple = response(chain, responder, {.certificates = certificate});
  return chain.reason();
}

TEST(OcspStaple, MayBeSignedByAResponder) {
  const auto purpose = extension::purposes(extension::ocsp_signing);
  const test::Authority impostor("sub");

  EXPECT_EQ(by_responder(nullptr, {.extensions = {purpose}}), good);
  EXPECT_EQ(by_responder(nullptr, {.extensions = {extension::purposes(extension::server_auth)}}),
            unfit);
  EXPECT_EQ(by_responder(nullptr, {.extensions = {extension::purposes(extension::any_purpose)}}),
            unfit);
  EXPECT_EQ(by_responder(nullptr, {}), unfit) << "without a purpose";
  EXPECT_EQ(by_responder(nullptr, {.extensions = {purpose}, .not_after = made_now - 1}), unfit);
  EXPECT_EQ(by_responder(&impostor, {.extensions = {purpose}}), unfit);
  EXPECT_EQ(by_responder(nullptr, {.extensions = {purpose}}, test::Key(GNUTLS_PK_RSA, 1024)),
            unfit);
}

TEST(OcspStaple, IsDemanded) {
  ChainCase chain;
  chain.verification.require_ocsp_staple = true;
  EXPECT_EQ(chain.reason(), Reason::OcspStapleMissing);

  chain.staple = response(chain, chain.sub.key);
  EXPECT_EQ(chain.reason(), good) << chain.detail;
}

TEST(OcspStaple, IsDemandedByTheCertificate) {
  ChainCase chain;
  chain.leaf.extensions.push_back(
      der::extension("\x2b\x06\x01\x05\x05\x07\x01\x18", der::sequence(der::number(5))));
  EXPECT_EQ(chain.reason(), Reason::OcspStapleMissing);

  chain.staple = response(chain, chain.sub.key);
  EXPECT_EQ(chain.reason(), good) << chain.detail;
}

TEST(OcspStaple, IsNotAskedOfClients) {
  ChainCase chain;
  chain.judged = Judged::Client;
  chain.verification.require_ocsp_staple = true;
  chain.leaf.extensions = {
      extension::purposes(extension::client_auth),
      der::extension("\x2b\x06\x01\x05\x05\x07\x01\x18", der::sequence(der::number(5)))};

  EXPECT_EQ(chain.reason(), good) << chain.detail;
}

TEST(OcspStaple, LimitsTheVerdict) {
  ChainCase chain;
  chain.staple = response(chain, chain.sub.key, {.next_update = made_now + 5});

  EXPECT_EQ(chain.verify().expires, made_now + 5);
}

} // namespace
} // namespace ktls::tls
