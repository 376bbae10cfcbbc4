// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/chain_verifier.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "tls/certificate.hpp"
#include "tls/chain_case.hpp"

namespace ktls::tls {
namespace {

namespace der = test::der;
namespace extension = test::extension;
using namespace std::string_literals;
using test::ChainCase;
using test::day;
using test::made_now;

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

// What is changed, and what comes of it.
struct Case {
  const char* what;
  std::function<void(ChainCase&)> change;
  Reason expected;
  const char* detail = "";
};
// GoogleTest prints it.
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.what;
}

class EachChain : public testing::TestWithParam<Case> {};

TEST_P(EachChain, IsJudged) {
  ChainCase chain;
  GetParam().change(chain);

  EXPECT_EQ(chain.reason(), GetParam().expected) << GetParam().what << ": " << chain.detail;
  EXPECT_NE(chain.detail.find(GetParam().detail), std::string::npos) << chain.detail;
}

constexpr auto good = Reason::Success;
constexpr auto invalid = Reason::CertificateInvalid;
constexpr auto untrusted = Reason::CertificateUntrusted;
constexpr auto wrong_purpose = Reason::CertificateWrongPurpose;
constexpr auto constraint = Reason::CertificateConstraint;
constexpr auto too_small = Reason::CertificateKeyTooSmall;

void add(ChainCase& chain, std::string added) {
  chain.leaf.extensions.push_back(std::move(added));
}
void set_sub(ChainCase& chain, std::vector<std::string> extensions) {
  chain.presented.back() = chain.sub.by(chain.root, {.extensions = std::move(extensions)});
}
void set_root(ChainCase& chain, test::CertificateSpec spec) {
  chain.store.anchors = {test::to_der(chain.root.certificate(std::move(spec)))};
}

INSTANTIATE_TEST_SUITE_P(
    Certificate, EachChain,
    testing::Values(
        Case{"expired", [](ChainCase& c) { c.leaf.not_after = made_now - 1; },
             Reason::CertificateExpired, "CN=server: it has expired"},
        Case{"expires now", [](ChainCase& c) { c.leaf.not_after = made_now; }, good},
        Case{"not yet valid", [](ChainCase& c) { c.leaf.not_before = made_now + 1; },
             Reason::CertificateNotYetValid},
        Case{"an expired authority",
             [](ChainCase& c) {
               c.presented.back() = c.sub.by(c.root, {.not_after = made_now - 1});
             },
             Reason::CertificateExpired, "CN=sub: it has expired"},
        Case{"an expired anchor", [](ChainCase& c) { set_root(c, {.not_after = made_now - 1}); },
             Reason::CertificateExpired, "CN=root: it has expired"},
        Case{"version 1", [](ChainCase& c) { c.leaf.version = {}, c.leaf.extensions.clear(); },
             invalid, "version 1"},
        Case{"version 2", [](ChainCase& c) { c.leaf.version = 2, c.leaf.extensions.clear(); },
             invalid, "version 2"},
        Case{"version 1 with extensions", [](ChainCase& c) { c.leaf.version = {}; }, invalid},
        Case{"an authority of version 2 with extensions",
             [](ChainCase& c) { c.presented.back() = c.sub.by(c.root, {.version = 2}); }, invalid,
             "CN=sub: it has extensions, but is not of version 3"},
        Case{"version 4", [](ChainCase& c) { c.leaf.version = 4; }, invalid},
        Case{"serial 0", [](ChainCase& c) { c.leaf.serial = "\0"s; }, invalid, "serial"},
        Case{"a negative serial", [](ChainCase& c) { c.leaf.serial = "\x80"; }, invalid, "serial"},
        Case{"a serial of 20 bytes", [](ChainCase& c) { c.leaf.serial = std::string(20, 'a'); },
             good},
        Case{"a serial of 21 bytes", [](ChainCase& c) { c.leaf.serial = std::string(21, 'a'); },
             invalid, "serial"},
        Case{"an authority's serial 0",
             [](ChainCase& c) { c.presented.back() = c.sub.by(c.root, {.serial = "\0"s}); },
             invalid, "serial"},
        Case{"an anchor's serial 0", [](ChainCase& c) { set_root(c, {.serial = "\0"s}); }, good},
        Case{"a critical unknown extension",
             [](ChainCase& c) { add(c, der::extension("\x2a\x03", "", true)); }, invalid,
             "unknown critical"},
        Case{"an unknown extension", [](ChainCase& c) { add(c, der::extension("\x2a\x03", "")); },
             good},
        Case{"an extension twice",
             [](ChainCase& c) { add(c, extension::names(extension::dns("other.test"))); }, invalid},
        Case{"an authority's extension twice",
             [](ChainCase& c) {
               set_sub(c, {extension::authority(), extension::authority()});
             },
             invalid, "CN=sub: it has an extension twice"},
        Case{"a critical key identifier",
             [](ChainCase& c) { add(c, der::extension("\x55\x1d\x0e", der::octets("a"), true)); },
             invalid, "must not be critical"},
        Case{"policy constraints that are not critical",
             [](ChainCase& c) {
               add(c, der::extension("\x55\x1d\x24", der::sequence(der::context(1, "\x01"))));
             },
             invalid, "must be critical"},
        Case{"a malformed extension",
             [](ChainCase& c) { add(c, der::extension("\x55\x1d\x0f", "x", true)); }, invalid,
             "malformed extension: key usage"},
        Case{"a NUL in the subject",
             [](ChainCase& c) { c.leaf.subject = der::name("root@corp\0.evil"s); }, invalid, "NUL"},
        Case{"a NUL in a DNS name",
             [](ChainCase& c) {
               c.leaf.extensions = {extension::names(extension::dns("server.test\0.evil"s))};
             },
             invalid, "subject alternative name"},
        Case{"a NUL in a mail address",
             [](ChainCase& c) {
               c.leaf.extensions = {extension::names(extension::email("root@corp\0.evil"s))};
             },
             invalid, "subject alternative name"},
        Case{"an address of three bytes",
             [](ChainCase& c) { c.leaf.extensions = {extension::names(der::context(7, "abc"))}; },
             invalid, "subject alternative name"},
        Case{"no subject, and no critical alternative name",
             [](ChainCase& c) { c.leaf.subject = der::name(""); }, invalid, "neither a subject"},
        Case{"two signature algorithms",
             [](ChainCase& c) { c.leaf.inner_algorithm = test::algorithm::rsa_sha256; }, invalid},
        Case{"an authority's two signature algorithms",
             [](ChainCase& c) {
               c.presented.back() =
                   c.sub.by(c.root, {.inner_algorithm = test::algorithm::rsa_sha256});
             },
             invalid, "CN=sub: it names two different signature algorithms"},
        Case{"an issuer without a name",
             [](ChainCase& c) {
               c.sub.name = der::name("");
               c.presented.back() = c.sub.by(c.root);
             },
             invalid, "does not name its issuer"},
        Case{"no certificate", [](ChainCase& c) { c.presented.front() = "certificate"; }, invalid},
        Case{"something behind it",
             [](ChainCase& c) { c.presented.front() = c.sub.issue(c.leaf, c.key) + "x"; },
             invalid}));

INSTANTIATE_TEST_SUITE_P(
    Purpose, EachChain,
    testing::Values(
        Case{"a server's as a client's", [](ChainCase& c) { c.judged = Judged::Client; },
             wrong_purpose},
        Case{"a client's",
             [](ChainCase& c) {
               c.judged = Judged::Client;
               c.leaf.extensions = {extension::purposes(extension::client_auth)};
             },
             good},
        Case{
            "a client's as a server's",
            [](ChainCase& c) { c.leaf.extensions = {extension::purposes(extension::client_auth)}; },
            wrong_purpose},
        Case{"both",
             [](ChainCase& c) {
               c.leaf.extensions = {
                   extension::purposes(extension::client_auth + extension::server_auth)};
             },
             good},
        Case{"none named", [](ChainCase& c) { c.leaf.extensions.clear(); }, good},
        Case{"an empty list", [](ChainCase& c) { c.leaf.extensions = {extension::purposes("")}; },
             invalid},
        Case{
            "any",
            [](ChainCase& c) { c.leaf.extensions = {extension::purposes(extension::any_purpose)}; },
            wrong_purpose},
        Case{"an authority for others",
             [](ChainCase& c) {
               set_sub(c, {extension::authority(), extension::purposes(extension::client_auth)});
             },
             wrong_purpose, "CN=sub"},
        Case{"an authority for any",
             [](ChainCase& c) {
               set_sub(c, {extension::authority(), extension::purposes(extension::any_purpose)});
             },
             good},
        Case{"an anchor for others",
             [](ChainCase& c) {
               set_root(c, {.extensions = {extension::authority(),
                                           extension::purposes(extension::client_auth)}});
             },
             wrong_purpose, "CN=root"}));

INSTANTIATE_TEST_SUITE_P(
    Authority, EachChain,
    testing::Values(
        Case{"no authority", [](ChainCase& c) { set_sub(c, {extension::key_usage(0x04)}); },
             untrusted, "CN=sub: it has issued a certificate, but is no authority's"},
        Case{"may not issue",
             [](ChainCase& c) {
               set_sub(c, {extension::authority(), extension::key_usage(0x02)});
             },
             untrusted, "CN=sub: it may not issue certificates"},
        Case{"no key usage", [](ChainCase& c) { set_sub(c, {extension::authority()}); }, good},
        Case{"an anchor that is no authority",
             [](ChainCase& c) { set_root(c, {.extensions = {extension::key_usage(0x04)}}); },
             untrusted, "CN=root"},
        Case{"an anchor that may not issue",
             [](ChainCase& c) {
               set_root(c, {.extensions = {extension::authority(), extension::key_usage(0x02)}});
             },
             untrusted, "CN=root"},
        Case{"an anchor of version 1",
             [](ChainCase& c) {
               c.store.anchors = {
                   test::to_der(c.root.issue({.subject = c.root.name, .version = {}}, c.root.key))};
             },
             good},
        Case{"an intermediate of version 1",
             [](ChainCase& c) {
               c.presented.back() = c.root.issue({.subject = c.sub.name, .version = {}}, c.sub.key);
             },
             invalid, "CN=sub: it is of version 1"},
        Case{"as a peer",
             [](ChainCase& c) {
               c.leaf.extensions = {extension::authority(), extension::key_usage(0x84)};
             },
             invalid, "an authority's own"},
        Case{"a peer that may issue",
             [](ChainCase& c) { c.leaf.extensions = {extension::key_usage(0x84)}; }, invalid,
             "may issue"},
        Case{"a peer with name constraints",
             [](ChainCase& c) {
               c.leaf.extensions = {extension::constraints({extension::dns("server.test")})};
             },
             invalid, "name constraints"},
        Case{"a path length that is kept",
             [](ChainCase& c) { set_root(c, {.extensions = {extension::authority(1)}}); }, good},
        Case{"a path length that is not kept",
             [](ChainCase& c) { set_root(c, {.extensions = {extension::authority(0)}}); },
             constraint, "allows 0 authorities below"},
        Case{"more of them than are allowed", [](ChainCase& c) { c.max_intermediates = 0; },
             Reason::CertificateLimit}));

INSTANTIATE_TEST_SUITE_P(
    Signature, EachChain,
    testing::Values(
        Case{"an unknown issuer", [](ChainCase& c) { c.presented.pop_back(); }, untrusted,
             "CN=server: its issuer is unknown"},
        Case{"nobody trusted", [](ChainCase& c) { c.store.anchors.clear(); }, untrusted,
             "CN=sub: its issuer is unknown"},
        Case{"an impostor",
             [](ChainCase& c) {
               const test::Authority impostor("sub");
               c.presented.front() = impostor.issue(c.leaf, c.key);
             },
             invalid, "CN=server: its signature is not by the key of CN=sub"},
        Case{"SHA-1", [](ChainCase& c) { c.sub.key.algorithm = test::algorithm::ecdsa_sha1; },
             invalid, "weak"},
        Case{"SHA-1 of an authority's",
             [](ChainCase& c) {
               c.root.key.algorithm = test::algorithm::ecdsa_sha1;
               c.presented.back() = c.sub.by(c.root);
             },
             invalid, "CN=sub: it is signed with a weak"},
        Case{"a small RSA key", [](ChainCase& c) { c.key = test::Key(GNUTLS_PK_RSA, 1024); },
             too_small, "RSA key of 1024 bits, at least 2048"},
        Case{"an odd RSA key", [](ChainCase& c) { c.key = test::Key(GNUTLS_PK_RSA, 2052); },
             invalid, "multiple of 8"},
        Case{"a small curve",
             [](ChainCase& c) {
               c.key = test::Key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP224R1));
             },
             too_small, "CN=server"},
        Case{"a curve that is too small here",
             [](ChainCase& c) { c.verification.min_ec_bits = 384; }, too_small, "at least 384"},
        Case{"an authority's small key",
             [](ChainCase& c) {
               c.sub.key = test::Key(GNUTLS_PK_RSA, 1024);
               c.presented.back() = c.sub.by(c.root);
             },
             too_small, "CN=sub"},
        Case{"an anchor's small key",
             [](ChainCase& c) {
               c.root.key = test::Key(GNUTLS_PK_RSA, 1024);
               set_root(c, {});
               c.presented.back() = c.sub.by(c.root);
             },
             too_small, "CN=root"},
        Case{"RSA",
             [](ChainCase& c) {
               c.root.key = test::Key(GNUTLS_PK_RSA, 2048);
               set_root(c, {});
               c.presented.back() = c.sub.by(c.root);
             },
             good}));

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

  EXPECT_EQ(demanding_after(0), constraint);
  EXPECT_EQ(demanding_after(1), constraint);
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
  EXPECT_EQ(chain.reason(), invalid);
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
