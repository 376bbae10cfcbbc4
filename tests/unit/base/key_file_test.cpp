// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/key_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "support/sockets.hpp"

namespace ktls {
namespace {

class KeyFile : public testing::Test {
protected:
  void write(const std::string& text, mode_t mode = 0600) {
    std::ofstream(path) << text;
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
  }
  std::string refusal() {
    const auto key = read_key_file(path);
    EXPECT_FALSE(key);
    return key ? "" : key.error().message();
  }

  test::TemporaryDirectory directory;
  std::string path = directory.file("key.pem");
};

TEST_F(KeyFile, GivesAll) {
  const std::string text(max_key_file_size, 'x');
  write(text);

  const auto key = read_key_file(path);

  ASSERT_TRUE(key);
  const auto bytes = key->bytes();
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), text);
}

TEST_F(KeyFile, MayBeReadByItsOwnerAndGroup) {
  for (const mode_t mode : std::initializer_list<mode_t>{0400, 0600, 0440, 0640, 0660}) {
    write("key", mode);
    EXPECT_TRUE(read_key_file(path)) << mode;
  }
}

TEST_F(KeyFile, MustNotBeOpenToEveryone) {
  for (const mode_t mode : std::initializer_list<mode_t>{0644, 0604, 0602, 0601, 0666, 0777}) {
    write("key", mode);
    EXPECT_NE(refusal().find("chmod o-rwx"), std::string::npos) << mode;
  }
}

TEST_F(KeyFile, MustNotBeEmpty) {
  write("");

  EXPECT_EQ(refusal(), "it is empty or too large for a private key");
}

TEST_F(KeyFile, MustNotBeTooLarge) {
  write(std::string(max_key_file_size + 1, 'x'));

  EXPECT_EQ(refusal(), "it is empty or too large for a private key");
}

TEST_F(KeyFile, MustBeARegularFile) {
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(refusal(), "it is not a regular file");

  path = directory.file("");
  ASSERT_EQ(::chmod(path.c_str(), 0700), 0);
  EXPECT_EQ(refusal(), "it is not a regular file");

  path = "/dev/null";
  EXPECT_EQ(refusal(), "it is not a regular file");
}

TEST_F(KeyFile, SaysWhyItCannotBeOpened) {
  EXPECT_TRUE(refusal().ends_with("No such file or directory"));
}

} // namespace
} // namespace ktls
