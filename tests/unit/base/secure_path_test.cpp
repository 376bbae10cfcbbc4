// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/secure_path.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/sockets.hpp"

namespace ktls {
namespace {

constexpr uid_t somebody = 12345;
constexpr gid_t some_group = 12345;

class SecurePath : public testing::Test {
protected:
  SecurePath() {
    std::filesystem::create_directory(inner);
    std::ofstream(file) << "x";
    allow(file, 0644);
    allow(inner, 0755);
  }
  static void allow(const std::string& path, mode_t mode) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0) << path;
  }
  // Only root can.
  static bool can_give_away() { return ::geteuid() == 0; }
  static void give(const std::string& path, uid_t user, gid_t group) {
    ASSERT_EQ(::chown(path.c_str(), user, group), 0) << path;
  }
  static std::string complaint(const std::string& path) {
    const auto checked = check_secure_path(path);
    return checked ? "" : checked.error().message();
  }
  void expect_refused(const std::string& path, const std::string& culprit,
                      const std::string& what) const {
    const auto checked = check_secure_path(path);
    ASSERT_FALSE(checked) << path;
    EXPECT_EQ(checked.error().code, std::errc::invalid_argument);
    EXPECT_EQ(checked.error().message().rfind(culprit + ": ", 0), 0U) << checked.error().message();
    EXPECT_NE(checked.error().message().find(what), std::string::npos) << checked.error().message();
  }

  test::TemporaryDirectory directory;
  std::string inner = directory.file("inner");
  std::string file = inner + "/file";
};

// It is below /tmp, which everyone can write to, and which is sticky.
TEST_F(SecurePath, TakesWhatOnlyWeCanChange) {
  EXPECT_EQ(complaint(file), "");
  EXPECT_EQ(complaint(inner), "");
  EXPECT_EQ(complaint(inner + "/../inner/./file"), "");
  EXPECT_EQ(complaint("/"), "");
}

TEST_F(SecurePath, RefusesWhatEveryoneCanChange) {
  allow(file, 0646);

  expect_refused(file, file, "chmod go-w");
}

TEST_F(SecurePath, RefusesADirectoryThatEveryoneCanChange) {
  allow(inner, 0757);

  expect_refused(file, inner, "chmod go-w");
  expect_refused(inner, inner, "chmod go-w");
}

TEST_F(SecurePath, RefusesWhatAGroupCanChange) {
  if (!can_give_away() && ::getegid() == 0)
    GTEST_SKIP() << "files are of root's group";
  if (can_give_away())
    give(file, 0, some_group);
  allow(file, 0664);

  expect_refused(file, file, "chmod go-w");
}

TEST_F(SecurePath, TakesWhatRootsGroupCanChange) {
  if (!can_give_away() && ::getegid() != 0)
    GTEST_SKIP() << "files are not of root's group";
  allow(file, 0664);
  allow(inner, 0775);

  EXPECT_EQ(complaint(file), "");
}

TEST_F(SecurePath, TakesADirectoryWithTheStickyBit) {
  allow(inner, 01777);

  EXPECT_EQ(complaint(file), "");
}

// There it has no meaning.
TEST_F(SecurePath, RefusesAFileWithTheStickyBit) {
  allow(file, 01666);

  expect_refused(file, file, "chmod go-w");
}

TEST_F(SecurePath, RefusesWhatBelongsToSomebodyElse) {
  if (!can_give_away())
    GTEST_SKIP() << "only root can give a file away";
  give(file, somebody, 0);

  expect_refused(file, file, "uid 12345");
}

TEST_F(SecurePath, RefusesADirectoryThatBelongsToSomebodyElse) {
  if (!can_give_away())
    GTEST_SKIP() << "only root can give a directory away";
  allow(inner, 01755);
  give(inner, somebody, 0);

  expect_refused(file, inner, "uid 12345");
}

TEST_F(SecurePath, FollowsLinks) {
  const std::string link = directory.file("link");
  std::filesystem::create_symlink("inner/file", link);
  EXPECT_EQ(complaint(link), "");

  allow(inner, 0777);

  expect_refused(link, inner, "chmod go-w");
}

TEST_F(SecurePath, FollowsLinksToDirectories) {
  const std::string link = directory.file("link");
  std::filesystem::create_directory_symlink(inner, link);
  allow(file, 0666);

  expect_refused(link + "/file", file, "chmod go-w");
}

TEST_F(SecurePath, SaysWhatIsMissing) {
  std::filesystem::remove(file);
  const std::string link = directory.file("link");
  std::filesystem::create_symlink(file, link);

  EXPECT_EQ(complaint(file), file + ": No such file or directory");
  EXPECT_EQ(complaint(link), file + ": No such file or directory");
  EXPECT_NE(complaint(""), "");
}

TEST_F(SecurePath, EndsWithALoopOfLinks) {
  const std::string link = directory.file("link");
  std::filesystem::create_symlink(link, link);

  EXPECT_NE(complaint(link), "");
}

TEST_F(SecurePath, TakesFilesOfTheUserWhoIsAskedFor) {
  if (!can_give_away())
    GTEST_SKIP() << "only root can give files away";
  give(file, somebody, 0);

  EXPECT_FALSE(check_secure_path(file));
  EXPECT_TRUE(check_secure_path(file, somebody));
  EXPECT_FALSE(check_secure_path(file, somebody + 1));

  give(file, 0, 0);
  EXPECT_TRUE(check_secure_path(file, somebody)) << "root's are taken in any case";
}

} // namespace
} // namespace ktls
