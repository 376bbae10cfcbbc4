// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/at_tls.hpp"

#include "unit/import/import_checks.hpp"

namespace ktls::importer {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A policy of one rule. `environment` and `advanced` are put into their blocks.
std::string one_rule(const std::string& environment, const std::string& advanced = "",
                     const std::string& rule = "") {
  return "TTLSRule r\n{\nLocalPortRange 443\nDirection Inbound\n" + rule +
         "TTLSGroupActionRef g\nTTLSEnvironmentActionRef e\n}\n"
         "TTLSGroupAction g\n{\nTTLSEnabled On\n}\n"
         "TTLSEnvironmentAction e\n{\nTTLSKeyringParms\n{\nKeyring R\n}\n" +
         environment + "TTLSEnvironmentAdvancedParms\n{\nTLSv1.2 On\n" + advanced + "}\n}\n";
}

// What stands behind "key = " in the only profile; empty: it is not there.
std::string value_of(const Import& import, const std::string& key) {
  const auto begin = import.toml.find("\n" + key + " = ");
  if (begin == std::string::npos)
    return "";
  const auto from = begin + key.size() + 4;
  const auto line = import.toml.substr(from, import.toml.find('\n', from) - from);
  return line.substr(0, line.find(" #"));
}

bool has_line(const std::string& toml, int number) {
  const auto line = "line " + std::to_string(number);
  for (auto at = toml.find(line); at != std::string::npos; at = toml.find(line, at + 1)) {
    if (toml.find_first_of("0123456789", at + line.size()) != at + line.size())
      return true;
  }
  return false;
}

// Whether the next line is "{".
bool is_block(const std::string& text, std::istringstream& at) {
  const auto next = at.tellg();
  return next >= 0 && text.find_first_not_of(' ', static_cast<std::size_t>(next)) ==
                          text.find('{', static_cast<std::size_t>(next));
}

std::optional<policy::Action> action_of(const Import& import, std::string_view name) {
  const auto policy = policy_of(import);
  const auto* found = rule(policy, name);
  return found == nullptr ? std::nullopt : std::optional(found->action);
}

class AtTlsSample : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(All, AtTlsSample, testing::ValuesIn(at_tls_samples));

TEST_P(AtTlsSample, BecomesAPolicyThatDeniesTheRest) {
  const auto policy = policy_of(import_at_tls(sample(GetParam()), GetParam()));

  EXPECT_THAT(policy.rules(), Not(IsEmpty()));
  EXPECT_EQ(policy.default_action(), policy::Action::Deny);
}

TEST_P(AtTlsSample, HasNoPasswords) {
  const auto import = import_at_tls(sample(GetParam()), GetParam());

  for (const char* secret : {"hunter2secret", "swordfish"}) {
    EXPECT_THAT(import.toml, Not(HasSubstr(secret)));
    EXPECT_THAT(import.problems, Not(Contains(HasSubstr(secret))));
  }
}

TEST(AtTls, KeepsTheOrderOfRules) {
  EXPECT_THAT(rule_names(policy_of(import_at_tls(sample("zowe.policy"), "z"))),
              ElementsAre("GatewayIn_1", "ServicesOut_1", "ZosmfOut_1"));
  // EBCDIC: small letters come before capital ones
  EXPECT_THAT(rule_names(policy_of(import_at_tls(sample("ftp.policy"), "f"))),
              ElementsAre("ftpServerFallback", "FTPServer", "ftpClient"));
}

TEST(AtTls, ExpandsGroupsAndTimes) {
  const auto policy = policy_of(import_at_tls(sample("ftp.policy"), "f"));

  policy::Facts facts;
  facts.origin = policy::Origin::Application;
  facts.direction = policy::Direction::Inbound;
  facts.local_address = IpAddress::parse("192.0.2.100");
  facts.remote_address = IpAddress::parse("2001:db8:5::77");
  facts.local_port = 50'050;
  facts.unit = "FTPD1.service";
  const policy::LocalTime night{0, 23 * 60};
  const policy::LocalTime noon{0, 12 * 60};
  ASSERT_NE(policy.decide(facts, night).rule, nullptr);
  EXPECT_EQ(policy.decide(facts, night).rule->name, "FTPServer");
  EXPECT_EQ(policy.decide(facts, noon).rule, nullptr);
  facts.remote_address = IpAddress::parse("198.51.100.40");
  EXPECT_EQ(policy.decide(facts, night).rule, nullptr);
}

TEST(AtTls, SendsInClearWhereItIsSaidTo) {
  const auto policy = policy_of(import_at_tls(sample("db2-ddf.policy"), "d"));

  ASSERT_NE(rule(policy, "DB2A_LEGACY"), nullptr);
  EXPECT_EQ(rule(policy, "DB2A_LEGACY")->action, policy::Action::Clear);
}

TEST(AtTls, TellsWhatActionsSayBesidesClear) {
  const auto import = import_at_tls("\xef\xbb\xbfTTLSRule r\n{\nDirection Both\nLocalPortRange 1\n"
                                    "TTLSGroupActionRef g\nTTLSEnvironmentActionRef e\n}\n"
                                    "TTLSGroupAction g\n{\nTTLSEnabled Off\nFIPS140 On\n}\n"
                                    "TTLSEnvironmentAction e\n{\nHandshakeRole Server\n}\n",
                                    "f");

  EXPECT_EQ(action_of(import, "r"), policy::Action::Clear);
  EXPECT_THAT(import.toml, AllOf(HasSubstr("FIPS140 On: no counterpart"),
                                 HasSubstr("TTLSEnvironmentAction e, line 13: of no use")));
}

TEST(AtTls, ListsFilesOfRingsOnce) {
  const auto toml = import_at_tls(sample("zowe.policy"), "z").toml;

  const std::string file = "ZWEKRNG/Gateway_RSA.pem and";
  const auto first = toml.find(file);
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(toml.find(file, first + 1), std::string::npos);
  EXPECT_THAT(toml, HasSubstr("certificate = \"/etc/ktlsd/import/ZWEKRNG/Gateway_RSA.pem\""));
}

TEST(AtTls, LetsTheConnectionActionWin) {
  const auto import = import_at_tls(sample("zowe.policy"), "z");

  EXPECT_THAT(import.toml,
              AllOf(HasSubstr("handshake_role = \"server-with-client-auth\" # line 75"),
                    HasSubstr("line 48: HandshakeRole ServerWithClientAuth: line 75 "
                              "counts")));
}

TEST(AtTls, DropsNothingSilently) {
  const auto import = import_at_tls(
      one_rule("HandshakeRole Server\nColour Red\n", "SecondaryMap On\nSSLv3 Off\nSSLv3 On\n"),
      "f");

  EXPECT_THAT(import.toml,
              AllOf(HasSubstr("Colour Red: not known"),
                    HasSubstr("SecondaryMap On: no counterpart"),
                    HasSubstr("SSLv3 Off: no counterpart"), HasSubstr("SSLv3 On: no counterpart")));
  EXPECT_THAT(import.problems, AllOf(Contains(HasSubstr("Colour Red: not known")),
                                     Contains(HasSubstr("SecondaryMap On: no counterpart")),
                                     Contains(HasSubstr("SSLv3 On: no counterpart")),
                                     Not(Contains(HasSubstr("SSLv3 Off")))));
}

// Each line of a sample that is no block and no reference to one.
TEST_P(AtTlsSample, AccountsForEachParameter) {
  const auto text = sample(GetParam());
  const auto toml = import_at_tls(text, GetParam()).toml;

  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string keyword;
    std::string value;
    if (!(words >> keyword >> value) || keyword.ends_with("Ref") || keyword == "TTLSEnabled" ||
        is_block(text, lines))
      continue;
    EXPECT_TRUE(has_line(toml, number)) << number << ": " << line;
  }
}

