// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/psk_file.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace ktls {
namespace {

namespace fs = std::filesystem;

const std::string hexadecimal = "000102030405060708090a0b0c0d0eFF";

std::string key_of(const Result<PskFile>& file, std::string_view identity) {
  const auto psk = file.value().find(identity);
  if (!psk)
    return "none";
  const auto bytes = psk->key.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string error(std::string_view text) {
  const auto file = PskFile::parse(text);
  return file ? "" : file.error().message();
}

std::string bytes(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i)
    out += "a5";
  return out;
}

TEST(PskFile, HasAKeyInEachLine) {
  const auto file = PskFile::parse("alice:" + hexadecimal + "\nbob:" + bytes(16) + "\n");

  ASSERT_TRUE(file);
  EXPECT_EQ(key_of(file, "alice"),
            std::string("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\xff", 16));
  EXPECT_EQ(key_of(file, "bob"), std::string(16, '\xa5'));
  EXPECT_EQ(key_of(file, "carol"), "none");
  EXPECT_EQ(key_of(file, "alic"), "none");
}

TEST(PskFile, GivesItsFirstKeyToWhoNamesNone) {
  const auto file = PskFile::parse("alice:" + bytes(16) + "\nbob:" + bytes(17) + "\n");

  EXPECT_EQ(file.value().find("").value().identity, "alice");
}

TEST(PskFile, NeedsNoEndOfItsLastLine) {
  EXPECT_EQ(key_of(PskFile::parse("a:" + bytes(16)), "a"), std::string(16, '\xa5'));
}

TEST(PskFile, TakesLinesOfOtherSystems) {
  const auto file = PskFile::parse("a:" + bytes(16) + "\r\n\r\nb:" + bytes(16) + "\r\n");

  EXPECT_EQ(key_of(file, "a"), std::string(16, '\xa5'));
  EXPECT_EQ(key_of(file, "b"), std::string(16, '\xa5'));
}

TEST(PskFile, SkipsCommentsAndEmptyLines) {
  const auto file = PskFile::parse("# a:zz\n\n\na:" + bytes(16) + "\n#\n");

  EXPECT_EQ(file.value().find("").value().identity, "a");
}

TEST(PskFile, TakesColonsIntoTheIdentity) {
  EXPECT_EQ(key_of(PskFile::parse("urn:x:a:" + bytes(16)), "urn:x:a"), std::string(16, '\xa5'));
}

TEST(PskFile, TakesKeysOfSoManyBytes) {
  EXPECT_TRUE(PskFile::parse("a:" + bytes(tls::min_psk_size)));
  EXPECT_TRUE(PskFile::parse("a:" + bytes(tls::max_psk_size)));
  EXPECT_FALSE(PskFile::parse("a:" + bytes(tls::min_psk_size - 1)));
  EXPECT_FALSE(PskFile::parse("a:" + bytes(tls::max_psk_size + 1)));
  EXPECT_FALSE(PskFile::parse("a:" + bytes(tls::min_psk_size) + "a"));
  EXPECT_FALSE(PskFile::parse("a:"));
}

TEST(PskFile, TakesIdentitiesOfSoManyBytes) {
  const std::string rest = ":" + bytes(16);
  EXPECT_TRUE(PskFile::parse(std::string(tls::max_psk_identity, 'i') + rest));
  EXPECT_FALSE(PskFile::parse(std::string(tls::max_psk_identity + 1, 'i') + rest));
  EXPECT_FALSE(PskFile::parse(rest));
  EXPECT_FALSE(PskFile::parse(std::string("a\0b", 3) + rest));
}

TEST(PskFile, HasOnlySoManyKeys) {
  std::string text;
  for (std::size_t i = 0; i < PskFile::max_keys; ++i)
    text += "i" + std::to_string(i) + ":" + bytes(16) + "\n";

  EXPECT_TRUE(PskFile::parse(text));
  EXPECT_EQ(error(text + "one:" + bytes(16)), "line 1001: more than 1000 keys");
}

TEST(PskFile, HasAtLeastOneKey) {
  EXPECT_EQ(error(""), "no key in it");
  EXPECT_EQ(error("# nothing\n\n"), "no key in it");
}

TEST(PskFile, HasEachIdentityOnce) {
  EXPECT_EQ(error("a:" + bytes(16) + "\nb:" + bytes(16) + "\na:" + bytes(17)),
            "line 3: the identity is in the file twice");
}

TEST(PskFile, NamesTheLineAndNothingOfIt) {
  const std::string good = "a:" + bytes(16) + "\n# c\n";
  for (const std::string line : {"5ecret", "bob:5ecret5ecret5ecret5ecret5ecret", "bob:5e",
                                 "bob:0x5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e", ":5e5e"}) {
    const auto text = error(good + line);
    EXPECT_TRUE(text.starts_with("line 3: ")) << text;
    EXPECT_EQ(text.find("5e"), std::string::npos) << text;
    EXPECT_EQ(text.find("bob"), std::string::npos) << text;
  }
}

class PskFileOnDisk : public testing::Test {
protected:
  PskFileOnDisk() {
    std::string pattern = fs::temp_directory_path() / "ktls-psk-XXXXXX";
    directory = ::mkdtemp(pattern.data());
    path = directory / "psk";
    std::ofstream(path) << "a:" << bytes(16) << "\n";
  }
  ~PskFileOnDisk() override { fs::remove_all(directory); }

  fs::path directory;
  fs::path path;
};

TEST_F(PskFileOnDisk, IsKeptFromOthers) {
  fs::permissions(path, fs::perms::owner_read);
  EXPECT_TRUE(PskFile::read(path));

  fs::permissions(path, fs::perms::owner_read | fs::perms::others_read);
  EXPECT_FALSE(PskFile::read(path));
}

TEST_F(PskFileOnDisk, HasToBeThere) {
  EXPECT_FALSE(PskFile::read(directory / "none"));
}

} // namespace
} // namespace ktls
