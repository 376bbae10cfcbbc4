// SPDX-License-Identifier: GPL-2.0-or-later
// Each rule for a chain, by one that differs from a good one in that alone.
#include <gtest/gtest.h>

#include <functional>

#include "tls/chain_case.hpp"

namespace ktls::tls {
namespace {

namespace der = test::der;
namespace extension = test::extension;
using namespace std::string_literals;
using test::ChainCase;
using test::made_now;
using test::set_sub;

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

} // namespace
} // namespace ktls::tls
