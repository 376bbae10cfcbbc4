// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/chain_verifier.hpp"

#include <gtest/gtest.h>

#include "tls/certificate.hpp"
#include "tls/chain_case.hpp"

namespace ktls::tls {
namespace {

namespace der = test::der;
namespace extension = test::extension;
using test::broken_constraint;
using test::ChainCase;
using test::day;
using test::good;
using test::invalid_certificate;
using test::made_now;
using test::set_sub;
using test::untrusted;

TEST(ChainVerifier, AcceptsAChain) {
  ChainCase chain;

  const auto verdict = chain.verify();

  EXPECT_EQ(verdict.reason, Reason::Success) << verdict.detail;
  EXPECT_TRUE(verdict.authenticated);
  EXPECT_EQ(verdict.subject, "CN=server");
  EXPECT_EQ(verdict.expires, made_now + 100 * day);
}

TEST(ChainVerifier, EndsWithTheFirstCertificateThatDoes) {
  ChainCase chain;
  chain.presented.back() = chain.sub.by(chain.root, {.not_after = made_now + 3 * day});
  EXPECT_EQ(chain.verify().expires, made_now + 3 * day);

  ChainCase other;
  other.store.anchors = {test::to_der(other.root.certificate({.not_after = made_now + 2 * day}))};
  EXPECT_EQ(other.verify().expires, made_now + 2 * day) << "the anchor counts too";
}

// A chain ends at a root. The certificate of another authority in the store is one only if that is
// wanted.
TEST(ChainVerifier, TrustsIntermediatesOnlyWhereItIsTold) {
  ChainCase chain;
  chain.store.anchors = {test::to_der(chain.sub.by(chain.root))};
  chain.presented.pop_back();
  EXPECT_EQ(chain.reason(), untrusted);

  chain.verification.trust_intermediates = true;
  EXPECT_EQ(chain.reason(), good) << chain.detail;
}

TEST(ChainVerifier, UsesAnIntermediateOfTheStore) {
  ChainCase chain;
  chain.store.anchors.push_back(test::to_der(chain.sub.by(chain.root)));
  chain.presented.pop_back();

  EXPECT_EQ(chain.reason(), good) << chain.detail;
}

// A self-signed certificate in the store is trusted as a peer's own, whatever it may issue.
TEST(ChainVerifier, AcceptsAnAnchorAsThePeersOwn) {
  ChainCase chain;
  chain.presented = {chain.root.certificate()};
  chain.store.anchors = {test::to_der(chain.presented.front())};
  EXPECT_EQ(chain.reason(), good) << chain.detail;

  chain.now = made_now + 101 * day;
  EXPECT_EQ(chain.reason(), Reason::CertificateExpired);
  chain.now = made_now;
  chain.presented = {chain.root.certificate()}; // another signature
  EXPECT_NE(chain.reason(), good) << "not the same to the byte";
}

TEST(ChainVerifier, TakesTheIntermediatesInAnyOrder) {
  ChainCase chain;
  const test::Authority middle("middle");
  const test::Authority stranger("stranger");
  chain.presented = {"",
                     stranger.certificate(),
                     middle.by(chain.root),
                     chain.sub.by(middle),
                     chain.root.certificate(),
                     "no certificate"};

  EXPECT_EQ(chain.reason(), good) << chain.detail;
}

TEST(ChainVerifier, GoesAroundACertificateThatIsNoGood) {
  ChainCase chain;
  const test::Authority other_root("other root");
  chain.presented = {"", chain.sub.by(chain.root, {.not_after = made_now - 1}),
                     chain.sub.by(other_root), chain.sub.by(chain.root)};

  EXPECT_EQ(chain.reason(), good) << chain.detail;
}

TEST(ChainVerifier, DemandsTheName) {
  ChainCase chain;
  chain.verification.proof = ipc::Proof::Name;
  EXPECT_EQ(chain.reason(), Reason::CertificateWrongName);
  EXPECT_EQ(chain.detail, "asked for nothing");

  chain.name = HostName::parse("other.test");
  EXPECT_EQ(chain.reason(), Reason::CertificateWrongName);
  EXPECT_EQ(chain.detail, "asked for other.test");

  chain.name = HostName::parse("server.test");
  EXPECT_EQ(chain.reason(), good);
}

TEST(ChainVerifier, CountsAuthoritiesThatAreNotSelfIssued) {
  ChainCase chain;
  const test::Authority renewed("sub");
  chain.max_intermediates = 1;
  chain.presented = {renewed.issue(chain.leaf, chain.key), renewed.by(chain.sub),
                     chain.sub.by(chain.root, {.extensions = {extension::authority(0)}})};

  EXPECT_EQ(chain.reason(), good) << chain.detail;
}

TEST(ChainVerifier, RefusesADemandForPolicies) {
  const auto demanding_after = [](unsigned skipped) {
    ChainCase chain;
    set_sub(chain,
            {extension::authority(),
             der::extension("\x55\x1d\x24",
                            der::sequence(der::context(0, std::string(1, char(skipped)))), true)});
    return chain.reason();
  };

  EXPECT_EQ(demanding_after(0), broken_constraint);
  EXPECT_EQ(demanding_after(1), broken_constraint);
  EXPECT_EQ(demanding_after(2), good) << "beyond the peer's own certificate";
}

ipc::SpkiHash hash_of(const test::Key& key) {
  ipc::SpkiHash hash{};
  EXPECT_TRUE(hash_spki(der::bytes(key.spki()), hash));
  return hash;
}

TEST(ChainVerifier, ComparesPins) {
  ChainCase chain;
  const test::Key stranger;
  chain.verification.pins = {hash_of(stranger)};
  EXPECT_EQ(chain.reason(), Reason::CertificatePinMismatch);

  for (const auto* key : {&chain.key, &chain.sub.key, &chain.root.key}) {
    chain.verification.pins = {hash_of(stranger), hash_of(*key)};
    EXPECT_EQ(chain.reason(), good) << chain.detail;
  }
}

TEST(ChainVerifier, DoesNotPinWhatIsNotInTheChain) {
  ChainCase chain;
  const test::Authority stranger("stranger");
  chain.presented.push_back(stranger.certificate());
  chain.verification.pins = {hash_of(stranger.key)};

  EXPECT_EQ(chain.reason(), Reason::CertificatePinMismatch);
}

TEST(ChainVerifier, BelievesNothingWithoutProof) {
  ChainCase chain;
  chain.verification.proof = ipc::Proof::Nothing;
  chain.store.anchors.clear();
  chain.leaf.not_after = made_now - 1;

  const auto verdict = chain.verify();

  EXPECT_EQ(verdict.reason, good);
  EXPECT_FALSE(verdict.authenticated);
  EXPECT_EQ(verdict.subject, "CN=server");
}

TEST(ChainVerifier, WithoutProofOnlyThePeersOwnKeyIsPinned) {
  ChainCase chain;
  chain.verification.proof = ipc::Proof::Nothing;
  chain.verification.pins = {hash_of(chain.sub.key)};
  EXPECT_EQ(chain.reason(), Reason::CertificatePinMismatch);

  chain.verification.pins = {hash_of(chain.key)};
  EXPECT_EQ(chain.reason(), good);

  chain.presented.front() = "no certificate";
  EXPECT_EQ(chain.reason(), invalid_certificate);
}

TEST(ChainVerifier, MissesACertificate) {
  ChainCase chain;
  chain.trust = TrustStore::create({}).value();

  EXPECT_EQ(verify_chain({{}, *chain.trust, chain.verification}).reason,
            Reason::CertificateMissing);
}

// Truncated at every byte, and with every byte changed: it must not be believed, nor read beyond.
TEST(ChainVerifier, RefusesEachDamage) {
  ChainCase chain;
  const auto sound = chain.sub.issue(chain.leaf, chain.key);
  for (std::size_t i = 0; i < sound.size(); ++i) {
    chain.presented.front() = sound.substr(0, i) + (i == 0 ? "x" : "");
    EXPECT_NE(chain.reason(), good) << i;
    chain.presented.front() = sound;
    chain.presented.front()[i] = static_cast<char>(sound[i] ^ 0x15);
    EXPECT_NE(chain.reason(), good) << i;
  }
}

} // namespace
} // namespace ktls::tls
