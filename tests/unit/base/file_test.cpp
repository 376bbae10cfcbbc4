// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "support/sockets.hpp"

namespace ktls {
namespace {

class ReadFile : public testing::Test {
protected:
  void write(const std::string& text) { std::ofstream(path) << text; }
  std::errc error_with_limit(std::size_t limit) {
    const auto text = read_file(path, limit);
    EXPECT_FALSE(text);
    return text ? std::errc() : static_cast<std::errc>(text.error().code.value());
  }

  test::TemporaryDirectory directory;
  std::string path = directory.file("file");
};

TEST_F(ReadFile, GivesAll) {
  const std::string text(100'000, 'x');
  write(text);

  EXPECT_EQ(read_file(path, 1'000'000), text);
}

TEST_F(ReadFile, TakesAnEmptyFile) {
  write("");

  EXPECT_EQ(read_file(path, 0), "");
}

TEST_F(ReadFile, KeepsItsLimit) {
  write("12345");

  EXPECT_EQ(read_file(path, 5), "12345");
  EXPECT_EQ(error_with_limit(4), std::errc::file_too_large);
  path = "/dev/zero";
  EXPECT_EQ(error_with_limit(1'000'000), std::errc::file_too_large);
}

TEST_F(ReadFile, NamesWhatIsMissing) {
  const auto text = read_file(path, 100);

  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().message(), path + ": No such file or directory");
}

TEST_F(ReadFile, RefusesADirectory) {
  path = "/";

  EXPECT_EQ(error_with_limit(100), std::errc::is_a_directory);
}

TEST_F(ReadFile, IsNotHeldUpByAFifo) {
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(read_file(path, 100), "");

  const Fd writer(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
  ASSERT_TRUE(writer);
  EXPECT_EQ(error_with_limit(100), std::errc::resource_unavailable_try_again);
}

} // namespace
} // namespace ktls
