// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/name_text.hpp"

#include "identity/certificates.hpp"

namespace ktls::identity::test {
namespace {

std::string text_of(const std::string& name) {
  const auto read = read_name(der::bytes(name));
  return read ? read->text : "none";
}
std::string text_of_cn(std::string_view value, std::uint8_t tag = utf8_tag) {
  return text_of(der::sequence(der::attribute(cn, value, tag)));
}

TEST(NameText, HasTheMostSpecificFirst) {
  EXPECT_EQ(text_of(alice), "CN=alice,OU=Ops,O=Example");
  EXPECT_EQ(text_of(der::sequence("")), "");
}

// RFC 4514, section 4
TEST(NameText, IsAsInTheStandardsExamples) {
  EXPECT_EQ(text_of_cn("James \"Jim\" Smith, III"), "CN=James \\22Jim\\22 Smith\\2c III");
  EXPECT_EQ(text_of_cn("Before\rAfter"), "CN=Before\\0dAfter");
  EXPECT_EQ(text_of_cn("Lu\xc4\x8di\xc4\x87"), "CN=Lu\xc4\x8di\xc4\x87");
  EXPECT_EQ(text_of(der::sequence(der::attribute("\x2b\x06\x01\x04\x01\x8b\x3a\x00"s, "Hi", 0x04))),
            "1.3.6.1.4.1.1466.0=#04024869");
}

TEST(NameText, EscapesWhatWouldBeTakenForStructure) {
  EXPECT_EQ(text_of_cn("a,O=Evil"), "CN=a\\2cO\\3dEvil");
  EXPECT_EQ(text_of_cn("a+UID=root"), "CN=a\\2bUID\\3droot");
  EXPECT_EQ(text_of_cn("a\\,b"), "CN=a\\5c\\2cb");
  EXPECT_EQ(text_of_cn("<;>\""), "CN=\\3c\\3b\\3e\\22");
  EXPECT_EQ(text_of_cn(" a b "), "CN=\\20a b\\20");
  EXPECT_EQ(text_of_cn("#0c#"), "CN=\\230c#");
  EXPECT_EQ(text_of_cn(std::string_view("a\0b", 3)), "CN=a\\00b");
}

TEST(NameText, IsTheSameForEachStringType) {
  EXPECT_EQ(text_of_cn("alice", 0x13), "CN=alice");
  EXPECT_EQ(text_of_cn("alice", 0x16), "CN=alice");
  EXPECT_EQ(text_of_cn("\0a\0l"s, 0x1e), "CN=al");
}

TEST(NameText, SaysWhatIsNoTextByItsBytes) {
  EXPECT_EQ(text_of_cn("\xe9", 0x14), "CN=#1401e9") << "Latin-1";
  EXPECT_EQ(text_of_cn("\xff", utf8_tag), "CN=#0c01ff");
  EXPECT_EQ(text_of_cn("x", 0x04), "CN=#040178");
  EXPECT_EQ(
      read_name(der::bytes(der::sequence(der::attribute(cn, "x", 0x04))))->attributes[0].value,
      std::nullopt);
}

TEST(NameText, JoinsTheAttributesOfOneStep) {
  const auto both = der::set(der::sequence(der::oid(cn) + der::value(utf8_tag, "a")) +
                             der::sequence(der::oid(ou) + der::value(utf8_tag, "b")));

  EXPECT_EQ(text_of(der::sequence(der::attribute(o, "c") + both)), "CN=a+OU=b,O=c");
}

TEST(NameText, KeepsTheAttributesUnescaped) {
  const auto read = read_name(der::bytes(name_of("a,b")));

  EXPECT_EQ(read->attributes,
            (std::vector<NameAttribute>{{"CN", "a,b"}, {"OU", "Ops"}, {"O", "Example"}}));
}

TEST(NameText, IsOf64AttributesAtMost) {
  std::string parts;
  for (int i = 0; i < 64; ++i)
    parts += der::attribute(ou, "x");

  EXPECT_NE(text_of(der::sequence(parts)), "none");
  EXPECT_EQ(text_of(der::sequence(parts + der::attribute(ou, "x"))), "none");
}

TEST(NameText, RefusesWhatIsMalformed) {
  EXPECT_EQ(text_of(""), "none");
  EXPECT_EQ(text_of(alice + "x"), "none");
  EXPECT_EQ(text_of(der::sequence(der::set(""))), "none");
  for (std::size_t size = 0; size < alice.size(); ++size)
    EXPECT_EQ(text_of(alice.substr(0, size)), "none") << size;
}

TEST(CanonicalName, IsTheSameHoweverItIsWritten) {
  for (const char* text : {"CN=a\\,b,O=x", "CN=a\\2cb,O=x", "CN=a\\2Cb,O=x"})
    EXPECT_EQ(canonical_name(text), "CN=a\\2cb,O=x") << text;
  EXPECT_EQ(canonical_name("CN=\\ a\\#\\\"\\\\"), "CN=\\20a\\23\\22\\5c");
  EXPECT_EQ(canonical_name("CN=M\\C3\\BCller \\41"), "CN=M\xc3\xbcller A");
  EXPECT_EQ(canonical_name("CN=a,O=b"), "CN=a,O=b") << "structure stays";
}

TEST(CanonicalName, RefusesWhatHasNoMeaning) {
  for (const char* text : {"CN=a\\", "CN=\\a", "CN=\\x41", "CN=\\-1"})
    EXPECT_EQ(canonical_name(text), std::nullopt) << text;
}

TEST(NameText, KnowsTheNamesOfAttributes) {
  EXPECT_TRUE(is_attribute_name("CN"));
  EXPECT_FALSE(is_attribute_name("cn"));
  EXPECT_FALSE(is_attribute_name("2.5.4.3"));
}

} // namespace
} // namespace ktls::identity::test