struct Mapped {
  const char* environment;
  const char* advanced;
  const char* key;
  const char* value;
};
void PrintTo(const Mapped& mapped, std::ostream* out) {
  *out << mapped.environment << mapped.advanced << mapped.key;
}
class AtTlsParameter : public testing::TestWithParam<Mapped> {};
constexpr const char* as_server = "HandshakeRole Server\n";
constexpr const char* judge = "HandshakeRole ServerWithClientAuth\n";
constexpr const char* as_client = "HandshakeRole Client\n";
INSTANTIATE_TEST_SUITE_P(
    All, AtTlsParameter,
    testing::Values(
        Mapped{as_server, "", "handshake_role", "\"server\""},
        Mapped{as_server, "", "credentials", "\"R-DEFAULT\""},
        Mapped{as_server, "", "truststore", ""},
        Mapped{as_server, "CertificateLabel My Cert\n", "credentials", "\"R-My_Cert\""},
        Mapped{as_server, "ServerCertificateLabel A\nServerCertificateLabel B\n", "credentials",
               R"(["R-A", "R-B"])"},
        Mapped{judge, "", "client_auth_type", "\"required\""},
        Mapped{judge, "ClientAuthType safcheck\n", "client_auth_type", "\"safcheck\""},
        Mapped{judge, "ClientAuthType PassThru\n", "client_auth_type", "\"passthru\""},
        Mapped{judge, "ClientAuthType PassThru\n", "truststore", ""},
        Mapped{judge, "ClientAuthType Some\n", "client_auth_type", "\"required\""},
        Mapped{judge, "", "truststore", "\"/etc/ktlsd/import/R/ca.pem\""},
        Mapped{judge, "", "trust_intermediates", "true"},
        Mapped{judge, "PeerMinRsaKeySize 3072\n", "min_peer_rsa_bits", "3072"},
        Mapped{judge, "PeerMinRsaKeySize 0\n", "min_peer_rsa_bits", "1024"},
        Mapped{judge, "PeerMinECCKeySize 384\n", "min_peer_ec_bits", "384"},
        Mapped{as_client, "", "credentials", ""},
        Mapped{as_client, "", "server_verification", "\"chain\""},
        Mapped{as_client, "HostReferenceIdDNS db.example.org\n", "server_verification", "\"name\""},
        Mapped{as_client, "HostReferenceIdDNS db.example.org\n", "server_name",
               "\"db.example.org\""},
        Mapped{as_client, "HostReferenceIdDNS *.x\"y\n", "server_verification", "\"name\""},
        Mapped{as_client, "HostReferenceIdDNS *.x\"y\n", "server_name", ""},
        Mapped{as_server, "TLSv1.3 On\n", "versions", R"(["1.2", "1.3"])"},
        Mapped{as_server, "TLSv1.2 Off\nTLSv1.3 On\n", "versions", R"(["1.3"])"},
        Mapped{as_server, "TLSv1.2 Off\n", "versions", ""},
        Mapped{as_server, "HandshakeTimeout 5\n", "first_byte_timeout", "5"},
        Mapped{as_server, "HandshakeTimeout 0\n", "first_byte_timeout", ""},
        Mapped{as_server, "Trace 0\n", "log_level", "\"error\""},
        Mapped{as_server, "Trace 2\n", "log_level", "\"error\""},
        Mapped{as_server, "Trace 7\n", "log_level", "\"info\""},
        Mapped{as_server, "Trace 15\n", "log_level", "\"debug\""},
        Mapped{as_server, "Trace 255\n", "log_level", "\"debug\""},
        Mapped{as_server, "Trace 256\n", "log_level", ""}, Mapped{as_server, "", "log_level", ""},
        Mapped{as_server, "ApplicationControlled On\n", "origin", "\"application\""},
        Mapped{"HandshakeRole Server\nTTLSCipherParms\n{\nV3CipherSuites4Char C0301302\n}\n", "",
               "ciphers", R"(["aes-256-gcm"])"},
        Mapped{"HandshakeRole Server\nTTLSCipherParms\n{\nV3CipherSuites 0A2F\n}\n", "", "ciphers",
               ""},
        Mapped{"HandshakeRole Server\nSuiteBProfile 128\n", "", "ciphers", R"(["aes-128-gcm"])"},
        Mapped{"HandshakeRole Client\nTTLSSignatureParms\n{\nClientECurves 0029\n}\n", "", "groups",
               R"(["x25519"])"},
        Mapped{"HandshakeRole Client\nTTLSSignatureParms\n{\nClientECurves Any\n}\n", "", "groups",
               ""},
        Mapped{"HandshakeRole Server\nTTLSSignatureParms\n{\nSignaturePairs 08040403\n}\n", "",
               "signature_algorithms", R"(["rsa_pss_rsae_sha256", "ecdsa_secp256r1_sha256"])"},
        Mapped{"HandshakeRole Server\nTTLSGskAdvancedParms\n{\n"
               "GSK_SESSION_TICKET_SERVER_ENABLE On\n}\n",
               "", "session_tickets", "true"}));

