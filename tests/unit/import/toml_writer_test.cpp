// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/toml_writer.hpp"

#include <gtest/gtest.h>

#include "import/name_table.hpp"

namespace ktls::importer {
namespace {

TEST(TomlWriter, QuotesStrings) {
  EXPECT_EQ(Value::text("a\"b\\c").toml, R"("a\"b\\c")");
  EXPECT_EQ(Value::text("\n\x01\x7f").toml, R"("\u000A\u0001\u007F")");
  EXPECT_EQ(Value::text("\u00e9").toml, "\"\u00e9\"");
  EXPECT_EQ(Value::text("\xff\xc3").toml, R"("\uFFFD\uFFFD")");
}

TEST(TomlWriter, WritesListsOfOneByThemselves) {
  EXPECT_EQ(Value::texts({"a"}).toml, "\"a\"");
  EXPECT_EQ(Value::texts({"a", "b"}).toml, R"(["a", "b"])");
  EXPECT_EQ(Value::list({"a"}).toml, R"(["a"])");
  EXPECT_EQ(Value::ports({"443"}).toml, "443");
  EXPECT_EQ(Value::ports({"443", "1-2"}).toml, R"([443, "1-2"])");
}

TEST(TomlWriter, BreaksLongLines) {
  TomlWriter out;

  out.comment(std::string(60, 'a') + " " + std::string(60, 'b'));
  out.key("k", Value::list({std::string(60, 'a'), std::string(60, 'b')}));

  EXPECT_EQ(out.text(), "# " + std::string(60, 'a') + "\n#   " + std::string(60, 'b') +
                            "\nk = [\"" + std::string(60, 'a') + "\",\n  \"" +
                            std::string(60, 'b') + "\"]\n");
}

TEST(TomlWriter, KeepsCommentsOnTheirLines) {
  TomlWriter out;

  out.comment("a\n[agent]\rb");
  out.key("k", Value::number(1), "x\ny = 2");
  out.suggest("z\nq = 1");

  EXPECT_EQ(out.text(), "# a\\x0a[agent]\\x0db\nk = 1 # x\\x0ay = 2\n# z\\x0aq = 1\n");
}

TEST(NameTable, MakesNamesThatAreAllowedAndDiffer) {
  NameTable names;

  EXPECT_EQ(names.name("a b"), "a_b");
  EXPECT_EQ(names.name("a~b"), "a_b-2");
  EXPECT_EQ(names.name("a b"), "a_b");
  EXPECT_EQ(names.name("a_b"), "a_b-3");
  EXPECT_EQ(names.name(""), "_");
  EXPECT_EQ(names.name(std::string(100, 'x')), std::string(64, 'x'));
  EXPECT_EQ(names.name(std::string(101, 'x')), std::string(62, 'x') + "-2");
}

TEST(NameTable, MakesNoHiddenFiles) {
  NameTable files(".");

  EXPECT_EQ(files.name("a.b"), "a.b");
  EXPECT_EQ(files.name(".."), "_.");
  EXPECT_EQ(files.name("../../etc/passwd"), "_._.._etc_passwd");
}

} // namespace
} // namespace ktls::importer
