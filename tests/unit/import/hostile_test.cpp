// SPDX-License-Identifier: GPL-2.0-or-later
// Imports of what nobody should have written.
#include <fmt/format.h>

#include "import/at_tls.hpp"
#include "import/tlshd.hpp"
#include "unit/import/import_checks.hpp"

namespace ktls::importer {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

using Importer = Import (*)(std::string_view text, std::string_view file);

struct Sample {
  const char* name;
  Importer import;
};
void PrintTo(const Sample& sample, std::ostream* out) {
  *out << sample.name;
}
std::vector<Sample> samples() {
  std::vector<Sample> out;
  out.reserve(std::size(at_tls_samples) + std::size(tlshd_samples));
  for (const char* name : at_tls_samples)
    out.push_back({name, import_at_tls});
  for (const char* name : tlshd_samples)
    out.push_back({name, import_tlshd});
  return out;
}

// Comes to nothing, or to a policy, which is looked at each few times as that takes longer.
void expect_sound(const Import& import, std::size_t number = 0) {
  constexpr std::size_t few = 7;
  if (import.toml.empty()) {
    EXPECT_FALSE(import.problems.empty());
    return;
  }
  if (number % few != 0)
    return;
  const auto parsed = parse(import.toml);
  EXPECT_TRUE(parsed) << import.toml << testing::PrintToString(parsed.error().lines);
}

class HostileImport : public testing::TestWithParam<Sample> {};
INSTANTIATE_TEST_SUITE_P(All, HostileImport, testing::ValuesIn(samples()));

TEST_P(HostileImport, IsSoundWhereverItIsCutOff) {
  const auto text = sample(GetParam().name);

  for (std::size_t size = 0; size < text.size(); ++size)
    expect_sound(GetParam().import(text.substr(0, size), "f"), size);
}

TEST_P(HostileImport, IsSoundWhicheverByteIsChanged) {
  const auto text = sample(GetParam().name);

  constexpr std::string_view puts = "\n\"{9\xc3\\}#=";
  for (std::size_t at = 0; at < 2 * text.size(); ++at) {
    auto changed = text;
    changed[at % text.size()] = puts[(at + at / text.size()) % puts.size()];
    expect_sound(GetParam().import(changed, "f"), at);
  }
}

TEST_P(HostileImport, IsSoundWhicheverLineIsMissingOrDoubled) {
  const auto text = sample(GetParam().name);

  for (auto begin = text.find('\n'); begin != std::string::npos && begin + 1 < text.size();
       begin = text.find('\n', begin + 1)) {
    const auto end = std::min(text.find('\n', begin + 1), text.size());
    expect_sound(GetParam().import(text.substr(0, begin) + text.substr(end), "f"));
    expect_sound(GetParam().import(text.substr(0, end) + text.substr(begin), "f"));
  }
}

constexpr std::string_view nasty = "a\"]\\\x01\x7f'''\"\"\"\u00e9\u2028]";

std::string policy_with(std::string_view name) {
  const std::string n(name);
  return "TTLSRule " + n + "\n{\nLocalPortRange 443\nDirection Inbound\nTTLSGroupActionRef " + n +
         "\nTTLSEnvironmentActionRef " + n + "\n}\nTTLSGroupAction " + n +
         "\n{\nTTLSEnabled On\nTrace " + n + "\n}\nTTLSEnvironmentAction " + n +
         "\n{\nHandshakeRole Server\nTTLSKeyringParms " + n + "\n{\nKeyring " + n +
         "/x\n}\nTTLSEnvironmentAdvancedParms\n{\nTLSv1.3 On\nCertificateLabel " + n + "\n" + n +
         " " + n + "\n}\n}\n" + n + " " + n + "\n";
}

TEST(HostileText, PutsNoTomlInByNamesOfAtTls) {
  const auto import = import_at_tls(policy_with(nasty), std::string("f\n[agent]\n") + "\x1b[2J");

  const auto policy = policy_of(import);
  EXPECT_EQ(policy.rules().size(), 1U);
  EXPECT_EQ(policy.profiles().size(), 1U);
  EXPECT_EQ(policy.rules().at(0).action, policy::Action::Profile);
  for (const auto& problem : import.problems)
    EXPECT_EQ(problem.find_first_of("\n\x1b\x01"), std::string::npos) << problem;
}

TEST(HostileText, PutsNoTomlInByValuesOfTlshd) {
  const std::string nasty_path =
      "/a\\n[agent]\\ndefault_action = \"clear\"\\n#" + std::string(nasty);
  const auto import =
      import_tlshd("[authenticate.client]\nx509.truststore=" + nasty_path + "\n[" +
                       "x\ny=" + nasty_path + "\n[debug]\nloglevel=" + nasty_path + "\n",
                   "f");
  EXPECT_THAT(import.toml, IsEmpty()); // the group is broken

  const auto whole = import_tlshd("[authenticate.client]\nx509.truststore=" + nasty_path +
                                      "\n[debug]\nloglevel=" + nasty_path + "\n",
                                  "f");
  const auto policy = policy_of(whole);
  EXPECT_EQ(policy.default_action(), policy::Action::Deny);
  EXPECT_EQ(policy.profiles().at(0).truststore.at(0).path,
            "/a\n[agent]\ndefault_action = \"clear\"\n#" + std::string(nasty));
}

TEST(HostileText, TellsNamesApartThatLookAlikeHere) {
  std::string text = policy_with("a~b") + policy_with("a!b");

  const auto policy = policy_of(import_at_tls(text, "f"));

  EXPECT_EQ(policy.rules().size(), 2U);
  EXPECT_EQ(policy.profiles().size(), 2U);
  EXPECT_EQ(policy.credentials().size(), 2U);
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i)
    out += text;
  return out;
}