TEST_P(AtTlsParameter, IsMapped) {
  const auto import = import_at_tls(one_rule(GetParam().environment, GetParam().advanced), "f");

  EXPECT_EQ(value_of(import, GetParam().key), GetParam().value) << import.toml;
  (void)policy_of(import);
}

TEST(AtTls, RaisesTheLimitsOfTheAgent) {
  const auto policy = policy_of(import_at_tls(one_rule(as_server, "HandshakeTimeout 90\n"), "f"));

  EXPECT_EQ(policy.agent().first_byte_timeout, std::chrono::seconds(90));
  EXPECT_EQ(policy.profiles().at(0).first_byte_timeout, std::chrono::seconds(90));
}

TEST(AtTls, TellsOfOtherFilesWithoutReadingThem) {
  const auto import =
      import_at_tls("CommonTTLSConfig /etc/common.policy\n" + one_rule(as_server), "f");

  EXPECT_THAT(import.problems, Contains(HasSubstr("f:1: CommonTTLSConfig /etc/common.policy: other "
                                                  "files are not followed")));
}

TEST(AtTls, TakesTheLastOfBlocksWithOneName) {
  const auto import =
      import_at_tls(one_rule(as_server) + "TTLSGroupAction g\n{\nTTLSEnabled Off\n}\n", "f");

  EXPECT_EQ(action_of(import, "r"), policy::Action::Clear);
  EXPECT_THAT(import.problems, Contains(HasSubstr("TTLSGroupAction g: there is another one")));
}

