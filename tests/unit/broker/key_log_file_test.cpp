// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/key_log_file.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace ktls {
namespace {

ipc::KeyLogEntry key_log_entry(ipc::KeyLabel label = ipc::KeyLabel::ClientRandom,
                               std::uint16_t size = 2) {
  auto entry = wire::make<ipc::KeyLogEntry>();
  entry.label = label;
  entry.size = size;
  entry.client_random.fill(0xa1);
  std::fill_n(entry.secret.begin(), size, 0x0f);
  return entry;
}

std::string key_log_line(const ipc::KeyLogEntry& entry) {
  std::array<char, KeyLogFile::max_line> line{};
  return {line.data(), put_key_log_line(entry, line)};
}

std::string hexadecimal(const char* byte, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i)
    out += byte;
  return out;
}

class KeyLogFileTest : public testing::Test {
protected:
  KeyLogFileTest() {
    std::string name = "/run/key-log-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr)
      name = std::filesystem::temp_directory_path() / "key-log-test";
    directory = name;
    path = directory / "keys";
  }
  ~KeyLogFileTest() override { std::filesystem::remove_all(directory); }
  [[nodiscard]] std::string content() const {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  void make(mode_t mode) const {
    std::ofstream(path) << "before\n";
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
  }
  // As open() and check_place() have it, which have to agree.
  [[nodiscard]] std::string refusal() const {
    const auto place = KeyLogFile::check_place(path, ::geteuid());
    const auto opened = KeyLogFile::open(path);
    EXPECT_EQ(place.has_value(), opened.has_value());
    return opened ? "" : opened.error().message();
  }
  std::filesystem::path directory;
  std::filesystem::path path;
};

TEST(KeyLogLine, IsAsNssHasIt) {
  EXPECT_EQ(key_log_line(key_log_entry()), "CLIENT_RANDOM " + hexadecimal("a1", 32) + " 0f0f\n");
  EXPECT_EQ(key_log_line(key_log_entry(ipc::KeyLabel::ClientHandshakeTrafficSecret, 48)),
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET " + hexadecimal("a1", 32) + " " +
                hexadecimal("0f", 48) + "\n");
}

TEST(KeyLogLine, FitsWhateverItHas) {
  for (auto label = static_cast<int>(ipc::KeyLabel::ClientRandom);
       label <= static_cast<int>(ipc::last_key_label); ++label) {
    const auto line =
        key_log_line(key_log_entry(ipc::KeyLabel(label), ipc::KeyLogEntry::max_secret));
    EXPECT_LE(line.size(), KeyLogFile::max_line);
    EXPECT_TRUE(line.ends_with("0f\n"));
    EXPECT_NE(line.front(), ' ');
  }
}

TEST_F(KeyLogFileTest, IsMadeForItsUserAlone) {
  auto file = KeyLogFile::open(path);
  ASSERT_TRUE(file) << file.error().message();

  file->write(key_log_entry());
  file->write(key_log_entry(ipc::KeyLabel::ExporterSecret));

  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(content(), key_log_line(key_log_entry()) +
                           key_log_line(key_log_entry(ipc::KeyLabel::ExporterSecret)));
}

TEST_F(KeyLogFileTest, GoesOnBehindWhatIsThere) {
  make(0600);
  auto file = KeyLogFile::open(path);
  ASSERT_TRUE(file);

  file->write(key_log_entry());

  EXPECT_EQ(content(), "before\n" + key_log_line(key_log_entry()));
}

TEST_F(KeyLogFileTest, IsNoFileThatOthersCanReadOrWrite) {
  for (const mode_t mode : {0640U, 0620U, 0604U, 0602U}) {
    make(mode);
    EXPECT_NE(refusal().find("others may read or write it"), std::string::npos) << mode;
  }
}

TEST_F(KeyLogFileTest, IsInNoDirectoryThatOthersCanChange) {
  for (const mode_t mode : {0770U, 0707U, 01777U}) {
    ASSERT_EQ(::chmod(directory.c_str(), mode), 0);
    EXPECT_NE(refusal(), "") << mode;
    EXPECT_FALSE(std::filesystem::exists(path)) << "it is not made";
  }
}

TEST_F(KeyLogFileTest, IsNoLinkPipeOrDirectory) {
  std::ofstream(directory / "other") << "";
  ASSERT_EQ(::symlink((directory / "other").c_str(), path.c_str()), 0);
  EXPECT_NE(refusal(), "");
  std::filesystem::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_NE(refusal(), "") << "and nobody waits for its reader";
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  EXPECT_NE(refusal(), "");
}

TEST_F(KeyLogFileTest, HasNoOtherName) {
  make(0600);
  ASSERT_EQ(::link(path.c_str(), (directory / "other").c_str()), 0);

  EXPECT_NE(refusal().find("another name"), std::string::npos);
}

TEST_F(KeyLogFileTest, BelongsToItsUser) {
  make(0600);
  if (::chown(path.c_str(), 12345, 12345) != 0)
    GTEST_SKIP() << "this test is for root";

  EXPECT_NE(refusal().find("has to belong to uid"), std::string::npos);
}

TEST_F(KeyLogFileTest, NeedsADirectory) {
  path = directory / "none" / "keys";

  EXPECT_NE(refusal(), "");
}

TEST_F(KeyLogFileTest, CountsWhatIsLostAndGoesOn) {
  auto file = KeyLogFile::open(path);
  ASSERT_TRUE(file);
  const auto line = key_log_line(key_log_entry());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  (void)std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{line.size() + 10, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);

  file->write(key_log_entry());
  file->write(key_log_entry()); // torn
  file->write(key_log_entry());

  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(file->lost(), 2U);
  file->write(key_log_entry());
  EXPECT_EQ(file->lost(), 0U);
  EXPECT_EQ(content(), line + line.substr(0, 10) + "\n" + line)
      << "whole lines stand by themselves";
}

} // namespace
} // namespace ktls
