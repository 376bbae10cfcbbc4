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
using test::broken_constraint;
using test::ChainCase;
using test::good;
using test::invalid_certificate;
using test::made_now;
using test::set_sub;
using test::untrusted;

// What is changed, and what comes of it.
struct RuleCase {
  const char* what;
  std::function<void(ChainCase&)> change;
  Reason expected;
  const char* detail = "";
};
// GoogleTest prints it.
void PrintTo(const RuleCase& c, std::ostream* out) {
  *out << c.what;
}

class EachChain : public testing::TestWithParam<RuleCase> {};

TEST_P(EachChain, IsJudged) {
  ChainCase chain;
  GetParam().change(chain);

  EXPECT_EQ(chain.reason(), GetParam().expected) << GetParam().what << ": " << chain.detail;
  EXPECT_NE(chain.detail.find(GetParam().detail), std::string::npos) << chain.detail;
}

constexpr auto wrong_purpose = Reason::CertificateWrongPurpose;
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
        RuleCase{"expired", [](ChainCase& c) { c.leaf.not_after = made_now - 1; },
                 Reason::CertificateExpired, "CN=server: it has expired"},
        RuleCase{"expires now", [](ChainCase& c) { c.leaf.not_after = made_now; }, good},
        RuleCase{"not yet valid", [](ChainCase& c) { c.leaf.not_before = made_now + 1; },
                 Reason::CertificateNotYetValid},
        RuleCase{"an expired authority",
                 [](ChainCase& c) {
                   c.presented.back() = c.sub.by(c.root, {.not_after = made_now - 1});
                 },
                 Reason::CertificateExpired, "CN=sub: it has expired"},
        RuleCase{"an expired anchor",
                 [](ChainCase& c) { set_root(c, {.not_after = made_now - 1}); },
                 Reason::CertificateExpired, "CN=root: it has expired"},
        RuleCase{"version 1", [](ChainCase& c) { c.leaf.version = {}, c.leaf.extensions.clear(); },
                 invalid_certificate, "version 1"},
        RuleCase{"version 2", [](ChainCase& c) { c.leaf.version = 2, c.leaf.extensions.clear(); },
                 invalid_certificate, "version 2"},
        RuleCase{"version 1 with extensions", [](ChainCase& c) { c.leaf.version = {}; },
                 invalid_certificate},
        RuleCase{"an authority of version 2 with extensions",
                 [](ChainCase& c) { c.presented.back() = c.sub.by(c.root, {.version = 2}); },
                 invalid_certificate, "CN=sub: it has extensions, but is not of version 3"},
        RuleCase{"version 4", [](ChainCase& c) { c.leaf.version = 4; }, invalid_certificate},
        RuleCase{"serial 0", [](ChainCase& c) { c.leaf.serial = "\0"s; }, invalid_certificate,
                 "serial"},
        RuleCase{"a negative serial", [](ChainCase& c) { c.leaf.serial = "\x80"; },
                 invalid_certificate, "serial"},
        RuleCase{"a serial of 20 bytes", [](ChainCase& c) { c.leaf.serial = std::string(20, 'a'); },
                 good},
        RuleCase{"a serial of 21 bytes", [](ChainCase& c) { c.leaf.serial = std::string(21, 'a'); },
                 invalid_certificate, "serial"},
        RuleCase{"an authority's serial 0",
                 [](ChainCase& c) { c.presented.back() = c.sub.by(c.root, {.serial = "\0"s}); },
                 invalid_certificate, "serial"},
        RuleCase{"an anchor's serial 0", [](ChainCase& c) { set_root(c, {.serial = "\0"s}); },
                 good},
        RuleCase{"a critical unknown extension",
                 [](ChainCase& c) { add(c, der::extension("\x2a\x03", "", true)); },
                 invalid_certificate, "unknown critical"},
        RuleCase{"an unknown extension",
                 [](ChainCase& c) { add(c, der::extension("\x2a\x03", "")); }, good},
        RuleCase{"an extension twice",
                 [](ChainCase& c) { add(c, extension::names(extension::dns("other.test"))); },
                 invalid_certificate},
        RuleCase{"an authority's extension twice",
                 [](ChainCase& c) {
                   set_sub(c, {extension::authority(), extension::authority()});
                 },
                 invalid_certificate, "CN=sub: it has an extension twice"},
        RuleCase{
            "a critical key identifier",
            [](ChainCase& c) { add(c, der::extension("\x55\x1d\x0e", der::octets("a"), true)); },
            invalid_certificate, "must not be critical"},
        RuleCase{"policy constraints that are not critical",
                 [](ChainCase& c) {
                   add(c, der::extension("\x55\x1d\x24", der::sequence(der::context(1, "\x01"))));
                 },
                 invalid_certificate, "must be critical"},
        RuleCase{"a malformed extension",
                 [](ChainCase& c) { add(c, der::extension("\x55\x1d\x0f", "x", true)); },
                 invalid_certificate, "malformed extension: key usage"},
        RuleCase{"a NUL in the subject",
                 [](ChainCase& c) { c.leaf.subject = der::name("root@corp\0.evil"s); },
                 invalid_certificate, "NUL"},
        RuleCase{"a NUL in a DNS name",
                 [](ChainCase& c) {
                   c.leaf.extensions = {extension::names(extension::dns("server.test\0.evil"s))};
                 },
                 invalid_certificate, "subject alternative name"},
        RuleCase{"a NUL in a mail address",
                 [](ChainCase& c) {
                   c.leaf.extensions = {extension::names(extension::email("root@corp\0.evil"s))};
                 },
                 invalid_certificate, "subject alternative name"},
        RuleCase{
            "an address of three bytes",
            [](ChainCase& c) { c.leaf.extensions = {extension::names(der::context(7, "abc"))}; },
            invalid_certificate, "subject alternative name"},
        RuleCase{"no subject, and no critical alternative name",
                 [](ChainCase& c) { c.leaf.subject = der::name(""); }, invalid_certificate,
                 "neither a subject"},
        RuleCase{"two signature algorithms",
                 [](ChainCase& c) { c.leaf.inner_algorithm = test::algorithm::rsa_sha256; },
                 invalid_certificate},
        RuleCase{"an authority's two signature algorithms",
                 [](ChainCase& c) {
                   c.presented.back() =
                       c.sub.by(c.root, {.inner_algorithm = test::algorithm::rsa_sha256});
                 },
                 invalid_certificate, "CN=sub: it names two different signature algorithms"},
        RuleCase{"an issuer without a name",
                 [](ChainCase& c) {
                   c.sub.name = der::name("");
                   c.presented.back() = c.sub.by(c.root);
                 },
                 invalid_certificate, "does not name its issuer"},
        RuleCase{"no certificate", [](ChainCase& c) { c.presented.front() = "certificate"; },
                 invalid_certificate},
        RuleCase{"something behind it",
                 [](ChainCase& c) { c.presented.front() = c.sub.issue(c.leaf, c.key) + "x"; },
                 invalid_certificate}));