TEST(AtTls, ListsBlocksThatNoRuleUses) {
  const auto import = import_at_tls(one_rule(as_server) + "PortRange p\n{\nPort 1\n}\n", "f");

  EXPECT_THAT(import.toml, HasSubstr("PortRange p: no rule uses it"));
}

struct Unclear {
  const char* rule;
  const char* problem;
};
void PrintTo(const Unclear& unclear, std::ostream* out) {
  *out << unclear.rule;
}
class AtTlsUnclearRule : public testing::TestWithParam<Unclear> {};
INSTANTIATE_TEST_SUITE_P(
    All, AtTlsUnclearRule,
    testing::Values(
        Unclear{"RemoteAddr 192.0.2.300\n", "is no address"},
        Unclear{"RemoteAddr 192.0.2.0/33\n", "is no prefix"},
        Unclear{"RemoteAddr 192.0.2.9-192.0.2.1\n", "is no range of addresses"},
        Unclear{"RemoteAddr 0.0.0.0\n", "not clear"}, Unclear{"RemoteAddrRef none\n", "no IpAddr"},
        Unclear{"RemoteAddrSetRef none\n", "no IpAddrSet"},
        Unclear{"RemoteAddr 192.0.2.1\nRemoteAddr 192.0.2.2\n", "says it already"},
        Unclear{"RemotePortRange 9 1\n", "is no range of ports"},
        Unclear{"RemotePortRange 70000\n", "is no range of ports"},
        Unclear{"RemotePortGroupRef none\n", "no PortGroup"},
        Unclear{"Jobname ZWE*SV\n", "no counterpart"},
        Unclear{"Jobname PAY$01\n", "no counterpart"},
        Unclear{"Userid DB2*\n", "no counterpart for a pattern"},
        Unclear{"Direction Sideways\n", "says it already"}, Unclear{"Colour red\n", "not known"},
        Unclear{"IpTimeConditionRef none\n", "no IpTimeCondition"},
        Unclear{"IpTimeCondition\n{\nTimeZone UTC\n}\n", "times are local"},
        Unclear{"IpTimeCondition\n{\nDayOfWeekMask 111\n}\n", "seven digits"},
        Unclear{"IpTimeCondition\n{\nTimeOfDayRange 8-8\n}\n", "no time of day"},
        Unclear{"IpTimeCondition\n{\nMonthOfYearMask 011111111111\n}\n", "no counterpart"},
        Unclear{"IpTimeCondition\n{\nConditionTimeRange 20200101000000:20210101000000\n}\n",
                "no counterpart"},
        Unclear{"TTLSConnectionActionRef none\n", "no TTLSConnectionAction"},
        Unclear{"TTLSGroupActionRef g\n", "more than one"}));

