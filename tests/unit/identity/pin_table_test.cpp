// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/pin_table.hpp"

#include <fmt/format.h>

#include "identity/certificates.hpp"
#include "policy/pin.hpp"

namespace ktls::identity::test {
namespace {

std::string hex(const tls::Sha256& hash) {
  return policy::pin_text(hash);
}
const std::string& leaf() {
  static const std::string one = certificate(alice, {}, "\x0a\xbc");
  return one;
}
std::string cert_pin(std::string_view user) {
  return fmt::format("cert {} {}\n", hex(hash_of(leaf())), user);
}
std::string issued_pin(std::string_view user, std::string_view serial = "abc",
                       std::string_view issuer = "CN=Example CA") {
  return fmt::format("issued {} {} \"{}\" {}\n", hex(anchor_spki()), serial, issuer, user);
}

std::string problems(const std::string& text) {
  policy::Problems found;
  const std::vector<policy::SourceFile> files{{"p", text}};
  (void)PinTable::parse(files, found);
  return fmt::format("{}", fmt::join(found.lines, "\n"));
}
PinTable table(const std::string& text) {
  policy::Problems found;
  const std::vector<policy::SourceFile> files{{"p", text}};
  auto out = PinTable::parse(files, found);
  EXPECT_EQ(found.lines, std::vector<std::string>());
  return out;
}
Step map(const std::string& pins, const std::string& certificate = leaf(),
         std::optional<tls::Sha256> anchor = anchor_spki()) {
  return table(pins).map(read(certificate), anchor);
}

TEST(Pins, AreOfCertificatesKeysAndSerialNumbers) {
  for (const auto& pin : {cert_pin("bob"), key_pin("bob"), issued_pin("bob")}) {
    const auto step = map("# first\n\n" + pin);

    EXPECT_EQ(step.result, StepResult::Match) << pin;
    EXPECT_EQ(step.user, "bob");
    EXPECT_EQ(step.strength, Strength::Strong);
    EXPECT_EQ(step.entry, "p:3");
  }
  EXPECT_EQ(map(cert_pin("bob")).attribute, "certificate=" + hex(hash_of(leaf())));
  EXPECT_EQ(map(issued_pin("bob")).attribute, "serial=0abc, issuer=CN=Example CA");
}

TEST(Pins, AreOfThatOneAlone) {
  const auto other = certificate(alice, {}, "\x0a\xbd");

  EXPECT_EQ(map(cert_pin("bob"), other).result, StepResult::NoMatch);
  EXPECT_EQ(map(key_pin("bob"), other).result, StepResult::Match) << "it has the same key";
  EXPECT_EQ(map(issued_pin("bob"), other).result, StepResult::NoMatch);
  EXPECT_EQ(map(issued_pin("bob", "abc", "CN=Example CA2")).result, StepResult::NoMatch);
  EXPECT_EQ(map("").result, StepResult::NoMatch);
  // the digits of one kind are nothing for another
  EXPECT_EQ(map(fmt::format("key {} bob", hex(hash_of(leaf())))).result, StepResult::NoMatch);
}

TEST(Pins, OfSerialNumbersAreBoundToTheAnchorsKey) {
  const Authority impostor("Example CA");
  const auto forged =
      impostor.issue({.subject = alice, .extensions = {}, .serial = "\x0a\xbc"}, key());

  EXPECT_EQ(map(issued_pin("bob"), forged, hash_of(impostor.key.spki())).result,
            StepResult::NoMatch);
  EXPECT_EQ(map(issued_pin("bob"), leaf(), std::nullopt).result, StepResult::NoMatch);
}

TEST(Pins, TakeSerialNumbersAsTheyAreWritten) {
  for (const char* serial : {"0ABC", "0a:bc", "00:0a:bc", "abc"})
    EXPECT_EQ(map(issued_pin("bob", serial)).result, StepResult::Match) << serial;
  const auto negative = certificate(alice, {}, "\x8a");
  EXPECT_EQ(map(issued_pin("bob", "8a"), negative).result, StepResult::NoMatch);
  EXPECT_EQ(map(issued_pin("bob", "8a"), certificate(alice, {}, "\0\x8a"s)).result,
            StepResult::Match);
  EXPECT_EQ(map(issued_pin("bob", "0"), certificate(alice, {}, "\0"s)).result, StepResult::Match);
}

TEST(Pins, DenyBeforeAllElse) {
  for (const auto& pins : {cert_pin("bob") + key_pin("!deny"), cert_pin("!deny") + key_pin("bob"),
                           cert_pin("bob") + key_pin("carol") + issued_pin("!deny")}) {
    const auto step = map(pins);

    EXPECT_EQ(step.result, StepResult::Deny) << pins;
    EXPECT_EQ(step.user, "");
  }
}

TEST(Pins, OfTwoUsersAreAmbiguous) {
  const auto step = map(cert_pin("bob") + key_pin("carol"));

  EXPECT_EQ(step.result, StepResult::Ambiguous);
  EXPECT_EQ(step.user, "");
  EXPECT_EQ(step.why, "it is pinned to bob in p:1, and to carol in p:2");
  EXPECT_EQ(map(cert_pin("bob") + key_pin("bob")).result, StepResult::Match);
}

TEST(Pins, AreThereOnce) {
  EXPECT_EQ(problems(key_pin("bob") + key_pin("carol")),
            "p:2: this is pinned to bob already, in p:1; one of the two has to go");
  EXPECT_EQ(problems(issued_pin("bob") + "\n" + issued_pin("bob", "0ABC")),
            "p:3: this is pinned to bob already, in p:1; one of the two has to go");
  EXPECT_NE(problems(cert_pin("bob") + cert_pin("!deny")), "");
}

TEST(Pins, MayHaveColonsAndComments) {
  std::string colons = hex(hash_of(key().spki()));
  for (std::size_t i = 2; i < colons.size(); i += 3)
    colons.insert(i, 1, ':');

  EXPECT_EQ(map("\t key\t" + colons + "  bob # since May\r\n").user, "bob");
  EXPECT_EQ(map("#x\n  # y\n" + key_pin("bob")).user, "bob");
}

// RFC 4514 has a '"' as '\"'.
TEST(Pins, HaveIssuersInQuotes) {
  const Authority odd("a \"b\" c");
  const auto made = odd.issue({.subject = alice, .extensions = {}}, key());
  const auto pin =
      fmt::format("issued {} 07 \"CN=a \\\"b\\\" c\" bob", hex(hash_of(odd.key.spki())));

  EXPECT_EQ(map(pin, made, hash_of(odd.key.spki())).user, "bob");
}

TEST(Pins, TellOfEachMistake) {
  const std::string hash(64, 'a');
  EXPECT_EQ(problems("pin x y"), "p:1: \"pin\" is not one of: cert, key, issued");
  EXPECT_EQ(problems("cert abc bob"),
            "p:1: must have a SHA-256 in hexadecimal digits behind \"cert\"");
  EXPECT_EQ(problems("cert " + hash), "p:1: must have a user at the end, or !deny");
  EXPECT_EQ(problems("cert " + hash + " # bob"), "p:1: must have a user at the end, or !deny");
  EXPECT_EQ(problems("cert " + hash + " bob carol"), "p:1: has something behind the user");
  EXPECT_EQ(problems("cert " + hash + " ../x\nkey " + hash + " !Deny"),
            "p:1: \"../x\" cannot be the name of a user: it has '/' in it\n"
            "p:2: \"!Deny\" cannot be the name of a user: it begins with '!'");
  EXPECT_EQ(problems("issued " + hash + " xyz \"CN=a\" bob"),
            "p:1: the serial number must be hexadecimal digits");
  EXPECT_EQ(problems("issued " + hash + " 07 \"CN=\\z\" bob"),
            "p:1: the issuer has a '\\' that has no meaning (RFC 4514)");
  for (const char* issuer : {"CN=a", "\"CN=a", "\"\"", "\"CN=a\\\""})
    EXPECT_EQ(problems(fmt::format("issued {} 07 {} bob", hash, issuer)),
              "p:1: the issuer must be in quotes: \"CN=Example CA,O=Example\"")
        << issuer;
  EXPECT_EQ(problems("cert " + std::string(9000, 'a') + " bob"), "p:1: has more than 8192 bytes");
  EXPECT_EQ(problems(std::string("cert\0x", 6)),
            "p:1: \"cert\\x00x\" is not one of: cert, key, issued");
}

TEST(Pins, TellOf100MistakesAtMost) {
  std::string text;
  for (int i = 0; i < 150; ++i)
    text += "x\n";
  policy::Problems found;
  const std::vector<policy::SourceFile> files{{"p", text}};

  (void)PinTable::parse(files, found);

  EXPECT_EQ(found.lines.size(), 101U);
  EXPECT_EQ(found.lines.back(), "p: 50 more problems");
}

TEST(Pins, AreShownUpTo100) {
  EXPECT_EQ(table(issued_pin("bob", "0A:BC")).texts(),
            std::vector<std::string>{
                issued_pin("bob", "0abc").substr(0, issued_pin("bob", "0abc").size() - 1)});
  std::string many;
  for (int i = 0; i < 101; ++i)
    many += fmt::format("key {:064x} bob\n", i);
  EXPECT_EQ(table(many).size(), 101U);
  EXPECT_EQ(table(many).texts().size(), 0U);
}

} // namespace
} // namespace ktls::identity::test