INSTANTIATE_TEST_SUITE_P(
    Purpose, EachChain,
    testing::Values(
        RuleCase{"a server's as a client's", [](ChainCase& c) { c.judged = Judged::Client; },
                 wrong_purpose},
        RuleCase{"a client's",
                 [](ChainCase& c) {
                   c.judged = Judged::Client;
                   c.leaf.extensions = {extension::purposes(extension::client_auth)};
                 },
                 good},
        RuleCase{
            "a client's as a server's",
            [](ChainCase& c) { c.leaf.extensions = {extension::purposes(extension::client_auth)}; },
            wrong_purpose},
        RuleCase{"both",
                 [](ChainCase& c) {
                   c.leaf.extensions = {
                       extension::purposes(extension::client_auth + extension::server_auth)};
                 },
                 good},
        RuleCase{"none named", [](ChainCase& c) { c.leaf.extensions.clear(); }, good},
        RuleCase{"an empty list",
                 [](ChainCase& c) { c.leaf.extensions = {extension::purposes("")}; },
                 invalid_certificate},
        RuleCase{
            "any",
            [](ChainCase& c) { c.leaf.extensions = {extension::purposes(extension::any_purpose)}; },
            wrong_purpose},
        RuleCase{
            "an authority for others",
            [](ChainCase& c) {
              set_sub(c, {extension::authority(), extension::purposes(extension::client_auth)});
            },
            wrong_purpose, "CN=sub"},
        RuleCase{
            "an authority for any",
            [](ChainCase& c) {
              set_sub(c, {extension::authority(), extension::purposes(extension::any_purpose)});
            },
            good},
        RuleCase{"an anchor for others",
                 [](ChainCase& c) {
                   set_root(c, {.extensions = {extension::authority(),
                                               extension::purposes(extension::client_auth)}});
                 },
                 wrong_purpose, "CN=root"}));