TEST(HostileText, HasLimits) {
  const auto large = import_at_tls(std::string(max_input + 1, ' '), "f");
  EXPECT_THAT(large.problems, Contains(HasSubstr("larger than 1048576 bytes")));
  EXPECT_THAT(large.toml, IsEmpty());

  const auto deep = import_at_tls(repeated("x\n{\n", 20) + repeated("}\n", 20), "f");
  EXPECT_THAT(deep.problems, Contains(HasSubstr("blocks in more than 16 others")));
  EXPECT_THAT(deep.toml, IsEmpty());

  const auto many = import_at_tls(repeated("x\n", 60'000), "f");
  EXPECT_THAT(many.problems, Contains(HasSubstr("more than 50000 statements")));
  EXPECT_THAT(many.toml, IsEmpty());

  const auto wrong = import_tlshd(repeated("x\n", 5000), "f");
  EXPECT_EQ(wrong.problems.size(), 1001U);
  EXPECT_THAT(wrong.problems, Contains("f: 4000 more problems"));
}

TEST(HostileText, EndsWhereBlocksNameEachOther) {
  const std::string rule = "TTLSRule r\n{\nDirection Inbound\nRemoteAddrGroupRef g\n"
                           "TTLSGroupActionRef a\nTTLSEnvironmentActionRef e\n}\n"
                           "TTLSGroupAction a\n{\nTTLSEnabled On\n}\n";
  const std::string groups = "IpAddrGroup g\n{\n" + repeated("IpAddrGroupRef g\n", 1000) + "}\n";
  const std::string actions =
      "TTLSEnvironmentAction e\n{\n" + repeated("TTLSGskAdvancedParmsRef s\n", 1000) +
      "}\nTTLSGskAdvancedParms s\n{\n" + repeated("TTLSGskAdvancedParmsRef s\n", 1000) + "}\n";

  const auto import = import_at_tls(rule + groups + actions, "f");

  EXPECT_EQ(policy_of(import).rules().at(0).action, policy::Action::Deny);
}

TEST(HostileText, WritesNoMoreThanItMay) {
  std::string text =
      "TTLSGroupAction g\n{\nTTLSEnabled On\n" + repeated("CtraceClearText Off\n", 40'000) + "}\n";
  for (int i = 0; i < 100; ++i) {
    text +=
        fmt::format("TTLSRule r{0}\n{{\nTTLSGroupActionRef g\nTTLSEnvironmentActionRef e{0}\n}}\n"
                    "TTLSEnvironmentAction e{0}\n{{\nHandshakeRole Server\nTTLSKeyringParms\n"
                    "{{\nKeyring k\n}}\n}}\n",
                    i);
  }

  const auto import = import_at_tls(text, "f");

  EXPECT_THAT(import.toml, IsEmpty());
  EXPECT_THAT(import.problems, Contains(HasSubstr("more than 4194304 bytes would come out")));
}

} // namespace
} // namespace ktls::importer
