// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/tlshd.hpp"

#include "unit/import/import_checks.hpp"

namespace ktls::importer {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const policy::ProfileSettings& profile(const policy::Policy& policy, std::string_view name) {
  const auto& all = policy.profiles();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
  EXPECT_NE(found, all.end());
  return *found;
}

class TlshdSample : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(All, TlshdSample, testing::ValuesIn(tlshd_samples));

TEST_P(TlshdSample, BecomesAPolicyForTheKernelAlone) {
  const auto policy = policy_of(import_tlshd(sample(GetParam()), GetParam()));

  EXPECT_THAT(rule_names(policy), ElementsAre("tlshd-client", "tlshd-server"));
  policy::Facts facts;
  facts.origin = policy::Origin::Application;
  EXPECT_EQ(policy.decide(facts, {}).action, policy::Action::Deny);
}

TEST(Tlshd, ServesClientsWithAndWithoutCertificate) {
  const auto policy = policy_of(import_tlshd(sample("tlshd-1.0.conf"), "tlshd.conf"));

  const auto& server = profile(policy, "tlshd-server");
  EXPECT_EQ(server.role, ipc::HandshakeRole::ServerWithClientAuth);
  EXPECT_EQ(server.client_auth_type, ipc::ClientAuthType::Full);
  EXPECT_EQ(server.truststore.at(0).path, "system");
  EXPECT_EQ(policy.credentials().at(server.credentials.at(0)).alternatives.at(0).certificate.path,
            "/etc/pki/nfs/server.pem");
}

TEST(Tlshd, PassesOverStaleListsAsItDoes) {
  const auto policy = policy_of(import_tlshd(sample("tlshd-1.2.conf"), "config"));

  const auto& client = profile(policy, "tlshd-client");
  EXPECT_EQ(client.crls.at(0).path, "/etc/pki/nfs/ca.crl");
  EXPECT_EQ(client.verification.revocation, ipc::RevocationLevel::Low);
  EXPECT_THAT(client.credentials, IsEmpty());
}

TEST(Tlshd, TakesKeysInTokensAndTellsOfPostQuantumCertificates) {
  const auto import = import_tlshd(sample("tlshd-1.4.conf"), "config");

  EXPECT_THAT(import.toml, HasSubstr("private_key = \"pkcs11:token=nfs;object=client?"));
  EXPECT_THAT(import.toml, HasSubstr("line 14: x509.pq.certificate"));
  EXPECT_THAT(import.problems, Contains(HasSubstr("config:14: x509.pq.certificate")));
}

TEST(Tlshd, SuggestsRulesForPreSharedKeysWithoutMakingThem) {
  const auto import = import_tlshd("", "config");

  EXPECT_THAT(import.toml, HasSubstr("\n# psk = \"keyring\"\n"));
  EXPECT_THAT(rule_names(policy_of(import)), ElementsAre("tlshd-client"));
}

TEST(Tlshd, SuggestsRulesThatCanBeRead) {
  std::string toml = import_tlshd("", "config").toml;
  const auto begin = toml.find("# [profile.nvme-client]");
  ASSERT_NE(begin, std::string::npos);
  toml = toml.substr(begin);
  for (auto at = toml.find("# "); at != std::string::npos; at = toml.find("# ", at))
    toml.erase(at, 2);

  const auto parsed = parse(toml);

  ASSERT_TRUE(parsed) << toml << testing::PrintToString(parsed.error().lines);
  EXPECT_THAT(rule_names(*parsed), ElementsAre("nvme-client", "nvme-server"));
}

TEST(Tlshd, HasNoServerWithoutItsCertificate) {
  const auto import =
      import_tlshd("[authenticate.server]\nx509.truststore=/etc/ca.pem\n", "config");

  EXPECT_THAT(rule_names(policy_of(import)), ElementsAre("tlshd-client"));
  EXPECT_THAT(import.problems, ElementsAre(HasSubstr("config:2: x509.truststore: of no use")));
}

TEST(Tlshd, TakesTheLastOfAKeyThatIsGivenTwice) {
  const auto import = import_tlshd(
      "[authenticate.client]\nx509.truststore=/a\n[authenticate.client]\nx509.truststore=/b\n",
      "config");

  EXPECT_EQ(profile(policy_of(import), "tlshd-client").truststore.at(0).path, "/b");
  EXPECT_THAT(import.problems, ElementsAre(HasSubstr("config:2: x509.truststore: given again")));
}

struct Odd {
  const char* line;
  const char* problem;
  const char* in_toml;
};
void PrintTo(const Odd& odd, std::ostream* out) {
  *out << odd.line;
}
class TlshdOddLine : public testing::TestWithParam<Odd> {};
INSTANTIATE_TEST_SUITE_P(
    All, TlshdOddLine,
    testing::Values(Odd{"x509.truststore=", "names no file", "truststore = \"system\""},
                    Odd{"x509.truststore=/etc/ca.pem ", "blanks behind it",
                        "truststore = \"/etc/ca.pem\""},
                    Odd{"x509.truststore=./ca.pem", "relative", "truststore = \"/ca.pem\""},
                    Odd{"x509.truststore=/a\\sb\\\\c", "", "truststore = \"/a b\\\\c\""},
                    Odd{"x509.truststore=/a\\qb", "begins none", "truststore = \"/a\\\\qb\""},
                    Odd{"x509.certificate=/c.pem", "belong together", "line 2: x509.certificate"},
                    Odd{"x509.colour=red", "not known", "x509.colour = red"},
                    Odd{"x509.private_key=system:1\nx509.certificate=/c.pem",
                        "tokens by pkcs11:", "lines 3 and 2"}));

TEST_P(TlshdOddLine, IsToldOf) {
  const auto import =
      import_tlshd(std::string("[authenticate.client]\n") + GetParam().line + "\n", "config");

  EXPECT_THAT(import.toml, HasSubstr(GetParam().in_toml));
  if (*GetParam().problem != '\0')
    EXPECT_THAT(import.problems, Contains(HasSubstr(GetParam().problem)));
  else
    EXPECT_THAT(import.problems, IsEmpty());
  (void)policy_of(import);
}

TEST(Tlshd, TellsOfAllLinesThatAreBroken) {
  const auto import =
      import_tlshd("key=before\n[group\nnothing\n[authenticate]\n=value\n", "config");

  EXPECT_THAT(import.toml, IsEmpty());
  EXPECT_THAT(import.problems, ElementsAre(HasSubstr("config:1: "), HasSubstr("config:2: "),
                                           HasSubstr("config:3: "), HasSubstr("config:5: ")));
}

TEST(Tlshd, KeepsThePinOutOfProblems) {
  const auto import =
      import_tlshd("[authenticate.client]\nx509.private_key=pkcs11:a?pin-value=1234 "
                   "5678\nx509.certificate=/c\n[x]\n",
                   "config");

  EXPECT_THAT(import.problems, Not(IsEmpty()));
  EXPECT_THAT(import.problems, Not(Contains(HasSubstr("1234"))));
}

} // namespace
} // namespace ktls::importer