INSTANTIATE_TEST_SUITE_P(
    Authority, EachChain,
    testing::Values(
        RuleCase{"no authority", [](ChainCase& c) { set_sub(c, {extension::key_usage(0x04)}); },
                 untrusted, "CN=sub: it has issued a certificate, but is no authority's"},
        RuleCase{"may not issue",
                 [](ChainCase& c) {
                   set_sub(c, {extension::authority(), extension::key_usage(0x02)});
                 },
                 untrusted, "CN=sub: it may not issue certificates"},
        RuleCase{"no key usage", [](ChainCase& c) { set_sub(c, {extension::authority()}); }, good},
        RuleCase{"an anchor that is no authority",
                 [](ChainCase& c) { set_root(c, {.extensions = {extension::key_usage(0x04)}}); },
                 untrusted, "CN=root"},
        RuleCase{
            "an anchor that may not issue",
            [](ChainCase& c) {
              set_root(c, {.extensions = {extension::authority(), extension::key_usage(0x02)}});
            },
            untrusted, "CN=root"},
        RuleCase{"an anchor of version 1",
                 [](ChainCase& c) {
                   c.store.anchors = {test::to_der(
                       c.root.issue({.subject = c.root.name, .version = {}}, c.root.key))};
                 },
                 good},
        RuleCase{"an intermediate of version 1",
                 [](ChainCase& c) {
                   c.presented.back() =
                       c.root.issue({.subject = c.sub.name, .version = {}}, c.sub.key);
                 },
                 invalid_certificate, "CN=sub: it is of version 1"},
        RuleCase{"as a peer",
                 [](ChainCase& c) {
                   c.leaf.extensions = {extension::authority(), extension::key_usage(0x84)};
                 },
                 invalid_certificate, "an authority's own"},
        RuleCase{"a peer that may issue",
                 [](ChainCase& c) { c.leaf.extensions = {extension::key_usage(0x84)}; },
                 invalid_certificate, "may issue"},
        RuleCase{"a peer with name constraints",
                 [](ChainCase& c) {
                   c.leaf.extensions = {extension::constraints({extension::dns("server.test")})};
                 },
                 invalid_certificate, "name constraints"},
        RuleCase{"a path length that is kept",
                 [](ChainCase& c) { set_root(c, {.extensions = {extension::authority(1)}}); },
                 good},
        RuleCase{"a path length that is not kept",
                 [](ChainCase& c) { set_root(c, {.extensions = {extension::authority(0)}}); },
                 broken_constraint, "allows 0 authorities below"},
        RuleCase{"more of them than are allowed", [](ChainCase& c) { c.max_intermediates = 0; },
                 Reason::CertificateLimit}));

INSTANTIATE_TEST_SUITE_P(
    Signature, EachChain,
    testing::Values(
        RuleCase{"an unknown issuer", [](ChainCase& c) { c.presented.pop_back(); }, untrusted,
                 "CN=server: its issuer is unknown"},
        RuleCase{"nobody trusted", [](ChainCase& c) { c.store.anchors.clear(); }, untrusted,
                 "CN=sub: its issuer is unknown"},
        RuleCase{"an impostor",
                 [](ChainCase& c) {
                   const test::Authority impostor("sub");
                   c.presented.front() = impostor.issue(c.leaf, c.key);
                 },
                 invalid_certificate, "CN=server: its signature is not by the key of CN=sub"},
        RuleCase{"SHA-1", [](ChainCase& c) { c.sub.key.algorithm = test::algorithm::ecdsa_sha1; },
                 invalid_certificate, "weak"},
        RuleCase{"SHA-1 of an authority's",
                 [](ChainCase& c) {
                   c.root.key.algorithm = test::algorithm::ecdsa_sha1;
                   c.presented.back() = c.sub.by(c.root);
                 },
                 invalid_certificate, "CN=sub: it is signed with a weak"},
        RuleCase{"a small RSA key", [](ChainCase& c) { c.key = test::Key(GNUTLS_PK_RSA, 1024); },
                 too_small, "RSA key of 1024 bits, at least 2048"},
        RuleCase{"an odd RSA key", [](ChainCase& c) { c.key = test::Key(GNUTLS_PK_RSA, 2052); },
                 invalid_certificate, "multiple of 8"},
        RuleCase{"a small curve",
                 [](ChainCase& c) {
                   c.key =
                       test::Key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP224R1));
                 },
                 too_small, "CN=server"},
        RuleCase{"a curve that is too small here",
                 [](ChainCase& c) { c.verification.min_ec_bits = 384; }, too_small, "at least 384"},
        RuleCase{"an authority's small key",
                 [](ChainCase& c) {
                   c.sub.key = test::Key(GNUTLS_PK_RSA, 1024);
                   c.presented.back() = c.sub.by(c.root);
                 },
                 too_small, "CN=sub"},
        RuleCase{"an anchor's small key",
                 [](ChainCase& c) {
                   c.root.key = test::Key(GNUTLS_PK_RSA, 1024);
                   set_root(c, {});
                   c.presented.back() = c.sub.by(c.root);
                 },
                 too_small, "CN=root"},
        RuleCase{"RSA",
                 [](ChainCase& c) {
                   c.root.key = test::Key(GNUTLS_PK_RSA, 2048);
                   set_root(c, {});
                   c.presented.back() = c.sub.by(c.root);
                 },
                 good}));

} // namespace
} // namespace ktls::tls