TEST_P(AtTlsUnclearRule, IsDeniedRatherThanWidened) {
  const auto import = import_at_tls(one_rule(as_server, "", GetParam().rule), "f");

  EXPECT_THAT(import.problems, Contains(HasSubstr(GetParam().problem)));
  EXPECT_EQ(action_of(import, "r"), policy::Action::Deny) << import.toml;
}

struct Condition {
  const char* rule;
  const char* key;
  const char* value;
};
void PrintTo(const Condition& condition, std::ostream* out) {
  *out << condition.rule;
}
class AtTlsCondition : public testing::TestWithParam<Condition> {};
INSTANTIATE_TEST_SUITE_P(
    All, AtTlsCondition,
    testing::Values(
        Condition{"RemoteAddr All\n", "remote_address", ""},
        Condition{"RemoteAddr 192.0.2.1\n", "remote_address", "\"192.0.2.1\""},
        Condition{"RemoteAddr 2001:DB8::/32\n", "remote_address", "\"2001:db8::/32\""},
        Condition{"RemoteAddr 192.0.2.77/24\n", "remote_address", "\"192.0.2.0/24\""},
        Condition{"RemoteAddr 192.0.2.1-192.0.2.9\n", "remote_address", "\"192.0.2.1-192.0.2.9\""},
        Condition{"RemotePortRange 0\n", "remote_port", ""},
        Condition{"RemotePortRange 8000 8010\n", "remote_port", "\"8000-8010\""},
        Condition{"RemotePortRange 8000:8010\n", "remote_port", "\"8000-8010\""},
        Condition{"Jobname *\n", "unit", ""},
        Condition{"Jobname WEB1\n", "unit", "\"WEB1.service\""},
        Condition{"Jobname WEB*\n", "unit", "\"WEB*\""}, Condition{"Userid *\n", "user", ""},
        Condition{"Userid WEBUSR\n", "user", "\"WEBUSR\""},
        Condition{"Priority 77\n", "priority", "77"},
        Condition{"Priority 3000000000\n", "priority", "1"},
        Condition{"", "direction", "\"inbound\""}, Condition{"", "local_port", "443"},
        Condition{"IpTimeCondition\n{\nDayOfWeekMask 1000001\n}\n", "time", "\"sat,sun\""},
        Condition{"IpTimeCondition\n{\nTimeOfDayRange 22-6:30\n}\n", "time", "\"22:00-06:30\""},
        Condition{"IpTimeCondition\n{\nDayOfWeekMask 1111111\n}\n", "time", ""}));

TEST_P(AtTlsCondition, IsMapped) {
  const auto import = import_at_tls(one_rule(as_server, "", GetParam().rule), "f");

  EXPECT_EQ(value_of(import, GetParam().key), GetParam().value) << import.toml;
  EXPECT_EQ(action_of(import, "r"), policy::Action::Profile);
}

struct Broken {
  const char* text;
  const char* problem;
};
void PrintTo(const Broken& broken, std::ostream* out) {
  *out << broken.text;
}
class AtTlsBroken : public testing::TestWithParam<Broken> {};
INSTANTIATE_TEST_SUITE_P(
    All, AtTlsBroken,
    testing::Values(Broken{"TTLSRule r\n{\n", "f:1: TTLSRule r: the block is not closed"},
                    Broken{"TTLSRule r\n{\n}\n}\n", "f:4: \"}\" closes nothing"},
                    Broken{"\n{\n}\n", "f:2: \"{\" without a statement"},
                    Broken{"TTLSRule \xff\n", "f:1: this is no text"},
                    Broken{"\xc3\xe3\xd3\xe2\x40", "iconv -f IBM-1047"}));

TEST_P(AtTlsBroken, ComesToNothing) {
  const auto import = import_at_tls(GetParam().text, "f");

  EXPECT_THAT(import.toml, IsEmpty());
  EXPECT_THAT(import.problems, Contains(HasSubstr(GetParam().problem)));
}

TEST(AtTls, TellsOfAllBrokenPlaces) {
  const auto import = import_at_tls("}\n{\n}\nTTLSRule a\n{\nTTLSRule b\n{\n", "f");

  EXPECT_THAT(import.problems, ElementsAre(HasSubstr("f:1: "), HasSubstr("f:2: "),
                                           HasSubstr("f:4: "), HasSubstr("f:6: ")));
}

} // namespace
} // namespace ktls::importer
