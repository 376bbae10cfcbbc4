// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/revocation.hpp"

#include <gtest/gtest.h>

#include "tls/chain_case.hpp"

namespace ktls::tls {
namespace {

namespace der = test::der;
namespace extension = test::extension;
using namespace std::string_literals;
using ipc::RevocationLevel;
using test::ChainCase;
using test::CrlSpec;
using test::good;
using test::made_now;

constexpr auto revoked = Reason::CertificateRevoked;
constexpr auto missing = Reason::CrlMissing;
constexpr auto stale = Reason::CrlStale;

const std::string serial = "\x07"; // of all certificates that are made here

// A list of the root, which names nobody, so that only that of `sub` matters.
ChainCase listed(std::vector<ipc::Der> lists, RevocationLevel level) {
  ChainCase chain;
  chain.verification.revocation = level;
  chain.store.crls = std::move(lists);
  chain.store.crls.push_back(test::crl(chain.root));
  return chain;
}
// With a list of the authority that issued the leaf.
Reason with_list(const CrlSpec& spec, RevocationLevel level,
                 const std::string& entry_extensions = {}) {
  auto chain = listed({}, level);
  chain.store.crls.push_back(test::crl(chain.sub, spec, entry_extensions));
  return chain.reason();
}

constexpr std::array levels{RevocationLevel::Low, RevocationLevel::Medium, RevocationLevel::High};

TEST(Revocation, RefusesWhatIsListedAtEachLevel) {
  for (const auto level : levels) {
    EXPECT_EQ(with_list({.serials = {"\x01", serial, "\x09"}}, level), revoked);
    EXPECT_EQ(with_list({.serials = {"\x01", "\x09"}}, level), good);
    EXPECT_EQ(with_list({}, level), good);
  }
  EXPECT_EQ(with_list({.serials = {serial}}, RevocationLevel::None), good);
}

TEST(Revocation, SaysWhoIsRevoked) {
  auto chain = listed({}, RevocationLevel::Low);
  chain.store.crls = {test::crl(chain.root, {.serials = {serial}})};

  EXPECT_EQ(chain.reason(), revoked);
  EXPECT_EQ(chain.detail, "CN=sub: it is on its issuer's list of revoked ones");
}

TEST(Revocation, RefusesByAStaleListToo) {
  const CrlSpec old{.serials = {serial}, .next_update = made_now - 1};
  for (const auto level : levels)
    EXPECT_EQ(with_list(old, level), revoked);
}

TEST(Revocation, WantsCurrentLists) {
  const CrlSpec ended{.next_update = made_now};
  const CrlSpec endless{.next_update = std::nullopt};
  const CrlSpec early{.this_update = made_now + 1};
  for (const auto& spec : {ended, endless, early}) {
    EXPECT_EQ(with_list(spec, RevocationLevel::Low), good);
    EXPECT_EQ(with_list(spec, RevocationLevel::Medium), stale);
    EXPECT_EQ(with_list(spec, RevocationLevel::High), stale);
  }
  EXPECT_EQ(
      with_list({.this_update = made_now, .next_update = made_now + 1}, RevocationLevel::High),
      good);
}

TEST(Revocation, ACurrentListIsEnough) {
  auto chain = listed({}, RevocationLevel::High);
  chain.store.crls.push_back(test::crl(chain.sub, {.next_update = made_now - 1}));
  EXPECT_EQ(chain.reason(), stale);

  chain.store.crls.push_back(test::crl(chain.sub));
  EXPECT_EQ(chain.reason(), good) << chain.detail;
}

TEST(Revocation, WantsAListOfEachIssuer) {
  ChainCase chain;
  chain.verification.revocation = RevocationLevel::High;
  chain.store.crls = {test::crl(chain.sub)};
  EXPECT_EQ(chain.reason(), missing);
  EXPECT_NE(chain.detail.find("CN=sub: "), std::string::npos) << chain.detail;

  for (const auto level : {RevocationLevel::Low, RevocationLevel::Medium}) {
    chain.verification.revocation = level;
    EXPECT_EQ(chain.reason(), good);
  }
}

TEST(Revocation, PassesOverListsOfOthers) {
  const test::Authority impostor("sub");
  const test::Authority stranger("stranger");
  const auto forged = test::crl(impostor, {.serials = {serial}});
  auto damaged = test::crl(ChainCase().sub, {.serials = {serial}});
  damaged.back() ^= std::byte{1};
  for (const auto& list : {forged, damaged, test::crl(stranger, {.serials = {serial}})}) {
    EXPECT_EQ(listed({list}, RevocationLevel::Medium).reason(), good);
    EXPECT_EQ(listed({list}, RevocationLevel::High).reason(), missing);
  }
}

TEST(Revocation, WantsTheRightToSignLists) {
  auto chain = listed({}, RevocationLevel::High);
  chain.presented.back() = chain.sub.by(
      chain.root, {.extensions = {extension::authority(), extension::key_usage(0x04)}});
  chain.store.crls.push_back(test::crl(chain.sub));

  EXPECT_EQ(chain.reason(), missing);

  chain.presented.back() = chain.sub.by(chain.root, {.extensions = {extension::authority()}});
  EXPECT_EQ(chain.reason(), good) << chain.detail;
}

TEST(Revocation, DoesNotCountWeakSignatures) {
  auto chain = listed({}, RevocationLevel::High);
  chain.presented.front() = chain.sub.issue(chain.leaf, chain.key);
  chain.sub.key.algorithm = test::algorithm::ecdsa_sha1;
  chain.store.crls.push_back(test::crl(chain.sub));

  EXPECT_EQ(chain.reason(), missing);
}

const auto delta = der::extension("\x55\x1d\x1b", der::number(1), true);
std::string part(const std::string& content) {
  return der::extension("\x55\x1d\x1c", der::sequence(content), true);
}

TEST(Revocation, PartOfAListCoversNobodyElse) {
  const std::vector<std::string> others{
      delta,
      part(der::context(2, "\xff")),      // of authorities
      part(der::context(3, "\x06\x40"s)), // of some reasons
      part(der::context(5, "\xff")),      // of attribute certificates
      part(der::constructed(0, der::constructed(0, der::context(6, "http://one.test/")))),
      der::extension("\x2a\x03", "", true) // unknown
  };
  for (const auto& other : others) {
    EXPECT_EQ(with_list({.extensions = {other}}, RevocationLevel::High), missing);
    EXPECT_EQ(with_list({.extensions = {other}}, RevocationLevel::Medium), good);
    EXPECT_EQ(with_list({.serials = {serial}, .extensions = {other}}, RevocationLevel::Low),
              revoked)
        << "named is named";
  }
  EXPECT_EQ(with_list({.extensions = {part(der::context(1, "\xff"))}}, RevocationLevel::High), good)
      << "of end entities";
}

TEST(Revocation, AListForSeveralIssuersSaysNothing) {
  const CrlSpec indirect{.serials = {serial}, .extensions = {part(der::context(4, "\xff"))}};

  EXPECT_EQ(with_list(indirect, RevocationLevel::Medium), good);
  EXPECT_EQ(with_list(indirect, RevocationLevel::High), missing);
}

TEST(Revocation, UnderstandsEntries) {
  const auto reason = [](char code) {
    return der::extension("\x55\x1d\x15", der::value(0x0a, std::string(1, code)));
  };
  const auto unknown = der::extension("\x2a\x03", "", true);

  EXPECT_EQ(with_list({.serials = {serial}}, RevocationLevel::High, reason(1)), revoked);
  EXPECT_EQ(
      with_list({.serials = {serial}, .extensions = {delta}}, RevocationLevel::Low, reason(8)),
      good)
      << "removed by a delta";
  EXPECT_EQ(with_list({.serials = {"\x01"}}, RevocationLevel::High, unknown), missing);
}

std::string point(const std::string& uri) {
  return der::constructed(0, der::constructed(0, der::context(6, uri)));
}

TEST(Revocation, FollowsDistributionPoints) {
  const auto verdict = [](const std::string& of_certificate) {
    auto chain = listed({}, RevocationLevel::High);
    chain.leaf.extensions.push_back(
        der::extension("\x55\x1d\x1f", der::sequence(der::sequence(of_certificate))));
    chain.store.crls.push_back(
        test::crl(chain.sub, {.extensions = {part(point("http://one.test/"))}}));
    return chain.reason();
  };

  EXPECT_EQ(verdict(point("http://one.test/")), good);
  EXPECT_EQ(verdict(point("http://two.test/")), missing);
  EXPECT_EQ(verdict(point("http://one.test/") + der::context(1, "\x06\x40"s)), missing)
      << "for one reason";
  EXPECT_EQ(verdict(point("http://one.test/") +
                    der::constructed(2, der::constructed(4, der::name("other")))),
            missing)
      << "by somebody else";
}

TEST(Revocation, AddsUpReasons) {
  auto chain = listed({}, RevocationLevel::High);
  chain.store.crls.push_back(
      test::crl(chain.sub, {.extensions = {part(der::context(3, "\x01\x7e"s))}})); // 1 to 6
  EXPECT_EQ(chain.reason(), missing);

  chain.store.crls.push_back(
      test::crl(chain.sub, {.extensions = {part(der::context(3, "\x07\x01\x80"s))}})); // 7, 8
  EXPECT_EQ(chain.reason(), good) << chain.detail;
}

// The authority has another key for its lists, with a certificate by its own issuer.
TEST(Revocation, FollowsAKeyThatIsForLists) {
  auto chain = listed({}, RevocationLevel::High);
  const test::Authority signer("sub");
  chain.store.crls.push_back(test::crl(signer, {.serials = {serial}}));
  EXPECT_EQ(chain.reason(), missing);

  chain.presented.push_back(
      signer.by(chain.root, {.extensions = {extension::key_usage(0x02)}, .serial = "\x08"}));
  EXPECT_EQ(chain.reason(), revoked);
  chain.presented.back() =
      signer.by(chain.root, {.extensions = {extension::key_usage(0x04)}, .serial = "\x08"});
  EXPECT_EQ(chain.reason(), missing) << "it is not for lists";
  chain.presented.back() =
      signer.certificate({.extensions = {extension::key_usage(0x02)}, .serial = "\x08"});
  EXPECT_EQ(chain.reason(), missing) << "by itself";
}

TEST(Revocation, LastsAsLongAsTheList) {
  auto chain = listed({}, RevocationLevel::High);
  chain.store.crls.push_back(test::crl(chain.sub, {.next_update = made_now + 5}));

  EXPECT_EQ(chain.verify().expires, made_now + 5);
}

ipc::Der first(const ipc::Der& der, std::size_t size) {
  const auto bytes = std::span<const std::byte>(der).first(size);
  return {bytes.begin(), bytes.end()};
}

TEST(TrustStore, RefusesAListThatItCannotRead) {
  const auto sound = test::crl(test::Authority("root"), {.serials = {serial}});
  ASSERT_TRUE(TrustStore::create({{}, {sound}}));
  for (std::size_t i = 0; i < sound.size(); ++i) {
    const auto store = TrustStore::create({{}, {first(sound, i)}});
    ASSERT_FALSE(store) << i;
    EXPECT_NE(store.error().message().find("list 1 of revoked certificates"), std::string::npos);
  }
}

TEST(TrustStore, RefusesAnAnchorThatItCannotRead) {
  const auto sound = test::to_der(test::Authority("root").certificate());
  for (std::size_t i = 0; i < sound.size(); ++i) {
    const auto store = TrustStore::create({{sound, first(sound, i)}, {}});
    ASSERT_FALSE(store) << i;
    EXPECT_NE(store.error().message().find("trust anchor 2"), std::string::npos);
  }
}

} // namespace
} // namespace ktls::tls
