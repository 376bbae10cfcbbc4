// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/name_constraints.hpp"

#include <gtest/gtest.h>

#include "tls/chain_case.hpp"

namespace ktls::tls {
namespace {

namespace der = test::der;
namespace extension = test::extension;
using namespace std::string_literals;
using extension::dns;
using extension::email;
using test::ChainCase;

std::string uri(std::string_view text) {
  return der::context(6, text);
}
std::string address(std::string_view bytes) {
  return der::context(7, bytes);
}
std::string directory(std::string_view rdns) {
  return der::constructed(4, der::sequence(rdns));
}
const auto other_name =
    der::constructed(0, der::oid("\x2a\x03") + der::constructed(0, der::octets("a")));

struct ConstraintCase {
  const char* what;
  std::string name;       // GeneralName
  std::string constraint; // likewise
  bool permitted;         // by a constraint that permits it
  bool excluded;          // by one that excludes it
};
void PrintTo(const ConstraintCase& c, std::ostream* out) {
  *out << c.what;
}

Reason judge(const std::string& name, const std::vector<std::string>& permitted,
             const std::vector<std::string>& excluded) {
  ChainCase chain;
  chain.leaf.extensions = {extension::names(name)};
  chain.presented.back() = chain.sub.by(
      chain.root,
      {.extensions = {extension::authority(), extension::constraints(permitted, excluded)}});
  return chain.reason();
}

class EachConstraint : public testing::TestWithParam<ConstraintCase> {};

TEST_P(EachConstraint, IsHeeded) {
  const auto& [what, name, constraint, permitted, excluded] = GetParam();
  const auto result = [](bool allowed) {
    return allowed ? Reason::Success : Reason::CertificateConstraint;
  };

  EXPECT_EQ(judge(name, {constraint}, {}), result(permitted)) << what;
  EXPECT_EQ(judge(name, {}, {constraint}), result(!excluded)) << what;
}

const auto corp = "\x55\x04\x0a"s; // organizationName
INSTANTIATE_TEST_SUITE_P(
    NameConstraints, EachConstraint,
    testing::Values(
        ConstraintCase{"the same", dns("one.test"), dns("one.test"), true, true},
        ConstraintCase{"the same, in capitals", dns("ONE.test"), dns("one.Test"), true, true},
        ConstraintCase{"below", dns("a.b.one.test"), dns("one.test"), true, true},
        ConstraintCase{"another", dns("two.test"), dns("one.test"), false, false},
        ConstraintCase{"another with the same end", dns("everyone.test"), dns("one.test"), false,
                       false},
        ConstraintCase{"above", dns("test"), dns("one.test"), false, false},
        ConstraintCase{"all", dns("one.test"), dns(""), true, true},
        ConstraintCase{"only below", dns("one.test"), dns(".one.test"), false, false},
        ConstraintCase{"below a dot", dns("a.one.test"), dns(".one.test"), true, true},
        ConstraintCase{"a wildcard below", dns("*.one.test"), dns("one.test"), true, true},
        ConstraintCase{"a wildcard below a dot", dns("*.one.test"), dns(".one.test"), true, true},
        ConstraintCase{"a wildcard that could be it", dns("*.test"), dns("one.test"), false, true},
        ConstraintCase{"a leading dot", dns(".one.test"), dns("one.test"), false, true},
        ConstraintCase{"an empty label", dns("a..one.test"), dns("one.test"), false, true},
        ConstraintCase{"no name", dns("a b.one.test"), dns("one.test"), false, true},
        ConstraintCase{"a mailbox", email("a@one.test"), email("a@one.test"), true, true},
        ConstraintCase{"another's mailbox", email("b@one.test"), email("a@one.test"), false, false},
        ConstraintCase{"a mailbox in capitals", email("A@one.test"), email("a@one.test"), false,
                       false},
        ConstraintCase{"a mailbox on a host", email("a@ONE.test"), email("one.test"), true, true},
        ConstraintCase{"a mailbox on a host below", email("a@b.one.test"), email("one.test"), false,
                       false},
        ConstraintCase{"a mailbox in a domain", email("a@b.one.test"), email(".one.test"), true,
                       true},
        ConstraintCase{"a mailbox not in a domain", email("a@one.test"), email(".one.test"), false,
                       false},
        ConstraintCase{"two hosts", email("a@two.test@one.test"), email("one.test"), false, true},
        ConstraintCase{"an asterisk is none", email("a@one.test"), email("*@one.test"), false,
                       false},
        ConstraintCase{"a URI", uri("https://u@one.test:1/x"), uri("one.test"), true, true},
        ConstraintCase{"a URI below", uri("https://a.one.test/"), uri("one.test"), false, false},
        ConstraintCase{"a URI in a domain", uri("https://a.one.test/"), uri(".one.test"), true,
                       true},
        ConstraintCase{"a URI that hides its host", uri("https://two.test/@one.test"),
                       uri("one.test"), false, false},
        ConstraintCase{"a URI of an address", uri("https://192.0.2.1/"), uri("one.test"), false,
                       true},
        ConstraintCase{"a URI without a host", uri("urn:one.test"), uri("one.test"), false, true},
        ConstraintCase{"an address", address("\xc0\x00\x02\x01"s),
                       address("\xc0\x00\x02\x00\xff\xff\xff\x00"s), true, true},
        ConstraintCase{"another address", address("\xc0\x00\x03\x01"s),
                       address("\xc0\x00\x02\x00\xff\xff\xff\x00"s), false, false},
        ConstraintCase{"another family", address(std::string(16, '\x01')),
                       address("\xc0\x00\x02\x00\xff\xff\xff\x00"s), false, false},
        ConstraintCase{"a directory name below",
                       directory(der::attribute(corp, "Corp") + der::common_name("x")),
                       directory(der::attribute(corp, "corp ", 0x13)), false,
                       true}, // and the subject
        ConstraintCase{"another directory name", directory(der::attribute(corp, "Other")),
                       directory(der::attribute(corp, "Corp")), false, false},
        ConstraintCase{"a type without rules", other_name, other_name, false, true}));

TEST(NameConstraints, LeaveOtherTypesAlone) {
  EXPECT_EQ(judge(dns("one.test"), {email("one.test")}, {email("one.test")}), Reason::Success);
  EXPECT_EQ(judge(dns("one.test"), {other_name}, {other_name}), Reason::Success);
}

TEST(NameConstraints, ExclusionGoesFirst) {
  EXPECT_EQ(judge(dns("one.test"), {dns("test")}, {dns("one.test")}),
            Reason::CertificateConstraint);
  EXPECT_EQ(judge(dns("two.test"), {dns("test")}, {dns("one.test")}), Reason::Success);
}

TEST(NameConstraints, CountForEachConstraint) {
  EXPECT_EQ(judge(dns("one.test") + dns("two.test"), {dns("one.test")}, {}),
            Reason::CertificateConstraint);
}

Reason with_root(ChainCase chain, const std::vector<std::string>& permitted,
                 const std::vector<std::string>& excluded = {}) {
  chain.store.anchors = {test::to_der(chain.root.certificate(
      {.extensions = {extension::authority(), extension::constraints(permitted, excluded)}}))};
  return chain.reason();
}

TEST(NameConstraints, OfTheAnchorCountToo) {
  EXPECT_EQ(with_root({}, {dns("server.test")}), Reason::Success);
  EXPECT_EQ(with_root({}, {dns("other.test")}), Reason::CertificateConstraint);
}

TEST(NameConstraints, CountForSubjects) {
  EXPECT_EQ(with_root({}, {directory(der::common_name("server"))}), Reason::CertificateConstraint)
      << "the authority's own is another";
  EXPECT_EQ(with_root({}, {}, {directory(der::common_name("server"))}),
            Reason::CertificateConstraint);
  EXPECT_EQ(with_root({}, {}, {directory(der::common_name("somebody"))}), Reason::Success);
}

TEST(NameConstraints, CountForIntermediates) {
  ChainCase chain;
  chain.presented.back() = chain.sub.by(
      chain.root, {.extensions = {extension::authority(), extension::names(dns("other.test"))}});

  EXPECT_EQ(with_root(std::move(chain), {dns("server.test")}), Reason::CertificateConstraint);
}

// RFC 5280, section 6.1.3 b: but not for self-issued ones, unless it is the last
TEST(NameConstraints, DoNotCountForSelfIssuedIntermediates) {
  ChainCase chain;
  const test::Authority renewed("root");
  chain.presented = {renewed.issue(chain.leaf, chain.key),
                     renewed.by(chain.root, {.extensions = {extension::authority(),
                                                            extension::names(dns("other.test"))}})};
  EXPECT_EQ(with_root(std::move(chain), {dns("server.test")}), Reason::Success);

  ChainCase last;
  last.leaf.subject = last.root.name;
  last.presented = {last.root.issue(last.leaf, last.key)};
  EXPECT_EQ(with_root(std::move(last), {dns("other.test")}), Reason::CertificateConstraint);
}

// RFC 5280, section 4.2.1.10: for a subject's mail address only where no other one is
TEST(NameConstraints, CountForMailAddressesInSubjects) {
  const auto in_subject =
      der::attribute("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", "a@two.test", 0x16);
  ChainCase chain;
  chain.leaf.subject = der::sequence(in_subject);
  EXPECT_EQ(
      with_root(chain.leaf.subject.empty() ? ChainCase() : std::move(chain), {email("one.test")}),
      Reason::CertificateConstraint);

  ChainCase other;
  other.leaf.subject = der::sequence(in_subject);
  other.leaf.extensions = {extension::names(email("a@one.test"))};
  EXPECT_EQ(with_root(std::move(other), {email("one.test")}), Reason::Success);
}

TEST(NameConstraints, AreRefusedWhereTheyAreMalformed) {
  const auto subtree = [](const std::string& base) { return der::sequence(base); };
  const auto permits = [](const std::string& subtrees) {
    return der::sequence(der::constructed(0, subtrees));
  };
  const auto is_read = [](const std::string& text) {
    return NameConstraints::parse(der::bytes(text)).has_value();
  };

  EXPECT_TRUE(is_read(permits(subtree(dns("one.test")))));
  EXPECT_TRUE(is_read(permits(subtree(dns("one.test") + der::context(0, "\0"s)))));
  EXPECT_FALSE(is_read(permits(subtree(dns("one.test") + der::context(0, "\1"s)))));
  EXPECT_FALSE(is_read(permits(subtree(dns("one.test") + der::context(1, "\1"s)))));
  EXPECT_FALSE(is_read(der::sequence("")));
  EXPECT_FALSE(is_read(permits("")));
  EXPECT_FALSE(is_read(permits(subtree(""))));
  EXPECT_FALSE(is_read(permits(subtree(dns("*.one.test")))));
  EXPECT_FALSE(is_read(permits(subtree(dns("one..test")))));
  EXPECT_FALSE(is_read(permits(subtree(email("a@b@one.test")))));
  EXPECT_FALSE(is_read(permits(subtree(address("\xc0\x00\x02\x00"s)))));
  EXPECT_FALSE(is_read(permits(subtree(address("\xc0\x00\x02\x00\xff\x00\xff\x00"s))))) << "a gap";
}

TEST(NameConstraints, AreNotComparedForEver) {
  ChainCase chain;
  std::string names;
  std::vector<std::string> excluded;
  for (int i = 0; i < 1000; ++i) {
    names += dns("n" + std::to_string(i) + ".test");
    excluded.push_back(dns("x" + std::to_string(i) + ".test"));
  }
  chain.leaf.extensions = {extension::names(names)};

  EXPECT_EQ(with_root(std::move(chain), {}, excluded), Reason::CertificateConstraint);
}

} // namespace
} // namespace ktls::tls
